/** Why a run cannot be recorded. At its start such a run is refused; later it goes on without its journal. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

export const NoSpace = Schema.TaggedStruct("NoSpace", {})
export const ReadOnly = Schema.TaggedStruct("ReadOnly", {})
export const NotPermitted = Schema.TaggedStruct("NotPermitted", {})
/** Anything else that the system says. */
export const Failed = Schema.TaggedStruct("Failed", { detail: Schema.String })
/** The disk took longer than a transfer may be kept waiting. */
export const TooSlow = Schema.TaggedStruct("TooSlow", { seconds: Schema.Number })
/** One run may not fill the disk. */
export const Full = Schema.TaggedStruct("Full", { limit: Schema.Int })

const Reason = Schema.Union([NoSpace, ReadOnly, NotPermitted, Failed, TooSlow, Full])

export const journalCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NoSpace: {
    code: "JOURNAL_NO_SPACE",
    help: "Free some space there, or name a folder on another disk with `--state-dir`."
  },
  ReadOnly: { code: "JOURNAL_READ_ONLY", help: "Name a folder that can be written to with `--state-dir`." },
  NotPermitted: {
    code: "JOURNAL_NOT_PERMITTED",
    help: "Run it as the user that owns the folder, or name another one with `--state-dir`."
  },
  Failed: {
    code: "JOURNAL_FAILED",
    help: "The detail is what the system says; name another folder with `--state-dir`."
  },
  TooSlow: { code: "JOURNAL_TOO_SLOW", help: "Name a folder on a disk of this computer with `--state-dir`." },
  Full: { code: "JOURNAL_FULL", help: "Nothing has to be done: the end of the run is recorded all the same." }
}

export class JournalError extends Schema.TaggedError<JournalError>()("JournalError", {
  /** The folder or file. */
  path: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return journalCatalogue[this.reason._tag].code
  }
  get help(): string {
    return journalCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const what = `the run cannot be recorded in ${this.path}`
    const reason = this.reason
    switch (reason._tag) {
      case "NoSpace":
        return `${what}: no space is left`
      case "ReadOnly":
        return `${what}: it can only be read`
      case "NotPermitted":
        return `${what}: permission denied`
      case "Failed":
        return `${what}: ${reason.detail}`
      case "TooSlow":
        return `${what}: writing took longer than ${String(reason.seconds)} s`
      case "Full":
        return `${what}: it has reached ${String(reason.limit)} bytes`
    }
  }
}
