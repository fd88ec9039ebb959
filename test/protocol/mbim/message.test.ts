import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { commandName, errorName, serviceName, statusName, typeName } from "../../../src/protocol/mbim/codes.ts"
import {
  decodeMessage,
  encodeMessage,
  nextTransaction,
  uuidBytes,
  uuidText
} from "../../../src/protocol/mbim/message.ts"
import { decodeSubscribeList, encodeSubscribeList } from "../../../src/protocol/mbim/subscribe-list.ts"
import { proxyConfiguration } from "../../../src/protocol/mbim/proxy-configuration.ts"
import { Byte, Bytes, hex, U32 } from "../bytes.ts"
import { basicConnect, captures, qmi } from "./captures.ts"
import { messages } from "./generators.ts"

const reasonOf = (bytes: Uint8Array): unknown => {
  const result = decodeMessage(bytes)
  return Result.isFailure(result) ? result.failure.reason : "decoded"
}

/** The captured COMMAND_DONE with one 32-bit field changed. */
const withField = (name: string, offset: number, value: number): Uint8Array => {
  const bytes = captures.find((one) => one.name === name)!.bytes.slice()
  new DataView(bytes.buffer).setUint32(offset, value, true)
  return bytes
}

const alloc = "answer to ALLOC DMS"

describe("MBIM messages", () => {
  for (const { bytes, message, name } of captures) {
    it(`reads and writes the captured ${name}`, () => {
      assert.deepStrictEqual(decodeMessage(bytes), Result.succeed(message))
      assert.deepStrictEqual(encodeMessage(message), bytes)
    })
  }

  it.prop("reads what it writes, in both directions", [messages], ([message]) => {
    assert.deepStrictEqual(decodeMessage(encodeMessage(message)), Result.succeed(message))
  })

  it.prop("never throws on arbitrary bytes", [Bytes], ([bytes]) => {
    assert(Result.isResult(decodeMessage(Uint8Array.from(bytes))))
    // The same behind a plausible header.
    const behind = Uint8Array.from([3, 0, 0, 0x80, 12 + bytes.length, 0, 0, 0, 1, 0, 0, 0, ...bytes])
    assert(Result.isResult(decodeMessage(behind)))
  })

  it("names the errors of HOST_ERROR and FUNCTION_ERROR", () => {
    const bytes = hex("04 00 00 80 10 00 00 00 07 00 00 00 05 00 00 00")
    assert.deepStrictEqual(
      decodeMessage(bytes),
      Result.succeed({ _tag: "FunctionError", transaction: 7, error: 5 } as const)
    )
    assert.strictEqual(errorName(5), "NotOpened")
    assert.strictEqual(errorName(99), "error 99")
    assert.strictEqual(statusName(9), "NoDeviceSupport")
    assert.strictEqual(statusName(24), "status 24")
    assert.strictEqual(typeName(0x8000_0007), "INDICATE_STATUS")
    assert.strictEqual(typeName(0x8000_0008), undefined)
    assert.strictEqual(commandName(basicConnect, 19), "basic connect: device service subscribe list")
    assert.strictEqual(commandName(qmi, 1), "QMI message")
    assert.strictEqual(commandName(qmi, 2), "QMI: command 2")
    assert.strictEqual(
      serviceName("00000000-0000-0000-0000-000000000000"),
      "service 00000000-0000-0000-0000-000000000000"
    )
  })

  it("refuses bytes that do not agree with themselves, and says where", () => {
    const done = captures.find(({ name }) => name === alloc)!.bytes
    assert.deepStrictEqual(reasonOf(new Uint8Array(0)), { _tag: "Truncated", wanted: 12, found: 0 })
    assert.deepStrictEqual(reasonOf(done.subarray(0, 11)), { _tag: "Truncated", wanted: 12, found: 11 })
    assert.deepStrictEqual(reasonOf(withField(alloc, 0, 5)), { _tag: "UnknownType", type: 5 })
    assert.deepStrictEqual(reasonOf(done.subarray(0, 71)), {
      _tag: "LengthMismatch",
      field: "length",
      says: 72,
      found: 71
    })
    assert.deepStrictEqual(reasonOf(withField(alloc, 44, 25)), {
      _tag: "LengthMismatch",
      field: "buffer length",
      says: 25,
      found: 24
    })
    assert.deepStrictEqual(reasonOf(withField(alloc, 44, 23)), {
      _tag: "LengthMismatch",
      field: "buffer length",
      says: 23,
      found: 24
    })
    assert.deepStrictEqual(reasonOf(withField(alloc, 44, 0xffff_ffff)), {
      _tag: "LengthMismatch",
      field: "buffer length",
      says: 0xffff_ffff,
      found: 24
    })
    assert.deepStrictEqual(reasonOf(withField(alloc, 12, 2)), {
      _tag: "FragmentOutOfSequence",
      what: "total",
      wanted: 1,
      found: 2
    })
    assert.deepStrictEqual(reasonOf(withField(alloc, 16, 1)), {
      _tag: "FragmentOutOfSequence",
      what: "index",
      wanted: 0,
      found: 1
    })
    assert.deepStrictEqual(reasonOf(withField("ALLOC DMS", 40, 2)), { _tag: "UnknownCommandType", found: 2 })
    // An OPEN_DONE with bytes behind its status, and one without a status.
    assert.deepStrictEqual(reasonOf(hex("01 00 00 80 11 00 00 00 01 00 00 00 00 00 00 00 00")), {
      _tag: "LengthMismatch",
      field: "length",
      says: 17,
      found: 16
    })
    assert.deepStrictEqual(reasonOf(hex("01 00 00 80 0c 00 00 00 01 00 00 00")), {
      _tag: "Truncated",
      wanted: 16,
      found: 12
    })
  })

  it("reads a message out of the middle of a larger buffer, also of a Node Buffer", () => {
    const { bytes, message } = captures.find(({ name }) => name === alloc)!
    const around = Buffer.concat([Buffer.from([9, 9, 9]), bytes, Buffer.from([8])])
    assert.deepStrictEqual(decodeMessage(around.subarray(3, 3 + bytes.length)), Result.succeed(message))
  })

  it("writes no value that does not fit its field", () => {
    assert.throws(() => encodeMessage({ _tag: "Close", transaction: -1 }), RangeError)
    assert.throws(() => encodeMessage({ _tag: "Open", transaction: 1, maxControlTransfer: 2 ** 32 }), RangeError)
    assert.throws(
      () =>
        encodeMessage({
          _tag: "IndicateStatus",
          transaction: 0,
          service: "no uuid",
          cid: 1,
          buffer: new Uint8Array(0)
        }),
      RangeError
    )
  })

  it("keeps UUIDs in network byte order", () => {
    assert.deepStrictEqual(uuidBytes(qmi), hex("d1 a3 0b c2 f9 7a 6e 43 bf 65 c7 e2 4f b0 f0 d3"))
    assert.strictEqual(uuidText(uuidBytes(basicConnect), 0), basicConnect)
  })

  it("counts transactions from 1 and never uses 0", () => {
    assert.deepStrictEqual([nextTransaction(0), nextTransaction(1), nextTransaction(0xffff_ffff)], [1, 2, 1])
  })
})

const Subscriptions = Arbitrary.array(
  Arbitrary.all({
    uuid: Arbitrary.array(Arbitrary.schema(Byte), { minLength: 16, maxLength: 16 }),
    cids: Arbitrary.array(Arbitrary.schema(U32), { maxLength: 20 })
  }),
  { maxLength: 6 }
)

describe("the subscribe list", () => {
  it("is the captured one for the QMI service", () => {
    const captured = captures.find(({ name }) => name === "SUBSCRIBE")!.message
    const buffer = encodeSubscribeList([{ service: qmi, cids: [1] }])
    assert.deepStrictEqual(captured._tag === "Command" ? captured.buffer : undefined, buffer)
    assert.deepStrictEqual(decodeSubscribeList(buffer), Result.succeed([{ service: qmi, cids: [1] }]))
  })

  it("may hold several services", () => {
    const list = [
      { service: qmi, cids: [1] },
      { service: basicConnect, cids: [9, 10, 11] }
    ]
    assert.deepStrictEqual(decodeSubscribeList(encodeSubscribeList(list)), Result.succeed(list))
    assert.deepStrictEqual(decodeSubscribeList(encodeSubscribeList([])), Result.succeed([]))
  })

  it.prop("reads what it writes", [Subscriptions], ([list]) => {
    const wanted = list.map(({ cids, uuid }) => ({ service: uuidText(Uint8Array.from(uuid), 0), cids }))
    assert.deepStrictEqual(decodeSubscribeList(encodeSubscribeList(wanted)), Result.succeed(wanted))
  })

  it("that lies about its lengths costs nothing", () => {
    const good = encodeSubscribeList([{ service: qmi, cids: [1] }])
    for (const [offset, value] of [
      [0, 0xffff_ffff],
      [0, 5],
      [4, 0xffff_fff0],
      [8, 0xffff_fff0],
      [8, 19],
      // Not a whole number of commands.
      [8, 23],
      [28, 0xffff_ffff],
      [28, 2]
    ] as const) {
      const bytes = good.slice()
      new DataView(bytes.buffer).setUint32(offset, value, true)
      const result = decodeSubscribeList(bytes)
      assert.strictEqual(Result.isFailure(result) ? result.failure.reason._tag : "decoded", "LengthMismatch")
    }
    // Every element is the same large one: read once at most.
    const overlapping = new Uint8Array(0x10000)
    const view = new DataView(overlapping.buffer)
    view.setUint32(0, 4000, true)
    for (let at = 0; at < 4000; at++) {
      view.setUint32(4 + 8 * at, 32_100, true)
      view.setUint32(8 + 8 * at, 33_000, true)
    }
    view.setUint32(32_116, (33_000 - 20) / 4, true)
    const result = decodeSubscribeList(overlapping)
    assert.strictEqual(Result.isFailure(result) ? result.failure.reason._tag : "decoded", "LengthMismatch")
  })

  it.prop("never throws on arbitrary bytes", [Bytes], ([bytes]) => {
    assert(Result.isResult(decodeSubscribeList(Uint8Array.from(bytes))))
  })
})

describe("the proxy's configuration", () => {
  it("is the captured one (qmi.md §5.4)", () => {
    assert.deepStrictEqual(
      encodeMessage(proxyConfiguration(1, "/dev/pts/0", 5)),
      hex(
        "03 00 00 00 50 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 83 8c f7 fb 8d 0d 4d 7f 87 1e d7 1d be fb b3 9b " +
          "01 00 00 00 01 00 00 00 20 00 00 00 0c 00 00 00 14 00 00 00 05 00 00 00 2f 00 64 00 65 00 76 00 2f 00 70 00 " +
          "74 00 73 00 2f 00 30 00"
      )
    )
  })

  it.prop("names the path wherever it says that the path is", [Schema.String, U32], ([path, seconds]) => {
    const message = proxyConfiguration(1, path, seconds)
    assert(message._tag === "Command")
    const view = new DataView(message.buffer.buffer)
    const [offset, size] = [view.getUint32(0, true), view.getUint32(4, true)]
    const units = Array.from({ length: size / 2 }, (_, at) => view.getUint16(offset + 2 * at, true))
    assert.strictEqual(String.fromCharCode(...units), path)
    assert.strictEqual(view.getUint32(8, true), seconds)
    assert.strictEqual(message.buffer.length % 4, 0)
    assert.isBelow(message.buffer.length - offset - size, 4)
  })
})
