/** What `recover` tells of a modem: as lines of JSON, and for people. */
import * as Schema from "effect/Schema"
import { describeRemedy, Remedy } from "../../recovery/decide.ts"
import type { Attempt, RecoveryPlan, RecoveryResult } from "../../recovery/Recovery.ts"
import { describeSituation, isHome, Situation } from "../../recovery/Situation.ts"
import { WatchEvent } from "../../recovery/watch.ts"
import { modemReport, ModemReport, RunLine } from "./json.ts"
import { durationText, plain, rows } from "./text.ts"
import type { Style } from "./text.ts"

/** How a modem is, and what is done about it in which order; once more after each remedy. */
export const RecoveryReport = Schema.TaggedStruct("Recovery", {
  modem: ModemReport,
  situation: Situation,
  /** The same as a sentence. */
  state: Schema.String,
  /** The run that left it half way; null where none is known. */
  about: Schema.NullOr(Schema.String),
  remedies: Schema.Array(Remedy),
  notes: Schema.Array(Schema.String),
  /** Where there is no remedy: what is needed. */
  needs: Schema.NullOr(Schema.String)
})
export type RecoveryReport = typeof RecoveryReport.Type

/** The modem was asked and is home. */
export const RecoveredReport = Schema.TaggedStruct("Recovered", {
  modem: ModemReport,
  before: Situation,
  after: Situation,
  tried: Schema.Array(Schema.Struct({ remedy: Remedy, code: Schema.NullOr(Schema.String) }))
})
export type RecoveredReport = typeof RecoveredReport.Type

/** Every line that `recover` prints. */
export const RecoverLine = Schema.Union([RecoveryReport, RecoveredReport, WatchEvent, ...RunLine.members])
export type RecoverLine = typeof RecoverLine.Type

let encode: ((line: RecoverLine) => unknown) | undefined

/** One line of JSON. */
export const recoverLine = (line: RecoverLine): string =>
  JSON.stringify((encode ??= Schema.encodeSync(Schema.toCodecJson(RecoverLine)))(line))

export const recoveryReport = (plan: RecoveryPlan): RecoveryReport => ({
  _tag: "Recovery",
  modem: modemReport(plan.modem),
  situation: plan.situation,
  state: describeSituation(plan.situation),
  about: plan.about ?? null,
  remedies: [...plan.remedies],
  notes: [...plan.notes, ...plan.said],
  needs: plan.needs ?? null
})

export const recoveredReport = ({ after, before, modem, tried }: RecoveryResult): RecoveredReport => ({
  _tag: "Recovered",
  modem: modemReport(modem),
  before,
  after,
  tried: tried.map(({ error, remedy }) => ({ remedy, code: error?.code ?? null }))
})

/** A modem, how it is and why, and what would be done. */
export const recoveryLines = (plan: RecoveryPlan, style: Style): ReadonlyArray<string> => [
  style.bold(plain(plan.modem.label)),
  ...rows(
    [
      ["state", describeSituation(plan.situation)],
      ["cause", plan.about],
      ...[...plan.notes, ...plan.said].map((note): [string, string] => ["note", note]),
      ...plan.remedies.map((remedy, index): [string, string] => [index === 0 ? "do" : "or", describeRemedy(remedy)]),
      ["needs", isHome(plan.situation) ? undefined : plan.needs]
    ],
    style
  )
]

/** After a remedy that did not bring the modem home. */
export const attemptLine = ({ error, remedy }: Attempt, style: Style): string =>
  error === undefined
    ? `${style.dim("done:")} ${plain(describeRemedy(remedy))}`
    : `${style.warn("warning:")} it did not work to ${plain(describeRemedy(remedy))}: ${plain(error.message)}`

export const recoveredText = ({ after, tried }: RecoveryResult, style: Style): string =>
  `${style.good("✔")} ${plain(describeSituation(after))}  ` +
  style.dim(plain(tried.map(({ remedy }) => describeRemedy(remedy)).join("; then ")))

const watchText = (event: WatchEvent): string => {
  switch (event._tag) {
    case "WatchedHome":
    case "WatchedStuck":
      return event.state
    case "WatchedTaken":
      return `it is left alone for now: ${event.why}`
    case "WatchedWaits":
      return `nothing is done for ${durationText(event.seconds * 1000)}: ${event.why}`
    case "WatchedBegins":
      return "it is brought home now"
    case "WatchedFailed":
      return `that did not work: ${event.message}`
    case "WatchedGivenUp":
      return `it is given up for ${durationText(event.seconds * 1000)}, or until it is plugged in anew and starts`
    case "WatchedGone":
      return "it is gone"
  }
}

/** One line of `recover --watch`. */
export const watchedLine = (event: WatchEvent, style: Style): string =>
  `${style.bold(plain(event.modem))}: ${plain(watchText(event))}`
