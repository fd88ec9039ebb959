import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decode, protocolDissectors, readDecodeInput } from "../../../src/protocol/decode/decode.ts"
import type { DecodedFrame, Dissector } from "../../../src/protocol/decode/Dissector.ts"
import { encodeFrame } from "../../../src/protocol/hdlc.ts"
import { encodeRequest, hello, writeHeader } from "../../../src/protocol/qdl/request.ts"
import { Bytes, concat, hex, text } from "../bytes.ts"
import * as transcripts from "../at/transcripts.ts"

const decoded = (bytes: Uint8Array, protocol?: string) =>
  Result.getOrThrow(decode(bytes, protocol === undefined ? {} : { protocol }))

const only = (bytes: Uint8Array, protocol: string): DecodedFrame => {
  const result = decoded(bytes)
  assert.strictEqual(result.protocol, protocol)
  assert.strictEqual(result.frames.length, 1)
  const [frame] = result.frames
  assert(frame !== undefined)
  return frame
}

const valuesOf = (frame: DecodedFrame) => Object.fromEntries(frame.fields.map(({ name, value }) => [name, value]))

/** Every field shows the bytes of its place. */
const rawIsRight = (bytes: Uint8Array, frame: DecodedFrame): void => {
  for (const { offset, size, raw } of frame.fields) {
    const wanted = [...bytes.subarray(offset, offset + size)]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(" ")
    if (size <= 64) assert.strictEqual(raw, wanted)
    else assert.isTrue(raw.startsWith(wanted.slice(0, 64 * 3 - 1)))
  }
}

describe("decode QMUX", () => {
  it("names every field of a CTL response (qmi.md §3.1)", () => {
    const bytes = hex("01 17 00 80 00 00 01 02 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05")
    const frame = only(bytes, "qmux")
    assert.strictEqual(frame.name, "CTL Allocate CID response")
    assert.deepStrictEqual(frame.problems, [])
    assert.deepStrictEqual(
      frame.fields.map(({ name, offset, size, value }) => [name, offset, size, value]),
      [
        ["marker", 0, 1, "0x01"],
        ["length", 1, 2, 23],
        ["sender", 3, 1, "0x80 (modem)"],
        ["service", 4, 1, "0x00 (CTL)"],
        ["client", 5, 1, 0],
        ["flags", 6, 1, "0x01 (response)"],
        ["transaction", 7, 1, 2],
        ["message", 8, 2, "0x0022 (Allocate CID)"],
        ["TLV length", 10, 2, 12],
        ["TLV 0x02 result", 12, 7, "success"],
        ["TLV 0x01 allocation", 19, 5, { service: 2, client: 5 }]
      ]
    )
    rawIsRight(bytes, frame)
  })

  it("shows the typed values of a firmware preference (qmi.md §6.3)", () => {
    const bytes = hex(`01 5b 00 80 02 05 02 01 00 47 00 4f 00 02 04 00 00 00 00 00 01 45 00 02
      00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d 30 35 2e 30 35 2e 35 38 2e 30 30 5f 3f
      01 30 30 35 2e 30 32 35 5f 30 30 32 00 00 00 00 00 13 30 35 2e 30 35 2e 35 38 2e 30 30 5f 47 65 6e 65 72 69 63`)
    const frame = only(bytes, "qmux")
    assert.strictEqual(frame.name, "DMS Get Firmware Preference response")
    assert.deepStrictEqual(valuesOf(frame)["TLV 0x01 images"], [
      { type: "modem", uniqueId: "?_?", buildId: "05.05.58.00_?" },
      { type: "pri", uniqueId: "005.025_002", buildId: "05.05.58.00_Generic" }
    ])
    assert.deepStrictEqual(valuesOf(frame)["transaction"], 1)
    rawIsRight(bytes, frame)
  })

  it("names the error of a refusal (qmi.md §6.6)", () => {
    const frame = only(hex("01 13 00 80 02 05 02 01 00 3e 00 07 00 02 04 00 01 00 47 00"), "qmux")
    assert.strictEqual(frame.name, "DMS Set Firmware ID response")
    assert.strictEqual(valuesOf(frame)["TLV 0x02 result"], "failure: 71 (InvalidQmiCommand)")
    assert.deepStrictEqual(frame.problems, [])
  })

  it("takes the meaning of a vendor message that fits its bytes (qmi.md §7)", () => {
    const bytes = hex(
      `01 3d 00 80 02 05 02 01 00 56 55 31 00 02 04 00 00 00 00 00 10 06 00 4d 43 37 33 35 34
       12 14 00 53 57 49 39 58 31 35 43 5f 30 35 2e 30 35 2e 35 38 2e 30 30 17 07 00 47 65 6e 65 72 69 63`
    )
    const frame = only(bytes, "qmux")
    const values = Object.values(valuesOf(frame))
    for (const wanted of ["MC7354", "SWI9X15C_05.05.58.00", "Generic"]) assert.include(values, wanted)
    assert.isTrue(frame.fields.every(({ name }) => !name.includes("unknown")))
  })

  it("shows unknown messages and TLVs with their numbers", () => {
    const frame = only(hex("01 11 00 80 42 01 04 00 00 34 12 05 00 77 02 00 de ad"), "qmux")
    assert.strictEqual(frame.name, "service 0x42 message 0x1234 indication")
    assert.strictEqual(valuesOf(frame)["TLV 0x77 (unknown)"], "de ad")
  })

  it("reads several frames, and finds the next one behind stray bytes", () => {
    const sync = hex("01 0b 00 00 00 00 00 01 27 00 00 00")
    const { frames } = decoded(concat(sync, hex("de 01 ad"), sync))
    assert.deepStrictEqual(
      frames.map(({ name, offset, size }) => [name, offset, size]),
      [
        ["CTL Sync request", 0, 12],
        ["stray bytes", 12, 3],
        ["CTL Sync request", 15, 12]
      ]
    )
    assert.lengthOf(frames[1]?.problems ?? [], 1)
  })

  it("says what is wrong with a cut frame and shows the rest", () => {
    const bytes = hex("01 17 00 80 00 00 01 02 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02")
    const frame = only(bytes, "qmux")
    assert.deepStrictEqual(frame.problems, [
      "length says 23 bytes, found 22",
      "TLV length says 12 bytes, found 11",
      "TLV 0x01 says 2 bytes, found 1"
    ])
    assert.strictEqual(valuesOf(frame)["TLV 0x02 result"], "success")
    assert.strictEqual(frame.name, "CTL Allocate CID response")
  })

  it("says that a TLV does not hold what its message wants, and shows its bytes", () => {
    // An operating mode of no bytes.
    const frame = only(hex("01 0f 00 00 02 05 00 01 00 2e 00 03 00 01 00 00"), "qmux")
    assert.strictEqual(frame.problems.length, 1)
    assert.include(frame.problems[0] ?? "", "Set Operating Mode")
    assert.isDefined(frame.fields.find(({ name }) => name.startsWith("TLV 0x01")))
  })

  it("shows a header that is not all there", () => {
    const frame = decoded(hex("01 0b 00 00 02"), "qmux").frames[0]
    assert.deepStrictEqual(
      frame?.fields.map(({ name }) => name),
      ["marker", "length", "sender", "service"]
    )
    assert.lengthOf(frame?.problems ?? [], 2)
  })
})

describe("decode QDL", () => {
  it("names a framed error and its code (qdl.md §3.3)", () => {
    const bytes = hex("7E 0D 16 00 00 00 00 88 4D 7E")
    const frame = only(bytes, "qdl")
    assert.strictEqual(frame.name, "Error")
    assert.deepStrictEqual([frame.offset, frame.size, frame.problems], [0, 10, []])
    assert.deepStrictEqual(
      frame.fields.map(({ name, offset, size, value }) => [name, offset, size, value]),
      [
        ["command", 1, 1, "0x0d"],
        ["code", 2, 4, "0x16 (command not supported)"],
        ["text", 6, 1, 0],
        ["frame CRC", 7, 2, "0x4d88"]
      ]
    )
    rawIsRight(bytes, frame)
  })

  it("counts escapes into the places of fields (qdl.md §3.5)", () => {
    const bytes = hex("7E 28 7D 5D 00 00 00 00 00 00 00 B0 0B 7E")
    const frame = only(bytes, "qdl")
    const sequence = frame.fields.find(({ name }) => name === "sequence")
    assert.deepInclude(sequence, { offset: 2, size: 3, value: 0x7d, raw: "7d 5d 00" })
    assert.deepInclude(
      frame.fields.find(({ name }) => name === "status"),
      { offset: 9, size: 2, value: "0x00 (ok)" }
    )
    rawIsRight(bytes, frame)
  })

  it("tells DLOAD ack, Hello and DIAG apart", () => {
    const names = (bytes: string) => decoded(hex(bytes)).frames.map(({ name }) => name)
    assert.deepStrictEqual(names("7E 02 6A D3 7E"), ["DLOAD ack"])
    assert.deepStrictEqual(names("7E 70 00 00 14 46 7E"), ["DLOAD to SDP switch"])
    assert.deepStrictEqual(names("13 70 00 00 6a 9a 7e"), ["DIAG bad command (the port is not in download mode)"])
    const helloFrame = only(encodeFrame(encodeRequest(hello(6))), "qdl")
    assert.deepInclude(valuesOf(helloFrame), { magic: "QCOM high speed protocol hst", maxVersion: 6, features: "0x30" })
  })

  it("names image type and header of an Open", () => {
    const bytes = encodeFrame(concat(hex("25 80 50 14 00 00 01 C0 12 00 00 00 00"), new Uint8Array(400)))
    const frame = only(bytes, "qdl")
    assert.deepInclude(valuesOf(frame), { imageType: "0x80 (CWE)", length: 5200, window: 1, chunkSize: 4800, flags: 0 })
    assert.deepInclude(
      frame.fields.find(({ name }) => name === "image header"),
      { offset: 14, size: 400 }
    )
  })

  it("shows raw writes with their data, between frames, flags in the data or not", () => {
    const data = hex("7E 27 7E 00")
    const bytes = concat(hex("7E 70 00 00 14 46 7E"), writeHeader(0, 4), data, hex("7E 29 BB 4C 7E"))
    const { frames } = decoded(bytes)
    assert.deepStrictEqual(
      frames.map(({ name, size, problems }) => [name, size, problems.length]),
      [
        ["DLOAD to SDP switch", 7, 0],
        ["Write unframed request", 17, 0],
        ["Close unframed request", 5, 0]
      ]
    )
    assert.deepInclude(valuesOf(frames[1] ?? assert.fail()), { sequence: 0, length: 4 })
  })

  it("shows a write header that was posted without its data, and the answer behind it (qdl.md §3.5)", () => {
    const header = hex("27 04 00 00 00 00 00 F0 3D 09 00 C6 24")
    assert.deepStrictEqual(only(header, "qdl").problems, [])
    const { frames } = decoded(concat(header, hex("7E 28 00 00 00 00 00 00 00 00 14 39 7E")))
    assert.deepStrictEqual(
      frames.map(({ name, problems }) => [name, problems.length]),
      [
        ["Write unframed request", 0],
        ["Write unframed response", 0]
      ]
    )
  })

  it("says that a write header has a wrong checksum or too little data", () => {
    const [bad] = decoded(hex("27 04 00 00 00 00 00 F0 3D 09 00 C6 25")).frames
    assert.deepStrictEqual(bad?.problems, ["QDL write header: CRC mismatch (wanted 0x24c6, found 0x25c6)"])
    const [short] = decoded(concat(writeHeader(0, 10), hex("00 00"))).frames
    assert.deepStrictEqual(short?.problems, ["announces 10 bytes of data, found 2"])
  })

  it("says that a frame has a wrong checksum and shows its fields all the same", () => {
    const bytes = hex("7E 0D 05 00 00 00 00 04 E5 7E")
    const frame = decoded(bytes, "qdl").frames[0] ?? assert.fail()
    assert.deepStrictEqual(frame.problems, ["HDLC frame: CRC mismatch (wanted 0xe404, found 0xe504)"])
    assert.deepInclude(valuesOf(frame), { code: "0x05 (invalid command)", "frame CRC": "0xe504" })
  })

  it("says that a message has a wrong size and shows what is there", () => {
    const frame = decoded(encodeFrame(hex("26 07 00 01")), "qdl").frames[0] ?? assert.fail()
    assert.deepStrictEqual(frame.problems, ["QDL Open response: wanted 8 bytes, found 4"])
    assert.deepInclude(valuesOf(frame), { status: "0x07 (image not required)", window: 1 })
    const long = decoded(encodeFrame(hex("2A 00 00 80 00 AA BB")), "qdl").frames[0] ?? assert.fail()
    assert.strictEqual(valuesOf(long)["unknown bytes"], "aa bb")
  })

  it("shows a message posted without flags and checksum", () => {
    const frame = only(hex("0D 16 00 00 00 00"), "qdl")
    assert.strictEqual(frame.name, "Error")
    assert.deepStrictEqual(frame.problems, ["no HDLC frame around the message"])
  })

  it("shows stale bytes in front of a frame and an unclosed one behind", () => {
    const { frames } = decoded(hex("04 00 00 7E 02 6A D3 7E 7E 29 BB"))
    assert.deepStrictEqual(
      frames.map(({ name, offset, size }) => [name, offset, size]),
      [
        ["stray bytes", 0, 3],
        ["DLOAD ack", 3, 5],
        ["unknown message", 8, 3]
      ]
    )
    assert.include(frames[2]?.problems ?? [], "no closing flag 0x7e")
  })
})

describe("decode AT", () => {
  it("shows an exchange line by line", () => {
    const bytes = concat(text("AT!IMPREF?\r"), transcripts.wire(transcripts.imagePreference.mismatch))
    const frame = only(bytes, "at")
    assert.strictEqual(frame.name, "AT!IMPREF?")
    assert.deepStrictEqual(frame.problems, [])
    assert.deepInclude(valuesOf(frame), {
      command: "AT!IMPREF?",
      "preferred fw version": "02.24.05.06",
      "current carrier name": "GENERIC",
      text: " config name mismatch",
      "final code": "OK"
    })
    const firmware = frame.fields.find(({ name }) => name === "preferred fw version")
    assert.deepInclude(firmware, { offset: 24, size: 37 })
    rawIsRight(bytes, frame)
  })

  it("reads a pasted session with plain line feeds", () => {
    const { frames } = decoded(text("ATI\nModel: MC7455\nRevision: SWI9X30C_02.33.03.00\n\nOK\nAT!BOOTHOLD\nERROR\n"))
    assert.deepStrictEqual(
      frames.map(({ name, fields, problems }) => [name, fields.at(-1)?.value, problems.length]),
      [
        ["ATI", "OK", 0],
        ["AT!BOOTHOLD", "ERROR", 0]
      ]
    )
  })

  it("says that the final code is missing, and that a reply says too little", () => {
    assert.deepStrictEqual(only(text("AT!PCINFO?\r\r\nState: Online\r\n"), "at").problems, [
      "no final code (OK, ERROR) behind the text"
    ])
    const [problem] = only(text("ATI\r\r\nAPP1\r\n\r\nOK\r\n"), "at").problems
    assert.include(problem ?? "", "Model")
    assert.deepStrictEqual(only(text("AT!BOOTHOLD\r"), "at").problems, [])
  })

  it("does not take help or the carrier ATT for a command", () => {
    const { frames } = decoded(text("AT!IMAGE=?\r\r\nAT!IMAGE=<op>[,<type>]\r\nATT\r\n\r\nOK\r\n"))
    assert.strictEqual(frames.length, 1)
  })
})

describe("decode", () => {
  const cwe: Dissector = {
    protocol: "cwe",
    guess: (bytes) => (bytes.length === 400 ? 0.9 : 0),
    dissect: (bytes) => [{ name: "CWE header", offset: 0, size: bytes.length, fields: [], problems: [] }]
  }

  it("takes dissectors of other folders beside its own", () => {
    const dissectors = [...protocolDissectors, cwe]
    const found = Result.getOrThrow(decode(new Uint8Array(400), { dissectors }))
    assert.deepInclude(found, { protocol: "cwe", guessed: true })
    assert.strictEqual(Result.getOrThrow(decode(hex("02"), { dissectors, protocol: "CWE" })).protocol, "cwe")
  })

  it("does as it is told, also where another protocol fits better", () => {
    const found = decoded(hex("7E 02 6A D3 7E"), "qmux")
    assert.deepInclude(found, { protocol: "qmux", guessed: false })
    assert.lengthOf(found.frames[0]?.problems ?? [], 1)
  })

  it("refuses unknown protocols, unrecognised bytes and none", () => {
    const reason = (result: ReturnType<typeof decode>) => (Result.isFailure(result) ? result.failure.reason : undefined)
    assert.deepStrictEqual(reason(decode(hex("01"), { protocol: "x25" })), {
      _tag: "UnknownProtocol",
      wanted: "x25",
      known: ["qmux", "mbim", "qdl", "at"]
    })
    assert.deepInclude(reason(decode(hex("ff fe fd"))), { _tag: "NotRecognised" })
    assert.deepInclude(reason(decode(hex(""))), { _tag: "NothingToDecode" })
    assert.deepInclude(reason(decode(hex(""), { protocol: "at" })), { _tag: "NothingToDecode" })
  })

  const Piece = Schema.Literals([
    "01 0b 00 00 02 05 00 01 00 47 00 00 00",
    "01 05 00",
    "27",
    "7e",
    "7d",
    "41 54",
    "0d",
    "0a",
    "25 80",
    "28 00"
  ])
  it.prop(
    "never throws, keeps frames inside the bytes and in order, whatever comes",
    [Schema.Array(Schema.Union([Piece, Bytes]))],
    ([pieces]) => {
      const bytes = concat(...pieces.map((piece) => (typeof piece === "string" ? hex(piece) : Uint8Array.from(piece))))
      decode(bytes)
      for (const dissector of protocolDissectors) {
        const score = dissector.guess(bytes)
        assert.isTrue(score >= 0 && score <= 1)
        let end = 0
        for (const frame of dissector.dissect(bytes)) {
          assert.isTrue(frame.offset >= end && frame.offset + frame.size <= bytes.length)
          assert.isAbove(frame.size, 0)
          end = frame.offset + frame.size
          rawIsRight(bytes, frame)
          for (const { offset, size } of frame.fields) {
            assert.isTrue(offset >= frame.offset && offset + size <= frame.offset + frame.size)
          }
        }
        if (dissector.protocol === "qmux") assert.strictEqual(end, bytes.length)
      }
    }
  )

  it("is linear in its bytes", () => {
    const started = performance.now()
    for (const byte of [0x00, 0x01, 0x27, 0x41, 0x7d, 0x7e]) {
      const bytes = new Uint8Array(150_000).fill(byte)
      for (const dissector of protocolDissectors) {
        dissector.guess(bytes)
        dissector.dissect(bytes)
      }
    }
    assert.isBelow(performance.now() - started, 10_000)
  })
})

describe("readDecodeInput", () => {
  const read = (input: Uint8Array) => {
    const result = readDecodeInput(input)
    return Result.isSuccess(result) ? result.success : result.failure
  }

  it("reads hex, leaves binary as it is, and takes other text for AT", () => {
    assert.deepStrictEqual(read(text("7e 02 6a d3 7e\n")), { form: "hex", bytes: hex("7e 02 6a d3 7e") })
    const binary = hex("7e 02 6a d3 7e")
    assert.deepStrictEqual(read(binary), { form: "binary", bytes: binary })
    const reply = transcripts.wire(transcripts.identification.mc7455)
    assert.deepStrictEqual(read(reply), { form: "text", bytes: reply })
    for (const command of ["AT", "ATE0", "ATI", "AT!BOOTHOLD", "0\r\n\r\nOK"]) {
      assert.deepInclude(read(text(command)), { form: "text" })
    }
  })

  it("does not take a typing error in hex for AT", () => {
    assert.deepInclude(read(text("01:0B:00:00:0g:00")), { _tag: "HexError", line: 1, column: 13 })
    assert.deepInclude(read(text("  \n")), { _tag: "HexError" })
  })

  it("takes every transcript of at.md for text", () => {
    const all = [
      ...Object.values(transcripts.identification),
      ...Object.values(transcripts.imagePreference),
      transcripts.storedImages,
      transcripts.priId,
      ...Object.values(transcripts.powerInfo),
      ...Object.values(transcripts.status)
    ]
    for (const transcript of all) {
      const input = read(transcripts.wire(transcript))
      assert(!("_tag" in input) && input.form === "text")
      assert.deepInclude(decoded(input.bytes), { protocol: "at" })
    }
  })
})
