import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { buildPart, seededBytes } from "../../src/image/builder.ts"
import {
  decodeHeader,
  encodeHeader,
  HeaderSize,
  Offset,
  readPsbDescriptor,
  writePsb
} from "../../src/image/CweHeader.ts"

/** The minimal image of images.md §8, typed in byte by byte; the version text is free there. */
const minimal = (() => {
  const bytes = new Uint8Array(404)
  const put = (offset: number, text: string) => {
    bytes.set(
      text.split(" ").map((pair) => Number.parseInt(pair, 16)),
      offset
    )
  }
  put(0x100, "F2 69 7A A7")
  put(0x104, "00 00 00 03")
  put(0x108, "FF FF FF FF")
  put(0x10c, "4E 56 55 50")
  put(0x110, "39 58 33 30")
  put(0x114, "00 00 00 04")
  put(0x118, "83 63 5C A5")
  bytes.set(new TextEncoder().encode("9999999_9904779_SWI9X30C_02.08.02.00_00_SPRINT_000.012_000"), 0x11c)
  put(0x170, "30 31 2F 30 37 2F 31 36")
  put(0x178, "00 00 00 01")
  put(0x18c, "50 61 72 73")
  put(0x190, "DE AD BE EF")
  return bytes
})()

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Word = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff }))
const text = (maximum: number) => Schema.String.check(Schema.isPattern(/^[ -~]*$/), Schema.isMaxLength(maximum))

describe("CweHeader", () => {
  it("reads the minimal image of images.md §8", () => {
    assert.deepStrictEqual(
      decodeHeader(minimal),
      Result.succeed({
        psb: new Uint8Array(256),
        psbCrc: 0xf2697aa7,
        revision: 3,
        crcIndicator: 0xffffffff,
        type: "NVUP",
        product: "9X30",
        imageSize: 4,
        imageCrc: 0x83635ca5,
        version: "9999999_9904779_SWI9X30C_02.08.02.00_00_SPRINT_000.012_000",
        date: "01/07/16",
        compatibility: 1,
        miscOptions: 0,
        reserved: 0,
        storageAddress: 0,
        loadAddress: 0,
        entryPoint: 0,
        signature: 0x50617273
      })
    )
  })

  it("is built byte by byte as images.md §8 says", () => {
    const built = buildPart({
      type: "NVUP",
      product: "9X30",
      version: "9999999_9904779_SWI9X30C_02.08.02.00_00_SPRINT_000.012_000",
      date: "01/07/16",
      compatibility: 1,
      storageAddress: 0,
      loadAddress: 0,
      signature: 0x50617273,
      payload: Uint8Array.of(0xde, 0xad, 0xbe, 0xef)
    })
    assert.deepStrictEqual(built, minimal)
  })

  it("bounds date and version to their fields although nothing ends them (Q3)", () => {
    const full = minimal.slice()
    full.fill(0x41, Offset.version, Offset.version + 84)
    full[Offset.compatibility] = 0x01
    const header = Result.getOrThrow(decodeHeader(full))
    assert.strictEqual(header.version, "A".repeat(84))
    assert.strictEqual(header.date, "01/07/16")
    assert.strictEqual(header.compatibility, 0x01000001)
  })

  it.each([
    ["type", 0x10c, 0x1f],
    ["product", 0x113, 0x7f],
    ["version", 0x11c + 70, 0x41],
    ["date", 0x177, 0xff]
  ] as const)("refuses a %s with a byte that does not belong there", (field, offset, value) => {
    const bad = minimal.slice()
    bad[offset] = value
    assert.deepStrictEqual(decodeHeader(bad), Result.fail({ _tag: "BadText" as const, field, offset, found: value }))
  })

  it("refuses less than 400 bytes", () => {
    const short = decodeHeader(minimal.subarray(0, HeaderSize - 1))
    assert.deepStrictEqual(short, Result.fail({ _tag: "TooShort" as const, found: 399 }))
  })

  it.prop(
    "survives a round trip with any field values",
    {
      seed: Word,
      words: Schema.Array(Word).check(Schema.isMinLength(10), Schema.isMaxLength(10)),
      type: text(4),
      product: text(4),
      version: text(84),
      date: text(8),
      miscOptions: Byte
    },
    ({ date, miscOptions, product, seed, type, version, words }) => {
      const word = (index: number) => words[index] ?? 0
      const header = {
        psb: seededBytes(256, seed),
        psbCrc: word(0),
        revision: word(1),
        crcIndicator: word(2),
        type,
        product,
        imageSize: word(3),
        imageCrc: word(4),
        version,
        date,
        compatibility: word(5),
        miscOptions,
        reserved: word(6) & 0xffffff,
        storageAddress: word(7),
        loadAddress: word(8),
        entryPoint: word(9),
        signature: seed
      }
      assert.deepStrictEqual(decodeHeader(encodeHeader(header)), Result.succeed(header))
    }
  )

  it.prop(
    "reads a header with any bytes in it exactly, or says which text byte is wrong",
    [Schema.Array(Schema.Tuple([Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 399 })), Byte]))],
    ([changes]) => {
      const bytes = minimal.slice(0, HeaderSize)
      for (const [offset, value] of changes) bytes[offset] = value
      const decoded = decodeHeader(bytes)
      if (Result.isSuccess(decoded)) {
        assert.deepStrictEqual(encodeHeader(decoded.success), bytes)
      } else {
        assert(decoded.failure._tag === "BadText")
        assert.strictEqual(bytes[decoded.failure.offset], decoded.failure.found)
      }
    },
    { arbitrary: { runs: 300 } }
  )

  it("reads bytes that begin inside a larger buffer", () => {
    const larger = new Uint8Array(500)
    larger.set(minimal.subarray(0, 400), 37)
    assert.deepStrictEqual(decodeHeader(larger.subarray(37)), decodeHeader(minimal))
  })
})

describe("PSB", () => {
  it("reads and writes the descriptor of a carrier image (images.md §2.2)", () => {
    const descriptor = {
      version: 1,
      componentType: 2,
      componentFlag: 0,
      offset: 0x190,
      size: 0x2b40,
      sourceVersion: "FULL"
    }
    const psb = writePsb(descriptor)
    const hex = "01 02 00 00 00 00 01 90 00 00 2b 40 46 55 4c 4c"
    assert.strictEqual([...psb.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join(" "), hex)
    assert.isTrue(psb.subarray(16).every((byte) => byte === 0))
    assert.deepStrictEqual(readPsbDescriptor(psb), descriptor)
  })

  it("finds no descriptor in an empty one", () => {
    assert.isUndefined(readPsbDescriptor(new Uint8Array(256)))
    assert.isUndefined(readPsbDescriptor(new Uint8Array(3).fill(1)))
  })
})
