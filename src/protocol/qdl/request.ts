/**
 * Host to device messages of QDL/DLOAD, both directions: sessions encode, simulated modems decode (qdl.md §3).
 * Payload bytes without HDLC; the write header is sent raw. Pure.
 */
import * as Result from "effect/Result"
import { crc16Finish, crc16Start, crc16Update } from "../crc16.ts"
import { ascii, layout, u16, u32, u8 } from "../layout.ts"
import { Command, helloFeatures, helloMagic } from "./command.ts"
import { Empty, QdlCodecError, UnknownCommand, WrongHeaderCrc, WrongMagic, WrongSize } from "./QdlCodecError.ts"

export type QdlRequest =
  /** Both versions carry the one that is tried (qdl.md §3.2). */
  | { readonly _tag: "Hello"; readonly maxVersion: number; readonly minVersion: number; readonly features: number }
  | OpenUnframed
  | WriteHeader
  | { readonly _tag: "CloseUnframed" }
  | { readonly _tag: "Reset" }
  | { readonly _tag: "DloadSwitch" }
  | { readonly _tag: "DloadNoop" }
  | { readonly _tag: "GetImagePreference" }

/** Announces an image (qdl.md §3.4). */
export interface OpenUnframed {
  readonly _tag: "OpenUnframed"
  /** 0x80 CWE, 0x05/0x06/0x0D Gobi. */
  readonly imageType: number
  /** Header and payload, in bytes. */
  readonly length: number
  readonly window: number
  /** Payload bytes of the whole image, not of one write. */
  readonly chunkSize: number
  /** Reserved or feature flag [VEND]; 0. */
  readonly flags: number
  /** The first 400 bytes of a CWE, verbatim; empty for the Gobi types. */
  readonly header: Uint8Array
}

/** What precedes the data of one unframed write (qdl.md §3.5). */
export interface WriteHeader {
  readonly _tag: "WriteUnframed"
  /** 0, 1, 2… anew for each image. */
  readonly sequence: number
  /** Reserved, or an address [VEND]; 0. */
  readonly address: number
  /** Data bytes behind the header. */
  readonly length: number
}

export const HelloRequest = layout("Hello request", {
  command: u8,
  magic: ascii(32),
  maxVersion: u8,
  minVersion: u8,
  features: u8
})

/** The fixed part; the image header follows. */
export const OpenRequest = layout("Open request", {
  command: u8,
  imageType: u8,
  length: u32,
  window: u8,
  chunkSize: u32,
  flags: u16
})

/** The CRC covers the 11 bytes in front of it, never the data. */
export const WriteRequest = layout("Write header", { command: u8, sequence: u16, address: u32, length: u32, crc: u16 })

export const DloadSwitchRequest = layout("DLOAD switch", { command: u8, reserved: u16 })

/** Close, Reset, DLOAD no-op, image preference query. */
export const BareRequest = layout("One-byte request", { command: u8 })

const crcOffset = WriteRequest.size - 2

const headerCrc = (bytes: Uint8Array): number => crc16Finish(crc16Update(crc16Start, bytes, 0, crcOffset))

/** The 13 bytes in front of the data of one chunk, with their checksum. */
export const writeHeader = (sequence: number, length: number, address = 0): Uint8Array => {
  const bytes = WriteRequest.encode({ command: Command.WriteRequest, sequence, address, length, crc: 0 })
  const crc = headerCrc(bytes)
  bytes[crcOffset] = crc & 0xff
  bytes[crcOffset + 1] = crc >>> 8
  return bytes
}

/** Fields of 13 header bytes and the checksum that they should have carried, whether or not they do. */
export const readWriteHeader = (
  bytes: Uint8Array
): Result.Result<
  { readonly header: WriteHeader; readonly wantedCrc: number; readonly foundCrc: number },
  QdlCodecError
> =>
  Result.mapBoth(WriteRequest.decode(bytes), {
    onFailure: () => wrongSize(WriteRequest.name, [WriteRequest.size], bytes),
    onSuccess: ({ sequence, address, length, crc }) => ({
      header: { _tag: "WriteUnframed" as const, sequence, address, length },
      wantedCrc: headerCrc(bytes),
      foundCrc: crc
    })
  })

/** Exactly 13 header bytes; a wrong checksum is an error. */
export const decodeWriteHeader = (bytes: Uint8Array): Result.Result<WriteHeader, QdlCodecError> => {
  if (bytes.length > 0 && bytes[0] !== Command.WriteRequest)
    return fail(UnknownCommand.make({ command: bytes[0] ?? 0 }))
  return Result.flatMap(readWriteHeader(bytes), ({ header, wantedCrc, foundCrc }) =>
    wantedCrc === foundCrc ? Result.succeed(header) : fail(WrongHeaderCrc.make({ wanted: wantedCrc, found: foundCrc }))
  )
}

const fail = (reason: QdlCodecError["reason"]): Result.Result<never, QdlCodecError> =>
  Result.fail(new QdlCodecError({ direction: "request", reason }))

const wrongSize = (message: string, wanted: ReadonlyArray<number>, bytes: Uint8Array): QdlCodecError =>
  new QdlCodecError({
    direction: "request",
    reason: WrongSize.make({ message, wanted: [...wanted], found: bytes.length })
  })

/** The Hello that the reference sends: one version as maximum and minimum, features 0x30. */
export const hello = (version: number): QdlRequest => ({
  _tag: "Hello",
  maxVersion: version,
  minVersion: version,
  features: helloFeatures
})

/** Payload of the request; put it through `encodeFrame`, except `WriteUnframed`, which is sent as it is. */
export const encodeRequest = (request: QdlRequest): Uint8Array => {
  switch (request._tag) {
    case "Hello": {
      const { maxVersion, minVersion, features } = request
      return HelloRequest.encode({ command: Command.HelloRequest, magic: helloMagic, maxVersion, minVersion, features })
    }
    case "OpenUnframed": {
      const { imageType, length, window, chunkSize, flags, header } = request
      const out = new Uint8Array(OpenRequest.size + header.length)
      out.set(OpenRequest.encode({ command: Command.OpenRequest, imageType, length, window, chunkSize, flags }))
      out.set(header, OpenRequest.size)
      return out
    }
    case "WriteUnframed":
      return writeHeader(request.sequence, request.length, request.address)
    case "DloadSwitch":
      return DloadSwitchRequest.encode({ command: Command.DloadSwitch, reserved: 0 })
    case "CloseUnframed":
      return BareRequest.encode({ command: Command.CloseRequest })
    case "Reset":
      return BareRequest.encode({ command: Command.ResetRequest })
    case "DloadNoop":
      return BareRequest.encode({ command: Command.DloadNoop })
    case "GetImagePreference":
      return BareRequest.encode({ command: Command.ImagePreferenceRequest })
  }
}

const bare = (name: string, request: QdlRequest, bytes: Uint8Array): Result.Result<QdlRequest, QdlCodecError> =>
  bytes.length === 1 ? Result.succeed(request) : Result.fail(wrongSize(name, [1], bytes))

/** What the host asks for; the size of every request is exact, except the image header behind Open. */
export const decodeRequest = (bytes: Uint8Array): Result.Result<QdlRequest, QdlCodecError> => {
  const command = bytes[0]
  switch (command) {
    case undefined:
      return fail(Empty.make({}))
    case Command.HelloRequest:
      return Result.match(HelloRequest.decode(bytes), {
        onFailure: () => Result.fail(wrongSize(HelloRequest.name, [HelloRequest.size], bytes)),
        onSuccess: ({ magic, maxVersion, minVersion, features }) =>
          magic === helloMagic
            ? Result.succeed({ _tag: "Hello" as const, maxVersion, minVersion, features })
            : fail(WrongMagic.make({ found: magic }))
      })
    case Command.OpenRequest:
      return Result.mapBoth(OpenRequest.decodePrefix(bytes), {
        onFailure: () => wrongSize(OpenRequest.name, [OpenRequest.size], bytes),
        onSuccess: ({ imageType, length, window, chunkSize, flags }) => ({
          _tag: "OpenUnframed" as const,
          imageType,
          length,
          window,
          chunkSize,
          flags,
          header: bytes.slice(OpenRequest.size)
        })
      })
    case Command.WriteRequest:
      return decodeWriteHeader(bytes)
    case Command.DloadSwitch:
      return Result.mapBoth(DloadSwitchRequest.decode(bytes), {
        onFailure: () => wrongSize(DloadSwitchRequest.name, [DloadSwitchRequest.size], bytes),
        onSuccess: () => ({ _tag: "DloadSwitch" as const })
      })
    case Command.CloseRequest:
      return bare("Close request", { _tag: "CloseUnframed" }, bytes)
    case Command.ResetRequest:
      return bare("Reset request", { _tag: "Reset" }, bytes)
    case Command.DloadNoop:
      return bare("DLOAD no-op", { _tag: "DloadNoop" }, bytes)
    case Command.ImagePreferenceRequest:
      return bare("Image preference request", { _tag: "GetImagePreference" }, bytes)
    default:
      return fail(UnknownCommand.make({ command }))
  }
}
