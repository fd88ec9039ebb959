/** Out of boot-and-hold without flashing, and a plain restart: for modems that somebody or something left half way. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Family } from "../../device/families/Family.ts"
import { watchBus } from "../../device/watch.ts"
import { step } from "../../flow/Step.ts"
import type { ModemFacts } from "../../plan/facts.ts"
import * as Dms from "../../protocol/qmi/dms.ts"
import type { QdlSession } from "../../session/QdlSession.ts"
import type { QmiSession } from "../../session/QmiSession.ts"
import { readFacts } from "../read-facts.ts"
import { nowIs } from "../Run.ts"
import { validateBy } from "./boot.ts"
import type { Validated } from "./boot.ts"
import { offlineAndReset } from "./preference.ts"

/** Nothing was sent in this stay: the modem starts what its flash holds, or comes back here if that is nothing. */
export const leaveBootAndHold = step({
  name: "leave-boot-and-hold",
  title: "reset the modem out of boot-and-hold; nothing is written",
  risk: "reboots",
  deadline: Duration.seconds(15),
  drops: ["qdl"],
  run: ({ qdl }: { readonly qdl: QdlSession; readonly switched: unknown }) =>
    Effect.gen(function* () {
      const watch = yield* watchBus
      yield* nowIs({ _tag: "Restarting" })
      yield* qdl.reset
      yield* qdl.release
      return { watch }
    })
})

/** Whatever it runs: it was only asked to start. What holds it in low power is said, and is no failure of this. */
export const sayWhatRuns = Effect.fnUntraced(function* (after: ModemFacts) {
  const { firmware, offlineReasons } = after
  yield* nowIs(
    offlineReasons.length === 0
      ? { _tag: "Running", firmware }
      : { _tag: "RunningOther", found: `it is held in low power: ${offlineReasons.join(", ")}` }
  )
  const validated: Validated = { after }
  return { validated }
})

export const lookAfterwards = step({
  name: "look",
  title: "ask the modem what it runs",
  risk: "reads",
  deadline: Duration.seconds(120),
  run: ({ control }: { readonly control: QmiSession }) => Effect.flatMap(readFacts(control), sayWhatRuns)
})

/** A start that was told to stop in boot-and-hold, by whoever was cut off before it came to that (flows.md §9 W5). */
export const disarm = step({
  name: "disarm",
  title: "where the next start is told to stop in boot-and-hold: tell it to start",
  risk: "changes-preference",
  deadline: Duration.seconds(60),
  run: ({ control }: { readonly control: QmiSession; readonly facts: ModemFacts }) =>
    Effect.gen(function* () {
      // Firmware that lacks the question cannot have been armed by its answer.
      const armed = yield* control.request(Dms.GetBootImageDownloadMode, {}).pipe(
        Effect.map(({ mode }) => mode !== undefined && mode !== "normal"),
        Effect.catchIf(
          (error) => error._tag === "QmiError" && error.isNotSupported,
          () => Effect.succeed(false)
        )
      )
      if (armed) yield* control.request(Dms.SetBootImageDownloadMode, { mode: "normal" })
      return { disarmed: armed }
    })
})

export const restartOnly = step({
  name: "restart",
  title: "restart the modem",
  risk: "reboots",
  deadline: Duration.seconds(60),
  drops: ["control"],
  run: ({ control }: { readonly control: QmiSession; readonly disarmed: boolean }) =>
    Effect.map(offlineAndReset(control), (watch) => ({ watch }))
})

/** Runs what it ran, and is online: so the restart has cured it. */
export const verifyRestart = (family: Family) =>
  step({
    name: "verify",
    title: "ask the modem what it runs now, and whether it is online",
    risk: "reads",
    deadline: Duration.sum(family.deadlines.settle, Duration.seconds(120)),
    run: ({ control, facts }: { readonly control: QmiSession; readonly facts: ModemFacts }) =>
      validateBy(family, readFacts(control), {
        firmware: facts.firmware,
        preference: undefined,
        // Not its old mode: that is what was to be cured.
        before: { ...facts, operatingMode: "" }
      })
  })
