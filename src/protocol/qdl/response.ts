/**
 * Device to host messages of QDL/DLOAD, both directions: sessions decode, simulated modems encode (qdl.md §3).
 * Payload bytes without HDLC. Pure.
 */
import * as Result from "effect/Result"
import { ascii, bytes as raw, layout, u16, u32, u8, type Layout } from "../layout.ts"
import { Command, maxImagePreferences } from "./command.ts"
import { Empty, QdlCodecError, UnknownCommand, WrongSize } from "./QdlCodecError.ts"

export interface HelloAnswer {
  readonly _tag: "Hello"
  /** Target text, 32 bytes padded with NUL; not compared (only 24 bytes mean something up to version 5). */
  readonly magic: string
  readonly maxVersion: number
  readonly minVersion: number
  readonly features: number
}

export interface ImagePreferenceEntry {
  readonly type: number
  /** 16 bytes. */
  readonly id: Uint8Array
}

export type QdlResponse =
  /** DLOAD: now in SDP mode. */
  | { readonly _tag: "DloadAck" }
  | HelloAnswer
  /** `text` is a single byte, only good for a log (qdl.md §3.3). */
  | { readonly _tag: "Error"; readonly code: number; readonly text: number }
  | { readonly _tag: "Open"; readonly status: number; readonly window: number; readonly chunkSize: number }
  | { readonly _tag: "Write"; readonly sequence: number; readonly reserved: number; readonly status: number }
  | { readonly _tag: "Close"; readonly status: number; readonly type: number; readonly text: number }
  | { readonly _tag: "ImagePreference"; readonly entries: ReadonlyArray<ImagePreferenceEntry> }
  /** The diagnostic monitor refuses what it was sent: the port is not in download mode (yet). */
  | { readonly _tag: "DiagBadCommand"; readonly request: Uint8Array }

/** Exactly 49 bytes; the reserved fields are written as 0 and not read. */
export const HelloResponse = layout("Hello response", {
  command: u8,
  magic: ascii(32),
  maxVersion: u8,
  minVersion: u8,
  reserved1: u32,
  reserved2: u32,
  reserved3: u8,
  reserved4: u16,
  reserved5: u16,
  features: u8
})

export const DloadAckResponse = layout("DLOAD ack", { command: u8 })
export const ErrorResponse = layout("Error", { command: u8, code: u32, text: u8 })
export const OpenResponse = layout("Open response", { command: u8, status: u16, window: u8, chunkSize: u32 })
export const WriteResponse = layout("Write response", { command: u8, sequence: u16, reserved: u32, status: u16 })
export const CloseResponse = layout("Close response", { command: u8, status: u16, type: u8, text: u8 })

/** The fixed part; `count` entries follow. */
export const ImagePreferenceResponse = layout("Image preference response", { command: u8, count: u8 })
export const ImagePreferenceRecord = layout("Image preference entry", { type: u8, id: raw(16) })

/** Payload of the answer; put it through `encodeFrame`. */
export const encodeResponse = (response: QdlResponse): Uint8Array => {
  switch (response._tag) {
    case "DloadAck":
      return DloadAckResponse.encode({ command: Command.DloadAck })
    case "Hello": {
      const { magic, maxVersion, minVersion, features } = response
      return HelloResponse.encode({
        command: Command.HelloResponse,
        magic,
        maxVersion,
        minVersion,
        reserved1: 0,
        reserved2: 0,
        reserved3: 0,
        reserved4: 0,
        reserved5: 0,
        features
      })
    }
    case "Error":
      return ErrorResponse.encode({ command: Command.Error, code: response.code, text: response.text })
    case "Open": {
      const { status, window, chunkSize } = response
      return OpenResponse.encode({ command: Command.OpenResponse, status, window, chunkSize })
    }
    case "Write": {
      const { sequence, reserved, status } = response
      return WriteResponse.encode({ command: Command.WriteResponse, sequence, reserved, status })
    }
    case "Close": {
      const { status, type, text } = response
      return CloseResponse.encode({ command: Command.CloseResponse, status, type, text })
    }
    case "ImagePreference": {
      const fixed = ImagePreferenceResponse.size
      const out = new Uint8Array(fixed + response.entries.length * ImagePreferenceRecord.size)
      out.set(
        ImagePreferenceResponse.encode({ command: Command.ImagePreferenceResponse, count: response.entries.length })
      )
      response.entries.forEach((entry, index) => {
        out.set(ImagePreferenceRecord.encode(entry), fixed + index * ImagePreferenceRecord.size)
      })
      return out
    }
    case "DiagBadCommand": {
      const out = new Uint8Array(1 + response.request.length)
      out[0] = Command.DiagBadCommand
      out.set(response.request, 1)
      return out
    }
  }
}

const fail = (reason: QdlCodecError["reason"]): Result.Result<never, QdlCodecError> =>
  Result.fail(new QdlCodecError({ direction: "response", reason }))

const wrongSize = (message: string, wanted: ReadonlyArray<number>, bytes: Uint8Array) =>
  fail(WrongSize.make({ message, wanted: [...wanted], found: bytes.length }))

const exactly = <A>(
  shape: Layout<A>,
  bytes: Uint8Array,
  f: (value: A) => QdlResponse
): Result.Result<QdlResponse, QdlCodecError> =>
  Result.match(shape.decode(bytes), {
    onFailure: () => wrongSize(shape.name, [shape.size], bytes),
    onSuccess: (value) => Result.succeed(f(value))
  })

const decodeImagePreference = (bytes: Uint8Array): Result.Result<QdlResponse, QdlCodecError> => {
  const fixed = ImagePreferenceResponse.size
  const count = bytes[1] ?? 0
  const wanted = fixed + Math.min(count, maxImagePreferences) * ImagePreferenceRecord.size
  if (bytes.length !== wanted || count > maxImagePreferences) {
    return wrongSize(ImagePreferenceResponse.name, [wanted], bytes)
  }
  const entries: Array<ImagePreferenceEntry> = []
  for (let from = fixed; from < bytes.length; from += ImagePreferenceRecord.size) {
    const type = bytes[from] ?? 0
    entries.push({ type, id: bytes.slice(from + 1, from + ImagePreferenceRecord.size) })
  }
  return Result.succeed({ _tag: "ImagePreference", entries })
}

/** What the device says. Sizes are exact (qdl.md §3); code 0x02 is a DLOAD ack with 1 byte and a Hello response with 49. */
export const decodeResponse = (bytes: Uint8Array): Result.Result<QdlResponse, QdlCodecError> => {
  const command = bytes[0]
  switch (command) {
    case undefined:
      return fail(Empty.make({}))
    case Command.HelloResponse:
      if (bytes.length === DloadAckResponse.size) return Result.succeed({ _tag: "DloadAck" })
      return Result.match(HelloResponse.decode(bytes), {
        onFailure: () => wrongSize("DLOAD ack or Hello response", [DloadAckResponse.size, HelloResponse.size], bytes),
        onSuccess: ({ magic, maxVersion, minVersion, features }) =>
          Result.succeed({ _tag: "Hello" as const, magic, maxVersion, minVersion, features })
      })
    case Command.Error:
      return exactly(ErrorResponse, bytes, ({ code, text }) => ({ _tag: "Error", code, text }))
    case Command.OpenResponse:
      return exactly(OpenResponse, bytes, ({ status, window, chunkSize }) => ({
        _tag: "Open",
        status,
        window,
        chunkSize
      }))
    case Command.WriteResponse:
      return exactly(WriteResponse, bytes, ({ sequence, reserved, status }) => ({
        _tag: "Write",
        sequence,
        reserved,
        status
      }))
    case Command.CloseResponse:
      return exactly(CloseResponse, bytes, ({ status, type, text }) => ({ _tag: "Close", status, type, text }))
    case Command.ImagePreferenceResponse:
      return decodeImagePreference(bytes)
    case Command.DiagBadCommand:
      return Result.succeed({ _tag: "DiagBadCommand", request: bytes.slice(1) })
    default:
      return fail(UnknownCommand.make({ command }))
  }
}
