import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { ascii, bytes, layout, u16, u16be, u32, u32be, u8 } from "../../src/protocol/layout.ts"
import { Byte, Bytes, hex, U16, U32 } from "./bytes.ts"

const Sample = layout("Sample", {
  code: u8,
  small: u16,
  big: u32,
  smallBe: u16be,
  bigBe: u32be,
  name: ascii(4),
  id: bytes(2)
})
const literal = hex("01 03 02 07 06 05 04 02 03 04 05 06 07 41 42 00 00 fe ff")
const value = {
  code: 1,
  small: 0x0203,
  big: 0x04050607,
  smallBe: 0x0203,
  bigBe: 0x04050607,
  name: "AB",
  id: Uint8Array.of(0xfe, 0xff)
}

describe("layout", () => {
  it("puts fields one behind the other in their byte order", () => {
    assert.deepStrictEqual(Sample.encode(value), literal)
    assert.deepStrictEqual(Sample.decode(literal), Result.succeed(value))
  })

  it("knows the place of each field", () => {
    assert.strictEqual(Sample.size, 19)
    assert.deepStrictEqual(
      Sample.fields.map(({ name, offset, size }) => [name, offset, size]),
      [
        ["code", 0, 1],
        ["small", 1, 2],
        ["big", 3, 4],
        ["smallBe", 7, 2],
        ["bigBe", 9, 4],
        ["name", 13, 4],
        ["id", 17, 2]
      ]
    )
  })

  it("reads from a view into a larger buffer", () => {
    const around = Uint8Array.of(9, 9, 9, ...literal, 9)
    assert.deepStrictEqual(Sample.decode(around.subarray(3, 22)), Result.succeed(value))
  })

  it("names layout, field and sizes when bytes are missing", () => {
    const failure = Result.getFailure(Sample.decode(literal.subarray(0, 5)))
    assert(failure._tag === "Some")
    assert.deepInclude(failure.value, { layout: "Sample", field: "big", wanted: 19, found: 5 })
    assert.include(failure.value.message, "big")
  })

  it("refuses surplus bytes unless the record is only the beginning", () => {
    const long = Uint8Array.of(...literal, 0)
    const failure = Result.getFailure(Sample.decode(long))
    assert(failure._tag === "Some")
    assert.deepInclude(failure.value, { layout: "Sample", wanted: 19, found: 20 })
    assert.strictEqual(failure.value.field, undefined)
    assert.deepStrictEqual(Sample.decodePrefix(long), Result.succeed(value))
  })

  it("does not write a value that its field cannot hold", () => {
    assert.throws(() => Sample.encode({ ...value, code: 256 }), RangeError)
    assert.throws(() => Sample.encode({ ...value, small: -1 }), RangeError)
    assert.throws(() => Sample.encode({ ...value, big: 2 ** 32 }), RangeError)
    assert.throws(() => Sample.encode({ ...value, bigBe: 0.5 }), RangeError)
    assert.throws(() => Sample.encode({ ...value, name: "ABCDE" }), RangeError)
    assert.throws(() => Sample.encode({ ...value, name: "€" }), RangeError)
    assert.throws(() => Sample.encode({ ...value, id: Uint8Array.of(1) }), RangeError)
  })

  it("copies bytes, so that a reused buffer does not change a value", () => {
    const buffer = literal.slice()
    const decoded = Result.getOrThrow(Sample.decode(buffer))
    buffer.fill(0)
    assert.deepStrictEqual(decoded.id, Uint8Array.of(0xfe, 0xff))
  })

  it.prop("records survive a round trip", { code: Byte, small: U16, big: U32, smallBe: U16, bigBe: U32 }, (numbers) => {
    const record = { ...value, ...numbers }
    assert.deepStrictEqual(Sample.decode(Sample.encode(record)), Result.succeed(record))
  })

  it.prop("never throws on arbitrary bytes, and accepts only the right length", [Bytes], ([input]) => {
    assert.strictEqual(Result.isSuccess(Sample.decode(Uint8Array.from(input))), input.length === Sample.size)
  })
})
