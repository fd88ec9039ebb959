import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Tlv from "../../../src/protocol/qmi/tlv.ts"
import { Byte, Bytes, hex, text, U16, U32 } from "../bytes.ts"

const encode = <A>(codec: Tlv.Codec<A>, value: A): Uint8Array => {
  const out: Array<number> = []
  codec.write(out, value)
  return Uint8Array.from(out)
}

const decode = <A>(codec: Tlv.Codec<A>, bytes: Uint8Array): Result.Result<A, string> => codec.read({ bytes, offset: 0 })

const succeeds = <A>(codec: Tlv.Codec<A>, bytes: string, value: A): void =>
  assert.deepStrictEqual(decode(codec, hex(bytes)), Result.succeed(value))

const fails = <A>(codec: Tlv.Codec<A>, bytes: string, detail: string): void =>
  assert.deepStrictEqual(decode(codec, hex(bytes)), Result.fail(detail))

describe("numbers", () => {
  it("are little endian and unsigned", () => {
    assert.deepStrictEqual(encode(Tlv.u8, 0xfe), hex("fe"))
    assert.deepStrictEqual(encode(Tlv.u16, 0x0102), hex("02 01"))
    assert.deepStrictEqual(encode(Tlv.u32, 0xf1020304), hex("04 03 02 f1"))
    succeeds(Tlv.u32, "04 03 02 f1", 0xf1020304)
  })

  it("refuse what does not fit, in both directions", () => {
    for (const value of [-1, 256, 0.5, Number.NaN]) assert.throws(() => encode(Tlv.u8, value), RangeError)
    assert.throws(() => encode(Tlv.u16, 0x10000), RangeError)
    assert.throws(() => encode(Tlv.u32, 2 ** 32), RangeError)
    fails(Tlv.u32, "04 03 02", "wanted 4 bytes at offset 0, found 3")
  })

  it.prop("survive a round trip", [Byte, U16, U32], ([a, b, c]) => {
    assert.deepStrictEqual(decode(Tlv.u8, encode(Tlv.u8, a)), Result.succeed(a))
    assert.deepStrictEqual(decode(Tlv.u16, encode(Tlv.u16, b)), Result.succeed(b))
    assert.deepStrictEqual(decode(Tlv.u32, encode(Tlv.u32, c)), Result.succeed(c))
  })

  it("are true for anything but 0", () => {
    succeeds(Tlv.bool, "00", false)
    succeeds(Tlv.bool, "01", true)
    succeeds(Tlv.bool, "02", true)
    assert.deepStrictEqual(encode(Tlv.bool, true), hex("01"))
  })

  it("have names, and stay numbers where they have none", () => {
    const mode = Tlv.choice(Tlv.u8, { online: 0, offline: 3 })
    succeeds(mode, "03", "offline")
    succeeds(mode, "07", 7)
    assert.deepStrictEqual(encode(mode, "online"), hex("00"))
    assert.deepStrictEqual(encode(mode, 3), hex("03"))
    assert.throws(() => encode(mode, 256), RangeError)
  })

  it("are sets of bits, from the lowest up, with the unnamed bits kept", () => {
    const bits = Tlv.flags(Tlv.u16, { low: 1, high: 0x8000 })
    succeeds(bits, "00 00", [])
    succeeds(bits, "05 80", ["low", 4, "high"])
    assert.deepStrictEqual(encode(bits, ["high", "low", "low", 4]), hex("05 80"))
    assert.throws(() => encode(bits, [0x10000]), RangeError)
  })

  it("are absent where one value says so", () => {
    const running = Tlv.orNone(Tlv.u8, 0xff)
    succeeds(running, "ff", undefined)
    succeeds(running, "00", 0)
    assert.deepStrictEqual(encode(running, undefined), hex("ff"))
  })
})

describe("strings", () => {
  it("take the whole TLV without prefix or terminator", () => {
    assert.deepStrictEqual(encode(Tlv.string, "MC7354"), text("MC7354"))
    succeeds(Tlv.string, "4d 43 37 33 35 34", "MC7354")
    succeeds(Tlv.string, "", "")
  })

  it("have a length byte inside arrays and sequences", () => {
    assert.deepStrictEqual(encode(Tlv.shortString, "ab"), hex("02 61 62"))
    succeeds(Tlv.shortString, "02 61 62", "ab")
    fails(Tlv.shortString, "03 61 62", "wanted 3 bytes at offset 1, found 2")
    fails(Tlv.shortString, "", "wanted 1 bytes at offset 0, found 0")
    assert.strictEqual(encode(Tlv.shortString, "x".repeat(255)).length, 256)
    assert.throws(() => encode(Tlv.shortString, "x".repeat(256)), RangeError)
    assert.throws(() => encode(Tlv.shortString, "é".repeat(128)), RangeError)
  })

  it("have an exact size, or are padded with NULs", () => {
    assert.deepStrictEqual(encode(Tlv.fixedString(3), "abc"), text("abc"))
    assert.throws(() => encode(Tlv.fixedString(3), "ab"), RangeError)
    assert.throws(() => encode(Tlv.fixedString(3), "abcd"), RangeError)
    assert.deepStrictEqual(encode(Tlv.paddedString(4), "ab"), hex("61 62 00 00"))
    assert.throws(() => encode(Tlv.paddedString(1), "ab"), RangeError)
    succeeds(Tlv.paddedString(4), "61 62 00 00", "ab")
    fails(Tlv.fixedString(3), "61 62", "wanted 3 bytes at offset 0, found 2")
  })

  it("are printable UTF-8 first", () => {
    succeeds(Tlv.string, "63 61 66 c3 a9", "café")
    // An underscore and a line break stay what they are: GSM-7 would make § of 0x5F.
    succeeds(Tlv.string, "61 5f 62 0d 0a", "a_b\r\n")
  })

  it("are GSM-7 where UTF-8 is not printable", () => {
    succeeds(Tlv.string, "05 74 06", "étù")
    // As UCS-2LE this would be text as well.
    succeeds(Tlv.string, "05 41", "éA")
    succeeds(Tlv.string, "01 1b 65", "£€")
    succeeds(Tlv.string, "1b 3c 41 1b 3e", "[A]")
  })

  it("are UCS-2LE where they are neither", () => {
    succeeds(Tlv.string, "e9 00 41 04", "\u00e9\u0441")
  })

  it("are an error where they are no text at all", () => {
    fails(Tlv.string, "ff", "neither UTF-8 nor GSM-7 nor UCS-2 text")
    // A lone surrogate, behind it nothing.
    fails(Tlv.string, "80 d8", "neither UTF-8 nor GSM-7 nor UCS-2 text")
  })

  it("lose NULs at the end, which are a terminator or padding and not GSM-7's @", () => {
    succeeds(Tlv.string, "45 4d 00", "EM")
    succeeds(Tlv.string, "00 00", "")
  })

  it.prop(
    "of printable ASCII survive a round trip",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0x20, maximum: 0x7e })))],
    ([codes]) => {
      const value = String.fromCharCode(...codes)
      assert.deepStrictEqual(decode(Tlv.string, encode(Tlv.string, value)), Result.succeed(value))
    }
  )

  it.prop("never throw on arbitrary bytes", [Bytes], ([bytes]) => {
    const input = Uint8Array.from(bytes)
    for (const codec of [Tlv.string, Tlv.shortString, Tlv.fixedString(5), Tlv.paddedString(5)]) {
      assert(Result.isResult(decode(codec, input)))
    }
  })
})

describe("arrays and sequences", () => {
  const pair = Tlv.struct({ left: Tlv.u8, right: Tlv.shortString })

  it("have a count of one byte, or of two", () => {
    assert.deepStrictEqual(encode(Tlv.array(Tlv.u16), [1, 2]), hex("02 01 00 02 00"))
    assert.deepStrictEqual(encode(Tlv.array(Tlv.u8, Tlv.u16), [7]), hex("01 00 07"))
    succeeds(Tlv.array(pair), "02 01 01 61 02 00", [
      { left: 1, right: "a" },
      { left: 2, right: "" }
    ])
    assert.throws(
      () =>
        encode(
          Tlv.array(Tlv.u8),
          Array.from({ length: 256 }, () => 0)
        ),
      RangeError
    )
  })

  it("say where they end too early", () => {
    fails(Tlv.array(pair), "02 01 01 61 02", "element 1 of 2: right: wanted 1 bytes at offset 5, found 0")
    fails(Tlv.array(Tlv.u8, Tlv.u16), "ff ff 01", "element 1 of 65535: wanted 1 bytes at offset 3, found 0")
  })

  it("keep opaque bytes as a copy of their own", () => {
    const bytes = hex("02 61 62 63")
    const counted = Result.getOrThrow(decode(Tlv.countedBytes(Tlv.u8), bytes))
    const fixed = Result.getOrThrow(decode(Tlv.fixedBytes(2), bytes))
    bytes.fill(0)
    assert.deepStrictEqual(counted, hex("61 62"))
    assert.deepStrictEqual(fixed, hex("02 61"))
    fails(Tlv.countedBytes(Tlv.u16), "03 00 61", "wanted 3 bytes at offset 2, found 1")
    assert.throws(() => encode(Tlv.fixedBytes(2), hex("01")), RangeError)
  })
})
