/** What the steps of one run share: in which state the modem is by now, and where events go. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type { Condition } from "./condition.ts"
import { emit } from "./events.ts"
import type { RunRecord } from "./Journal.ts"
import type { JournalError } from "./JournalError.ts"

export class Run extends Context.Service<
  Run,
  {
    /** The state the modem would be left in if the run ended now. Each step that changes it says so first. */
    readonly condition: Ref.Ref<Condition>
    /** Where the run is written down; undefined before it begins, and where nothing is kept. */
    readonly record: Ref.Ref<RunRecord | undefined>
    /** Whether it was said already that something could not be written down. */
    readonly lost: Ref.Ref<boolean>
  }
>()("boothold/update/Run") {
  static readonly layer = Layer.effect(
    Run,
    Effect.map(
      Effect.all([
        Ref.make<Condition>({ _tag: "Untouched" }),
        Ref.make<RunRecord | undefined>(undefined),
        Ref.make(false)
      ]),
      ([condition, record, lost]) => Run.of({ condition, record, lost })
    )
  )
}

/**
 * Writes down what happens. A journal that fails in the middle of a run is no reason to leave a modem half written: it is
 * said once, and the run goes on.
 */
export const writeDown = (
  write: (record: RunRecord) => Effect.Effect<void, JournalError>
): Effect.Effect<void, never, Run> =>
  Effect.gen(function* () {
    const run = yield* Run
    const record = yield* Ref.get(run.record)
    if (record === undefined) return
    yield* Effect.catch(write(record), (error) =>
      Effect.flatMap(Ref.getAndSet(run.lost, true), (said) =>
        said
          ? Effect.void
          : emit({
              _tag: "Warning",
              step: "journal",
              detail: `${error.message}; the run goes on, and \`boothold history\` may not know all of it`
            })
      )
    )
  })

/**
 * Is told every condition at once, before it is written down: for whoever has to say it when there is no time left to ask
 * the run.
 */
export const ConditionSink = Context.Reference<(condition: Condition) => void>("boothold/update/ConditionSink", {
  defaultValue: () => () => undefined
})

/** Says in which state the modem is from now on: before the bytes that change it are sent. */
export const nowIs = (condition: Condition): Effect.Effect<void, never, Run> =>
  Effect.gen(function* () {
    yield* Ref.set((yield* Run).condition, condition)
    const told = yield* ConditionSink
    told(condition)
    yield* writeDown((record) => record.condition(condition))
  })
