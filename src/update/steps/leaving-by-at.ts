/** Out of boot-and-hold, and a plain restart, for a modem that is asked by AT. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Family } from "../../device/families/Family.ts"
import { watchBus } from "../../device/watch.ts"
import { step } from "../../flow/Step.ts"
import type { ModemFacts } from "../../plan/facts.ts"
import type { AtSession } from "../../session/AtSession.ts"
import { modemFactsOf } from "../at-modem-facts.ts"
import { unlock } from "../at-port.ts"
import { readAtFacts } from "../read-at-facts.ts"
import { nowIs } from "../Run.ts"
import { validateBy } from "./boot.ts"
import { sayWhatRuns } from "./leaving.ts"

/** Watches the bus, then restarts the modem. */
export const resetByAt = Effect.fnUntraced(function* (at: AtSession) {
  const watch = yield* watchBus
  yield* unlock(at)
  yield* nowIs({ _tag: "Restarting" })
  // Its answer may be lost with the port (at.md §3.3): the next wait sees whether it went.
  yield* at.ask("AT!RESET").pipe(
    Effect.catchIf(
      (error) =>
        error._tag === "TransportError" ? error.reason._tag === "Unplugged" : error.reason._tag === "NoAnswer",
      () => Effect.void
    )
  )
  yield* at.close
  return watch
})

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
