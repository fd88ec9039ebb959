/** What can be wrong with received QMI bytes. Never thrown: every decoder gives it back in a `Result`. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../problem.ts"

/** The stream does not continue with the marker 0x01. `skipped`: bytes thrown away while looking for the next frame. */
export const FramingLost = Schema.TaggedStruct("FramingLost", { found: Schema.Int, skipped: Schema.Int })
/** Shorter than the fixed part of a frame. */
export const Truncated = Schema.TaggedStruct("Truncated", { wanted: Schema.Int, found: Schema.Int })
/** A length says something else than the bytes that are there. */
export const LengthMismatch = Schema.TaggedStruct("LengthMismatch", {
  field: Schema.String,
  says: Schema.Int,
  found: Schema.Int
})
/** SDU flags that name no kind of message. */
export const UnknownFlags = Schema.TaggedStruct("UnknownFlags", { flags: Schema.Int })
export const MissingTlv = Schema.TaggedStruct("MissingTlv", { field: Schema.String, tlv: Schema.Int })
export const MalformedTlv = Schema.TaggedStruct("MalformedTlv", {
  field: Schema.String,
  tlv: Schema.Int,
  detail: Schema.String
})
/** The same TLV twice with different bytes: nobody can say which one is meant. */
export const ContradictoryTlv = Schema.TaggedStruct("ContradictoryTlv", { field: Schema.String, tlv: Schema.Int })

const Reason = Schema.Union([
  FramingLost,
  Truncated,
  LengthMismatch,
  UnknownFlags,
  MissingTlv,
  MalformedTlv,
  ContradictoryTlv
])

const log = "Another program may be using the port; if it happens again, report it with a log of the bytes."

export const qmiCodecCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  FramingLost: { code: "QMI_FRAMING_LOST", help: "The port may speak MBIM or AT instead of QMI; look at its driver." },
  Truncated: { code: "QMI_TRUNCATED", help: log },
  LengthMismatch: { code: "QMI_LENGTH", help: log },
  UnknownFlags: { code: "QMI_FLAGS", help: log },
  MissingTlv: { code: "QMI_TLV_MISSING", help: "This firmware answers in an unknown way; report it with its version." },
  MalformedTlv: {
    code: "QMI_TLV_MALFORMED",
    help: "This firmware answers in an unknown way; report it with its version."
  },
  ContradictoryTlv: {
    code: "QMI_TLV_CONTRADICTORY",
    help: "This firmware contradicts itself; report it with its version."
  }
}

export const hex = (value: number, digits = 2): string => `0x${value.toString(16).padStart(digits, "0")}`

/** `context` says what was being decoded, e.g. `QMUX frame` or `DMS List Stored Images response`. */
export class QmiCodecError extends Schema.TaggedError<QmiCodecError>()("QmiCodecError", {
  context: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return qmiCodecCatalogue[this.reason._tag].code
  }
  get help(): string {
    return qmiCodecCatalogue[this.reason._tag].help
  }
  override get message(): string {
    return `${this.context}: ${explain(this.reason)}`
  }
}

const explain = (reason: typeof Reason.Type): string => {
  switch (reason._tag) {
    case "FramingLost":
      return (
        `framing lost: a frame begins with 0x01, found ${hex(reason.found)}` +
        (reason.skipped === 0 ? "" : ` (${String(reason.skipped)} bytes skipped)`)
      )
    case "Truncated":
      return `too short: wanted at least ${String(reason.wanted)} bytes, found ${String(reason.found)}`
    case "LengthMismatch":
      return `${reason.field} says ${String(reason.says)} bytes, found ${String(reason.found)}`
    case "UnknownFlags":
      return `flags ${hex(reason.flags)} name no kind of message`
    case "MissingTlv":
      return `TLV ${hex(reason.tlv)} (${reason.field}) is missing`
    case "MalformedTlv":
      return `TLV ${hex(reason.tlv)} (${reason.field}): ${reason.detail}`
    case "ContradictoryTlv":
      return `TLV ${hex(reason.tlv)} (${reason.field}) is there twice with different values`
  }
}
