/** Fixed-size binary records from one declaration: encode, decode, sizes and field offsets. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** One field of a record: how many bytes it takes and how it goes in and out of them. */
export interface Field<A> {
  readonly size: number
  /** How to show the value: a number in decimal and hex, text, or bytes. */
  readonly kind: "number" | "text" | "bytes"
  readonly get: (view: DataView, offset: number) => A
  /** Throws `RangeError` for a value that does not fit: a defect of the caller, never of received bytes. */
  readonly set: (view: DataView, offset: number, value: A) => void
}

/** The bytes are not as long as the record. `field` is the first one that is not wholly there; absent for surplus bytes. */
export class LayoutError extends Schema.TaggedError<LayoutError>()("LayoutError", {
  layout: Schema.String,
  field: Schema.optionalKey(Schema.String),
  wanted: Schema.Int,
  found: Schema.Int
}) {
  override get message(): string {
    const where = this.field === undefined ? "too many bytes" : `ends before or inside field ${this.field}`
    return `${this.layout}: ${where} (wanted ${String(this.wanted)} bytes, found ${String(this.found)})`
  }
}

const integer = (
  size: number,
  get: (view: DataView, offset: number) => number,
  set: (view: DataView, offset: number, value: number) => void
): Field<number> => {
  const max = 2 ** (8 * size) - 1
  return {
    size,
    kind: "number",
    get,
    set: (view, offset, value) => {
      if (!Number.isInteger(value) || value < 0 || value > max) {
        throw new RangeError(`${String(value)} is not an unsigned integer of ${String(size)} bytes`)
      }
      set(view, offset, value)
    }
  }
}

export const u8 = integer(
  1,
  (view, offset) => view.getUint8(offset),
  (view, offset, value) => view.setUint8(offset, value)
)

/** Little endian. */
export const u16 = integer(
  2,
  (view, offset) => view.getUint16(offset, true),
  (view, offset, value) => view.setUint16(offset, value, true)
)

/** Little endian. */
export const u32 = integer(
  4,
  (view, offset) => view.getUint32(offset, true),
  (view, offset, value) => view.setUint32(offset, value, true)
)

/** Big endian. */
export const u16be = integer(
  2,
  (view, offset) => view.getUint16(offset, false),
  (view, offset, value) => view.setUint16(offset, value, false)
)

/** Big endian. */
export const u32be = integer(
  4,
  (view, offset) => view.getUint32(offset, false),
  (view, offset, value) => view.setUint32(offset, value, false)
)

const at = (view: DataView, offset: number, size: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + offset, size)

/** Exactly `size` opaque bytes; decoded as a copy. */
export const bytes = (size: number): Field<Uint8Array> => ({
  size,
  kind: "bytes",
  get: (view, offset) => at(view, offset, size).slice(),
  set: (view, offset, value) => {
    if (value.length !== size) {
      throw new RangeError(`${String(value.length)} bytes do not fill a field of ${String(size)} bytes`)
    }
    at(view, offset, size).set(value)
  }
})

/** Text of at most `size` bytes, padded with NUL. One character per byte (Latin-1), so that no byte is lost or refused. */
export const ascii = (size: number): Field<string> => ({
  size,
  kind: "text",
  get: (view, offset) => {
    const raw = at(view, offset, size)
    let end = size
    while (end > 0 && raw[end - 1] === 0) end--
    let text = ""
    for (const byte of raw.subarray(0, end)) text += String.fromCharCode(byte)
    return text
  },
  set: (view, offset, value) => {
    if (value.length > size) throw new RangeError(`"${value}" is longer than a field of ${String(size)} bytes`)
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0xff) throw new RangeError(`"${value}" has a character that is not one byte`)
      view.setUint8(offset + i, code)
    }
  }
})

interface AnyField {
  readonly size: number
  readonly kind: Field<unknown>["kind"]
  readonly get: (view: DataView, offset: number) => unknown
  readonly set: (view: DataView, offset: number, value: never) => void
}

/** A field at its place in the record: enough to print any received bytes with names. */
export interface PlacedField {
  readonly name: string
  readonly offset: number
  readonly size: number
  readonly kind: Field<unknown>["kind"]
  readonly get: (view: DataView, offset: number) => unknown
}

export interface Layout<A> {
  readonly name: string
  /** Bytes of the whole record. */
  readonly size: number
  readonly fields: ReadonlyArray<PlacedField>
  /** Throws `RangeError` (a defect) for a value that does not fit its field. */
  readonly encode: (value: A) => Uint8Array
  /** The record is all there is: more or fewer bytes are a {@link LayoutError}. */
  readonly decode: (bytes: Uint8Array) => Result.Result<A, LayoutError>
  /** The record is how the bytes begin; what follows is ignored. */
  readonly decodePrefix: (bytes: Uint8Array) => Result.Result<A, LayoutError>
}

type Value<F extends Record<string, AnyField>> = {
  readonly [K in keyof F]: F[K] extends Field<infer A> ? A : never
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Declares a record; fields lie one behind the other in the order of their declaration, without padding. */
export const layout = <const F extends Record<string, AnyField>>(name: string, fields: F): Layout<Value<F>> => {
  const entries: Array<PlacedField & AnyField> = []
  let size = 0
  for (const [fieldName, field] of Object.entries(fields)) {
    entries.push({ name: fieldName, offset: size, size: field.size, kind: field.kind, get: field.get, set: field.set })
    size += field.size
  }

  const decodePrefix = (bytes: Uint8Array): Result.Result<Value<F>, LayoutError> => {
    if (bytes.length < size) {
      const field = entries.find((entry) => entry.offset + entry.size > bytes.length)
      return Result.fail(
        new LayoutError({
          layout: name,
          ...(field === undefined ? {} : { field: field.name }),
          wanted: size,
          found: bytes.length
        })
      )
    }
    const view = viewOf(bytes)
    const value: Record<string, unknown> = {}
    for (const entry of entries) value[entry.name] = entry.get(view, entry.offset)
    return Result.succeed(value as Value<F>)
  }

  return {
    name,
    size,
    fields: entries,
    encode: (value) => {
      const out = new Uint8Array(size)
      const view = viewOf(out)
      for (const entry of entries) entry.set(view, entry.offset, value[entry.name] as never)
      return out
    },
    decode: (bytes) =>
      bytes.length > size
        ? Result.fail(new LayoutError({ layout: name, wanted: size, found: bytes.length }))
        : decodePrefix(bytes),
    decodePrefix
  }
}
