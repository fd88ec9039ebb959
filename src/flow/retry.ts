/** A step made of a flow that is run again from its beginning after a failure that may pass. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { run } from "./Flow.ts"
import type { After, Flow } from "./Flow.ts"
import { gravest, total } from "./nest.ts"
import type { Environments, Errors } from "./nest.ts"
import type { AnyStep, Step } from "./Step.ts"

/** A try that failed. */
export interface Failed<E> {
  readonly error: E
  /** Its number, from 1. */
  readonly attempt: number
  readonly of: number
}

/**
 * Runs the inner flow, at most `times` in all, each time from the same state. Typed failures alone are repeated, and of
 * them those for which `when` holds; an interruption ends it, also in a pause.
 */
export const retry = <
  const Name extends string,
  Needs extends object,
  const Steps extends ReadonlyArray<AnyStep>,
  Yields extends object,
  R = never,
  R2 = never
>(options: {
  readonly name: Name
  readonly title: string
  readonly flow: Flow<Needs, Steps>
  readonly collect: (state: After<Needs, Steps>) => Yields
  /** How often it is begun at most; 1: never again. */
  readonly times: number
  readonly when: (error: Errors<Steps>) => boolean
  /** How long nothing is done after a failure; never longer than `longestPause`. */
  readonly pause: (failed: Failed<Errors<Steps>>, state: Needs) => Duration.Duration
  readonly longestPause: Duration.Duration
  /** Told before each pause. */
  readonly onRetry: (
    failed: Failed<Errors<Steps>> & { readonly pause: Duration.Duration },
    state: Needs
  ) => Effect.Effect<void, never, R>
  /** Which failure is the one to report, of the one kept so far and a later one; the later one unless told. */
  readonly keep?: (kept: Errors<Steps>, later: Errors<Steps>) => Errors<Steps>
  /** Told when a try behind the first one failed and none follows: `error` is the last one, `kept` is reported. */
  readonly onGivenUp?: (
    failed: Failed<Errors<Steps>> & { readonly kept: Errors<Steps> },
    state: Needs
  ) => Effect.Effect<void, never, R2>
}): Step<Name, Needs, Yields, never, Errors<Steps>, Environments<Steps> | R | R2> => {
  const times = Math.max(1, Math.trunc(options.times) || 1)
  const attempts = Duration.times(total(options.flow.steps), times)
  return {
    name: options.name,
    title: options.title,
    risk: gravest(options.flow.steps),
    deadline: Duration.sum(attempts, Duration.times(options.longestPause, times - 1)),
    inside: options.flow.steps,
    repeats: "retry",
    times,
    drops: [],
    run: Effect.fnUntraced(function* (state, around) {
      let kept: Errors<Steps> | undefined
      for (let attempt = 1; ; attempt++) {
        const result = yield* Effect.result(run(options.flow, state, around))
        if (Result.isSuccess(result)) return options.collect(result.success)
        const failed: Failed<Errors<Steps>> = { error: result.failure, attempt, of: times }
        kept = kept === undefined || options.keep === undefined ? failed.error : options.keep(kept, failed.error)
        if (attempt >= times || !options.when(failed.error)) {
          if (attempt > 1 && options.onGivenUp !== undefined) yield* options.onGivenUp({ ...failed, kept }, state)
          return yield* Effect.fail(kept)
        }
        const pause = Duration.min(options.longestPause, options.pause(failed, state))
        yield* options.onRetry({ ...failed, pause }, state)
        yield* Effect.sleep(pause)
      }
    })
  }
}
