/** What a modem said about itself before an update. Every value is an answer, never a guess from a timeout. */
import * as Schema from "effect/Schema"

/** The three strings that name what a modem runs or shall run (design.md, "preference"). */
export const Preference = Schema.Struct({
  firmware: Schema.String,
  config: Schema.String,
  carrier: Schema.String
})
export type Preference = typeof Preference.Type

export const StoredImage = Schema.Struct({
  type: Schema.Literals(["modem", "pri"]),
  /** Slot; 0xFF where the modem has no slots for this type (qmi.md §6.2). */
  storageIndex: Schema.Int,
  failures: Schema.optionalKey(Schema.Int),
  uniqueId: Schema.String,
  buildId: Schema.String,
  running: Schema.Boolean,
  /** Where the modem says other than `GOOD`, e.g. `BAD` (at.md §4.4): it cannot run. By QMI it is not told. */
  status: Schema.optionalKey(Schema.String)
})
export type StoredImage = typeof StoredImage.Type

export const StoredImages = Schema.Struct({
  maximumModemImages: Schema.Int,
  maximumPriImages: Schema.Int,
  images: Schema.Array(StoredImage),
  /** The modem says that what runs is in none of its slots (at.md §4.4: slot 255; qmi.md §6.2: index 0xFF). */
  runningOutside: Schema.optionalKey(Schema.Boolean)
})
export type StoredImages = typeof StoredImages.Type

/** A feature that the modem has, or that it says it lacks (QMI errors 71, 94, 25; 0 where it was asked by AT). */
export const Feature = <A extends Schema.Top>(value: A) =>
  Schema.Union([
    Schema.TaggedStruct("Supported", { value }),
    Schema.TaggedStruct("NotSupported", { error: Schema.Int })
  ])

export type FeatureOf<A> =
  { readonly _tag: "Supported"; readonly value: A } | { readonly _tag: "NotSupported"; readonly error: number }

export const ModemFacts = Schema.Struct({
  model: Schema.optionalKey(Schema.String),
  manufacturer: Schema.optionalKey(Schema.String),
  revision: Schema.String,
  /** Taken from the revision: family token and firmware version. */
  token: Schema.String,
  firmware: Schema.String,
  imei: Schema.optionalKey(Schema.String),
  /** Current carrier and config as the Sierra vendor message tells them (qmi.md §6.1). */
  carrier: Schema.optionalKey(Schema.String),
  config: Schema.optionalKey(Schema.String),
  /** The current preference; absent when the modem has preferences but none that names firmware and carrier. */
  preference: Feature(Schema.Struct({ current: Schema.optionalKey(Preference) })),
  storedImages: Feature(StoredImages),
  operatingMode: Schema.String,
  /** Why the modem is offline or in low power (qmi.md §6.5); empty when it gives no reason. */
  offlineReasons: Schema.Array(Schema.String),
  /** Asked on this AT port, and not by QMI: why. Absent where QMI told it. */
  byAt: Schema.optionalKey(Schema.Struct({ port: Schema.String, why: Schema.String }))
})
export type ModemFacts = typeof ModemFacts.Type

/** Facts of a modem that has firmware preferences: what only such a family's flow may go on with. */
export type PreferenceFacts = ModemFacts & {
  readonly preference: { readonly _tag: "Supported"; readonly value: { readonly current?: Preference } }
}

export const samePreference = (a: Preference, b: Preference): boolean =>
  // Case matters to the modem: `Generic` is not `GENERIC` (failures.md §1).
  a.firmware === b.firmware && a.config === b.config && a.carrier === b.carrier

/** Undefined where there is none, or the modem has no preferences. */
export const preferenceIn = ({ preference }: Pick<ModemFacts, "preference">): Preference | undefined =>
  preference._tag === "Supported" ? preference.value.current : undefined

export const showPreference = (preference: Preference): string =>
  `${preference.firmware}, ${preference.carrier} ${preference.config}`
