import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Deframer, encodeFrame } from "../../../src/protocol/hdlc.ts"
import {
  Command,
  describeError,
  describeOpenStatus,
  describeWriteStatus,
  ErrorCode,
  helloVersions,
  maxChunkLength,
  maxChunks
} from "../../../src/protocol/qdl/command.ts"
import {
  decodeRequest,
  decodeWriteHeader,
  encodeRequest,
  hello,
  writeHeader,
  type QdlRequest
} from "../../../src/protocol/qdl/request.ts"
import { decodeResponse, encodeResponse, type QdlResponse } from "../../../src/protocol/qdl/response.ts"
import { Byte, Bytes, concat, hex, U16, U32 } from "../bytes.ts"

const unframed = (framed: string): Uint8Array => {
  const [frame] = new Deframer().push(hex(framed))
  assert(frame !== undefined && Result.isSuccess(frame))
  return frame.success
}

const helloDump = (version: string, crc: string) =>
  "7e 01 51 43 4f 4d 20 68 69 67 68 20 73 70 65 65 64 20 70 72 6f 74 6f 63 6f 6c 20 68 73 74 " +
  `00 00 00 00 ${version} ${version} 30 ${crc} 7e`

/** Framed requests of qdl.md §3. */
const requests: ReadonlyArray<readonly [name: string, request: QdlRequest, framed: string]> = [
  ["DLOAD switch", { _tag: "DloadSwitch" }, "7E 70 00 00 14 46 7E"],
  ["Hello v4", hello(4), helloDump("04", "03 0b")],
  ["Hello v5", hello(5), helloDump("05", "07 48")],
  ["Hello v6", hello(6), helloDump("06", "0b 8d")],
  ["Close", { _tag: "CloseUnframed" }, "7E 29 BB 4C 7E"],
  ["Reset", { _tag: "Reset" }, "7E 2D 9F 0A 7E"]
]

/** Framed responses of qdl.md §3. */
const responses: ReadonlyArray<readonly [name: string, response: QdlResponse, framed: string]> = [
  ["DLOAD ack", { _tag: "DloadAck" }, "7E 02 6A D3 7E"],
  ["Error 0x16", { _tag: "Error", code: 0x16, text: 0 }, "7E 0D 16 00 00 00 00 88 4D 7E"],
  ["Error 0x05", { _tag: "Error", code: 0x05, text: 0 }, "7E 0D 05 00 00 00 00 04 E4 7E"],
  ["Open ok", { _tag: "Open", status: 0, window: 1, chunkSize: 0x100000 }, "7E 26 00 00 01 00 00 10 00 E7 B6 7E"],
  ["Write 0", { _tag: "Write", sequence: 0, reserved: 0, status: 0 }, "7E 28 00 00 00 00 00 00 00 00 14 39 7E"],
  [
    "Write 0x7D",
    { _tag: "Write", sequence: 0x7d, reserved: 0, status: 0 },
    "7E 28 7D 5D 00 00 00 00 00 00 00 B0 0B 7E"
  ],
  ["Close ok", { _tag: "Close", status: 0, type: 0x80, text: 0 }, "7E 2A 00 00 80 00 82 6F 7E"]
]

const requestReason = (bytes: Uint8Array) => {
  const decoded = decodeRequest(bytes)
  return Result.isFailure(decoded) ? decoded.failure.reason : decoded.success
}
const responseReason = (bytes: Uint8Array) => {
  const decoded = decodeResponse(bytes)
  return Result.isFailure(decoded) ? decoded.failure.reason : decoded.success
}

describe("QDL requests", () => {
  for (const [name, request, framed] of requests) {
    it(`${name} is sent and read as in qdl.md`, () => {
      assert.deepStrictEqual(encodeFrame(encodeRequest(request)), hex(framed))
      assert.deepStrictEqual(requestReason(unframed(framed)), request)
    })
  }

  const header = Uint8Array.from({ length: 400 }, (_, i) => i & 0xff)

  it("Open of a 5200-byte CWE has the fixed part of qdl.md §3.4, then the 400 header bytes", () => {
    const open: QdlRequest = {
      _tag: "OpenUnframed",
      imageType: 0x80,
      length: 5200,
      window: 1,
      chunkSize: 4800,
      flags: 0,
      header
    }
    const bytes = encodeRequest(open)
    assert.deepStrictEqual(bytes.subarray(0, 13), hex("25 80 50 14 00 00 01 C0 12 00 00 00 00"))
    assert.deepStrictEqual(bytes.subarray(13), header)
    assert.deepStrictEqual(requestReason(bytes), open)
  })

  it("Open of the observed run has the bytes of qdl.md §5.1", () => {
    const bytes = concat(hex("25 80 b0 a2 27 00 01 20 a1 27 00 00 00"), header)
    assert.strictEqual(bytes.length, 413)
    assert.deepStrictEqual(requestReason(bytes), {
      _tag: "OpenUnframed",
      imageType: 0x80,
      length: 2_597_552,
      window: 1,
      chunkSize: 2_597_152,
      flags: 0,
      header
    })
  })

  it("write headers have the bytes of qdl.md §3.5", () => {
    const first = hex("27 00 00 00 00 00 00 00 00 10 00 29 D8")
    const fifth = hex("27 04 00 00 00 00 00 F0 3D 09 00 C6 24")
    assert.deepStrictEqual(writeHeader(0, 1_048_576), first)
    assert.deepStrictEqual(writeHeader(4, 605_680), fifth)
    assert.deepStrictEqual(
      decodeWriteHeader(fifth),
      Result.succeed({ _tag: "WriteUnframed", sequence: 4, address: 0, length: 605_680 })
    )
  })

  it("a write header with any bit flipped is refused", () => {
    const good = writeHeader(4, 605_680)
    for (let bit = 0; bit < 13 * 8; bit++) {
      const bad = good.slice()
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.isTrue(Result.isFailure(decodeWriteHeader(bad)), `bit ${String(bit)}`)
    }
    const crcFlipped = good.slice()
    crcFlipped[11] = 0
    assert.deepStrictEqual(requestReason(crcFlipped), { _tag: "WrongHeaderCrc", wanted: 0x24c6, found: 0x2400 })
  })

  it("a Hello with another magic, size or no bytes is refused with what was found", () => {
    const bytes = encodeRequest(hello(6))
    bytes[1] = 0x71
    assert.deepStrictEqual(requestReason(bytes), { _tag: "WrongMagic", found: "qCOM high speed protocol hst" })
    assert.deepStrictEqual(requestReason(bytes.subarray(0, 35)), {
      _tag: "WrongSize",
      message: "Hello request",
      wanted: [36],
      found: 35
    })
    assert.deepStrictEqual(requestReason(hex("")), { _tag: "Empty" })
    assert.deepStrictEqual(requestReason(hex("42")), { _tag: "UnknownCommand", command: 0x42 })
  })

  it("one-byte requests with surplus bytes are refused", () => {
    for (const command of [
      Command.CloseRequest,
      Command.ResetRequest,
      Command.DloadNoop,
      Command.ImagePreferenceRequest
    ]) {
      assert.deepInclude(requestReason(Uint8Array.of(command, 0)), { _tag: "WrongSize", wanted: [1], found: 2 })
    }
  })

  it("the remaining one-byte requests survive a round trip", () => {
    assert.deepStrictEqual(encodeRequest({ _tag: "DloadNoop" }), hex("06"))
    assert.deepStrictEqual(encodeRequest({ _tag: "GetImagePreference" }), hex("2E"))
    assert.deepStrictEqual(requestReason(hex("06")), { _tag: "DloadNoop" })
    assert.deepStrictEqual(requestReason(hex("2E")), { _tag: "GetImagePreference" })
  })

  it.prop(
    "Open and Write survive a round trip",
    {
      imageType: Byte,
      length: U32,
      window: Byte,
      chunkSize: U32,
      flags: U16,
      header: Bytes,
      sequence: U16,
      address: U32
    },
    ({ sequence, address, header, ...rest }) => {
      const open: QdlRequest = { _tag: "OpenUnframed", ...rest, header: Uint8Array.from(header) }
      const write: QdlRequest = { _tag: "WriteUnframed", sequence, address, length: rest.length }
      assert.deepStrictEqual(requestReason(encodeRequest(open)), open)
      assert.deepStrictEqual(requestReason(encodeRequest(write)), write)
    }
  )

  it.prop(
    "reading never throws, whatever the bytes",
    [Schema.Literals(Object.values(Command)), Bytes],
    ([command, rest]) => {
      decodeRequest(Uint8Array.from(rest))
      decodeRequest(Uint8Array.of(command, ...rest))
    }
  )
})

describe("QDL responses", () => {
  for (const [name, response, framed] of responses) {
    it(`${name} is sent and read as in qdl.md`, () => {
      assert.deepStrictEqual(encodeFrame(encodeResponse(response)), hex(framed))
      assert.deepStrictEqual(responseReason(unframed(framed)), response)
    })
  }

  const answer: QdlResponse = {
    _tag: "Hello",
    magic: "QCOM fast download protocol targ",
    maxVersion: 6,
    minVersion: 2,
    features: 0x30
  }

  it("a Hello response has 49 bytes with versions at 33 and features at 48", () => {
    const bytes = encodeResponse(answer)
    assert.strictEqual(bytes.length, 49)
    assert.deepStrictEqual([bytes[0], bytes[33], bytes[34], bytes[48]], [2, 6, 2, 0x30])
    assert.deepStrictEqual(responseReason(bytes), answer)
  })

  it("code 0x02 is told apart by its length: 1 is the DLOAD ack, 49 a Hello, all else is refused", () => {
    for (let length = 1; length <= 64; length++) {
      const bytes = new Uint8Array(length)
      bytes[0] = 0x02
      const decoded = responseReason(bytes)
      if (length === 1) assert.deepStrictEqual(decoded, { _tag: "DloadAck" })
      else if (length === 49) assert.deepInclude(decoded, { _tag: "Hello" })
      else assert.deepInclude(decoded, { _tag: "WrongSize", wanted: [1, 49], found: length })
    }
  })

  it("13 70 00 00 says that the port still speaks DIAG", () => {
    const response = responseReason(unframed("13 70 00 00 6a 9a 7e"))
    assert.deepStrictEqual(response, { _tag: "DiagBadCommand", request: hex("70 00 00") })
    assert.deepStrictEqual(encodeResponse({ _tag: "DiagBadCommand", request: hex("70 00 00") }), hex("13 70 00 00"))
  })

  it("an answer of another size is refused with both sizes", () => {
    const sizes: Record<number, number> = { 0x0d: 6, 0x26: 8, 0x28: 9, 0x2a: 5 }
    for (const [command, wanted] of Object.entries(sizes)) {
      for (const found of [wanted - 1, wanted + 1]) {
        const bytes = new Uint8Array(found)
        bytes[0] = Number(command)
        assert.deepInclude(responseReason(bytes), { _tag: "WrongSize", wanted: [wanted], found })
      }
    }
  })

  it("an image preference must hold as many entries as it counts, at most 12", () => {
    const entries = Array.from({ length: 12 }, (_, i) => ({ type: i, id: new Uint8Array(16).fill(i) }))
    const bytes = encodeResponse({ _tag: "ImagePreference", entries })
    assert.strictEqual(bytes.length, 2 + 12 * 17)
    assert.deepStrictEqual(responseReason(bytes), { _tag: "ImagePreference", entries })
    assert.deepInclude(responseReason(bytes.subarray(0, -1)), { _tag: "WrongSize" })
    const many = encodeResponse({ _tag: "ImagePreference", entries: [...entries, ...entries.slice(0, 1)] })
    assert.deepInclude(responseReason(many), { _tag: "WrongSize" })
    const countsThirteen = bytes.slice()
    countsThirteen[1] = 13
    assert.deepInclude(responseReason(countsThirteen), { _tag: "WrongSize" })
  })

  it.prop(
    "answers survive a round trip",
    { code: U32, text: Byte, status: U16, window: Byte, chunkSize: U32, sequence: U16, reserved: U32, type: Byte },
    ({ code, text, status, window, chunkSize, sequence, reserved, type }) => {
      const all: ReadonlyArray<QdlResponse> = [
        { _tag: "Error", code, text },
        { _tag: "Open", status, window, chunkSize },
        { _tag: "Write", sequence, reserved, status },
        { _tag: "Close", status, type, text }
      ]
      for (const response of all) assert.deepStrictEqual(responseReason(encodeResponse(response)), response)
    }
  )

  it.prop(
    "reading never throws, whatever the bytes",
    [Schema.Literals(Object.values(Command)), Bytes],
    ([command, rest]) => {
      decodeResponse(Uint8Array.from(rest))
      decodeResponse(Uint8Array.of(command, ...rest))
    }
  )
})

describe("QDL numbers with names", () => {
  it("has the error codes of qdl.md §3.3", () => {
    const table: ReadonlyArray<readonly [number, string, string?]> = [
      [0x00, "none", "None"],
      [0x01, "reserved"],
      [0x02, "invalid destination address", "InvalidDestinationAddress"],
      [0x03, "invalid length", "InvalidLength"],
      [0x04, "unexpected end of packet", "UnexpectedEndOfPacket"],
      [0x05, "invalid command", "InvalidCommand"],
      [0x06, "reserved"],
      [0x07, "operation failed", "OperationFailed"],
      [0x08, "invalid flash id", "InvalidFlashId"],
      [0x09, "invalid programming voltage", "InvalidProgrammingVoltage"],
      [0x0a, "write verify failed", "WriteVerifyFailed"],
      [0x0b, "reserved"],
      [0x0c, "invalid security code (SPC)", "InvalidSecurityCode"],
      [0x0d, "power-down failed", "PowerDownFailed"],
      [0x0e, "NAND programming unsupported", "NandProgrammingUnsupported"],
      [0x0f, "command out of sequence", "CommandOutOfSequence"],
      [0x10, "close failed", "CloseFailed"],
      [0x11, "invalid feature bits", "InvalidFeatureBits"],
      [0x12, "out of space", "OutOfSpace"],
      [0x13, "invalid security mode", "InvalidSecurityMode"],
      [0x14, "multi-image NAND unsupported", "MultiImageNandUnsupported"],
      [0x15, "power-off unsupported", "PowerOffUnsupported"],
      [0x16, "command not supported", "CommandNotSupported"],
      [0x17, "invalid CRC", "InvalidCrc"],
      [0x18, "command in invalid state", "CommandInInvalidState"],
      [0x19, "receive timeout", "ReceiveTimeout"],
      [0x1a, "image authentication error", "ImageAuthenticationError"]
    ]
    for (const [code, meaning] of table) assert.include(describeError(code), `(${meaning})`)
    const named = table.flatMap(([code, , name]) => (name === undefined ? [] : [[name, code] as const]))
    assert.deepStrictEqual(Object.fromEntries(named), { ...ErrorCode })
  })

  it("tries Hello 4, 5, 6, and takes 65 535 chunks of 1 MiB at most (qdl.md §3.2, images.md)", () => {
    assert.deepStrictEqual([...helloVersions], [4, 5, 6])
    assert.deepStrictEqual([maxChunks, maxChunkLength], [65_535, 1_048_576])
  })

  it("shows number and meaning", () => {
    assert.strictEqual(describeError(0x16), "0x16 (command not supported)")
    assert.strictEqual(describeError(0x1b), "0x1b (unknown)")
    assert.strictEqual(describeOpenStatus(7), "0x07 (image not required)")
    assert.strictEqual(describeWriteStatus(1), "0x01 (CRC failed)")
  })
})
