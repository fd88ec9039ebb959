/** What is the matter with a modem that may have been left half way: data, and a sentence for people. Pure. */
import * as Schema from "effect/Schema"
import { Preference, preferenceIn, samePreference, showPreference } from "../plan/facts.ts"
import type { ModemFacts } from "../plan/facts.ts"
import { lossOfFirmware } from "../plan/stored.ts"

export const Situation = Schema.TaggedUnion({
  /** It runs what it prefers, and nothing of its images' holds it back. */
  Home: { firmware: Schema.String, operatingMode: Schema.String },
  /** In low power, as its images and its preference do not fit together (failures.md §1). */
  LowPower: {
    firmware: Schema.String,
    preference: Schema.optionalKey(Preference),
    reasons: Schema.Array(Schema.String)
  },
  /** It still runs, but prefers something else: its next start acts on that. */
  PreferencePending: { firmware: Schema.String, preference: Preference },
  /** Somebody took it offline and did not restart it; nothing else is wrong with it. */
  Offline: { firmware: Schema.String },
  /** Its next start is told to stop in boot-and-hold (qmi.md §6.6). */
  Armed: { firmware: Schema.String },
  /** It waits in boot-and-hold, where it cannot be asked. */
  BootAndHold: {},
  /** It is in application mode, and was not or could not be asked. */
  NotAsked: { why: Schema.String, code: Schema.String }
})
export type Situation = typeof Situation.Type

/** A version that stands for "any", and a carrier that the SIM chooses (at.md §4.1, §4.2). */
const anyFirmware = "00.00.00.00"
const autoSim = "AUTO-SIM"

/** What it runs as the three strings of a preference; where they are not told, as the running images' names say. */
export const runningOf = (facts: ModemFacts): Preference | undefined => {
  const { carrier, config, firmware } = facts
  return carrier === undefined || config === undefined ? undefined : { firmware, carrier, config }
}

/** What is told of what runs differs from what is preferred. Case counts (devices.md §6.1). */
const differs = (facts: ModemFacts, preferred: Preference): boolean => {
  if (preferred.firmware !== anyFirmware && preferred.firmware !== facts.firmware) return true
  if (preferred.carrier === autoSim) return false
  if (facts.carrier !== undefined && facts.carrier !== preferred.carrier) return true
  return facts.config !== undefined && facts.config !== preferred.config
}

/** `armed`: whether the next start is told to hold, where the modem told. */
export const situationOf = (facts: ModemFacts, armed: boolean): Situation => {
  const { firmware, offlineReasons, operatingMode } = facts
  const preference = preferenceIn(facts)
  const mismatch = preference !== undefined && differs(facts, preference)
  // Where it is online the preference was changed after its start; what holds it back comes with the next one.
  if (preference !== undefined && mismatch && (operatingMode === "online" || operatingMode === "offline")) {
    return { _tag: "PreferencePending", firmware, preference }
  }
  if (mismatch || offlineReasons.length > 0) {
    return {
      _tag: "LowPower",
      firmware,
      ...(preference === undefined ? {} : { preference }),
      reasons: [...offlineReasons]
    }
  }
  if (armed) return { _tag: "Armed", firmware }
  return operatingMode === "offline" ? { _tag: "Offline", firmware } : { _tag: "Home", firmware, operatingMode }
}

export const isHome = ({ _tag }: Situation): boolean => _tag === "Home"

/** By the names of the document (`OfflineReasonBit`, qmi.md §6.5). */
const why: { readonly [reason: string]: string } = {
  "host-image-misconfiguration": "the firmware that it runs is not the preferred one",
  "pri-image-misconfiguration": "the carrier image that it runs is not the preferred one"
}

const because = (reasons: ReadonlyArray<string>): string =>
  reasons.length === 0 ? "" : ` (${reasons.map((reason) => why[reason] ?? reason).join("; ")})`

/** What it is, in a sentence. */
export const describeSituation = Situation.match({
  Home: ({ firmware, operatingMode }) =>
    operatingMode === "online"
      ? `It is home: it runs ${firmware}, is online, and prefers what it runs.`
      : `It is home: it runs ${firmware} and prefers what it runs. Its radio is off (${operatingMode}), which is not its ` +
        "images' doing.",
  LowPower: ({ firmware, preference, reasons }) =>
    `It runs ${firmware}, and stays in low power as its images do not fit its preference` +
    (preference === undefined ? "" : ` ${showPreference(preference)}`) +
    `${because(reasons)}.`,
  PreferencePending: ({ firmware, preference }) =>
    `It runs ${firmware}, but prefers ${showPreference(preference)}: its next start acts on that, and ends in boot-and-hold ` +
    "or in low power where the images are missing.",
  Offline: ({ firmware }) =>
    `It runs ${firmware}, but somebody took it offline and did not restart it: it stays offline until it restarts.`,
  Armed: ({ firmware }) => `It runs ${firmware}, but its next start is told to stop in boot-and-hold.`,
  BootAndHold: () => "It waits in boot-and-hold for images, and does nothing else.",
  NotAsked: ({ why: detail }) => `It is not known how it is: ${detail}.`
})

/** What is told besides, and is no reason to do anything: firmware in no slot, "slot 255" (failures.md §10). */
export const notesOf = (facts: ModemFacts): ReadonlyArray<string> => {
  const loss = lossOfFirmware(facts)
  return loss === undefined ? [] : [`${loss.means}; ${loss.cure}`]
}

/** Both of its images are stored: the modem can run it without being sent anything (qmi.md §6.4). */
export const isStored = (pairs: ReadonlyArray<Preference>, wanted: Preference): boolean =>
  pairs.some((pair) => samePreference(pair, wanted))
