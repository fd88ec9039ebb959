/** QMUX frames for `decode`: header, message by name, TLVs with typed values where the message is known (qmi.md). Pure. */
import * as Result from "effect/Result"
import { errorName } from "../qmi/error-code.ts"
import { RESULT_TLV, type AnyQmiMessage } from "../qmi/Message.ts"
import { findMessages, messageName } from "../qmi/names.ts"
import { Control, decodeFrame, MARKER, Service, serviceName, type QmuxFrame, type Tlv } from "../qmi/Qmux.ts"
import {
  field,
  strayBytes,
  textOrHex,
  type DecodedField,
  type DecodedFrame,
  type DecodedValue,
  type Dissector
} from "./Dissector.ts"

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, "0")}`

const u16At = (bytes: Uint8Array, offset: number): number => (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8)

/** SDU flags (qmi.md §1); the lowest bit of other services than CTL marks compounds. */
const kindOf = (service: number, flags: number): QmuxFrame["kind"] | undefined => {
  if (service === Service.CTL) return (["request", "response", "indication"] as const)[flags]
  const plain = flags & ~1
  return plain === 0 ? "request" : plain === 2 ? "response" : plain === 4 ? "indication" : undefined
}

const headerSize = (service: number): number => (service === Service.CTL ? 12 : 13)

/** Typed values as JSON has them. */
const valueOf = (value: unknown): DecodedValue => {
  if (value instanceof Uint8Array) return textOrHex(value)
  if (Array.isArray(value)) return value.map(valueOf)
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, valueOf(inner)]))
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null
}

interface Typed {
  readonly names: ReadonlyMap<number, string>
  readonly values: Readonly<Record<string, unknown>>
  readonly problem?: string
}

const readMessage = (message: AnyQmiMessage, kind: QmuxFrame["kind"], tlvs: ReadonlyArray<Tlv>): Typed => {
  const infos = kind === "request" ? message.requestFields : message.responseFields
  const names = new Map(infos.map(({ tlv, name }) => [tlv, name]))
  // Indications have TLVs of their own, which no document names.
  if (kind === "indication") return { names: new Map(), values: {} }
  const read = kind === "request" ? message.decodeRequest(tlvs) : message.decodeResponse(tlvs)
  if (Result.isSuccess(read)) return { names, values: read.success as Readonly<Record<string, unknown>> }
  if (read.failure._tag === "QmiRefused") return { names, values: {} }
  return { names, values: {}, problem: read.failure.message }
}

/** Vendor ids mean different things: the meaning that fits is taken, the first one when none does. */
const typedOf = (service: number, id: number, kind: QmuxFrame["kind"], tlvs: ReadonlyArray<Tlv>): Typed | undefined => {
  const all = findMessages(service, id).map((message) => readMessage(message, kind, tlvs))
  const fits = ({ names, problem }: Typed): boolean =>
    problem === undefined && tlvs.every(({ type }) => names.has(type) || (kind === "response" && type === RESULT_TLV))
  return all.find(fits) ?? all[0]
}

interface PlacedTlv extends Tlv {
  readonly offset: number
}

const resultValue = (value: Uint8Array): DecodedValue => {
  if (value.length < 4) return textOrHex(value)
  const status = u16At(value, 0)
  const error = u16At(value, 2)
  if (status === 0 && error === 0) return "success"
  return `${status === 1 ? "failure" : `status ${String(status)}`}: ${String(error)} (${errorName(error)})`
}

const tlvField = (
  bytes: Uint8Array,
  tlv: PlacedTlv,
  kind: QmuxFrame["kind"] | undefined,
  typed: Typed | undefined
): DecodedField => {
  const make = (name: string, value: DecodedValue) =>
    field(`TLV ${hex(tlv.type, 2)} ${name}`, bytes, tlv.offset, 3 + tlv.value.length, value)
  if (kind === "response" && tlv.type === RESULT_TLV) return make("result", resultValue(tlv.value))
  const name = typed?.names.get(tlv.type)
  if (name === undefined) return make("(unknown)", textOrHex(tlv.value))
  const value = typed?.values[name]
  return make(name, value === undefined ? textOrHex(tlv.value) : valueOf(value))
}

/** TLVs as far as they go; a length beyond the end is said and the rest taken as the value. */
const readTlvs = (bytes: Uint8Array, from: number, to: number, problems: Array<string>): ReadonlyArray<PlacedTlv> => {
  const tlvs: Array<PlacedTlv> = []
  let offset = from
  while (offset < to) {
    const type = bytes[offset] ?? 0
    if (to - offset < 3) {
      problems.push(`${String(to - offset)} bytes behind the last TLV`)
      break
    }
    const size = u16At(bytes, offset + 1)
    const end = offset + 3 + size
    if (end > to) {
      problems.push(`TLV ${hex(type, 2)} says ${String(size)} bytes, found ${String(to - offset - 3)}`)
    }
    tlvs.push({ type, value: bytes.subarray(offset + 3, Math.min(end, to)), offset })
    offset = end
  }
  return tlvs
}

const sender = (control: number): string =>
  control === Control.host ? "host" : control === Control.modem ? "modem" : "unknown"

/** One frame; `to` is where the bytes end that can belong to it. */
const dissectFrame = (bytes: Uint8Array, from: number, to: number): DecodedFrame => {
  const problems: Array<string> = []
  const fields: Array<DecodedField> = []
  const have = to - from
  const add = (name: string, at: number, size: number, value: DecodedValue): void => {
    if (at + size <= have) fields.push(field(name, bytes, from + at, size, value))
  }
  const service = bytes[from + 4] ?? 0
  const ctl = service === Service.CTL
  const header = headerSize(service)
  const length = u16At(bytes, from + 1)
  const flags = bytes[from + 6] ?? 0
  const kind = kindOf(service, flags)
  const transaction = ctl ? (bytes[from + 7] ?? 0) : u16At(bytes, from + 7)
  const id = u16At(bytes, from + header - 4)
  const tlvLength = u16At(bytes, from + header - 2)

  add("marker", 0, 1, hex(MARKER, 2))
  add("length", 1, 2, length)
  add("sender", 3, 1, `${hex(bytes[from + 3] ?? 0, 2)} (${sender(bytes[from + 3] ?? 0)})`)
  add("service", 4, 1, `${hex(service, 2)} (${serviceName(service)})`)
  add("client", 5, 1, bytes[from + 5] ?? 0)
  add("flags", 6, 1, `${hex(flags, 2)} (${kind ?? "unknown"}${!ctl && (flags & 1) === 1 ? ", compound" : ""})`)
  add("transaction", 7, ctl ? 1 : 2, transaction)
  add("message", header - 4, 2, `${hex(id, 4)} (${messageName(service, id)})`)
  add("TLV length", header - 2, 2, tlvLength)

  if (length !== have - 1) problems.push(`length says ${String(length)} bytes, found ${String(have - 1)}`)
  if (have < header) {
    problems.push(`too short: wanted at least ${String(header)} bytes, found ${String(have)}`)
    return { name: "QMUX", offset: from, size: have, fields, problems }
  }
  if (kind === undefined) problems.push(`flags ${hex(flags, 2)} name no kind of message`)
  if (tlvLength !== have - header) {
    problems.push(`TLV length says ${String(tlvLength)} bytes, found ${String(have - header)}`)
  }
  const tlvs = readTlvs(bytes, from + header, to, problems)
  // What lengths say wrong was said above; typed values need TLVs that are whole.
  const typed = kind === undefined || problems.length > 0 ? undefined : typedOf(service, id, kind, tlvs)
  if (typed?.problem !== undefined) problems.push(typed.problem)
  for (const tlv of tlvs) fields.push(tlvField(bytes, tlv, kind, typed))
  const name = `${serviceName(service)} ${messageName(service, id)} ${kind ?? "message"}`
  return { name, offset: from, size: have, fields, problems }
}

/** A header that agrees with itself: where a frame begins again behind stray bytes. */
const beginsFrame = (bytes: Uint8Array, from: number): boolean => {
  if (bytes[from] !== MARKER || bytes.length - from < 12) return false
  const service = bytes[from + 4] ?? 0
  const header = headerSize(service)
  const size = u16At(bytes, from + 1) + 1
  return (
    size >= header &&
    kindOf(service, bytes[from + 6] ?? 0) !== undefined &&
    u16At(bytes, from + header - 2) === size - header
  )
}

export const qmuxDissector: Dissector = {
  protocol: "qmux",
  guess: (bytes) => {
    if (bytes[0] !== MARKER) return 0
    const length = u16At(bytes, 1)
    if (bytes.length < 3 || length < 2) return 0
    if (length + 1 <= bytes.length && Result.isSuccess(decodeFrame(bytes.subarray(0, length + 1)))) return 1
    if (beginsFrame(bytes, 0)) return 0.8
    return kindOf(bytes[4] ?? 0, bytes[6] ?? 0) !== undefined && [0x00, 0x80].includes(bytes[3] ?? 1) ? 0.4 : 0
  },
  dissect: (bytes) => {
    const frames: Array<DecodedFrame> = []
    let at = 0
    while (at < bytes.length) {
      if (bytes[at] !== MARKER) {
        let to = at + 1
        while (to < bytes.length && !beginsFrame(bytes, to)) to++
        frames.push(strayBytes(bytes, at, to, `a frame begins with ${hex(MARKER, 2)}, found ${hex(bytes[at] ?? 0, 2)}`))
        at = to
        continue
      }
      const to = Math.min(at + Math.max(u16At(bytes, at + 1) + 1, 3), bytes.length)
      frames.push(dissectFrame(bytes, at, to))
      at = to
    }
    return frames
  }
}
