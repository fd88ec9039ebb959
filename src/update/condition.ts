/** In which state a run leaves the modem, in words that a user and a program can act on. Pure data. */
import * as Schema from "effect/Schema"

const Preference = Schema.Struct({ firmware: Schema.String, config: Schema.String, carrier: Schema.String })

const Half = Schema.Struct({ image: Schema.String, sent: Schema.Int, bytes: Schema.Int })

export const Condition = Schema.TaggedUnion({
  /** Nothing that changes the modem was sent. */
  Untouched: {},
  /** The preference was written and has been put back. */
  PreferenceRestored: { preference: Preference },
  /** The new preference is stored, the old firmware still runs; from the next boot on: boot-and-hold or low power. */
  PreferenceChanged: { old: Schema.optionalKey(Preference), wanted: Preference },
  /** It was told to restart and has not been seen since. */
  Restarting: {},
  /** It waits in boot-and-hold, nothing of an image was written. */
  BootAndHold: {},
  /** It is in boot-and-hold and an image was begun but not finished: that slot is invalid. */
  HalfWritten: Half.fields,
  /** Images were written and closed: all of them, or all but those that are `left`. It has not been reset yet. */
  WrittenNotReset: { left: Schema.optionalKey(Schema.Array(Schema.String)) },
  /** It was told to delete a stored image, and has not said what is stored since. */
  DeleteSent: { image: Schema.String },
  /** It runs what it ran, and no longer lists this image. */
  ImageDeleted: { image: Schema.String },
  /** It left the bus while it was in boot-and-hold, unasked: cable or power. What it comes back as is up to its flash. */
  LeftBus: { half: Schema.optionalKey(Half) },
  /** The update was given up and taken back: it runs what it ran before, and prefers what it preferred. */
  RolledBack: { firmware: Schema.String, preference: Schema.optionalKey(Preference) },
  /** It runs again and answers, but not with what was wanted. */
  RunningOther: { found: Schema.String },
  /** It runs and answers with what was wanted. */
  Running: { firmware: Schema.String }
})
export type Condition = typeof Condition.Type

/** The state after the modem has left the bus unasked: it is no longer certain that it waits in boot-and-hold. */
export const afterUnplugged = (condition: Condition): Condition => {
  switch (condition._tag) {
    case "BootAndHold":
    case "WrittenNotReset":
      return { _tag: "LeftBus" }
    case "HalfWritten": {
      const { bytes, image, sent } = condition
      return { _tag: "LeftBus", half: { image, sent, bytes } }
    }
    default:
      return condition
  }
}

const halfText = ({ bytes, image, sent }: typeof Half.Type): string =>
  `${image} half written (${String(sent)} of ${String(bytes)} bytes)`

const preferenceText = ({ carrier, config, firmware }: typeof Preference.Type): string =>
  `${firmware}, ${carrier} ${config}`

/** One sentence for a person. */
export const describeCondition = Condition.match({
  Untouched: () => "The modem was not changed.",
  PreferenceRestored: ({ preference }) =>
    `The modem was not changed: its old preference (${preferenceText(preference)}) is back in place.`,
  PreferenceChanged: ({ wanted }) =>
    `The modem still runs its old firmware, but its preference now says ${preferenceText(wanted)}: ` +
    "after its next start it waits in boot-and-hold, or stays in low-power mode until the images are there.",
  Restarting: () => "The modem was told to restart and has not come back yet.",
  BootAndHold: () => "The modem waits in boot-and-hold; no image was written.",
  HalfWritten: (half) =>
    `The modem is in boot-and-hold with ${halfText(half)}; that slot is invalid until it is written again.`,
  WrittenNotReset: ({ left = [] }) =>
    left.length === 0
      ? "All images are written; the modem is still in boot-and-hold and needs its reset."
      : `The modem is in boot-and-hold; ${left.join(" and ")} is still to be written, what came before it is.`,
  DeleteSent: ({ image }) =>
    `The modem was told to delete the stored image ${image}; whether it did is not known. It runs what it ran.`,
  ImageDeleted: ({ image }) => `The stored image ${image} is deleted; the modem runs what it ran.`,
  LeftBus: ({ half }) =>
    `The modem has left the bus${half === undefined ? "" : ` with ${halfText(half)}`}: when it is back it may wait in boot-and-hold ` +
    "or run its old firmware; `boothold recover` goes on from either.",
  RolledBack: ({ firmware, preference }) =>
    `The modem runs its old firmware ${firmware} again` +
    (preference === undefined ? "." : `, and its old preference (${preferenceText(preference)}) is back in place.`),
  RunningOther: ({ found }) => `The modem runs, but ${found}.`,
  Running: ({ firmware }) => `The modem runs ${firmware}.`
})
