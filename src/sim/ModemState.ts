/** Everything that a simulated modem is and remembers, as one plain value that can be saved and compared. */
import * as Schema from "effect/Schema"
import { OwnerSettings } from "./OwnerSettings.ts"

/** `off` is the time between leaving the bus and coming back. */
export const Mode = Schema.Literals(["off", "application", "boot-and-hold"])
export type Mode = typeof Mode.Type

/** "Active FW image is at slot 255": the running firmware is in no slot (at.md §4.4). */
export const noSlot = 255

/** A version that stands for "any" (at.md §4.1). */
export const anyFirmware = "00.00.00.00"

/** A pseudo carrier: choose by SIM at boot (at.md §4.2). */
export const autoSim = "AUTO-SIM"

/** One flash area for a system image. `BAD`: written in part; nothing in it can run. */
export const FirmwareSlot = Schema.Struct({
  /** 1, 2, … as `AT!IMAGE?` and QMI storage indexes count; {@link noSlot} outside of the slots. */
  slot: Schema.Int,
  status: Schema.Literals(["EMPTY", "GOOD", "BAD"]),
  /** `AA.BB.CC.DD`; empty when nothing good is stored. */
  firmware: Schema.String,
  /** What follows the version in the revision text, leading blank included: build tag, builder, date, time (at.md §2.1). */
  build: Schema.String,
  /** Higher = used later; the lowest is evicted when no slot is free (at.md §4.4). */
  lru: Schema.Int,
  failures: Schema.Struct({ programming: Schema.Int, switching: Schema.Int }),
  /** Of header and payload as received; absent for images that were there from the beginning. */
  sha256: Schema.optionalKey(Schema.String),
  bytes: Schema.Int
})
export type FirmwareSlot = typeof FirmwareSlot.Type

/** A stored carrier image (PRI). Its QMI unique id is `config`, its build id `<firmware>_<carrier>` (qmi.md §6.4). */
export const StoredPri = Schema.Struct({
  firmware: Schema.String,
  carrier: Schema.String,
  config: Schema.String,
  sha256: Schema.optionalKey(Schema.String)
})
export type StoredPri = typeof StoredPri.Type

/** The three strings of a firmware preference; `config` without the carrier, e.g. `002.034_000`. */
export const Preference = Schema.Struct({
  firmware: Schema.String,
  config: Schema.String,
  carrier: Schema.String
})
export type Preference = typeof Preference.Type

export const Running = Schema.Struct({
  ...Preference.fields,
  build: Schema.String,
  /** Where the running image lies; {@link noSlot} outside of the slots. */
  slot: Schema.Int
})
export type Running = typeof Running.Type

/** One image that came complete and with a right checksum over the download port since boot-and-hold was entered. */
export const ReceivedImage = Schema.Struct({
  /** Hex, of the 400 header bytes and the payload. */
  sha256: Schema.String,
  bytes: Schema.Int,
  /** Image type, product and version text of its root header. */
  type: Schema.String,
  product: Schema.String,
  version: Schema.String,
  /** Slot that its system image went to, when it has one. */
  slot: Schema.optionalKey(Schema.Int),
  pri: Schema.optionalKey(StoredPri)
})
export type ReceivedImage = typeof ReceivedImage.Type

/** qmi.md §6.5. */
export const OperatingMode = {
  online: 0,
  lowPower: 1,
  factoryTest: 2,
  offline: 3,
  reset: 4,
  shuttingDown: 5,
  persistentLowPower: 6,
  modeOnlyLowPower: 7
} as const

/** qmi.md §6.5, bits of the offline reason. */
export const OfflineReason = {
  hostImage: 1,
  priImage: 2,
  priVersionIncompatible: 4,
  deviceMemoryFull: 8
} as const

export const ModemState = Schema.Struct({
  mode: Mode,
  /** Swi composition number, e.g. 6 = DM, NMEA, AT, QMI (qmi.md §8). */
  composition: Schema.Int,
  running: Running,
  slots: Schema.Array(FirmwareSlot),
  /** System image that was flashed without a preference that names it (at.md §4.4, slot 255). */
  outside: Schema.NullOr(FirmwareSlot),
  pris: Schema.Array(StoredPri),
  /** `null` when never set, and always on families without preference. */
  preference: Schema.NullOr(Preference),
  /** Slot that the last Set Firmware Preference named (TLV 0x11); 0 = the modem chooses. */
  storageIndex: Schema.Int,
  /** A preference was set and no boot has acted on it yet: the next one may stop in boot-and-hold (qmi.md §6.4). */
  switchPending: Schema.Boolean,
  /** That preference asked for the download of what is stored already (TLV 0x10). */
  downloadForced: Schema.Boolean,
  operatingMode: Schema.Int,
  /** QMI 0x0050: 0 normal, 1 boot and recovery. */
  bootImageDownloadMode: Schema.Literals([0, 1]),
  /** The next boot was asked to hold (`AT!BOOTHOLD`, QMI 0x003E). */
  holdOnce: Schema.Boolean,
  received: Schema.Array(ReceivedImage),
  settings: Schema.Struct({
    echo: Schema.Boolean,
    /** `AT+CMEE`. */
    errorReports: Schema.Literals([0, 1, 2]),
    /** `AT!ENTERCND` was right since the last reset. */
    unlocked: Schema.Boolean
  }),
  /** Absent: as the factory set it (and in files of versions that had no such part). */
  owner: Schema.optionalKey(OwnerSettings),
  /** Boots since the counter was cleared. */
  resetCounter: Schema.Int,
  /** Clock milliseconds of the last boot of the application. */
  bootedAt: Schema.Finite
})
export type ModemState = typeof ModemState.Type

/** How running and preferred disagree; each is a line of `AT!IMPREF?` (at.md §4.1). */
export type Mismatch = "fw version" | "carrier name" | "config name"
