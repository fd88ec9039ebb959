/** QDL/DLOAD for `decode`: HDLC frames, raw writes, and messages without their frame (qdl.md). Pure. */
import * as Result from "effect/Result"
import { crc16 } from "../crc16.ts"
import { decodeFrameBody, Hdlc, unescapeBody } from "../hdlc.ts"
import { viewOf, type PlacedField } from "../layout.ts"
import {
  Command,
  describeCloseStatus,
  describeError,
  describeImageType,
  describeOpenStatus,
  describeWriteStatus,
  maxChunkLength
} from "../qdl/command.ts"
import type { QdlCodecError } from "../qdl/QdlCodecError.ts"
import {
  BareRequest,
  decodeRequest,
  DloadSwitchRequest,
  HelloRequest,
  OpenRequest,
  readWriteHeader,
  WriteRequest
} from "../qdl/request.ts"
import {
  CloseResponse,
  decodeResponse,
  DloadAckResponse,
  ErrorResponse,
  HelloResponse,
  ImagePreferenceResponse,
  OpenResponse,
  WriteResponse
} from "../qdl/response.ts"
import {
  field,
  strayBytes,
  textOrHex,
  type DecodedField,
  type DecodedFrame,
  type DecodedValue,
  type Dissector
} from "./Dissector.ts"

interface Shape {
  readonly name: string
  readonly fields: ReadonlyArray<PlacedField>
  readonly side: "request" | "response"
  /** What follows the fixed part. */
  readonly rest?: string
}

const request = (name: string, layout: { readonly fields: ReadonlyArray<PlacedField> }, rest?: string): Shape => ({
  name,
  fields: layout.fields,
  side: "request",
  ...(rest === undefined ? {} : { rest })
})
const response = (name: string, layout: { readonly fields: ReadonlyArray<PlacedField> }, rest?: string): Shape => ({
  ...request(name, layout, rest),
  side: "response"
})

const shapes: ReadonlyMap<number, Shape> = new Map([
  [Command.HelloRequest, request("Hello request", HelloRequest)],
  [Command.HelloResponse, response("Hello response", HelloResponse)],
  [Command.DloadNoop, request("DLOAD no-op", BareRequest)],
  [Command.Error, response("Error", ErrorResponse)],
  [
    Command.DiagBadCommand,
    response("DIAG bad command (the port is not in download mode)", BareRequest, "refused request")
  ],
  [Command.OpenRequest, request("Open unframed request", OpenRequest, "image header")],
  [Command.OpenResponse, response("Open unframed response", OpenResponse)],
  [Command.WriteRequest, request("Write unframed request", WriteRequest)],
  [Command.WriteResponse, response("Write unframed response", WriteResponse)],
  [Command.CloseRequest, request("Close unframed request", BareRequest)],
  [Command.CloseResponse, response("Close unframed response", CloseResponse)],
  [Command.DownloadRequest, request("Download request", BareRequest, "parameters")],
  [Command.ResetRequest, request("Reset request", BareRequest)],
  [Command.ImagePreferenceRequest, request("Get image preference request", BareRequest)],
  [Command.ImagePreferenceResponse, response("Get image preference response", ImagePreferenceResponse, "entries")],
  [Command.DloadSwitch, request("DLOAD to SDP switch", DloadSwitchRequest)]
])

const dloadAck = response("DLOAD ack", DloadAckResponse)

const shapeOf = (payload: Uint8Array): Shape | undefined =>
  payload[0] === Command.DloadAck && payload.length === 1 ? dloadAck : shapes.get(payload[0] ?? -1)

const hex2 = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`

/** Numbers that have names. */
const described = (command: number, name: string, value: unknown): DecodedValue => {
  if (value instanceof Uint8Array) return textOrHex(value)
  if (typeof value === "string") return value
  if (typeof value !== "number") return null
  switch (name) {
    case "command":
    case "features":
      return hex2(value)
    case "code":
      return describeError(value)
    case "imageType":
      return describeImageType(value)
    case "crc":
      return `0x${value.toString(16).padStart(4, "0")}`
    case "status":
      return command === Command.OpenResponse
        ? describeOpenStatus(value)
        : command === Command.WriteResponse
          ? describeWriteStatus(value)
          : describeCloseStatus(value)
    default:
      return value
  }
}

/** Where the bytes of a payload stand in the input: escapes shift them. */
interface Placed {
  readonly bytes: Uint8Array
  readonly payload: Uint8Array
  /** Input offset of the payload's byte `i`; `payload.length` gives the end. */
  readonly at: (i: number) => number
}

const payloadFields = (shape: Shape | undefined, { bytes, payload, at }: Placed): ReadonlyArray<DecodedField> => {
  const view = viewOf(payload)
  const make = (name: string, offset: number, size: number, value: DecodedValue) =>
    field(name, bytes, at(offset), at(offset + size) - at(offset), value)
  const fields: Array<DecodedField> = []
  let end = 0
  for (const placed of shape?.fields ?? []) {
    if (placed.offset + placed.size > payload.length) break
    const value = described(payload[0] ?? 0, placed.name, placed.get(view, placed.offset))
    fields.push(make(placed.name, placed.offset, placed.size, value))
    end = placed.offset + placed.size
  }
  if (end < payload.length) {
    fields.push(make(shape?.rest ?? "unknown bytes", end, payload.length - end, textOrHex(payload.subarray(end))))
  }
  return fields
}

const payloadProblems = (shape: Shape | undefined, payload: Uint8Array): ReadonlyArray<string> => {
  // Nothing is known about what the parameters of a download request should be.
  if (payload.length === 0 || payload[0] === Command.DownloadRequest) return []
  const problem = (error: QdlCodecError) => [error.message]
  const none = () => []
  return shape?.side === "request"
    ? Result.match(decodeRequest(payload), { onFailure: problem, onSuccess: none })
    : Result.match(decodeResponse(payload), { onFailure: problem, onSuccess: none })
}

/** `body` stands between flags at `from`; `flags` are the bytes around it that belong to the frame. */
const dissectBody = (bytes: Uint8Array, from: number, to: number, lead: number, closed: boolean): DecodedFrame => {
  const body = bytes.subarray(from, to)
  const { plain, positions } = unescapeBody(body)
  const good = decodeFrameBody(body)
  const problems: Array<string> = []
  if (!closed) problems.push("no closing flag 0x7e")
  if (Result.isFailure(good)) problems.push(good.failure.message)
  const end = Math.max(plain.length - 2, 0)
  const payload = plain.subarray(0, end)
  const at = (i: number): number => from + (positions[i] ?? body.length)
  const shape = shapeOf(payload)
  const fields = [...payloadFields(shape, { bytes, payload, at })]
  if (plain.length >= 2) {
    const found = (plain[end] ?? 0) | ((plain[end + 1] ?? 0) << 8)
    fields.push(
      field("frame CRC", bytes, at(end), from + body.length - at(end), `0x${found.toString(16).padStart(4, "0")}`)
    )
  }
  return {
    name: shape?.name ?? "unknown message",
    offset: from - lead,
    size: to - from + lead + (closed ? 1 : 0),
    fields,
    problems: [...problems, ...payloadProblems(shape, payload)]
  }
}

/** Whether a good frame begins here, i.e. the data of a write was left out of the log. */
const goodFrameAt = (bytes: Uint8Array, from: number): boolean => {
  if (bytes[from] !== Hdlc.flag) return false
  const flag = bytes.indexOf(Hdlc.flag, from + 1)
  return flag !== -1 && flag - from < 1024 && Result.isSuccess(decodeFrameBody(bytes.subarray(from + 1, flag)))
}

const dissectWrite = (bytes: Uint8Array, from: number): DecodedFrame => {
  const dataFrom = from + WriteRequest.size
  const payload = bytes.subarray(from, Math.min(dataFrom, bytes.length))
  const problems = [...payloadProblems(shapes.get(Command.WriteRequest), payload)]
  const fields = [...payloadFields(shapes.get(Command.WriteRequest), { bytes, payload, at: (i) => from + i })]
  const read = readWriteHeader(payload)
  const length = Result.isSuccess(read) ? read.success.header.length : 0
  if (length > maxChunkLength) {
    problems.push(`announces ${String(length)} bytes of data, more than the ${String(maxChunkLength)} of a chunk`)
  }
  const left = bytes.length - dataFrom
  const size = left < length && goodFrameAt(bytes, dataFrom) ? 0 : Math.max(Math.min(left, length), 0)
  if (size > 0) {
    fields.push(field("data", bytes, dataFrom, size, `${String(size)} bytes, CRC ${hexCrc(bytes, dataFrom, size)}`))
  }
  // A header alone is what logs mostly show.
  if (size > 0 && size < length) problems.push(`announces ${String(length)} bytes of data, found ${String(size)}`)
  return { name: "Write unframed request", offset: from, size: payload.length + size, fields, problems }
}

const hexCrc = (bytes: Uint8Array, from: number, size: number): string =>
  `0x${crc16(bytes.subarray(from, from + size))
    .toString(16)
    .padStart(4, "0")}`

/** A message that was posted without flags and CRC. */
const dissectBare = (payload: Uint8Array): DecodedFrame => {
  const shape = shapeOf(payload)
  return {
    name: shape?.name ?? "unknown message",
    offset: 0,
    size: payload.length,
    fields: payloadFields(shape, { bytes: payload, payload, at: (i) => i }),
    problems: ["no HDLC frame around the message", ...payloadProblems(shape, payload)]
  }
}

const isGoodHeader = (bytes: Uint8Array, from: number): boolean => {
  const read = readWriteHeader(bytes.subarray(from, from + WriteRequest.size))
  return (
    bytes[from] === Command.WriteRequest && Result.isSuccess(read) && read.success.wantedCrc === read.success.foundCrc
  )
}

/** What stands between two flags and is longer is no frame. */
const frameLimit = 65_536

const dissect = (bytes: Uint8Array): ReadonlyArray<DecodedFrame> => {
  const frames: Array<DecodedFrame> = []
  let at = 0
  while (at < bytes.length) {
    if (bytes[at] === Command.WriteRequest) {
      const frame = dissectWrite(bytes, at)
      frames.push(frame)
      at += frame.size
      continue
    }
    const lead = bytes[at] === Hdlc.flag ? 1 : 0
    const from = at + lead
    const flag = bytes.indexOf(Hdlc.flag, from)
    const to = flag === -1 ? bytes.length : flag
    if (to === from) {
      // `7E 7E`: an empty frame; the second flag opens the next one.
      at = from
      continue
    }
    const body = bytes.subarray(from, to)
    const closed = flag !== -1
    if (to - from > frameLimit) {
      frames.push(strayBytes(bytes, at, to, `no flag 0x7e within ${String(frameLimit)} bytes`))
      at = to
    } else if (lead === 0 && !closed) {
      frames.push(at === 0 ? dissectBare(bytes) : strayBytes(bytes, at, to, "bytes behind the last frame"))
      at = to
    } else if (lead === 0 && Result.isFailure(decodeFrameBody(body))) {
      // The flag may open the next frame: it is not taken.
      frames.push(strayBytes(bytes, at, to, "bytes in front of a frame"))
      at = to
    } else {
      frames.push(dissectBody(bytes, from, to, lead, closed))
      at = closed ? to + 1 : to
    }
  }
  return frames
}

export const qdlDissector: Dissector = {
  protocol: "qdl",
  guess: (bytes) => {
    if (isGoodHeader(bytes, 0)) return 1
    const first = bytes.indexOf(Hdlc.flag)
    if (first !== -1) {
      for (let from = 0, flags = 0; flags < 16; flags++) {
        const flag = bytes.indexOf(Hdlc.flag, from)
        if (flag === -1) break
        if (flag - from < 4096 && Result.isSuccess(decodeFrameBody(bytes.subarray(from, flag)))) return 1
        from = flag + 1
      }
      return first === 0 || bytes.at(-1) === Hdlc.flag ? 0.5 : 0
    }
    // A header with a wrong checksum, if at least the length is one of a chunk.
    const header = bytes[0] === Command.WriteRequest ? readWriteHeader(bytes.subarray(0, WriteRequest.size)) : undefined
    if (header !== undefined) {
      return Result.isSuccess(header) && header.success.header.length <= maxChunkLength ? 0.4 : 0
    }
    const shape = shapeOf(bytes)
    if (shape === undefined || bytes[0] === Command.DownloadRequest) return 0
    return payloadProblems(shape, bytes).length === 0 ? 0.3 : 0
  },
  dissect
}
