/** Why a run of the past cannot be told. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

export const NoSuchRun = Schema.TaggedStruct("NoSuchRun", { wanted: Schema.String })
/** The beginning of an id that several runs share. */
export const SeveralRuns = Schema.TaggedStruct("SeveralRuns", {
  wanted: Schema.String,
  found: Schema.Array(Schema.String)
})
export const OtherVersion = Schema.TaggedStruct("OtherVersion", { found: Schema.String, wanted: Schema.Int })
/** The first line, without which nothing else means anything. */
export const NoJournal = Schema.TaggedStruct("NoJournal", { line: Schema.Int, found: Schema.String })
export const TooLarge = Schema.TaggedStruct("TooLarge", { bytes: Schema.Number, limit: Schema.Int })
export const Unreadable = Schema.TaggedStruct("Unreadable", { detail: Schema.String })

const Reason = Schema.Union([NoSuchRun, SeveralRuns, OtherVersion, NoJournal, TooLarge, Unreadable])

export const historyCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  NoSuchRun: {
    code: "HISTORY_NO_SUCH_RUN",
    help: "`boothold history` lists the runs; `--state-dir` names the folder that they are kept in."
  },
  SeveralRuns: { code: "HISTORY_SEVERAL_RUNS", help: "Give more of the run's id: `boothold history` lists them." },
  OtherVersion: {
    code: "HISTORY_OTHER_VERSION",
    help: "Another version of boothold wrote it: read it with that one."
  },
  NoJournal: {
    code: "HISTORY_NO_JOURNAL",
    help: "The file is none of boothold's journals, or was cut off before its run began: then the modem was sent nothing."
  },
  TooLarge: { code: "HISTORY_TOO_LARGE", help: "No journal of boothold grows like that: remove the file." },
  Unreadable: {
    code: "HISTORY_UNREADABLE",
    help: "The detail is what the system says; `--state-dir` names another folder."
  }
}

export class HistoryError extends Schema.TaggedError<HistoryError>()("HistoryError", {
  /** Folder, file, or id of a run. */
  what: Schema.String,
  reason: Reason
}) {
  get code(): string {
    return historyCatalogue[this.reason._tag].code
  }
  get help(): string {
    return historyCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const { reason, what } = this
    switch (reason._tag) {
      case "NoSuchRun":
        return `no run ${JSON.stringify(reason.wanted)} is recorded in ${what}`
      case "SeveralRuns":
        return `several runs begin with ${JSON.stringify(reason.wanted)}: ${reason.found.join(", ")}`
      case "OtherVersion":
        return `${what} is a journal of version ${reason.found}, wanted ${String(reason.wanted)}`
      case "NoJournal":
        return `${what} is no journal: line ${String(reason.line)} is ${reason.found}`
      case "TooLarge":
        return `${what} has ${String(reason.bytes)} bytes, a journal has at most ${String(reason.limit)}`
      case "Unreadable":
        return `${what} cannot be read: ${reason.detail}`
    }
  }
}
