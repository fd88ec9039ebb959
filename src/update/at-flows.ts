/** The flows of a family by AT alone: for a modem whose control port cannot be used, or with `--by-at`. */
import type { Family } from "../device/families/Family.ts"
import type { Modem } from "../device/Modem.ts"
import type { OpenedImage } from "../file/Image.ts"
import * as Flow from "../flow/Flow.ts"
import { choice } from "../flow/nest.ts"
import type { AtFacts, ImagePreferenceFacts } from "../plan/at-facts.ts"
import { samePreference } from "../plan/facts.ts"
import type { Preference, PreferenceFacts } from "../plan/facts.ts"
import type { AtSession } from "../session/AtSession.ts"
import { transferFlow, transferImages } from "./flows.ts"
import * as Steps from "./steps/index.ts"
import type { Deletion, Delivery, DownloadDelivery, Selection, Target } from "./steps/state.ts"

/** What keeps QMI from being used; told in plans, attempts and facts. */
export interface ByAt {
  readonly why: string
}

export const bootAndHoldAtFlow = (family: Family<"boot-and-hold">) =>
  Flow.make<Delivery<"boot-and-hold"> & ByAt>("update")(
    Steps.openAt,
    Steps.identifyByAt,
    Steps.checkAgainstModem,
    Steps.snapshotSettingsByAt,
    Steps.holdByAt,
    ...transferFlow(family).steps,
    Steps.waitForBootByAt(family),
    Steps.verifyFirmwareByAt(family),
    Steps.compareSettingsByAt,
    Steps.releaseAt
  )

/** All given images are sent: by AT the modem does not say which ones it needs. */
export const preferenceAtFlow = (family: Family<"preference">) =>
  Flow.make<Delivery<"preference"> & ByAt>("update")(
    Steps.openAt,
    Steps.identifyWithPreferenceByAt,
    Steps.checkAgainstModem,
    Steps.snapshotSettingsByAt,
    Steps.setPreferenceByAt,
    Steps.holdWithPreferenceByAt,
    ...transferFlow(family).steps,
    Steps.waitForBootByAt(family),
    Steps.verifyPreferenceByAt(family),
    Steps.compareSettingsByAt,
    Steps.releaseAt
  )

export const downloadAtFlow = (family: Family<"boot-and-hold">) =>
  Flow.make<DownloadDelivery & ByAt>("download")(
    Steps.checkImagesOnly,
    Steps.openDownloadNow(family),
    Steps.dloadSwitch,
    transferImages(family),
    Steps.resetModem,
    Steps.waitForBootByAt(family),
    Steps.verifyDownloadByAt(family),
    Steps.compareGivenSettingsByAt,
    Steps.releaseAt
  )

interface AlignInit extends ByAt {
  readonly modem: Modem
  readonly family: Family<"preference">
  readonly at: AtSession
  readonly facts: PreferenceFacts
  readonly atFacts: AtFacts & { readonly preference: ImagePreferenceFacts }
  readonly checked: Steps.Checked
  readonly images: ReadonlyArray<OpenedImage>
  readonly preference: Preference | undefined
}

/** A modem that was sent images under an old preference is told to run them, held once more, and sent them again. */
const alignWhereNeeded = (family: Family<"preference">) =>
  choice({
    name: "align",
    title: "where the modem prefers something else: tell it to run what it was sent, and send it once more",
    when: ({ facts, preference }: AlignInit): boolean => {
      const { current } = facts.preference.value
      return preference !== undefined && (current === undefined || !samePreference(current, preference))
    },
    flow: Flow.make<AlignInit>("align")(
      Steps.givenPreference,
      Steps.alignPreferenceByAt,
      Steps.holdWithPreferenceByAt,
      ...transferFlow(family).steps,
      Steps.waitForBootByAt(family)
    ),
    collect: ({ at }) => ({ at }),
    otherwise: ({ at }) => ({ at })
  })

export const preferenceDownloadAtFlow = (family: Family<"preference">) =>
  Flow.make<DownloadDelivery & ByAt & { readonly family: Family<"preference"> }>("download")(
    Steps.checkImagesOnly,
    Steps.openDownloadNow(family),
    Steps.dloadSwitch,
    transferImages(family),
    Steps.resetModem,
    Steps.waitForBootByAt(family),
    Steps.identifyWithPreferenceByAt,
    alignWhereNeeded(family),
    Steps.verifyDownloadByAt(family),
    Steps.compareGivenSettingsByAt,
    Steps.releaseAt
  )

/** Makes the modem run what it has stored: which images it needs, it does not say by AT, so both have to be listed. */
export const selectAtFlow = (family: Family<"preference">) =>
  Flow.make<Selection & ByAt>("select")(
    Steps.openAt,
    Steps.identifyWithPreferenceByAt,
    Steps.checkStored,
    Steps.setPreferenceByAt,
    Steps.restartByAt,
    Steps.waitForBootByAt(family),
    Steps.verifyPreferenceByAt(family),
    Steps.releaseAt
  )

export const deleteAtFlow = Flow.make<Deletion & ByAt>("delete")(
  Steps.openAt,
  Steps.identifyByAt,
  Steps.checkNotInUse,
  Steps.deleteStoredImageByAt,
  Steps.verifyDeletedByAt,
  Steps.releaseAt
)

/** Only into boot-and-hold. */
export const holdAtFlow = (family: Family) =>
  Flow.make<Target & ByAt>("reset")(Steps.openAt, Steps.identifyByAt, Steps.holdOnlyByAt, Steps.awaitHold(family))

/** Out of boot-and-hold, without images. */
export const leaveAtFlow = (family: Family) =>
  Flow.make<Target & ByAt>("leave")(
    Steps.openDownloadNow(family),
    Steps.dloadSwitch,
    Steps.leaveBootAndHold,
    Steps.waitForBootByAt(family),
    Steps.lookAfterwardsByAt,
    Steps.releaseAt
  )

/** A modem that is offline, or that only a start can cure. */
export const restartAtFlow = (family: Family) =>
  Flow.make<Target & ByAt>("restart")(
    Steps.openAt,
    Steps.identifyByAt,
    Steps.restartOnlyByAt,
    Steps.waitForBootByAt(family),
    Steps.verifyRestartByAt(family),
    Steps.releaseAt
  )
