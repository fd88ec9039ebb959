/** What was wanted against what the modem reports after its restart. Pure; agreement in everything is success. */
import type { ModemFacts, Preference } from "./facts.ts"
import { samePreference, showPreference } from "./facts.ts"

/** One thing that is not as wanted. */
export interface Difference {
  readonly what: string
  readonly wanted: string
  readonly found: string
}

export interface Expectation {
  readonly firmware: string | undefined
  /** Only where the family has preferences. */
  readonly preference: Preference | undefined
  /** The facts from before the update; absent when the modem could not be asked. */
  readonly before: ModemFacts | undefined
}

export const compare = (wanted: Expectation, after: ModemFacts): ReadonlyArray<Difference> => {
  const differences: Array<Difference> = []
  const differ = (what: string, want: string, found: string): void => {
    if (want !== found) differences.push({ what, wanted: want, found })
  }
  const { before, preference } = wanted
  if (before?.imei !== undefined) differ("IMEI", before.imei, after.imei ?? "not told")
  if (wanted.firmware !== undefined) differ("firmware", wanted.firmware, after.firmware)
  if (preference !== undefined) {
    const current = after.preference._tag === "Supported" ? after.preference.value.current : undefined
    if (current === undefined || !samePreference(current, preference)) {
      differences.push({
        what: "preference",
        wanted: showPreference(preference),
        found: current === undefined ? "none" : showPreference(current)
      })
    }
    if (after.carrier !== undefined) differ("running carrier", preference.carrier, after.carrier)
    if (after.config !== undefined) differ("running config", preference.config, after.config)
    if (after.storedImages._tag === "Supported") {
      const running = after.storedImages.value.images.filter(({ running: runs }) => runs)
      const modem = running.find(({ type }) => type === "modem")
      differ("running slot", `${preference.firmware}_?`, modem?.buildId ?? "none")
      const pri = running.find(({ type }) => type === "pri")
      if (pri !== undefined) {
        differ(
          "running PRI",
          `${preference.firmware}_${preference.carrier} ${preference.config}`,
          `${pri.buildId} ${pri.uniqueId}`
        )
      }
    }
  }
  // The modem says that images and preference do not fit together: the field's most frequent damage (failures.md §1).
  if (after.offlineReasons.length > 0) {
    differences.push({ what: "low-power reason", wanted: "none", found: after.offlineReasons.join(", ") })
  }
  // A modem that its user, its pins or its BIOS kept in low power before stays there: that is not the update's doing.
  const kept =
    before !== undefined && before.offlineReasons.length === 0 && before.operatingMode === after.operatingMode
  if (after.operatingMode !== "online" && !kept) {
    differences.push({ what: "operating mode", wanted: "online", found: after.operatingMode })
  }
  return differences
}

/** The modem runs all this already, and nothing holds it back: an update has nothing to do. */
export const isAlreadyThere = (wanted: Expectation, now: ModemFacts): boolean =>
  wanted.firmware !== undefined && compare({ ...wanted, before: now }, now).length === 0
