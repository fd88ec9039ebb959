import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { decodeFrame, QmuxReader, type QmuxFrame } from "../../../src/protocol/qmi/Qmux.ts"
import type { QmiCodecError } from "../../../src/protocol/qmi/QmiCodecError.ts"
import { Byte, Bytes, concat, Cuts, hex, split } from "../bytes.ts"
import { dumps } from "./dumps.ts"

type Item = Result.Result<QmuxFrame, QmiCodecError>

const all = concat(...dumps.map(({ bytes }) => bytes))
const wanted: ReadonlyArray<Item> = dumps.map(({ bytes }) => decodeFrame(bytes))

const reasons = (items: ReadonlyArray<Item>): ReadonlyArray<unknown> =>
  items.map((item) => (Result.isSuccess(item) ? item.success.message : item.failure.reason))

const sync = hex("01 12 00 80 00 00 01 01 27 00 07 00 02 04 00 00 00 00 00")
const allocate = hex("01 17 00 80 00 00 01 02 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05")

describe("QmuxReader", () => {
  it("reads merged frames out of one chunk", () => {
    assert.deepStrictEqual(new QmuxReader().push(all), wanted)
  })

  it("reads frames that come byte by byte, each as soon as it is complete", () => {
    const reader = new QmuxReader()
    const items = [...sync].map((byte) => reader.push(Uint8Array.of(byte)))
    assert.deepStrictEqual(items.slice(0, -1).flat(), [])
    assert.deepStrictEqual(items.at(-1), [decodeFrame(sync)])
    assert.strictEqual(reader.pending, 0)
  })

  for (const onGarbage of ["fail", "resync"] as const) {
    it.prop(`does not care where the stream is cut (${onGarbage})`, [Cuts], ([cuts]) => {
      const reader = new QmuxReader({ onGarbage })
      assert.deepStrictEqual(
        split(all, cuts).flatMap((piece) => reader.push(piece)),
        wanted
      )
      assert.strictEqual(reader.pending, 0)
    })

    it.prop(`never throws on arbitrary bytes, however cut (${onGarbage})`, [Bytes, Cuts], ([bytes, cuts]) => {
      const reader = new QmuxReader({ onGarbage })
      for (const piece of split(concat(Uint8Array.from(bytes), all, Uint8Array.from(bytes)), cuts)) {
        for (const item of reader.push(piece)) assert(Result.isResult(item))
      }
      assert.isAtMost(reader.pending, 0x10000)
    })

    it(`goes on behind a message with a wrong inside (${onGarbage})`, () => {
      const wrongInside = hex("01 0f 00 00 00 00 00 02 22 00 04 00 01 02 00 02")
      assert.deepStrictEqual(reasons(new QmuxReader({ onGarbage }).push(concat(sync, wrongInside, allocate))), [
        0x27,
        { _tag: "LengthMismatch", field: "TLV 0x01", says: 2, found: 1 },
        0x22
      ])
    })
  }

  it("drops by its length a message whose header is wrong", () => {
    const flags = hex("01 0b 00 00 00 00 07 01 27 00 00 00")
    const short = hex("01 05 00 00 00 00")
    assert.deepStrictEqual(reasons(new QmuxReader().push(concat(flags, short, sync))), [
      { _tag: "UnknownFlags", flags: 7 },
      { _tag: "Truncated", wanted: 12, found: 6 },
      0x27
    ])
  })

  it("loses the framing for good when a frame does not begin with the marker", () => {
    const reader = new QmuxReader()
    const lost = { _tag: "FramingLost", found: 0x7e, skipped: 0 }
    assert.deepStrictEqual(reasons(reader.push(concat(sync, hex("7e"), sync))), [0x27, lost])
    assert.deepStrictEqual(reasons(reader.push(sync)), [lost])
    assert.deepStrictEqual(reasons(reader.push(hex(""))), [lost])
    reader.reset()
    assert.deepStrictEqual(reasons(reader.push(sync)), [0x27])
  })

  it("loses the framing at a length that does not count itself", () => {
    assert.deepStrictEqual(reasons(new QmuxReader().push(hex("01 01 00 00"))), [
      { _tag: "FramingLost", found: 1, skipped: 0 }
    ])
  })

  it("with resync skips stale bytes, says how many, and reads on", () => {
    const reader = new QmuxReader({ onGarbage: "resync" })
    // The end of an older frame, an AT answer, and a marker that begins nothing.
    const stale = concat(hex("00 02 05 0d 0a 4f 4b 0d 0a 01 01 01 02"))
    assert.deepStrictEqual(reasons(reader.push(concat(stale, sync, hex("7e"), allocate))), [
      { _tag: "FramingLost", found: 0, skipped: 13 },
      0x27,
      { _tag: "FramingLost", found: 0x7e, skipped: 1 },
      0x22
    ])
  })

  it.prop("with resync finds the frames behind any stale bytes without a marker", [Bytes, Cuts], ([bytes, cuts]) => {
    const stale = Uint8Array.from(bytes.filter((byte) => byte !== 1))
    const reader = new QmuxReader({ onGarbage: "resync" })
    const items = split(concat(stale, all), cuts).flatMap((piece) => reader.push(piece))
    const skipped = items.filter(Result.isFailure)
    assert.deepStrictEqual(items.filter(Result.isSuccess), wanted.filter(Result.isSuccess))
    assert.deepStrictEqual(
      reasons(skipped),
      stale.length === 0 ? [] : [{ _tag: "FramingLost", found: stale[0], skipped: stale.length }]
    )
  })

  it("gives frames that later reads do not change", () => {
    const reader = new QmuxReader()
    const chunk = Uint8Array.from(allocate)
    const [first] = reader.push(chunk)
    chunk.fill(0xff)
    reader.push(sync)
    assert.deepStrictEqual(first, decodeFrame(allocate))
  })

  it("reads frames of the largest size, merged and cut, in bounded memory and linear time", () => {
    const large = new Uint8Array(0x10000)
    large.set(hex("01 ff ff 80 02 05 04 01 00 01 00 f3 ff 01 f0 ff"))
    const expected = decodeFrame(large)
    assert(Result.isSuccess(expected))
    const reader = new QmuxReader()
    const stream = concat(large, sync, large)
    let items: ReadonlyArray<Item> = []
    for (let at = 0; at < stream.length; at += 7) {
      items = [...items, ...reader.push(stream.subarray(at, at + 7))]
      assert.isBelow(reader.pending, 0x10000)
    }
    assert.deepStrictEqual(reasons(items), [1, 0x27, 1])
    assert.deepStrictEqual(reasons(new QmuxReader().push(stream)), [1, 0x27, 1])
  })

  it.prop("with resync skips any garbage without stopping at a half marker", [Byte], ([value]) => {
    // A header that is consistent in itself but for one wrong byte is no frame.
    const almost = Uint8Array.from(sync)
    almost[10] = value === 7 ? 8 : value
    const items = new QmuxReader({ onGarbage: "resync" }).push(concat(almost, sync))
    assert.deepStrictEqual(reasons(items).at(-1), 0x27)
    assert.strictEqual(items.length, 2)
  })
})
