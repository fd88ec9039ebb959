/**
 * Whole chunks in one blocking `write` in the thread pool: a third of the processor time of many small non-blocking
 * ones. It can be let go of at any time, also when the device takes nothing any more.
 */
import * as Effect from "effect/Effect"
import { write as writeFile } from "node:fs"
import type { SerialBinding } from "./binding.ts"
import { codeOf } from "./io-error.ts"
import { interruptCalls, stopInterrupting } from "./release.ts"

/** Writes at a time in this process: the thread pool has 4 threads by default, and others need it too. */
const mostWrites = 2

/** A write that does not end after these is left to the system. */
const mostSignals = 50

/** Descriptors with a write in the thread pool. */
const running = new Set<number>()

/** The process ends in the middle of a write, by an error of somebody else: without this it would never be gone. */
const onExit = (): void => {
  for (const descriptor of running) {
    makeNonBlocking?.(descriptor)
    interruptCalls(descriptor)
  }
}

let makeNonBlocking: ((descriptor: number) => void) | undefined

const enter = (descriptor: number): void => {
  if (running.size === 0) process.on("exit", onExit)
  running.add(descriptor)
}

const leave = (descriptor: number): void => {
  running.delete(descriptor)
  if (running.size === 0) {
    process.off("exit", onExit)
    stopInterrupting()
  }
}

export interface BlockingWriter {
  /** False when too many other writes are on their way, or a write of this port had to be let go. */
  readonly isFree: () => boolean
  /** A write of this port had to be let go. */
  readonly isBroken: () => boolean
  /**
   * Yields how many bytes were taken, or fails with the system's error. Interrupted, it ends the write at once, after
   * which the port can no longer be written to in this way.
   */
  readonly write: (bytes: Uint8Array) => Effect.Effect<number, unknown>
  /** What the last write that was interrupted had taken until then. */
  readonly taken: () => number
  /** Lets go of a write that is on its way. */
  readonly release: Effect.Effect<void>
}

export interface BlockingWriterOptions {
  readonly binding: SerialBinding
  /** Of a blocking open file of its own. */
  readonly descriptor: number
  /** Another open file of the same tty: setting its line speed wakes the writer. */
  readonly control: number
}

/** Not one of the standard speeds: those are set with a flush, which would throw away what the modem has not taken yet. */
const wakingSpeed = 115_201

export const makeBlockingWriter = ({ binding, control, descriptor }: BlockingWriterOptions): BlockingWriter => {
  let broken = false
  let taken = 0
  let whenDone: (() => void) | undefined
  makeNonBlocking ??= (stuck) => new binding.Poller(stuck, () => undefined).destroy()

  const done = Effect.callback<void>((resume) => {
    if (!running.has(descriptor)) return resume(Effect.void)
    whenDone = () => resume(Effect.void)
  })

  const release = Effect.gen(function* () {
    if (!running.has(descriptor)) return
    if (!broken) {
      broken = true
      makeNonBlocking?.(descriptor)
      binding.update(control, { baudRate: wakingSpeed }, () => undefined)
    }
    // The pool may be full, so that the line speed cannot be set: then a signal does it.
    const signals = Effect.gen(function* () {
      for (let sent = 0; sent < mostSignals; sent++) {
        yield* Effect.sleep("20 millis")
        interruptCalls(descriptor)
      }
    })
    yield* Effect.raceFirst(done, Effect.interruptible(signals))
  })

  const once = (bytes: Uint8Array): Effect.Effect<number, unknown> =>
    Effect.callback((resume) => {
      taken = 0
      enter(descriptor)
      writeFile(descriptor, bytes, 0, bytes.length, null, (error, length) => {
        leave(descriptor)
        taken = error === null ? length : 0
        const code = codeOf(error)
        resume(error === null || code === "EAGAIN" || code === "EINTR" ? Effect.succeed(taken) : Effect.fail(error))
        whenDone?.()
      })
      return release
    })

  return {
    isBroken: () => broken,
    isFree: () => !broken && running.size < mostWrites,
    write: once,
    taken: () => taken,
    release
  }
}
