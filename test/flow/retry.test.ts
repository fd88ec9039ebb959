import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Flow from "../../src/flow/index.ts"
import { errorOf, settle, timed, valueOf } from "../support/virtual-time.ts"
import * as TestClock from "effect/testing/TestClock"

interface Start {
  readonly start: number
}

const base = { title: "t", risk: "reads", deadline: Duration.seconds(10) } as const

/** Two steps; the second one fails with each of `errors` in turn, then no more. */
const make = (
  errors: ReadonlyArray<string>,
  options: {
    readonly times?: number
    readonly when?: (error: string) => boolean
    readonly keep?: (kept: string, later: string) => string
    readonly pause?: (attempt: number) => Duration.Duration
  } = {}
) => {
  const told: Array<unknown> = []
  const begun: Array<object> = []
  let tries = 0
  const first = Flow.step({
    ...base,
    name: "first",
    run: (state: Start) =>
      Effect.sync(() => {
        begun.push(state)
        return { opened: state.start + tries }
      })
  })
  const second = Flow.step({
    ...base,
    name: "second",
    risk: "writes-flash",
    drops: ["opened"],
    run: ({ opened }: { readonly opened: number }) =>
      Effect.suspend((): Effect.Effect<{ readonly written: number }, string> => {
        const error = errors[tries++]
        return error === undefined ? Effect.succeed({ written: opened }) : Effect.fail(error)
      })
  })
  const step = Flow.retry({
    name: "tries",
    title: "tries",
    flow: Flow.make<Start>("inner")(first, second),
    collect: ({ written }) => ({ written }),
    times: options.times ?? 3,
    when: options.when ?? (() => true),
    pause: ({ attempt }) => options.pause?.(attempt) ?? Duration.seconds(attempt),
    longestPause: Duration.seconds(20),
    ...(options.keep === undefined ? {} : { keep: options.keep }),
    onRetry: ({ attempt, error, of, pause }, { start }) =>
      Effect.map(Clock.currentTimeMillis, () => void told.push([error, attempt, of, Duration.toMillis(pause), start])),
    onGivenUp: ({ attempt, error, kept }) => Effect.sync(() => void told.push(["given up", attempt, error, kept]))
  })
  const flow = Flow.make<Start>("outer")(step)
  return { step, flow, told, begun, run: Flow.run(flow, { start: 7 }) }
}

describe("flow/retry", () => {
  it.effect("begins again from the state it had, after a pause on the Clock", () =>
    Effect.gen(function* () {
      const { begun, run, told } = make(["a", "b"])
      const { exit, millis } = yield* timed(run)
      // 7 and the two tries before.
      assert.deepStrictEqual(valueOf(exit), { start: 7, written: 9 })
      assert.deepStrictEqual(begun, [{ start: 7 }, { start: 7 }, { start: 7 }])
      assert.deepStrictEqual(told, [
        ["a", 1, 3, 1000, 7],
        ["b", 2, 3, 2000, 7]
      ])
      assert.strictEqual(millis, 3000)
    })
  )

  it.effect("is bounded, and without a choice reports the last failure", () =>
    Effect.gen(function* () {
      const { begun, run, told } = make(["a", "b", "c", "d"])
      assert.strictEqual(errorOf((yield* timed(run)).exit), "c")
      assert.strictEqual(begun.length, 3)
      assert.deepStrictEqual(told.at(-1), ["given up", 3, "c", "c"])
    })
  )

  it.effect("reports the failure that is kept", () =>
    Effect.gen(function* () {
      const { run, told } = make(["a", "b", "c"], { keep: (kept) => kept })
      assert.strictEqual(errorOf((yield* timed(run)).exit), "a")
      assert.deepStrictEqual(told.at(-1), ["given up", 3, "c", "a"])
    })
  )

  it.effect("ends at a failure that does not pass", () =>
    Effect.gen(function* () {
      const at = (errors: ReadonlyArray<string>) => make(errors, { when: (error) => error !== "lasting" })
      const first = at(["lasting"])
      assert.strictEqual(errorOf((yield* timed(first.run)).exit), "lasting")
      assert.deepStrictEqual([first.begun.length, first.told], [1, []])
      const second = at(["a", "lasting", "b"])
      assert.strictEqual(errorOf((yield* timed(second.run)).exit), "lasting")
      assert.strictEqual(second.begun.length, 2)
      assert.deepStrictEqual(second.told.at(-1), ["given up", 2, "lasting", "lasting"])
    })
  )

  it.effect("never pauses longer than it says", () =>
    Effect.gen(function* () {
      const { run } = make(["a"], { pause: () => Duration.hours(1) })
      assert.strictEqual((yield* timed(run)).millis, 20_000)
    })
  )

  it.effect("begins no new try once it is interrupted", () =>
    Effect.gen(function* () {
      const { begun, run } = make(["a"])
      const fiber = yield* Effect.forkChild(run)
      yield* settle
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(begun.length, 1)
    })
  )

  it("shows before it runs what is inside, how often at most, and how long all tries may take", () => {
    const { inside, repeats, risk, times, deadline } = make([]).step
    assert.deepStrictEqual(
      [inside.map(({ name }) => name), repeats, risk, times],
      [["first", "second"], "retry", "writes-flash", 3]
    )
    // Three times both steps, two pauses.
    assert.strictEqual(Duration.toSeconds(deadline), 3 * 20 + 2 * 20)
  })

  it.effect("once is never again, whatever number says so", () =>
    Effect.gen(function* () {
      for (const times of [1, 0, -3, Number.NaN]) {
        const { begun, run, step, told } = make(["a"], { times })
        assert.strictEqual(errorOf((yield* timed(run)).exit), "a")
        assert.deepStrictEqual([begun.length, step.times, Duration.toSeconds(step.deadline)], [1, 1, 20])
        assert.deepStrictEqual(told, [])
      }
    })
  )

  it("is typed like the flow inside", () => {
    const { step } = make([])
    // @ts-expect-error the inner flow needs `start`
    Flow.make<{ readonly other: number }>("outer")(step)
    const needs = Flow.step({
      ...base,
      name: "needs",
      run: ({ written }: { readonly written: number }) => Effect.succeed({ twice: written * 2 })
    })
    assert.strictEqual(Flow.make<Start>("outer")(step, needs).steps.length, 2)
    const opened = Flow.step({
      ...base,
      name: "opened",
      run: ({ opened }: { readonly opened: number }) => Effect.succeed({ again: opened })
    })
    // @ts-expect-error what only the inner flow has does not leave it
    Flow.make<Start>("outer")(step, opened)
  })
})
