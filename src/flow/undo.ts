/**
 * Compensation: what a flow has begun is taken back when it fails. The compensations stand in the steps, so that whoever
 * edits a flow keeps them. Pure, as {@link run} is.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { run } from "./Flow.ts"
import type { After, Flow } from "./Flow.ts"
import type { AnyStep, Around, EnvironmentOf, ErrorOf, Step, StepInfo, Undo } from "./Step.ts"

type Errors<Steps extends ReadonlyArray<AnyStep>> = ErrorOf<Steps[number]>
type Environments<Steps extends ReadonlyArray<AnyStep>> = EnvironmentOf<Steps[number]>

/** The same step, taken back by `undo` where the flow fails at it or later; in the place of what took it back before. */
export const withUndo = <const Name extends string, Needs, Yields, Drops extends string, E, R, More, E2, R2>(
  step: Step<Name, Needs, Yields, Drops, E, R>,
  undo: Undo<More, E2, R2>
): Step<Name, Needs & More, Yields, Drops, E | E2, R | R2> => ({ ...step, undo })

/** Called around every compensation, the latest step's first. `cause` is what the flow failed with. */
export type AroundUndo = <E, R>(
  info: StepInfo,
  effect: Effect.Effect<void, E, R>,
  cause: unknown
) => Effect.Effect<void, E, R>

/** Compensations of steps that were begun, inner ones too. */
const remembering = (around: Around) => {
  const begun: Array<{ readonly step: AnyStep; readonly state: unknown }> = []
  const remember: Around = (info, state, effect) =>
    Effect.suspend(() => {
      // What is passed to `around` is the step itself.
      if (info.undo !== undefined) begun.push({ step: info as unknown as AnyStep, state })
      return around(info, state, effect)
    })
  return { begun, remember }
}

/**
 * As {@link run}, with a scope of its own; where the flow fails, what it has begun is taken back, and it fails as it failed. A compensation that
 * fails does not keep the others from being tried; `undoing` hears of each. An interruption takes nothing back: whoever
 * interrupts does not want to wait.
 */
export const runOrUndo = <Init, Steps extends ReadonlyArray<AnyStep>>(
  flow: Flow<Init, Steps>,
  init: Init,
  around: Around,
  undoing: AroundUndo = (_info, effect) => effect
): Effect.Effect<After<Init, Steps>, Errors<Steps>, Exclude<Environments<Steps>, Scope.Scope>> =>
  Effect.suspend(() => {
    const { begun, remember } = remembering(around)
    // What the steps hold, e.g. a port, is let go first: a compensation may need it.
    return Effect.tapError(Effect.scoped(run(flow, init, remember)), (error) =>
      Effect.forEach(
        begun.toReversed(),
        ({ state, step }) =>
          step.undo === undefined
            ? Effect.void
            : Effect.ignore(undoing(step, step.undo.run(state as never) as Effect.Effect<void, unknown>, error)),
        { discard: true }
      )
    )
  })
