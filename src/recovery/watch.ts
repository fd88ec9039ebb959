/**
 * Stays, follows the bus, and brings home what needs it, with nobody to ask. What is home is looked at once and then left
 * alone; what does not come home is tried within {@link file://./limits.ts}.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { survey } from "../device/Modem.ts"
import type { Found, Modem, Selector } from "../device/Modem.ts"
import { UsbBus } from "../device/UsbBus.ts"
import type { OpenedSet } from "../file/Image.ts"
import { PlanError } from "../plan/PlanError.ts"
import { reserving } from "../update/ModemLock.ts"
import * as Limits from "./limits.ts"
import { plan, run } from "./Recovery.ts"
import type { RecoveryHooks, RecoveryOptions } from "./Recovery.ts"
import { describeSituation, isHome, Situation } from "./Situation.ts"

const modem = { modem: Schema.String, usbPath: Schema.String }

export const WatchEvent = Schema.TaggedUnion({
  /** It was asked and is home; it is not asked again until it comes back from somewhere. */
  WatchedHome: { ...modem, state: Schema.String },
  /** It is not home, or it is not known. */
  WatchedStuck: { ...modem, situation: Situation, state: Schema.String },
  /** Somebody else has it, or uses it: it is looked at later, and that counts for nothing. */
  WatchedTaken: { ...modem, why: Schema.String },
  /** Nothing is done before this many seconds have passed. */
  WatchedWaits: { ...modem, seconds: Schema.Number, why: Schema.String },
  WatchedBegins: modem,
  WatchedFailed: { ...modem, code: Schema.String, message: Schema.String },
  /** It is not tried any more for so long, unless somebody plugs it in anew and it starts. */
  WatchedGivenUp: { ...modem, seconds: Schema.Number },
  WatchedGone: modem
})
export type WatchEvent = typeof WatchEvent.Type

export interface WatchHooks<E, R> extends Pick<RecoveryHooks<E, R>, "carryOut" | "looked"> {
  readonly tell: (event: WatchEvent) => Effect.Effect<void>
  /** Why the modem is not to be asked anything now; undefined where it may be. */
  readonly taken?: (modem: Modem) => Effect.Effect<string | undefined, never, R>
}

/** Until the next look at a modem that cannot be asked, or that others use. */
const again = [1, 5, 30].map((minutes) => Duration.toMillis(Duration.minutes(minutes)))

const pause = (looks: number): number => again[Math.min(looks, again.length - 1)] ?? 0

interface Watched {
  readonly modem: Modem
  readonly since: number
  /** When it is looked at next; undefined: not before it comes back from somewhere. */
  readonly due: number | undefined
  /** Looks that told nothing. */
  readonly looks: number
  /** What was said of it last of each kind, so that it is said once. */
  readonly told: { readonly [tag: string]: string }
}

/** Others are at it: what they do counts for nothing. */
const taken: ReadonlySet<string> = new Set(["LOCK_HELD", "LOCK_HELD_ELSEWHERE", "TRANSPORT_BUSY", "DEVICE_CLAIM_TAKEN"])

const codeOf = (error: unknown): { readonly code: string; readonly message: string } => {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return { code: typeof code === "string" ? code : "UNKNOWN", message: String(message) }
}

export interface WatchOptions {
  readonly selector?: Selector
  readonly images?: OpenedSet
}

/** Never ends by itself but with an error of the bus. */
export const watch = Effect.fn("Recovery.watch")(function* <E = never, R = never>(
  { images, selector = {} }: WatchOptions,
  hooks: WatchHooks<E, R>
) {
  const { tell } = hooks
  const bus = yield* UsbBus
  const changes = yield* bus.changes
  const seen = new Map<string, Watched>()
  /** Until when, as it was told. */
  const givenUp = new Map<string, number>()
  let ledger = Limits.empty
  let first = true

  const placeOf = ({ identity: { peerPath, portPath } }: Modem): string =>
    peerPath === undefined || portPath < peerPath ? portPath : peerPath
  const named = Object.keys(selector).length > 0
  const isWatched = ({ standing }: Found): boolean =>
    standing._tag === "modem" || (named && standing._tag === "possible")
  const who = ({ identity, label }: Modem) => ({ modem: label, usbPath: identity.portPath })

  /** Among several modems, those of another family than the images are helped without them. */
  const planned = (target: Modem) => {
    const options: RecoveryOptions = { unattended: true }
    return images === undefined
      ? plan(target, options)
      : plan(target, { ...options, images }).pipe(
          Effect.catchIf(
            (error) => error instanceof PlanError,
            () => plan(target, options)
          )
        )
  }

  const say = Effect.fnUntraced(function* (place: string, event: WatchEvent, key: string) {
    const known = seen.get(place)
    if (known === undefined || known.told[event._tag] === key) return
    seen.set(place, { ...known, told: { ...known.told, [event._tag]: key } })
    yield* tell(event)
  })

  const later = (place: string, due: number | undefined, looks = 0): void => {
    const known = seen.get(place)
    if (known !== undefined) seen.set(place, { ...known, due, looks })
  }

  /** Who is there now. One that is back from somewhere is looked at after a while: it may still be starting. */
  const look = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const here = new Set<string>()
    for (const found of (yield* survey(selector)).filter(isWatched)) {
      const place = placeOf(found.modem)
      const known = seen.get(place)
      here.add(place)
      if (known?.modem.device.key === found.modem.device.key) {
        seen.set(place, { ...known, modem: found.modem })
        continue
      }
      const application = found.modem.mode === "application"
      if (application && !first) ledger = Limits.replugged(ledger, place, now)
      // In boot-and-hold it is asked nothing, and can be told of at once. One that runs may still be starting, and whoever
      // is about to update it wants it for himself.
      const due = application ? now + Duration.toMillis(Limits.grace) : now
      seen.set(place, { modem: found.modem, since: now, due, looks: 0, told: {} })
    }
    for (const [place, { modem: gone }] of seen) {
      if (here.has(place)) continue
      seen.delete(place)
      yield* tell({ _tag: "WatchedGone", ...who(gone) })
    }
    first = false
  })

  /** Whether something is to be done, by what can be seen without disturbing anybody. */
  const needsHelp = Effect.fnUntraced(function* (place: string, { looks, modem: target }: Watched) {
    const now = yield* Clock.currentTimeMillis
    if (target.mode === "boot-and-hold") {
      const situation: Situation = { _tag: "BootAndHold" }
      yield* say(
        place,
        { _tag: "WatchedStuck", ...who(target), situation, state: describeSituation(situation) },
        "held"
      )
    }
    const why = hooks.taken === undefined ? undefined : yield* hooks.taken(target)
    if (why !== undefined) {
      yield* say(place, { _tag: "WatchedTaken", ...who(target), why }, why)
      later(place, now + pause(looks), looks + 1)
      return false
    }
    if (target.mode === "boot-and-hold") return true
    const found = yield* Effect.result(Effect.scoped(reserving(target)(planned(target))))
    if (Result.isFailure(found)) {
      const { code, message } = codeOf(found.failure)
      if (taken.has(code)) yield* say(place, { _tag: "WatchedTaken", ...who(target), why: message }, message)
      else yield* say(place, { _tag: "WatchedFailed", ...who(target), code, message }, message)
      later(place, now + pause(looks), looks + 1)
      return false
    }
    const { situation } = found.success
    const state = describeSituation(situation)
    if (isHome(situation)) {
      givenUp.delete(place)
      yield* say(place, { _tag: "WatchedHome", ...who(target), state }, state)
      later(place, undefined)
      return false
    }
    yield* say(place, { _tag: "WatchedStuck", ...who(target), situation, state }, state)
    if (situation._tag !== "NotAsked") return true
    later(place, now + pause(looks), looks + 1)
    return false
  })

  const attempt = Effect.fnUntraced(function* (place: string, target: Modem, looks: number) {
    const before = ledger
    // Said again only after one that counted.
    yield* say(place, { _tag: "WatchedBegins", ...who(target) }, String(before.begun.at(-1)))
    ledger = Limits.began(ledger, place, yield* Clock.currentTimeMillis)
    const outcome = yield* Effect.result(
      Effect.scoped(
        reserving(target)(
          Effect.gen(function* () {
            // Before it is asked: what has its ports for itself lets go of them.
            yield* bus.claim(target.device)
            return yield* run(yield* planned(target), hooks)
          })
        )
      )
    )
    const now = yield* Clock.currentTimeMillis
    // It is where our restarts have brought it: that is no plugging in.
    const there = (yield* survey(selector)).find(({ modem: one }) => placeOf(one) === place)
    if (there !== undefined) {
      const told = there.modem.device.key === target.device.key ? (seen.get(place)?.told ?? {}) : {}
      seen.set(place, { modem: there.modem, since: now, due: now, looks: 0, told })
    }
    if (Result.isSuccess(outcome)) {
      const { after, tried } = outcome.success
      ledger = tried.length === 0 ? before : Limits.ended(ledger, place, now, true)
      givenUp.delete(place)
      const state = describeSituation(after)
      yield* say(place, { _tag: "WatchedHome", ...who(there?.modem ?? target), state }, state)
      later(place, undefined)
      return
    }
    const { code, message } = codeOf(outcome.failure)
    if (taken.has(code)) {
      ledger = before
      later(place, now + pause(looks), looks + 1)
      return yield* say(place, { _tag: "WatchedTaken", ...who(target), why: message }, message)
    }
    ledger = Limits.ended(ledger, place, now, false)
    yield* tell({ _tag: "WatchedFailed", ...who(target), code, message })
  })

  const handle = Effect.fnUntraced(function* (place: string, watched: Watched) {
    if (!(yield* needsHelp(place, watched))) return
    const now = yield* Clock.currentTimeMillis
    const known = seen.get(place) ?? watched
    const target = known.modem
    const patience = watched.since + Duration.toMillis(Limits.grace)
    const verdict = Limits.verdict(ledger, place, now)
    if (verdict._tag === "GivenUp") {
      later(place, verdict.until)
      if (givenUp.get(place) === verdict.until) return
      givenUp.set(place, verdict.until)
      return yield* tell({ _tag: "WatchedGivenUp", ...who(target), seconds: (verdict.until - now) / 1000 })
    }
    const until = verdict._tag === "Wait" ? Math.max(verdict.until, patience) : patience
    if (until <= now) return yield* attempt(place, target, known.looks)
    later(place, until)
    const why =
      verdict._tag === "Go"
        ? "somebody else may be at work on it"
        : verdict.why === "this modem"
          ? "it did not come home"
          : "enough was done for an hour"
    yield* say(place, { _tag: "WatchedWaits", ...who(target), seconds: (until - now) / 1000, why }, String(until))
  })

  for (;;) {
    yield* look
    for (const place of [...seen.keys()]) {
      const watched = seen.get(place)
      if (watched?.due === undefined || watched.due > (yield* Clock.currentTimeMillis)) continue
      yield* handle(place, watched)
    }
    for (const [place, until] of givenUp) {
      if (until <= (yield* Clock.currentTimeMillis)) givenUp.delete(place)
    }
    const due = Math.min(...[...seen.values()].map((one) => one.due ?? Number.POSITIVE_INFINITY))
    const change = Queue.takeAll(changes)
    if (due === Number.POSITIVE_INFINITY) yield* change
    else {
      const left = Math.max(0, due - (yield* Clock.currentTimeMillis))
      yield* Effect.timeoutOption(change, Duration.millis(left))
    }
  }
})
