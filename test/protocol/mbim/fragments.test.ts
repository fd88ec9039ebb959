import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  clampControlTransfer,
  fragment,
  maxFragments,
  maxMessage,
  Reassembler
} from "../../../src/protocol/mbim/fragments.ts"
import { MbimReader } from "../../../src/protocol/mbim/MbimReader.ts"
import type { MbimMessage } from "../../../src/protocol/mbim/message.ts"
import { encodeMessage } from "../../../src/protocol/mbim/message.ts"
import { Bytes, concat, Cuts, hex, split } from "../bytes.ts"
import { captures, qmi } from "./captures.ts"
import { messages } from "./generators.ts"

const Max = Schema.Int.check(Schema.isBetween({ minimum: 64, maximum: 700 }))

const long: MbimMessage = {
  _tag: "CommandDone",
  transaction: 9,
  service: qmi,
  cid: 1,
  status: 0,
  buffer: Uint8Array.from({ length: 100 }, (_, at) => at)
}
const bytes = encodeMessage(long)
const pieces = fragment(bytes, 64)

const field = (transfer: Uint8Array, offset: number, value: number): Uint8Array => {
  const out = transfer.slice()
  new DataView(out.buffer).setUint32(offset, value, true)
  return out
}

const outcomes = (transfers: ReadonlyArray<Uint8Array>): ReadonlyArray<unknown> => {
  const reader = new MbimReader()
  return transfers.flatMap((transfer) =>
    reader.push(transfer).map((one) => (Result.isSuccess(one) ? one.success : one.failure.reason))
  )
}

describe("MBIM fragments", () => {
  it("have a header each: own length, the same transaction, total and index", () => {
    assert.deepStrictEqual(
      pieces.map((piece) => [...piece.subarray(0, 20)]),
      [
        [...hex("03 00 00 80 40 00 00 00 09 00 00 00 03 00 00 00 00 00 00 00")],
        [...hex("03 00 00 80 40 00 00 00 09 00 00 00 03 00 00 00 01 00 00 00")],
        // 148 bytes less the first header of 20 are 128: 44 + 44 + 40.
        [...hex("03 00 00 80 3c 00 00 00 09 00 00 00 03 00 00 00 02 00 00 00")]
      ]
    )
    assert.deepStrictEqual(concat(...pieces.map((piece) => piece.subarray(20))), bytes.subarray(20))
  })

  it("are not made of what fits, nor of messages without a fragment header", () => {
    assert.deepStrictEqual(fragment(bytes, bytes.length), [bytes])
    assert.strictEqual(fragment(bytes, bytes.length - 1).length, 2)
    const close = captures.find(({ name }) => name === "CLOSE")!.bytes
    assert.deepStrictEqual(fragment(close, 64), [close])
    assert.throws(() => fragment(bytes, 63), RangeError)
  })

  it.prop(
    "come back as the message, whatever fits a transfer and however the reads are cut",
    [messages, Max, Cuts],
    ([message, max, cuts]) => {
      const whole = encodeMessage(message)
      const transfers = fragment(whole, max)
      for (const transfer of transfers) assert.isAtMost(transfer.length, max)
      const reader = new MbimReader()
      const read = split(concat(...transfers), cuts).flatMap((piece) => reader.push(piece))
      assert.deepStrictEqual(read, [Result.succeed(message)])
      assert.strictEqual(reader.pending + reader.pendingFragments, 0)
    }
  )

  it("in another order, of another message or with another total are no message", () => {
    const [first, second, third] = pieces as [Uint8Array, Uint8Array, Uint8Array]
    const wrong = (what: string, wanted: number, found: number) => ({
      _tag: "FragmentOutOfSequence",
      what,
      wanted,
      found
    })
    assert.deepStrictEqual(outcomes([first, third]), [wrong("index", 1, 2)])
    assert.deepStrictEqual(outcomes([second]), [wrong("index", 0, 1)])
    assert.deepStrictEqual(outcomes([first, second, second]), [wrong("index", 2, 1)])
    assert.deepStrictEqual(outcomes([first, field(second, 8, 10)]), [wrong("transaction", 9, 10)])
    assert.deepStrictEqual(outcomes([first, field(second, 12, 4)]), [wrong("total", 3, 4)])
    assert.deepStrictEqual(outcomes([first, field(second, 0, 3)]), [wrong("type", 0x8000_0003, 3)])
    assert.deepStrictEqual(outcomes([field(first, 12, 0)]), [wrong("total", 1, 0)])
    assert.deepStrictEqual(outcomes([field(third, 12, 2)]), [wrong("total", 3, 2)])
  })

  it("of an unfinished message make room for the next one", () => {
    const other = encodeMessage({ ...long, transaction: 10 })
    assert.deepStrictEqual(outcomes([pieces[0]!, ...fragment(other, 64)]), [
      { _tag: "FragmentOutOfSequence", what: "transaction", wanted: 9, found: 10 },
      { ...long, transaction: 10 }
    ])
    // The whole message again after a gap.
    assert.deepStrictEqual(outcomes([pieces[0]!, pieces[2]!, ...pieces]).at(-1), long)
  })

  it("say whose message is lost", () => {
    const reader = new MbimReader()
    const [lost] = pieces.slice(1, 2).flatMap((piece) => reader.push(piece))
    assert(lost !== undefined && Result.isFailure(lost))
    assert.strictEqual(lost.failure.transaction, 9)
    assert.strictEqual(lost.failure.code, "MBIM_FRAGMENT_ORDER")
  })

  it("that lie about their number cost nothing", () => {
    assert.deepStrictEqual(outcomes([field(pieces[0]!, 12, 0xffff_ffff)]), [
      { _tag: "TooLong", unit: "fragments", limit: maxFragments }
    ])
    const empty = field(field(pieces[0]!.slice(0, 20), 4, 20), 12, maxFragments)
    const reader = new MbimReader()
    for (let index = 0; index < maxFragments - 1; index++) reader.push(field(empty, 16, index))
    assert.strictEqual(reader.pendingFragments, 20)
  })

  it("are never more together than a message may be", () => {
    const reassembler = new Reassembler()
    const piece = new Uint8Array(4096)
    const results: Array<unknown> = []
    for (let index = 0; index < 60; index++) {
      const transfer = field(field(field(field(piece, 0, 0x8000_0003), 4, 4096), 12, 100), 16, index)
      for (const one of reassembler.push(transfer)) {
        results.push(Result.isFailure(one) ? one.failure.reason._tag : "whole")
      }
      assert.isAtMost(reassembler.pending, maxMessage)
    }
    assert.strictEqual(results[0], "TooLong")
  })

  it("are of the size that the port allows, within the limits", () => {
    assert.deepStrictEqual([undefined, 512, 4096, 65_535, 10].map(clampControlTransfer), [4096, 512, 4096, 4096, 64])
  })
})

describe("MbimReader", () => {
  const all = concat(...captures.map((capture) => capture.bytes))
  const wanted = captures.map(({ message }) => Result.succeed(message))

  it.prop("does not care where the stream is cut", [Cuts], ([cuts]) => {
    const reader = new MbimReader()
    assert.deepStrictEqual(
      split(all, cuts).flatMap((piece) => reader.push(piece)),
      wanted
    )
    assert.strictEqual(reader.pending, 0)
  })

  it.prop("never throws and holds little, on arbitrary bytes", [Bytes, Cuts], ([stray, cuts]) => {
    const reader = new MbimReader()
    const around = Uint8Array.from(stray)
    const hostile = Uint8Array.from([3, 0, 0, 0, 40, 0, 0, 0, ...stray])
    for (const piece of split(concat(around, all, hostile, all), cuts)) {
      for (const one of reader.push(piece)) assert(Result.isResult(one))
    }
    assert.isAtMost(reader.pending, maxMessage)
    assert.isAtMost(reader.pendingFragments, maxMessage)
  })

  it("skips what begins no message, says how much it was, and goes on", () => {
    const reader = new MbimReader()
    const [lost, ...rest] = reader.push(concat(hex("41 54 0d 0a 4f 4b"), all))
    assert(lost !== undefined && Result.isFailure(lost))
    assert.deepStrictEqual(lost.failure.reason, { _tag: "FramingLost", found: 0x41, skipped: 6 })
    assert.deepStrictEqual(rest, wanted)
  })

  it("waits for no message that is longer than any", () => {
    const reader = new MbimReader()
    const giant = hex("03 00 00 80 01 00 02 00 01 00 00 00")
    assert.deepStrictEqual(reader.push(concat(giant, all)).slice(1), wanted)
  })

  it("forgets what was begun when the function is opened again", () => {
    const reader = new MbimReader()
    reader.push(concat(pieces[0]!, hex("03 00 00 80 40 00 00 00 09")))
    assert.isAbove(reader.pending + reader.pendingFragments, 0)
    reader.reset()
    assert.strictEqual(reader.pending + reader.pendingFragments, 0)
    assert.deepStrictEqual(reader.push(all), wanted)
  })

  it("takes time in proportion to the bytes", { timeout: 10_000 }, () => {
    const reader = new MbimReader()
    const megabytes = new Uint8Array(4 * 1024 * 1024).fill(3)
    for (let at = 0; at < megabytes.length; at += 65_536) reader.push(megabytes.subarray(at, at + 65_536))
    assert.isBelow(reader.pending, 8)
  })

  it.prop(
    "is indifferent to samples of its own making",
    [Arbitrary.array(messages, { maxLength: 5 }), Max],
    ([list, max]) => {
      const stream = concat(...list.flatMap((message) => fragment(encodeMessage(message), max)))
      assert.deepStrictEqual(new MbimReader().push(stream), list.map(Result.succeed))
    }
  )
})
