/** `-v` and `-L`: everything that happens and every byte that passes, one line each. */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { closeSync, openSync, writeSync } from "node:fs"
import type { TapRecord } from "../../transport/Connection.ts"
import type { UpdateEvent } from "../../update/events.ts"
import { plain } from "../render/text.ts"

export interface Log {
  readonly note: (text: string) => Effect.Effect<void>
}

/** Of a transfer that is longer, the beginning: most of it is the image, which is in its file. */
const shownBytes = 256

export const eventText = ({ _tag, ...fields }: UpdateEvent): string => `event ${_tag} ${JSON.stringify(fields)}`

/** The bytes as `boothold decode` takes them. */
export const transferText = ({ bytes, direction, endpoint }: TapRecord): string => {
  const shown = Array.from(bytes.subarray(0, shownBytes), (byte) => byte.toString(16).padStart(2, "0")).join(" ")
  const rest = bytes.length > shownBytes ? ` … (${String(bytes.length)} bytes)` : ""
  return `${direction === "to-modem" ? "to" : "from"} ${endpoint}: ${shown}${rest}`
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Begun anew, and closed with the scope. A file that takes no more (a full disk) is told once and stops no update. */
const fileLog = Effect.fnUntraced(function* (path: string) {
  const opened = yield* Effect.acquireRelease(
    Effect.result(Effect.try({ try: () => ({ descriptor: openSync(path, "w"), broken: false }), catch: messageOf })),
    (result) => Effect.sync(() => result._tag === "Success" && closeSync(result.success.descriptor))
  )
  if (opened._tag === "Failure") {
    yield* Console.error(`error: the log cannot be written: ${plain(opened.failure)}`)
    return undefined
  }
  const file = opened.success
  return (line: string) =>
    Effect.suspend(() => {
      if (file.broken) return Effect.void
      try {
        writeSync(file.descriptor, `${line}\n`)
        return Effect.void
      } catch (error) {
        file.broken = true
        return Console.error(`warning: the log is not written any further: ${plain(messageOf(error))}`)
      }
    })
})

/** Undefined where nobody wants a log. What is wrong with the log is told, and the command goes on without it. */
export const makeLog = Effect.fn("qfu.log")(function* (wanted: {
  readonly verbose: boolean
  readonly silent: boolean
  readonly file: string | undefined
}) {
  // As there: then neither of the two, and no file either.
  if (wanted.verbose && wanted.silent) {
    yield* Console.error("error: --verbose and --silent exclude each other: there will be no log")
    return undefined
  }
  const write = wanted.file === undefined ? undefined : yield* fileLog(wanted.file)
  if (write === undefined && !wanted.verbose) return undefined
  const log: Log = {
    note: (text) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const line = `[${new Date(now).toISOString()}] ${plain(text)}`
        const out = wanted.verbose ? Console.log(line) : Effect.void
        return write === undefined ? out : Effect.andThen(write(line), out)
      })
  }
  return log
})
