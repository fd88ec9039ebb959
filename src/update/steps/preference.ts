/** Telling a modem what to run: the preference, and the restart that makes it act on it (qmi.md §6.4, §6.5). */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import type { Family } from "../../device/families/Family.ts"
import { watchBus } from "../../device/watch.ts"
import { step } from "../../flow/Step.ts"
import type { OpenedImage } from "../../file/Image.ts"
import { samePreference, showPreference } from "../../plan/facts.ts"
import type { Preference, PreferenceFacts } from "../../plan/facts.ts"
import * as Dms from "../../protocol/qmi/dms.ts"
import { modemImageId, priImageId } from "../../protocol/qmi/firmware-id.ts"
import type { QmiSession } from "../../session/QmiSession.ts"
import { nowIs, Run } from "../Run.ts"
import { emit } from "../events.ts"
import { FlowError } from "../FlowError.ts"
import { readPreference } from "../read-facts.ts"
import type { Checked } from "./check.ts"
import type { DownloadList, FlowOptions, WantedPreference } from "./state.ts"

/** Tells the modem what to run; its answer says which images it needs. */
export const setTo = Effect.fnUntraced(function* (
  control: QmiSession,
  preference: Preference,
  options: Pick<FlowOptions, "overrideDownload" | "modemStorageIndex"> = {
    overrideDownload: false,
    modemStorageIndex: undefined
  }
) {
  const modem = yield* Effect.fromResult(modemImageId(preference.firmware))
  const pri = yield* Effect.fromResult(priImageId(preference.firmware, preference.carrier, preference.config))
  return yield* control.request(
    Dms.SetFirmwarePreference,
    Dms.firmwarePreference(modem, pri, {
      downloadOverride: options.overrideDownload,
      ...(options.modemStorageIndex === undefined ? {} : { modemStorageIndex: options.modemStorageIndex })
    })
  )
})

/**
 * Puts the old preference back while the modem still listens, and says whether it is back: a modem that
 * restarts with a preference that nothing satisfies ends in low power (failures.md §1).
 */
const putBack = Effect.fnUntraced(function* (control: QmiSession, old: Preference | undefined, wanted: Preference) {
  if (old === undefined) return
  const restored = yield* setTo(control, old).pipe(Effect.andThen(readPreference(control)), Effect.result)
  if (Result.isSuccess(restored) && restored.success !== undefined && samePreference(restored.success, old)) {
    yield* nowIs({ _tag: "PreferenceRestored", preference: old })
  } else {
    yield* nowIs({ _tag: "PreferenceChanged", old, wanted })
  }
})

/** Which of the images the modem's answer asks for (qmi.md §6.4): `system` and `combined` hold a modem image. */
const wantedImages = (
  download: ReadonlyArray<string | number> | undefined,
  images: ReadonlyArray<OpenedImage>
): Result.Result<DownloadList, ReadonlyArray<string>> => {
  // No list at all: treat it as "everything".
  if (download === undefined) return Result.succeed({ images })
  const carries = (type: string | number) => (opened: OpenedImage) =>
    opened.image.role === "combined" || opened.image.role === (type === "modem" ? "system" : "carrier")
  const missing = download.filter((type) => !images.some(carries(type)))
  if (missing.length > 0) {
    return Result.fail(
      missing.map((type) =>
        type === "modem" ? "a system image" : type === "pri" ? "a carrier image" : `type ${String(type)}`
      )
    )
  }
  return Result.succeed({ images: images.filter((opened) => download.some((type) => carries(type)(opened))) })
}

export const setPreference = step({
  name: "set-preference",
  title: "tell the modem which firmware, config and carrier to run, and hear which images it needs",
  risk: "changes-preference",
  deadline: Duration.seconds(60),
  run: (state: {
    readonly control: QmiSession
    readonly facts: PreferenceFacts
    readonly family: Family<"preference">
    readonly checked: Checked
    readonly wanted: WantedPreference
    readonly images: ReadonlyArray<OpenedImage>
    readonly options: FlowOptions
  }) =>
    Effect.gen(function* () {
      const { control, wanted } = state
      const old = state.facts.preference.value.current
      // Said before it is sent: an answer that is lost may still have been heard.
      yield* nowIs({ _tag: "PreferenceChanged", ...(old === undefined ? {} : { old }), wanted: { ...only(wanted) } })
      const answer = yield* setTo(control, wanted, state.options).pipe(
        Effect.tapError((error) =>
          // A refusal leaves the old one in place; only the modem itself can tell after silence.
          error._tag === "QmiError" && error.reason._tag === "Refused"
            ? nowIs({ _tag: "Untouched" })
            : putBack(control, old, only(wanted))
        )
      )
      const stored = yield* readPreference(control)
      if (stored === undefined || !samePreference(stored, wanted)) {
        yield* putBack(control, old, only(wanted))
        return yield* new FlowError({
          reason: {
            _tag: "PreferenceNotTaken",
            wanted: showPreference(wanted),
            found: stored === undefined ? "none" : showPreference(stored)
          }
        })
      }
      const download = wantedImages(answer.download, state.images)
      if (Result.isFailure(download)) {
        yield* putBack(control, old, only(wanted))
        return yield* new FlowError({ reason: { _tag: "ImagesMissing", wanted: [...download.failure] } })
      }
      const names = download.success.images.map(({ image }) => image.name)
      yield* emit({
        _tag: "Note",
        step: "set-preference",
        detail:
          names.length === 0
            ? "the modem has these images already: nothing to transfer, a restart applies them"
            : `the modem needs ${names.join(" and ")}`
      })
      return { download: download.success }
    })
})

const only = ({ carrier, config, firmware }: Preference): Preference => ({ firmware, config, carrier })

/** Watches the bus, then takes the modem offline and resets it (flows.md §3.2). `restore`: where it refuses. */
export const offlineAndReset = Effect.fnUntraced(function* (
  control: QmiSession,
  restore: Effect.Effect<void, never, Run> = Effect.void
) {
  const watch = yield* watchBus
  yield* control.request(Dms.SetOperatingMode, { mode: "offline" }).pipe(Effect.tapError(() => restore))
  const offline = yield* Effect.flatMap(Run, ({ condition }) => Ref.get(condition))
  // Before it is sent: whoever interrupts us now leaves a modem that restarts.
  yield* nowIs({ _tag: "Restarting" })
  yield* control.request(Dms.SetOperatingMode, { mode: "reset" }).pipe(
    Effect.catchIf(
      // It may go before its answer does. Whether it went is seen on the bus, by the next step.
      (error) => error._tag === "TransportError" || error.reason._tag === "NoAnswer",
      () => Effect.void
    ),
    // It is offline by now: best effort to leave it as it was found.
    Effect.tapError(() =>
      nowIs(offline).pipe(
        Effect.andThen(restore),
        Effect.andThen(Effect.ignore(control.request(Dms.SetOperatingMode, { mode: "online" })))
      )
    )
  )
  yield* control.abandon
  return watch
})

/** Takes the modem offline and resets it (flows.md §3.2). It keeps its client id: it forgets it anyway. */
export const restart = step({
  name: "restart",
  title: "restart the modem: with images to come it waits for them in boot-and-hold",
  risk: "reboots",
  deadline: Duration.seconds(60),
  drops: ["control"],
  run: (state: {
    readonly control: QmiSession
    readonly facts: PreferenceFacts
    readonly download: DownloadList
    readonly wanted: Preference | undefined
  }) =>
    Effect.gen(function* () {
      const { control, wanted } = state
      const old = state.facts.preference.value.current
      // Nothing to put back after images were sent: the old preference names what does not run any more.
      const restore =
        wanted === undefined
          ? nowIs({
              _tag: "RunningOther",
              found: "it is still to be restarted with the preference of what it was sent"
            })
          : putBack(control, old, only(wanted))
      return { watch: yield* offlineAndReset(control, restore) }
    })
})

/** From here on `images` are those that the modem asked for. */
export const takeDownloadList = step({
  name: "select-images",
  title: "keep to the images that the modem asked for",
  risk: "none",
  deadline: Duration.seconds(1),
  run: ({ download }: { readonly download: DownloadList }) => Effect.succeed({ images: download.images })
})

/** It runs what it was sent, and it is not certain that it prefers that. */
export const notAligned = (preference: Preference) =>
  nowIs({ _tag: "RunningOther", found: `it may not prefer what it was sent, ${showPreference(preference)}` })

/**
 * After images were sent without a preference that names them: tells the modem to run them; otherwise it stays in
 * low power (failures.md §0, 12). A system image flashed that way may lie in no slot (at.md §4.4, "slot 255"): the
 * modem then asks for it once more.
 */
export const alignPreference = step({
  name: "align-preference",
  title: "tell the modem to run what it was just sent, and hear whether it needs it in a slot of its own",
  risk: "changes-preference",
  deadline: Duration.seconds(60),
  run: (state: {
    readonly control: QmiSession
    readonly facts: PreferenceFacts
    readonly checked: Checked
    readonly preference: Preference
    readonly images: ReadonlyArray<OpenedImage>
  }) =>
    Effect.gen(function* () {
      const { control, images, preference: wanted } = state
      const old = state.facts.preference.value.current
      yield* nowIs({ _tag: "PreferenceChanged", ...(old === undefined ? {} : { old }), wanted: only(wanted) })
      const answer = yield* setTo(control, wanted)
      const download = wantedImages(answer.download, images)
      if (Result.isFailure(download)) {
        return yield* new FlowError({ reason: { _tag: "ImagesMissing", wanted: [...download.failure] } })
      }
      const names = download.success.images.map(({ image }) => image.name)
      yield* emit({
        _tag: "Warning",
        step: "align-preference",
        detail:
          `the modem preferred other firmware than it was sent; it is told to run ${showPreference(wanted)}` +
          (names.length === 0 ? "" : ` and asks for ${names.join(" and ")} once more`)
      })
      return { download: download.success, wanted: undefined as Preference | undefined }
    }).pipe(Effect.tapError(() => notAligned(state.preference)))
})

/** The preference that the images name. */
export const givenPreference = step({
  name: "name-preference",
  title: "take the preference from the images",
  risk: "none",
  deadline: Duration.seconds(1),
  run: ({ preference }: { readonly preference: Preference | undefined }) =>
    preference === undefined
      ? Effect.fail(new FlowError({ reason: { _tag: "Unreadable", what: "preference", found: "none in the images" } }))
      : Effect.succeed({ preference })
})
