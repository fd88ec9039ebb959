/** Which remedies there are for a modem, in the order in which they are tried. Pure. */
import * as Schema from "effect/Schema"
import { Preference, samePreference, showPreference } from "../plan/facts.ts"
import { isStored } from "./Situation.ts"
import type { Situation } from "./Situation.ts"

const Names = Schema.Array(Schema.String)

export const Remedy = Schema.TaggedUnion({
  /** Goes on with the update that left it half way, with that one's images. */
  Continue: { run: Schema.String, images: Names },
  /** Updates it with the images that were given. */
  Flash: { images: Names },
  /** Resets it out of boot-and-hold; nothing is written. */
  Leave: {},
  /** Has it prefer what it has stored, and restarts it. `from`: why this one. */
  Select: { preference: Preference, from: Schema.Literals(["before the run", "running", "newest stored"]) },
  Restart: {}
})
export type Remedy = typeof Remedy.Type

/** A run of the past that left this modem half way, and what of it can still be used. */
export interface RunAtHand {
  readonly id: string
  /** Names of its images; none of a run that sends none. */
  readonly images: ReadonlyArray<string>
  /** Why it cannot be continued; undefined where it can. */
  readonly obstacle: string | undefined
  /** What the modem preferred before it, or ran where it preferred nothing. */
  readonly old: Preference | undefined
  /** Code of the boot loader's failure that ended it; undefined where something else did. */
  readonly failed: string | undefined
  /** The images that were given are those of this run. */
  readonly sameAsGiven: boolean
}

export interface AtHand {
  /** Undefined where boothold does not know the modem's family: then there is no flow for it. */
  readonly family: string | undefined
  /** Names of the images that were given; undefined where none were. */
  readonly given: ReadonlyArray<string> | undefined
  readonly run: RunAtHand | undefined
  /** What is stored completely, and what runs. */
  readonly pairs: ReadonlyArray<Preference>
  readonly running: Preference | undefined
  readonly tried: ReadonlyArray<Remedy>
}

export interface Decision {
  readonly remedies: ReadonlyArray<Remedy>
  /** What is not done, and why. */
  readonly said: ReadonlyArray<string>
  /** Where there is no remedy for a modem that needs one: what a person has to get or to do. */
  readonly needs: string | undefined
}

const numbers = (version: string): ReadonlyArray<number> => version.split(/[._]/).map(Number)

/** Of the same form, so that they can be compared number by number. */
const isNewer = (a: Preference, b: Preference): boolean => {
  const [left, right] = [a, b].map(({ config, firmware }) => [...numbers(firmware), ...numbers(config)])
  for (const [index, number] of (left ?? []).entries()) {
    const other = right?.[index] ?? 0
    if (number !== other) return number > other
  }
  return false
}

const selections = ({ pairs, run, running }: AtHand): ReadonlyArray<Remedy & { readonly _tag: "Select" }> => {
  const newest = pairs.reduce<Preference | undefined>(
    (top, pair) => (top === undefined || isNewer(pair, top) ? pair : top),
    undefined
  )
  const candidates = [
    { from: "before the run", preference: run?.old },
    { from: "running", preference: running },
    { from: "newest stored", preference: newest }
  ] as const
  const found: Array<Remedy & { readonly _tag: "Select" }> = []
  for (const { from, preference } of candidates) {
    if (preference === undefined || !isStored(pairs, preference)) continue
    if (found.some((other) => samePreference(other.preference, preference))) continue
    found.push({ _tag: "Select", from, preference })
  }
  return found
}

const sameRemedy = (a: Remedy, b: Remedy): boolean =>
  a._tag === b._tag && (a._tag !== "Select" || b._tag !== "Select" || samePreference(a.preference, b.preference))

/** These very images did not go through last time: a modem that runs is brought home without them first. */
const wereRefused = ({ given, run }: AtHand): boolean =>
  run?.failed !== undefined && (given === undefined || run.sameAsGiven)

const remediesOf = (situation: Situation, atHand: AtHand): ReadonlyArray<Remedy> => {
  const { given, run } = atHand
  const flash: ReadonlyArray<Remedy> =
    given !== undefined
      ? [{ _tag: "Flash", images: given }]
      : run !== undefined && run.obstacle === undefined && run.images.length > 0
        ? [{ _tag: "Continue", run: run.id, images: run.images }]
        : []
  const sendFirst = (others: ReadonlyArray<Remedy>): ReadonlyArray<Remedy> =>
    wereRefused(atHand) ? [...others, ...flash] : [...flash, ...others]
  switch (situation._tag) {
    case "Home":
    case "NotAsked":
      return []
    case "BootAndHold":
      return [...flash, { _tag: "Leave" }]
    case "LowPower": {
      // A restart acts on a preference that can be met, and may cure what is no matter of the preference.
      const { preference } = situation
      const mayCure = preference === undefined || isStored(atHand.pairs, preference)
      return [...sendFirst(selections(atHand)), ...(mayCure ? [{ _tag: "Restart" } as const] : [])]
    }
    case "PreferencePending":
      return [
        ...sendFirst(selections(atHand)),
        ...(isStored(atHand.pairs, situation.preference) ? [{ _tag: "Restart" } as const] : [])
      ]
    case "Offline":
    case "Armed":
      return [...flash, { _tag: "Restart" }]
  }
}

const imagesFor = (family: string | undefined): string =>
  family === undefined ? "images for this very model" : `images for the family ${family}`

const needOf = (situation: Situation, { family, tried }: AtHand): string | undefined => {
  switch (situation._tag) {
    case "Home":
      return undefined
    case "NotAsked":
      return "look with `boothold doctor` what keeps it from being asked"
    case "BootAndHold":
      return tried.some(({ _tag }) => _tag === "Leave")
        ? `it has no firmware that it can start: get ${imagesFor(family)}`
        : `get ${imagesFor(family)}`
    case "LowPower":
    case "PreferencePending":
      return situation.preference === undefined
        ? `get ${imagesFor(family)}`
        : `nothing complete is stored that it could run: get ${imagesFor(family)}, e.g. those of ${showPreference(situation.preference)}`
    case "Offline":
    case "Armed":
      return "switch it off and on"
  }
}

export const decide = (situation: Situation, atHand: AtHand): Decision => {
  const { family, given, run, tried } = atHand
  if (situation._tag === "Home") return { remedies: [], said: [], needs: undefined }
  const refused = wereRefused(atHand) && situation._tag !== "BootAndHold"
  const said =
    run === undefined || run.images.length === 0
      ? []
      : refused && run.obstacle === undefined
        ? [
            `the images did not go through last time (${run.failed ?? ""}): it is brought home without them, where that can be; ` +
              "`boothold update` sends them again"
          ]
        : given !== undefined
          ? ["the images that were given are sent, and not those of the run that left it half way"]
          : run.obstacle === undefined
            ? []
            : [`the run that left it half way is not continued: ${run.obstacle}`]
  const all = family === undefined ? [] : remediesOf(situation, atHand)
  const remedies = all.filter((remedy) => !tried.some((done) => sameRemedy(done, remedy)))
  const needs =
    remedies.length > 0
      ? undefined
      : family === undefined && situation._tag !== "NotAsked"
        ? "its family is not known to boothold, which leaves it alone"
        : needOf(situation, atHand)
  return { remedies, said, needs }
}

/** What is done, for people. */
export const describeRemedy = Remedy.match({
  Continue: ({ images, run }) => `go on with run ${run}: send it ${images.join(" and ")}`,
  Flash: ({ images }) => `send it ${images.join(" and ")}`,
  Leave: () => "reset it out of boot-and-hold, without writing anything, and look again",
  Select: ({ from, preference }) =>
    `have it prefer ${showPreference(preference)}, which is stored (${from}), and restart it`,
  Restart: () => "restart it"
})
