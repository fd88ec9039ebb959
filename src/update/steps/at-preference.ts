/**
 * The preference by AT, where QMI cannot be used (at.md §4.1 to §4.4). It is told before the images are sent, as QMI does
 * it: so the system image goes into a slot of its own, and a modem that refuses the command has not been changed yet.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { OpenedImage } from "../../file/Image.ts"
import { step } from "../../flow/Step.ts"
import type { AtFacts, AtImages, ImageNames, ImagePreferenceFacts } from "../../plan/at-facts.ts"
import { samePreference, showPreference } from "../../plan/facts.ts"
import type { Preference } from "../../plan/facts.ts"
import { setImagePreference } from "../../protocol/at/commands.ts"
import { readImagePreference } from "../../protocol/at/replies/image-preference.ts"
import { AtError } from "../../session/AtError.ts"
import type { AtSession } from "../../session/AtSession.ts"
import type { TransportError } from "../../transport/TransportError.ts"
import { preferenceOf } from "../at-modem-facts.ts"
import { unlock } from "../at-port.ts"
import { emit } from "../events.ts"
import { FlowError } from "../FlowError.ts"
import { nowIs } from "../Run.ts"
import type { Checked } from "./check.ts"
import { notAligned } from "./preference.ts"

/** That the preference is what was wanted, and how it was. */
export interface PreferenceSet {
  readonly command: ImagePreferenceFacts["command"]
  /** As the modem printed it; undefined where it was the wanted one already. */
  readonly old: ImageNames | undefined
  readonly wanted: Preference
}

export const namesOf = ({ carrier, config, firmware }: Preference): ImageNames => ({
  firmware,
  carrier,
  config: `${carrier}_${config}`
})

export const tell = Effect.fnUntraced(function* (
  at: AtSession,
  command: ImagePreferenceFacts["command"],
  names: ImageNames
): Effect.fn.Return<void, AtError | TransportError> {
  const words = setImagePreference(command, names)
  if (Result.isFailure(words)) {
    const detail = words.failure.message
    return yield* new AtError({
      endpoint: at.endpoint,
      command: `AT!${command}`,
      reason: { _tag: "Unsendable", detail }
    })
  }
  yield* unlock(at)
  yield* at.ask(words.success, Duration.seconds(10))
})

/** What the modem says to be preferred now. */
export const readBack = Effect.fnUntraced(function* (at: AtSession, command: ImagePreferenceFacts["command"]) {
  const lines = yield* at.ask(`AT!${command}?`, Duration.seconds(10))
  const read = readImagePreference(lines)
  return Result.isSuccess(read) ? preferenceOf(read.success.preferred) : undefined
})

/** Tells the old preference again and says whether it is back (failures.md §1). Nothing to do where none was told. */
export const putBackByAt = Effect.fnUntraced(function* (at: AtSession, { command, old, wanted }: PreferenceSet) {
  if (old === undefined) return
  const before = preferenceOf(old)
  const restored = yield* tell(at, command, old).pipe(
    Effect.andThen(readBack(at, command)),
    Effect.result,
    Effect.map((result) => (Result.isSuccess(result) ? result.success : undefined))
  )
  if (before !== undefined && restored !== undefined && samePreference(restored, before)) {
    yield* nowIs({ _tag: "PreferenceRestored", preference: before })
  } else {
    yield* nowIs({ _tag: "PreferenceChanged", ...(before === undefined ? {} : { old: before }), wanted })
  }
})

/** By AT no modem says which images it needs: what is not given has to be stored, as it says itself (at.md §4.4). */
export const missingImages = (
  wanted: Preference,
  images: ReadonlyArray<OpenedImage>,
  stored: AtImages | undefined
): ReadonlyArray<string> => {
  const has = (type: "FW" | "PRI", buildId: string, uniqueId: string): boolean =>
    stored?.images.some(
      (image) =>
        image.type === type && image.status === "GOOD" && image.buildId === buildId && image.uniqueId === uniqueId
    ) === true
  const given = (role: string): boolean => images.some(({ image }) => image.role === role || image.role === "combined")
  const { carrier, config, firmware } = wanted
  return [
    ...(given("system") || has("FW", `${firmware}_?`, "?_?") ? [] : ["a system image"]),
    ...(given("carrier") || has("PRI", `${firmware}_${carrier}`, config) ? [] : ["a carrier image"])
  ]
}

export interface TellState {
  readonly at: AtSession
  readonly atFacts: AtFacts & { readonly preference: ImagePreferenceFacts }
  readonly images: ReadonlyArray<OpenedImage>
  readonly checked: Checked
}

const setTo = Effect.fnUntraced(function* ({ at, atFacts, images }: TellState, preference: Preference) {
  const { carrier, config, firmware } = preference
  const wanted: Preference = { firmware, config, carrier }
  const missing = missingImages(wanted, images, atFacts.images)
  if (missing.length > 0) return yield* new FlowError({ reason: { _tag: "ImagesMissing", wanted: [...missing] } })
  const { command, preferred } = atFacts.preference
  const before = preferenceOf(preferred)
  if (before !== undefined && samePreference(before, wanted)) {
    yield* emit({ _tag: "Note", step: "set-preference", detail: "the modem prefers this already" })
    const preferenceSet: PreferenceSet = { command, old: undefined, wanted }
    return { preferenceSet }
  }
  const preferenceSet: PreferenceSet = { command, old: preferred, wanted }
  // Said before it is sent: an answer that is lost may still have been heard.
  yield* nowIs({ _tag: "PreferenceChanged", ...(before === undefined ? {} : { old: before }), wanted })
  yield* tell(at, command, namesOf(wanted)).pipe(
    Effect.tapError((error) =>
      error._tag === "AtError" && (error.reason._tag === "Refused" || error.reason._tag === "Unsendable")
        ? nowIs({ _tag: "Untouched" })
        : putBackByAt(at, preferenceSet)
    )
  )
  const found = yield* readBack(at, command).pipe(Effect.tapError(() => putBackByAt(at, preferenceSet)))
  if (found === undefined || !samePreference(found, wanted)) {
    yield* putBackByAt(at, preferenceSet)
    return yield* new FlowError({
      reason: {
        _tag: "PreferenceNotTaken",
        wanted: showPreference(wanted),
        found: found === undefined ? "none" : showPreference(found)
      }
    })
  }
  yield* emit({ _tag: "Note", step: "set-preference", detail: `the modem is told to run ${showPreference(wanted)}` })
  return { preferenceSet }
})

export const setPreferenceByAt = step({
  name: "set-preference",
  title: "tell the modem by AT!IMPREF which firmware, config and carrier to run, and read it back",
  risk: "changes-preference",
  deadline: Duration.seconds(90),
  run: (state: TellState & { readonly wanted: Preference }) => setTo(state, state.wanted)
})

/** The same after images were sent without a preference that names them. */
export const alignPreferenceByAt = step({
  name: "align-preference",
  title: "tell the modem by AT!IMPREF to run what it was just sent, and read it back",
  risk: "changes-preference",
  deadline: Duration.seconds(90),
  run: (state: TellState & { readonly preference: Preference }) =>
    setTo(state, state.preference).pipe(
      // The old preference names what does not run any more: there is nothing to put back.
      Effect.map(({ preferenceSet }) => ({ preferenceSet: { ...preferenceSet, old: undefined } as PreferenceSet })),
      Effect.tapError(() => notAligned(state.preference)),
      Effect.tap(() => notAligned(state.preference))
    )
})
