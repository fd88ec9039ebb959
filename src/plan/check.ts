/** Images against a modem: everything that can be known before the first byte is sent. Pure. */
import * as Result from "effect/Result"
import { familyOfProduct, familyOfToken } from "../device/families/families.ts"
import { hasPreference } from "../device/families/Family.ts"
import type { Family } from "../device/families/Family.ts"
import type { FirmwareImage } from "../image/FirmwareImage.ts"
import { maxChunkLength, maxChunks } from "../protocol/qdl/command.ts"
import type { ModemFacts } from "./facts.ts"
import { PlanError } from "./PlanError.ts"
import { checkChosenSlot } from "./slots.ts"

export interface CheckInput {
  /** Absent for a modem in boot-and-hold, which cannot be asked. */
  readonly facts: ModemFacts | undefined
  readonly family: Family
  readonly images: ReadonlyArray<FirmwareImage>
  readonly wanted: { readonly firmware: string | undefined; readonly config?: string; readonly carrier?: string }
  readonly modemStorageIndex: number | undefined
}

export interface Checks {
  /** What was found right, for the plan's print-out. */
  readonly passed: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<{ readonly detail: string }>
}

const fail = (reason: PlanError["reason"]) => Result.fail(new PlanError({ reason }))

/** The first thing in an image that names another family than `family`; undefined when all agree. */
const contradiction = (image: FirmwareImage, family: Family): PlanError["reason"] | undefined => {
  const token = image.values.familyToken.value
  const wanted = family.id
  // Models name no family here: `EM7455` in an OEM package is checked by its product code.
  const byToken = token === undefined ? undefined : familyOfToken(token)
  if (token !== undefined && byToken?.id !== family.id && (byToken !== undefined || /^SWI/i.test(token))) {
    return { _tag: "WrongFamily", file: image.name, says: "version", found: token, wanted }
  }
  const stranger = image.products.find((product) => familyOfProduct(product)?.id !== family.id)
  if (stranger !== undefined) {
    return { _tag: "WrongFamily", file: image.name, says: "product code", found: stranger, wanted }
  }
  return image.products.length === 0 && byToken === undefined
    ? { _tag: "FamilyUnknown", file: image.name, wanted }
    : undefined
}

const largestPayload = maxChunkLength * maxChunks

export const checkImages = (input: CheckInput): Result.Result<Checks, PlanError> => {
  const { facts, family, images, modemStorageIndex, wanted } = input
  const passed: Array<string> = []
  const warnings: Array<{ readonly detail: string }> = []
  if (facts !== undefined && familyOfToken(facts.token)?.id !== family.id) {
    return fail({ _tag: "NoFamily", found: `${facts.revision} is not ${family.id}` })
  }
  for (const image of images) {
    const reason = contradiction(image, family)
    if (reason !== undefined) return fail(reason)
    if (image.payloadSize > largestPayload) {
      return fail({ _tag: "TooLarge", file: image.name, bytes: image.payloadSize, maximum: largestPayload })
    }
    passed.push(`${image.name}: all CRCs right, made for ${family.id}`)
  }
  if (modemStorageIndex !== undefined) {
    if (!hasPreference(family)) {
      return fail({ _tag: "OptionWithoutPreference", option: "--modem-storage-index", family: family.id })
    }
    if (facts?.storedImages._tag === "Supported") {
      const maximum = facts.storedImages.value.maximumModemImages
      if (modemStorageIndex < 1 || modemStorageIndex > maximum) {
        return fail({ _tag: "StorageIndexOutOfRange", wanted: modemStorageIndex, maximum })
      }
      const allowed = checkChosenSlot(facts, wanted.firmware, modemStorageIndex)
      if (Result.isFailure(allowed)) return Result.fail(allowed.failure)
    }
  }
  const carrierImage = images.find(({ role }) => role !== "system")
  if (wanted.carrier !== undefined) {
    const inside = carrierImage?.values.carrier.value
    const stored =
      carrierImage === undefined && facts?.storedImages._tag === "Supported"
        ? facts.storedImages.value.images
            .filter(({ type }) => type === "pri")
            .map(({ buildId }) => buildId.replace(/^[^_]*_/, ""))
        : []
    const lookalike = [...(inside === undefined ? [] : [inside]), ...stored].find(
      (name) => name !== wanted.carrier && name.toLowerCase() === wanted.carrier?.toLowerCase()
    )
    if (lookalike !== undefined && !stored.includes(wanted.carrier)) {
      return fail({ _tag: "CarrierCase", wanted: wanted.carrier, found: lookalike })
    }
    if (facts?.storedImages._tag === "Supported" && carrierImage === undefined && !stored.includes(wanted.carrier)) {
      return fail({ _tag: "Incomplete", missing: ["a carrier image"] })
    }
  }
  if (facts !== undefined && facts.offlineReasons.length > 0) {
    warnings.push({ detail: `the modem is held in low power now: ${facts.offlineReasons.join(", ")}` })
  }
  return Result.succeed({ passed, warnings })
}
