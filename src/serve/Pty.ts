/**
 * One pseudo terminal with us on the master side: raw from before any program can open it, and open until its scope ends.
 * Then it is hung up: who holds it reads an end and gets errors, as on a serial port whose device was unplugged.
 *
 * The master is inherited by programs that this process starts (the native part sets no close-on-exec): start none while
 * ports are served, or they keep them from being hung up.
 */
import * as Effect from "effect/Effect"
import { closeSync, writeSync } from "node:fs"
import { ReadStream } from "node:tty"
import { loadPty, openRaw } from "./natives.ts"
import { pathUnusable, ServeError, textOf } from "./ServeError.ts"

export interface Pty {
  /** What programs open, e.g. `/dev/pts/5`. */
  readonly path: string
  /** What programs have written, at least one piece; waits for it. A program that writes faster is held back. */
  readonly read: Effect.Effect<ReadonlyArray<Uint8Array>, ServeError>
  /** Completes when the terminal has taken all of it: waits while nobody reads and its few KiB are full. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, ServeError>
}

/** Unread bytes of the program beyond which it is held back. */
const readLimit = 256 * 1024
/** How often a full terminal is tried again: there is no event for it that would not hold the event loop. */
const fullMillis = 2

/** How many of the bytes it takes now; none when it is full. */
const writeSome = (descriptor: number, bytes: Uint8Array, from: number): number => {
  try {
    return writeSync(descriptor, bytes, from)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0
    throw error
  }
}

/** Settings stay while the terminal does: one open of the program's side sets them for all that follow. */
const makeRaw = (path: string) =>
  Effect.callback<void, ServeError>((resume) => {
    openRaw(path, (error, descriptor) => {
      if (error === null) closeSync(descriptor)
      resume(error === null ? Effect.void : Effect.fail(pathUnusable(path)(error)))
    })
  })

/** Fails where pseudo terminals cannot be had; afterwards opening one takes no time for loading. */
export const preparePty = (what: string) =>
  Effect.try({
    try: loadPty,
    catch: (cause) => new ServeError({ what, reason: { _tag: "PtyMissing", detail: textOf(cause) } })
  })

export const openPty = Effect.fnUntraced(function* (what: string) {
  const unusable = pathUnusable(what)
  const { open } = yield* preparePty(what)
  let closed = false
  let full = false
  let failure: ServeError | undefined
  let queued: Array<Uint8Array> = []
  let size = 0
  let wake: (() => void) | undefined

  const acquired = Effect.gen(function* () {
    const pty = yield* Effect.try({ try: () => open(80, 25), catch: unusable })
    yield* Effect.addFinalizer(() => Effect.sync(() => closeSync(pty.slave)))
    const master = yield* Effect.acquireRelease(
      Effect.sync(() => new ReadStream(pty.master)),
      (stream) =>
        Effect.sync(() => {
          closed = true
          stream.destroy()
        })
    )
    const fail = (cause: unknown): void => {
      failure ??= unusable(cause)
      wake?.()
    }
    master.on("error", fail)
    master.on("close", () => fail("the pseudo terminal was closed"))
    master.on("data", (bytes: Uint8Array) => {
      queued.push(bytes)
      size += bytes.length
      if (size >= readLimit) {
        full = true
        master.pause()
      }
      wake?.()
    })
    return { ...pty, stream: master }
  })
  // Held until the end: without any holder of the program's side the master would read errors.
  const { master: fd, pty: path, stream: master } = yield* Effect.uninterruptible(acquired)
  yield* makeRaw(path)

  const take = (): Effect.Effect<ReadonlyArray<Uint8Array>, ServeError> => {
    if (queued.length === 0 && failure !== undefined) return Effect.fail(failure)
    const taken = queued
    queued = []
    size = 0
    if (full) {
      full = false
      master.resume()
    }
    return Effect.succeed(taken)
  }

  const pty: Pty = {
    path,
    read: Effect.callback((resume) => {
      if (queued.length > 0 || failure !== undefined) return resume(take())
      wake = () => {
        wake = undefined
        resume(take())
      }
      return Effect.sync(() => {
        wake = undefined
      })
    }),
    write: Effect.fnUntraced(function* (bytes) {
      let at = 0
      while (at < bytes.length && !closed) {
        const from = at
        const written = yield* Effect.try({ try: () => writeSome(fd, bytes, from), catch: unusable })
        at += written
        if (written === 0) yield* Effect.sleep(fullMillis)
      }
    })
  }
  return pty
})
