/** Steps made of flows: the same steps for each of several things, or one of two ways. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { run } from "./Flow.ts"
import type { After, Flow } from "./Flow.ts"
import type { AnyStep, EnvironmentOf, ErrorOf, Risk, Step, StepInfo } from "./Step.ts"

export type Errors<Steps extends ReadonlyArray<AnyStep>> = ErrorOf<Steps[number]>
export type Environments<Steps extends ReadonlyArray<AnyStep>> = EnvironmentOf<Steps[number]>

const risks: ReadonlyArray<Risk> = ["none", "reads", "changes-preference", "reboots", "writes-flash"]

/** The gravest of the inner risks. */
export const gravest = (steps: ReadonlyArray<StepInfo>): Risk =>
  steps.reduce<Risk>((worst, { risk }) => (risks.indexOf(risk) > risks.indexOf(worst) ? risk : worst), "none")

export const total = (steps: ReadonlyArray<StepInfo>): Duration.Duration =>
  steps.reduce((sum, { deadline }) => Duration.sum(sum, deadline), Duration.zero)

/**
 * Runs the inner flow once for each item of `over`, one after the other. The inner flow starts from the
 * outer state plus `item`; `collect` takes from its final state what the outer flow goes on with.
 */
export const each = <
  const Name extends string,
  Needs extends object,
  Item,
  const Steps extends ReadonlyArray<AnyStep>,
  Out,
  const Key extends string
>(options: {
  readonly name: Name
  readonly title: string
  readonly over: (state: Needs) => ReadonlyArray<Item>
  readonly flow: Flow<Needs & { readonly item: Item }, Steps>
  readonly collect: (state: After<Needs & { readonly item: Item }, Steps>) => Out
  readonly as: Key
}): Step<Name, Needs, { readonly [K in Key]: ReadonlyArray<Out> }, never, Errors<Steps>, Environments<Steps>> => ({
  name: options.name,
  title: options.title,
  risk: gravest(options.flow.steps),
  deadline: total(options.flow.steps),
  inside: options.flow.steps,
  repeats: "each",
  drops: [],
  run: (state, around) =>
    Effect.map(
      Effect.forEach(options.over(state), (item) =>
        Effect.map(run(options.flow, { ...state, item }, around), options.collect)
      ),
      (out) => ({ [options.as]: out }) as unknown as { readonly [K in Key]: ReadonlyArray<Out> }
    )
})

/** Runs `flow` where `when` holds, and yields `otherwise` where it does not; both end in the same state. */
export const choice = <
  const Name extends string,
  Needs extends object,
  const Steps extends ReadonlyArray<AnyStep>,
  Yields extends object
>(options: {
  readonly name: Name
  readonly title: string
  readonly when: (state: Needs) => boolean
  readonly flow: Flow<Needs, Steps>
  readonly collect: (state: After<Needs, Steps>) => Yields
  readonly otherwise: (state: Needs) => Yields
}): Step<Name, Needs, Yields, never, Errors<Steps>, Environments<Steps>> => ({
  name: options.name,
  title: options.title,
  risk: gravest(options.flow.steps),
  deadline: total(options.flow.steps),
  inside: options.flow.steps,
  repeats: "choice",
  drops: [],
  run: (state, around) =>
    options.when(state)
      ? Effect.map(run(options.flow, state, around), options.collect)
      : Effect.sync(() => options.otherwise(state))
})
