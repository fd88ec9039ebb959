/**
 * One request, one answer, one deadline, on any framed byte pipe. A reader fiber turns bytes into messages;
 * an exchange takes messages until one is the answer. What is not the answer is remembered for the error text.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { tapped } from "../transport/Connection.ts"
import type { Connection } from "../transport/Connection.ts"
import { makeInbox } from "../transport/Inbox.ts"
import type { TransportError } from "../transport/TransportError.ts"

/** Most messages kept unread: a flood is dropped at the reader, not in memory. */
const mailboxSize = 256

export interface Mailbox<A, E = TransportError> {
  readonly take: Effect.Effect<A, E>
  /** Throws away what came before: only for protocols where every message answers a request. */
  readonly clear: Effect.Effect<void>
  /** Stops reading and lets go of the port. */
  readonly close: Effect.Effect<void>
  /** The same, waiting for no last word of what carries the bytes. */
  readonly abandon: Effect.Effect<void>
}

/** Reads the connection in the background and gives its bytes to `decode`, which yields whole messages. */
export const makeMailbox = Effect.fnUntraced(function* <A, E = TransportError>(
  open: Effect.Effect<Connection<E>, E, Scope.Scope>,
  decode: (bytes: Uint8Array) => ReadonlyArray<A>
) {
  const outer = yield* Scope.Scope
  const scope = yield* Scope.fork(outer)
  const connection = yield* Effect.flatMap(open, tapped).pipe(
    Scope.provide(scope),
    Effect.onError(() => Scope.close(scope, Exit.void))
  )
  const messages = makeInbox<A, E>(mailboxSize)
  yield* connection.read.pipe(
    Effect.map((bytes) => decode(bytes).forEach(messages.offer)),
    Effect.forever,
    Effect.onError((cause) => Effect.sync(() => messages.fail(cause))),
    Effect.ignore,
    Effect.forkIn(scope, { startImmediately: true })
  )
  const close = Scope.close(scope, Exit.void)
  const mailbox: Mailbox<A, E> = {
    take: messages.take,
    clear: Effect.sync(messages.clear),
    close,
    abandon: Effect.andThen(connection.abandon ?? Effect.void, close)
  }
  return { connection, mailbox }
})
