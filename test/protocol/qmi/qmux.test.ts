import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  decodeFrame,
  encodeFrame,
  maxTransaction,
  nextTransaction,
  type QmuxFrame,
  Service,
  serviceName
} from "../../../src/protocol/qmi/Qmux.ts"
import { Byte, Bytes, hex, U16 } from "../bytes.ts"
import { dumps } from "./dumps.ts"

const reasonOf = (bytes: Uint8Array) => {
  const result = decodeFrame(bytes)
  return Result.isFailure(result) ? result.failure.reason : "decoded"
}

const Kind = Schema.Literals(["request", "response", "indication"])

describe("QMUX frames", () => {
  for (const dump of dumps) {
    it(`reads and writes the captured ${dump.name} (transaction ${String(dump.envelope.transaction)})`, () => {
      const frame = Result.getOrThrow(decodeFrame(dump.bytes))
      const { tlvs, ...envelope } = frame
      assert.deepStrictEqual(envelope, dump.envelope)
      assert.isAtLeast(tlvs.length, dump.envelope.kind === "response" ? 1 : 0)
      assert.deepStrictEqual(encodeFrame(frame), dump.bytes)
    })
  }

  it("reads a frame out of the middle of a larger buffer, also of a Node Buffer", () => {
    const bytes = hex("01 0f 00 00 00 00 00 02 22 00 04 00 01 01 00 02")
    const around = Buffer.concat([Buffer.from([9, 9, 9]), bytes, Buffer.from([8])])
    assert.deepStrictEqual(decodeFrame(around.subarray(3, 3 + bytes.length)), decodeFrame(bytes))
  })

  it("tells requests, responses and indications apart by the flags of the service", () => {
    const kindOf = (service: number, flags: number) => {
      const bytes =
        service === 0
          ? Uint8Array.of(1, 11, 0, 0x80, 0, 0, flags, 1, 0x27, 0, 0, 0)
          : Uint8Array.of(1, 12, 0, 0x80, service, 1, flags, 1, 0, 0x27, 0, 0, 0)
      return Result.match(decodeFrame(bytes), { onSuccess: (frame) => frame.kind, onFailure: (e) => e.reason._tag })
    }
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4].map((flags) => kindOf(0, flags)),
      ["request", "response", "indication", "UnknownFlags", "UnknownFlags"]
    )
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5, 6, 8].map((flags) => kindOf(2, flags)),
      ["request", "request", "response", "response", "indication", "indication", "UnknownFlags", "UnknownFlags"]
    )
  })

  it("keeps the compound bit", () => {
    const bytes = hex("01 0c 00 00 02 05 01 01 00 47 00 00 00")
    const frame = Result.getOrThrow(decodeFrame(bytes))
    assert.strictEqual(frame.compound, true)
    assert.deepStrictEqual(encodeFrame(frame), bytes)
  })

  it("refuses what is no frame", () => {
    assert.deepStrictEqual(reasonOf(hex("")), { _tag: "Truncated", wanted: 12, found: 0 })
    assert.deepStrictEqual(reasonOf(hex("01 0b")), { _tag: "Truncated", wanted: 12, found: 2 })
    assert.deepStrictEqual(reasonOf(hex("02 0b 00 00 00 00 00 01 27 00 00 00")), {
      _tag: "FramingLost",
      found: 2,
      skipped: 0
    })
  })

  it("refuses a length that is not the number of bytes behind the marker", () => {
    assert.deepStrictEqual(reasonOf(hex("01 0c 00 00 00 00 00 01 27 00 00 00")), {
      _tag: "LengthMismatch",
      field: "length",
      says: 12,
      found: 11
    })
    assert.deepStrictEqual(reasonOf(hex("01 0b 00 00 00 00 00 01 27 00 00 00 00")), {
      _tag: "LengthMismatch",
      field: "length",
      says: 11,
      found: 12
    })
  })

  it("refuses a frame that is shorter than the header of its service", () => {
    assert.deepStrictEqual(reasonOf(hex("01 0a 00 00 00 00 00 01 27 00 00")), {
      _tag: "Truncated",
      wanted: 12,
      found: 11
    })
    assert.deepStrictEqual(reasonOf(hex("01 0b 00 00 02 05 00 01 00 47 00 00")), {
      _tag: "Truncated",
      wanted: 13,
      found: 12
    })
  })

  it("refuses a TLV length that is not length - (5 + SDU header)", () => {
    assert.deepStrictEqual(reasonOf(hex("01 0f 00 00 00 00 00 02 22 00 03 00 01 01 00 02")), {
      _tag: "LengthMismatch",
      field: "TLV length",
      says: 3,
      found: 4
    })
  })

  it("refuses TLVs that do not fill their space exactly", () => {
    assert.deepStrictEqual(reasonOf(hex("01 0f 00 00 00 00 00 02 22 00 04 00 01 02 00 02")), {
      _tag: "LengthMismatch",
      field: "TLV 0x01",
      says: 2,
      found: 1
    })
    assert.deepStrictEqual(reasonOf(hex("01 0f 00 00 00 00 00 02 22 00 04 00 01 00 00 02")), {
      _tag: "LengthMismatch",
      field: "TLV header",
      says: 3,
      found: 1
    })
  })

  it("explains a failure with the frame's own numbers, a stable code and help", () => {
    const result = decodeFrame(hex("01 0f 00 00 00 00 00 02 22 00 04 00 01 02 00 02"))
    assert(Result.isFailure(result))
    assert.strictEqual(result.failure.message, "QMUX frame: TLV 0x01 says 2 bytes, found 1")
    assert.strictEqual(result.failure.code, "QMI_LENGTH")
    assert.match(result.failure.help, /\.$/)
  })

  it("does not write what does not fit", () => {
    const frame: QmuxFrame = {
      service: 2,
      client: 5,
      control: 0,
      kind: "request",
      transaction: 1,
      message: 0x47,
      tlvs: []
    }
    const wrong: ReadonlyArray<Partial<QmuxFrame>> = [
      { service: 256 },
      { client: -1 },
      { control: 0.5 },
      { transaction: 0 },
      { transaction: 0x10000 },
      { message: 0x10000 },
      { service: Service.CTL, transaction: 0x100 },
      { service: Service.CTL, compound: true },
      { tlvs: [{ type: 256, value: hex("") }] },
      { tlvs: [{ type: 1, value: new Uint8Array(0x10000) }] },
      { tlvs: [{ type: 1, value: new Uint8Array(0x10000 - 15) }] }
    ]
    for (const one of wrong) assert.throws(() => encodeFrame({ ...frame, ...one }), RangeError)
  })

  it("writes and reads the largest frame", () => {
    const tlvs = [{ type: 1, value: new Uint8Array(0x10000 - 16).fill(7) }]
    const frame: QmuxFrame = { service: 2, client: 5, control: 0, kind: "request", transaction: 1, message: 1, tlvs }
    const bytes = encodeFrame(frame)
    assert.strictEqual(bytes.length, 0x10000)
    assert.deepStrictEqual(Result.getOrThrow(decodeFrame(bytes)), frame)
  })

  it("writes 0 as the transaction of an indication", () => {
    const frame: QmuxFrame = {
      service: 0,
      client: 0,
      control: 0x80,
      kind: "indication",
      transaction: 0,
      message: 0x27,
      tlvs: []
    }
    assert.deepStrictEqual(encodeFrame(frame), hex("01 0b 00 80 00 00 02 00 27 00 00 00"))
  })

  it.prop(
    "survive a round trip",
    {
      service: Byte,
      client: Byte,
      control: Byte,
      kind: Kind,
      transaction: U16,
      message: U16,
      tlvs: Schema.Array(Schema.Struct({ type: Byte, value: Bytes }))
    },
    ({ transaction, tlvs, ...rest }) => {
      const frame: QmuxFrame = {
        ...rest,
        transaction: Math.max(1, transaction % (maxTransaction(rest.service) + 1)),
        tlvs: tlvs.map(({ type, value }) => ({ type, value: Uint8Array.from(value) }))
      }
      assert.deepStrictEqual(Result.getOrThrow(decodeFrame(encodeFrame(frame))), frame)
    }
  )

  it.prop("never throw on arbitrary bytes", [Bytes], ([bytes]) => {
    assert(Result.isResult(decodeFrame(Uint8Array.from(bytes))))
  })

  it.prop("never throw on a captured frame with wrong bytes", [Byte, Byte, Byte, Byte], ([which, at, value, cut]) => {
    const { bytes } = dumps[which % dumps.length] ?? { bytes: hex("") }
    const broken = Uint8Array.from(bytes)
    broken[at % broken.length] = value
    assert(Result.isResult(decodeFrame(broken)))
    const shorter = broken.subarray(0, cut % broken.length)
    assert(Result.isFailure(decodeFrame(shorter)))
  })
})

describe("transaction ids", () => {
  it("begin with 1, count up, and never are 0", () => {
    assert.strictEqual(nextTransaction(Service.CTL, 0), 1)
    assert.strictEqual(nextTransaction(Service.CTL, 1), 2)
    assert.strictEqual(nextTransaction(Service.CTL, 254), 255)
    assert.strictEqual(nextTransaction(Service.CTL, 255), 1)
    assert.strictEqual(nextTransaction(Service.DMS, 0), 1)
    assert.strictEqual(nextTransaction(Service.DMS, 255), 256)
    assert.strictEqual(nextTransaction(Service.DMS, 65534), 65535)
    assert.strictEqual(nextTransaction(Service.DMS, 65535), 1)
  })

  it("have one byte for CTL and two for the others on the wire", () => {
    const bytes = (service: number, transaction: number) =>
      encodeFrame({ service, client: 0, control: 0, kind: "request", transaction, message: 0x1234, tlvs: [] })
    assert.deepStrictEqual(bytes(0, 255), hex("01 0b 00 00 00 00 00 ff 34 12 00 00"))
    assert.deepStrictEqual(bytes(2, 0xfffe), hex("01 0c 00 00 02 00 00 fe ff 34 12 00 00"))
  })
})

describe("services", () => {
  it("have the numbers of qmi.md §8", () => {
    const listed =
      "00 CTL 01 WDS 02 DMS 03 NAS 04 QOS 05 WMS 06 PDS 07 AUTH 08 AT 09 VOICE 0A CAT2 0B UIM 0C PBM 10 LOC 11 SAR 12 IMS " +
      "1A WDA 24 PDC 2A DSD 2F DPM E0 CAT E1 RMS E2 OMA E3 FOX E6 FOTA E7 GMS E8 GAS ED ATR"
    const words = listed.split(" ")
    const wanted = words.flatMap((word, i) => (i % 2 === 0 ? [[words[i + 1], Number.parseInt(word, 16)]] : []))
    assert.deepStrictEqual(Object.entries(Service), wanted)
    assert.strictEqual(serviceName(0xe3), "FOX")
    assert.strictEqual(serviceName(0x99), "service 0x99")
  })
})
