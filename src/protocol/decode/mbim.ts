/** MBIM control messages for `decode`: header, fragments put together, and what they carry (qmi.md §5). Pure. */
import * as Result from "effect/Result"
import { viewOf } from "../layout.ts"
import { BasicConnect, commandName, errorName, MessageType, ServiceId, statusName, typeName } from "../mbim/codes.ts"
import { Reassembler } from "../mbim/fragments.ts"
import { beginsTransfer } from "../mbim/MbimReader.ts"
import { decodeMessage, fragmentHeaderSize, headerSize, isFragmentable, readHeader } from "../mbim/message.ts"
import type { MbimMessage } from "../mbim/message.ts"
import { decodeSubscribeList } from "../mbim/subscribe-list.ts"
import {
  field,
  strayBytes,
  textOrHex,
  type DecodedField,
  type DecodedFrame,
  type DecodedValue,
  type Dissector
} from "./Dissector.ts"
import { qmuxDissector } from "./qmux.ts"

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`

const named = (value: number, name: string): string => `${String(value)} (${name})`

/** Where the bytes of a message lie that came in one piece or in several: place in the message, place in the input. */
interface Piece {
  readonly at: number
  readonly offset: number
}

const placeOf = (pieces: ReadonlyArray<Piece>, at: number): number => {
  const piece = pieces.findLast((one) => one.at <= at)
  return piece === undefined ? at : piece.offset + at - piece.at
}

type WithBuffer = Extract<MbimMessage, { readonly buffer: Uint8Array }>

const bufferValue = ({ buffer, cid, service }: WithBuffer): DecodedValue => {
  if (service !== ServiceId.basicConnect || cid !== BasicConnect.deviceServiceSubscribeList) return textOrHex(buffer)
  const list = decodeSubscribeList(buffer)
  return Result.isFailure(list)
    ? textOrHex(buffer)
    : list.success.map((one) => ({ service: one.service, commands: [...one.cids] }))
}

/** Fields behind the header of a whole message; offsets are those of the message. */
const messageFields = (bytes: Uint8Array, message: MbimMessage): ReadonlyArray<DecodedField> => {
  const one = (name: string, offset: number, size: number, value: DecodedValue) =>
    field(name, bytes, offset, size, value)
  switch (message._tag) {
    case "Close":
      return []
    case "Open":
      return [one("max control transfer", 12, 4, message.maxControlTransfer)]
    case "OpenDone":
    case "CloseDone":
      return [one("status", 12, 4, named(message.status, statusName(message.status)))]
    case "HostError":
    case "FunctionError":
      return [one("error", 12, 4, named(message.error, errorName(message.error)))]
    case "Command":
    case "CommandDone":
    case "IndicateStatus": {
      const { buffer } = message
      const start = bytes.length - buffer.length
      return [
        one("service", 20, 16, message.service),
        one("command", 36, 4, named(message.cid, commandName(message.service, message.cid))),
        ...(message._tag === "Command" ? [one("command type", 40, 4, message.type)] : []),
        ...(message._tag === "CommandDone"
          ? [one("status", 40, 4, named(message.status, statusName(message.status)))]
          : []),
        one("buffer length", start - 4, 4, buffer.length),
        ...(buffer.length === 0 ? [] : [one("buffer", start, buffer.length, bufferValue(message))])
      ]
    }
  }
}

const headerFields = (bytes: Uint8Array, from: number, to: number): ReadonlyArray<DecodedField> => {
  const view = viewOf(bytes)
  const fields: Array<DecodedField> = []
  const add = (name: string, at: number, show: (value: number) => DecodedValue): void => {
    if (from + at + 4 <= to) fields.push(field(name, bytes, from + at, 4, show(view.getUint32(from + at, true))))
  }
  add("type", 0, (type) => `${hex(type)} (${typeName(type) ?? "unknown"})`)
  add("length", 4, (length) => length)
  add("transaction", 8, (transaction) => transaction)
  if (isFragmentable(view.getUint32(from, true))) {
    add("fragments", 12, (total) => total)
    add("fragment", 16, (index) => index)
  }
  return fields
}

const isQmi = (message: MbimMessage): message is WithBuffer => "buffer" in message && message.service === ServiceId.qmi

/** The QMUX frames inside, as frames of their own. */
const inside = (whole: Uint8Array, message: MbimMessage, pieces: ReadonlyArray<Piece>): ReadonlyArray<DecodedFrame> => {
  if (!isQmi(message) || message.buffer.length === 0) return []
  const start = whole.length - message.buffer.length
  return qmuxDissector.dissect(message.buffer).map((frame) => ({
    ...frame,
    offset: placeOf(pieces, start + frame.offset),
    fields: frame.fields.map((one) => ({ ...one, offset: placeOf(pieces, start + one.offset) }))
  }))
}

const titleOf = (message: MbimMessage, type: string): string =>
  "buffer" in message ? `MBIM ${type}, ${commandName(message.service, message.cid)}` : `MBIM ${type}`

class Dissection {
  readonly frames: Array<DecodedFrame> = []
  readonly #bytes: Uint8Array
  readonly #fragments = new Reassembler()
  #pieces: Array<Piece> = []

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** One transfer from `from`; `to` is where the bytes end that can belong to it. */
  transfer(from: number, to: number): void {
    const { length, type } = readHeader(this.#bytes, from)
    const name = typeName(type) ?? "message"
    const fields = headerFields(this.#bytes, from, to)
    const frame = { offset: from, size: to - from }
    if (length !== to - from) {
      const problem = `length says ${String(length)} bytes, found ${String(to - from)}`
      this.frames.push({ ...frame, name: `MBIM ${name}`, fields, problems: [problem] })
      return
    }
    const transfer = this.#bytes.subarray(from, to)
    if (!isFragmentable(type)) {
      this.#whole(transfer, [{ at: 0, offset: from }], fields, frame, [])
      return
    }
    const joined = this.#fragments.pending === 0 ? undefined : this.#pieces
    const at = this.#fragments.pending || fragmentHeaderSize
    const results = this.#fragments.push(transfer)
    const problems = results.filter(Result.isFailure).map(({ failure }) => failure.message)
    const done = results.find(Result.isSuccess)
    const here: Piece = { at, offset: from + fragmentHeaderSize }
    this.#pieces = joined === undefined || problems.length > 0 ? [{ at: 0, offset: from }] : [...joined, here]
    if (done !== undefined) {
      this.#whole(done.success, this.#pieces, fields, frame, problems)
      return
    }
    const size = to - from - fragmentHeaderSize
    const piece = field("piece", this.#bytes, from + fragmentHeaderSize, size, textOrHex(transfer.subarray(20)))
    this.frames.push({ ...frame, name: `MBIM ${name}, a fragment`, fields: [...fields, piece], problems })
  }

  #whole(
    whole: Uint8Array,
    pieces: ReadonlyArray<Piece>,
    header: ReadonlyArray<DecodedField>,
    frame: { readonly offset: number; readonly size: number },
    problems: ReadonlyArray<string>
  ): void {
    const name = typeName(readHeader(whole).type) ?? "message"
    const message = decodeMessage(whole)
    if (Result.isFailure(message)) {
      const rest = whole.subarray(headerSize)
      const fields =
        rest.length === 0
          ? []
          : [field("bytes", whole, headerSize, rest.length, textOrHex(rest))].map(this.#place(pieces))
      this.frames.push({
        ...frame,
        name: `MBIM ${name}`,
        fields: [...header, ...fields],
        problems: [...problems, message.failure.message]
      })
      return
    }
    this.frames.push({
      ...frame,
      name: titleOf(message.success, name),
      fields: [...header, ...messageFields(whole, message.success).map(this.#place(pieces))],
      problems
    })
    this.frames.push(...inside(whole, message.success, pieces))
  }

  #place(pieces: ReadonlyArray<Piece>) {
    return (one: DecodedField): DecodedField => ({ ...one, offset: placeOf(pieces, one.offset) })
  }
}

export const mbimDissector: Dissector = {
  protocol: "mbim",
  guess: (bytes) => {
    if (!beginsTransfer(bytes)) return 0
    const { length, type } = readHeader(bytes)
    if (length > bytes.length) return 0.5
    const transfer = bytes.subarray(0, length)
    if (Result.isSuccess(decodeMessage(transfer))) return 1
    return isFragmentable(type) && new Reassembler().push(transfer).every(Result.isSuccess) ? 0.9 : 0.6
  },
  dissect: (bytes) => {
    const dissection = new Dissection(bytes)
    let at = 0
    while (at < bytes.length) {
      if (beginsTransfer(bytes, at)) {
        const to = Math.min(at + readHeader(bytes, at).length, bytes.length)
        dissection.transfer(at, to)
        at = to
        continue
      }
      let to = at + 1
      while (to < bytes.length && !beginsTransfer(bytes, to)) to++
      dissection.frames.push(strayBytes(bytes, at, to, `no MBIM message begins here (types: ${types})`))
      at = to
    }
    return dissection.frames
  }
}

const types = Object.values(MessageType).map(hex).join(", ")
