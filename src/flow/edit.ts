/**
 * Editing a flow: replace, insert or omit a step and keep the rest. Each edit yields a new flow, and
 * each is checked again in the types: an edit that leaves a later step without its input does not compile.
 */
import { unchecked } from "./Flow.ts"
import type { AnyFlow, Flow, InitOf, StepsOf, Validate } from "./Flow.ts"
import type { AnyStep, NameOf, Step } from "./Step.ts"

export type NamesOf<F> = StepsOf<F> extends ReadonlyArray<infer S> ? NameOf<S> : never

type Named<Name> = Step<Name & string, never, unknown, string, unknown, unknown>

type Replaced<Steps, Name, S> = Steps extends readonly [infer Head, ...infer Tail]
  ? readonly [NameOf<Head> extends Name ? S : Head, ...Replaced<Tail, Name, S>]
  : readonly []
type InsertedBefore<Steps, Name, S> = Steps extends readonly [infer Head, ...infer Tail]
  ? NameOf<Head> extends Name
    ? readonly [S, Head, ...Tail]
    : readonly [Head, ...InsertedBefore<Tail, Name, S>]
  : readonly []
type InsertedAfter<Steps, Name, S> = Steps extends readonly [infer Head, ...infer Tail]
  ? NameOf<Head> extends Name
    ? readonly [Head, S, ...Tail]
    : readonly [Head, ...InsertedAfter<Tail, Name, S>]
  : readonly []
type Omitted<Steps, Name> = Steps extends readonly [infer Head, ...infer Tail]
  ? NameOf<Head> extends Name
    ? Omitted<Tail, Name>
    : readonly [Head, ...Omitted<Tail, Name>]
  : readonly []

/** `unknown` when every step finds its needs; otherwise what is missing, which no argument can satisfy. */
type Checked<F, Steps> = Steps extends Validate<InitOf<F>, Steps> ? unknown : Validate<InitOf<F>, Steps>
type Edited<F, Steps> = Steps extends ReadonlyArray<AnyStep> ? Flow<InitOf<F>, Steps> : never

const edit = (flow: AnyFlow, change: (step: AnyStep) => ReadonlyArray<AnyStep>): unknown =>
  unchecked(flow.name, flow.steps.flatMap(change))

/** Puts `step` in the place of the step called `name`. */
export const replace =
  <const Name extends string, S extends AnyStep>(name: Name, step: S) =>
  <F extends AnyFlow>(
    flow: F & (Name extends NamesOf<F> ? Checked<F, Replaced<StepsOf<F>, Name, S>> : Named<never>)
  ): Edited<F, Replaced<StepsOf<F>, Name, S>> =>
    edit(flow, (it) => (it.name === name ? [step] : [it])) as Edited<F, Replaced<StepsOf<F>, Name, S>>

/** Puts `step` in front of the step called `name`. */
export const insertBefore =
  <const Name extends string, S extends AnyStep>(name: Name, step: S) =>
  <F extends AnyFlow>(
    flow: F & (Name extends NamesOf<F> ? Checked<F, InsertedBefore<StepsOf<F>, Name, S>> : Named<never>)
  ): Edited<F, InsertedBefore<StepsOf<F>, Name, S>> =>
    edit(flow, (it) => (it.name === name ? [step, it] : [it])) as Edited<F, InsertedBefore<StepsOf<F>, Name, S>>

/** Puts `step` behind the step called `name`. */
export const insertAfter =
  <const Name extends string, S extends AnyStep>(name: Name, step: S) =>
  <F extends AnyFlow>(
    flow: F & (Name extends NamesOf<F> ? Checked<F, InsertedAfter<StepsOf<F>, Name, S>> : Named<never>)
  ): Edited<F, InsertedAfter<StepsOf<F>, Name, S>> =>
    edit(flow, (it) => (it.name === name ? [it, step] : [it])) as Edited<F, InsertedAfter<StepsOf<F>, Name, S>>

/** Leaves the step called `name` out. */
export const omit =
  <const Name extends string>(name: Name) =>
  <F extends AnyFlow>(
    flow: F & (Name extends NamesOf<F> ? Checked<F, Omitted<StepsOf<F>, Name>> : Named<never>)
  ): Edited<F, Omitted<StepsOf<F>, Name>> =>
    edit(flow, (it) => (it.name === name ? [] : [it])) as Edited<F, Omitted<StepsOf<F>, Name>>
