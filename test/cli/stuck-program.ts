/**
 * `node stuck-program.ts never|file FIFO`: a command that no interruption ends, for `file` with a call in the thread pool
 * that never returns.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { open } from "node:fs"
import { writeNow } from "../../src/cli/leave.ts"
import { runMain } from "../../src/cli/signals.ts"

const [way, path = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  if (way === "file") open(path, "r", () => undefined)
  yield* Console.log("begun")
  return yield* Effect.uninterruptible(Effect.never)
})

runMain(program, {
  endsWith: () => 130,
  words: () => ({ stopping: () => writeNow(2, "stopping\n"), last: () => writeNow(2, "last words\n") }),
  restore: () => writeNow(2, "restored\n")
})
