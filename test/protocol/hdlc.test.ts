import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Deframer, encodeFrame, type HdlcError } from "../../src/protocol/hdlc.ts"
import { Byte, Bytes, concat, Cuts, hex, split } from "./bytes.ts"

const reasons = (frames: ReadonlyArray<Result.Result<Uint8Array, HdlcError>>) =>
  frames.map((frame) => (Result.isSuccess(frame) ? frame.success : frame.failure.reason))

/** Payload and framed form, from qdl.md §3. */
const dumps: ReadonlyArray<readonly [name: string, payload: string, framed: string]> = [
  ["DLOAD switch", "70 00 00", "7E 70 00 00 14 46 7E"],
  ["DLOAD ack", "02", "7E 02 6A D3 7E"],
  ["error 0x16", "0D 16 00 00 00 00", "7E 0D 16 00 00 00 00 88 4D 7E"],
  ["error 0x05", "0D 05 00 00 00 00", "7E 0D 05 00 00 00 00 04 E4 7E"],
  ["Open response", "26 00 00 01 00 00 10 00", "7E 26 00 00 01 00 00 10 00 E7 B6 7E"],
  ["Write response 0", "28 00 00 00 00 00 00 00 00", "7E 28 00 00 00 00 00 00 00 00 14 39 7E"],
  ["Write response 0x7D", "28 7D 00 00 00 00 00 00 00", "7E 28 7D 5D 00 00 00 00 00 00 00 B0 0B 7E"],
  ["Close request", "29", "7E 29 BB 4C 7E"],
  ["Close response", "2A 00 00 80 00", "7E 2A 00 00 80 00 82 6F 7E"],
  ["Reset request", "2D", "7E 2D 9F 0A 7E"],
  ["DIAG bad command", "13 70 00 00", "13 70 00 00 6a 9a 7e"]
]

describe("encodeFrame", () => {
  for (const [name, payload, framed] of dumps.slice(0, -1)) {
    it(`frames ${name} as in qdl.md`, () => {
      assert.deepStrictEqual(encodeFrame(hex(payload)), hex(framed))
    })
  }

  it("escapes checksum bytes too", () => {
    // Every seventh two-byte payload: among them are checksums with 7D and 7E in either byte.
    let escapedCrc = 0
    for (let value = 0; value < 0x10000; value += 7) {
      const payload = Uint8Array.of(value & 0xff, value >> 8)
      const frame = encodeFrame(payload)
      assert.strictEqual(frame.indexOf(0x7e, 1), frame.length - 1)
      if (!payload.some((byte) => byte === 0x7d || byte === 0x7e) && frame.length > 6) escapedCrc++
      assert.deepStrictEqual(reasons(new Deframer().push(frame)), [payload])
    }
    assert.isAbove(escapedCrc, 50)
  })
})

describe("Deframer", () => {
  for (const [name, payload, framed] of dumps) {
    it(`reads ${name}`, () => {
      assert.deepStrictEqual(reasons(new Deframer().push(hex(framed))), [hex(payload)])
    })
  }

  it("takes two answers in one read, with separate, shared and repeated flags", () => {
    const both = [hex("02"), hex("0D 16 00 00 00 00")]
    for (const stream of [
      "7E 02 6A D3 7E 7E 0D 16 00 00 00 00 88 4D 7E",
      "7E 02 6A D3 7E 0D 16 00 00 00 00 88 4D 7E",
      "7E 7E 7E 02 6A D3 7E 7E 7E 0D 16 00 00 00 00 88 4D 7E 7E"
    ]) {
      assert.deepStrictEqual(reasons(new Deframer().push(hex(stream))), both)
    }
  })

  it("keeps the remainder until its closing flag comes", () => {
    const deframer = new Deframer()
    assert.deepStrictEqual(reasons(deframer.push(hex("7E 02 6A D3 7E 7E 0D 16 00"))), [hex("02")])
    assert.strictEqual(deframer.pending, 3)
    assert.deepStrictEqual(reasons(deframer.push(hex("00 00 00 88 4D"))), [])
    assert.deepStrictEqual(reasons(deframer.push(hex("7E"))), [hex("0D 16 00 00 00 00")])
    assert.strictEqual(deframer.pending, 0)
  })

  it("survives stale bytes in front", () => {
    const frames = reasons(new Deframer().push(concat(hex("04 00 00 00 AA 55"), hex("7E 02 6A D3 7E"))))
    assert.strictEqual(frames.length, 2)
    assert.deepInclude(frames[0], { _tag: "CrcMismatch" })
    assert.deepStrictEqual(frames[1], hex("02"))
  })

  it("reports a wrong checksum with both values and continues", () => {
    assert.deepStrictEqual(reasons(new Deframer().push(hex("7E 02 6A D4 7E 29 BB 4C 7E"))), [
      { _tag: "CrcMismatch", wanted: 0xd36a, found: 0xd46a },
      hex("29")
    ])
  })

  it("reports a frame without payload and an escape without its byte", () => {
    assert.deepStrictEqual(reasons(new Deframer().push(hex("7E 55 7E"))), [{ _tag: "FrameTooShort", length: 1 }])
    assert.deepStrictEqual(reasons(new Deframer().push(hex("7E 00 00 7E 29 BB 7D 7E 29 BB 4C 7E"))), [
      { _tag: "FrameTooShort", length: 2 },
      { _tag: "BadEscape", offset: 2 },
      hex("29")
    ])
  })

  it("reports a frame beyond the limit once, drops it to its end and continues", () => {
    const deframer = new Deframer(16)
    const noise = new Uint8Array(17).fill(0x55)
    assert.deepStrictEqual(reasons(deframer.push(noise)), [{ _tag: "FrameTooLong", limit: 16 }])
    for (let i = 0; i < 100; i++) assert.deepStrictEqual(reasons(deframer.push(noise)), [])
    assert.isTrue(deframer.skipping)
    assert.deepStrictEqual(reasons(deframer.push(hex("7E 29 BB 4C 7E"))), [hex("29")])
  })

  it("takes a frame of exactly the limit", () => {
    assert.deepStrictEqual(reasons(new Deframer(3).push(hex("7E 29 BB 4C 7E"))), [hex("29")])
    assert.deepStrictEqual(reasons(new Deframer(2).push(hex("7E 29 BB 4C 7E"))), [{ _tag: "FrameTooLong", limit: 2 }])
  })

  it("forgets an unfinished frame on reset", () => {
    const deframer = new Deframer()
    deframer.push(hex("7E 13 70 00"))
    deframer.reset()
    assert.deepStrictEqual(reasons(deframer.push(hex("02 6A D3 7E"))), [hex("02")])
  })

  it("hands out payloads that a later frame does not overwrite", () => {
    const deframer = new Deframer()
    const [first] = reasons(deframer.push(hex("7E 29 BB 4C 7E")))
    deframer.push(hex("7E 2D 9F 0A 7E"))
    assert.deepStrictEqual(first, hex("29"))
  })

  it.prop(
    "gives back what encodeFrame was given",
    [Schema.Array(Schema.NonEmptyArray(Byte)), Cuts],
    ([payloads, cuts]) => {
      const wanted = payloads.map((payload) => Uint8Array.from(payload))
      const deframer = new Deframer()
      const found = split(concat(...wanted.map(encodeFrame)), cuts).flatMap((piece) => reasons(deframer.push(piece)))
      assert.deepStrictEqual(found, wanted)
    }
  )

  it.prop("never throws, and finds the same under any split", [Bytes, Cuts], ([input, cuts]) => {
    // Every third byte is made a flag or an escape: arbitrary bytes alone hardly ever hold a frame.
    const stream = Uint8Array.from(input, (byte, i) => (i % 3 === 0 ? 0x7d + (byte & 1) : byte))
    const whole = reasons(new Deframer(8).push(stream))
    const deframer = new Deframer(8)
    assert.deepStrictEqual(
      split(stream, cuts).flatMap((piece) => reasons(deframer.push(piece))),
      whole
    )
  })
})
