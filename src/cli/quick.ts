/**
 * `inspect` with file names and nothing else, without what makes start-up slow: the parser of the command line, the
 * streams of the output, and the asynchronous file system for files that are small. The command itself is the same.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { readFileSync, statSync, writeSync } from "node:fs"
import { fromBytes, ImageFiles } from "../file/ImageSource.ts"
import type { ImageFileAccess } from "../file/ImageSource.ts"
import { inspect } from "./commands/inspect.ts"
import type { InspectInput } from "./commands/inspect.ts"
import { settle } from "./settle.ts"

/** Files up to this many bytes are read at once. */
const small = 256 * 1024

const readSmall = (path: string): Uint8Array | undefined => {
  try {
    const stats = statSync(path)
    return stats.isFile() && stats.size <= small ? readFileSync(path) : undefined
  } catch {
    // Whatever is wrong with the file, the usual way says it.
    return undefined
  }
}

const quickFiles = (usual: ImageFileAccess): ImageFileAccess => ({
  open: (path) =>
    Effect.suspend(() => {
      const bytes = readSmall(path)
      return bytes === undefined ? usual.open(path) : Effect.succeed(fromBytes(path, bytes))
    })
})

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | null)?.code

/** Straight to the descriptor; what it does not take at once goes the usual way. */
const write = (text: string): void => {
  const bytes = Buffer.from(`${text}\n`)
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written)
  } catch (error) {
    // Nobody reads any more: as with the usual console, that is no error of ours.
    if (codeOf(error) !== "EPIPE") process.stdout.write(bytes.subarray(written))
  }
}

const quickConsole: Console.Console = Object.assign(Object.create(console) as Console.Console, { log: write })

/** Yields the exit code. */
export const quickInspect = (input: InspectInput): Effect.Effect<number> =>
  Effect.gen(function* () {
    const usual = yield* ImageFiles
    return yield* inspect(input).pipe(
      Effect.provideService(ImageFiles, quickFiles(usual)),
      Effect.provideService(Console.Console, quickConsole),
      settle(input.json)
    )
  })
