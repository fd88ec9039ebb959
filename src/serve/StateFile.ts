/** What simulated modems remember, in a file: loaded when they are made, saved whenever it changes. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import { rename, unlink, writeFile } from "node:fs/promises"
import { readFileSync, statSync } from "node:fs"
import { dirname, basename, join } from "node:path"
import { ModemState } from "../sim/index.ts"
import { pathUnusable, ServeError } from "./ServeError.ts"

export const SavedModem = Schema.Struct({
  /** As it is called among the others, e.g. `em7455`. */
  id: Schema.String,
  model: Schema.String,
  serial: Schema.String,
  imei: Schema.String,
  usbPath: Schema.String,
  state: ModemState
})
export type SavedModem = typeof SavedModem.Type

const SavedModems = Schema.Struct({ modems: Schema.Array(SavedModem) })
const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(SavedModems))
const encode = Schema.encodeSync(SavedModems)

/** More than any modem remembers: a wrong file is not read into memory. */
const largest = 64 * 1024 * 1024

/** The file is there, and is no state of these modems. */
export const badState = (what: string, detail: string) => new ServeError({ what, reason: { _tag: "StateBad", detail } })

/** The text of the file, `undefined` where there is none; throws what the system says. */
const read = (path: string): string | undefined => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (!stats.isFile()) throw new Error("it is no regular file")
  if (stats.size > largest) throw new Error(`it is larger than ${String(largest)} bytes`)
  return readFileSync(path, "utf8")
}

/** The saved modems; `undefined` where there is no such file yet. */
export const loadState = Effect.fnUntraced(function* (path: string) {
  const text = yield* Effect.try({ try: () => read(path), catch: pathUnusable(path) })
  if (text === undefined) return undefined
  const { modems } = yield* Effect.mapError(decode(text), (error) =>
    badState(path, error.message.replaceAll(/\s*\n\s*/g, " "))
  )
  return modems
})

/** The file is whole at every moment: the old one or the new one. */
const save = (path: string, modems: ReadonlyArray<SavedModem>) => {
  const beside = join(dirname(path), `.${basename(path)}.${String(process.pid)}`)
  return Effect.tryPromise({
    try: async () => {
      try {
        await writeFile(beside, `${JSON.stringify(encode({ modems }), undefined, 2)}\n`)
        await rename(beside, path)
      } catch (error) {
        await unlink(beside).catch(() => undefined)
        throw error
      }
    },
    catch: pathUnusable(path)
  })
}

/**
 * Saves now, after every change, and at the end of the scope. Yields how it is told of a change, and what fails when the
 * file can no longer be written.
 */
export const keepState = Effect.fnUntraced(function* (path: string, modems: Effect.Effect<ReadonlyArray<SavedModem>>) {
  // One place: a change during a save leads to one more, however many there were.
  const changes = yield* Queue.sliding<void>(1)
  const now = Effect.uninterruptible(Effect.flatMap(modems, (all) => save(path, all)))
  yield* now
  yield* Effect.addFinalizer(() => Effect.catch(now, (error) => Effect.logError(`${error.message}. ${error.help}`)))
  return {
    changed: (): void => void Queue.offerUnsafe(changes, undefined),
    saving: Effect.forever(Effect.andThen(Queue.take(changes), now))
  }
})
