import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openControl } from "../../src/live/ControlDevice.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "boothold-control-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** Non-blocking like the driver's node, and it says back what is written to it. The driver itself is in the lab. */
const fifo = Effect.map(folder, (path) => {
  const node = join(path, "cdc-wdm0")
  execFileSync("mkfifo", [node])
  return node
})

const descriptorsOn = (path: string): number =>
  readdirSync("/proc/self/fd").filter((entry) => {
    try {
      return readlinkSync(`/proc/self/fd/${entry}`) === path
    } catch {
      return false
    }
  }).length

describe("openControl", () => {
  it.live("writes and reads messages", () =>
    Effect.gen(function* () {
      const control = yield* openControl(yield* fifo)
      yield* control.write(Buffer.from("one"))
      assert.strictEqual(Buffer.from(yield* control.read).toString(), "one")
      const reading = yield* Effect.forkChild(control.read, { startImmediately: true })
      yield* control.write(Buffer.from("two"))
      assert.strictEqual(Buffer.from(yield* Fiber.join(reading)).toString(), "two")
    })
  )

  it.live("waits where there is no room, and holds the device back where nobody reads", () =>
    Effect.gen(function* () {
      const control = yield* openControl(yield* fifo)
      const message = Buffer.alloc(4096, 7)
      const count = 200
      const writing = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: count }), () => control.write(message), { discard: true }),
        { startImmediately: true }
      )
      yield* Effect.sleep("200 millis")
      // 200 messages are more than may wait here and in a pipe.
      assert.isUndefined(writing.pollUnsafe())
      for (let received = 0; received < count * message.length;) received += (yield* control.read).length
      yield* Fiber.join(writing)
    }).pipe(Effect.timeout("10 seconds"))
  )

  it.live("interrupts a write that waits, and leaves no descriptor behind", () =>
    Effect.gen(function* () {
      const node = yield* fifo
      yield* Effect.scoped(
        Effect.gen(function* () {
          const control = yield* openControl(node)
          yield* openControl(node)
          assert.strictEqual(descriptorsOn(node), 2)
          const waiting = Effect.forever(control.write(Buffer.alloc(4096)))
          assert.strictEqual((yield* Effect.timeoutOption(waiting, "100 millis"))._tag, "None")
        })
      )
      assert.strictEqual(descriptorsOn(node), 0)
    })
  )

  it.live("fails with NotThere, and with IoFailed on what cannot be watched", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const missing = yield* Effect.flip(Effect.scoped(openControl(join(path, "none"))))
      assert.strictEqual(missing.reason._tag, "NotThere")
      const file = join(path, "file")
      writeFileSync(file, "")
      const wrong = yield* Effect.flip(Effect.scoped(openControl(file)))
      assert.strictEqual(wrong.reason._tag, "IoFailed")
      assert.strictEqual(descriptorsOn(file), 0)
    })
  )
})
