import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  decodeAnswer,
  decodeImportReply,
  encodeImportReply,
  encodeImportRequest,
  encodeListReply,
  encodeListRequest,
  encodeSubmit,
  encodeSubmitted,
  encodeUnlink,
  encodeUnlinked,
  importReplySize
} from "../../../src/protocol/usbip/message.ts"
import type { DeviceRecord } from "../../../src/protocol/usbip/message.ts"
import { maxTransferLength, UsbIpReader } from "../../../src/protocol/usbip/UsbIpReader.ts"
import type { UsbIpError, UsbIpRequest } from "../../../src/protocol/usbip/UsbIpReader.ts"
import { Byte, Bytes, concat, Cuts, hex, split, U16, U32 } from "../bytes.ts"

const setup = hex("80 06 00 01 00 00 12 00")

/** Everything that comes out, and why it ended if it did. */
const readAll = (pieces: ReadonlyArray<Uint8Array>, transfers: boolean) => {
  const reader = new UsbIpReader()
  if (transfers) reader.enterTransfers()
  const requests: Array<UsbIpRequest> = []
  let failure: UsbIpError | undefined
  for (const piece of pieces) {
    reader.push(piece)
    while (failure === undefined) {
      const next = reader.next()
      if (Result.isFailure(next)) failure = next.failure
      else if (next.success === undefined) break
      else {
        const one = next.success
        requests.push(one._tag === "Submit" ? { ...one, setup: one.setup.slice(), data: one.data.slice() } : one)
      }
    }
  }
  return { requests, failure, held: reader.held }
}

const record: DeviceRecord = {
  path: "/sys/devices/boothold/usb1/1-1",
  busId: "1-1",
  busNumber: 1,
  deviceNumber: 2,
  speed: 3,
  vendorId: 0x1199,
  productId: 0x9071,
  bcdDevice: 0x0006,
  deviceClass: 0,
  deviceSubclass: 0,
  deviceProtocol: 0,
  configuration: 1,
  configurations: 1,
  interfaces: [
    { class: 0xff, subclass: 0xff, protocol: 0xff },
    { class: 0xff, subclass: 0, protocol: 0 }
  ]
}

describe("USB/IP messages", () => {
  it("asks for the list and for a device as usbip_protocol.rst says", () => {
    assert.deepStrictEqual(encodeListRequest(), hex("01 11 80 05 00 00 00 00"))
    assert.deepStrictEqual(
      encodeImportRequest("1-1"),
      concat(hex("01 11 80 03 00 00 00 00 31 2d 31"), new Uint8Array(29))
    )
  })

  it("describes a device in 312 bytes, and each interface in four more for the list", () => {
    const list = encodeListReply([record])
    assert.deepStrictEqual(list.subarray(0, 12), hex("01 11 00 05 00 00 00 00 00 00 00 01"))
    assert.strictEqual(list.length, 12 + 312 + 2 * 4)
    const device = list.subarray(12)
    assert.deepStrictEqual(device.subarray(0, 5), hex("2f 73 79 73 2f"))
    assert.deepStrictEqual(device.subarray(256, 260), hex("31 2d 31 00"))
    assert.deepStrictEqual(
      device.subarray(288, 312),
      hex("00 00 00 01 00 00 00 02 00 00 00 03 11 99 90 71 00 06 00 00 00 01 01 02")
    )
    assert.deepStrictEqual(device.subarray(312), hex("ff ff ff 00 ff 00 00 00"))
    const reply = encodeImportReply(record)
    assert.strictEqual(reply.length, importReplySize)
    assert.deepStrictEqual(reply.subarray(0, 8), hex("01 11 00 03 00 00 00 00"))
    assert.deepStrictEqual(reply.subarray(8), device.subarray(0, 312))
  })

  it("refuses an import with the status alone", () => {
    assert.deepStrictEqual(encodeImportReply(undefined), hex("01 11 00 03 00 00 00 01"))
    const refused = Result.getOrThrow(decodeImportReply(encodeImportReply(undefined)))
    assert.strictEqual(refused.device, undefined)
    assert.strictEqual(refused.status, 1)
    assert.strictEqual(Result.getOrThrow(decodeImportReply(encodeImportReply(record))).device?.productId, 0x9071)
    assert.isTrue(Result.isFailure(decodeImportReply(encodeImportReply(record).subarray(0, 319))))
  })

  it("answers transfers in 48 bytes, with the status as a negative number", () => {
    assert.deepStrictEqual(
      encodeSubmitted(0x0d05, 0, 2, hex("aa bb")),
      concat(hex("00 00 00 03 00 00 0d 05"), new Uint8Array(16), hex("00 00 00 02"), new Uint8Array(20), hex("aa bb"))
    )
    assert.deepStrictEqual(encodeSubmitted(7, -32, 0).subarray(20, 28), hex("ff ff ff e0 00 00 00 00"))
    assert.deepStrictEqual(
      encodeUnlinked(9, -104),
      concat(hex("00 00 00 04 00 00 00 09"), new Uint8Array(12), hex("ff ff ff 98"), new Uint8Array(24))
    )
    assert.deepStrictEqual(decodeAnswer(encodeSubmitted(7, -32, 5)), {
      command: 3,
      sequence: 7,
      status: -32,
      length: 5
    })
    assert.strictEqual(decodeAnswer(new Uint8Array(47)), undefined)
  })

  it("reads the submit and unlink that a Linux host sends", () => {
    const submit = concat(
      hex("00 00 00 01 00 00 0d 05 00 01 00 0f 00 00 00 01 00 00 00 00"),
      hex("00 00 02 00 00 00 00 40 ff ff ff ff 00 00 00 00 00 00 00 04"),
      setup
    )
    const unlink = concat(
      hex("00 00 00 02 00 00 0d 06 00 01 00 0f 00 00 00 00 00 00 00 00 00 00 0d 05"),
      new Uint8Array(24)
    )
    const { requests } = readAll([concat(submit, unlink)], true)
    assert.deepStrictEqual(requests, [
      {
        _tag: "Submit",
        sequence: 0x0d05,
        device: 0x1000f,
        direction: "in",
        endpoint: 0,
        flags: 0x200,
        length: 64,
        setup,
        data: new Uint8Array(0)
      },
      { _tag: "Unlink", sequence: 0x0d06, device: 0x1000f, victim: 0x0d05 }
    ])
  })
})

const End = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 15 }))
const Transfer = Schema.Struct({
  kind: Schema.Literals(["in", "out", "unlink"]),
  sequence: U32,
  device: U32,
  endpoint: End,
  flags: U32,
  wanted: U16,
  data: Schema.Array(Byte)
})

describe("the reader of a USB/IP server", () => {
  it.prop("finds the same transfers under any split", [Schema.Array(Transfer), Cuts], ([transfers, cuts]) => {
    const wanted: Array<UsbIpRequest> = []
    const bytes = transfers.map(({ data, device, endpoint, flags, kind, sequence, wanted: length }) => {
      if (kind === "unlink") {
        wanted.push({ _tag: "Unlink", sequence, device, victim: flags })
        return encodeUnlink({ sequence, device, victim: flags })
      }
      const sent = kind === "out" ? Uint8Array.from(data) : new Uint8Array(0)
      const one = {
        sequence,
        device,
        direction: kind,
        endpoint,
        flags,
        length: kind === "out" ? data.length : length,
        setup,
        data: sent
      }
      wanted.push({ _tag: "Submit", ...one })
      return encodeSubmit(one)
    })
    const { failure, held, requests } = readAll(split(concat(...bytes), cuts), true)
    assert.deepStrictEqual(requests, wanted)
    assert.strictEqual(failure, undefined)
    assert.strictEqual(held, 0)
  })

  it.prop("never throws on any bytes, in both phases", [Bytes, Cuts], ([bytes, cuts]) => {
    for (const transfers of [true, false]) readAll(split(Uint8Array.from(bytes), cuts), transfers)
  })

  it("reads list and import, and only transfers once an import was granted", () => {
    const { requests } = readAll(split(concat(encodeListRequest(), encodeImportRequest("1-1")), [7]), false)
    assert.deepStrictEqual(requests, [{ _tag: "List" }, { _tag: "Import", busId: "1-1" }])
  })

  it("takes a bus id up to its first NUL", () => {
    const request = encodeImportRequest("1-1")
    request[12] = 0x41
    assert.deepStrictEqual(readAll([request], false).requests, [{ _tag: "Import", busId: "1-1" }])
  })

  const tampered = (offset: number, value: ReadonlyArray<number>): UsbIpError | undefined => {
    const bytes = encodeSubmit({
      sequence: 1,
      device: 0x10001,
      direction: "out",
      endpoint: 1,
      flags: 0,
      length: 2,
      setup,
      data: hex("01 02")
    })
    bytes.set(value, offset)
    return readAll([bytes], true).failure
  }

  it("gives up on what no host sends, before it keeps anything of it", () => {
    assert.strictEqual(tampered(0, [0, 0, 0, 1]), undefined)
    assert.deepStrictEqual(tampered(0, [0, 0, 0, 9])?.reason, { _tag: "UnknownCommand", command: 9 })
    assert.deepStrictEqual(tampered(12, [0, 0, 0, 2])?.reason, { _tag: "Direction", found: 2 })
    assert.deepStrictEqual(tampered(16, [0, 0, 0, 16])?.reason, { _tag: "Endpoint", found: 16 })
    assert.deepStrictEqual(tampered(32, [0, 0, 0, 1])?.reason, { _tag: "Isochronous", packets: 1 })
    assert.strictEqual(tampered(32, [0xff, 0xff, 0xff, 0xff]), undefined)
    assert.deepStrictEqual(tampered(24, [1, 0, 0, 1])?.reason, {
      _tag: "TooLong",
      length: maxTransferLength + 1,
      max: maxTransferLength
    })
    assert.deepStrictEqual(readAll([hex("01 10 80 05 00 00 00 00")], false).failure?.reason, {
      _tag: "Version",
      found: 0x0110
    })
    assert.deepStrictEqual(readAll([hex("01 11 80 07 00 00 00 00")], false).failure?.reason, {
      _tag: "UnknownOperation",
      code: 0x8007
    })
  })
})
