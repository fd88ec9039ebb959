/**
 * QMUX: the frame around every QMI message on a control port. Source: qmi.md §1.
 * A frame is marker, length, control flags, service, client, and the message (transaction, id, TLVs).
 */
import * as Result from "effect/Result"
import { ByteBuffer } from "../ByteBuffer.ts"
import { QmiCodecError } from "./QmiCodecError.ts"
import { Service } from "./Service.ts"

export { Service, serviceName } from "./Service.ts"

/** First byte of every frame. */
export const MARKER = 0x01

/** The length field has 16 bits and does not count the marker. */
export const MAX_FRAME = 0x10000

/** Who sent a frame. Not checked by anybody, so decoded as found. */
export const Control = { host: 0x00, modem: 0x80 } as const

/** Client id of indications that are meant for every client. */
export const BROADCAST_CLIENT = 0xff

/** One element of a message: type u8, length u16, value. */
export interface Tlv {
  readonly type: number
  readonly value: Uint8Array
}

export type QmuxKind = "request" | "response" | "indication"

export interface QmuxFrame {
  readonly service: number
  /** 0 for CTL, 0xFF for a broadcast indication. */
  readonly client: number
  readonly control: number
  readonly kind: QmuxKind
  /** The compound bit of the SDU flags, for other services than CTL; absent means not set. */
  readonly compound?: true
  /** 8 bits for CTL, 16 bits otherwise. 1 at least in requests; indications mostly have 0. */
  readonly transaction: number
  readonly message: number
  readonly tlvs: ReadonlyArray<Tlv>
}

const ctlFlags: Record<QmuxKind, number> = { request: 0, response: 1, indication: 2 }
const otherFlags: Record<QmuxKind, number> = { request: 0, response: 2, indication: 4 }
const COMPOUND = 1

/** Bytes before the first TLV: QMUX header 6, SDU header 6 (CTL) or 7. */
const headerSize = (service: number): number => (service === Service.CTL ? 12 : 13)

/** Highest transaction id: CTL has one byte for it, the others two. */
export const maxTransaction = (service: number): number => (service === Service.CTL ? 0xff : 0xffff)

/** The id after `previous`: 1, 2, … up to the highest, then 1 again; 0 is never used. Start with `previous` 0. */
export const nextTransaction = (service: number, previous: number): number =>
  previous >= maxTransaction(service) ? 1 : previous + 1

const kindOf = (service: number, flags: number): Pick<QmuxFrame, "kind" | "compound"> | undefined => {
  const ctl = service === Service.CTL
  const compound = !ctl && (flags & COMPOUND) !== 0
  const plain = compound ? flags - COMPOUND : flags
  const table = ctl ? ctlFlags : otherFlags
  const kind =
    plain === table.request
      ? "request"
      : plain === table.response
        ? "response"
        : plain === table.indication
          ? "indication"
          : undefined
  return kind === undefined ? undefined : compound ? { kind, compound } : { kind }
}

const check = (what: string, value: number, max: number, min = 0): void => {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${what} ${String(value)} is not in ${String(min)}…${String(max)}`)
  }
}

/** The bytes of a frame. Throws `RangeError` (a defect of the caller) for a value that does not fit its field. */
export const encodeFrame = (frame: QmuxFrame): Uint8Array => {
  const ctl = frame.service === Service.CTL
  check("service", frame.service, 0xff)
  check("client", frame.client, 0xff)
  check("control flags", frame.control, 0xff)
  check("transaction", frame.transaction, maxTransaction(frame.service), frame.kind === "request" ? 1 : 0)
  check("message id", frame.message, 0xffff)
  if (ctl && frame.compound === true) throw new RangeError("CTL messages have no compound bit")

  const header = headerSize(frame.service)
  let size = header
  for (const tlv of frame.tlvs) {
    check("TLV type", tlv.type, 0xff)
    check("TLV length", tlv.value.length, 0xffff)
    size += 3 + tlv.value.length
  }
  check("frame length", size, MAX_FRAME)

  const out = new Uint8Array(size)
  const view = new DataView(out.buffer)
  out[0] = MARKER
  view.setUint16(1, size - 1, true)
  out[3] = frame.control
  out[4] = frame.service
  out[5] = frame.client
  if (ctl) {
    out[6] = ctlFlags[frame.kind]
    out[7] = frame.transaction
  } else {
    out[6] = otherFlags[frame.kind] + (frame.compound === true ? COMPOUND : 0)
    view.setUint16(7, frame.transaction, true)
  }
  view.setUint16(header - 4, frame.message, true)
  view.setUint16(header - 2, size - header, true)
  let offset = header
  for (const tlv of frame.tlvs) {
    out[offset] = tlv.type
    view.setUint16(offset + 1, tlv.value.length, true)
    out.set(tlv.value, offset + 3)
    offset += 3 + tlv.value.length
  }
  return out
}

const codecFailure = (reason: QmiCodecError["reason"]): Result.Result<never, QmiCodecError> =>
  Result.fail(new QmiCodecError({ context: "QMUX frame", reason }))

/**
 * Exactly one frame: marker, every length and the TLVs must agree with the bytes (§1, "length checks").
 * The values of the TLVs are views of `bytes`, not copies.
 */
export const decodeFrame = (bytes: Uint8Array): Result.Result<QmuxFrame, QmiCodecError> => {
  const found = bytes.length
  const first = bytes[0]
  if (first === undefined || found < 3) {
    return codecFailure({ _tag: "Truncated", wanted: 12, found })
  }
  if (first !== MARKER) return codecFailure({ _tag: "FramingLost", found: first, skipped: 0 })
  const view = new DataView(bytes.buffer, bytes.byteOffset, found)
  const length = view.getUint16(1, true)
  if (length !== found - 1) {
    return codecFailure({ _tag: "LengthMismatch", field: "length", says: length, found: found - 1 })
  }
  if (found < 12) return codecFailure({ _tag: "Truncated", wanted: 12, found })
  const service = view.getUint8(4)
  const header = headerSize(service)
  if (found < header) return codecFailure({ _tag: "Truncated", wanted: header, found })
  const flags = view.getUint8(6)
  const kind = kindOf(service, flags)
  if (kind === undefined) return codecFailure({ _tag: "UnknownFlags", flags })
  const tlvLength = view.getUint16(header - 2, true)
  if (tlvLength !== found - header) {
    return codecFailure({ _tag: "LengthMismatch", field: "TLV length", says: tlvLength, found: found - header })
  }

  const tlvs: Array<Tlv> = []
  let offset = header
  while (offset < found) {
    if (found - offset < 3) {
      return codecFailure({ _tag: "LengthMismatch", field: "TLV header", says: 3, found: found - offset })
    }
    const type = view.getUint8(offset)
    const size = view.getUint16(offset + 1, true)
    const rest = found - offset - 3
    if (size > rest) {
      return codecFailure({
        _tag: "LengthMismatch",
        field: `TLV 0x${type.toString(16).padStart(2, "0")}`,
        says: size,
        found: rest
      })
    }
    // Not bytes.subarray: of a Node Buffer that would be a Buffer again.
    tlvs.push({ type, value: new Uint8Array(bytes.buffer, bytes.byteOffset + offset + 3, size) })
    offset += 3 + size
  }
  return Result.succeed({
    service,
    client: view.getUint8(5),
    control: view.getUint8(3),
    ...kind,
    transaction: service === Service.CTL ? view.getUint8(7) : view.getUint16(7, true),
    message: view.getUint16(header - 4, true),
    tlvs
  })
}

export interface QmuxReaderOptions {
  /**
   * What to do with bytes that begin no frame.
   * `fail` (default, §1 "framing lost, hang up"): one `FramingLost`, which every later `push` repeats.
   * `resync`: throw bytes away until a whole header is consistent in itself (marker, flags, both lengths),
   * report one `FramingLost` with the number of skipped bytes, and go on. For stale bytes of an earlier
   * user of the port: a client that hangs up on them would fail where waiting one frame longer succeeds.
   */
  readonly onGarbage?: "fail" | "resync"
}

type Look =
  { readonly _tag: "NeedMore" } | { readonly _tag: "Frame"; readonly size: number } | { readonly _tag: "Garbage" }

/**
 * Cuts a byte stream into frames, however the reads split or merge them. A message with a wrong inside
 * but a known length is a failure of its own and the stream goes on behind it (§1, "Streaming").
 * Holds at most one frame ({@link MAX_FRAME} bytes); work is linear in the bytes pushed.
 */
export class QmuxReader {
  readonly #resync: boolean
  readonly #buffer = new ByteBuffer()
  #skipped = 0
  #firstSkipped = 0
  #lost: QmiCodecError | undefined

  constructor(options: QmuxReaderOptions = {}) {
    this.#resync = options.onGarbage === "resync"
  }

  /** Bytes of an unfinished frame. */
  get pending(): number {
    return this.#buffer.length
  }

  /** Forgets everything, for a port that was opened again. */
  reset(): void {
    this.#buffer.clear()
    this.#skipped = 0
    this.#lost = undefined
  }

  push(bytes: Uint8Array): ReadonlyArray<Result.Result<QmuxFrame, QmiCodecError>> {
    const out: Array<Result.Result<QmuxFrame, QmiCodecError>> = []
    let taken = 0
    while (this.#lost === undefined && taken < bytes.length) {
      const count = Math.min(bytes.length - taken, MAX_FRAME - this.pending)
      this.#buffer.append(bytes.subarray(taken, taken + count))
      taken += count
      this.#drain(out)
    }
    if (this.#lost !== undefined) out.push(Result.fail(this.#lost))
    return out
  }

  #drain(out: Array<Result.Result<QmuxFrame, QmiCodecError>>): void {
    while (this.pending > 0) {
      const look = this.#look()
      switch (look._tag) {
        case "NeedMore":
          return
        case "Frame":
          this.#reportSkipped(out)
          out.push(decodeFrame(this.#buffer.take(look.size)))
          break
        case "Garbage":
          if (!this.#resync) {
            this.#lost = this.#framingLost(this.#buffer.at(0), 0)
            this.#buffer.clear()
            return
          }
          if (this.#skipped === 0) this.#firstSkipped = this.#buffer.at(0)
          this.#skipped++
          this.#buffer.drop(1)
      }
    }
  }

  #look(): Look {
    const available = this.pending
    const at = (offset: number): number => this.#buffer.at(offset)
    if (at(0) !== MARKER) return { _tag: "Garbage" }
    if (available < 3) return { _tag: "NeedMore" }
    const length = at(1) | (at(2) << 8)
    // A length that does not even count itself cannot lead to the next frame.
    if (length < 2) return { _tag: "Garbage" }
    const size = length + 1
    if (this.#resync) {
      if (available < 7) return { _tag: "NeedMore" }
      const service = at(4)
      const header = headerSize(service)
      if (kindOf(service, at(6)) === undefined) return { _tag: "Garbage" }
      if (available < header) return { _tag: "NeedMore" }
      if ((at(header - 2) | (at(header - 1) << 8)) !== size - header) return { _tag: "Garbage" }
    }
    return available < size ? { _tag: "NeedMore" } : { _tag: "Frame", size }
  }

  #reportSkipped(out: Array<Result.Result<QmuxFrame, QmiCodecError>>): void {
    if (this.#skipped === 0) return
    out.push(Result.fail(this.#framingLost(this.#firstSkipped, this.#skipped)))
    this.#skipped = 0
  }

  #framingLost(found: number, skipped: number): QmiCodecError {
    return new QmiCodecError({ context: "QMUX stream", reason: { _tag: "FramingLost", found, skipped } })
  }
}
