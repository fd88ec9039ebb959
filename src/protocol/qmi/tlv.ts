/**
 * What stands in the value of a TLV, declared once for both directions. Source: qmi.md §1.2.
 * Reading never throws: a failure is one clause that says what is wrong. Writing throws `RangeError` for a
 * value that does not fit its field: a defect of the caller, never of received bytes.
 */
import * as Result from "effect/Result"
import { decodeText, encodeText } from "./text.ts"

/** Where the reader is in the value. */
export interface Cursor {
  readonly bytes: Uint8Array
  offset: number
}

export interface Codec<A> {
  readonly read: (cursor: Cursor) => Result.Result<A, string>
  readonly write: (out: Array<number>, value: A) => void
}

/** The value that a codec is for. */
export type CodecType<C> = C extends Codec<infer A> ? A : never

/** Any codec, for places that only read. */
export interface AnyCodec {
  readonly read: (cursor: Cursor) => Result.Result<unknown, string>
  readonly write: (out: Array<number>, value: never) => void
}

const take = (cursor: Cursor, size: number): Result.Result<Uint8Array, string> => {
  const rest = cursor.bytes.length - cursor.offset
  if (size > rest) {
    return Result.fail(`wanted ${String(size)} bytes at offset ${String(cursor.offset)}, found ${String(rest)}`)
  }
  const view = cursor.bytes.subarray(cursor.offset, cursor.offset + size)
  cursor.offset += size
  return Result.succeed(view)
}

const push = (out: Array<number>, bytes: Uint8Array): void => {
  for (const byte of bytes) out.push(byte)
}

const integer = (size: number): Codec<number> => ({
  read: (cursor) =>
    Result.map(take(cursor, size), (bytes) => bytes.reduceRight((value, byte) => value * 0x100 + byte, 0)),
  write: (out, value) => {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
      throw new RangeError(`${String(value)} is not an unsigned integer of ${String(size)} bytes`)
    }
    for (let i = 0, rest = value; i < size; i++, rest = Math.floor(rest / 0x100)) out.push(rest % 0x100)
  }
})

export const u8 = integer(1)
/** Little endian. */
export const u16 = integer(2)
/** Little endian. */
export const u32 = integer(4)

/** 1 byte; anything but 0 is true. */
export const bool: Codec<boolean> = {
  read: (cursor) => Result.map(u8.read(cursor), (value) => value !== 0),
  write: (out, value) => out.push(value ? 1 : 0)
}

/** One value under another name or in another shape. `to` must be total; `from` may throw `RangeError`. */
export const mapped = <A, B>(codec: Codec<A>, to: (value: A) => B, from: (value: B) => A): Codec<B> => ({
  read: (cursor) => Result.map(codec.read(cursor), to),
  write: (out, value) => codec.write(out, from(value))
})

/** A number with names. A value that the document does not name is kept as the number it is. */
export const choice = <const Name extends string>(
  codec: Codec<number>,
  values: { readonly [N in Name]: number }
): Codec<Name | number> => {
  const numbers = new Map<string, number>(Object.entries(values))
  const names = new Map<number, Name>()
  for (const name in values) names.set(values[name], name)
  return mapped<number, Name | number>(
    codec,
    (value) => names.get(value) ?? value,
    (value) => (typeof value === "number" ? value : (numbers.get(value) ?? Number.NaN))
  )
}

/** A set of bits with names, as a list from the lowest bit up. A bit without a name is kept as its value (1, 2, 4, …). */
export const flags = <const Name extends string>(
  codec: Codec<number>,
  bits: { readonly [N in Name]: number }
): Codec<ReadonlyArray<Name | number>> => {
  const one = choice({ read: codec.read, write: codec.write }, bits)
  const values = new Map<string, number>(Object.entries(bits))
  const names = new Map<number, Name>()
  for (const name in bits) names.set(bits[name], name)
  return {
    read: (cursor) =>
      Result.map(codec.read(cursor), (value) => {
        const set: Array<Name | number> = []
        for (let bit = 1; bit <= value; bit *= 2) {
          if (Math.floor(value / bit) % 2 === 1) set.push(names.get(bit) ?? bit)
        }
        return set
      }),
    write: (out, set) => {
      const all = new Set(set.map((bit) => (typeof bit === "number" ? bit : (values.get(bit) ?? Number.NaN))))
      one.write(
        out,
        [...all].reduce((sum, bit) => sum + bit, 0)
      )
    }
  }
}

/** A number of which one value means "none". */
export const orNone = (codec: Codec<number>, none: number): Codec<number | undefined> =>
  mapped<number, number | undefined>(
    codec,
    (value) => (value === none ? undefined : value),
    (value) => value ?? none
  )

const text = (bytes: Uint8Array): Result.Result<string, string> => {
  const value = decodeText(bytes)
  return value === undefined ? Result.fail("neither UTF-8 nor GSM-7 nor UCS-2 text") : Result.succeed(value)
}

/** The rest of the TLV is the string: no prefix, no terminator. */
export const string: Codec<string> = {
  read: (cursor) => Result.flatMap(take(cursor, cursor.bytes.length - cursor.offset), text),
  write: (out, value) => push(out, encodeText(value))
}

/** A string inside an array or sequence: u8 length, no terminator. At most 255 bytes. */
export const shortString: Codec<string> = {
  read: (cursor) =>
    Result.flatMap(
      Result.flatMap(u8.read(cursor), (size) => take(cursor, size)),
      text
    ),
  write: (out, value) => {
    const bytes = encodeText(value)
    if (bytes.length > 0xff) throw new RangeError(`"${value}" is longer than 255 bytes`)
    out.push(bytes.length)
    push(out, bytes)
  }
}

/** A string of exactly `size` bytes. */
export const fixedString = (size: number): Codec<string> => ({
  read: (cursor) => Result.flatMap(take(cursor, size), text),
  write: (out, value) => {
    const bytes = encodeText(value)
    if (bytes.length !== size) throw new RangeError(`"${value}" does not have ${String(size)} bytes`)
    push(out, bytes)
  }
})

/** A string in `size` bytes, padded with NULs. */
export const paddedString = (size: number): Codec<string> => ({
  read: (cursor) => Result.flatMap(take(cursor, size), text),
  write: (out, value) => {
    const bytes = encodeText(value)
    if (bytes.length > size) throw new RangeError(`"${value}" is longer than ${String(size)} bytes`)
    push(out, bytes)
    for (let i = bytes.length; i < size; i++) out.push(0)
  }
})

/** Exactly `size` opaque bytes, read as a copy. */
export const fixedBytes = (size: number): Codec<Uint8Array> => ({
  read: (cursor) => Result.map(take(cursor, size), (bytes) => Uint8Array.from(bytes)),
  write: (out, value) => {
    if (value.length !== size) throw new RangeError(`wanted ${String(size)} bytes, got ${String(value.length)}`)
    push(out, value)
  }
})

/** Opaque bytes behind their count. */
export const countedBytes = (count: Codec<number>): Codec<Uint8Array> => ({
  read: (cursor) =>
    Result.map(
      Result.flatMap(count.read(cursor), (size) => take(cursor, size)),
      (bytes) => Uint8Array.from(bytes)
    ),
  write: (out, value) => {
    count.write(out, value.length)
    push(out, value)
  }
})

/** Elements behind their count (u8 unless said otherwise). Nothing is allocated before it was read. */
export const array = <A>(element: Codec<A>, count: Codec<number> = u8): Codec<ReadonlyArray<A>> => ({
  read: (cursor) => {
    const size = count.read(cursor)
    if (Result.isFailure(size)) return Result.fail(size.failure)
    const values: Array<A> = []
    for (let i = 0; i < size.success; i++) {
      const value = element.read(cursor)
      if (Result.isFailure(value))
        return Result.fail(`element ${String(i)} of ${String(size.success)}: ${value.failure}`)
      values.push(value.success)
    }
    return Result.succeed(values)
  },
  write: (out, values) => {
    count.write(out, values.length)
    for (const value of values) element.write(out, value)
  }
})

/** Fields one behind the other, in the order of their declaration. */
export const struct = <const F extends Record<string, AnyCodec>>(
  fields: F
): Codec<{ readonly [K in keyof F]: CodecType<F[K]> }> => {
  type Value = { readonly [K in keyof F]: CodecType<F[K]> }
  const entries = Object.entries<AnyCodec>(fields)
  return {
    read: (cursor) => {
      const value: Record<string, unknown> = {}
      for (const [name, codec] of entries) {
        const field = codec.read(cursor)
        if (Result.isFailure(field)) return Result.fail(`${name}: ${field.failure}`)
        value[name] = field.success
      }
      return Result.succeed(value as Value)
    },
    write: (out, value) => {
      for (const [name, codec] of entries) codec.write(out, value[name] as never)
    }
  }
}
