/** Cuts a byte stream into MBIM messages, however the reads split or merge them, and puts fragments together. */
import * as Result from "effect/Result"
import { ByteBuffer } from "../ByteBuffer.ts"
import { fragmentHeaderSize, headerSize, decodeMessage, fixedSize, isFragmentable, readHeader } from "./message.ts"
import type { MbimMessage } from "./message.ts"
import { maxMessage, Reassembler } from "./fragments.ts"
import { MbimCodecError } from "./MbimCodecError.ts"

/** Shortest transfer of a message of this type: a fragment may hold less than the fixed part. */
const shortest = (type: number): number | undefined => (isFragmentable(type) ? fragmentHeaderSize : fixedSize(type))

/** The type of no message. */
const nothing = { type: 0, length: 0 }

/**
 * Bytes that begin no message (stale ones of an earlier user of the port) are skipped up to the next header and
 * reported once. Holds at most one transfer and one unfinished message; work is linear in the bytes pushed.
 */
export class MbimReader {
  readonly #fragments = new Reassembler()
  readonly #maxTransfer: number
  readonly #buffer = new ByteBuffer(4096)
  #skipped = 0
  #firstSkipped = 0

  /** `maxTransfer`: longer transfers are failures, as for a function with control transfers of that size. */
  constructor(options: { readonly maxTransfer?: number } = {}) {
    this.#maxTransfer = options.maxTransfer ?? maxMessage
  }

  /** Bytes of an unfinished transfer. */
  get pending(): number {
    return this.#buffer.length
  }

  /** Bytes of the unfinished message before it. */
  get pendingFragments(): number {
    return this.#fragments.pending
  }

  /** Forgets everything, for a function that was opened again. */
  reset(): void {
    this.#fragments.reset()
    this.#buffer.clear()
    this.#skipped = 0
  }

  push(bytes: Uint8Array): ReadonlyArray<Result.Result<MbimMessage, MbimCodecError>> {
    const out: Array<Result.Result<MbimMessage, MbimCodecError>> = []
    for (let taken = 0; taken < bytes.length;) {
      const count = Math.min(bytes.length - taken, maxMessage - this.pending)
      this.#buffer.append(bytes.subarray(taken, taken + count))
      taken += count
      this.#drain(out)
    }
    return out
  }

  #drain(out: Array<Result.Result<MbimMessage, MbimCodecError>>): void {
    while (this.pending >= 8) {
      const { length, type } = this.#typeAndLength()
      const least = shortest(type)
      if (least === undefined || length < least || length > maxMessage) {
        if (this.#skipped === 0) this.#firstSkipped = this.#buffer.at(0)
        this.#skipped++
        this.#buffer.drop(1)
        continue
      }
      if (this.pending < length) break
      this.#reportSkipped(out)
      const transfer = this.#buffer.take(length)
      if (length > this.#maxTransfer) {
        const reason = { _tag: "TooLong", unit: "bytes", limit: this.#maxTransfer } as const
        const { transaction } = readHeader(transfer)
        out.push(Result.fail(new MbimCodecError({ context: "MBIM transfer", transaction, reason })))
        continue
      }
      this.#take(transfer, type, out)
    }
  }

  #typeAndLength(): { readonly type: number; readonly length: number } {
    const at = (offset: number): number => this.#buffer.at(offset)
    // Without an allocation per skipped byte.
    if (at(1) !== 0 || at(2) !== 0) return nothing
    return {
      type: ((at(3) << 24) | at(0)) >>> 0,
      length: ((at(7) << 24) | (at(6) << 16) | (at(5) << 8) | at(4)) >>> 0
    }
  }

  #take(transfer: Uint8Array, type: number, out: Array<Result.Result<MbimMessage, MbimCodecError>>): void {
    if (!isFragmentable(type)) {
      out.push(decodeMessage(transfer))
      return
    }
    for (const whole of this.#fragments.push(transfer)) {
      out.push(Result.isSuccess(whole) ? decodeMessage(whole.success) : Result.fail(whole.failure))
    }
  }

  #reportSkipped(out: Array<Result.Result<MbimMessage, MbimCodecError>>): void {
    if (this.#skipped === 0) return
    const reason = { _tag: "FramingLost", found: this.#firstSkipped, skipped: this.#skipped } as const
    out.push(Result.fail(new MbimCodecError({ context: "MBIM stream", reason })))
    this.#skipped = 0
  }
}

/** Whether these bytes begin with the header of a transfer that may be one. */
export const beginsTransfer = (bytes: Uint8Array, offset = 0): boolean => {
  if (bytes.length - offset < headerSize) return false
  const { length, type } = readHeader(bytes, offset)
  const least = shortest(type)
  return least !== undefined && length >= least && length <= maxMessage
}
