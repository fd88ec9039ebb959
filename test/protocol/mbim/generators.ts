/** Arbitrary MBIM messages of all kinds. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import type { MbimMessage } from "../../../src/protocol/mbim/message.ts"
import { uuidText } from "../../../src/protocol/mbim/message.ts"
import { Byte, U32 } from "../bytes.ts"

const bytes = (options: Arbitrary.ArrayOptions) =>
  Arbitrary.map(Arbitrary.array(Arbitrary.schema(Byte), options), (list) => Uint8Array.from(list))

const parts = Arbitrary.all({
  kind: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8 }))),
  transaction: Arbitrary.schema(U32),
  value: Arbitrary.schema(U32),
  cid: Arbitrary.schema(U32),
  set: Arbitrary.schema(Schema.Boolean),
  uuid: bytes({ minLength: 16, maxLength: 16 }),
  buffer: bytes({ maxLength: 600 })
})

export const messages: Arbitrary.Arbitrary<MbimMessage> = Arbitrary.map(
  parts,
  ({ buffer, cid, kind, set, transaction, uuid, value }): MbimMessage => {
    const common = { transaction, service: uuidText(uuid, 0), cid, buffer }
    switch (kind) {
      case 0:
        return { _tag: "Open", transaction, maxControlTransfer: value }
      case 1:
        return { _tag: "Close", transaction }
      case 2:
        return { _tag: "HostError", transaction, error: value }
      case 3:
        return { _tag: "OpenDone", transaction, status: value }
      case 4:
        return { _tag: "CloseDone", transaction, status: value }
      case 5:
        return { _tag: "FunctionError", transaction, error: value }
      case 6:
        return { _tag: "Command", ...common, type: set ? "set" : "query" }
      case 7:
        return { _tag: "CommandDone", ...common, status: value }
      default:
        return { _tag: "IndicateStatus", ...common }
    }
  }
)
