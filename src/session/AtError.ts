/** What can go wrong in an AT conversation. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** `heard`: the beginning of what came instead of a reply, unprintable bytes as dots. */
export const NoAnswer = Schema.TaggedStruct("NoAnswer", {
  millis: Schema.Number,
  heard: Schema.optionalKey(Schema.String)
})
export const Refused = Schema.TaggedStruct("Refused", { answer: Schema.String })
export const Garbled = Schema.TaggedStruct("Garbled", { detail: Schema.String })
/** A value that the command cannot carry; nothing was sent. */
export const Unsendable = Schema.TaggedStruct("Unsendable", { detail: Schema.String })

const Reason = Schema.Union([NoAnswer, Refused, Garbled, Unsendable])

export const atCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NoAnswer: {
    code: "AT_NO_ANSWER",
    help: "This may not be the AT port, or another program reads its answers; stop it and try again."
  },
  Refused: { code: "AT_REFUSED", help: "The modem's firmware refuses or lacks this command." },
  Garbled: { code: "AT_GARBLED", help: "The answer is no AT text; this may be a diagnostic port." },
  Unsendable: {
    code: "AT_UNSENDABLE",
    help: "Give a value without quotes and line ends; for the password of AT!ENTERCND that is `--at-password`."
  }
}

export class AtError extends Schema.TaggedError<AtError>()("AtError", {
  endpoint: Schema.String,
  command: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return atCatalogue[this.reason._tag].code
  }
  get help(): string {
    return atCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    const what = `${this.endpoint}: ${this.command}`
    switch (reason._tag) {
      case "NoAnswer":
        return (
          `${what}: no answer within ${String(reason.millis / 1000)} s` +
          (reason.heard === undefined ? "" : `, but "${reason.heard}"`)
        )
      case "Refused":
        return `${what}: the modem answers ${reason.answer}`
      case "Garbled":
      case "Unsendable":
        return `${what}: ${reason.detail}`
    }
  }
}
