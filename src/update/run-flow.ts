/** Runs any flow with what a run owes its user: events, deadlines, the modem's state in the error, its name on interruption. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { UsbBus } from "../device/UsbBus.ts"
import * as Flow from "../flow/Flow.ts"
import type { AnyStep, Around, StepInfo } from "../flow/Step.ts"
import { CommandWords, nextCommand } from "./advice.ts"
import { afterUnplugged, describeCondition } from "./condition.ts"
import { emit, EventSink } from "./events.ts"
import { FlowError } from "./FlowError.ts"
import { Run, writeDown } from "./Run.ts"
import { UpdateError } from "./UpdateError.ts"
import type { StepError } from "./UpdateError.ts"

/** Steps that hold others have the deadlines of those; their own is only a sum for the reader. */
const withDeadline = <A, E, R>(info: StepInfo, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | FlowError, R> =>
  info.inside.length > 0
    ? effect
    : Effect.timeoutOrElse(effect, {
        duration: info.deadline,
        orElse: () =>
          Effect.fail(
            new FlowError({
              reason: { _tag: "TookTooLong", step: info.name, seconds: Duration.toSeconds(info.deadline) }
            })
          )
      })

/**
 * Runs `flow` from `init`. Fails with {@link UpdateError}, which holds the step, its error, the modem's state
 * and the command that goes on. Steps of one's own fail with one of our errors, or are wrapped by their author.
 */
export const runFlow = <Init, Steps extends ReadonlyArray<AnyStep>>(
  flow: Flow.Flow<Init, Steps>,
  init: Init,
  label: string,
  /** Done before the first step, and part of the run: its error is the run's, and its scope too. */
  before: Effect.Effect<void, StepError, UsbBus | Run | Scope.Scope> = Effect.void
) => {
  type Out = Effect.Success<ReturnType<typeof Flow.run<Init, Steps>>>
  type Failure = Effect.Error<ReturnType<typeof Flow.run<Init, Steps>>>
  type Needs = Effect.Services<ReturnType<typeof Flow.run<Init, Steps>>>
  const all = Effect.gen(function* () {
    const words = yield* CommandWords
    const run = yield* Run
    const current = yield* Ref.make("start")
    const around: Around = (info, _state, effect) =>
      Effect.gen(function* () {
        const outer = yield* Ref.getAndSet(current, info.name)
        const started = yield* Clock.currentTimeMillis
        yield* emit({
          _tag: "StepStarted",
          step: info.name,
          title: info.title,
          risk: info.risk,
          deadlineMillis: Duration.toMillis(info.deadline)
        })
        // The deadline's error takes the way of all step errors: the runner below knows it.
        const value = yield* withDeadline(info, effect) as typeof effect
        yield* emit({
          _tag: "StepFinished",
          step: info.name,
          millis: (yield* Clock.currentTimeMillis) - started
        })
        yield* Ref.set(current, outer)
        return value
      })
    const started = yield* Clock.currentTimeMillis
    const start = emit({ _tag: "RunStarted", flow: flow.name, modem: label, steps: flow.steps.map(({ name }) => name) })
    const state = yield* start.pipe(
      Effect.andThen(before),
      Effect.andThen(Flow.run(flow, init, around)),
      Effect.mapError((error) => error as Failure & StepError),
      Effect.catch((error) =>
        Effect.gen(function* () {
          const known = yield* Ref.get(run.condition)
          const gone = error._tag === "TransportError" && error.reason._tag === "Unplugged"
          const condition = gone ? afterUnplugged(known) : known
          const failure = new UpdateError({
            flow: flow.name,
            step: yield* Ref.get(current),
            cause: error,
            condition,
            next: nextCommand(condition, words)
          })
          yield* emit({
            _tag: "RunFailed",
            step: failure.step,
            code: failure.code,
            message: failure.message,
            help: failure.help,
            condition,
            next: failure.next
          })
          return yield* failure
        })
      ),
      Effect.onInterrupt(() =>
        Effect.gen(function* () {
          const condition = yield* Ref.get(run.condition)
          const next = nextCommand(condition, words)
          yield* emit({ _tag: "RunInterrupted", step: yield* Ref.get(current), condition, next })
        })
      )
    )
    const millis = (yield* Clock.currentTimeMillis) - started
    yield* emit({ _tag: "RunFinished", millis, summary: describeCondition(yield* Ref.get(run.condition)) })
    return { state, millis }
  })
  // Written down first, then told: what somebody has been told is not forgotten by a crash.
  const recorded = Effect.gen(function* () {
    const run = yield* Run
    const tell = yield* EventSink
    return yield* Effect.provideService(all, EventSink, (event) =>
      Effect.andThen(
        Effect.provideService(
          writeDown((record) => record.event(event)),
          Run,
          run
        ),
        tell(event)
      )
    )
  })
  return recorded.pipe(Effect.provide(Run.layer, { local: true }), Effect.scoped) as Effect.Effect<
    { readonly state: Out; readonly millis: number },
    UpdateError,
    Exclude<Needs, Run | Scope.Scope>
  >
}
