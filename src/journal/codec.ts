/**
 * Lines of a journal to and from bytes. A journal is read as far as it is sound: it may have been cut off anywhere, and
 * may be anything. Pure, bounded by {@link largestJournal}.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Begun, Entry, journalVersion } from "./entry.ts"
import type { Damage, RunJournal } from "./entry.ts"
import { HistoryError } from "./HistoryError.ts"

/** Bytes; what is longer is not looked into. Journals that are written stay far below (recorder.ts). */
export const largestJournal = 4 * 1024 * 1024

const encodeBegun = Schema.encodeSync(Schema.toCodecJson(Begun))
const encodeEntry = Schema.encodeSync(Schema.toCodecJson(Entry))
const decodeBegun = Schema.decodeUnknownResult(Schema.toCodecJson(Begun))
const decodeEntry = Schema.decodeUnknownResult(Schema.toCodecJson(Entry))

/** One line with its end. */
export const encodeLine = (line: Begun | Entry): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(line._tag === "Begun" ? encodeBegun(line) : encodeEntry(line))}\n`)

const newline = 0x0a

/** For a message: what stands there, short and printable. */
const shown = (bytes: Uint8Array): string => {
  if (bytes.length === 0) return "empty"
  if (bytes.every((byte) => byte === 0)) return `${String(bytes.length)} zero bytes`
  const start = new TextDecoder().decode(bytes.subarray(0, 60)).replace(/[^\x20-\x7e]/g, "?")
  return `${JSON.stringify(start)}${bytes.length > 60 ? "…" : ""} (${String(bytes.length)} bytes)`
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ").slice(0, 200)

/** A value of JSON, or what is there instead. */
const parse = (bytes: Uint8Array): Result.Result<unknown, string> => {
  try {
    return Result.succeed(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown)
  } catch {
    return Result.fail(shown(bytes))
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as { readonly [name: string]: unknown })[name]
    : undefined

const readBegun = (what: string, bytes: Uint8Array): Result.Result<Begun, HistoryError> => {
  const none = (found: string) => Result.fail(new HistoryError({ what, reason: { _tag: "NoJournal", line: 1, found } }))
  const parsed = parse(bytes)
  if (Result.isFailure(parsed)) return none(parsed.failure)
  const value = parsed.success
  // Before all else: another version may have other fields in this very line.
  const version = field(value, "version")
  if (field(value, "journal") === "boothold" && version !== journalVersion) {
    const found = JSON.stringify(version) ?? "none"
    return Result.fail(
      new HistoryError({ what, reason: { _tag: "OtherVersion", found: found.slice(0, 60), wanted: journalVersion } })
    )
  }
  const begun = decodeBegun(value)
  return Result.isFailure(begun) ? none(oneLine(begun.failure.message)) : Result.succeed(begun.success)
}

/** The journal in `bytes`; `what` names it in errors. Fails where not even the first line is sound. */
export const readJournal = (what: string, bytes: Uint8Array): Result.Result<RunJournal, HistoryError> => {
  if (bytes.length > largestJournal) {
    const reason = { _tag: "TooLarge", bytes: bytes.length, limit: largestJournal } as const
    return Result.fail(new HistoryError({ what, reason }))
  }
  const first = bytes.indexOf(newline)
  const begun = readBegun(what, first === -1 ? bytes : bytes.subarray(0, first))
  if (Result.isFailure(begun)) return Result.fail(begun.failure)
  const entries: Array<Entry> = []
  let damage: Damage | undefined
  let number = begun.success.n
  let lost = 0
  let start = first === -1 ? bytes.length : first + 1
  for (let line = 2; start < bytes.length; line++) {
    const found = bytes.indexOf(newline, start)
    const end = found === -1 ? bytes.length : found
    const piece = bytes.subarray(start, end)
    // A line is whole with its end only: what is cut off may by chance look like a shorter one.
    const parsed = found === -1 ? Result.fail(`cut off: ${shown(piece)}`) : parse(piece)
    const entry = Result.isFailure(parsed)
      ? parsed
      : Result.mapError(decodeEntry(parsed.success), ({ message }) => oneLine(message))
    if (Result.isFailure(entry)) {
      damage = { line, found: entry.failure, torn: found === -1 }
      break
    }
    const { n } = entry.success
    if (n <= number) {
      damage = { line, found: `line number ${String(n)} after ${String(number)}`, torn: false }
      break
    }
    lost += n - number - 1
    number = n
    entries.push(entry.success)
    start = end + 1
  }
  return Result.succeed({ begun: begun.success, entries, lost, damage })
}
