/** Device files: opened with the system's own error codes, closed without waiting for a modem that takes nothing. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { close, open } from "node:fs"
import type { TransportError } from "../transport/TransportError.ts"
import { failure, reasonOf } from "./io-error.ts"
import { interruptCalls, stopInterrupting } from "./release.ts"

/** How long a modem may still take what was written last: the kernel itself would wait up to 30 s. */
const patience = "1 second"
/** A close that no signal ends is left to the system after these. */
const mostSignals = 25

/**
 * Closes it; never fails and never hangs. What an unplugged device answers here means nothing. Measured with qcserial
 * on a modem that takes nothing: the signal ends the kernel's wait.
 */
const closeFile = (descriptor: number, hurry: boolean): Effect.Effect<void> => {
  const closed = Effect.callback<void>((resume) => close(descriptor, () => resume(Effect.void)))
  const signals = Effect.gen(function* () {
    if (!hurry) yield* Effect.sleep(patience)
    for (let sent = 0; sent < mostSignals; sent++) {
      yield* Effect.sleep("20 millis")
      interruptCalls(descriptor)
    }
  })
  return Effect.raceFirst(closed, Effect.interruptible(signals)).pipe(Effect.ensuring(Effect.sync(stopInterrupting)))
}

/** The open files of one port: whatever becomes of the fiber that opens them, the scope closes them. */
export interface OpenFiles {
  /** Can be interrupted; a file that is opened too late is closed at once. */
  readonly open: (path: string, flags: number) => Effect.Effect<number, TransportError>
  /** The same with a function that opens. */
  readonly openWith: <E>(
    start: (done: (error: E | null, descriptor: number) => void) => void,
    explain: (error: E) => Effect.Effect<never, TransportError>
  ) => Effect.Effect<number, TransportError>
  /** The modem takes nothing: closing need not wait for it. */
  readonly giveUp: () => void
}

export const makeOpenFiles: Effect.Effect<OpenFiles, never, Scope.Scope> = Effect.gen(function* () {
  const descriptors: Array<number> = []
  let closed = false
  let hurry = false
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closed = true
      return Effect.forEach(descriptors.toReversed(), (descriptor) => closeFile(descriptor, hurry), { discard: true })
    })
  )
  const openWith: OpenFiles["openWith"] = (start, explain) =>
    Effect.callback((resume) => {
      start((error, descriptor) => {
        if (error !== null) resume(explain(error))
        else if (closed) close(descriptor)
        else {
          descriptors.push(descriptor)
          resume(Effect.succeed(descriptor))
        }
      })
    })
  return {
    openWith,
    giveUp: () => void (hurry = true),
    open: (path, flags) =>
      openWith(
        (done: (error: unknown, descriptor: number) => void) => open(path, flags, done),
        // EIO: a tty whose device has just gone.
        (error) => Effect.fail(failure(path, "open", reasonOf(error, ["EIO"])))
      )
  }
})
