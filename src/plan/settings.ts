/**
 * What a modem's owner has set, as it tells it: read before an update and after it, and compared (failures.md rank 16:
 * "bands, APN, IMEI look different"). Pure data. Nothing is "unchanged" unless it was told both times.
 */
import * as Schema from "effect/Schema"

export const Setting = Schema.Struct({
  /** Stable, e.g. `apn.1`, `bands`, `usb.composition`, `custom.GPSENABLE`. */
  key: Schema.String,
  value: Schema.String,
  /** The question that it answers, e.g. `AT!BAND?`. */
  from: Schema.String,
  /** An update is meant to change it: it belongs to firmware or carrier image, and not to the modem's owner. */
  follows: Schema.optionalKey(Schema.Literal(true))
})
export type Setting = typeof Setting.Type

/** A question without an answer, and why. */
export const Untold = Schema.Struct({ question: Schema.String, why: Schema.String })
export type Untold = typeof Untold.Type

export const Settings = Schema.Struct({
  /** In the order in which they were asked for; each key once. */
  values: Schema.Array(Setting),
  /** Questions that were answered, with whatever: what is not among the values then is not set. */
  answered: Schema.Array(Schema.String),
  untold: Schema.Array(Untold)
})
export type Settings = typeof Settings.Type

export const Difference = Schema.Struct({
  /** `gone`, `added`: the question was answered both times, and this was among the answers only once. */
  kind: Schema.Literals(["changed", "gone", "added"]),
  key: Schema.String,
  from: Schema.String,
  before: Schema.optionalKey(Schema.String),
  after: Schema.optionalKey(Schema.String),
  /** It follows the firmware or the carrier image: no reason to worry. */
  expected: Schema.Boolean
})
export type Difference = typeof Difference.Type

/** Told once: whether it changed is not known. */
export const Incomparable = Schema.Struct({
  key: Schema.String,
  told: Schema.Literals(["before", "after"]),
  value: Schema.String,
  from: Schema.String,
  why: Schema.String
})
export type Incomparable = typeof Incomparable.Type

export const SettingsDiff = Schema.Struct({
  /** How many were told before and after. */
  compared: Schema.Int,
  differences: Schema.Array(Difference),
  incomparable: Schema.Array(Incomparable),
  /** Answered neither before nor after, and why. */
  untold: Schema.Array(Untold)
})
export type SettingsDiff = typeof SettingsDiff.Type

/** Bounds: no modem sets more, and a snapshot is written down. */
export const mostSettings = 200
export const longestValue = 200

/** Whether something is worth a warning: what an update is meant to change is not. */
export const unexpected = ({ differences }: SettingsDiff): ReadonlyArray<Difference> =>
  differences.filter(({ expected }) => !expected)

/** Where no AT port answers, this stands for all of its questions. */
export const atPort = "the AT port"

const whyNot = ({ untold }: Settings, question: string): string => {
  const find = (name: string): string | undefined => untold.find((one) => one.question === name)?.why
  return find(question) ?? (question.startsWith("AT") ? find(atPort) : undefined) ?? "not told"
}

export const diffSettings = (before: Settings, after: Settings): SettingsDiff => {
  const was = new Map(before.values.map((setting) => [setting.key, setting]))
  const is = new Map(after.values.map((setting) => [setting.key, setting]))
  const answeredBefore = new Set(before.answered)
  const answeredAfter = new Set(after.answered)
  const differences: Array<Difference> = []
  const incomparable: Array<Incomparable> = []
  let compared = 0
  for (const [key, old] of was) {
    const now = is.get(key)
    const { from, value } = old
    const expected = old.follows === true || now?.follows === true
    if (now !== undefined && now.from !== from) {
      // Two questions about the same thing need not answer in the same words.
      incomparable.push({ key, told: "before", value, from, why: `told by ${now.from} after the update` })
    } else if (now === undefined && !answeredAfter.has(from)) {
      incomparable.push({ key, told: "before", value, from, why: whyNot(after, from) })
    } else {
      compared++
      if (now === undefined) differences.push({ kind: "gone", key, from, before: value, expected })
      else if (now.value !== value) {
        differences.push({ kind: "changed", key, from, before: value, after: now.value, expected })
      }
    }
  }
  for (const [key, { follows, from, value }] of is) {
    if (was.has(key)) continue
    if (!answeredBefore.has(from)) {
      incomparable.push({ key, told: "after", value, from, why: whyNot(before, from) })
    } else {
      compared++
      differences.push({ kind: "added", key, from, after: value, expected: follows === true })
    }
  }
  return {
    compared,
    differences,
    incomparable,
    untold: before.untold.filter(({ question }) => !answeredAfter.has(question))
  }
}
