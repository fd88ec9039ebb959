/** Helpers of the protocol tests: bytes from the documents, arbitrary bytes, arbitrary splits. */
import * as Schema from "effect/Schema"

/** Bytes as the documents print them: `7E 70 00`. */
export const hex = (text: string): Uint8Array =>
  Uint8Array.from(
    text
      .trim()
      .split(/\s+/)
      .filter((token) => token !== ""),
    (token) => {
      if (!/^[0-9a-f]{2}$/i.test(token)) throw new Error(`not a byte: ${token}`)
      return Number.parseInt(token, 16)
    }
  )

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)

export const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => Uint8Array.from(parts.flatMap((p) => [...p]))

export const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xff }))
export const U16 = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff }))
export const U32 = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff_ffff }))
export const Bytes = Schema.Array(Byte)
/** Lengths of pieces, repeated until the bytes are used up. */
export const Cuts = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })))

export const split = (bytes: Uint8Array, cuts: ReadonlyArray<number>): Array<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const size = cuts.length === 0 ? bytes.length : (cuts[i % cuts.length] ?? 1)
    pieces.push(bytes.subarray(from, from + size))
    from += size
  }
  return pieces
}
