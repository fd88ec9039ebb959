/**
 * What a modem said about itself on its AT port, as typed values (at.md §2.1, §4, §5). Everything but its identity may
 * be missing: families lack commands, and a refused command is told as such in `refused`.
 */
import * as Schema from "effect/Schema"

/** One reason for low power; anything but 0 holds the modem there (at.md §5.1). */
export const PowerVoter = Schema.Struct({ name: Schema.String, value: Schema.Int })
export type PowerVoter = typeof PowerVoter.Type

/** `AT!PCINFO?`. */
export const PowerFacts = Schema.Struct({
  /** As printed: `Online`, `Low Power Mode` (9x30), `LowPowerMode` (9x15), … */
  state: Schema.String,
  lowPower: Schema.Boolean,
  /** In the order of the modem: 9x30 calls them voters, 9x15 force flags. */
  voters: Schema.Array(PowerVoter),
  /** `None`, `0`, `1`: as printed. */
  persistence: Schema.optionalKey(Schema.String)
})
export type PowerFacts = typeof PowerFacts.Type

/** `AT!GSTATUS?`: its two first rows, which every family has. */
export const StatusFacts = Schema.Struct({
  /** `ONLINE`, `LOW POWER MODE`, … */
  mode: Schema.String,
  /** °C. */
  temperature: Schema.optionalKey(Schema.Int),
  secondsSinceStart: Schema.optionalKey(Schema.Int),
  /** Starts since the counter was cleared. */
  starts: Schema.optionalKey(Schema.Int)
})
export type StatusFacts = typeof StatusFacts.Type

/** Firmware, carrier and config name as `AT!IMPREF?` prints them; carrier and config are empty where there is no PRI. */
export const ImageNames = Schema.Struct({
  firmware: Schema.String,
  carrier: Schema.String,
  /** `<CARRIER>_<config version>`, e.g. `GENERIC_002.072_000`. */
  config: Schema.String
})
export type ImageNames = typeof ImageNames.Type

/** `AT!IMPREF?`, or `AT!GOBIIMPREF?` where the modem has only that. */
export const ImagePreferenceFacts = Schema.Struct({
  command: Schema.Literals(["IMPREF", "GOBIIMPREF"]),
  preferred: ImageNames,
  current: ImageNames,
  /** What the modem itself says to differ: then it stays in low power (at.md §4.1). */
  mismatches: Schema.Array(Schema.Literals(["firmware", "carrier", "config"]))
})
export type ImagePreferenceFacts = typeof ImagePreferenceFacts.Type

/** A row of `AT!IMAGE?`. */
export const AtImage = Schema.Struct({
  type: Schema.Literals(["FW", "PRI"]),
  /** Absent for carrier images, which have no slot. */
  slot: Schema.optionalKey(Schema.Int),
  /** `GOOD`, `EMPTY`, `BAD`. */
  status: Schema.String,
  /** Higher was used later: the lowest is overwritten when no slot is free. */
  lru: Schema.Int,
  uniqueId: Schema.String,
  buildId: Schema.String,
  failures: Schema.Int
})

export const AtImages = Schema.Struct({
  images: Schema.Array(AtImage),
  maximumFirmware: Schema.optionalKey(Schema.Int),
  maximumCarrier: Schema.optionalKey(Schema.Int),
  /** 255: what runs lies in no slot (at.md §4.4). */
  activeSlot: Schema.optionalKey(Schema.Int)
})
export type AtImages = typeof AtImages.Type

/** `AT!PRIID?`: the factory's (OEM) PRI, and the names of the stored carrier PRIs. */
export const PriFacts = Schema.Struct({
  partNumber: Schema.String,
  revision: Schema.String,
  customer: Schema.String,
  carrierPris: Schema.Array(Schema.String)
})

export const AtFacts = Schema.Struct({
  /** The port that answered, e.g. `/dev/ttyUSB2`. */
  port: Schema.String,
  manufacturer: Schema.optionalKey(Schema.String),
  model: Schema.String,
  /** The whole text of `ATI`, its date and time included. */
  revision: Schema.String,
  imei: Schema.optionalKey(Schema.String),
  power: Schema.optionalKey(PowerFacts),
  status: Schema.optionalKey(StatusFacts),
  preference: Schema.optionalKey(ImagePreferenceFacts),
  images: Schema.optionalKey(AtImages),
  pri: Schema.optionalKey(PriFacts),
  /** Commands that the modem does not answer with `OK`, and its answer; `ERROR` may mean unknown, refused or locked (at.md §1). */
  refused: Schema.Array(Schema.Struct({ command: Schema.String, answer: Schema.String }))
})
export type AtFacts = typeof AtFacts.Type

export interface LowPowerReason {
  /** As the modem names it. */
  readonly voter: string
  readonly means: string
  /** What to do; undefined where waiting is all, or nothing is known. */
  readonly cure: string | undefined
}

/** at.md §5.1. */
const voterTexts: { readonly [voter: string]: { readonly means: string; readonly cure?: string } } = {
  IMSWITCH: {
    means: "preferred and running firmware or carrier image differ, or a switch is pending",
    cure: "run `boothold update` with a system image and a carrier image that belong together"
  },
  GOBIIM: {
    means: "firmware and carrier image do not belong together",
    cure: "run `boothold update` with a system image and a carrier image that belong together"
  },
  BIOS: {
    means: "the computer's maker locks the radio until it was authenticated",
    cure: "let ModemManager's FCC unlock, or the maker's tool, do it"
  },
  W_DISABLE: {
    means: "the radio is switched off by a pin of its slot (rfkill, flight-mode key)",
    cure: "switch the radio on, or tell the modem to ignore the pin with AT!PCOFFEN=2"
  },
  User: { means: "a program has switched the radio off", cure: "switch it on with AT+CFUN=1" },
  Temp: { means: "its temperature is out of range" },
  Volt: { means: "its supply voltage is out of range" },
  FOTA: { means: "an update over the air is running", cure: "wait for it" },
  OMADM: { means: "remote management is running", cure: "wait for it" },
  LWM2M: { means: "remote management is running", cure: "wait for it" },
  RFCAL: { means: "its calibration data are missing" },
  IM_AttachDelay: { means: "it still checks its images", cure: "wait for it" }
}

/** Why the modem is held in low power, by its own word; empty when nothing holds it. */
export const lowPowerReasons = ({ power }: Pick<AtFacts, "power">): ReadonlyArray<LowPowerReason> =>
  (power?.voters ?? []).flatMap(({ name, value }) => {
    if (value === 0) return []
    const known = Object.hasOwn(voterTexts, name) ? voterTexts[name] : undefined
    return [{ voter: name, means: known?.means ?? "a reason of the modem's own", cure: known?.cure }]
  })

/** Voters about images: what an update can cause and cure. */
const imageVoters: ReadonlySet<string> = new Set(["IMSWITCH", "GOBIIM"])

export const imageVotersOf = (facts: Pick<AtFacts, "power">): ReadonlyArray<string> =>
  lowPowerReasons(facts).flatMap(({ voter }) => (imageVoters.has(voter) ? [voter] : []))
