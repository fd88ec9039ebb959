/** What is updated in the matrix: each family, each kind of image set, each way into the modem. */
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/index.ts"
import { images9200, images9x15, images9x30, spk9x15, spk9x30 } from "../support/simulated-update.ts"
import { endAt, notHome } from "./kill.ts"
import type { Means, Subject, Way } from "./kill.ts"
import type { Moment } from "./mortality.ts"

export interface Scenario extends Subject {
  readonly name: string
  /** Firmware that it may run in the end: the old one, the new one. */
  readonly versions: readonly [string, string]
  /** What is half written is all that there is: without images nothing can be done. */
  readonly oneSlot?: true
}

const to9x30 = ["02.24.05.06", "02.33.03.00"] as const
const to9x15 = ["05.05.16.03", "05.05.78.00"] as const

export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "9200 .cwe",
    setup: () => Sim.mc7710(),
    files: images9200,
    versions: ["03.05.19.04", "03.05.29.03"],
    oneSlot: true
  },
  { name: "9x15 .cwe .nvu", setup: () => Sim.mc7354(), files: images9x15, versions: to9x15 },
  { name: "9x15 .spk", setup: () => Sim.mc7354(), files: spk9x15, versions: to9x15 },
  { name: "9x30 .cwe .nvu", setup: () => Sim.em7455(), files: images9x30, versions: to9x30 },
  { name: "9x30 .spk", setup: () => Sim.em7455(), files: spk9x30, versions: to9x30 },
  { name: "9x30 MBIM", setup: () => Sim.em7455({ composition: 8 }), files: images9x30, versions: to9x30 },
  { name: "9x30 by AT", setup: () => Sim.em7455(), files: images9x30, versions: to9x30, byAt: true },
  {
    name: "9x30, image sent again",
    setup: () => Sim.em7455({ behaviours: [Sim.behaviour("nakWrite", { image: 0, chunk: 2, status: 1, times: 1 })] }),
    files: images9x30,
    versions: to9x30
  }
]

export const ways: ReadonlyArray<Way> = ["killed", "power cut", "all power cut"]
export const means: ReadonlyArray<Means> = ["journal", "images", "nothing"]

/** The update that nothing ends: what it does is what the others are ended at. */
export const whole = (scenario: Scenario) => endAt(scenario, { at: -1, way: "killed", means: "journal" })

/** "Are you there" of a modem that starts is asked many times over: once is enough. */
const alike = (what: string): string => what.replace(/(010b0000000000)..(21)/, "$1--$2")

/** The moments that differ from each other, in order. */
export const distinct = (moments: ReadonlyArray<Moment>): ReadonlyArray<Moment> => {
  const seen = new Set<string>()
  return moments.filter(({ what }) => {
    const key = alike(what)
    const again = key !== what && seen.has(key)
    seen.add(key)
    return !again
  })
}

export interface Result {
  readonly recovery: ReadonlyArray<string>
  /** It was home with the old firmware in the end. */
  readonly old: boolean
  /** It said that images are needed, of a modem that has nothing to run. */
  readonly needsImages: boolean
  readonly wrong: ReadonlyArray<string>
}

/** One case: what went on afterwards, and what is wrong with the modem in the end. */
export const run = (scenario: Scenario, moment: Moment, way: Way, by: Means) =>
  Effect.map(endAt(scenario, { at: moment.number, way, means: by }), ({ recovery, state }): Result => {
    const bad = notHome(state, scenario.versions)
    const needsImages =
      scenario.oneSlot === true && by === "nothing" && recovery.every((one) => one === "RECOVERY_IMAGES_NEEDED")
    // Without anything to write, a modem whose only firmware is half written can only be told of.
    const told = needsImages && state.mode === "boot-and-hold" && state.slots.every(({ status }) => status !== "GOOD")
    return {
      recovery,
      old: state.running.firmware === scenario.versions[0],
      needsImages: told,
      wrong: told ? [] : [...bad, ...(recovery.length === 1 && !/_/.test(recovery[0] ?? "") ? [] : recovery)]
    }
  })
