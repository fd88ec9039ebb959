/**
 * Bytes as people post them: `01:0B:…`, spaced, unspaced, `0x` lists, dumps with offsets and ASCII gutters, log lines
 * with a label. What is not understood is an error with its place, never skipped. Pure.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Catalogue } from "./problem.ts"

/** Most bytes that one text may stand for: `*` of a dump stands for any number of them. */
export const hexLimit = 16 * 1024 * 1024

export const NotHex = Schema.TaggedStruct("NotHex", { found: Schema.String })
/** A group of digits that is not a whole number of bytes. */
export const OddDigits = Schema.TaggedStruct("OddDigits", { found: Schema.String })
/** `hexdump` without `-C` and `od -x` print 16-bit words in the byte order of the machine. */
export const WordDump = Schema.TaggedStruct("WordDump", {})
/** A dump line says to stand at another offset than the bytes in front of it fill. */
export const OffsetMismatch = Schema.TaggedStruct("OffsetMismatch", { wanted: Schema.Int, found: Schema.Int })
export const TooManyBytes = Schema.TaggedStruct("TooManyBytes", { limit: Schema.Int })
export const NoBytes = Schema.TaggedStruct("NoBytes", {})

const Reason = Schema.Union([NotHex, OddDigits, WordDump, OffsetMismatch, TooManyBytes, NoBytes])

const forms = "Give bytes as `01:0B`, `01 0B`, `010B`, `0x01, 0x0B`, or as a dump of `hexdump -C` or `xxd`."

export const hexCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NotHex: { code: "HEX_NOT_HEX", help: forms },
  OddDigits: { code: "HEX_ODD_DIGITS", help: "A digit is missing or too many: every byte has two." },
  WordDump: { code: "HEX_WORD_DUMP", help: "Its byte order is unknown: dump again with `hexdump -C` or `xxd`." },
  OffsetMismatch: { code: "HEX_OFFSET", help: "A line of the dump is missing or cut: copy it whole." },
  TooManyBytes: { code: "HEX_TOO_MANY", help: "Decode a part of it, or give the binary file itself." },
  NoBytes: { code: "HEX_EMPTY", help: forms }
}

/** `line` and `column` count from 1. */
export class HexError extends Schema.TaggedError<HexError>()("HexError", {
  line: Schema.Int,
  column: Schema.Int,
  reason: Reason
}) {
  get code(): string {
    return hexCatalogue[this.reason._tag].code
  }
  get help(): string {
    return hexCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    const where = `line ${String(this.line)}, column ${String(this.column)}`
    switch (reason._tag) {
      case "NotHex":
        return `${where}: ${JSON.stringify(reason.found)} is not hex`
      case "OddDigits":
        return `${where}: ${JSON.stringify(reason.found)} has an odd number of digits`
      case "WordDump":
        return `${where}: a dump of 16-bit words`
      case "OffsetMismatch":
        return `${where}: the dump goes on at offset ${String(reason.found)}, wanted ${String(reason.wanted)}`
      case "TooManyBytes":
        return `${where}: more than ${String(reason.limit)} bytes`
      case "NoBytes":
        return "no bytes"
    }
  }
}

/** Part of a line with its place: `column` of its first character, from 1. */
interface Piece {
  readonly text: string
  readonly column: number
}

/** `data = 01:0B:…` as libqmi's tools log each message; every other line of such a log describes the same bytes again. */
const logData = /^[\s<>]*data\s*=\s*(?=[0-9a-f]{2}(?::[0-9a-f]{2})*\s*$)/i

/** What stands between bytes: blanks, `:` `,` `;`, braces and brackets of source code. */
const separator = /[\s:,;{}[\]()]/

/** Text in front of the bytes of a line: behind an arrow, or a label such as `RX:` or `data =` (with a letter that is no hex digit). */
const afterLabel = (line: string): Piece => {
  const arrow = /^.*(?:→|←|->|<-|=>|>>|<<)\s*/.exec(line)
  const label = /^(?=[^:=>]{0,200}[g-wyzG-WYZ])[^:=>]{1,200}[:=>]\s*/.exec(line)
  const skip = Math.max(arrow?.[0].length ?? 0, label?.[0].length ?? 0)
  return { text: line.slice(skip), column: skip + 1 }
}

/** Offset with colon (`xxd`, `tcpdump`), or with blanks (`hexdump -C`, `od`, packet viewers). */
const colonOffset = /^\s*(?:0x)?([0-9a-f]{4,16}):(?=\s|$)/i
const plainOffset = /^\s*([0-9a-f]{4,16})(?=\s{1,8}[0-9a-f]{2}(?:\s|$))/i

class Bytes {
  readonly all: Array<number> = []
  /** Offset of the first dump line; excerpts do not begin at 0. */
  private base: number | undefined
  /** Where the bytes of the last dump line begin, for `*`. */
  private lastLine = 0
  private repeats = false

  /** Goes to the offset of a dump line; fills what a `*` stands for. */
  seek(offset: number, fail: (reason: HexError["reason"]) => HexError): HexError | undefined {
    // 0 again is another dump behind the first one.
    if (this.base === undefined || offset === 0) this.base = offset - this.all.length
    const wanted = offset - this.base
    if (this.repeats) {
      const pattern = this.all.slice(this.lastLine)
      if (wanted > hexLimit) return fail(TooManyBytes.make({ limit: hexLimit }))
      while (pattern.length > 0 && this.all.length < wanted) {
        for (const byte of pattern.slice(0, wanted - this.all.length)) this.all.push(byte)
      }
      this.repeats = false
    }
    if (wanted !== this.all.length) {
      return fail(OffsetMismatch.make({ wanted: this.base + this.all.length, found: offset }))
    }
    this.lastLine = this.all.length
    return undefined
  }

  repeat(): void {
    this.repeats = true
  }

  /** A dump has begun, so that a lone offset is its end. */
  get inDump(): boolean {
    return this.base !== undefined
  }

  /** What the next line's offset must be. */
  isNext(offset: number): boolean {
    return this.base === undefined ? offset === 0 && this.all.length === 0 : offset === this.base + this.all.length
  }
}

/** Cuts the ASCII gutter off what follows an offset. */
const withoutGutter = (piece: Piece, colon: boolean): Piece => {
  // Only `hexdump -C` has bars around its gutter; elsewhere a bar is a character like any other.
  const bar = colon ? -1 : piece.text.search(/\s\|.*\|\s*$/)
  const text = bar === -1 ? piece.text : piece.text.slice(0, bar)
  const lead = text.length - text.trimStart().length
  for (const gap of text.slice(lead).matchAll(/\s{2,}/g)) {
    const end = lead + gap.index
    // `hexdump -C` and packet viewers put a second blank behind the eighth byte; xxd never does.
    const digits = text.slice(lead, end).replaceAll(/\s/g, "").length
    if (colon || digits !== 16 || gap[0].length > 2) return { text: text.slice(0, end), column: piece.column }
  }
  return { text, column: piece.column }
}

const readGroups = (
  piece: Piece,
  out: Bytes,
  fail: (column: number, reason: HexError["reason"]) => HexError
): HexError | undefined => {
  const { text, column } = piece
  let at = 0
  while (at < text.length) {
    if (separator.test(text.charAt(at))) {
      at++
      continue
    }
    // A comment ends the line.
    if (text.startsWith("#", at) || text.startsWith("//", at)) return undefined
    let end = at
    while (end < text.length && !separator.test(text.charAt(end))) end++
    const group = text.slice(at, end)
    // `\x7e\x70` and `0x7e`, also `0x7e70`.
    const digits = group.startsWith("\\x") ? group.replaceAll("\\x", "") : group.replace(/^0x/i, "")
    const bad = /[^0-9a-f]/i.exec(digits)
    if (bad !== null || digits === "") {
      return fail(column + at, NotHex.make({ found: group.slice(0, 40) }))
    }
    if (digits.length % 2 === 1) return fail(column + at, OddDigits.make({ found: group.slice(0, 40) }))
    if (out.all.length + digits.length / 2 > hexLimit) {
      return fail(column + at, TooManyBytes.make({ limit: hexLimit }))
    }
    for (let i = 0; i < digits.length; i += 2) out.all.push(Number.parseInt(digits.slice(i, i + 2), 16))
    at = end
  }
  return undefined
}

const readLine = (line: string, number: number, out: Bytes): HexError | undefined => {
  const fail = (column: number, reason: HexError["reason"]) => new HexError({ line: number, column, reason })
  const text = line.trim()
  if (text === "") return undefined
  if (text === "*" && out.inDump) {
    out.repeat()
    return undefined
  }
  const column = line.length - line.trimStart().length + 1
  const colon = colonOffset.exec(line)
  const plain = colon === null ? plainOffset.exec(line) : null
  const digits = (colon ?? plain)?.[1] ?? (out.inDump && /^[0-9a-f]{4,16}$/i.test(text) ? text : undefined)
  if (digits !== undefined) {
    // `od` counts in octal, with seven digits.
    const octal = colon === null && digits.length === 7 && /^[0-7]+$/.test(digits)
    // Of the 64 bits of an address only differences count; beyond 2^53 numbers have holes.
    const offset = Number.parseInt(digits.slice(-12), octal ? 8 : 16)
    // Groups of data may look like an offset: without a colon it must fit, or have the zeros of an excerpt's offset.
    if (colon !== null || out.inDump || out.isNext(offset) || /^0\w{6,}$/.test(digits)) {
      const moved = out.seek(offset, (reason) => fail(column, reason))
      if (moved !== undefined) return moved
      const skip = (colon ?? plain)?.[0].length ?? line.length
      return readGroups(
        withoutGutter({ text: line.slice(skip), column: skip + 1 }, colon !== null),
        out,
        (at, reason) => fail(at, reason)
      )
    }
  }
  if (/^\s*0[0-9a-f]{6}(\s+[0-9a-f]{4})+\s*$/i.test(line)) return fail(column, WordDump.make({}))
  return readGroups(afterLabel(line), out, fail)
}

/** The bytes that a text stands for. */
export const parseHex = (text: string): Result.Result<Uint8Array, HexError> => {
  const lines = text.split(/\r\n|\r|\n/)
  const isLog = lines.some((line) => logData.test(line))
  const out = new Bytes()
  for (const [index, line] of lines.entries()) {
    const data = isLog ? logData.exec(line) : undefined
    if (data === null) continue
    const error =
      data === undefined
        ? readLine(line, index + 1, out)
        : readGroups({ text: line.slice(data[0].length), column: data[0].length + 1 }, out, (column, reason) => {
            return new HexError({ line: index + 1, column, reason })
          })
    if (error !== undefined) return Result.fail(error)
  }
  return out.all.length === 0
    ? Result.fail(new HexError({ line: 1, column: 1, reason: NoBytes.make({}) }))
    : Result.succeed(Uint8Array.from(out.all))
}

/** `7e 70 00`: at most `limit` bytes, then the number of the others. */
export const formatHex = (bytes: Uint8Array, limit = Number.POSITIVE_INFINITY): string => {
  let text = ""
  const shown = Math.min(bytes.length, limit)
  for (let i = 0; i < shown; i++) text += (i === 0 ? "" : " ") + (bytes[i] ?? 0).toString(16).padStart(2, "0")
  return shown === bytes.length ? text : `${text} … (${String(bytes.length - shown)} more)`
}
