/** The MBIM function on USB: what it tells about itself, its class requests, and messages through endpoint 0. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Status } from "../../../src/protocol/usbip/message.ts"
import { mbimSplitter } from "../../../src/sim/usb/Splitter.ts"
import { captures } from "../../protocol/mbim/captures.ts"
import { Byte, concat, hex, split } from "../../protocol/bytes.ts"
import { attachHost, configured, describeModel } from "./support.ts"

const stall = { status: -32, length: 0, data: undefined }
const ok = { status: 0, length: 0, data: undefined }
const captured = (name: string): Uint8Array => captures.find((one) => one.name === name)!.bytes

const text = (bytes: Uint8Array | undefined): string =>
  Array.from(bytes ?? [], (byte) => byte.toString(16).padStart(2, "0")).join(" ")

const le32 = (value: number): Uint8Array => Uint8Array.of(value, value >> 8, value >> 16, value >> 24)

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Bytes, some of them behind a header that says how long the message is. */
const Piece = Schema.Struct({
  length: Schema.UndefinedOr(between(0, 40)),
  bytes: Schema.Array(Byte)
})

/** Mostly requests that the function knows, with any value and data. */
const Request = Schema.Struct({
  endpoint: Schema.Literals([0, 0, 0, 1, 4, 6, 7]),
  setup: Schema.Tuple([
    Schema.Literals([0x21, 0xa1, 0x01, 0x81, 0x02, 0x00]),
    Schema.Literals([0x00, 0x01, 0x03, 0x05, 0x09, 0x0a, 0x0b, 0x80, 0x85, 0x86]),
    Schema.Literals([0, 1, 2]),
    Schema.Literals([12, 13])
  ]),
  data: Schema.Array(Byte),
  length: between(0, 4096)
})

const mbim = (maxControlMessage?: number) => configured(describeModel("em7455", "application", 8, maxControlMessage))
const notification = hex("a1 01 00 00 0c 00 00 00")

describe("an EM7455 with MBIM", () => {
  it("shows DM, NMEA, AT, and one function of two interfaces, in composition 8", () => {
    const host = attachHost(describeModel("em7455", "application", 8))
    assert.strictEqual(
      text(host.control(0x80, 6, 0x0200, 0, 255)?.data),
      [
        "09 02 d0 00 05 01 00 e0 00",
        "09 04 00 00 02 ff ff ff 00 07 05 81 02 00 02 00 07 05 01 02 00 02 00",
        "09 04 02 00 03 ff 00 00 00 05 24 00 10 01 05 24 01 00 00 04 24 02 02 05 24 06 02 02",
        "07 05 83 03 0a 00 09 07 05 82 02 00 02 00 07 05 02 02 00 02 00",
        "09 04 03 00 03 ff 00 00 00 05 24 00 10 01 05 24 01 00 00 04 24 02 02 05 24 06 03 03",
        "07 05 85 03 0a 00 09 07 05 84 02 00 02 00 07 05 03 02 00 02 00",
        "08 0b 0c 02 02 0e 00 00",
        "09 04 0c 00 01 02 0e 00 00 05 24 00 10 01 05 24 06 0c 0d",
        "0c 24 1b 00 01 00 10 20 80 dc 05 20 07 05 87 03 08 00 09",
        "09 04 0d 00 00 0a 00 02 00",
        "09 04 0d 01 02 0a 00 02 00 07 05 86 02 00 02 00 07 05 04 02 00 02 00"
      ].join(" ")
    )
  })

  it("shows the function alone as interfaces 0 and 1 in composition 9", () => {
    const host = attachHost(describeModel("em7455", "application", 9))
    assert.strictEqual(
      text(host.control(0x80, 6, 0x0200, 0, 255)?.data),
      [
        "09 02 57 00 02 01 00 e0 00",
        "08 0b 00 02 02 0e 00 00",
        "09 04 00 00 01 02 0e 00 00 05 24 00 10 01 05 24 06 00 01",
        "0c 24 1b 00 01 00 10 20 80 dc 05 20 07 05 81 03 08 00 09",
        "09 04 01 00 00 0a 00 02 00",
        "09 04 01 01 02 0a 00 02 00 07 05 82 02 00 02 00 07 05 01 02 00 02 00"
      ].join(" ")
    )
  })

  it("says how much fits one control transfer, and refuses more", () => {
    const host = mbim(64)
    assert.include(text(host.control(0x80, 6, 0x0200, 0, 255)?.data), "0c 24 1b 00 01 40 00 20")
    assert.deepStrictEqual(host.control(0x21, 0x00, 0, 12, new Uint8Array(65)), stall)
    assert.strictEqual(host.control(0x21, 0x00, 0, 12, new Uint8Array(64))?.status, 0)
    assert.deepStrictEqual(host.usb.takeOut(12), new Uint8Array(64))
  })
})

describe("the control interface of MBIM", () => {
  it("gives each command to the modem, and each answer or fragment to one request of the host", () => {
    const host = mbim()
    const open = captured("OPEN")
    assert.deepStrictEqual(host.control(0x21, 0x00, 0, 12, open), { status: 0, length: 16, data: undefined })
    assert.deepStrictEqual(host.ready, [12])
    assert.deepStrictEqual(host.usb.takeOut(12), open)
    const listening = [host.submit(7, "in", 8), host.submit(7, "in", 8), host.submit(7, "in", 8)]
    const [first, second] = [captured("OPEN_DONE"), captured("answer to ALLOC DMS")]
    host.usb.send(12, concat(first, second))
    assert.deepStrictEqual(
      listening.map((id) => host.answers.get(id)?.data),
      [notification, notification, undefined]
    )
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 12, 4096)?.data, first)
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 12, 4096)?.data, second)
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 12, 4096), stall, "there is no third one")
  })

  it("announces an answer only when all of it is there", () => {
    const host = mbim()
    const answer = captured("answer to ALLOC DMS")
    const listening = host.submit(7, "in", 8)
    for (const piece of split(answer.subarray(0, -1), [3, 11, 40])) host.usb.send(12, piece)
    assert.strictEqual(host.answers.get(listening), undefined)
    host.usb.send(12, answer.subarray(-1))
    assert.deepStrictEqual(host.answers.get(listening)?.data, notification)
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 12, 4096)?.data, answer)
  })

  it("tells its transfer blocks, takes a size within them and nothing else", () => {
    const host = mbim()
    assert.strictEqual(
      text(host.control(0xa1, 0x80, 0, 12, 28)?.data),
      "1c 00 01 00 00 40 00 00 04 00 00 00 04 00 00 00 00 40 00 00 04 00 00 00 04 00 00 00"
    )
    assert.strictEqual(text(host.control(0xa1, 0x85, 0, 12, 8)?.data), "00 40 00 00 00 00 00 00")
    assert.strictEqual(host.control(0x21, 0x86, 0, 12, hex("00 10 00 00"))?.status, 0)
    assert.strictEqual(text(host.control(0xa1, 0x85, 0, 12, 8)?.data), "00 10 00 00 00 00 00 00")
    assert.strictEqual(host.control(0x21, 0x86, 0, 12, hex("00 20 00 00 07 00 00 00"))?.status, 0)
    assert.strictEqual(text(host.control(0xa1, 0x85, 0, 12, 4)?.data), "00 20 00 00")
    for (const size of ["ff 07 00 00", "01 40 00 00", "00 10", "ff ff ff ff 00 00 00 00"]) {
      assert.deepStrictEqual(host.control(0x21, 0x86, 0, 12, hex(size)), stall, size)
    }
    assert.strictEqual(text(host.control(0xa1, 0x85, 0, 12, 4)?.data), "00 20 00 00")
    // The network side in its first setting again: as in the beginning.
    host.control(0x01, 11, 0, 13, 0)
    assert.strictEqual(text(host.control(0xa1, 0x85, 0, 12, 4)?.data), "00 40 00 00")
  })

  it("knows no other class request, none on the data interface, and none before it is configured", () => {
    const host = mbim()
    for (const [type, code, index] of [
      [0x21, 0x22, 12],
      [0x21, 0x20, 12],
      [0xa1, 0x21, 12],
      [0xa1, 0x83, 12],
      [0x21, 0x01, 12],
      [0xa1, 0x00, 12],
      [0xa1, 0x80, 13],
      [0x21, 0x00, 13]
    ] as const) {
      assert.deepStrictEqual(host.control(type, code, 0, index, type === 0xa1 ? 7 : new Uint8Array(7)), stall)
    }
    assert.deepStrictEqual(attachHost(describeModel("em7455", "application", 8)).control(0xa1, 0x80, 0, 12, 28), stall)
  })

  it("forgets with RESET_FUNCTION what it owes, half of a message too, and tells the modem", () => {
    const host = mbim()
    const answer = captured("OPEN_DONE")
    host.usb.send(12, concat(answer, answer.subarray(0, 13)))
    assert.deepStrictEqual(host.control(0x21, 0x05, 0, 12, 0), ok)
    assert.deepStrictEqual(host.resets, [12])
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 12, 4096), stall)
    assert.strictEqual(host.answers.get(host.submit(7, "in", 8)), undefined)
    host.usb.send(12, answer)
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 12, 4096)?.data, answer)
  })

  it("holds the modem back when nobody fetches its answers", () => {
    const host = mbim()
    for (let count = 0; count < 64; count++) host.usb.send(12, captured("OPEN_DONE"))
    assert.isFalse(host.usb.full(12))
    host.usb.send(12, captured("OPEN_DONE"))
    assert.isTrue(host.usb.full(12))
    host.control(0xa1, 0x01, 0, 12, 4096)
    assert.deepStrictEqual(host.drained, [12])
  })
})

describe("the data interface of MBIM", () => {
  it("has its endpoints in alternate setting 1 only, takes packets and has none", () => {
    const host = mbim()
    assert.strictEqual(text(host.control(0x81, 10, 0, 13, 1)?.data), "00")
    assert.deepStrictEqual(host.answers.get(host.submit(4, "out", new Uint8Array(100))), stall)
    assert.deepStrictEqual(host.answers.get(host.submit(6, "in", 512)), stall)
    assert.deepStrictEqual(host.control(0x01, 11, 1, 13, 0), ok)
    assert.strictEqual(text(host.control(0x81, 10, 0, 13, 1)?.data), "01")
    assert.deepStrictEqual(host.control(0x01, 11, 2, 13, 0), stall)
    assert.deepStrictEqual(host.control(0x01, 11, 1, 12, 0), stall, "the control interface has one setting")
    assert.strictEqual(host.answers.get(host.submit(4, "out", new Uint8Array(100)))?.length, 100)
    const waiting = host.submit(6, "in", 512)
    assert.strictEqual(host.answers.get(waiting), undefined)
    assert.deepStrictEqual(host.control(0x01, 11, 0, 13, 0), ok)
    assert.deepStrictEqual(host.answers.get(waiting), stall)
    assert.deepStrictEqual(host.ready, [], "no packet reaches a port")
  })

  it("is in its first setting after a new configuration", () => {
    const host = mbim()
    host.control(0x01, 11, 1, 13, 0)
    host.control(0x00, 9, 1, 0, 0)
    assert.strictEqual(text(host.control(0x81, 10, 0, 13, 1)?.data), "00")
    host.control(0x01, 11, 1, 13, 0)
    host.usb.reset(host.outlets)
    host.control(0x00, 9, 1, 0, 0)
    assert.deepStrictEqual(host.answers.get(host.submit(4, "out", new Uint8Array(1))), stall)
  })
})

describe("MBIM messages cut from a stream", () => {
  const messages = captures.map(({ bytes }) => bytes)

  it("come whole, however the stream is split", () => {
    const stream = concat(...messages)
    for (let size = 1; size < 90; size++) {
      const splitter = mbimSplitter()
      const cuts = Array.from({ length: Math.floor(stream.length / size) }, (_, at) => size * (at + 1))
      const out = split(stream, cuts).flatMap((piece) => splitter.push(piece).map((one) => one.slice()))
      assert.deepStrictEqual(out, messages, String(size))
    }
  })

  it("are given out as they are when a length is none", () => {
    for (const length of ["0b 00 00 00", "00 00 00 00", "01 00 01 00", "ff ff ff ff"]) {
      const garbage = hex(`01 00 00 00 ${length} 01 00 00 00 ff`)
      const splitter = mbimSplitter()
      assert.deepStrictEqual(splitter.push(garbage), [garbage])
      assert.deepStrictEqual(splitter.push(captured("OPEN")), [captured("OPEN")])
    }
  })

  it.prop("are all of the bytes, in order, whatever they are", [Schema.Array(Piece)], ([pieces]) => {
    const splitter = mbimSplitter()
    const written = pieces.map(({ bytes, length }) =>
      length === undefined ? Uint8Array.from(bytes) : concat(hex("07 00 00 80"), le32(length), Uint8Array.from(bytes))
    )
    const out = concat(...written.flatMap((piece) => splitter.push(piece).map((one) => one.slice())))
    assert.deepStrictEqual(out, concat(...written).subarray(0, out.length))
    // What is missing is the beginning of one message: filled up, it comes out.
    const filling = new Uint8Array(70_000)
    assert.isAtLeast(
      splitter.push(filling).reduce((sum, one) => sum + one.length, out.length),
      concat(...written).length
    )
  })
})

describe("a hostile host of MBIM", () => {
  it.prop("gets an answer or waits, whatever it sends", [Schema.Array(Request)], ([requests]) => {
    for (const composition of [8, 9]) {
      const host = configured(describeModel("em7455", "application", composition, 64))
      for (const { data, endpoint, length, setup } of requests) {
        const [type, request, value, index] = setup
        const out = (type & 0x80) === 0
        host.usb.send(composition === 8 ? 12 : 0, Uint8Array.from(data))
        const size = out ? data.length : length
        host.submit(endpoint, out ? "out" : "in", out ? Uint8Array.from(data) : length, {
          setup: Uint8Array.of(
            type,
            request,
            value,
            0,
            composition === 8 ? index : index - 12,
            0,
            size & 0xff,
            size >> 8
          )
        })
      }
      for (const { length, status } of host.answers.values()) {
        // Overflow: a notification that does not fit the buffer of whoever listens.
        assert.isTrue(([Status.ok, Status.stall, Status.overflow] as ReadonlyArray<number>).includes(status))
        assert.isAtMost(length, 4096)
      }
    }
  })
})
