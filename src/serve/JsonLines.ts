/** A file that grows by one line of JSON per event, as they happen. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { createWriteStream, openSync } from "node:fs"
import { pathUnusable } from "./ServeError.ts"
import type { ServeError } from "./ServeError.ts"

export interface JsonLines {
  /** Completes at once, or when the disk has caught up. */
  readonly write: (value: unknown) => Effect.Effect<void>
  /** Fails when the file can no longer be written. */
  readonly broken: Effect.Effect<never, ServeError>
}

/** Begins the file anew; everything is in it when the scope has ended. */
export const openJsonLines = Effect.fnUntraced(function* (path: string) {
  const failed = pathUnusable(path)
  const broken = yield* Deferred.make<never, ServeError>()
  const stream = yield* Effect.acquireRelease(
    Effect.try({ try: () => createWriteStream(path, { fd: openSync(path, "w") }), catch: failed }),
    (stream) =>
      Effect.callback<void>((resume) => {
        const done = (): void => resume(Effect.void)
        if (stream.closed) return done()
        stream.once("close", done)
        stream.end()
      })
  )
  stream.on("error", (error) => Deferred.doneUnsafe(broken, Effect.fail(failed(error))))
  const lines: JsonLines = {
    write: (value) =>
      Effect.callback((resume) => {
        if (stream.destroyed || stream.write(`${JSON.stringify(value)}\n`)) return resume(Effect.void)
        const done = (): void => {
          stream.off("drain", done)
          stream.off("close", done)
          resume(Effect.void)
        }
        stream.once("drain", done)
        stream.once("close", done)
        return Effect.sync(() => {
          stream.off("drain", done)
          stream.off("close", done)
        })
      }),
    broken: Deferred.await(broken)
  }
  return lines
})
