import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { AtError } from "../../src/session/AtError.ts"
import { openAtSession } from "../../src/session/AtSession.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import { endpoint, inOrder, script } from "../support/scripted-connection.ts"
import type { Answer } from "../support/scripted-connection.ts"
import { errorOf, settle, timed, valueOf } from "../support/virtual-time.ts"

const text = (line: string): Uint8Array => new TextEncoder().encode(line)

/** `!IMPREF:` of at.md §4.1, with its echo and its trailing blank. */
const impref =
  "AT!IMPREF?\r\r\n!IMPREF: \r\n preferred fw version:    02.33.03.00\r\n preferred carrier name:  GENERIC\r\n\r\nOK\r\n"

const start = (answer: (written: string, index: number) => Answer = () => undefined) =>
  Effect.gen(function* () {
    const port = yield* script(answer)
    return { port, session: yield* openAtSession(port.connect) }
  })

const atError = (error: AtError | TransportError): AtError => {
  assert(error instanceof AtError, `wanted an AtError, found ${error._tag}: ${error.message}`)
  return error
}

const refusal = (answer: string) =>
  Effect.gen(function* () {
    const { session } = yield* start(inOrder([text(answer)]))
    return atError(yield* Effect.flip(session.ask("AT!BOOTHOLD")))
  })

describe("asking over AT", () => {
  it.effect("sends the command and a CR, and gives back the lines between echo and OK", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([text(impref)]))
      assert.deepStrictEqual(yield* session.ask("AT!IMPREF?"), [
        "!IMPREF: ",
        " preferred fw version:    02.33.03.00",
        " preferred carrier name:  GENERIC"
      ])
      assert.deepStrictEqual(port.written(), ["41 54 21 49 4d 50 52 45 46 3f 0d"])
    })
  )

  it.effect("reads a reply byte by byte, with and without echo", () =>
    Effect.gen(function* () {
      const whole = text(impref)
      const { session } = yield* start(inOrder(Array.from(whole, (byte) => Uint8Array.of(byte))))
      assert.strictEqual((yield* session.ask("AT!IMPREF?")).length, 3)
      const without = yield* start(inOrder(Array.from(text("\r\nOK\r\n"), (byte) => Uint8Array.of(byte))))
      const reply = yield* without.session.send("AT")
      assert.deepStrictEqual([reply.echo, reply.lines, reply.final._tag], [false, [], "Ok"])
    })
  )

  it.effect("is refused with ERROR", () =>
    Effect.gen(function* () {
      const error = yield* refusal("AT!BOOTHOLD\r\r\nERROR\r\n")
      assert.deepStrictEqual(error.reason, { _tag: "Refused", answer: "ERROR" })
      assert.deepStrictEqual([error.endpoint, error.command, error.code], [endpoint, "AT!BOOTHOLD", "AT_REFUSED"])
    })
  )

  it.effect("is refused with a CME ERROR, by text or number", () =>
    Effect.gen(function* () {
      for (const detail of ["operation not supported", "4"]) {
        const error = yield* refusal(`\r\n+CME ERROR: ${detail}\r\n`)
        assert.deepStrictEqual(error.reason, { _tag: "Refused", answer: `+CME ERROR: ${detail}` })
      }
    })
  )

  it.effect("is refused with NOT IMPLEMENTED", () =>
    Effect.gen(function* () {
      const error = yield* refusal("\r\nNOT IMPLEMENTED\r\n")
      assert.deepStrictEqual(error.reason, { _tag: "Refused", answer: "NOT IMPLEMENTED" })
    })
  )

  it.effect("tells the final code as a value to who only sends", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([text("\r\nERROR\r\n")]))
      assert.deepStrictEqual((yield* session.send('AT!ENTERCND="A710"')).final, { _tag: "Error" })
    })
  )
})

describe("the deadline of an AT command", () => {
  it.effect("is three seconds unless told, for the whole reply", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([text("AT!IMPREF?\r\r\n!IMPREF: \r\n")]))
      const { exit, millis } = yield* timed(session.ask("AT!IMPREF?"))
      assert.deepStrictEqual(atError(errorOf(exit)).reason, {
        _tag: "NoAnswer",
        millis: 3000,
        heard: "AT!IMPREF?...!IMPREF: .."
      })
      assert.strictEqual(millis, 3000)
      assert.strictEqual(port.written().length, 1)
    })
  )

  it.effect("is what the caller gives", () =>
    Effect.gen(function* () {
      const { session } = yield* start()
      const { exit, millis } = yield* timed(session.ask("AT!BOOTHOLD", Duration.seconds(10)))
      assert.deepStrictEqual(atError(errorOf(exit)).reason, { _tag: "NoAnswer", millis: 10_000 })
      assert.strictEqual(millis, 10_000)
    })
  )
})

describe("what an AT port says besides", () => {
  it.effect("late lines of an earlier command are thrown away before the next one", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([], [text("\r\nERROR\r\n")]))
      assert.strictEqual(atError(errorOf((yield* timed(session.ask("ATI"))).exit)).reason._tag, "NoAnswer")
      // Echo is off: nothing but its time tells this reply from the next one's.
      yield* port.say(text("\r\nModel: EM7455\r\n\r\nOK\r\n"))
      yield* settle
      const error = atError(errorOf((yield* timed(session.ask("AT!BOOTHOLD"))).exit))
      assert.deepStrictEqual(error.reason, { _tag: "Refused", answer: "ERROR" })
    })
  )

  it.effect("stale text in front of the own echo and unasked lines are no part of the reply", () =>
    Effect.gen(function* () {
      const { session } = yield* start(
        inOrder([text("ATI\r\r\nERROR\r\nAT+GMM\r"), text("\r\nEM7455\r\n\r\n+CREG: 1\r\n\r\nOK\r\n")])
      )
      assert.deepStrictEqual(yield* session.ask("AT+GMM"), ["EM7455"])
    })
  )

  it.effect("an endless reply is garbled, not an endless wait", () =>
    Effect.gen(function* () {
      const { session } = yield* start(() => [new Uint8Array(70_000).fill(0x41)])
      const { exit, millis } = yield* timed(session.ask("ATI"))
      const error = atError(errorOf(exit))
      assert.strictEqual(error.reason._tag, "Garbled")
      assert.include(error.message, "65536")
      assert.strictEqual(millis, 0)
    })
  )

  it.effect("a modem that leaves is told as Unplugged at once", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start()
      const { exit, millis } = yield* timed(
        Effect.all([session.ask("AT!BOOTHOLD"), Effect.andThen(port.nextWrite, port.unplug)], { concurrency: 2 })
      )
      const error = errorOf(exit)
      assert(error instanceof TransportError)
      assert.strictEqual(error.reason._tag, "Unplugged")
      assert.strictEqual(millis, 0)
    })
  )

  it.effect("closing lets go of the port", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(() => [text("\r\nOK\r\n")])
      assert.deepStrictEqual(valueOf((yield* timed(session.ask("AT"))).exit), [])
      yield* session.close
      assert.isFalse(port.isOpen())
    })
  )
})
