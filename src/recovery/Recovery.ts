/**
 * Brings home a modem that waits in boot-and-hold, or stays in low power as its images and its preference do not fit
 * (failures.md §1, §3): looks, decides, does one thing, and looks again. Success means that the modem was asked and is home.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { isSamePlace, modemOf } from "../device/Modem.ts"
import type { Modem } from "../device/Modem.ts"
import { UsbBus } from "../device/UsbBus.ts"
import { watchBus } from "../device/watch.ts"
import type { OpenedSet } from "../file/Image.ts"
import { knownBy } from "../journal/history.ts"
import type { Unfinished } from "../journal/history.ts"
import { CommandWords, lookAtIt, recoverWithImages } from "../update/advice.ts"
import { FlowError } from "../update/FlowError.ts"
import { reserving } from "../update/ModemLock.ts"
import { UpdateError } from "../update/UpdateError.ts"
import * as Update from "../update/Update.ts"
import { decide, describeRemedy } from "./decide.ts"
import type { AtHand, Remedy } from "./decide.ts"
import { examine, unasked } from "./examine.ts"
import type { Examination } from "./examine.ts"
import { journalled, lastUnfinished } from "./journalled.ts"
import type { Journalled } from "./journalled.ts"
import { RecoveryError } from "./RecoveryError.ts"
import { isHome, runningOf } from "./Situation.ts"
import type { Situation } from "./Situation.ts"
import { completePairs, planSelect } from "./stored.ts"

export interface RecoveryOptions {
  /** Images to send; they win over those of the journal. */
  readonly images?: OpenedSet
  /** Nobody was asked whether this is the modem that is meant. */
  readonly unattended?: boolean
}

/** What is done next. */
export interface NextRemedy {
  readonly remedy: Remedy
  readonly plan: Update.UpdatePlan
}

export interface RecoveryPlan extends Examination {
  /** The run that left it half way, in sentences; undefined where none is known of. */
  readonly about: string | undefined
  /** In the order in which they are tried. After each the modem is looked at again, and there may be others. */
  readonly remedies: ReadonlyArray<Remedy>
  /** What is not done, and why. */
  readonly said: ReadonlyArray<string>
  /** Where there is no remedy: what is needed. */
  readonly needs: string | undefined
  readonly next: NextRemedy | undefined
  readonly options: RecoveryOptions
  readonly unfinished: Unfinished | undefined
}

/** One thing that was tried. */
export interface Attempt {
  readonly remedy: Remedy
  /** Undefined where it came to its end. */
  readonly error: { readonly code: string; readonly message: string } | undefined
}

export interface RecoveryResult {
  /** Where it is now. */
  readonly modem: Modem
  readonly before: Situation
  readonly after: Situation
  readonly tried: ReadonlyArray<Attempt>
  readonly facts: Examination["facts"]
}

/** So many things are tried on one modem in one run. */
export const mostRemedies = 3

/** The recovery itself is what takes a failed remedy back: the state before it was none to go back to. */
const noRollback = { rollbackOnFailure: false } as const

const imagesPlan = (modem: Modem, images: OpenedSet, options: Update.PlanOptions) =>
  modem.mode === "boot-and-hold" ? Update.planDownload(modem, images, options) : Update.plan(modem, images, options)

const planOf = Effect.fnUntraced(function* (
  remedy: Remedy,
  modem: Modem,
  images: OpenedSet | undefined,
  run: Journalled | undefined
) {
  switch (remedy._tag) {
    case "Flash":
      return images === undefined ? undefined : yield* imagesPlan(modem, images, noRollback)
    case "Continue": {
      if (run?.opened === undefined) return undefined
      const { modemStorageIndex, overrideDownload } = run.run.journal.begun.run.options
      const planned = yield* imagesPlan(modem, run.opened, { ...noRollback, modemStorageIndex, overrideDownload })
      // A modem in boot-and-hold cannot be asked any more what its owner had set.
      return run.settings === undefined ? planned : { ...planned, settingsBefore: run.settings }
    }
    case "Leave":
      return yield* Update.planLeave(modem, run?.run.journal.begun.run.family)
    case "Select":
      return yield* planSelect(modem, remedy.preference)
    case "Restart":
      return yield* Update.planRestart(modem)
  }
})

/** The one family that is known; a journal says which one it is among several with the same ids. */
const familyOf = ({ families }: Examination, run: Journalled | undefined): string | undefined =>
  families.length === 1 ? families[0] : families.find((id) => id === run?.run.journal.begun.run.family)

/** The same run, if the modem is still known to be its modem by what it has told by now. */
const stillKnown = (unfinished: Unfinished, { facts, modem }: Examination): Unfinished | undefined => {
  const { imei } = facts ?? {}
  const by = knownBy(
    { ...modem.identity, mode: modem.mode, ...(imei === undefined ? {} : { imei }) },
    unfinished.journal
  )
  return by === undefined ? undefined : { ...unfinished, by }
}

const planFor = Effect.fnUntraced(function* (
  examination: Examination,
  options: RecoveryOptions,
  known: Unfinished | undefined,
  tried: ReadonlyArray<Remedy>
) {
  const { facts, modem, situation } = examination
  const bare = { ...examination, options, remedies: [], said: [], needs: undefined, next: undefined }
  if (isHome(situation)) {
    const home: RecoveryPlan = { ...bare, about: undefined, unfinished: known }
    return home
  }
  const carried = known === undefined ? undefined : stillKnown(known, examination)
  const looked = carried === undefined ? yield* lastUnfinished(modem, facts) : undefined
  const unfinished = carried ?? looked?.unfinished
  const { images } = options
  const run = unfinished === undefined ? undefined : yield* journalled(unfinished, modem, options)
  const atHand: AtHand = {
    family: familyOf(examination, run),
    given: images?.images.map(({ image }) => image.name),
    run,
    pairs: facts === undefined ? [] : completePairs(facts),
    running: facts === undefined ? undefined : runningOf(facts),
    tried
  }
  const decision = decide(situation, atHand)
  const said = [
    ...decision.said,
    ...(looked?.unreadable === undefined ? [] : [`the journals cannot be read: ${looked.unreadable}`])
  ]
  const remedies: Array<Remedy> = []
  let next: NextRemedy | undefined
  for (const remedy of decision.remedies) {
    if (next !== undefined) {
      remedies.push(remedy)
      continue
    }
    const planned = yield* Effect.result(planOf(remedy, modem, images, run))
    if (Result.isFailure(planned)) {
      // Whoever gives images wants these sent, and hears why they are not.
      if (remedy._tag === "Flash") return yield* planned.failure
      said.push(`not possible: ${describeRemedy(remedy)}: ${planned.failure.message}`)
      continue
    }
    if (planned.success === undefined) continue
    remedies.push(remedy)
    next = { remedy, plan: planned.success }
  }
  const needs = next === undefined && decision.remedies.length > 0 ? said.at(-1) : decision.needs
  const made: RecoveryPlan = { ...bare, about: run?.about, unfinished, remedies, said, needs, next }
  return made
})

/** Looks at the modem and plans what is done first. Nothing is changed. Images of a journal stay open as long as the scope. */
export const plan = Effect.fn("Recovery.plan")(function* (modem: Modem, options: RecoveryOptions = {}) {
  return yield* planFor(yield* examine(modem), options, undefined, [])
})

/** Where nothing else is to be tried: somebody else uses the modem, or it is another one, or nothing can be written down. */
const endsIt = ({ cause }: UpdateError): boolean => {
  switch (cause._tag) {
    case "JournalError":
      return true
    case "BusError":
      return ["ClaimRefused", "ClaimFailed", "ClaimTaken"].includes(cause.reason._tag)
    case "TransportError":
      return cause.reason._tag === "Busy" || cause.reason._tag === "PermissionDenied"
    case "FlowError":
      return cause.reason._tag === "AnotherModem"
    default:
      return false
  }
}

/** For a modem that restarts by itself, or whose boot loader still programs. */
const presence = Duration.minutes(5)

/** The modem where it is by now, in either mode. */
const locate = Effect.fnUntraced(function* (modem: Modem) {
  const bus = yield* UsbBus
  const watch = yield* watchBus
  const arrival = yield* Effect.result(
    watch.await({
      identity: modem.identity,
      awaited: [
        ...(["control", "at", "unknown"] as const).map((role) => ({ mode: "application", role }) as const),
        { mode: "boot-and-hold", role: "download" }
      ],
      deadline: presence,
      present: true
    })
  )
  const there = (yield* bus.devices).find((device) => isSamePlace(modem.identity, device))
  const device = Result.isSuccess(arrival) ? arrival.success.device : there
  if (device === undefined) return Result.isFailure(arrival) ? yield* arrival.failure : modem
  const found = modemOf(device)
  // It may have moved to the other speed of its socket, and may tell its serial in one mode only.
  return { ...found, identity: { ...modem.identity, ...found.identity } }
})

/** A modem that has just started is not what it will be in a moment. */
const looks = { times: 4, every: Duration.seconds(5) } as const

const lookAgain = Effect.fnUntraced(function* (modem: Modem) {
  for (let look = 1; ; look++) {
    const here = yield* Effect.result(Effect.scoped(locate(modem)))
    // It is gone: that is how it is, and not an error of the look.
    if (Result.isFailure(here)) return unasked(modem, here.failure)
    const found = yield* examine(here.success)
    if (look >= looks.times || isHome(found.situation) || found.modem.mode === "boot-and-hold") return found
    yield* Effect.sleep(looks.every)
  }
})

const failed = Effect.fnUntraced(function* (
  { error, families, modem, needs, situation }: RecoveryPlan,
  tried: ReadonlyArray<Attempt>
) {
  if (situation._tag === "NotAsked" && tried.length === 0 && error !== undefined) return yield* error
  const words = yield* CommandWords
  const errors = tried.flatMap(({ error: one, remedy }) => (one === undefined ? [] : [{ remedy, one }]))
  // What kept the images from it says more than what came after.
  const last = (errors.find(({ remedy: { _tag } }) => _tag === "Flash" || _tag === "Continue") ?? errors.at(-1))?.one
  // Where images were sent in vain, others are no more likely to help than the same ones after a power-cycle.
  const sent = tried.some(({ remedy: { _tag } }) => _tag === "Flash" || _tag === "Continue")
  // For one whose family is not known no images would help.
  const stuck = situation._tag === "BootAndHold" && needs !== undefined && !sent && families.length > 0
  const reason: RecoveryError["reason"] = stuck
    ? { _tag: "ImagesNeeded", needs }
    : tried.length > 0
      ? {
          _tag: "NotHome",
          tried: tried.map(({ remedy }) => describeRemedy(remedy)),
          ...(last === undefined ? {} : { last: last.message })
        }
      : situation._tag === "NotAsked"
        ? { _tag: "NotAsked", why: situation.why }
        : { _tag: "NoRemedy", needs: needs ?? "there is no remedy for it" }
  const next = families.length > 0 ? recoverWithImages(words) : lookAtIt(words)
  return yield* new RecoveryError({ modem: modem.label, situation, reason, next })
})

export interface RecoveryHooks<E, R> {
  /** Carries out one plan, e.g. after asking somebody; `Update.run` where absent. */
  readonly carryOut?: (next: NextRemedy) => Effect.Effect<Update.UpdateResult, UpdateError | E, R>
  /** Is told what was found after each remedy. */
  readonly looked?: (found: RecoveryPlan, last: Attempt) => Effect.Effect<void>
}

/** The modem is ours alone meanwhile, and known again by its IMEI where it told that before. */
export const run = Effect.fn("Recovery.run")(function* <E = never, R = never>(
  planned: RecoveryPlan,
  hooks: RecoveryHooks<E, R> = {}
) {
  const { carryOut = ({ plan }) => Update.run(plan), looked = () => Effect.void }: RecoveryHooks<E, R | UsbBus> = hooks
  const tried: Array<Attempt> = []
  let current = planned
  const work = Effect.gen(function* () {
    const bus = yield* UsbBus
    if (current.next !== undefined) yield* bus.claim(planned.modem.device)
    while (!isHome(current.situation)) {
      const { next } = current
      if (next === undefined || tried.length >= mostRemedies) return yield* failed(current, tried)
      const outcome = yield* Effect.result(carryOut(next))
      let error: Attempt["error"]
      if (Result.isFailure(outcome)) {
        const { failure } = outcome
        if (!(failure instanceof UpdateError) || endsIt(failure)) return yield* Effect.fail(failure)
        error = { code: failure.code, message: failure.message }
      }
      const attempt: Attempt = { remedy: next.remedy, error }
      tried.push(attempt)
      const found = yield* lookAgain(current.modem)
      const [imei, now] = [planned.facts?.imei, found.facts?.imei]
      if (imei !== undefined && now !== undefined && imei !== now) {
        return yield* new FlowError({
          reason: { _tag: "AnotherModem", wanted: `IMEI ${imei}`, found: `IMEI ${now}` }
        })
      }
      current = yield* planFor(
        found,
        current.options,
        current.unfinished,
        tried.map(({ remedy }) => remedy)
      )
      yield* looked(current, attempt)
    }
    const result: RecoveryResult = {
      modem: current.modem,
      before: planned.situation,
      after: current.situation,
      tried,
      facts: current.facts
    }
    return result
  })
  return yield* reserving(planned.modem)(Effect.scoped(work))
})

export { examine }
export type { Examination }
