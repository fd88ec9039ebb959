/** What goes over a download port (qdl.md). */
import * as Result from "effect/Result"
import { crc16 } from "../../../src/protocol/crc16.ts"
import { decodeFrameBody, Deframer, defaultFrameLimit, encodeFrame, unescapeBody } from "../../../src/protocol/hdlc.ts"
import { DeviceReceiver } from "../../../src/protocol/qdl/DeviceReceiver.ts"
import type { DeviceInput } from "../../../src/protocol/qdl/DeviceReceiver.ts"
import {
  decodeRequest,
  decodeWriteHeader,
  encodeRequest,
  hello,
  writeHeader
} from "../../../src/protocol/qdl/request.ts"
import type { QdlRequest } from "../../../src/protocol/qdl/request.ts"
import { decodeResponse, encodeResponse } from "../../../src/protocol/qdl/response.ts"
import type { QdlResponse } from "../../../src/protocol/qdl/response.ts"
import { helloMagic } from "../../../src/protocol/qdl/command.ts"
import { equal, hold, pieces, readable } from "../invariants.ts"
import type { Random } from "../Random.ts"
import type { Target } from "../Target.ts"

const header = new Uint8Array(400).fill(0x2d)

const requests: ReadonlyArray<QdlRequest> = [
  hello(4),
  hello(6),
  { _tag: "OpenUnframed", imageType: 0x80, length: 70_000, window: 1, chunkSize: 69_600, flags: 0, header },
  { _tag: "WriteUnframed", sequence: 1, address: 0, length: 12 },
  { _tag: "DloadSwitch" },
  { _tag: "CloseUnframed" },
  { _tag: "Reset" },
  { _tag: "DloadNoop" },
  { _tag: "GetImagePreference" }
]

const responses: ReadonlyArray<QdlResponse> = [
  { _tag: "DloadAck" },
  { _tag: "Hello", magic: helloMagic, maxVersion: 6, minVersion: 6, features: 0x30 },
  { _tag: "Error", code: 0x21, text: 0x41 },
  { _tag: "Open", status: 0, window: 1, chunkSize: 0x100000 },
  { _tag: "Write", sequence: 3, reserved: 0, status: 0 },
  { _tag: "Close", status: 0, type: 1, text: 0x42 },
  { _tag: "ImagePreference", entries: [{ type: 0, id: new Uint8Array(16).fill(0x41) }] },
  { _tag: "DiagBadCommand", request: Uint8Array.of(0x70, 0, 0) }
]

const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

/** A whole session as it goes to the modem, and what comes back. */
const toModem = concat(
  encodeFrame(Uint8Array.of(0x70, 0, 0)),
  ...requests.slice(0, 3).map((request) => encodeFrame(encodeRequest(request))),
  writeHeader(0, 12),
  new Uint8Array(12).fill(0x7e),
  writeHeader(1, 3),
  Uint8Array.of(0x27, 0x7d, 0x7e),
  encodeFrame(Uint8Array.of(0x29)),
  encodeFrame(Uint8Array.of(0x2d))
)
const fromModem = concat(...responses.map((response) => encodeFrame(encodeResponse(response))))

/** What stands between flags becomes a frame with a right sum; so do write headers. */
const repairStream = (input: Uint8Array, random: Random): Uint8Array => {
  const out: Array<number> = []
  let from = 0
  while (from < input.length && out.length < 8192) {
    if (input[from] === 0x27) {
      const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
      const left = input.length - from
      const length = left < 13 || random.once(4) ? random.below(64) : view.getUint32(from + 7, true)
      out.push(...writeHeader(random.below(0x10000), length))
      from += Math.min(left, 13)
      const data = input.subarray(from, from + Math.min(length, 4096))
      out.push(...data)
      from += data.length
      continue
    }
    const flag = input.indexOf(0x7e, from)
    const to = flag === -1 ? input.length : flag
    if (to > from) out.push(...encodeFrame(unescapeBody(input.subarray(from, to)).plain.slice(0, -2)))
    from = to + 1
  }
  return Uint8Array.from(out)
}

/** Pieces of data joined: how the stream was cut must not show. */
const joined = (inputs: ReadonlyArray<DeviceInput>): ReadonlyArray<unknown> => {
  const out: Array<unknown> = []
  let data: Array<Uint8Array> = []
  const flush = (): void => {
    if (data.length > 0) out.push(Buffer.concat(data).toString("hex"))
    data = []
  }
  for (const input of inputs) {
    if (input._tag === "WriteData") {
      data.push(input.bytes)
      continue
    }
    flush()
    out.push(input)
  }
  flush()
  return out
}

export const qdlTargets: ReadonlyArray<Target> = [
  {
    name: "hdlc",
    seeds: () => [toModem, fromModem, encodeFrame(Uint8Array.of(0x7e, 0x7d, 0x5e)), Uint8Array.of(0x7e, 0x7e)],
    repair: repairStream,
    longest: 5120,
    run: (input) => {
      const whole = new Deframer()
      const frames = whole.push(input)
      const split = new Deframer()
      equal(
        "split, the frames are the same",
        pieces(input).flatMap((piece) => split.push(piece)),
        frames
      )
      hold("what waits is bounded", whole.pending <= defaultFrameLimit && split.pending === whole.pending)
      for (const frame of frames) {
        readable(frame)
        if (Result.isFailure(frame)) continue
        equal("a frame survives", new Deframer().push(encodeFrame(frame.success)), [frame])
      }
      const small = new Deframer(16)
      small.push(input)
      hold("a small limit holds", small.pending <= 16)
      const { plain, positions } = unescapeBody(input)
      hold("every plain byte has a place", plain.length === positions.length)
      const framed = encodeFrame(input)
      hold("flags only at the ends", framed.indexOf(0x7e, 1) === framed.length - 1)
      const body = framed.subarray(1, -1)
      const back = decodeFrameBody(body)
      hold("anything can be framed", Result.isSuccess(back) || input.length === 0)
      if (Result.isSuccess(back)) equal("and comes back", back.success, input)
      crc16(input)
    }
  },
  {
    name: "qdl-response",
    longest: 1024,
    seeds: () => responses.map(encodeResponse),
    run: (input) => {
      const decoded = decodeResponse(input)
      readable(decoded)
      if (Result.isFailure(decoded)) return
      const again = encodeResponse(decoded.success)
      hold("its size is the same", again.length === input.length)
      equal("a response survives", decodeResponse(again), decoded)
      // All but the reserved fields of Hello.
      if (decoded.success._tag !== "Hello") equal("byte for byte", again, input)
    }
  },
  {
    name: "qdl-request",
    longest: 1024,
    seeds: () => requests.map(encodeRequest),
    repair: (input, random) => {
      if (input[0] !== 0x27 || input.length < 11) return input
      const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
      return writeHeader(view.getUint16(1, true), view.getUint32(7, true), random.once(2) ? 0 : view.getUint32(3, true))
    },
    run: (input) => {
      const decoded = decodeRequest(input)
      readable(decoded)
      readable(decodeWriteHeader(input))
      if (Result.isFailure(decoded)) return
      const again = encodeRequest(decoded.success)
      equal("a request survives", decodeRequest(again), decoded)
      if (decoded.success._tag !== "DloadSwitch") equal("byte for byte", again, input)
    }
  },
  {
    name: "qdl-device",
    longest: 5120,
    seeds: () => [toModem, concat(writeHeader(0, 0x100001), Uint8Array.of(0x7e, 0x29, 0xbb, 0x4c, 0x7e)), fromModem],
    repair: repairStream,
    run: (input) => {
      for (const options of [{}, { maxDataLength: 64, frameLimit: 32 }]) {
        const whole = new DeviceReceiver(options)
        const heard = joined(whole.push(input))
        const split = new DeviceReceiver(options)
        equal("split, the same is heard", joined(pieces(input).flatMap((piece) => split.push(piece))), heard)
        hold("as much is missing", split.missing === whole.missing)
        whole.reset()
        equal("after a reset it hears again", joined(whole.push(Uint8Array.of(0x7e, 0x29, 0xbb, 0x4c, 0x7e))), [
          { _tag: "Frame", payload: Uint8Array.of(0x29) }
        ])
      }
    }
  }
]
