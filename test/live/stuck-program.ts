/**
 * A program whose modem takes nothing any more: `node stuck-program.ts MODE TTY [FIFO]`. It says "stuck" when its chunk
 * is in the kernel, and has to end by itself then, in the way that the mode names.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { constants, openSync, read, readdirSync, readFileSync, writeSync } from "node:fs"
import { openTty } from "../../src/live/Tty.ts"

const [mode = "", path = "", fifo = ""] = process.argv.slice(2)

const inSystemCall = (name: "write" | "read"): number =>
  readdirSync("/proc/self/task").filter((thread) => {
    const [call] = readFileSync(`/proc/self/task/${thread}/syscall`, "utf8").split(" ")
    const numbers = process.arch === "x64" ? { read: "0", write: "1" } : { read: "63", write: "64" }
    return Number(thread) !== process.pid && call === numbers[name]
  }).length

const untilStuck = Effect.gen(function* () {
  while (inSystemCall("write") === 0) yield* Effect.sleep("10 millis")
  yield* Effect.sleep("50 millis")
  console.log("stuck")
})

/** All threads of the pool but one are taken. Yields what frees them. */
const fillPool = Effect.gen(function* () {
  const descriptor = openSync(fifo, constants.O_RDWR)
  for (let thread = 0; thread < 3; thread++) read(descriptor, Buffer.alloc(1), 0, 1, null, () => undefined)
  while (inSystemCall("read") < 3) yield* Effect.sleep("10 millis")
  return Effect.sync(() => writeSync(descriptor, "xyz"))
})

const program = Effect.gen(function* () {
  const connection = yield* openTty(path)
  const writing = yield* Effect.forkChild(connection.write(Buffer.alloc(1024 * 1024)), { startImmediately: true })
  yield* untilStuck
  switch (mode) {
    case "timeout":
      return yield* Fiber.join(writing).pipe(
        Effect.timeout("100 millis"),
        Effect.as(1),
        Effect.catchTag("TimeoutError", () => Effect.succeed(7))
      )
    case "signal":
      return yield* Effect.as(Fiber.join(writing), 1)
    case "exit":
      return process.exit(8)
    case "crash":
      process.nextTick(() => {
        throw new Error("somebody else's mistake")
      })
      return yield* Effect.never
    case "full-pool": {
      const freePool = yield* fillPool
      const released = yield* Deferred.make<void>()
      yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(writing), Deferred.succeed(released, undefined)))
      const inTime = yield* Deferred.await(released).pipe(Effect.timeoutOption("500 millis"))
      yield* freePool
      return inTime._tag === "Some" ? 9 : 1
    }
    default:
      return yield* Effect.die(new Error(`no such mode: ${mode}`))
  }
})

// As the command line does it: the code is set, and the process ends when nothing is left to wait for.
NodeRuntime.runMain(Effect.scoped(program), {
  disableErrorReporting: true,
  teardown: (exit) => {
    process.exitCode = Exit.isSuccess(exit) && typeof exit.value === "number" ? exit.value : 130
  }
})
