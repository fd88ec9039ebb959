/** MBIM control messages, whole, in both directions (qmi.md §5.1). All integers little endian; UUIDs in network order. */
import * as Result from "effect/Result"
import { viewOf } from "../layout.ts"
import { MessageType, typeName } from "./codes.ts"
import { MbimCodecError } from "./MbimCodecError.ts"

/** Type, total length, transaction. */
export const headerSize = 12
/** Header, fragment total and fragment index. */
export const fragmentHeaderSize = 20
/** Before the information buffer. */
const commandSize = 48
const indicationSize = 44

/** Indications belong to no request. */
export const NO_TRANSACTION = 0

export type MbimMessage =
  | { readonly _tag: "Open"; readonly transaction: number; readonly maxControlTransfer: number }
  | { readonly _tag: "Close"; readonly transaction: number }
  | {
      readonly _tag: "Command"
      readonly transaction: number
      /** UUID in lower case with dashes. */
      readonly service: string
      readonly cid: number
      readonly type: "query" | "set"
      readonly buffer: Uint8Array
    }
  | { readonly _tag: "HostError"; readonly transaction: number; readonly error: number }
  | { readonly _tag: "OpenDone"; readonly transaction: number; readonly status: number }
  | { readonly _tag: "CloseDone"; readonly transaction: number; readonly status: number }
  | {
      readonly _tag: "CommandDone"
      readonly transaction: number
      readonly service: string
      readonly cid: number
      readonly status: number
      readonly buffer: Uint8Array
    }
  | { readonly _tag: "FunctionError"; readonly transaction: number; readonly error: number }
  | {
      readonly _tag: "IndicateStatus"
      readonly transaction: number
      readonly service: string
      readonly cid: number
      readonly buffer: Uint8Array
    }

const types: { readonly [T in MbimMessage["_tag"]]: number } = {
  Open: MessageType.open,
  Close: MessageType.close,
  Command: MessageType.command,
  HostError: MessageType.hostError,
  OpenDone: MessageType.openDone,
  CloseDone: MessageType.closeDone,
  CommandDone: MessageType.commandDone,
  FunctionError: MessageType.functionError,
  IndicateStatus: MessageType.indicateStatus
}

const fragmentable = new Set<number>([MessageType.command, MessageType.commandDone, MessageType.indicateStatus])

/** Only these have a fragment header and may come in pieces (qmi.md §5.2). */
export const isFragmentable = (type: number): boolean => fragmentable.has(type)

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** 16 bytes of `d1a30bc2-…`. Throws `RangeError` (a defect of the caller) for other text. */
export const uuidBytes = (uuid: string): Uint8Array => {
  if (!uuidPattern.test(uuid)) throw new RangeError(`${uuid} is no UUID in lower case`)
  const digits = uuid.replaceAll("-", "")
  return Uint8Array.from({ length: 16 }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16))
}

/** Text of 16 bytes at `offset`, which must be there. */
export const uuidText = (bytes: Uint8Array, offset: number): string => {
  let digits = ""
  for (const byte of bytes.subarray(offset, offset + 16)) digits += byte.toString(16).padStart(2, "0")
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    "-"
  )
}

const u32 = (view: DataView, offset: number, value: number): void => {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError(`${String(value)} is not an unsigned integer of 4 bytes`)
  }
  view.setUint32(offset, value, true)
}

const sizeOf = (message: MbimMessage): number => {
  switch (message._tag) {
    case "Close":
      return headerSize
    case "Command":
    case "CommandDone":
      return commandSize + message.buffer.length
    case "IndicateStatus":
      return indicationSize + message.buffer.length
    default:
      return headerSize + 4
  }
}

/** The bytes of the message as one piece, whatever its length. Throws `RangeError` for a value that does not fit. */
export const encodeMessage = (message: MbimMessage): Uint8Array => {
  const out = new Uint8Array(sizeOf(message))
  const view = viewOf(out)
  u32(view, 0, types[message._tag])
  u32(view, 4, out.length)
  u32(view, 8, message.transaction)
  switch (message._tag) {
    case "Open":
      u32(view, 12, message.maxControlTransfer)
      break
    case "Close":
      break
    case "HostError":
    case "FunctionError":
      u32(view, 12, message.error)
      break
    case "OpenDone":
    case "CloseDone":
      u32(view, 12, message.status)
      break
    case "Command":
    case "CommandDone":
    case "IndicateStatus": {
      // One fragment, the first.
      u32(view, 12, 1)
      u32(view, 16, 0)
      out.set(uuidBytes(message.service), 20)
      u32(view, 36, message.cid)
      if (message._tag === "Command") u32(view, 40, message.type === "set" ? 1 : 0)
      if (message._tag === "CommandDone") u32(view, 40, message.status)
      const start = out.length - message.buffer.length
      u32(view, start - 4, message.buffer.length)
      out.set(message.buffer, start)
    }
  }
  return out
}

/** The fields that every message begins with; the bytes must be there. */
export interface Header {
  readonly type: number
  readonly length: number
  readonly transaction: number
}

export const readHeader = (bytes: Uint8Array, offset = 0): Header => {
  const view = viewOf(bytes)
  return {
    type: view.getUint32(offset, true),
    length: view.getUint32(offset + 4, true),
    transaction: view.getUint32(offset + 8, true)
  }
}

/** Bytes of the fixed part of a message of this type; `undefined` for a number that is no type. */
export const fixedSize = (type: number): number | undefined => {
  switch (type) {
    case MessageType.close:
      return headerSize
    case MessageType.open:
    case MessageType.hostError:
    case MessageType.openDone:
    case MessageType.closeDone:
    case MessageType.functionError:
      return headerSize + 4
    case MessageType.command:
    case MessageType.commandDone:
      return commandSize
    case MessageType.indicateStatus:
      return indicationSize
    default:
      return undefined
  }
}

/**
 * Exactly one message in one piece: every length must agree with the bytes. The buffer is a view of `bytes`, not a copy.
 * Fragments of a longer one are put together first, see {@link file://./fragments.ts}.
 */
export const decodeMessage = (bytes: Uint8Array): Result.Result<MbimMessage, MbimCodecError> => {
  const found = bytes.length
  if (found < headerSize) return failure("MBIM message", { _tag: "Truncated", wanted: headerSize, found })
  const { length, transaction, type } = readHeader(bytes)
  const fixed = fixedSize(type)
  const context = typeName(type) ?? "MBIM message"
  const fail = (reason: MbimCodecError["reason"]) => failure(context, reason, transaction)
  if (fixed === undefined) return fail({ _tag: "UnknownType", type })
  if (length !== found) return fail({ _tag: "LengthMismatch", field: "length", says: length, found })
  if (found < fixed) return fail({ _tag: "Truncated", wanted: fixed, found })
  const view = viewOf(bytes)
  const value = (offset: number): number => view.getUint32(offset, true)
  if (!isFragmentable(type)) {
    if (found > fixed) return fail({ _tag: "LengthMismatch", field: "length", says: length, found: fixed })
    return Result.succeed(decodeShort(type, transaction, fixed === headerSize ? 0 : value(12)))
  }
  // A whole message says that it has one fragment, this one.
  if (value(12) !== 1) return fail({ _tag: "FragmentOutOfSequence", what: "total", wanted: 1, found: value(12) })
  if (value(16) !== 0) return fail({ _tag: "FragmentOutOfSequence", what: "index", wanted: 0, found: value(16) })
  const says = value(fixed - 4)
  if (says !== found - fixed) {
    return fail({ _tag: "LengthMismatch", field: "buffer length", says, found: found - fixed })
  }
  // Not bytes.subarray: of a Node Buffer that would be a Buffer again.
  const buffer = new Uint8Array(bytes.buffer, bytes.byteOffset + fixed, says)
  const common = { transaction, service: uuidText(bytes, 20), cid: value(36), buffer }
  switch (type) {
    case MessageType.command: {
      const command = value(40)
      return command > 1
        ? fail({ _tag: "UnknownCommandType", found: command })
        : Result.succeed({ _tag: "Command", ...common, type: command === 1 ? "set" : "query" })
    }
    case MessageType.commandDone:
      return Result.succeed({ _tag: "CommandDone", ...common, status: value(40) })
    default:
      return Result.succeed({ _tag: "IndicateStatus", ...common })
  }
}

const failure = (
  context: string,
  reason: MbimCodecError["reason"],
  transaction?: number
): Result.Result<never, MbimCodecError> =>
  Result.fail(new MbimCodecError({ context, ...(transaction === undefined ? {} : { transaction }), reason }))

const decodeShort = (type: number, transaction: number, value: number): MbimMessage => {
  switch (type) {
    case MessageType.open:
      return { _tag: "Open", transaction, maxControlTransfer: value }
    case MessageType.hostError:
      return { _tag: "HostError", transaction, error: value }
    case MessageType.openDone:
      return { _tag: "OpenDone", transaction, status: value }
    case MessageType.closeDone:
      return { _tag: "CloseDone", transaction, status: value }
    case MessageType.functionError:
      return { _tag: "FunctionError", transaction, error: value }
    default:
      return { _tag: "Close", transaction }
  }
}

/** The id after `previous`: 1, 2, … up to the highest, then 1 again; 0 is for indications. Start with `previous` 0. */
export const nextTransaction = (previous: number): number => (previous >= 0xffff_ffff ? 1 : previous + 1)
