/** What is updated in the matrix: each family, each kind of image set. */
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/index.ts"
import { images9200, images9x15, images9x30, spk9x15, spk9x30 } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"
import { endAt, notHome } from "./kill.ts"
import type { Way } from "./kill.ts"
import type { Moment } from "./mortal-bus.ts"

export interface Scenario {
  readonly name: string
  readonly setup: () => Sim.ModemSetup
  readonly files: Files
  /** Firmware that it may run in the end: the old one, the new one. */
  readonly versions: readonly [string, string]
}

export const scenarios: ReadonlyArray<Scenario> = [
  { name: "9200 .cwe", setup: () => Sim.mc7710(), files: images9200, versions: ["03.05.19.04", "03.05.29.03"] },
  { name: "9x15 .cwe .nvu", setup: () => Sim.mc7354(), files: images9x15, versions: ["05.05.16.03", "05.05.78.00"] },
  { name: "9x15 .spk", setup: () => Sim.mc7354(), files: spk9x15, versions: ["05.05.16.03", "05.05.78.00"] },
  { name: "9x30 .cwe .nvu", setup: () => Sim.em7455(), files: images9x30, versions: ["02.24.05.06", "02.33.03.00"] },
  {
    name: "9x30, image sent again",
    setup: () => Sim.em7455({ behaviours: [Sim.behaviour("nakWrite", { image: 0, chunk: 2, status: 1, times: 1 })] }),
    files: images9x30,
    versions: ["02.24.05.06", "02.33.03.00"]
  },
  { name: "9x30 .spk", setup: () => Sim.em7455(), files: spk9x30, versions: ["02.24.05.06", "02.33.03.00"] }
]

/** The update that nothing ends: what it does is what the others are ended at. */
export const whole = ({ files, setup }: Scenario) => endAt(setup(), files, -1, "killed")

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

/** One case: what went on afterwards, and what is wrong with the modem in the end. */
export const run = (scenario: Scenario, moment: Moment, way: Way) =>
  Effect.map(endAt(scenario.setup(), scenario.files, moment.number, way), ({ recovery, state }) => ({
    recovery,
    wrong: [
      ...notHome(state, scenario.versions),
      // What the user is advised is enough, the first time.
      ...(recovery.length === 1 && /updated|already-there/.test(recovery[0] ?? "") ? [] : recovery)
    ]
  }))
