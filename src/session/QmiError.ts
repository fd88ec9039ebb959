/** What can go wrong in a QMI conversation. A timeout and a refusal are never the same thing (failures.md §2, flows.md §9 W6). */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"
import { isNotSupported } from "../protocol/qmi/error-code.ts"

/** The modem understood and says no. */
export const Refused = Schema.TaggedStruct("Refused", { error: Schema.Int, name: Schema.String })
export const NoAnswer = Schema.TaggedStruct("NoAnswer", { millis: Schema.Number })
/** The answer came, but is not what the message may look like. */
export const Garbled = Schema.TaggedStruct("Garbled", { detail: Schema.String })

const Reason = Schema.Union([Refused, NoAnswer, Garbled])

export const qmiCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  Refused: { code: "QMI_REFUSED", help: "The modem refuses; its error number and name say why. Where it should not, a power-cycle of the modem may help." },
  NoAnswer: {
    code: "QMI_NO_ANSWER",
    help: "The modem did not answer on its control port; make sure that nothing else uses the port, wait a minute, and try again; where it stays silent, power-cycle the modem."
  },
  Garbled: {
    code: "QMI_GARBLED",
    help: "The modem's answer cannot be read; `boothold decode qmux` shows such bytes field by field."
  }
}

export class QmiError extends Schema.TaggedError<QmiError>()("QmiError", {
  endpoint: Schema.String,
  /** Name of the message, as in the protocol documents. */
  request: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return qmiCatalogue[this.reason._tag].code
  }
  get help(): string {
    return qmiCatalogue[this.reason._tag].help
  }
  /** The modem lacks the feature: errors 71, 94, 25 only (qmi.md §9). */
  get isNotSupported(): boolean {
    return this.reason._tag === "Refused" && isNotSupported(this.reason.error)
  }
  override get message(): string {
    const reason = this.reason
    const what = `${this.endpoint}: ${this.request}`
    switch (reason._tag) {
      case "Refused":
        return `${what}: the modem refuses with QMI error ${String(reason.error)} (${reason.name})`
      case "NoAnswer":
        return `${what}: no answer within ${String(reason.millis / 1000)} s`
      case "Garbled":
        return `${what}: the answer cannot be read: ${reason.detail}`
    }
  }
}
