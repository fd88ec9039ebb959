/** One port of a simulated modem: a byte pipe with the modem on one end and at most one holder on the other. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { PortRole } from "../device/UsbBus.ts"
import type { Connection } from "../transport/Connection.ts"
import { TransportError } from "../transport/TransportError.ts"
import { find } from "./faults.ts"
import type { Faults } from "./faults.ts"
import type { ModelPort } from "./models/Model.ts"

/** Bytes of one write are taken in pieces of this size, so that a slow modem holds the writer back. */
const pieceLength = 65_536
const inboxPieces = 16
/** Reads that wait for a holder who does not read; then the modem has to wait, as behind a full USB pipe. */
const outboxReads = 1024

export interface Port extends ModelPort {
  /** The next bytes from whoever holds the port. */
  readonly incoming: Effect.Effect<Uint8Array>
  /** To whoever holds the port; lost when nobody does, as on a tty that is not open. */
  readonly send: (bytes: Uint8Array) => Effect.Effect<void>
  /** Opens it exclusively until the scope ends. */
  readonly connect: Effect.Effect<Connection, TransportError, Scope.Scope>
  /** The function behind it begins anew, as the host wants it; does nothing where nobody has said what that means. */
  readonly reset: Effect.Effect<void>
  readonly onReset: (listener: Effect.Effect<void>) => void
  /** The device leaves the bus: everything fails with `Unplugged` from now on. */
  readonly remove: Effect.Effect<void>
}

export const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

const cut = (bytes: Uint8Array, pieces: number): ReadonlyArray<Uint8Array> => {
  const length = Math.max(1, Math.ceil(bytes.length / pieces))
  const out: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; at += length) out.push(bytes.subarray(at, at + length))
  return out
}

export interface PortOptions {
  readonly port: ModelPort
  readonly endpoint: string
  readonly faults: Faults
  /** Sleeps and notes the time as the modem's own. */
  readonly busy: (doing: string, millis: number) => Effect.Effect<void>
  readonly note: (event: "PortOpened" | "PortClosed", role: PortRole) => Effect.Effect<void>
  /** Fibers of this enumeration live here. */
  readonly scope: Scope.Scope
}

export const makePort = Effect.fnUntraced(function* (options: PortOptions) {
  const { busy, endpoint, faults, note, port, scope } = options
  const { role } = port
  const inbox = yield* Queue.bounded<Uint8Array>(inboxPieces)
  const sending = yield* Semaphore.make(1)
  let outbox: Queue.Queue<Uint8Array, TransportError> | undefined
  let gone = false
  let reset = Effect.void
  let held: Array<Uint8Array> = []

  const error = (operation: TransportError["operation"], tag: "Unplugged" | "Busy" | "NotThere") =>
    new TransportError({ endpoint, operation, reason: { _tag: tag } })

  const deliver = (bytes: Uint8Array): Effect.Effect<void> =>
    Effect.suspend(() => (outbox === undefined ? Effect.void : Effect.asVoid(Queue.offer(outbox, bytes))))

  const send = Effect.fnUntraced(function* (bytes: Uint8Array) {
    const here = faults({ _tag: "Sending", role })
    const split = find(here, "Split")
    const merge = find(here, "Merge")
    const out = Effect.gen(function* () {
      const all = merge === undefined ? bytes : concat(held)
      if (merge !== undefined) held = []
      if (split === undefined) return yield* deliver(all)
      const pieces = cut(all, split.pieces)
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) yield* busy(`sending on ${role}`, split.millis)
        yield* deliver(piece)
      }
    }).pipe(Semaphore.withPermit(sending))
    if (merge === undefined) return yield* out
    held.push(bytes)
    // The first answer of a batch starts the wait; later ones join it.
    if (held.length === 1)
      yield* busy(`holding answers on ${role}`, merge.millis).pipe(Effect.andThen(out), Effect.forkIn(scope))
  })

  const close = Effect.suspend(() => {
    const mine = outbox
    outbox = undefined
    return mine === undefined ? Effect.void : Effect.andThen(Queue.shutdown(mine), note("PortClosed", role))
  })

  const open = Effect.gen(function* () {
    if (gone) return yield* error("open", "NotThere")
    if (outbox !== undefined) return yield* error("open", "Busy")
    const mine = yield* Queue.bounded<Uint8Array, TransportError>(outboxReads)
    outbox = mine
    yield* note("PortOpened", role)
    for (const fault of faults({ _tag: "Opened", role })) {
      if (fault._tag === "Stale") yield* Queue.offer(mine, fault.bytes)
    }
    const connection: Connection = {
      endpoint,
      read: Queue.take(mine),
      write: Effect.fnUntraced(function* (bytes) {
        for (let at = 0; at < bytes.length; at += pieceLength) {
          // A copy: the writer may reuse its buffer as soon as the write is done.
          const taken = !gone && (yield* Queue.offer(inbox, bytes.slice(at, at + pieceLength)))
          if (!taken) return yield* error("write", "Unplugged")
        }
        if (gone) return yield* error("write", "Unplugged")
      })
    }
    return connection
  })

  const remove = Effect.suspend(() => {
    gone = true
    const mine = outbox
    return Effect.andThen(
      Queue.shutdown(inbox),
      mine === undefined ? Effect.void : Effect.asVoid(Queue.fail(mine, error("read", "Unplugged")))
    )
  })

  const made: Port = {
    ...port,
    incoming: Queue.take(inbox),
    send,
    connect: Effect.acquireRelease(open, () => close),
    reset: Effect.suspend(() => reset),
    onReset: (listener) => void (reset = listener),
    remove
  }
  return made
})
