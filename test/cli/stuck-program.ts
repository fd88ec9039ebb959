/**
 * `node stuck-program.ts never|file|chunk [PATH]`: a command that no interruption ends; for `file` with a call in the
 * thread pool that never returns, for `chunk` with a chunk that the modem does not take.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { open } from "node:fs"
import { writeNow } from "../../src/cli/leave.ts"
import { runMain } from "../../src/cli/signals.ts"
import { openTty } from "../../src/live/Tty.ts"

const [way, path = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  if (way === "file") open(path, "r", () => undefined)
  if (way === "chunk") {
    const { write } = yield* Effect.orDie(openTty(path))
    yield* Effect.forkDetach(Effect.uninterruptible(write(new Uint8Array(1024 * 1024))), { startImmediately: true })
    yield* Effect.sleep("300 millis")
  }
  yield* Console.log("begun")
  return yield* Effect.uninterruptible(Effect.never)
}).pipe(Effect.scoped)

runMain(program, {
  endsWith: () => 130,
  words: () => ({ stopping: () => writeNow(2, "stopping\n"), last: () => writeNow(2, "last words\n") }),
  restore: () => writeNow(2, "restored\n")
})
