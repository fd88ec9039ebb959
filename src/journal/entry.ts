/** What a journal consists of: one JSON object a line, the first of which says what the run is. Pure data. */
import * as Schema from "effect/Schema"
import { Condition } from "../update/condition.ts"
import { UpdateEvent } from "../update/events.ts"
import { RunStart } from "../update/Journal.ts"

/** Of the form of the lines. One that is read is of this version, or refused. */
export const journalVersion = 1

/** The process that a run or a lock belongs to, so that a dead one is not taken for a living one of the same number. */
export const Owner = Schema.Struct({
  pid: Schema.Int,
  program: Schema.String,
  /** When it started, in whatever the system counts; absent where it does not tell. */
  started: Schema.optionalKey(Schema.String),
  /** Of the system's start: no process lives through that. */
  boot: Schema.optionalKey(Schema.String),
  /** Where the number counts: containers have numbers of their own. */
  namespace: Schema.optionalKey(Schema.String)
})
export type Owner = typeof Owner.Type

/** Milliseconds since 1970, within what a date can be. */
const Time = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8.64e15 }))

/** Every line has its number, so that one that is missing is missed, and its time. */
const line = { n: Schema.Int, at: Time }

export const Begun = Schema.TaggedStruct("Begun", {
  ...line,
  journal: Schema.Literal("boothold"),
  version: Schema.Literal(journalVersion),
  owner: Owner,
  run: RunStart
})
export type Begun = typeof Begun.Type

export const Entry = Schema.TaggedUnion({
  Happened: { ...line, event: UpdateEvent },
  /** The condition that the modem is in from here on, as far as it is known: written before the bytes that change it. */
  Became: { ...line, condition: Condition }
})
export type Entry = typeof Entry.Type

/** Where a journal is no longer sound; everything before is. */
export const Damage = Schema.Struct({
  /** Counted from 1. */
  line: Schema.Int,
  found: Schema.String,
  /** The last line was cut off, as by a kill or a power cut: nothing that was promised is missing. */
  torn: Schema.Boolean
})
export type Damage = typeof Damage.Type

export interface RunJournal {
  readonly begun: Begun
  readonly entries: ReadonlyArray<Entry>
  /** Lines that could not be written, by the gaps in the numbers. */
  readonly lost: number
  readonly damage: Damage | undefined
}
