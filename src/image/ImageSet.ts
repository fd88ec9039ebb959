/**
 * What is flashed together: which image is the system, which the carrier, what the modem is to be told to run
 * (flows.md §4.3). Pure.
 *
 * Deliberately other than the reference: the order follows content and not file size; images of different families
 * are refused; a value given by the user for which no file speaks is accepted.
 */
import * as Result from "effect/Result"
import type { FirmwareImage, ImageNote, ImageRole, SourcedValue } from "./FirmwareImage.ts"
import type { ImageReason, ValueName, ValueSource } from "./ImageError.ts"
import { ImageError } from "./ImageError.ts"
import { valueNames } from "./values.ts"
import { familyOf } from "./version.ts"

/** What the user knows better. */
export interface SetOptions {
  readonly firmwareVersion?: string
  readonly configVersion?: string
  readonly carrier?: string
  /** Contradictions become notes; what the user gave wins, then the first source. */
  readonly ignoreVersionErrors?: boolean
}

/** An effective value of the set. Undefined where neither a file nor the user said anything. */
export interface EffectiveValue extends SourcedValue {
  /** True where the value is the user's. */
  readonly given: boolean
}

export interface ImageSet {
  /** In the order of the transfer: system, combined, carrier. */
  readonly images: ReadonlyArray<FirmwareImage>
  /** The image that holds the system: of role system or combined. */
  readonly system: FirmwareImage | undefined
  /** The image that holds the carrier's settings: the carrier image, else the combined one. */
  readonly carrier: FirmwareImage | undefined
  readonly values: { readonly [N in ValueName]: EffectiveValue }
  /** `9X30`, `9200`, `X55`…: by family token, else by product code. All images agree. Undefined for Gobi and unknown ones. */
  readonly family: string | undefined
  /** Product codes of all images, each once; case does not count. */
  readonly products: ReadonlyArray<string>
  /**
   * What a full update of this family would need besides. A carrier image alone is a legal set, and so is a system
   * image alone where the modem stores the carrier's already: what to do with the gap is the plan's decision.
   */
  readonly missing: ReadonlyArray<"system" | "carrier">
  readonly notes: ReadonlyArray<ImageNote>
  readonly totalBytes: number
}

const rank: { readonly [R in ImageRole]: number } = { system: 0, combined: 1, carrier: 2 }

/** The family that an image says it is made for. */
export const imageFamily = (image: FirmwareImage): string | undefined => {
  const token = image.values.familyToken.value
  const named = token === undefined ? undefined : familyOf(token)
  const product = image.root?.header.product ?? ""
  return named ?? familyOf(product)
}

/** Families without a preference: one image holds everything (devices.md §1). */
const singleImage = new Set(["9200"])

const fail = (file: string, reason: ImageReason): Result.Result<never, ImageError> =>
  Result.fail(new ImageError({ file, reason }))

/** Puts images together, or says why they do not belong together. */
export const makeSet = (
  given: ReadonlyArray<FirmwareImage>,
  options: SetOptions = {}
): Result.Result<ImageSet, ImageError> => {
  const images = [...given].sort((a, b) => rank[a.role] - rank[b.role])
  const first = images[0]
  if (first === undefined) return fail("", { _tag: "NoImages" })
  const reason = findConflict(images)
  if (reason !== undefined) return fail(reason.file, reason.reason)

  const notes: Array<ImageNote> = []
  const problems: Array<ImageReason> = []
  const user = { firmware: options.firmwareVersion, config: options.configVersion, carrier: options.carrier }
  const effective = (name: ValueName): EffectiveValue => {
    const sources = images.flatMap((image) => image.values[name].sources)
    const said = images.flatMap((image) => (image.values[name].value === undefined ? [] : [image.values[name].value]))
    const detected = said[0]
    const differs = detected !== undefined && said.some((value) => value !== detected)
    if (differs && (name === "firmware" || name === "config" || name === "carrier")) {
      problems.push({ _tag: "SourcesDisagree", value: name, sources: brief(images, name) })
    }
    const own = name === "firmware" || name === "config" || name === "carrier" ? user[name] : undefined
    if (own !== undefined && detected !== undefined && own !== detected) {
      problems.push({ _tag: "OverrideDisagrees", value: name, given: own, sources: brief(images, name) })
    }
    return { value: own ?? detected, sources, given: own !== undefined }
  }
  const values = Object.fromEntries(valueNames.map((name) => [name, effective(name)])) as ImageSet["values"]
  const problem = problems[0]
  if (problem !== undefined && options.ignoreVersionErrors !== true) {
    return fail(images.map((image) => image.name).join(", "), problem)
  }
  for (const ignored of problems) {
    const text = new ImageError({ file: "", reason: ignored }).message
    notes.push({ text: `ignored: ${text}` })
  }

  const system = images.find((image) => image.role !== "carrier")
  const carrier = images.find((image) => image.role === "carrier") ?? images.find((image) => image.role === "combined")
  const family = images.map(imageFamily).find((name) => name !== undefined)
  const products = new Map<string, string>()
  for (const product of images.flatMap((image) => image.products)) {
    if (!products.has(product.toUpperCase())) products.set(product.toUpperCase(), product)
  }
  const needsCarrier = first.kind === "cwe" && !(family !== undefined && singleImage.has(family))
  return Result.succeed({
    images,
    system,
    carrier,
    values,
    family,
    products: [...products.values()],
    missing: [
      ...(system === undefined ? (["system"] as const) : []),
      ...(carrier === undefined && needsCarrier ? (["carrier"] as const) : [])
    ],
    notes: [
      ...images.flatMap((image) => image.notes.map((note) => ({ ...note, text: `${image.name}: ${note.text}` }))),
      ...notes
    ],
    totalBytes: images.reduce((sum, image) => sum + image.size, 0)
  })
}

/** One source per image: the one whose value is used. */
const brief = (images: ReadonlyArray<FirmwareImage>, name: ValueName): ReadonlyArray<ValueSource> =>
  images.flatMap((image) => image.values[name].sources.slice(0, 1))

/** What no option can overrule. */
const findConflict = (
  images: ReadonlyArray<FirmwareImage>
): { readonly file: string; readonly reason: ImageReason } | undefined => {
  for (const [index, image] of images.entries()) {
    const file = image.name
    for (const other of images.slice(0, index)) {
      if (other.sha256 === image.sha256) return { file, reason: { _tag: "SameImageTwice", other: other.name } }
      if ((other.kind === "cwe") !== (image.kind === "cwe")) {
        const reason = { _tag: "MixedKinds", kind: image.kind, other: other.name, otherKind: other.kind } as const
        return { file, reason }
      }
      const [family, otherFamily] = [imageFamily(image), imageFamily(other)]
      if (family !== undefined && otherFamily !== undefined && family !== otherFamily) {
        return { file, reason: { _tag: "FamiliesDisagree", family, other: other.name, otherFamily } }
      }
      // A carrier image may follow a combined one: it replaces the settings that came with it.
      const part = image.kind !== other.kind ? undefined : image.role === "carrier" ? "carrier" : "system"
      const otherPart = other.role === "carrier" ? "carrier" : "system"
      if (part === otherPart) return { file, reason: { _tag: "DuplicateRole", role: part, other: other.name } }
    }
  }
  return undefined
}
