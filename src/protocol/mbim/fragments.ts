/** Messages in pieces that fit a control transfer, and back (qmi.md §5.2). */
import * as Result from "effect/Result"
import { viewOf } from "../layout.ts"
import { typeName } from "./codes.ts"
import { MbimCodecError } from "./MbimCodecError.ts"
import { fragmentHeaderSize, isFragmentable, readHeader } from "./message.ts"

/** Taken where nobody says what fits a control transfer, and never exceeded (qmi.md §5.2). */
export const maxControlTransfer = 4096
/** What every function can take at least (MBIM 1.0 §6.4: wMaxControlMessage). */
export const minControlTransfer = 64

/** What fits a control transfer, as a port that was asked says: within the two limits. */
export const clampControlTransfer = (size: number | undefined): number =>
  Math.min(maxControlTransfer, Math.max(minControlTransfer, Math.floor(size ?? maxControlTransfer)))

/** A QMUX frame of 64 KiB and its header, generously. */
export const maxMessage = 0x20000
/** As many as the longest message has in the smallest pieces. */
export const maxFragments = Math.ceil(maxMessage / (minControlTransfer - fragmentHeaderSize))

/**
 * The message as transfers of at most `max` bytes: one where it fits or cannot be fragmented. Throws `RangeError` (a
 * defect of the caller) for a `max` below {@link minControlTransfer}.
 */
export const fragment = (message: Uint8Array, max: number): ReadonlyArray<Uint8Array> => {
  if (!Number.isInteger(max) || max < minControlTransfer) {
    throw new RangeError(`control transfers of ${String(max)} bytes are too small`)
  }
  const { transaction, type } = readHeader(message)
  if (message.length <= max || !isFragmentable(type)) return [message]
  const room = max - fragmentHeaderSize
  const total = Math.ceil((message.length - fragmentHeaderSize) / room)
  return Array.from({ length: total }, (_, index) => {
    const piece = message.subarray(fragmentHeaderSize + index * room, fragmentHeaderSize + (index + 1) * room)
    const out = new Uint8Array(fragmentHeaderSize + piece.length)
    const view = viewOf(out)
    view.setUint32(0, type, true)
    view.setUint32(4, out.length, true)
    view.setUint32(8, transaction, true)
    view.setUint32(12, total, true)
    view.setUint32(16, index, true)
    out.set(piece, fragmentHeaderSize)
    return out
  })
}

interface Unfinished {
  readonly type: number
  readonly transaction: number
  readonly total: number
  readonly pieces: Array<Uint8Array>
  size: number
}

/**
 * Puts fragments together: from index 0, without a gap, all with the same type, total and transaction. Holds at most
 * one message and never more than {@link maxMessage} bytes of it.
 */
export class Reassembler {
  #open: Unfinished | undefined

  /** Bytes of an unfinished message. */
  get pending(): number {
    return this.#open?.size ?? 0
  }

  reset(): void {
    this.#open = undefined
  }

  /**
   * One transfer of a fragmentable message, its length field right. Gives the whole message in one piece when it is
   * complete. After a failure the unfinished message is forgotten; a fragment with index 0 begins the next one.
   */
  push(transfer: Uint8Array): ReadonlyArray<Result.Result<Uint8Array, MbimCodecError>> {
    const { transaction, type } = readHeader(transfer)
    const context = typeName(type) ?? "MBIM message"
    const fail = (reason: MbimCodecError["reason"], of = transaction) =>
      Result.fail(new MbimCodecError({ context, transaction: of, reason }))
    if (transfer.length < fragmentHeaderSize) {
      return [fail({ _tag: "Truncated", wanted: fragmentHeaderSize, found: transfer.length })]
    }
    const view = viewOf(transfer)
    const total = view.getUint32(12, true)
    const index = view.getUint32(16, true)
    const open = this.#open
    this.#open = undefined
    if (open !== undefined) {
      const wrong = difference(open, { type, transaction, total, index })
      if (wrong !== undefined) {
        const lost = fail({ _tag: "FragmentOutOfSequence", ...wrong }, open.transaction)
        return index === 0 ? [lost, ...this.push(transfer)] : [lost]
      }
      return this.#add(open, transfer, fail)
    }
    if (total === 0 || index >= total) {
      return [fail({ _tag: "FragmentOutOfSequence", what: "total", wanted: index + 1, found: total })]
    }
    if (index !== 0) return [fail({ _tag: "FragmentOutOfSequence", what: "index", wanted: 0, found: index })]
    if (total > maxFragments) return [fail({ _tag: "TooLong", unit: "fragments", limit: maxFragments })]
    return this.#add({ type, transaction, total, pieces: [], size: fragmentHeaderSize }, transfer, fail)
  }

  #add(
    open: Unfinished,
    transfer: Uint8Array,
    fail: (reason: MbimCodecError["reason"]) => Result.Result<never, MbimCodecError>
  ): ReadonlyArray<Result.Result<Uint8Array, MbimCodecError>> {
    const piece = transfer.subarray(fragmentHeaderSize)
    open.size += piece.length
    if (open.size > maxMessage) return [fail({ _tag: "TooLong", unit: "bytes", limit: maxMessage })]
    // A copy: the caller's buffer may be used again before the message is whole.
    open.pieces.push(piece.slice())
    if (open.pieces.length < open.total) {
      this.#open = open
      return []
    }
    return [Result.succeed(join(open))]
  }
}

type Place = Pick<Unfinished, "type" | "transaction" | "total"> & { readonly index: number }

const difference = (open: Unfinished, found: Place) => {
  const wanted: Place = { ...open, index: open.pieces.length }
  const what = (["type", "transaction", "total", "index"] as const).find((name) => wanted[name] !== found[name])
  return what === undefined ? undefined : { what, wanted: wanted[what], found: found[what] }
}

/** As it was before it was cut: one fragment, the whole length. */
const join = ({ pieces, size, transaction, type }: Unfinished): Uint8Array => {
  const out = new Uint8Array(size)
  const view = viewOf(out)
  view.setUint32(0, type, true)
  view.setUint32(4, size, true)
  view.setUint32(8, transaction, true)
  view.setUint32(12, 1, true)
  let at = fragmentHeaderSize
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}
