import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { makeInbox } from "../../src/transport/Inbox.ts"

describe("Inbox", () => {
  it.effect("hands over what was offered, in order", () =>
    Effect.gen(function* () {
      const inbox = makeInbox<number>()
      inbox.offer(1)
      inbox.offer(2)
      assert.strictEqual(inbox.size(), 2)
      assert.strictEqual(yield* inbox.take, 1)
      assert.strictEqual(yield* inbox.take, 2)
    })
  )

  it.effect("wakes who waits in the very turn of the offer, first come first served", () =>
    Effect.gen(function* () {
      const inbox = makeInbox<number>()
      const taken: Array<string> = []
      const take = (who: string) => Effect.map(inbox.take, (value) => void taken.push(`${who}${String(value)}`))
      yield* Effect.forkChild(take("a"), { startImmediately: true })
      yield* Effect.forkChild(take("b"), { startImmediately: true })
      inbox.offer(1)
      assert.deepStrictEqual(taken, ["a1"])
      inbox.offer(2)
      assert.deepStrictEqual(taken, ["a1", "b2"])
    })
  )

  it.effect("gives nothing to somebody who was interrupted", () =>
    Effect.gen(function* () {
      const inbox = makeInbox<number>()
      const fiber = yield* Effect.forkChild(inbox.take, { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      inbox.offer(1)
      assert.strictEqual(yield* inbox.take, 1)
    })
  )

  it.effect("keeps the last ones where a number is given", () =>
    Effect.gen(function* () {
      const inbox = makeInbox<number>(2)
      for (const value of [1, 2, 3]) inbox.offer(value)
      assert.strictEqual(inbox.size(), 2)
      assert.strictEqual(yield* inbox.take, 2)
    })
  )

  it.effect("throws away what nobody took", () =>
    Effect.gen(function* () {
      const inbox = makeInbox<number>()
      inbox.offer(1)
      inbox.clear()
      inbox.offer(2)
      assert.strictEqual(yield* inbox.take, 2)
    })
  )

  it.effect("fails behind what was offered, for everybody and for ever, with the first reason", () =>
    Effect.gen(function* () {
      const inbox = makeInbox<number, string>()
      inbox.offer(1)
      inbox.fail(Cause.fail("gone"))
      inbox.fail(Cause.fail("later"))
      inbox.offer(2)
      assert.strictEqual(yield* inbox.take, 1)
      assert.strictEqual(yield* Effect.flip(inbox.take), "gone")
      assert.strictEqual(yield* Effect.flip(inbox.take), "gone")
    })
  )

  it.effect("fails all who wait", () =>
    Effect.gen(function* () {
      const inbox = makeInbox<number, string>()
      const fibers = yield* Effect.forEach([1, 2], () => Effect.forkChild(inbox.take, { startImmediately: true }))
      inbox.fail(Cause.fail("gone"))
      for (const fiber of fibers) assert.deepStrictEqual(yield* Fiber.await(fiber), Exit.fail("gone"))
    })
  )
})
