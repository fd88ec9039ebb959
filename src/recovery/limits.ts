/** How often a modem that nobody watches is tried, so that one which will not come back is not tried for ever. Pure. */
import * as Duration from "effect/Duration"

/**
 * Waited before the first, the second and the third attempt in a row; after the third the modem is given up. The first
 * wait is for whoever else may be at work on it, and for a modem that is just starting.
 */
const backOff: ReadonlyArray<number> = [1, 5, 30].map((minutes) => Duration.toMillis(Duration.minutes(minutes)))

export const grace = Duration.minutes(1)

const day = Duration.toMillis(Duration.hours(24))
const hour = Duration.toMillis(Duration.hours(1))

export const limits = {
  /** Attempts without success in a row. */
  inARow: backOff.length,
  /** Attempts on one modem in 24 h, also of those that came home and fell again. */
  perDay: 6,
  /** Attempts of this process in an hour, on whatever modem. */
  perHour: 6,
  /** Places that are remembered; the one that was tried longest ago is forgotten first. */
  places: 256
} as const

interface Attempt {
  readonly at: number
  /** Undefined while it goes on. */
  readonly home: boolean | undefined
}

/** What was tried, by the place of the modem: its serial may be another one in boot-and-hold, or many modems'. */
export interface Ledger {
  readonly places: ReadonlyMap<string, { readonly attempts: ReadonlyArray<Attempt>; readonly replugged: number }>
  readonly begun: ReadonlyArray<number>
}

export const empty: Ledger = { places: new Map(), begun: [] }

export type Verdict =
  | { readonly _tag: "Go" }
  | { readonly _tag: "Wait"; readonly until: number; readonly why: "this modem" | "this computer" }
  | { readonly _tag: "GivenUp"; readonly until: number }

const forgotten = { attempts: [], replugged: Number.NEGATIVE_INFINITY }

const recent = (attempts: ReadonlyArray<Attempt>, now: number) => attempts.filter(({ at }) => at > now - day)

/** Attempts since it last came home or was plugged in anew, as far as they count: the latest in a row. */
const inARow = ({ places }: Ledger, place: string, now: number): ReadonlyArray<Attempt> => {
  const { attempts, replugged } = places.get(place) ?? forgotten
  const counted = recent(attempts, now).filter(({ at }) => at > replugged)
  return counted.slice(counted.findLastIndex(({ home }) => home === true) + 1)
}

export const verdict = (ledger: Ledger, place: string, now: number): Verdict => {
  const { attempts } = ledger.places.get(place) ?? forgotten
  const today = recent(attempts, now)
  const row = inARow(ledger, place, now)
  const last = row.at(-1)
  if (last !== undefined && row.length >= limits.inARow) return { _tag: "GivenUp", until: last.at + day }
  const first = today.at(-limits.perDay)
  if (first !== undefined) return { _tag: "GivenUp", until: first.at + day }
  const rest = last === undefined ? 0 : last.at + (backOff[row.length] ?? 0)
  if (rest > now) return { _tag: "Wait", until: rest, why: "this modem" }
  const begun = ledger.begun.filter((at) => at > now - hour).at(-limits.perHour)
  return begun === undefined ? { _tag: "Go" } : { _tag: "Wait", until: begun + hour, why: "this computer" }
}

const put = (ledger: Ledger, place: string, attempts: ReadonlyArray<Attempt>, replugged: number): Ledger["places"] => {
  const others = [...ledger.places].filter(([other]) => other !== place)
  return new Map([...others.slice(Math.max(0, others.length + 1 - limits.places)), [place, { attempts, replugged }]])
}

/** Counted when it begins: what ends it may be the end of anything. */
export const began = (ledger: Ledger, place: string, now: number): Ledger => {
  const { attempts, replugged } = ledger.places.get(place) ?? forgotten
  return {
    places: put(ledger, place, [...recent(attempts, now), { at: now, home: undefined }], replugged),
    begun: [...ledger.begun.filter((at) => at > now - hour), now]
  }
}

/** The attempt that goes on has ended: from here on the next wait is counted. */
export const ended = (ledger: Ledger, place: string, now: number, home: boolean): Ledger => {
  const { attempts, replugged } = ledger.places.get(place) ?? forgotten
  return { ...ledger, places: put(ledger, place, [...attempts.slice(0, -1), { at: now, home }], replugged) }
}

/** It was plugged in anew in application mode: whoever did that wants it tried again, within the limit of a day. */
export const replugged = (ledger: Ledger, place: string, now: number): Ledger => {
  const known = ledger.places.get(place)
  return known === undefined ? ledger : { ...ledger, places: put(ledger, place, known.attempts, now) }
}
