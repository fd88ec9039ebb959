/** A serial port of a modem, `/dev/ttyUSB*` or a pseudo terminal: QDL and AT. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { constants, realpathSync } from "node:fs"
import type { Connection } from "../transport/Connection.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { lineSettings, loadBinding } from "./binding.ts"
import { makeBlockingWriter } from "./BlockingWriter.ts"
import { describeHolders, holdersOf } from "./holders.ts"
import { failure, reasonOf } from "./io-error.ts"
import type { Operation } from "./io-error.ts"
import { makeOpenFiles } from "./open-file.ts"
import { makePolled } from "./Polled.ts"

export interface TtyOptions {
  /**
   * How long the modem may take nothing before a write fails with `Stalled`; a minute. Of a chunk that is written in
   * one go nothing is known before its end: there the modem is given up after one to two of these.
   */
  readonly stall?: Duration.Input
}

/** The last answer of a tty whose device is gone. */
const gone = ["EIO"]

const nonBlocking = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK

/** Longer writes go through the thread pool; shorter ones are taken at once. */
const longestDirect = 4096

/** A pseudo terminal may well be held by the program that made it. */
const isPseudoTerminal = (path: string): boolean => path.startsWith("/dev/pts/")

const busy = (real: string): TransportError["reason"] => {
  const detail = describeHolders(holdersOf(real))
  return { _tag: "Busy", ...(detail === undefined ? {} : { detail }) }
}

/**
 * Opens a tty: locked (`flock`), in raw mode, 8N1. Fails with `NotThere`, `PermissionDenied`, `Busy` (somebody else
 * has it open, named where /proc shows who), `Unplugged` or `IoFailed`. Closed with the scope, which never takes
 * longer than about a second for what a modem does not take.
 *
 * The tty is opened twice: reads and short writes are non-blocking on the event loop; a chunk goes out as one blocking
 * write in the thread pool.
 */
export const openTty = (
  path: string,
  options: TtyOptions = {}
): Effect.Effect<Connection, TransportError, Scope.Scope> =>
  Effect.gen(function* () {
    const stall = Duration.fromInputUnsafe(options.stall ?? "1 minute")
    const failed = (operation: Operation) => (error: unknown) => failure(path, operation, reasonOf(error, gone))

    const real = yield* Effect.try({ try: () => realpathSync(path), catch: failed("open") })
    const binding = yield* Effect.try({ try: loadBinding, catch: failed("open") })
    // Not every program locks what it uses; two that read from one port both get half of the answers.
    if (!isPseudoTerminal(real)) {
      const holders = describeHolders(holdersOf(real))
      if (holders !== undefined) return yield* failure(path, "open", { _tag: "Busy", detail: holders })
    }

    const files = yield* makeOpenFiles
    const main = yield* files.openWith<Error>(
      (done) => binding.open(real, lineSettings, done),
      (error) => {
        if (error.message.includes("Cannot lock port")) return Effect.fail(failure(path, "open", busy(real)))
        // The native part has only words for it; the same open by hand has the code.
        const ioFailed = failure(path, "open", { _tag: "IoFailed", detail: error.message.replace(/^Error:? /, "") })
        return Effect.andThen(files.open(path, nonBlocking), Effect.fail(ioFailed))
      }
    )
    // Does not wait for a carrier: the first open has set CLOCAL.
    const bulk = yield* files.open(path, constants.O_WRONLY | constants.O_NOCTTY)

    const writer = makeBlockingWriter({ binding, descriptor: bulk, control: main })
    const polled = yield* makePolled({
      binding,
      descriptor: main,
      endpoint: path,
      gone,
      readLength: 64 * 1024,
      messages: false,
      stall
    })
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        polled.stop()
        yield* writer.release
        if (writer.isBroken() || polled.hasGivenUp()) files.giveUp()
      })
    )

    const write = Effect.fnUntraced(function* (bytes: Uint8Array) {
      // The modem gets the beginning at once: a thread for the rest takes some tenths of a millisecond to wake up.
      let rest = bytes.subarray(yield* polled.writeNow(bytes))
      while (rest.length > longestDirect && writer.isFree()) {
        const done = yield* writer.write(rest).pipe(Effect.mapError(failed("write")), Effect.timeoutOption(stall))
        const taken = Option.getOrElse(done, writer.taken)
        if (Option.isNone(done) && taken === 0) {
          return yield* failure(path, "write", { _tag: "Stalled", millis: Duration.toMillis(stall) })
        }
        rest = rest.subarray(taken)
      }
      if (rest.length > 0) yield* polled.write(rest)
    })
    const one = yield* Semaphore.make(1)
    return { endpoint: path, read: polled.read, write: (bytes) => one.withPermit(write(bytes)) }
  })
