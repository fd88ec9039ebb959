import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Dms from "../../src/protocol/qmi/dms.ts"
import { QmiError } from "../../src/session/QmiError.ts"
import type { QmiFailure, QmiSession } from "../../src/session/QmiSession.ts"
import * as Sim from "../../src/sim/index.ts"
import type { Condition } from "../../src/update/condition.ts"
import { Run } from "../../src/update/Run.ts"
import { restart } from "../../src/update/steps/index.ts"

const wanted = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
const changed: Condition = { _tag: "PreferenceChanged", wanted }

/** A modem whose answer to the reset is `answer`; all else succeeds. */
const session = (answer: Effect.Effect<unknown, QmiFailure>): QmiSession => ({
  endpoint: "cdc-wdm0",
  request: ((_message: unknown, value: { readonly mode?: string }) =>
    value.mode === "reset" ? answer : Effect.succeed({})) as QmiSession["request"],
  close: Effect.void,
  abandon: Effect.void
})

const restarting = (control: QmiSession) =>
  restart.run(
    {
      control,
      facts: { preference: { _tag: "Value", value: { current: undefined } } } as never,
      download: { images: [] },
      wanted: undefined
    },
    (_info, _state, effect) => effect
  )

const inRun = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.provide(Layer.merge(Run.layer, Sim.layer(Sim.em7455()))), Effect.scoped)

it.effect("a run that is interrupted before the reset is answered says that the modem restarts", () =>
  Effect.gen(function* () {
    const { condition } = yield* Run
    yield* Ref.set(condition, changed)
    const asked = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkChild(
      restarting(session(Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)))
    )
    yield* Deferred.await(asked)
    yield* Fiber.interrupt(fiber)
    assert.strictEqual((yield* Ref.get(condition))._tag, "Restarting")
  }).pipe(inRun)
)

it.effect("a modem that refuses the reset is said to be what it was before", () =>
  Effect.gen(function* () {
    const { condition } = yield* Run
    yield* Ref.set(condition, changed)
    const refusal = new QmiError({
      endpoint: "cdc-wdm0",
      request: Dms.SetOperatingMode.name,
      reason: { _tag: "Refused", error: 60, name: "InvalidTransition" }
    })
    const failure = yield* Effect.flip(restarting(session(Effect.fail(refusal))))
    assert.strictEqual(failure, refusal)
    // There is nothing to put back here: no preference of this run.
    assert.strictEqual((yield* Ref.get(condition))._tag, "RunningOther")
  }).pipe(inRun)
)
