/** The runs of the past: listed, found, and the one that left a modem half way. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { isSamePlace } from "../device/Modem.ts"
import type { ModemIdentity } from "../device/Modem.ts"
import { readJournal } from "./codec.ts"
import type { RunJournal } from "./entry.ts"
import { HistoryError } from "./HistoryError.ts"
import { JournalFiles } from "./JournalFiles.ts"
import { isUnfinished, outcomeOf } from "./outcome.ts"
import type { Outcome } from "./outcome.ts"

/** One run. */
export interface PastRun {
  readonly id: string
  readonly journal: RunJournal
  readonly outcome: Outcome
  /** It has no end, and the process that it belongs to lives. */
  readonly running: boolean
}

/** A run whose journal cannot be read, with the reason. */
export interface UnreadableRun {
  readonly id: string
  readonly error: HistoryError
}

/** Who is asked for; whatever is known of it. */
export interface ModemOfRun extends ModemIdentity {
  readonly imei?: string
  readonly mode?: "application" | "boot-and-hold"
}

/** How a run's modem was known again: a place is no proof where another modem may have been plugged in. */
export type KnownBy = "imei" | "serial" | "place"

export interface Unfinished extends PastRun {
  readonly by: KnownBy
}

/** Journals that are kept: the latest, and those of modems that may need them. */
const kept = { runs: 100, unfinished: 1000 }

/**
 * By IMEI where both are known, else by serial; where these differ it is another modem, but for boot loaders, which may
 * tell no serial or one of their own.
 */
export const knownBy = (modem: ModemOfRun, { begun }: RunJournal): KnownBy | undefined => {
  const then = begun.run.modem
  const imei = begun.run.facts?.imei
  if (modem.imei !== undefined && imei !== undefined) return modem.imei === imei ? "imei" : undefined
  const bothTell = modem.serial !== undefined && then.serial !== undefined
  if (bothTell && modem.serial === then.serial) return "serial"
  if (bothTell && modem.mode === "application" && then.mode === "application") return undefined
  return isSamePlace(modem, then) ? "place" : undefined
}

/** Runs that only have a modem start. One that did not bring it home says nothing of what an earlier one began. */
const starts: ReadonlySet<string> = new Set(["leave", "restart"])

const onlyStarted = ({ journal, outcome }: PastRun): boolean =>
  starts.has(journal.begun.run.flow) && outcome.condition._tag !== "Running"

const make = Effect.gen(function* () {
  const files = yield* JournalFiles

  const load = Effect.fnUntraced(function* (id: string) {
    const journal = yield* Effect.fromResult(readJournal(`${files.where}/${id}`, yield* files.read(id)))
    const outcome = outcomeOf(journal)
    const past: PastRun = {
      id,
      journal,
      outcome,
      running: outcome.end === "open" && files.isAlive(journal.begun.owner)
    }
    return past
  })

  /** Newest first: ids begin with the time. */
  const ids = Effect.map(files.list, (found) => found.toSorted().toReversed())

  const runs = Effect.gen(function* () {
    const found: Array<PastRun | UnreadableRun> = []
    for (const id of yield* ids) {
      const run = yield* Effect.result(load(id))
      found.push(Result.isSuccess(run) ? run.success : { id, error: run.failure })
    }
    return found
  })

  const show = Effect.fn("History.show")(function* (wanted: string) {
    const all = yield* ids
    const matching = all.includes(wanted) ? [wanted] : all.filter((id) => wanted !== "" && id.startsWith(wanted))
    const [id] = matching
    if (id === undefined) return yield* new HistoryError({ what: files.where, reason: { _tag: "NoSuchRun", wanted } })
    if (matching.length > 1) {
      const reason = { _tag: "SeveralRuns", wanted, found: matching.slice(0, 10) } as const
      return yield* new HistoryError({ what: files.where, reason })
    }
    return yield* load(id)
  })

  const lastUnfinished = Effect.fn("History.lastUnfinished")(function* (modem: ModemOfRun) {
    for (const id of yield* ids) {
      const loaded = yield* Effect.result(load(id))
      if (Result.isFailure(loaded)) continue
      const run = loaded.success
      const by = knownBy(modem, run.journal)
      if (by === undefined || run.running || !run.outcome.touched || onlyStarted(run)) continue
      return isUnfinished(run.outcome) ? ({ ...run, by } satisfies Unfinished) : undefined
    }
    return undefined
  })

  const prune = Effect.gen(function* () {
    const all = yield* ids
    const warnings: Array<string> = []
    for (const [index, id] of all.entries()) {
      if (index < kept.runs) continue
      const run = yield* Effect.result(load(id))
      const needed = Result.isSuccess(run) && (run.success.running || isUnfinished(run.success.outcome))
      if (needed && index < kept.unfinished) continue
      const removed = yield* Effect.result(files.remove(id))
      if (Result.isFailure(removed)) warnings.push(`an old journal stays: ${removed.failure.message}`)
    }
    return warnings.slice(0, 3)
  }).pipe(Effect.catch((error) => Effect.succeed([`old journals stay: ${error.message}`])))

  return { where: files.where, runs, show, lastUnfinished, prune }
})

export class History extends Context.Service<
  History,
  {
    /** For people: where the runs are kept. */
    readonly where: string
    /** All runs, newest first. One that cannot be read does not hide the others. */
    readonly runs: Effect.Effect<ReadonlyArray<PastRun | UnreadableRun>, HistoryError>
    /** One run by its id or the beginning of it. */
    readonly show: (id: string) => Effect.Effect<PastRun, HistoryError>
    /**
     * The latest run that did something to this modem, if it left the modem half way: its images, options, and how far it
     * came. Undefined where the latest one came to a good end, or is still going on.
     */
    readonly lastUnfinished: (modem: ModemOfRun) => Effect.Effect<Unfinished | undefined, HistoryError>
    /** Removes old journals; yields what could not be removed. Those of modems that were left half way stay longer. */
    readonly prune: Effect.Effect<ReadonlyArray<string>>
  }
>()("boothold/journal/History") {
  static readonly layer = Layer.effect(History, make)
}
