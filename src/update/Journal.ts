/**
 * Where a run is written down while it goes on, so that another process can go on after a crash or a power cut. Nowhere by
 * default; `boothold/live` keeps journals in files.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { ModemFacts, Preference, StoredImage } from "../plan/facts.ts"
import { Eviction } from "../plan/slots.ts"
import type { Condition } from "./condition.ts"
import type { UpdateEvent } from "./events.ts"
import type { JournalError } from "./JournalError.ts"

/** Everything that is certain before the first step: enough to find the modem and the images again. */
export const RunStart = Schema.Struct({
  flow: Schema.String,
  family: Schema.String,
  modem: Schema.Struct({
    label: Schema.String,
    mode: Schema.Literals(["application", "boot-and-hold"]),
    vidPid: Schema.String,
    portPath: Schema.String,
    peerPath: Schema.optionalKey(Schema.String),
    serial: Schema.optionalKey(Schema.String)
  }),
  /** In the order of the transfer. */
  images: Schema.Array(
    Schema.Struct({
      path: Schema.String,
      name: Schema.String,
      role: Schema.Literals(["system", "carrier", "combined"]),
      bytes: Schema.Int,
      /** Of the whole file, lower-case hex: the bytes that are sent have this sum, or the transfer does not end. */
      sha256: Schema.String,
      firmware: Schema.optionalKey(Schema.String),
      config: Schema.optionalKey(Schema.String),
      carrier: Schema.optionalKey(Schema.String)
    })
  ),
  wanted: Schema.Struct({
    firmware: Schema.optionalKey(Schema.String),
    preference: Schema.optionalKey(Preference)
  }),
  options: Schema.Struct({
    overrideDownload: Schema.Boolean,
    skipValidation: Schema.Boolean,
    rollbackOnFailure: Schema.optionalKey(Schema.Boolean),
    modemStorageIndex: Schema.optionalKey(Schema.Int)
  }),
  /** The stored image that is deleted. */
  deletes: Schema.optionalKey(StoredImage),
  /** What is overwritten where no slot is free. */
  evictions: Schema.optionalKey(Schema.Array(Eviction)),
  /** What the modem said when the run was planned, its old preference too; absent in boot-and-hold. */
  facts: Schema.optionalKey(ModemFacts)
})
export type RunStart = typeof RunStart.Type

/** A run that is being recorded. What has returned survives a kill; changes of the modem's condition also a power cut. */
export interface RunRecord {
  /** Of the run, e.g. for `boothold history show`. */
  readonly id: string
  /** What could not be done and does not matter to this run, e.g. removing old journals. */
  readonly warnings: ReadonlyArray<string>
  readonly event: (event: UpdateEvent) => Effect.Effect<void, JournalError>
  /** The condition that the modem is about to get: before the bytes that change it. */
  readonly condition: (condition: Condition) => Effect.Effect<void, JournalError>
}

/** Begins the record of a run; fails where it cannot be kept, before anything is sent. */
export type Journal = (start: RunStart) => Effect.Effect<RunRecord, JournalError, Scope.Scope>

export const Journal = Context.Reference<Journal | undefined>("boothold/update/Journal", {
  defaultValue: () => undefined
})
