/** A port whose other end is the test: literal bytes in and out, through queues, nothing of the simulator. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { Connection } from "../../src/transport/Connection.ts"
import { TransportError } from "../../src/transport/TransportError.ts"

export const endpoint = "script:port"

export const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from((hex.match(/[0-9a-fA-F]{2}/g) ?? []).map((pair) => Number.parseInt(pair, 16)))

export const hexOf = (bytes: Iterable<number>): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ")

const asBytes = (part: string | Uint8Array): Uint8Array => (typeof part === "string" ? bytesOf(part) : part)

/** What the other end says to one write, one entry per read; nothing when it stays silent. */
export type Answer = ReadonlyArray<string | Uint8Array> | undefined

export interface Script {
  /** Opens the port; a second open while the first one holds it fails with `Busy`. */
  readonly connect: Effect.Effect<Connection, TransportError, Scope.Scope>
  /** Every write so far, in hex. */
  readonly written: () => ReadonlyArray<string>
  /** The next write that no one has looked at. */
  readonly nextWrite: Effect.Effect<string>
  /** The other end speaks, one entry per read. */
  readonly say: (...parts: ReadonlyArray<string | Uint8Array>) => Effect.Effect<void>
  /** Reads and writes fail with `Unplugged` from now on. */
  readonly unplug: Effect.Effect<void>
  readonly isOpen: () => boolean
  /** What has been read from the other end so far, in bytes. */
  readonly bytesRead: () => number
}

const unplugged = (operation: "read" | "write") =>
  new TransportError({ endpoint, operation, reason: { _tag: "Unplugged" } })

/** `answer` is asked at each write, with its hex and its number from 0; by default the other end only listens. */
export const script = (answer: (written: string, index: number) => Answer = () => undefined): Effect.Effect<Script> =>
  Effect.gen(function* () {
    const incoming = yield* Queue.unbounded<Uint8Array, TransportError>()
    const outgoing = yield* Queue.unbounded<string>()
    const written: Array<string> = []
    let open = false
    let gone = false
    let bytesRead = 0
    const say: Script["say"] = (...parts) => Effect.asVoid(Queue.offerAll(incoming, parts.map(asBytes)))
    const connection: Connection = {
      endpoint,
      read: Effect.tap(Queue.take(incoming), (bytes) =>
        Effect.sync(() => {
          bytesRead += bytes.length
        })
      ),
      write: (bytes) =>
        Effect.suspend(() => {
          if (gone || !open) return Effect.fail(unplugged("write"))
          const hex = hexOf(bytes)
          const parts = answer(hex, written.length) ?? []
          written.push(hex)
          return Effect.andThen(Queue.offer(outgoing, hex), say(...parts))
        })
    }
    return {
      connect: Effect.acquireRelease(
        Effect.suspend(() => {
          if (open) return Effect.fail(new TransportError({ endpoint, operation: "open", reason: { _tag: "Busy" } }))
          open = true
          return Effect.succeed(connection)
        }),
        () =>
          Effect.sync(() => {
            open = false
          })
      ),
      written: () => written,
      nextWrite: Queue.take(outgoing),
      say,
      unplug: Effect.suspend(() => {
        gone = true
        return Effect.asVoid(Queue.fail(incoming, unplugged("read")))
      }),
      isOpen: () => open,
      bytesRead: () => bytesRead
    }
  })

/** The other end's answers, one entry per write, in order; silence behind the last one. */
export const inOrder =
  (...answers: ReadonlyArray<Answer>) =>
  (_written: string, index: number): Answer =>
    answers[index]
