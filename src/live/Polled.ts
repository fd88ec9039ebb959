/**
 * A non-blocking descriptor on the event loop: reads as bytes come, writes as room comes, nothing in the thread pool.
 * It is always watched, also while nobody reads: without that an unplugged tty says nothing.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { readSync, writeSync } from "node:fs"
import { makeInbox } from "../transport/Inbox.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { DisconnectEvent, ReadableEvent, WritableEvent } from "./binding.ts"
import type { NativePoller, SerialBinding } from "./binding.ts"
import { codeOf, failure, reasonOf } from "./io-error.ts"
import type { Operation } from "./io-error.ts"

export interface PolledOptions {
  readonly binding: SerialBinding
  readonly descriptor: number
  readonly endpoint: string
  /** Codes that mean an unplugged device, besides those that always do. */
  readonly gone: ReadonlyArray<string>
  /** Bytes asked for at once; on a message device one read is one message of at most this length. */
  readonly readLength: number
  /** A write is one message: taken whole or not at all. */
  readonly messages: boolean
  /** How long nothing may be taken before a write is given up. */
  readonly stall: Duration.Duration
}

export interface Polled {
  readonly read: Effect.Effect<Uint8Array, TransportError>
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, TransportError>
  /** Writes what there is room for now; yields how many bytes that were. */
  readonly writeNow: (bytes: Uint8Array) => Effect.Effect<number, TransportError>
  /** A write had to be given up: the device was not taking anything. */
  readonly hasGivenUp: () => boolean
  /** Stops watching; whoever still reads or writes is told that the port was closed. The descriptor stays open. */
  readonly stop: () => void
}

/** Received bytes, and reads, that may wait for a reader; then the kernel holds the device back. */
const mostBytes = 256 * 1024
const mostReads = 1024

const unplugged: TransportError["reason"] = { _tag: "Unplugged" }
/** Waiting again would be an endless loop: the alarm stays. */
const driverError: TransportError["reason"] = { _tag: "IoFailed", detail: "the driver reports an error" }

/** "Not now": asked again at the next event. */
const isTransient = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === "EAGAIN" || code === "EINTR"
}

export const makePolled = (options: PolledOptions): Effect.Effect<Polled, TransportError> =>
  Effect.try({
    try: () => polled(options),
    catch: (error) => failure(options.endpoint, "open", reasonOf(error))
  })

const polled = (options: PolledOptions): Polled => {
  const { descriptor, endpoint } = options
  const inbox = makeInbox<Uint8Array, TransportError>()
  const buffer = Buffer.allocUnsafeSlow(options.readLength)
  /** Waits for room, or for the end: told by calling it. */
  let writer: (() => void) | undefined
  let waitingBytes = 0
  let paused = false
  let givenUp = false
  let ended: TransportError["reason"] | undefined

  const problem = (operation: Operation, error: unknown) => failure(endpoint, operation, reasonOf(error, options.gone))

  const isFull = (): boolean => waitingBytes >= mostBytes || inbox.size() >= mostReads

  const end = (reason: TransportError["reason"]): void => {
    if (ended !== undefined) return
    ended = reason
    poller.stop()
    inbox.fail(Cause.fail(failure(endpoint, "read", reason)))
    writer?.()
  }

  /** One read; more of it is another event. `alarm`: the end if there is nothing to read, as the poller has one. */
  const receive = (alarm?: TransportError["reason"]): void => {
    let length: number
    try {
      length = readSync(descriptor, buffer, 0, buffer.length, null)
    } catch (error) {
      if (!isTransient(error)) end(reasonOf(error, options.gone))
      else if (alarm !== undefined) end(alarm)
      return
    }
    if (length === 0) return end(unplugged)
    waitingBytes += length
    inbox.offer(Uint8Array.prototype.slice.call(buffer, 0, length))
  }

  /** Full, and the other end is gone: the rest is read, and the end met, once there is room. */
  let hungUp: TransportError["reason"] | undefined

  const onEvent = (error: Error | null, events = 0): void => {
    if (ended !== undefined) return
    const alarm = error !== null ? driverError : (events & DisconnectEvent) !== 0 ? unplugged : undefined
    if (isFull()) hungUp ??= alarm
    else if (alarm !== undefined || (events & ReadableEvent) !== 0) receive(alarm)
    if (error !== null || (events & WritableEvent) !== 0) writer?.()
    watch()
  }

  const watch = (): void => {
    if (ended !== undefined) return
    if (hungUp !== undefined && writer === undefined) poller.stop()
    else {
      paused = isFull()
      poller.poll((paused ? 0 : ReadableEvent) | (writer === undefined ? 0 : WritableEvent) | DisconnectEvent)
    }
  }

  const poller: NativePoller = new options.binding.Poller(descriptor, (error, events) => onEvent(error, events))

  const consumed = (bytes: Uint8Array): void => {
    waitingBytes -= bytes.length
    if (ended !== undefined || !paused || isFull()) return
    if (hungUp !== undefined) receive(hungUp)
    else watch()
  }

  /** Writes what there is room for. Yields how much; throws what is not a "not now". */
  const push = (bytes: Uint8Array): number => {
    try {
      return writeSync(descriptor, bytes)
    } catch (error) {
      if (isTransient(error)) return 0
      throw error
    }
  }

  const write = (bytes: Uint8Array, clock: Clock.Clock): Effect.Effect<void, TransportError> => {
    let taken = 0
    let lastTaken = clock.currentTimeMillisUnsafe()
    /** The result once there is one. */
    const step = (): Effect.Effect<void, TransportError> | undefined => {
      if (ended !== undefined) return Effect.fail(failure(endpoint, "write", ended))
      try {
        const length = push(bytes.subarray(taken))
        if (length > 0) lastTaken = clock.currentTimeMillisUnsafe()
        taken += length
      } catch (error) {
        return Effect.fail(problem("write", error))
      }
      if (taken === bytes.length) return Effect.void
      if (!options.messages || taken === 0) return undefined
      const detail = `only ${String(taken)} of ${String(bytes.length)} bytes of a message were taken`
      return Effect.fail(failure(endpoint, "write", { _tag: "IoFailed", detail }))
    }
    const first = step()
    if (first !== undefined) return first
    const rest = Effect.callback<void, TransportError>((resume) => {
      writer = () => {
        const result = step()
        if (result === undefined) return
        writer = undefined
        resume(result)
      }
      watch()
      return Effect.sync(() => {
        writer = undefined
        givenUp = true
        watch()
      })
    })
    const millis = Duration.toMillis(options.stall)
    const stalled = Effect.gen(function* () {
      for (;;) {
        const left = lastTaken + millis - clock.currentTimeMillisUnsafe()
        if (left <= 0) return yield* failure(endpoint, "write", { _tag: "Stalled", millis })
        yield* Effect.sleep(left)
      }
    })
    return Effect.raceFirst(rest, stalled)
  }

  watch()
  return {
    read: Effect.map(inbox.take, (bytes) => {
      consumed(bytes)
      return bytes
    }),
    writeNow: (bytes) =>
      Effect.suspend(() =>
        ended === undefined
          ? Effect.try({ try: () => push(bytes), catch: (error) => problem("write", error) })
          : Effect.fail(failure(endpoint, "write", ended))
      ),
    write: (bytes) => (bytes.length === 0 ? Effect.void : Effect.clockWith((clock) => write(bytes, clock))),
    hasGivenUp: () => givenUp,
    stop: () => {
      end({ _tag: "IoFailed", detail: "the port was closed" })
      poller.destroy()
    }
  }
}
