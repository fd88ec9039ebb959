/** What came from a device and waits for a reader; the device is asked for more only while there is room. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { makeInbox } from "../../transport/Inbox.ts"
import type { TransportError } from "../../transport/TransportError.ts"

/** Bytes and reads that may wait; then the device has to. */
const mostBytes = 256 * 1024
const mostReads = 1024

export interface Received {
  readonly offer: (bytes: Uint8Array) => void
  readonly fail: (error: TransportError) => void
  readonly read: Effect.Effect<Uint8Array, TransportError>
  /** Ends when there is room. */
  readonly room: Effect.Effect<void>
}

export const makeReceived = (): Received => {
  const inbox = makeInbox<Uint8Array, TransportError>()
  let waiting = 0
  let wake: (() => void) | undefined
  const isFull = (): boolean => waiting >= mostBytes || inbox.size() >= mostReads
  return {
    offer: (bytes) => {
      waiting += bytes.length
      inbox.offer(bytes)
    },
    fail: (error) => inbox.fail(Cause.fail(error)),
    read: Effect.map(inbox.take, (bytes) => {
      waiting -= bytes.length
      if (wake !== undefined && !isFull()) wake()
      return bytes
    }),
    room: Effect.callback<void>((resume) => {
      if (!isFull()) return resume(Effect.void)
      wake = () => {
        wake = undefined
        resume(Effect.void)
      }
      return Effect.sync(() => void (wake = undefined))
    })
  }
}

export const bytesOf = (data: DataView | undefined): Uint8Array =>
  data === undefined ? new Uint8Array() : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
