/**
 * A step: one named, inspectable thing that a flow does to a modem. What it needs and what it yields
 * are in its type, so that steps in an impossible order do not compile. Pure: a step is a value; only
 * running it has effects.
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

/** What running the step can do to the modem, from harmless to irreversible. */
export type Risk = "none" | "reads" | "changes-preference" | "reboots" | "writes-flash"

/** Everything about a step that can be shown before it runs. */
export interface StepInfo {
  readonly name: string
  /** One line for a person: what happens. */
  readonly title: string
  readonly risk: Risk
  /** The longest the step may take before it fails by itself. */
  readonly deadline: Duration.Duration
  /** Steps inside this one (a loop or a choice), for inspection. */
  readonly inside: ReadonlyArray<StepInfo>
  /** How the inner steps run. */
  readonly repeats: "once" | "each" | "choice" | "retry"
  /** Of a retry: how often the inner steps are begun at most. */
  readonly times?: number
  /** How it is taken back when the flow fails later, where it can be. */
  readonly undo?: UndoInfo
}

/** Everything about a compensation that can be shown before it runs. */
export interface UndoInfo {
  /** One line for a person: what is done. */
  readonly title: string
  /** The longest it may take. */
  readonly deadline: Duration.Duration
}

/**
 * What takes a step back. It is run when the flow fails at this step or later, the latest step first, and is given what the
 * step was given. How far the step came is for it to find out: there may be nothing to do.
 */
export interface Undo<in Needs, out E, out R> extends UndoInfo {
  readonly run: (state: Needs) => Effect.Effect<void, E, R>
}

/**
 * `Needs` is the part of the flow's state that must be there; `Yields` is added to it; the keys in
 * `Drops` are taken away (an opened image is used up by writing it).
 */
export interface Step<
  out Name extends string,
  in Needs,
  out Yields,
  out Drops extends string,
  out E,
  out R
> extends StepInfo {
  readonly name: Name
  readonly drops: ReadonlyArray<Drops>
  readonly run: (state: Needs, around: Around) => Effect.Effect<Yields, E, R>
  readonly undo?: Undo<Needs, E, R>
}

/** Called around every step of a run, inner ones too: progress events and error context live there. */
export type Around = <A, E, R>(info: StepInfo, state: unknown, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export type AnyStep = Step<string, never, unknown, string, unknown, unknown>

export interface StepOptions<Name extends string, Needs, Yields, Drops extends string, E, R> {
  readonly name: Name
  readonly title: string
  readonly risk: Risk
  readonly deadline: Duration.Duration
  readonly drops?: ReadonlyArray<Drops>
  readonly run: (state: Needs) => Effect.Effect<Yields, E, R>
  readonly undo?: Undo<Needs, E, R>
}

/** Makes a step. `Needs` is what the parameter of `run` says; `Yields` what its effect succeeds with. */
export const step = <const Name extends string, Needs, Yields extends object, E, R, const Drops extends string = never>(
  options: StepOptions<Name, Needs, Yields, Drops, E, R>
): Step<Name, Needs, Yields, Drops, E, R> => ({
  inside: [],
  repeats: "once",
  ...options,
  drops: options.drops ?? []
})

export type NameOf<S> = S extends Step<infer Name, never, unknown, string, unknown, unknown> ? Name : never
export type NeedsOf<S> = S extends { readonly run: (state: infer Needs, around: Around) => unknown } ? Needs : never
export type YieldsOf<S> = S extends Step<string, never, infer Yields, string, unknown, unknown> ? Yields : never
export type DropsOf<S> = S extends Step<string, never, unknown, infer Drops, unknown, unknown> ? Drops : never
export type ErrorOf<S> = S extends Step<string, never, unknown, string, infer E, unknown> ? E : never
export type EnvironmentOf<S> = S extends Step<string, never, unknown, string, unknown, infer R> ? R : never
