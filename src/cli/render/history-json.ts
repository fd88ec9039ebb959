/** What `history --json` prints, as schemas: programs read it. */
import * as Schema from "effect/Schema"
import { Damage, Entry } from "../../journal/entry.ts"
import type { PastRun, UnreadableRun } from "../../journal/history.ts"
import { isUnfinished } from "../../journal/outcome.ts"
import { Condition } from "../../update/condition.ts"
import { RunStart } from "../../update/Journal.ts"

const Failure = Schema.Struct({ code: Schema.String, message: Schema.String })

export const PastRunReport = Schema.TaggedStruct("Run", {
  id: Schema.String,
  /** Milliseconds since 1970, as all times here. */
  startedAt: Schema.Finite,
  lastAt: Schema.Finite,
  /** `open`: without an end, and nobody works on it any more. */
  state: Schema.Literals(["finished", "failed", "interrupted", "running", "open"]),
  /** The modem may still need something: `recover` or the command in `next`. */
  unfinished: Schema.Boolean,
  flow: Schema.String,
  modem: RunStart.fields.modem,
  condition: Condition,
  step: Schema.NullOr(Schema.String),
  progress: Schema.NullOr(Schema.Struct({ image: Schema.String, sent: Schema.Int, bytes: Schema.Int })),
  error: Schema.NullOr(Failure),
  next: Schema.NullOr(Schema.String)
})
export type PastRunReport = typeof PastRunReport.Type

export const UnreadableReport = Schema.TaggedStruct("Unreadable", {
  id: Schema.String,
  code: Schema.String,
  message: Schema.String
})

/** All of `history`. */
export const HistoryReport = Schema.Array(Schema.Union([PastRunReport, UnreadableReport]))

/** All of `history show ID`. */
export const RunReport = Schema.TaggedStruct("Run", {
  ...PastRunReport.fields,
  pid: Schema.Int,
  run: RunStart,
  entries: Schema.Array(Entry),
  /** Lines that could not be written. */
  lost: Schema.Int,
  damage: Schema.NullOr(Damage)
})

/** `open` is two things: somebody may be at it. */
export const stateOf = ({ outcome, running }: PastRun): PastRunReport["state"] => (running ? "running" : outcome.end)

const pastRun = (past: PastRun): PastRunReport => {
  const { id, journal, outcome, running } = past
  const { condition, failure, lastAt, next, progress, step } = outcome
  return {
    _tag: "Run",
    id,
    startedAt: journal.begun.at,
    lastAt,
    state: stateOf(past),
    unfinished: !running && isUnfinished(outcome),
    flow: journal.begun.run.flow,
    modem: journal.begun.run.modem,
    condition,
    step: step ?? null,
    progress: progress ?? null,
    error: failure === undefined ? null : { code: failure.code, message: failure.message },
    next: next ?? null
  }
}

const encodeHistory = Schema.encodeSync(Schema.toCodecJson(HistoryReport))
const encodeRun = Schema.encodeSync(Schema.toCodecJson(RunReport))

export const historyReport = (runs: ReadonlyArray<PastRun | UnreadableRun>): unknown =>
  encodeHistory(
    runs.map((run) =>
      "error" in run
        ? { _tag: "Unreadable", id: run.id, code: run.error.code, message: run.error.message }
        : pastRun(run)
    )
  )

export const runReport = (past: PastRun): unknown => {
  const { begun, damage, entries, lost } = past.journal
  return encodeRun({ ...pastRun(past), pid: begun.owner.pid, run: begun.run, entries, lost, damage: damage ?? null })
}
