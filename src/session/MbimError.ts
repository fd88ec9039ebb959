/** What can go wrong where QMI is carried over MBIM (qmi.md §5). The reference only logs such errors (qmi.md §11.3). */
import * as Schema from "effect/Schema"
import { Status } from "../protocol/mbim/codes.ts"
import type { Catalogue } from "../protocol/problem.ts"

const status = { status: Schema.Int, name: Schema.String }

export const NoAnswer = Schema.TaggedStruct("NoAnswer", { millis: Schema.Number })
/** The function answers, and has no QMI service: most firmware has it, some does not (failures.md §5). */
export const ServiceMissing = Schema.TaggedStruct("ServiceMissing", status)
/** OPEN or a command was answered with a status other than success. */
export const Refused = Schema.TaggedStruct("Refused", status)
/** FUNCTION_ERROR: the function did not take the message. */
export const FunctionFailed = Schema.TaggedStruct("FunctionFailed", { error: Schema.Int, name: Schema.String })
export const Garbled = Schema.TaggedStruct("Garbled", { detail: Schema.String })

const Reason = Schema.Union([NoAnswer, ServiceMissing, Refused, FunctionFailed, Garbled])

export const mbimCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NoAnswer: {
    code: "MBIM_NO_ANSWER",
    help: "The modem does not answer MBIM on its control port; make sure that nothing else uses the port, wait a minute, and try again."
  },
  ServiceMissing: {
    code: "MBIM_NO_QMI",
    help: "This firmware carries no QMI over MBIM. Where the modem has an AT port, everything goes by AT (AT!BOOTHOLD); this one shows none: the USB composition has to be changed first."
  },
  Refused: { code: "MBIM_REFUSED", help: "The modem refuses; its MBIM status says why." },
  FunctionFailed: {
    code: "MBIM_FUNCTION_ERROR",
    help: "Another program may have closed the modem's MBIM function; stop it (often ModemManager) and try again."
  },
  Garbled: {
    code: "MBIM_GARBLED",
    help: "The modem's answer cannot be read; `boothold decode mbim` shows such bytes field by field."
  }
}

export class MbimError extends Schema.TaggedError<MbimError>()("MbimError", {
  endpoint: Schema.String,
  /** `OPEN`, or the name of the command. */
  request: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return mbimCatalogue[this.reason._tag].code
  }
  get help(): string {
    return mbimCatalogue[this.reason._tag].help
  }
  /** The same question may get another answer in a moment: the modem says that it is busy or still starting. */
  get isPassing(): boolean {
    return (
      this.reason._tag === "Refused" &&
      (this.reason.status === Status.Busy || this.reason.status === Status.NotInitialized)
    )
  }
  override get message(): string {
    const reason = this.reason
    const what = `${this.endpoint}: ${this.request}`
    switch (reason._tag) {
      case "NoAnswer":
        return `${what}: no answer within ${String(reason.millis / 1000)} s`
      case "ServiceMissing":
        return `${what}: the modem has no QMI service in its MBIM function (MBIM status ${String(reason.status)}, ${reason.name})`
      case "Refused":
        return `${what}: the modem refuses with MBIM status ${String(reason.status)} (${reason.name})`
      case "FunctionFailed":
        return `${what}: the modem does not take it: MBIM error ${String(reason.error)} (${reason.name})`
      case "Garbled":
        return `${what}: the answer cannot be read: ${reason.detail}`
    }
  }
}
