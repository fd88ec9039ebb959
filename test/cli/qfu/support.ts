/** `boothold qfu` in process: words in, both streams and the exit code out; files in memory or the host's. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as TestConsole from "effect/testing/TestConsole"
import { qfu } from "../../../src/cli/qfu/qfu.ts"
import { ImageFiles, inMemory } from "../../../src/file/ImageSource.ts"
import type { Files } from "../../support/simulated-update.ts"
import { timed, valueOf } from "../../support/virtual-time.ts"
import type { Output } from "../support.ts"

const joined = (lines: ReadonlyArray<unknown>): string => lines.map(String).join("\n")

const context = { version: "1.2.3", program: "boothold qfu" }

/** Without time: for what waits for nothing. */
export const runQfu = Effect.fnUntraced(function* (words: ReadonlyArray<string>): Effect.fn.Return<Output> {
  const console = yield* TestConsole.make
  const code = yield* Effect.provideService(qfu(words, context), Console.Console, console)
  return { code, out: joined(yield* console.logLines), err: joined(yield* console.errorLines) }
})

/** In virtual time, with these files only. */
export const simulated = Effect.fnUntraced(function* (
  words: ReadonlyArray<string>,
  files: Files
): Effect.fn.Return<Output> {
  const { exit } = yield* timed(
    Effect.provideService(runQfu(words), ImageFiles, inMemory(files)),
    "2 hours",
    "200 millis"
  )
  return valueOf(exit)
})
