import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { execFileSync, spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { openPty } from "./pty.ts"

const script = fileURLToPath(new URL("stuck-program.ts", import.meta.url))

interface End {
  readonly code: number | null
  readonly signal: string | null
}

/** Runs the program until it is stuck, does `then`, and says how it ended, and how many milliseconds later. */
const run = (mode: string, then: (pid: number) => void = () => undefined) =>
  Effect.gen(function* () {
    const pty = yield* openPty
    pty.take(false)
    const fifo = join(pty.link, "../fifo")
    execFileSync("mkfifo", [fifo])
    const stuck = yield* Deferred.make<void>()
    const ended = yield* Deferred.make<End>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [script, mode, pty.path, fifo], { stdio: ["ignore", "pipe", "pipe"] })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    let output = ""
    const hear = (text: Buffer): void => {
      output += text.toString()
      if (output.includes("stuck\n")) Deferred.doneUnsafe(stuck, Effect.void)
    }
    child.stdout.on("data", hear)
    child.stderr.on("data", hear)
    child.on("close", (code, signal) => Deferred.doneUnsafe(ended, Effect.succeed({ code, signal })))
    const wait = <A>(deferred: Deferred.Deferred<A>) =>
      Deferred.await(deferred).pipe(
        Effect.timeout("10 seconds"),
        Effect.catchTag("TimeoutError", () => Effect.die(new Error(`it hangs: ${output}`)))
      )
    yield* wait(stuck)
    const start = yield* Clock.currentTimeMillis
    then(child.pid ?? 0)
    const end = yield* wait(ended)
    return { end, millis: (yield* Clock.currentTimeMillis) - start, output }
  }).pipe(Effect.scoped)

describe("a program whose modem takes nothing any more", () => {
  for (const [mode, code] of [
    ["timeout", 7],
    ["exit", 8],
    ["crash", 1],
    ["full-pool", 9]
  ] as const) {
    it.live(`ends by itself: ${mode}`, () =>
      Effect.gen(function* () {
        const { end, millis, output } = yield* run(mode)
        assert.deepStrictEqual(end, { code, signal: null }, output)
        assert.isBelow(millis, 2000)
      })
    )
  }

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.live(`ends in order after ${signal}`, () =>
      Effect.gen(function* () {
        const { end, millis, output } = yield* run("signal", (pid) => process.kill(pid, signal))
        assert.deepStrictEqual(end, { code: 130, signal: null }, output)
        assert.isBelow(millis, 2000)
      })
    )
  }
})
