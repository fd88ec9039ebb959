/**
 * A byte pipe to one port of one modem. Live and simulated transports implement exactly this, so
 * sessions cannot tell them apart. Chunk boundaries mean nothing: a read may hold half a message or three.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { TransportError } from "./TransportError.ts"

export interface Connection<out E = TransportError> {
  /** What the user knows the port as, e.g. `/dev/ttyUSB0` or `sim:1-2/download`. */
  readonly endpoint: string
  /** Completes when all bytes were taken by the transport. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, E>
  /** The next bytes from the modem, as they come; fails with `Unplugged` once the port is gone. */
  readonly read: Effect.Effect<Uint8Array, E>
  /** Says what the protocol below owes at the end and waits for no answer: for a modem that is about to leave. */
  readonly abandon?: Effect.Effect<void>
  /** Several writes may be under way: each is done when the modem has answered it. */
  readonly answers?: true
  /** Carried by another connection, on which the {@link Tap} has seen the bytes. */
  readonly seen?: true
}

/** One transfer seen at the seam: `at` in milliseconds of the Clock service. */
export interface TapRecord {
  readonly endpoint: string
  readonly direction: "to-modem" | "from-modem"
  readonly bytes: Uint8Array
  readonly at: number
}

/** The one place where all bytes pass: provide it to record a session. Off by default. */
export const Tap = Context.Reference<((record: TapRecord) => Effect.Effect<void>) | undefined>(
  "boothold/transport/Tap",
  { defaultValue: () => undefined }
)

/** Wraps a connection so that the provided {@link Tap} sees its bytes; the connection itself when there is none. */
export const tapped = Effect.fnUntraced(function* <E>(connection: Connection<E>) {
  const tap = yield* Tap
  if (tap === undefined || connection.seen === true) return connection
  const { endpoint } = connection
  const note = (direction: TapRecord["direction"]) => (bytes: Uint8Array) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => tap({ endpoint, direction, bytes: bytes.slice(), at }))
  return {
    ...connection,
    write: (bytes: Uint8Array) => Effect.andThen(note("to-modem")(bytes), connection.write(bytes)),
    read: Effect.tap(connection.read, note("from-modem"))
  } satisfies Connection<E>
})
