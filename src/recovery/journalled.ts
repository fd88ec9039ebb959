/** The run that left a modem half way, as the journal has it, and what of it can still be used. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Modem } from "../device/Modem.ts"
import { openSet } from "../file/Image.ts"
import type { OpenedSet } from "../file/Image.ts"
import { History } from "../journal/history.ts"
import type { Unfinished } from "../journal/history.ts"
import type { ModemFacts, Preference } from "../plan/facts.ts"
import type { Settings } from "../plan/settings.ts"
import { oldPreference } from "../plan/take-back.ts"
import { describeCondition } from "../update/condition.ts"
import type { RunAtHand } from "./decide.ts"

export interface Journalled extends RunAtHand {
  readonly run: Unfinished
  /** How the modem came to be as it is, in sentences. */
  readonly about: string
  /** Its images, where they are what they were; open as long as the scope. */
  readonly opened: OpenedSet | undefined
  /** What the modem's owner had set before the run; undefined where it was not told. */
  readonly settings: Settings | undefined
}

/** Nothing where no history is provided. One that cannot be read does not keep a modem from being brought home. */
export const lastUnfinished = Effect.fnUntraced(function* (modem: Modem, facts: ModemFacts | undefined) {
  const history = yield* Effect.serviceOption(History)
  if (Option.isNone(history)) return { unfinished: undefined, unreadable: undefined }
  const found = yield* Effect.result(
    history.value.lastUnfinished({
      ...modem.identity,
      mode: modem.mode,
      ...(facts?.imei === undefined ? {} : { imei: facts.imei })
    })
  )
  return Result.isSuccess(found)
    ? { unfinished: found.success, unreadable: undefined }
    : { unfinished: undefined, unreadable: found.failure.message }
})

const when = (millis: number): string => `${new Date(millis).toISOString().slice(0, 16).replace("T", " ")} UTC`

const aboutOf = ({ by, id, journal, outcome }: Unfinished): string =>
  `Run ${id} of ${when(journal.begun.at)} left it so: ${describeCondition(outcome.condition)}` +
  (by === "place" ? " It is taken for the same modem only because it is at the same place." : "")

const settingsIn = ({ entries }: Unfinished["journal"]): Settings | undefined => {
  for (const entry of entries) {
    if (entry._tag !== "Happened" || entry.event._tag !== "SettingsRead") continue
    if (entry.event.when === "before") return entry.event.settings
  }
  return undefined
}

const oldOf = ({ facts }: Unfinished["journal"]["begun"]["run"]): Preference | undefined =>
  facts === undefined ? undefined : oldPreference(facts)

/**
 * Opens and reads the images of the run once more: they are used only where each has the SHA-256 of the journal. What
 * they are to be taken for was settled by the run, so that nothing in them contradicts it now.
 */
const openImages = Effect.fnUntraced(function* ({ images, wanted }: Unfinished["journal"]["begun"]["run"]) {
  const { firmware, preference } = wanted
  const version = preference?.firmware ?? firmware
  const set = yield* openSet(
    images.map(({ path }) => path),
    {
      ...(version === undefined ? {} : { firmwareVersion: version }),
      ...(preference === undefined ? {} : { configVersion: preference.config, carrier: preference.carrier }),
      ignoreVersionErrors: true
    }
  )
  const changed = set.images.find(({ image }) => !images.some(({ sha256 }) => sha256 === image.sha256))
  return { set, changed: changed?.image.name }
})

/** It was not the cable, the host or the user that ended the run. */
const isLoaders = (code: string): boolean => code.startsWith("QDL_") || code === "UPDATE_STAYED_IN_BOOT_AND_HOLD"

/**
 * `unattended`: nobody is there to say whether a modem that is known by its place alone is the one of the run. Another
 * one may have been plugged in there (flows.md §9 W18).
 */
export const journalled = Effect.fnUntraced(function* (
  unfinished: Unfinished,
  modem: Modem,
  { images: given, unattended }: { readonly images?: OpenedSet; readonly unattended?: boolean }
) {
  const { begun } = unfinished.journal
  const { run } = begun
  const { failure } = unfinished.outcome
  const names = run.images.map(({ name }) => name)
  const made = (obstacle: string | undefined, opened?: OpenedSet): Journalled => ({
    id: unfinished.id,
    run: unfinished,
    about: aboutOf(unfinished),
    images: names,
    obstacle,
    old: oldOf(run),
    failed: failure !== undefined && isLoaders(failure.code) ? failure.code : undefined,
    sameAsGiven: run.images.every(({ sha256 }) => given?.images.some(({ image }) => image.sha256 === sha256)),
    opened,
    settings: settingsIn(unfinished.journal)
  })
  if (run.images.length === 0) return made(undefined)
  // What was given is sent instead.
  if (given !== undefined) return made(undefined)
  if (unfinished.by === "place" && (unattended === true || modem.mode === "application")) {
    return made("only the place says that it is the same modem; give the images with `--images`, if it is")
  }
  const opened = yield* Effect.result(openImages(run))
  if (Result.isFailure(opened)) return made(opened.failure.message)
  const { changed, set } = opened.success
  return changed === undefined ? made(undefined, set) : made(`${changed} is not the file that it was`)
})
