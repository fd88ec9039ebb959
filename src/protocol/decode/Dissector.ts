/** What `decode` shows: frames with named fields, also of bytes in which something is wrong. Pure. */
import { formatHex } from "../hex.ts"

/** As JSON has it. */
export type DecodedValue =
  string | number | boolean | null | ReadonlyArray<DecodedValue> | { readonly [name: string]: DecodedValue }

export interface DecodedField {
  readonly name: string
  /** Place in the bytes that were given, escapes and all. */
  readonly offset: number
  readonly size: number
  readonly value: DecodedValue
  /** The bytes in hex; long ones are cut. */
  readonly raw: string
}

export interface DecodedFrame {
  readonly name: string
  readonly offset: number
  readonly size: number
  readonly fields: ReadonlyArray<DecodedField>
  /** What is wrong, one clause each; the fields are shown all the same. */
  readonly problems: ReadonlyArray<string>
}

/** One protocol for `decode`. Both functions are total: bytes are hostile. */
export interface Dissector {
  /** As named on the command line, e.g. `qmux`. */
  readonly protocol: string
  /** How much the bytes look like it: 0 not at all, 1 a checksum or all lengths agree. */
  readonly guess: (bytes: Uint8Array) => number
  /** Frames in the order of the bytes; bytes that belong to no frame are one too, with a problem. */
  readonly dissect: (bytes: Uint8Array) => ReadonlyArray<DecodedFrame>
}

const rawLimit = 64

export const field = (
  name: string,
  bytes: Uint8Array,
  offset: number,
  size: number,
  value: DecodedValue
): DecodedField => ({ name, offset, size, value, raw: formatHex(bytes.subarray(offset, offset + size), rawLimit) })

/** Bytes that are not a frame of the protocol. */
export const strayBytes = (bytes: Uint8Array, from: number, to: number, problem: string): DecodedFrame => ({
  name: "stray bytes",
  offset: from,
  size: to - from,
  fields: [field("bytes", bytes, from, to - from, formatHex(bytes.subarray(from, to), rawLimit))],
  problems: [problem]
})

/** Printable text behind which only NULs come, or hex. */
export const textOrHex = (bytes: Uint8Array): string => {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  let text = ""
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] ?? 0
    if (byte < 0x20 || byte > 0x7e) return formatHex(bytes, rawLimit)
    text += String.fromCharCode(byte)
  }
  return text === "" ? formatHex(bytes, rawLimit) : text
}

/** UTF-8 without controls other than TAB, LF and CR. */
export const isText = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d) &&
  !new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).includes("\ufffd")
