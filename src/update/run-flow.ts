/** Runs any flow with what a run owes its user: events, deadlines, the modem's state in the error, its name on interruption. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { UsbBus } from "../device/UsbBus.ts"
import type * as Flow from "../flow/Flow.ts"
import type { AnyStep, Around, StepInfo } from "../flow/Step.ts"
import { runOrUndo } from "../flow/undo.ts"
import type { AroundUndo } from "../flow/undo.ts"
import { CommandWords, nextCommand } from "./advice.ts"
import { afterUnplugged, describeCondition } from "./condition.ts"
import { emit, EventSink } from "./events.ts"
import { FlowError } from "./FlowError.ts"
import { TransportError } from "../transport/TransportError.ts"
import { nowIs, Run, writeDown } from "./Run.ts"
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

/** Tells of a compensation and ends it at its deadline. */
const undoing: AroundUndo = (info, effect) => {
  const { undo } = info
  if (undo === undefined) return effect
  const work = Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const deadlineMillis = Duration.toMillis(undo.deadline)
    yield* emit({ _tag: "UndoStarted", step: info.name, title: undo.title, deadlineMillis })
    const done = yield* Effect.result(
      effect.pipe(
        Effect.mapError((error) => error as unknown as StepError),
        Effect.timeoutOrElse({
          duration: undo.deadline,
          orElse: () =>
            Effect.fail(
              new FlowError({
                reason: { _tag: "TookTooLong", step: `taking back ${info.name}`, seconds: deadlineMillis / 1000 }
              })
            )
        })
      )
    )
    if (Result.isSuccess(done)) {
      return yield* emit({
        _tag: "UndoFinished",
        step: info.name,
        millis: (yield* Clock.currentTimeMillis) - started
      })
    }
    const { code, help, message } = done.failure
    yield* emit({ _tag: "UndoFailed", step: info.name, code, message, help })
  })
  return work
}

const isUnplugged = (error: unknown): boolean => error instanceof TransportError && error.reason._tag === "Unplugged"

/** It is no longer certain in which mode the modem is. */
const leftBus = Effect.fnUntraced(function* (run: Run["Service"]) {
  const known = yield* Ref.get(run.condition)
  const condition = afterUnplugged(known)
  if (condition !== known) yield* Effect.provideService(nowIs(condition), Run, run)
})

/** Nothing is taken back. */
const leaving: AroundUndo = () => Effect.void

export interface RunFlowOptions {
  /** Done before the first step, and part of the run: its error is the run's, and its scope too. */
  readonly before?: Effect.Effect<void, StepError, UsbBus | Run | Scope.Scope>
  /** Whether what the flow has begun is taken back where it fails; so where it is not said. */
  readonly rollback?: boolean
}

/**
 * Runs `flow` from `init`. Fails with {@link UpdateError}, which holds the step, its error, the modem's state
 * and the command that goes on. Steps of one's own fail with one of our errors, or are wrapped by their author.
 */
export const runFlow = <Init, Steps extends ReadonlyArray<AnyStep>>(
  flow: Flow.Flow<Init, Steps>,
  init: Init,
  label: string,
  { before = Effect.void, rollback = true }: RunFlowOptions = {}
) => {
  type Out = Effect.Success<ReturnType<typeof Flow.run<Init, Steps>>>
  type Failure = Effect.Error<ReturnType<typeof Flow.run<Init, Steps>>>
  type Needs = Effect.Services<ReturnType<typeof Flow.run<Init, Steps>>>
  const all = Effect.gen(function* () {
    const words = yield* CommandWords
    const run = yield* Run
    const current = yield* Ref.make("start")
    /** A failure that was kept through later tries belongs to the step that it came from. */
    const failedIn = new WeakMap<object, string>()
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
        const value = yield* Effect.tapError(withDeadline(info, effect), (error) =>
          Effect.gen(function* () {
            const known: unknown = error
            if (typeof known === "object" && known !== null && !failedIn.has(known)) failedIn.set(known, info.name)
            yield* Ref.set(current, outer)
            if (isUnplugged(known)) yield* leftBus(run)
          })
        ) as typeof effect
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
    const back: AroundUndo = (info, effect, cause) =>
      Effect.andThen(Ref.set(current, `taking back ${info.name}`), undoing(info, effect, cause))
    const state = yield* start.pipe(
      Effect.andThen(before),
      Effect.andThen(runOrUndo(flow, init, around, rollback ? back : leaving)),
      Effect.mapError((error) => error as Failure & StepError),
      Effect.catch((error) =>
        Effect.gen(function* () {
          const condition = yield* Ref.get(run.condition)
          const failure = new UpdateError({
            flow: flow.name,
            step: failedIn.get(error) ?? (yield* Ref.get(current)),
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
