/** The command line in process: words in, output, errors and exit code out; files in memory, time virtual. */
import { assert } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestConsole from "effect/testing/TestConsole"
import { RunLine } from "../../src/cli/render/json.ts"
import { run } from "../../src/cli/run.ts"
import { Screen } from "../../src/cli/Screen.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { images9x30 } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"
import { timed, valueOf } from "../support/virtual-time.ts"

export const system = "SWI9X30C_02.33.03.00.cwe"
export const carrier = "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu"

export interface Output {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Circumstances {
  readonly files?: Files
  readonly screen?: Partial<Screen>
}

/** What was printed, as one text. */
const joined = (lines: ReadonlyArray<unknown>): string => lines.map(String).join("\n")

/** A command line that is under way, and what it has printed so far. */
export const begin = Effect.fnUntraced(function* (args: ReadonlyArray<string>, { files, screen }: Circumstances = {}) {
  const console = yield* TestConsole.make
  const given = { ...(yield* Screen), ...screen }
  const command = run(args, "1.2.3").pipe(
    Effect.provideService(Console.Console, console),
    Effect.provideService(Screen, given),
    Effect.provideService(ImageFiles, inMemory(files ?? images9x30))
  )
  const printed = Effect.all({
    out: Effect.map(console.logLines, joined),
    err: Effect.map(console.errorLines, joined)
  })
  return { command, printed }
})

/** Runs a command line to its end. */
export const boothold = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  circumstances: Circumstances = {}
): Effect.fn.Return<Output> {
  const { command, printed } = yield* begin(args, circumstances)
  const { exit } = yield* timed(command, "2 hours", "200 millis")
  return { code: valueOf(exit), ...(yield* printed) }
})

/** The same until its output has `text`, then Ctrl+C. */
export const interruptAt = Effect.fnUntraced(function* (args: ReadonlyArray<string>, text: string) {
  const { command, printed } = yield* begin(args)
  const watched = Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(command)
    while (!(yield* printed).out.includes(text)) yield* Effect.sleep("100 millis")
    yield* Fiber.interrupt(fiber)
  })
  const { exit } = yield* timed(watched, "2 hours", "200 millis")
  valueOf(exit)
  return yield* printed
})

const decodeLine = Schema.decodeUnknownSync(Schema.toCodecJson(RunLine), { onExcessProperty: "error" })

/** Every line is JSON of the promised form, or the test fails. */
export const runLines = (out: string): ReadonlyArray<RunLine> =>
  out.split("\n").map((line) => decodeLine(JSON.parse(line) as unknown))

export const contains = (text: string, ...parts: ReadonlyArray<string>): void => {
  for (const part of parts) assert.include(text, part)
}
