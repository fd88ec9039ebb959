/** Virtual time for one effect: how it ends, and after how much time. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"

/** Lets everything that can go on without time go on: sleeps must be set before the clock is turned. */
export const settle = Effect.repeat(
  Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve))),
  { times: 4 }
)

/** Time passes in steps, so that whoever is woken can set the next sleep in time. */
export const pass = (duration: Duration.Input, step: Duration.Input = "50 millis") =>
  Effect.gen(function* () {
    const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(duration)
    yield* settle
    for (let now = yield* Clock.currentTimeMillis; now < end; now = yield* Clock.currentTimeMillis) {
      yield* TestClock.adjust(Math.min(Duration.toMillis(step), end - now))
      yield* settle
    }
  })

export interface Timed<A, E> {
  readonly exit: Exit.Exit<A, E>
  /** Virtual milliseconds from start to end, to the size of a step. */
  readonly millis: number
}

/** Turns the clock until the fiber has ended; one that has not ended within `limit` is a failed test. */
export const turnUntilEnd = <A, E>(fiber: Fiber.Fiber<A, E>, limit: Duration.Input, step: Duration.Input) =>
  Effect.gen(function* () {
    const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(limit)
    yield* settle
    while (fiber.pollUnsafe() === undefined) {
      if ((yield* Clock.currentTimeMillis) >= end) {
        yield* Fiber.interrupt(fiber)
        return yield* Effect.die(new Error("it did not end in time"))
      }
      yield* TestClock.adjust(step)
      yield* settle
    }
    return yield* Fiber.await(fiber)
  })

export const timed = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  limit: Duration.Input = "10 minutes",
  step: Duration.Input = "50 millis"
): Effect.Effect<Timed<A, E>, never, R> =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const fiber = yield* Effect.forkChild(effect)
    const exit = yield* turnUntilEnd(fiber, limit, step)
    return { exit, millis: (yield* Clock.currentTimeMillis) - started }
  })

/** The typed error of an exit; anything else is a failed test. */
export const errorOf = <A, E>(exit: Exit.Exit<A, E>): E => {
  if (Exit.isSuccess(exit)) throw new Error(`it succeeded: ${JSON.stringify(exit.value)}`)
  return Option.getOrThrowWith(Cause.findErrorOption(exit.cause), () => new Error(Cause.pretty(exit.cause)))
}

export const valueOf = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(Cause.pretty(exit.cause))
}
