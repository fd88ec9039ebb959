/** Commands on one simulated modem that lives longer than they do: words in, exit code and lines out, in virtual time. */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as TestConsole from "effect/testing/TestConsole"
import { run } from "../../src/cli/run.ts"
import { Surroundings } from "../../src/cli/Surroundings.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { History } from "../../src/journal/history.ts"
import { JournalFiles } from "../../src/journal/JournalFiles.ts"
import { memoryFiles } from "../../src/journal/memory.ts"
import type { MemoryContents } from "../../src/journal/memory.ts"
import { journalLayer } from "../../src/journal/recorder.ts"
import type { Files } from "../support/simulated-update.ts"
import { settle, turnUntilEnd } from "../support/virtual-time.ts"

export interface Ended {
  /** Undefined where it did not end within the limit: a hang. */
  readonly code: number | undefined
  readonly lines: ReadonlyArray<string>
  readonly millis: number
}

/** Longer than all deadlines of a command, with everything that it takes back; how far time is turned at once. */
const limit = "4 hours"
const step = "2 seconds"

/** One computer: its files and what it remembers. */
export const makeComputer = (files: Files) => {
  const contents: MemoryContents = new Map<string, Uint8Array>()
  let pid = 0

  const command = (words: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const bus = yield* UsbBus
      const console = yield* TestConsole.make
      const owner = { pid: ++pid, program: "boothold" }
      const state = journalLayer.pipe(
        Layer.provideMerge(History.layer),
        Layer.provide(Layer.succeed(JournalFiles, memoryFiles(contents, owner)))
      )
      const started = yield* Clock.currentTimeMillis
      const fiber = yield* Effect.forkChild(
        run(words, "1.2.3").pipe(
          Effect.provideService(Console.Console, console),
          Effect.provideService(ImageFiles, inMemory(files)),
          Effect.provideService(Surroundings, { bus: Layer.succeed(UsbBus, bus), state })
        )
      )
      // What a command is made of is loaded when it is asked for, in real time: virtual time waits until that is done, in order.
      yield* settle
      yield* Effect.promise(() => import("../../src/cli/commands/recover.ts"))
      const exit = yield* Effect.result(
        turnUntilEnd(fiber, limit, step).pipe(Effect.catchDefect(() => Effect.succeed(undefined)))
      )
      const ended = exit._tag === "Success" ? exit.success : undefined
      const result: Ended = {
        code: ended !== undefined && Exit.isSuccess(ended) ? ended.value : undefined,
        lines: [...(yield* console.logLines), ...(yield* console.errorLines)].map(String),
        millis: (yield* Clock.currentTimeMillis) - started
      }
      return result
    })

  return { command, contents }
}
