/** HDLC framing of the download protocols (qdl.md §2): escaping, CRC, and a streaming deframer. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { crc16, crc16Finish, crc16Start, crc16Update } from "./crc16.ts"

/** qdl.md §2.1. */
export const Hdlc = { flag: 0x7e, escape: 0x7d, mask: 0x20 } as const

/** Most bytes between two flags that a {@link Deframer} keeps unless told: the longest framed message is an Open of 413 bytes. */
export const defaultFrameLimit = 4096

/** `wanted` is the checksum of the received bytes, `found` the one that the frame carries. */
export const CrcMismatch = Schema.TaggedStruct("CrcMismatch", { wanted: Schema.Int, found: Schema.Int })
/** Fewer bytes than a checksum and one byte of payload. */
export const FrameTooShort = Schema.TaggedStruct("FrameTooShort", { length: Schema.Int })
/** No closing flag within `limit` bytes; everything up to the next flag is dropped. */
export const FrameTooLong = Schema.TaggedStruct("FrameTooLong", { limit: Schema.Int })
/** The frame ends behind an escape byte. */
export const BadEscape = Schema.TaggedStruct("BadEscape", { offset: Schema.Int })

const HdlcReason = Schema.Union([CrcMismatch, FrameTooShort, FrameTooLong, BadEscape])

const hex16 = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`

export class HdlcError extends Schema.TaggedError<HdlcError>()("HdlcError", { reason: HdlcReason }) {
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "CrcMismatch":
        return `HDLC frame: CRC mismatch (wanted ${hex16(reason.wanted)}, found ${hex16(reason.found)})`
      case "FrameTooShort":
        return `HDLC frame: too short (${String(reason.length)} bytes between the flags, wanted at least 3)`
      case "FrameTooLong":
        return `HDLC frame: no closing flag within ${String(reason.limit)} bytes`
      case "BadEscape":
        return `HDLC frame: ends inside an escape sequence (offset ${String(reason.offset)})`
    }
  }
}

/** `7E`, escaped payload and CRC (low byte first), `7E`. */
export const encodeFrame = (payload: Uint8Array): Uint8Array => {
  const crc = crc16(payload)
  const trailer = [crc & 0xff, crc >>> 8]
  const out = new Uint8Array(2 * (payload.length + 2) + 2)
  let end = 0
  const put = (byte: number): void => {
    if (byte === Hdlc.flag || byte === Hdlc.escape) {
      out[end++] = Hdlc.escape
      out[end++] = byte ^ Hdlc.mask
    } else {
      out[end++] = byte
    }
  }
  out[end++] = Hdlc.flag
  for (const byte of payload) put(byte)
  for (const byte of trailer) put(byte)
  out[end++] = Hdlc.flag
  return out.slice(0, end)
}

/** A frame body without its escapes. `positions[i]` is where the i-th plain byte begins in the body. */
export interface Unescaped {
  readonly plain: Uint8Array
  readonly positions: ReadonlyArray<number>
  /** Offset of an escape byte that nothing follows. */
  readonly dangling: number | undefined
}

/**
 * Any byte may follow an escape: a sender that escapes more than it must is understood, and the CRC has the last word.
 * {@link decodeFrameBody} reads frames; this alone is for showing those in which something is wrong.
 */
export const unescapeBody = (body: Uint8Array): Unescaped => {
  const plain: Array<number> = []
  const positions: Array<number> = []
  let dangling: number | undefined
  for (let i = 0; i < body.length; i++) {
    const byte = body[i] ?? 0
    const escaped = byte === Hdlc.escape ? body[i + 1] : undefined
    if (byte === Hdlc.escape && escaped === undefined) {
      dangling = i
    } else {
      positions.push(i)
      plain.push(escaped === undefined ? byte : escaped ^ Hdlc.mask)
      if (escaped !== undefined) i++
    }
  }
  return { plain: Uint8Array.from(plain), positions, dangling }
}

/** Payload of the bytes between two flags (flags excluded). */
export const decodeFrameBody = (body: Uint8Array): Result.Result<Uint8Array, HdlcError> => {
  const { plain, dangling } = unescapeBody(body)
  const end = plain.length
  if (dangling !== undefined) return Result.fail(new HdlcError({ reason: BadEscape.make({ offset: dangling }) }))
  if (end < 3) return Result.fail(new HdlcError({ reason: FrameTooShort.make({ length: end }) }))
  const wanted = crc16Finish(crc16Update(crc16Start, plain, 0, end - 2))
  const found = (plain[end - 2] ?? 0) | ((plain[end - 1] ?? 0) << 8)
  return wanted === found
    ? Result.succeed(plain.slice(0, end - 2))
    : Result.fail(new HdlcError({ reason: CrcMismatch.make({ wanted, found }) }))
}

/**
 * Cuts a byte stream into frames, however it was split on its way. Empty frames (`7E 7E`) are ignored, a broken frame
 * is reported and the next one found; stale bytes in front of the first flag count as a broken frame. Linear in the
 * bytes pushed; keeps at most `limit` bytes.
 */
export class Deframer {
  private readonly limit: number
  private body: Uint8Array
  private length = 0
  private overflowed = false

  constructor(limit: number = defaultFrameLimit) {
    this.limit = limit
    this.body = new Uint8Array(Math.min(limit, 256))
  }

  /** Bytes of an unfinished frame that wait for their closing flag. */
  get pending(): number {
    return this.length
  }

  /** A frame was too long: everything up to the next flag is dropped. */
  get skipping(): boolean {
    return this.overflowed
  }

  /** Forgets an unfinished frame, e.g. after the port was flushed. */
  reset(): void {
    this.length = 0
    this.overflowed = false
  }

  push(bytes: Uint8Array): ReadonlyArray<Result.Result<Uint8Array, HdlcError>> {
    const frames: Array<Result.Result<Uint8Array, HdlcError>> = []
    let from = 0
    while (from < bytes.length) {
      const flag = bytes.indexOf(Hdlc.flag, from)
      const to = flag === -1 ? bytes.length : flag
      if (!this.overflowed && !this.append(bytes.subarray(from, to))) {
        this.overflowed = true
        this.length = 0
        frames.push(Result.fail(new HdlcError({ reason: FrameTooLong.make({ limit: this.limit }) })))
      }
      if (flag === -1) break
      if (this.length > 0) frames.push(decodeFrameBody(this.body.subarray(0, this.length)))
      this.reset()
      from = flag + 1
    }
    return frames
  }

  private append(bytes: Uint8Array): boolean {
    const wanted = this.length + bytes.length
    if (wanted > this.limit) return false
    if (wanted > this.body.length) {
      const grown = new Uint8Array(Math.min(this.limit, Math.max(wanted, 2 * this.body.length)))
      grown.set(this.body.subarray(0, this.length))
      this.body = grown
    }
    this.body.set(bytes, this.length)
    this.length = wanted
    return true
  }
}
