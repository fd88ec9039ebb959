/** What a modem has stored, by name: which firmware and carrier image can be selected together, what may be deleted. Pure. */
import * as Result from "effect/Result"
import { samePreference, showPreference } from "./facts.ts"
import type { ModemFacts, Preference, StoredImage, StoredImages } from "./facts.ts"
import { PlanError } from "./PlanError.ts"

/** How an image, or a pair of them, is named. Without carrier: the firmware image. */
export interface StoredWords {
  readonly firmware: string
  readonly carrier?: string
  readonly config?: string
}

/** What runs lies in no slot of the modem's list, by its own word (at.md §4.4: "Active FW image is at slot 255"). */
export const runsOutside = ({ storedImages }: Pick<ModemFacts, "storedImages">): boolean =>
  storedImages._tag === "Supported" && storedImages.value.runningOutside === true

/** The same for people; undefined where nothing is lost (failures.md §0, 12). */
export const lossOfFirmware = (
  facts: Pick<ModemFacts, "storedImages" | "firmware">
): { readonly means: string; readonly cure: string } | undefined =>
  runsOutside(facts)
    ? {
        means:
          `loss of firmware: ${facts.firmware} runs, but is in none of the modem's slots (slot 255); it was deleted, or ` +
          "flashed without a preference",
        cure: `run \`boothold update\` with system and carrier image of ${facts.firmware}, so that it gets a slot`
      }
    : undefined

/** The version in the build id of a firmware image, `<firmware>_?` (qmi.md §6.4). */
export const firmwareOf = ({ buildId, type }: StoredImage): string | undefined =>
  type === "modem" && buildId.endsWith("_?") ? buildId.slice(0, -2) : undefined

/** The three strings of a carrier image: build id `<firmware>_<carrier>`, unique id the config (qmi.md §6.4). */
export const carrierOf = ({ buildId, type, uniqueId }: StoredImage): Preference | undefined => {
  const cut = buildId.indexOf("_")
  if (type !== "pri" || cut < 1 || cut === buildId.length - 1) return undefined
  return { firmware: buildId.slice(0, cut), carrier: buildId.slice(cut + 1), config: uniqueId }
}

/** For people: the version of a firmware image, version, carrier and config of a carrier image. */
export const storedName = (image: StoredImage): string => {
  const carrier = carrierOf(image)
  return firmwareOf(image) ?? (carrier === undefined ? image.buildId : showPreference(carrier))
}

/** By QMI only whole images are listed; by AT a slot may be said to be BAD. */
const isWhole = ({ status }: StoredImage): boolean => status === undefined || status === "GOOD"

export const sameStored = (a: StoredImage, b: StoredImage): boolean =>
  a.type === b.type && a.buildId === b.buildId && a.uniqueId === b.uniqueId

/** Every carrier image with the firmware that it belongs to, where that is stored too: what can be selected. */
export const storedPairs = ({ images }: StoredImages): ReadonlyArray<Preference> => {
  const whole = images.filter(isWhole)
  const firmware = new Set(whole.map(firmwareOf))
  return whole.flatMap((image) => {
    const names = carrierOf(image)
    return names !== undefined && firmware.has(names.firmware) ? [names] : []
  })
}

const fail = (reason: PlanError["reason"]) => Result.fail(new PlanError({ reason }))

const parts = ["firmware", "carrier", "config"] as const

/** `abbreviated`: the beginning of a name will do where no whole name is meant. An empty word names nothing. */
const matches = <A extends Preference>(
  all: ReadonlyArray<A>,
  words: StoredWords,
  abbreviated: boolean
): ReadonlyArray<A> => {
  let left = all
  for (const part of parts) {
    const word = words[part]
    if (word === undefined) continue
    const whole = left.filter((one) => one[part] === word)
    left = whole.length > 0 || !abbreviated || word === "" ? whole : left.filter((one) => one[part].startsWith(word))
  }
  return left
}

/** The same with other capitals, which the modem tells apart (failures.md §1). */
const lookalike = (all: ReadonlyArray<Preference>, { carrier }: StoredWords): Preference | undefined =>
  carrier === undefined
    ? undefined
    : all.find((one) => one.carrier !== carrier && one.carrier.toLowerCase() === carrier.toLowerCase())

const showWords = ({ carrier, config, firmware }: StoredWords): string =>
  [firmware, carrier, config].filter((word) => word !== undefined).join(" ")

const one = <A extends Preference>(
  all: ReadonlyArray<A>,
  words: StoredWords,
  abbreviated: boolean,
  what: "a pair of firmware and carrier image" | "a carrier image"
): Result.Result<A, PlanError> => {
  const [first, second, ...rest] = matches(all, words, abbreviated)
  const wanted = showWords(words)
  if (first !== undefined && second === undefined) return Result.succeed(first)
  if (first !== undefined && second !== undefined) {
    return fail({ _tag: "SeveralStored", wanted, found: [first, second, ...rest].map(showPreference) })
  }
  const near = lookalike(all, words)
  if (near !== undefined && words.carrier !== undefined) {
    return fail({ _tag: "CarrierCase", wanted: words.carrier, found: near.carrier })
  }
  return fail({ _tag: "NotStored", what, wanted, found: all.map(showPreference) })
}

/** The list of stored images, or that the modem has none (9200; qmi.md §6.1). */
export const storedOf = (facts: ModemFacts): Result.Result<StoredImages, PlanError> =>
  facts.storedImages._tag === "Supported"
    ? Result.succeed(facts.storedImages.value)
    : fail({ _tag: "NoStoredImages", found: facts.revision })

/** The one complete pair that the words name; the beginning of a name is enough where only one begins so. */
export const choosePair = (facts: ModemFacts, words: StoredWords): Result.Result<Preference, PlanError> =>
  Result.flatMap(storedOf(facts), (stored) =>
    one(storedPairs(stored), words, true, "a pair of firmware and carrier image")
  )

/** Both images of this very preference are stored and whole. */
export const checkPair = (facts: ModemFacts, wanted: Preference): Result.Result<Preference, PlanError> =>
  Result.flatMap(storedOf(facts), (stored) =>
    storedPairs(stored).some((pair) => samePreference(pair, wanted))
      ? Result.succeed(wanted)
      : one(storedPairs(stored), wanted, false, "a pair of firmware and carrier image")
  )

/** The one stored image that the words name in full: without a carrier the firmware image, else the carrier image. */
export const chooseImage = (facts: ModemFacts, words: StoredWords): Result.Result<StoredImage, PlanError> =>
  Result.flatMap(storedOf(facts), ({ images }) => {
    if (words.carrier !== undefined) {
      const carriers = images.flatMap((image) => {
        const names = carrierOf(image)
        return names === undefined ? [] : [{ ...names, image }]
      })
      return Result.map(one(carriers, words, false, "a carrier image"), ({ image }) => image)
    }
    const firmware = images.filter((image) => firmwareOf(image) !== undefined)
    const [first, second] = firmware.filter((image) => firmwareOf(image) === words.firmware)
    // Two slots with one version have one name: the modem would choose.
    if (first !== undefined && second !== undefined) {
      const slots = firmware.map((image) => `slot ${String(image.storageIndex)}: ${storedName(image)}`)
      return fail({ _tag: "SeveralStored", wanted: words.firmware, found: slots })
    }
    return first === undefined
      ? fail({ _tag: "NotStored", what: "a firmware image", wanted: words.firmware, found: firmware.map(storedName) })
      : Result.succeed(first)
  })

/**
 * What a stored image is needed for. By AT it is not told which carrier image runs: then it is known by its names, and
 * where these are not told either, every carrier image of the running firmware may be the one.
 */
export const useOf = (
  facts: ModemFacts,
  image: StoredImage
): "running" | "preferred" | "perhaps running" | undefined => {
  const carrier = carrierOf(image)
  const { carrier: name, config, firmware, preference } = facts
  if (image.running || firmwareOf(image) === firmware) return "running"
  if (carrier !== undefined && carrier.firmware === firmware) {
    if (carrier.carrier === name && carrier.config === config) return "running"
    const told =
      (name !== undefined && config !== undefined) ||
      (facts.storedImages._tag === "Supported" &&
        facts.storedImages.value.images.some(({ running, type }) => running && type === "pri"))
    if (!told) return "perhaps running"
  }
  const preferred = preference._tag === "Supported" ? preference.value.current : undefined
  if (preferred === undefined) return undefined
  return firmwareOf(image) === preferred.firmware || (carrier !== undefined && samePreference(carrier, preferred))
    ? "preferred"
    : undefined
}

/** What runs or is preferred is not deleted: the modem could neither go on nor go back (at.md §4.4). */
export const checkDeletable = (facts: ModemFacts, image: StoredImage): Result.Result<StoredImage, PlanError> =>
  Result.flatMap(storedOf(facts), ({ images }) => {
    const found = images.find((other) => sameStored(other, image) && other.storageIndex === image.storageIndex)
    const name = storedName(image)
    if (found === undefined) {
      return fail({ _tag: "NotStored", what: "an image", wanted: name, found: images.map(storedName) })
    }
    const use = useOf(facts, found)
    return use === undefined ? Result.succeed(found) : fail({ _tag: "ImageInUse", image: name, use })
  })

/** What else a deletion means: images that stay without their other half. */
export const afterDeletion = (facts: ModemFacts, image: StoredImage): ReadonlyArray<string> => {
  if (facts.storedImages._tag === "NotSupported") return []
  const { images } = facts.storedImages.value
  const firmware = firmwareOf(image)
  const names = carrierOf(image)
  if (firmware !== undefined) {
    const left = images.filter((other) => carrierOf(other)?.firmware === firmware).map(storedName)
    return left.length === 0
      ? []
      : [`carrier images that belong to it stay stored, and are of no use without it: ${left.join("; ")}`]
  }
  const hasFirmware = images.some((other) => firmwareOf(other) === names?.firmware)
  const others = images.some((other) => !sameStored(other, image) && carrierOf(other)?.firmware === names?.firmware)
  return names === undefined || !hasFirmware || others
    ? []
    : [`firmware ${names.firmware} stays stored without a carrier image: it cannot be selected then`]
}
