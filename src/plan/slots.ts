/** Which stored image goes when an update comes and no slot is free (at.md §4.4, failures.md §0, 12). Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { AtImages } from "./at-facts.ts"
import { samePreference, StoredImage } from "./facts.ts"
import type { ModemFacts, Preference } from "./facts.ts"
import { PlanError } from "./PlanError.ts"
import { carrierOf, firmwareOf, storedName, useOf } from "./stored.ts"

export const Eviction = Schema.Struct({
  type: Schema.Literals(["modem", "pri"]),
  /** The image that goes; several where the modem chooses among them and does not tell how. */
  images: Schema.Array(StoredImage),
  /** `chosen`: its slot was named; `least-recently-used`: by `AT!IMAGE?`; `modem`: the modem chooses. */
  by: Schema.Literals(["chosen", "least-recently-used", "modem"])
})
export type Eviction = typeof Eviction.Type

export interface SlotsInput {
  readonly facts: ModemFacts
  readonly wanted: Preference
  /** Which images there are to be sent, if the modem asks for them. */
  readonly sends: { readonly system: boolean; readonly carrier: boolean }
  readonly modemStorageIndex: number | undefined
  /** What is stored already is sent all the same. */
  readonly overrideDownload: boolean
  /** `AT!IMAGE?`, which alone tells what was used when; undefined where it was not asked, or is not told. */
  readonly atImages: AtImages | undefined
}

/**
 * A slot that was named is not the one that runs, without which nothing can go back (failures.md §1), and not the one that is
 * preferred unless it is to be written with the same. A modem with a single slot has no other.
 */
export const checkChosenSlot = (
  facts: ModemFacts,
  firmware: string | undefined,
  slot: number
): Result.Result<void, PlanError> => {
  if (facts.storedImages._tag === "NotSupported" || facts.storedImages.value.maximumModemImages <= 1) {
    return Result.succeed(undefined)
  }
  const { images } = facts.storedImages.value
  const preferred = facts.preference._tag === "Supported" ? facts.preference.value.current?.firmware : undefined
  for (const image of images) {
    if (image.type !== "modem" || image.storageIndex !== slot) continue
    const version = firmwareOf(image)
    const use = image.running
      ? "running"
      : version !== undefined && version === preferred && version !== firmware
        ? "preferred"
        : undefined
    if (use !== undefined) {
      return Result.fail(new PlanError({ reason: { _tag: "SlotInUse", slot, image: storedName(image), use } }))
    }
  }
  return Result.succeed(undefined)
}

/** The least recently used of these, by the counters of `AT!IMAGE?`; undefined where they do not tell of each. */
const leastRecentlyUsed = (
  candidates: ReadonlyArray<StoredImage>,
  { images }: AtImages
): ReadonlyArray<StoredImage> | undefined => {
  const counted = candidates.flatMap((image) => {
    const row = images.find(
      ({ buildId, slot, status, type }) =>
        type === "FW" && slot === image.storageIndex && (buildId === image.buildId || status !== "GOOD")
    )
    return row === undefined ? [] : [{ image, lru: row.lru }]
  })
  if (counted.length < candidates.length) return undefined
  const lowest = Math.min(...counted.map(({ lru }) => lru))
  return counted.filter(({ lru }) => lru === lowest).map(({ image }) => image)
}

const firmwareEviction = (input: SlotsInput): Eviction | undefined => {
  const { atImages, facts, modemStorageIndex, overrideDownload, wanted } = input
  if (facts.storedImages._tag === "NotSupported" || !input.sends.system) return undefined
  const { images, maximumModemImages: maximum } = facts.storedImages.value
  const stored = images.filter(({ type }) => type === "modem")
  const isStored = stored.some((image) => firmwareOf(image) === wanted.firmware)
  // Nothing is asked for, or it is written where it lies.
  if (isStored && (!overrideDownload || modemStorageIndex === undefined)) return undefined
  if (modemStorageIndex !== undefined) {
    const there = stored.filter((image) => image.storageIndex === modemStorageIndex)
    const others = there.filter((image) => firmwareOf(image) !== wanted.firmware)
    return others.length === 0 ? undefined : { type: "modem", images: others, by: "chosen" }
  }
  if (maximum === 0 || stored.length < maximum) return undefined
  // An empty slot by AT is a free one, whatever the list by QMI says.
  if (atImages?.images.some(({ status, type }) => type === "FW" && status === "EMPTY") === true) return undefined
  // The running one was used last of all (at.md §4.4): that it stays follows from that.
  const candidates = maximum === 1 ? stored : stored.filter(({ running }) => !running)
  const least = atImages === undefined ? undefined : leastRecentlyUsed(candidates, atImages)
  if (candidates.length === 0) return undefined
  return least === undefined
    ? { type: "modem", images: candidates, by: "modem" }
    : { type: "modem", images: least, by: "least-recently-used" }
}

/** Of carrier images no document tells which one goes, or whether one does. */
const carrierEviction = ({ facts, sends, wanted }: SlotsInput): Eviction | undefined => {
  if (facts.storedImages._tag === "NotSupported" || !sends.carrier) return undefined
  const { images, maximumPriImages: maximum } = facts.storedImages.value
  const stored = images.filter(({ type }) => type === "pri")
  const isStored = stored.some((image) => {
    const names = carrierOf(image)
    return names !== undefined && samePreference(names, wanted)
  })
  if (maximum === 0 || stored.length < maximum || isStored) return undefined
  return { type: "pri", images: stored.filter((image) => useOf(facts, image) !== "running"), by: "modem" }
}

/** What goes, in the order of the transfer; nothing where everything has a place. */
export const planSlots = (input: SlotsInput): Result.Result<ReadonlyArray<Eviction>, PlanError> => {
  const { facts, modemStorageIndex, wanted } = input
  const allowed =
    modemStorageIndex === undefined
      ? Result.succeed(undefined)
      : checkChosenSlot(facts, wanted.firmware, modemStorageIndex)
  return Result.map(allowed, () =>
    [firmwareEviction(input), carrierEviction(input)].filter((eviction) => eviction !== undefined)
  )
}

/** Whether `AT!IMAGE?` would tell more. */
export const asksForUse = (evictions: ReadonlyArray<Eviction>): boolean =>
  evictions.some(({ by, images, type }) => type === "modem" && by === "modem" && images.length > 1)

const slotText = (image: StoredImage): string => `slot ${String(image.storageIndex)}, ${storedName(image)}`

/** One sentence for people. */
export const evictionText = ({ by, images, type }: Eviction, maximum: number): string => {
  const [only] = images
  if (type === "pri") {
    return (
      `all ${String(maximum)} places for carrier images are in use: the modem refuses the new one, or overwrites one of ` +
      "those that are stored; `boothold images delete` makes room"
    )
  }
  const slots = images.map(slotText).join("; ")
  if (by === "chosen") return `${slots}, is overwritten: its slot was chosen`
  const full = `all ${String(maximum)} firmware slots are in use: `
  return only !== undefined && images.length === 1
    ? `${full}${slotText(only)}, is overwritten` + (by === "least-recently-used" ? ", which was used least lately" : "")
    : `${full}the modem overwrites the one used least lately, and does not tell which of these: ${slots}`
}
