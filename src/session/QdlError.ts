/** What can go wrong in the conversation with a boot loader. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"
import { describeCloseStatus, describeError, describeOpenStatus, describeWriteStatus } from "../protocol/qdl/command.ts"

/** `heard`: what came instead of an answer, e.g. broken frames; empty when there was silence. */
export const NoAnswer = Schema.TaggedStruct("NoAnswer", { millis: Schema.Number, heard: Schema.Array(Schema.String) })
/** An Error message of the boot loader (qdl.md §3.3). */
export const Rejected = Schema.TaggedStruct("Rejected", { error: Schema.Int, text: Schema.Int })
/** A status other than 0 in the answer itself (qdl.md §3.4–3.6). */
export const BadStatus = Schema.TaggedStruct("BadStatus", { status: Schema.Int })
export const WrongSequence = Schema.TaggedStruct("WrongSequence", { wanted: Schema.Int, found: Schema.Int })
/** The port speaks DIAG: the modem is not in download mode (qdl.md §3.1). */
export const StillDiagnostic = Schema.TaggedStruct("StillDiagnostic", {})
/** It sent back what it was sent: the echo of an AT port (failures.md §2). */
export const EchoesAt = Schema.TaggedStruct("EchoesAt", {})
/** A Sahara Hello came: the boot loader speaks that, or the modem has crashed and offers its memory (devices.md §1). */
export const SpeaksSahara = Schema.TaggedStruct("SpeaksSahara", {})
/** Bytes on their way to the modem are not those that were checked. Nothing more was sent. */
export const ImageChanged = Schema.TaggedStruct("ImageChanged", { wanted: Schema.String, found: Schema.String })

const Reason = Schema.Union([
  NoAnswer,
  Rejected,
  BadStatus,
  WrongSequence,
  StillDiagnostic,
  EchoesAt,
  SpeaksSahara,
  ImageChanged
])

export const qdlCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NoAnswer: {
    code: "QDL_NO_ANSWER",
    help: "The boot loader stopped answering: where it stays silent, power-cycle the modem, then run the command that is printed."
  },
  Rejected: {
    code: "QDL_REJECTED",
    help: "The boot loader refused; the code says why. Check that the image is for this very model."
  },
  BadStatus: {
    code: "QDL_BAD_STATUS",
    help: "The boot loader answered with a failure status; check that the images are for this very model, then try again."
  },
  WrongSequence: {
    code: "QDL_WRONG_SEQUENCE",
    help: "Modem and host lost count of the chunks; try again."
  },
  StillDiagnostic: {
    code: "QDL_STILL_DIAGNOSTIC",
    help: "The port is a diagnostic port, not a download port; look with `boothold list` whether the modem is in boot-and-hold."
  },
  EchoesAt: {
    code: "QDL_ECHOES_AT",
    help: "The port is an AT port, not a download port; look with `boothold list` whether the modem is in boot-and-hold."
  },
  SpeaksSahara: {
    code: "QDL_SPEAKS_SAHARA",
    help: "The boot loader speaks Sahara, which boothold cannot do yet. A 9x30 does so after a crash: power-cycle it, then look with `boothold list`."
  },
  ImageChanged: {
    code: "QDL_IMAGE_CHANGED",
    help: "The file was changed while it was being sent; put the right file in place, then try again."
  }
}

export const QdlStep = Schema.Literals(["dload", "hello", "open", "write", "close", "reset"])

const statusText = (step: typeof QdlStep.Type, status: number): string => {
  switch (step) {
    case "open":
      return describeOpenStatus(status)
    case "write":
      return describeWriteStatus(status)
    case "close":
      return describeCloseStatus(status)
    case "dload":
    case "hello":
    case "reset":
      return String(status)
  }
}

export class QdlError extends Schema.TaggedError<QdlError>()("QdlError", {
  endpoint: Schema.String,
  step: QdlStep,
  /** Number of the chunk, for `write`. */
  chunk: Schema.optionalKey(Schema.Int),
  reason: Reason
}) {
  get code(): string {
    return qdlCatalogue[this.reason._tag].code
  }
  get help(): string {
    return qdlCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    const what = `${this.endpoint}: QDL ${this.step}${this.chunk === undefined ? "" : ` of chunk ${String(this.chunk)}`}`
    switch (reason._tag) {
      case "NoAnswer":
        return (
          `${what}: no answer within ${String(reason.millis / 1000)} s` +
          (reason.heard.length === 0 ? "" : ` (heard: ${reason.heard.join("; ")})`)
        )
      case "Rejected":
        return `${what}: the boot loader answers error ${describeError(reason.error)}`
      case "BadStatus":
        return `${what}: status ${statusText(this.step, reason.status)}`
      case "WrongSequence":
        return `${what}: acknowledged chunk ${String(reason.found)}, wanted ${String(reason.wanted)}`
      case "StillDiagnostic":
        return `${what}: the port answers as a diagnostic port (13 …), not as a boot loader`
      case "EchoesAt":
        return `${what}: the port sends back what it is sent, as an AT port does`
      case "SpeaksSahara":
        return `${what}: the port speaks Sahara (its Hello 01 00 00 00 30 … came), not QDL`
      case "ImageChanged":
        return `${what}: the file's SHA-256 is ${reason.found} now, ${reason.wanted} was checked`
    }
  }
}
