/** What an update that failed is taken back to, and when it is not. Pure. */
import { compare } from "./compare.ts"
import type { Difference, Expectation } from "./compare.ts"
import { preferenceIn, samePreference } from "./facts.ts"
import type { ModemFacts, Preference } from "./facts.ts"

export interface Change {
  /** What the modem said before anything was changed. */
  readonly before: ModemFacts
  readonly wanted: { readonly firmware: string | undefined } & Partial<Omit<Preference, "firmware">>
}

/** What it shall prefer again: where it preferred nothing, what it ran. */
export const oldPreference = (before: ModemFacts): Preference | undefined => {
  if (before.preference._tag === "NotSupported") return undefined
  const { carrier, config, firmware } = before
  return (
    before.preference.value.current ??
    (carrier === undefined || config === undefined ? undefined : { firmware, carrier, config })
  )
}

/** The new firmware runs, with the new preference, and no image is missed: what differs is not the update's doing. */
export const hasArrived = ({ before, wanted }: Change, now: ModemFacts): boolean => {
  if (wanted.firmware === undefined || now.firmware !== wanted.firmware || now.offlineReasons.length > 0) return false
  if (now.firmware === before.firmware) return false
  const { carrier, config, firmware } = wanted
  if (carrier === undefined || config === undefined) return true
  const current = preferenceIn(now)
  return (
    current !== undefined &&
    samePreference(current, { firmware, carrier, config }) &&
    (now.carrier ?? carrier) === carrier &&
    (now.config ?? config) === config
  )
}

/**
 * Whether there is anything to go back to. What runs of a family without preferences has overwritten what ran before; and
 * where it is not known what the modem preferred or ran, it cannot be told.
 */
export const hasWayBack = (before: ModemFacts, now: ModemFacts): boolean =>
  now.firmware === before.firmware || oldPreference(before) !== undefined

/** A modem that was in low power before for its images' sake cannot be expected to be online now. */
export const differencesFrom = (expectation: Expectation, now: ModemFacts): ReadonlyArray<Difference> => {
  const kept = (expectation.before?.offlineReasons.length ?? 0) > 0
  return compare(expectation, now).filter(
    ({ what }) => !kept || (what !== "low-power reason" && what !== "operating mode")
  )
}
