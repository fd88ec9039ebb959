/** QDL on a port that speaks something else: each is called by its name. Literal bytes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { QdlError } from "../../src/session/QdlError.ts"
import { openQdlSession } from "../../src/session/QdlSession.ts"
import type { TransportError } from "../../src/transport/TransportError.ts"
import { script } from "../support/scripted-connection.ts"
import { errorOf, settle, timed } from "../support/virtual-time.ts"

const dload = "7e 70 00 00 14 46 7e"
const ack = "7e 02 6a d3 7e"
/** sahara-firehose.md §2, the example. */
const saharaHello = `01 00 00 00 30 00 00 00 02 00 00 00 01 00 00 00 00 04 00 00 03 00 00 00 ${"00 ".repeat(24)}`

const qdlError = (error: QdlError | TransportError): QdlError => {
  assert(error._tag === "QdlError")
  return error
}

describe("QDL on the wrong port", () => {
  it.effect("a Sahara Hello that was there first ends it before anything is sent", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const session = yield* openQdlSession(port.connect)
      yield* port.say(saharaHello)
      yield* settle
      const { exit, millis } = yield* timed(session.dloadSwitch)
      const error = qdlError(errorOf(exit))
      assert.strictEqual(error.reason._tag, "SpeaksSahara")
      assert.strictEqual(error.code, "QDL_SPEAKS_SAHARA")
      assert.match(error.message, /Sahara/)
      assert.deepStrictEqual(port.written(), [])
      assert.isAtMost(millis, 50)
    })
  )

  it.effect("a Sahara Hello that comes instead of the answer, in pieces, ends it at once", () =>
    Effect.gen(function* () {
      const port = yield* script(() => [saharaHello.slice(0, 15), saharaHello.slice(15)])
      const session = yield* openQdlSession(port.connect)
      const { exit } = yield* timed(session.dloadSwitch)
      assert.strictEqual(qdlError(errorOf(exit)).reason._tag, "SpeaksSahara")
      assert.deepStrictEqual(port.written(), [dload])
    })
  )

  it.effect("an AT port's echo is no answer, and no reason to ask again", () =>
    Effect.gen(function* () {
      const port = yield* script((written) => [written])
      const session = yield* openQdlSession(port.connect)
      const { exit } = yield* timed(session.dloadSwitch)
      const error = qdlError(errorOf(exit))
      assert.strictEqual(error.reason._tag, "EchoesAt")
      assert.match(error.message, /AT port/)
      assert.deepStrictEqual(port.written(), [dload])
      const hello = yield* timed(session.hello({ version: 6, toleratesError: true }))
      assert.strictEqual(qdlError(errorOf(hello.exit)).reason._tag, "EchoesAt")
    })
  )

  it.effect("the same bytes later in a conversation are answers like any others", () =>
    Effect.gen(function* () {
      const port = yield* script((_, index) => (index === 0 ? [saharaHello.slice(0, 20), ack] : undefined))
      const session = yield* openQdlSession(port.connect)
      // Seven bytes of a Hello are none: they are what stood in the port, in front of the first flag.
      assert.strictEqual((yield* timed(session.dloadSwitch)).exit._tag, "Success")
    })
  )
})
