/** What a modem tells besides what an update needs: each answer may be missing, and then it is said why. */
import * as Schema from "effect/Schema"
import type { Family } from "../device/families/Family.ts"
import type { ModemFacts } from "./facts.ts"

/** A stored image's own description (qmi.md §7, Get Stored Image Info). */
export const ImageInfo = Schema.Struct({
  type: Schema.Literals(["modem", "pri"]),
  uniqueId: Schema.String,
  buildId: Schema.String,
  /** `major.minor` of the boot loader that belongs to it. */
  bootVersion: Schema.optionalKey(Schema.String),
  pri: Schema.optionalKey(Schema.Struct({ version: Schema.Int, info: Schema.String })),
  oemLockId: Schema.optionalKey(Schema.Int)
})
export type ImageInfo = typeof ImageInfo.Type

/** A USB composition by its number, and what it stands for (qmi.md §8). */
export const Composition = Schema.Struct({ number: Schema.Int, ports: Schema.String })

export const ModemDetails = Schema.Struct({
  hardwareRevision: Schema.optionalKey(Schema.String),
  factorySku: Schema.optionalKey(Schema.String),
  softwareVersion: Schema.optionalKey(Schema.String),
  /** Of Swi Get Current Firmware (qmi.md §6.1). */
  bootVersion: Schema.optionalKey(Schema.String),
  sku: Schema.optionalKey(Schema.String),
  packageId: Schema.optionalKey(Schema.String),
  priVersion: Schema.optionalKey(Schema.String),
  /** The radio is off by a pin (qmi.md §6.5). */
  hardwareRestricted: Schema.optionalKey(Schema.Boolean),
  /** What the next start is told: `normal`, or `boot-and-recovery` (qmi.md §6.6). */
  nextStart: Schema.optionalKey(Schema.String),
  usb: Schema.optionalKey(Schema.Struct({ current: Composition, supported: Schema.Array(Composition) })),
  images: Schema.Array(ImageInfo),
  /** Questions without an answer, and why. */
  untold: Schema.Array(Schema.Struct({ question: Schema.String, why: Schema.String }))
})
export type ModemDetails = typeof ModemDetails.Type

/** What an update can make use of. */
export const Support = Schema.Struct({
  /** Family that boothold updates it as; null where there is none. */
  family: Schema.NullOr(Schema.String),
  preference: Schema.Boolean,
  storedImages: Schema.Boolean,
  /** Slots, where the modem tells them. */
  firmwareSlots: Schema.NullOr(Schema.Int),
  carrierSlots: Schema.NullOr(Schema.Int),
  /** Ways into boot-and-hold that its family has, in the order in which they are tried (flows.md §3.3). */
  bootAndHold: Schema.Array(Schema.String)
})
export type Support = typeof Support.Type

export const supportOf = (facts: ModemFacts, family: Family | undefined): Support => {
  const stored = facts.storedImages._tag === "Supported" ? facts.storedImages.value : undefined
  return {
    family: family?.id ?? null,
    preference: facts.preference._tag === "Supported",
    storedImages: stored !== undefined,
    firmwareSlots: stored?.maximumModemImages ?? null,
    carrierSlots: stored?.maximumPriImages ?? null,
    bootAndHold: family?.bootEntry ?? []
  }
}
