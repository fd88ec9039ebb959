/** The conversation on an AT port (at.md §1): one command, one reply, one deadline. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { AtReader } from "../protocol/at/AtReader.ts"
import { encodeCommand } from "../protocol/at/framing.ts"
import type { AtReply } from "../protocol/at/framing.ts"
import type { Connection } from "../transport/Connection.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { AtError } from "./AtError.ts"
import { makeMailbox } from "./exchange.ts"

/** The reference waits 3 s (flows.md §3.3); scripts up to 10 s. */
export const atDeadline: Duration.Duration = Duration.seconds(3)

export interface AtSession {
  readonly endpoint: string
  /** The whole reply, whatever its final code. */
  readonly send: (command: string, deadline?: Duration.Duration) => Effect.Effect<AtReply, AtError | TransportError>
  /** The reply's lines; every final code but `OK` is an error. */
  readonly ask: (
    command: string,
    deadline?: Duration.Duration
  ) => Effect.Effect<ReadonlyArray<string>, AtError | TransportError>
  readonly close: Effect.Effect<void>
}

/** Commands after which echo is another than it was. */
const changesEcho = /^AT(E|Z|&F)/i

/** What a port said that is no reply, short and printable: noise of a DIAG port says much. */
const heardText = (bytes: ReadonlyArray<number>): string =>
  bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("")

const longestHeard = 40

export const openAtSession = Effect.fn("AtSession.open")(function* (
  connect: Effect.Effect<Connection, TransportError, Scope.Scope>
) {
  const { connection, mailbox } = yield* makeMailbox(connect, (bytes) => [bytes])
  const { endpoint } = connection
  /** Seen on this port: then everything in front of the own echo is stale, also a final code (at.md §1). */
  let echoes = false

  const send: AtSession["send"] = (command, deadline = atDeadline) =>
    Effect.suspend(() => {
      const reader = new AtReader(command, { echo: echoes ? "on" : "unknown" })
      const heard: Array<number> = []
      // Until the reply is whole nothing is certain any more.
      echoes = false
      return Effect.gen(function* () {
        // A late reply of an earlier command would be taken for this one's.
        yield* mailbox.clear
        yield* connection.write(encodeCommand(command))
        for (;;) {
          const bytes = yield* mailbox.take
          heard.push(...bytes.subarray(0, longestHeard - heard.length))
          const reply = reader.push(bytes)
          if (reply === undefined) continue
          if (Result.isSuccess(reply)) {
            echoes = reply.success.echo && !changesEcho.test(command)
            return reply.success
          }
          return yield* new AtError({ endpoint, command, reason: { _tag: "Garbled", detail: reply.failure.message } })
        }
      }).pipe(
        Effect.timeoutOrElse({
          duration: deadline,
          orElse: () =>
            Effect.fail(
              new AtError({
                endpoint,
                command,
                reason: {
                  _tag: "NoAnswer",
                  millis: Duration.toMillis(deadline),
                  ...(heard.length === 0 ? {} : { heard: heardText(heard) })
                }
              })
            )
        })
      )
    })

  const ask: AtSession["ask"] = (command, deadline) =>
    Effect.flatMap(send(command, deadline), ({ final, lines }) => {
      switch (final._tag) {
        case "Ok":
          return Effect.succeed(lines)
        case "Error":
          return Effect.fail(new AtError({ endpoint, command, reason: { _tag: "Refused", answer: "ERROR" } }))
        case "NotImplemented":
          return Effect.fail(new AtError({ endpoint, command, reason: { _tag: "Refused", answer: "NOT IMPLEMENTED" } }))
        case "CmeError":
          return Effect.fail(
            new AtError({ endpoint, command, reason: { _tag: "Refused", answer: `+CME ERROR: ${final.text}` } })
          )
      }
    })

  return { endpoint, send, ask, close: mailbox.close } satisfies AtSession
})
