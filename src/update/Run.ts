/** What the steps of one run share: in which state the modem is by now, and where events go. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type { Condition } from "./condition.ts"

export class Run extends Context.Service<
  Run,
  {
    /** The state the modem would be left in if the run ended now. Each step that changes it says so first. */
    readonly condition: Ref.Ref<Condition>
  }
>()("boothold/update/Run") {
  static readonly layer = Layer.effect(
    Run,
    Effect.map(Ref.make<Condition>({ _tag: "Untouched" }), (condition) => Run.of({ condition }))
  )
}

/** Says in which state the modem is from now on: before the bytes that change it are sent. */
export const nowIs = (condition: Condition): Effect.Effect<void, never, Run> =>
  Effect.flatMap(Run, (run) => Ref.set(run.condition, condition))
