/** A QDL message that cannot be read: what was wanted, what was found. */
import * as Schema from "effect/Schema"

export const Empty = Schema.TaggedStruct("Empty", {})
export const UnknownCommand = Schema.TaggedStruct("UnknownCommand", { command: Schema.Int })
/** `wanted` are the sizes that this message may have. */
export const WrongSize = Schema.TaggedStruct("WrongSize", {
  message: Schema.String,
  wanted: Schema.Array(Schema.Int),
  found: Schema.Int
})
/** Checksum of a write header: `wanted` is that of the received bytes, `found` the one they carry. */
export const WrongHeaderCrc = Schema.TaggedStruct("WrongHeaderCrc", { wanted: Schema.Int, found: Schema.Int })
/** A Hello request whose magic text is another one. */
export const WrongMagic = Schema.TaggedStruct("WrongMagic", { found: Schema.String })

const Reason = Schema.Union([Empty, UnknownCommand, WrongSize, WrongHeaderCrc, WrongMagic])

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, "0")}`

export class QdlCodecError extends Schema.TaggedError<QdlCodecError>()("QdlCodecError", {
  direction: Schema.Literals(["request", "response"]),
  reason: Reason
}) {
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "Empty":
        return `QDL ${this.direction}: no bytes`
      case "UnknownCommand":
        return `QDL ${this.direction}: unknown command ${hex(reason.command, 2)}`
      case "WrongSize":
        return `QDL ${reason.message}: wanted ${reason.wanted.join(" or ")} bytes, found ${String(reason.found)}`
      case "WrongHeaderCrc":
        return `QDL write header: CRC mismatch (wanted ${hex(reason.wanted, 4)}, found ${hex(reason.found, 4)})`
      case "WrongMagic":
        return `QDL Hello request: unknown magic ${JSON.stringify(reason.found)}`
    }
  }
}
