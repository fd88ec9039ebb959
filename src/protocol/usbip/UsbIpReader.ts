/** What a host sends to a USB/IP server, cut out of the stream. Pure; hostile bytes cost at most the bounds below. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  busIdSize,
  decodeBusId,
  decodeOperation,
  OperationCode,
  operationHeaderSize,
  TransferCommand,
  transferHeaderSize,
  usbIpVersion
} from "./message.ts"
import type { Submit, Unlink } from "./message.ts"

/** Longest transfer: what Linux lets a program ask of usbfs at once by default (16 MB), far above any driver's. */
export const maxTransferLength = 16 * 1024 * 1024

const Reason = Schema.Union([
  Schema.TaggedStruct("Version", { found: Schema.Int }),
  Schema.TaggedStruct("UnknownOperation", { code: Schema.Int }),
  Schema.TaggedStruct("UnknownCommand", { command: Schema.Int }),
  Schema.TaggedStruct("Direction", { found: Schema.Int }),
  Schema.TaggedStruct("Endpoint", { found: Schema.Int }),
  Schema.TaggedStruct("TooLong", { length: Schema.Int, max: Schema.Int }),
  /** Isochronous transfers: no device here has such an endpoint. */
  Schema.TaggedStruct("Isochronous", { packets: Schema.Int })
])

/** The stream is no USB/IP, or asks for what no host asks for; nothing after it can be understood. */
export class UsbIpError extends Schema.TaggedError<UsbIpError>()("UsbIpError", { reason: Reason }) {
  override get message(): string {
    const { _tag, ...values } = this.reason
    const detail = Object.entries(values).map(([name, value]) => `${name} ${String(value)}`)
    return `USB/IP: ${_tag} (${detail.join(", ")})`
  }
}

export type UsbIpRequest =
  { readonly _tag: "List" } | { readonly _tag: "Import"; readonly busId: string } | Submit | Unlink

const fail = (reason: UsbIpError["reason"]): Result.Result<never, UsbIpError> => Result.fail(new UsbIpError({ reason }))

const nothing = Result.succeed(undefined)
const empty = new Uint8Array(0)

/** Big endian; without a DataView, of which there would be one per transfer. */
const u32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0

/** `push` what came, then `next` until it gives `undefined`. After a failure there is nothing more to read. */
export class UsbIpReader {
  readonly #parts: Array<Uint8Array> = []
  #held = 0
  /** Bytes of the first part that are used up. */
  #used = 0
  #transfers = false
  /** The header of a transfer whose data is still coming: kept, so that it is read once. */
  #submit: Submit | undefined

  /** Bytes that wait for the rest of their message. */
  get held(): number {
    return this.#held
  }

  /** After a successful import only transfers follow. */
  enterTransfers(): void {
    this.#transfers = true
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#parts.push(chunk)
    this.#held += chunk.length
  }

  next(): Result.Result<UsbIpRequest | undefined, UsbIpError> {
    return this.#transfers ? this.#nextTransfer() : this.#nextOperation()
  }

  /** The next `length` bytes without using them up; a view where they lie in one piece. */
  #peek(length: number): Uint8Array | undefined {
    if (this.#held < length) return undefined
    const first = this.#parts[0] ?? empty
    if (first.length - this.#used >= length) return first.subarray(this.#used, this.#used + length)
    const out = new Uint8Array(length)
    let at = 0
    for (const [index, part] of this.#parts.entries()) {
      const rest = index === 0 ? part.subarray(this.#used) : part
      const piece = rest.subarray(0, length - at)
      out.set(piece, at)
      at += piece.length
      if (at === length) break
    }
    return out
  }

  #drop(length: number): void {
    this.#held -= length
    this.#used += length
    let whole = 0
    for (const part of this.#parts) {
      if (this.#used < part.length) break
      this.#used -= part.length
      whole++
    }
    if (whole > 0) this.#parts.splice(0, whole)
  }

  #take(length: number): Uint8Array | undefined {
    const bytes = this.#peek(length)
    if (bytes !== undefined) this.#drop(length)
    return bytes
  }

  #nextOperation(): Result.Result<UsbIpRequest | undefined, UsbIpError> {
    const head = this.#peek(operationHeaderSize)
    if (head === undefined) return nothing
    const decoded = decodeOperation(head)
    if (Result.isFailure(decoded)) return nothing
    const { code, version } = decoded.success
    if (version !== usbIpVersion) return fail({ _tag: "Version", found: version })
    switch (code) {
      case OperationCode.requestList:
        this.#drop(operationHeaderSize)
        return Result.succeed({ _tag: "List" })
      case OperationCode.requestImport: {
        const whole = this.#take(operationHeaderSize + busIdSize)
        return whole === undefined
          ? nothing
          : Result.succeed({ _tag: "Import", busId: decodeBusId(whole.subarray(operationHeaderSize)) })
      }
      default:
        return fail({ _tag: "UnknownOperation", code })
    }
  }

  #nextTransfer(): Result.Result<UsbIpRequest | undefined, UsbIpError> {
    if (this.#submit !== undefined) {
      const data = this.#take(this.#submit.length)
      if (data === undefined) return nothing
      const submit = { ...this.#submit, data }
      this.#submit = undefined
      return Result.succeed(submit)
    }
    const head = this.#take(transferHeaderSize)
    if (head === undefined) return nothing
    const command = u32(head, 0)
    const sequence = u32(head, 4)
    const device = u32(head, 8)
    if (command === TransferCommand.unlink) {
      return Result.succeed({ _tag: "Unlink", sequence, device, victim: u32(head, 20) })
    }
    if (command !== TransferCommand.submit) return fail({ _tag: "UnknownCommand", command })
    const direction = u32(head, 12)
    const endpoint = u32(head, 16)
    const length = u32(head, 24)
    const packets = u32(head, 32)
    if (direction > 1) return fail({ _tag: "Direction", found: direction })
    if (endpoint > 15) return fail({ _tag: "Endpoint", found: endpoint })
    if (length > maxTransferLength) return fail({ _tag: "TooLong", length, max: maxTransferLength })
    // 0 or -1 for everything that is not isochronous (usbip_protocol.rst, number_of_packets).
    if (packets !== 0 && packets !== 0xffffffff) return fail({ _tag: "Isochronous", packets })
    const submit: Submit = {
      _tag: "Submit",
      sequence,
      device,
      direction: direction === 1 ? "in" : "out",
      endpoint,
      flags: u32(head, 20),
      length,
      setup: head.subarray(40, 48),
      data: empty
    }
    if (direction === 1 || length === 0) return Result.succeed(submit)
    this.#submit = submit
    return this.#nextTransfer()
  }
}
