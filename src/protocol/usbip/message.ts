/**
 * USB/IP messages, protocol version 1.1.1 (Linux `Documentation/usb/usbip_protocol.rst`). Everything is big endian, except
 * the setup packet and what the transfers carry. Pure.
 */
import * as Result from "effect/Result"
import type { LayoutError } from "../layout.ts"
import { ascii, bytes, layout, u16be, u32be, u8, viewOf } from "../layout.ts"

export const usbIpVersion = 0x0111

export const OperationCode = {
  requestList: 0x8005,
  replyList: 0x0005,
  requestImport: 0x8003,
  replyImport: 0x0003
} as const

/** Status of an operation reply: 0, or this when the device is not there or somebody has it. */
export const operationFailed = 1

export const TransferCommand = { submit: 1, unlink: 2, submitted: 3, unlinked: 4 } as const

/** Negated Linux errno, as a status says it. */
export const Status = {
  ok: 0,
  /** EPIPE: the device stalls. */
  stall: -32,
  /** EOVERFLOW: the device sent more than the buffer takes (babble). */
  overflow: -75,
  /** ECONNRESET: unlinked before it was done. */
  unlinked: -104,
  /** EREMOTEIO: fewer bytes than wanted, and the host had said that this is an error. */
  short: -121
} as const

/** Bits of `transfer_flags` that a device can see the effect of. */
export const TransferFlag = { shortNotOk: 0x01 } as const

/** `speed` of a device record. */
export const Speed = { low: 1, full: 2, high: 3, super: 5 } as const

const OperationHeader = layout("USB/IP operation header", { version: u16be, code: u16be, status: u32be })
const BusId = layout("USB/IP bus id", { busId: ascii(32) })
const DeviceRecordLayout = layout("USB/IP device record", {
  path: ascii(256),
  busId: ascii(32),
  busNumber: u32be,
  deviceNumber: u32be,
  speed: u32be,
  vendorId: u16be,
  productId: u16be,
  bcdDevice: u16be,
  deviceClass: u8,
  deviceSubclass: u8,
  deviceProtocol: u8,
  configuration: u8,
  configurations: u8,
  interfaces: u8
})
const InterfaceRecord = layout("USB/IP interface record", { class: u8, subclass: u8, protocol: u8, padding: bytes(1) })

export const operationHeaderSize = OperationHeader.size
export const busIdSize = BusId.size
export const deviceRecordSize = DeviceRecordLayout.size
/** Bytes of an answer to an import that succeeds. */
export const importReplySize = operationHeaderSize + deviceRecordSize
export const transferHeaderSize = 48

type RecordFields = Parameters<(typeof DeviceRecordLayout)["encode"]>[0]

/** A device as both operations describe it. */
export type DeviceRecord = Omit<RecordFields, "interfaces"> & {
  readonly interfaces: ReadonlyArray<{ readonly class: number; readonly subclass: number; readonly protocol: number }>
}

export interface OperationHeaderFields {
  readonly version: number
  readonly code: number
  readonly status: number
}

export const encodeOperation = (code: number, status = 0): Uint8Array =>
  OperationHeader.encode({ version: usbIpVersion, code, status })

export const decodeOperation = OperationHeader.decodePrefix

/** The text up to the first NUL, as C programs read it. */
export const decodeBusId = (field: Uint8Array): string => {
  const end = field.indexOf(0)
  return String.fromCharCode(...field.subarray(0, end < 0 ? busIdSize : Math.min(end, busIdSize)))
}

const join = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

const encodeRecord = (device: DeviceRecord): Uint8Array =>
  DeviceRecordLayout.encode({ ...device, interfaces: device.interfaces.length })

export const encodeListReply = (devices: ReadonlyArray<DeviceRecord>): Uint8Array => {
  const count = new Uint8Array(4)
  viewOf(count).setUint32(0, devices.length, false)
  return join([
    encodeOperation(OperationCode.replyList),
    count,
    ...devices.flatMap((device) => [
      encodeRecord(device),
      ...device.interfaces.map((one) => InterfaceRecord.encode({ ...one, padding: Uint8Array.of(0) }))
    ])
  ])
}

/** The answer to an import: the record, or the refusal when there is none. */
export const encodeImportReply = (device: DeviceRecord | undefined): Uint8Array =>
  device === undefined
    ? encodeOperation(OperationCode.replyImport, operationFailed)
    : join([encodeOperation(OperationCode.replyImport), encodeRecord(device)])

/** What the host asks for an import with. Throws `RangeError` (a defect) for a bus id of more than 32 bytes. */
export const encodeImportRequest = (busId: string): Uint8Array =>
  join([encodeOperation(OperationCode.requestImport), BusId.encode({ busId })])

export const encodeListRequest = (): Uint8Array => encodeOperation(OperationCode.requestList)

/** What an answer to an import says; the device is absent when the status is not 0. */
export type ImportReply = OperationHeaderFields & { readonly device: RecordFields | undefined }

export const decodeImportReply = (reply: Uint8Array): Result.Result<ImportReply, LayoutError> =>
  Result.flatMap(OperationHeader.decodePrefix(reply), (head): Result.Result<ImportReply, LayoutError> => {
    if (head.status !== 0) return Result.succeed({ ...head, device: undefined })
    const decoded = DeviceRecordLayout.decodePrefix(reply.subarray(operationHeaderSize))
    return Result.map(decoded, (device): ImportReply => ({ ...head, device }))
  })

export interface Submit {
  readonly _tag: "Submit"
  readonly sequence: number
  /** Bus number in the upper, device number in the lower 16 bits. */
  readonly device: number
  readonly direction: "in" | "out"
  readonly endpoint: number
  readonly flags: number
  /** Bytes that are sent, or the room that there is for the answer. */
  readonly length: number
  readonly setup: Uint8Array
  /** What the host sends; empty for `in`. A view of what was received. */
  readonly data: Uint8Array
}

export interface Unlink {
  readonly _tag: "Unlink"
  readonly sequence: number
  readonly device: number
  /** Sequence number of the transfer to cancel. */
  readonly victim: number
}

const header = (command: number, sequence: number): Uint8Array => {
  const out = new Uint8Array(transferHeaderSize)
  const view = viewOf(out)
  view.setUint32(0, command, false)
  view.setUint32(4, sequence, false)
  return out
}

/** Only the answer: command, sequence number, status, length; the rest is 0 in answers of a server. */
export const encodeSubmitted = (sequence: number, status: number, length: number, data?: Uint8Array): Uint8Array => {
  const out = new Uint8Array(transferHeaderSize + (data?.length ?? 0))
  const view = viewOf(out)
  view.setUint32(0, TransferCommand.submitted, false)
  view.setUint32(4, sequence, false)
  view.setInt32(20, status, false)
  view.setUint32(24, length, false)
  if (data !== undefined) out.set(data, transferHeaderSize)
  return out
}

export const encodeUnlinked = (sequence: number, status: number): Uint8Array => {
  const out = header(TransferCommand.unlinked, sequence)
  viewOf(out).setInt32(20, status, false)
  return out
}

export const encodeSubmit = (submit: Omit<Submit, "_tag">): Uint8Array => {
  const out = new Uint8Array(transferHeaderSize + (submit.direction === "out" ? submit.data.length : 0))
  const view = viewOf(out)
  view.setUint32(0, TransferCommand.submit, false)
  view.setUint32(4, submit.sequence, false)
  view.setUint32(8, submit.device, false)
  view.setUint32(12, submit.direction === "in" ? 1 : 0, false)
  view.setUint32(16, submit.endpoint, false)
  view.setUint32(20, submit.flags, false)
  view.setUint32(24, submit.length, false)
  out.set(submit.setup.subarray(0, 8), 40)
  if (submit.direction === "out") out.set(submit.data, transferHeaderSize)
  return out
}

export const encodeUnlink = (unlink: Omit<Unlink, "_tag">): Uint8Array => {
  const out = header(TransferCommand.unlink, unlink.sequence)
  const view = viewOf(out)
  view.setUint32(8, unlink.device, false)
  view.setUint32(20, unlink.victim, false)
  return out
}

/** The first 48 bytes of an answer in the transfer phase; `length` bytes follow an answer to an `in` transfer. */
export const decodeAnswer = (bytes: Uint8Array) => {
  const view = viewOf(bytes)
  return bytes.length < transferHeaderSize
    ? undefined
    : {
        command: view.getUint32(0, false),
        sequence: view.getUint32(4, false),
        status: view.getInt32(20, false),
        length: view.getUint32(24, false)
      }
}
