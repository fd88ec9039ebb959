/** An MBIM function that says anything: a session over it opens or fails with a named error, within its deadlines. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { fragment } from "../../src/protocol/mbim/fragments.ts"
import { MbimReader } from "../../src/protocol/mbim/MbimReader.ts"
import { encodeMessage, NO_TRANSACTION, readHeader } from "../../src/protocol/mbim/message.ts"
import type { MbimMessage } from "../../src/protocol/mbim/message.ts"
import { openMbimLink } from "../../src/session/MbimLink.ts"
import { openQmiSession } from "../../src/session/QmiSession.ts"
import { Byte, concat, U32 } from "../protocol/bytes.ts"
import { messages } from "../protocol/mbim/generators.ts"
import { allocateAnswer } from "../protocol/mbim/captures.ts"
import { bytesOf, script } from "../support/scripted-connection.ts"
import { timed } from "../support/virtual-time.ts"

const nothing = new Uint8Array(0)

/** What a function in order answers. */
const rightAnswer = (asked: MbimMessage): MbimMessage => {
  const { transaction } = asked
  switch (asked._tag) {
    case "Open":
      return { _tag: "OpenDone", transaction, status: 0 }
    case "Close":
      return { _tag: "CloseDone", transaction, status: 0 }
    case "Command": {
      const { cid, service } = asked
      const answer = asked.buffer[0] === 1 ? allocateAnswer : nothing
      return { _tag: "CommandDone", transaction, service, cid, status: 0, buffer: answer }
    }
    default:
      return { _tag: "FunctionError", transaction, error: 1 }
  }
}

/** What it says to one write. */
const Said = Arbitrary.all({
  what: Arbitrary.schema(
    Schema.Literals(["right", "right", "other", "other transaction", "broken", "bytes", "pieces", "nothing"])
  ),
  message: messages,
  bytes: Arbitrary.array(Arbitrary.schema(Byte), { maxLength: 80 }),
  at: Arbitrary.schema(U32)
})

describe("a QMI session over an MBIM function that says anything", () => {
  it.effect.prop(
    "opens, or fails with a named error, and ends within its deadlines",
    { said: Arbitrary.array(Said, { maxLength: 12 }) },
    ({ said }) =>
      Effect.gen(function* () {
        const port = yield* script((written, index) => {
          const [read] = new MbimReader().push(bytesOf(written))
          const one = said[index]
          if (read === undefined || Result.isFailure(read) || one === undefined) return undefined
          const right = encodeMessage(rightAnswer(read.success))
          const { transaction } = readHeader(right)
          switch (one.what) {
            case "right":
              return [right]
            case "other":
              return [encodeMessage({ ...one.message, transaction })]
            case "other transaction":
              return [encodeMessage({ ...one.message, transaction: NO_TRANSACTION }), right]
            case "broken": {
              const broken = right.slice()
              broken[one.at % broken.length] = one.bytes[0] ?? 0
              return [broken]
            }
            case "bytes":
              return [concat(Uint8Array.from(one.bytes), right)]
            case "pieces":
              return fragment(encodeMessage({ ...one.message, transaction }), 64).toReversed()
            case "nothing":
              return undefined
          }
        })
        const { exit } = yield* timed(
          Effect.scoped(openQmiSession(openMbimLink(port.connect))),
          "3 minutes",
          "1 second"
        )
        if (exit._tag === "Failure") {
          assert.isTrue(Cause.hasFails(exit.cause) && !Cause.hasDies(exit.cause), Cause.pretty(exit.cause))
        }
        assert.isFalse(port.isOpen())
      }),
    { timeout: 60_000 }
  )
})
