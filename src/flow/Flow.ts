/**
 * A flow: a typed sequence of steps, a value that can be inspected, edited and run. A step whose needs
 * are not met by what the steps before it yield is a compile error at that very step. Pure: nothing
 * happens until {@link run}.
 */
import * as Effect from "effect/Effect"
import * as Pipeable from "effect/Pipeable"
import type { AnyStep, Around, DropsOf, EnvironmentOf, ErrorOf, NameOf, NeedsOf, StepInfo, YieldsOf } from "./Step.ts"

export interface Flow<in Init, out Steps extends ReadonlyArray<AnyStep>> extends Pipeable.Pipeable {
  readonly name: string
  readonly steps: Steps
  readonly _Init?: (init: Init) => void
}

export type AnyFlow = Flow<never, ReadonlyArray<AnyStep>>

/** What the compiler shows where a step stands in the wrong place. */
export interface OutOfOrder<Step, Missing> {
  readonly "this step needs something that no step before it yields": Missing
  readonly step: Step
}

type Simplify<A> = { readonly [K in keyof A]: A[K] } & {}

/** The state after one step. */
export type AfterStep<State, S> = Simplify<Omit<State, DropsOf<S> | keyof YieldsOf<S>> & YieldsOf<S>>

/** The state after a sequence of steps. */
export type After<State, Steps> = Steps extends readonly [infer Head, ...infer Tail]
  ? After<AfterStep<State, Head>, Tail>
  : State

type Missing<State, Needs> = { [K in keyof Needs as State extends Pick<Needs, K> ? never : K]: Needs[K] }

/** Each step itself where its needs are met, {@link OutOfOrder} where they are not. */
export type Validate<State, Steps> = Steps extends readonly [infer Head, ...infer Tail]
  ? readonly [
      State extends NeedsOf<Head> ? Head : OutOfOrder<NameOf<Head>, Missing<State, NeedsOf<Head>>>,
      ...Validate<AfterStep<State, Head>, Tail>
    ]
  : readonly []

/** Makes a flow that starts from a state of type `Init`: `Flow.make<Init>("update")(stepA, stepB, …)`. */
export const make =
  <Init>(name: string) =>
  <const Steps extends ReadonlyArray<AnyStep>>(...steps: Steps & Validate<Init, Steps>): Flow<Init, Steps> =>
    unchecked(name, steps)

/** A flow from steps whose order the caller has proven already (the edits do, in their types). */
export const unchecked = <Init, Steps extends ReadonlyArray<AnyStep>>(
  name: string,
  steps: Steps
): Flow<Init, Steps> => ({
  name,
  steps,
  pipe(...operations: ReadonlyArray<never>) {
    return Pipeable.pipeArguments(this, operations as unknown as IArguments)
  }
})

export type InitOf<F> = F extends Flow<infer Init, ReadonlyArray<AnyStep>> ? Init : never
export type StepsOf<F> = F extends Flow<never, infer Steps> ? Steps : never
export type ResultOf<F> = After<InitOf<F>, StepsOf<F>>
type ErrorsOf<Steps> = Steps extends ReadonlyArray<infer S> ? ErrorOf<S> : never
type EnvironmentsOf<Steps> = Steps extends ReadonlyArray<infer S> ? EnvironmentOf<S> : never

/** Lists the steps with names, risks and deadlines, inner ones nested: what a plan prints. */
export const inspect = (flow: AnyFlow): ReadonlyArray<StepInfo> => flow.steps

const bare: Around = (_info, _state, effect) => effect

/** Runs the steps in order; the first failure ends the flow. `around` sees every step, also inner ones. */
export const run = <Init, Steps extends ReadonlyArray<AnyStep>>(
  flow: Flow<Init, Steps>,
  init: Init,
  around: Around = bare
): Effect.Effect<After<Init, Steps>, ErrorsOf<Steps>, EnvironmentsOf<Steps>> =>
  // The types of the steps were proven against each other by `make`; inside, the state is a plain record.
  runSteps(flow.steps, init as object, around) as Effect.Effect<
    After<Init, Steps>,
    ErrorsOf<Steps>,
    EnvironmentsOf<Steps>
  >

const runSteps = Effect.fnUntraced(function* (steps: ReadonlyArray<AnyStep>, init: object, around: Around) {
  let state: Record<string, unknown> = { ...init }
  for (const step of steps) {
    const yields = yield* around(step, state, step.run(state as never, around))
    state = { ...state, ...(yields as object) }
    for (const key of step.drops) {
      if (!Object.hasOwn(yields as object, key)) delete state[key]
    }
  }
  return state
})
