/** What can be wrong with received MBIM bytes. Never thrown: every decoder gives it back in a `Result`. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../problem.ts"

/** The stream does not continue with a header. `skipped`: bytes thrown away while looking for the next one. */
export const FramingLost = Schema.TaggedStruct("FramingLost", { found: Schema.Int, skipped: Schema.Int })
/** Shorter than the fixed part of the message. */
export const Truncated = Schema.TaggedStruct("Truncated", { wanted: Schema.Int, found: Schema.Int })
/** A length says something else than the bytes that are there. */
export const LengthMismatch = Schema.TaggedStruct("LengthMismatch", {
  field: Schema.String,
  says: Schema.Int,
  found: Schema.Int
})
export const UnknownType = Schema.TaggedStruct("UnknownType", { type: Schema.Int })
/** Neither query (0) nor set (1). */
export const UnknownCommandType = Schema.TaggedStruct("UnknownCommandType", { found: Schema.Int })
/** A fragment that is not the next one of its message: wrong index, total or transaction. */
export const FragmentOutOfSequence = Schema.TaggedStruct("FragmentOutOfSequence", {
  what: Schema.Literals(["index", "total", "transaction", "type"]),
  wanted: Schema.Int,
  found: Schema.Int
})
/** Fragments that together are, or say that they will be, more than any message may be. */
export const TooLong = Schema.TaggedStruct("TooLong", {
  unit: Schema.Literals(["bytes", "fragments"]),
  limit: Schema.Int
})

const Reason = Schema.Union([
  FramingLost,
  Truncated,
  LengthMismatch,
  UnknownType,
  UnknownCommandType,
  FragmentOutOfSequence,
  TooLong
])

const log = "Another program may be using the port; if it happens again, report it with a log of the bytes."

export const mbimCodecCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  FramingLost: { code: "MBIM_FRAMING_LOST", help: "The port may speak QMI or AT instead of MBIM; look at its driver." },
  Truncated: { code: "MBIM_TRUNCATED", help: log },
  LengthMismatch: { code: "MBIM_LENGTH", help: log },
  UnknownType: { code: "MBIM_TYPE", help: "The port may speak QMI or AT instead of MBIM; look at its driver." },
  UnknownCommandType: { code: "MBIM_COMMAND_TYPE", help: log },
  FragmentOutOfSequence: { code: "MBIM_FRAGMENT_ORDER", help: log },
  TooLong: { code: "MBIM_TOO_LONG", help: log }
}

export const hex = (value: number, digits = 8): string => `0x${value.toString(16).padStart(digits, "0")}`

/** `context` says what was being decoded, e.g. `COMMAND_DONE`; `transaction` whose message it was, where that is known. */
export class MbimCodecError extends Schema.TaggedError<MbimCodecError>()("MbimCodecError", {
  context: Schema.String,
  transaction: Schema.optionalKey(Schema.Int),
  reason: Reason
}) {
  get code(): string {
    return mbimCodecCatalogue[this.reason._tag].code
  }
  get help(): string {
    return mbimCodecCatalogue[this.reason._tag].help
  }
  override get message(): string {
    return `${this.context}: ${explain(this.reason)}`
  }
}

const explain = (reason: typeof Reason.Type): string => {
  switch (reason._tag) {
    case "FramingLost":
      return `no message begins with the byte ${hex(reason.found, 2)}; skipped ${String(reason.skipped)} bytes`
    case "Truncated":
      return `wanted at least ${String(reason.wanted)} bytes, found ${String(reason.found)}`
    case "LengthMismatch":
      return `${reason.field} says ${String(reason.says)} bytes, found ${String(reason.found)}`
    case "UnknownType":
      return `message type ${hex(reason.type)} is not known`
    case "UnknownCommandType":
      return `command type ${String(reason.found)} is neither query (0) nor set (1)`
    case "FragmentOutOfSequence":
      return `fragment ${reason.what} is ${String(reason.found)}, wanted ${String(reason.wanted)}`
    case "TooLong":
      return `the message has more than ${String(reason.limit)} ${reason.unit}`
  }
}
