import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { encodeFrame } from "../../../src/protocol/hdlc.ts"
import { DeviceReceiver, type DeviceInput } from "../../../src/protocol/qdl/DeviceReceiver.ts"
import { encodeRequest, hello, writeHeader } from "../../../src/protocol/qdl/request.ts"
import { Byte, Bytes, concat, Cuts, hex, split, text } from "../bytes.ts"

/** Inputs with the data pieces of each write joined, as splits must not matter. */
const joined = (inputs: ReadonlyArray<DeviceInput>): ReadonlyArray<unknown> => {
  const out: Array<unknown> = []
  let data: Array<number> = []
  for (const input of inputs) {
    if (input._tag === "WriteData") {
      data.push(...input.bytes)
      continue
    }
    if (data.length > 0) out.push(Uint8Array.from(data))
    data = []
    out.push(input._tag === "BrokenFrame" ? { ...input.error.reason } : input)
  }
  if (data.length > 0) out.push(Uint8Array.from(data))
  return out
}

const header = (sequence: number, length: number) => ({ _tag: "WriteUnframed", sequence, address: 0, length }) as const
/** Data that looks like flags, frames and write headers. */
const nasty = concat(hex("7E 29 BB 4C 7E 27 7D 7E"), writeHeader(9, 3), hex("7E 27"))

describe("DeviceReceiver", () => {
  it("hears a whole session: frames, raw writes with flags in their data, frames", () => {
    const stream = concat(
      hex("7E 70 00 00 14 46 7E"),
      encodeFrame(encodeRequest(hello(6))),
      writeHeader(0, nasty.length),
      nasty,
      writeHeader(1, 2),
      hex("27 7E"),
      hex("7E 29 BB 4C 7E 7E 2D 9F 0A 7E")
    )
    const wanted = [
      { _tag: "Frame", payload: hex("70 00 00") },
      { _tag: "Frame", payload: encodeRequest(hello(6)) },
      { _tag: "WriteHeader", header: header(0, nasty.length), crcOk: true, lengthOk: true },
      nasty,
      { _tag: "WriteEnd" },
      { _tag: "WriteHeader", header: header(1, 2), crcOk: true, lengthOk: true },
      hex("27 7E"),
      { _tag: "WriteEnd" },
      { _tag: "Frame", payload: hex("29") },
      { _tag: "Frame", payload: hex("2D") }
    ]
    assert.deepStrictEqual(joined(new DeviceReceiver().push(stream)), wanted)
    const bytewise = new DeviceReceiver()
    assert.deepStrictEqual(joined([...stream].flatMap((byte) => bytewise.push(Uint8Array.of(byte)))), wanted)
  })

  it("says that the checksum of a header is wrong, and still takes its data as data", () => {
    const bad = writeHeader(0, 4)
    bad[11] = (bad[11] ?? 0) ^ 1
    assert.deepStrictEqual(joined(new DeviceReceiver().push(concat(bad, text("data"), hex("7E 29 BB 4C 7E")))), [
      { _tag: "WriteHeader", header: header(0, 4), crcOk: false, lengthOk: true },
      text("data"),
      { _tag: "WriteEnd" },
      { _tag: "Frame", payload: hex("29") }
    ])
  })

  it("does not wait for more data than a chunk may have", () => {
    const receiver = new DeviceReceiver()
    const inputs = receiver.push(concat(writeHeader(0, 1_048_577), hex("7E 29 BB 4C 7E")))
    assert.deepStrictEqual(joined(inputs), [
      { _tag: "WriteHeader", header: header(0, 1_048_577), crcOk: true, lengthOk: false },
      { _tag: "Frame", payload: hex("29") }
    ])
    assert.strictEqual(receiver.missing, 0)
  })

  it("hands data on piece by piece without keeping it, and counts what is missing", () => {
    const receiver = new DeviceReceiver()
    receiver.push(writeHeader(0, 1_048_576))
    const piece = new Uint8Array(1000)
    const [input] = receiver.push(piece)
    assert(input?._tag === "WriteData")
    assert.strictEqual(input.bytes.buffer, piece.buffer)
    assert.strictEqual(receiver.missing, 1_047_576)
  })

  it("ends a write without data at once", () => {
    assert.deepStrictEqual(joined(new DeviceReceiver().push(writeHeader(3, 0))), [
      { _tag: "WriteHeader", header: header(3, 0), crcOk: true, lengthOk: true },
      { _tag: "WriteEnd" }
    ])
  })

  it("takes 0x27 behind an opening flag as a framed message, not as a raw write", () => {
    const payload = writeHeader(0, 8)
    assert.deepStrictEqual(joined(new DeviceReceiver().push(encodeFrame(payload))), [{ _tag: "Frame", payload }])
  })

  it("takes frames that share a flag or have no leading one", () => {
    assert.deepStrictEqual(joined(new DeviceReceiver().push(hex("70 00 00 14 46 7E 29 BB 4C 7E"))), [
      { _tag: "Frame", payload: hex("70 00 00") },
      { _tag: "Frame", payload: hex("29") }
    ])
  })

  it("reports a broken frame and hears the next message, framed or raw", () => {
    const inputs = new DeviceReceiver().push(concat(hex("7E 29 BB 4D 7E"), writeHeader(0, 1), hex("00 7E 29 BB 4C 7E")))
    assert.deepStrictEqual(joined(inputs), [
      { _tag: "CrcMismatch", wanted: 0x4cbb, found: 0x4dbb },
      { _tag: "WriteHeader", header: header(0, 1), crcOk: true, lengthOk: true },
      hex("00"),
      { _tag: "WriteEnd" },
      { _tag: "Frame", payload: hex("29") }
    ])
  })

  it("does not keep more than the frame limit of noise", () => {
    const receiver = new DeviceReceiver({ frameLimit: 16 })
    const noise = new Uint8Array(64).fill(0x55)
    assert.deepStrictEqual(joined(receiver.push(noise)), [{ _tag: "FrameTooLong", limit: 16 }])
    assert.deepStrictEqual(receiver.push(noise), [])
    assert.deepStrictEqual(joined(receiver.push(hex("55 7E 29 BB 4C 7E"))), [{ _tag: "Frame", payload: hex("29") }])
    receiver.push(noise)
    assert.deepStrictEqual(joined(receiver.push(concat(hex("7E"), writeHeader(0, 0)))), [
      { _tag: "WriteHeader", header: header(0, 0), crcOk: true, lengthOk: true },
      { _tag: "WriteEnd" }
    ])
  })

  it("forgets an unfinished write on reset", () => {
    const receiver = new DeviceReceiver()
    receiver.push(concat(writeHeader(0, 100), text("half")))
    assert.strictEqual(receiver.missing, 96)
    receiver.reset()
    assert.strictEqual(receiver.missing, 0)
    assert.deepStrictEqual(joined(receiver.push(hex("7E 29 BB 4C 7E"))), [{ _tag: "Frame", payload: hex("29") }])
  })

  const Message = Schema.Struct({ raw: Schema.Boolean, body: Schema.NonEmptyArray(Byte) })

  it.prop(
    "finds every message of a mixed stream under any split",
    [Schema.Array(Message), Cuts],
    ([messages, cuts]) => {
      const stream: Array<Uint8Array> = []
      const wanted: Array<unknown> = []
      messages.forEach(({ raw, body }, sequence) => {
        const bytes = Uint8Array.from(body)
        if (raw) {
          stream.push(writeHeader(sequence, bytes.length), bytes)
          wanted.push({ _tag: "WriteHeader", header: header(sequence, bytes.length), crcOk: true, lengthOk: true })
          wanted.push(bytes, { _tag: "WriteEnd" })
        } else {
          stream.push(encodeFrame(bytes))
          wanted.push({ _tag: "Frame", payload: bytes })
        }
      })
      const receiver = new DeviceReceiver()
      assert.deepStrictEqual(joined(split(concat(...stream), cuts).flatMap((piece) => receiver.push(piece))), wanted)
    }
  )

  it.prop("never throws, and hears the same under any split", [Bytes, Cuts], ([input, cuts]) => {
    const special = [0x7e, 0x27, 0x00]
    const stream = Uint8Array.from(input, (byte, i) => (i % 2 === 0 ? (special[byte % 3] ?? 0) : byte))
    const whole = joined(new DeviceReceiver({ frameLimit: 8 }).push(stream))
    const receiver = new DeviceReceiver({ frameLimit: 8 })
    assert.deepStrictEqual(joined(split(stream, cuts).flatMap((piece) => receiver.push(piece))), whole)
  })
})
