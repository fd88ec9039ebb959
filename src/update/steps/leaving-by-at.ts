/** Out of boot-and-hold, and a plain restart, for a modem that is asked by AT. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Family } from "../../device/families/Family.ts"
import { step } from "../../flow/Step.ts"
import type { ModemFacts } from "../../plan/facts.ts"
import type { AtSession } from "../../session/AtSession.ts"
import { modemFactsOf } from "../at-modem-facts.ts"
import { readAtFacts } from "../read-at-facts.ts"
import { validateBy } from "./boot.ts"
import { sayWhatRuns } from "./leaving.ts"
import { resetByAt } from "./reset-by-at.ts"

const read = (at: AtSession, why: string) =>
  Effect.flatMap(readAtFacts(at), (facts) => Effect.fromResult(modemFactsOf(facts, why)))

export const lookAfterwardsByAt = step({
  name: "look",
  title: "ask the modem by AT what it runs",
  risk: "reads",
  deadline: Duration.seconds(120),
  run: ({ at, why }: { readonly at: AtSession; readonly why: string }) => Effect.flatMap(read(at, why), sayWhatRuns)
})

export const restartOnlyByAt = step({
  name: "restart",
  title: "restart the modem with AT!RESET",
  risk: "reboots",
  deadline: Duration.seconds(60),
  drops: ["at"],
  run: ({ at }: { readonly at: AtSession; readonly facts: ModemFacts }) =>
    Effect.map(resetByAt(at), (watch) => ({ watch }))
})

/** Runs what it ran, and is online: so the restart has cured it. */
export const verifyRestartByAt = (family: Family) =>
  step({
    name: "verify",
    title: "ask the modem by AT what it runs now, and whether it is online",
    risk: "reads",
    deadline: Duration.sum(family.deadlines.settle, Duration.seconds(120)),
    run: ({ at, facts, why }: { readonly at: AtSession; readonly facts: ModemFacts; readonly why: string }) =>
      validateBy(family, read(at, why), {
        firmware: facts.firmware,
        preference: undefined,
        before: { ...facts, operatingMode: "" }
      })
  })
