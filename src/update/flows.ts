/** The flows of a family, made of shared steps. What differs between families is which steps there are, and their data. */
import type { Family } from "../device/families/Family.ts"
import type { OpenedImage } from "../file/Image.ts"
import * as Flow from "../flow/Flow.ts"
import { choice, each } from "../flow/nest.ts"
import { retry } from "../flow/retry.ts"
import type { AnyStep } from "../flow/Step.ts"
import * as Steps from "./steps/index.ts"
import type {
  Deletion,
  Delivery,
  DownloadDelivery,
  DownloadList,
  Selection,
  Target,
  Transferred
} from "./steps/state.ts"
import { samePreference } from "../plan/facts.ts"
import type { Preference, PreferenceFacts } from "../plan/facts.ts"
import { furthest, longestPause, mayRepeat, pauseAfter } from "../session/qdl-repeat.ts"
import type { QdlSession } from "../session/QdlSession.ts"
import type { QmiSession } from "../session/QmiSession.ts"
import type { BusWatch } from "../device/watch.ts"
import type { Modem } from "../device/Modem.ts"
import type { PortRole } from "../device/UsbBus.ts"

/** What a transfer needs: images that were checked, and a modem on its way into boot-and-hold. */
export interface TransferInit {
  readonly modem: Modem
  readonly watch: BusWatch
  readonly checked: unknown
  readonly images: ReadonlyArray<OpenedImage>
}

export interface ImageInit {
  readonly qdl: QdlSession
  readonly switched: unknown
  readonly checked: unknown
  readonly images: ReadonlyArray<OpenedImage>
  readonly item: OpenedImage
}

/** The first time and two more; each sends the whole image again. */
const defaultTries = 3

/** One image: Hello, Open, chunks, Close. */
export const imageFlow = (family: Family) =>
  Flow.make<ImageInit>("image")(Steps.hello(family), Steps.openImage, Steps.writeImage, Steps.closeImage)

/** One image, sent again from Hello on where the protocol allows it (flows.md §9, W7 and W8). */
export const imageTries = (family: Family) =>
  retry({
    name: "image",
    title: "send the image; after a failure that may pass, once more from the beginning",
    flow: imageFlow(family),
    collect: ({ closed }) => ({ closed }),
    times: family.qdl.tries ?? defaultTries,
    when: mayRepeat,
    longestPause,
    pause: ({ attempt, error }, { item }) =>
      mayRepeat(error) ? pauseAfter(error, attempt, Steps.lastChunkOf(item.image)) : longestPause,
    keep: furthest,
    onRetry: Steps.tellRetry,
    onGivenUp: Steps.tellGivenUp
  })

/** All images, one after the other. */
export const transferImages = (family: Family) =>
  each({
    name: "transfer",
    title: "send each image: system first, carrier last",
    over: ({ images }: Omit<ImageInit, "item">) => images,
    flow: Flow.make<ImageInit>("image")(imageTries(family)),
    collect: (state): Transferred => state.closed,
    as: "transferred"
  })

/** From the wait for boot-and-hold to the reset. */
export const transferFlow = (family: Family) =>
  Flow.make<TransferInit>("transfer")(
    Steps.openDownload(family),
    Steps.dloadSwitch,
    transferImages(family),
    Steps.resetModem
  )

/** Only what the modem asked for is sent; nothing at all when it has everything (failures.md §0, 11). */
const transferWanted = (family: Family) =>
  choice({
    name: "download",
    title: "send the images that the modem asked for",
    when: ({ download }: Omit<TransferInit, "images"> & { readonly download: DownloadList }) =>
      download.images.length > 0,
    flow: Flow.make<Omit<TransferInit, "images"> & { readonly download: DownloadList }>("download")(
      Steps.takeDownloadList,
      ...transferFlow(family).steps
    ),
    collect: ({ sent, watch }) => ({ sent, watch }),
    otherwise: ({ watch }) => ({ sent: [] as ReadonlyArray<Transferred>, watch })
  })

export const preferenceFlow = (family: Family<"preference">) =>
  Flow.make<Delivery<"preference">>("update")(
    Steps.openControl,
    Steps.identifyWithPreference,
    Steps.checkAgainstModem,
    Steps.snapshotSettings,
    Steps.setPreference,
    Steps.restart,
    transferWanted(family),
    Steps.waitForBoot(family),
    Steps.verifyPreference(family),
    Steps.compareSettings,
    Steps.releaseControl
  )

export const bootAndHoldFlow = (family: Family<"boot-and-hold">) =>
  Flow.make<Delivery<"boot-and-hold">>("update")(
    Steps.openControl,
    Steps.identify,
    Steps.checkAgainstModem,
    Steps.snapshotSettings,
    Steps.enterBootAndHold,
    ...transferFlow(family).steps,
    Steps.waitForBoot(family),
    Steps.verifyFirmware(family),
    Steps.compareSettings,
    Steps.releaseControl
  )

/** For a modem of a family without preferences that waits in boot-and-hold already. */
export const downloadFlow = (family: Family<"boot-and-hold">) =>
  Flow.make<DownloadDelivery>("download")(
    Steps.checkImagesOnly,
    Steps.openDownloadNow(family),
    Steps.dloadSwitch,
    transferImages(family),
    Steps.resetModem,
    Steps.waitForBoot(family),
    Steps.verifyDownload(family),
    Steps.compareGivenSettings,
    Steps.releaseControl
  )

interface AlignInit {
  readonly modem: Modem
  readonly control: QmiSession
  readonly facts: PreferenceFacts
  readonly checked: Steps.Checked
  readonly images: ReadonlyArray<OpenedImage>
  readonly preference: Preference
}

/** A modem that was sent images under an old preference is told to run them, and restarts once more. */
const alignWhereNeeded = (family: Family<"preference">) =>
  choice({
    name: "align",
    title: "where the modem prefers something else: tell it to run what it was sent, and restart it",
    when: ({
      facts,
      preference
    }: Omit<AlignInit, "preference"> & { readonly preference: Preference | undefined }): boolean => {
      const { current } = facts.preference.value
      return preference !== undefined && (current === undefined || !samePreference(current, preference))
    },
    flow: Flow.make<Omit<AlignInit, "preference"> & { readonly preference: Preference | undefined }>("align")(
      Steps.givenPreference,
      Steps.alignPreference,
      Steps.restart,
      transferWanted(family),
      Steps.waitForBoot(family)
    ),
    collect: ({ control }) => ({ control }),
    otherwise: ({ control }) => ({ control })
  })

/** For a modem of a family with preferences that waits in boot-and-hold already. */
export const preferenceDownloadFlow = (family: Family<"preference">) =>
  Flow.make<DownloadDelivery & { readonly family: Family<"preference"> }>("download")(
    Steps.checkImagesOnly,
    Steps.openDownloadNow(family),
    Steps.dloadSwitch,
    transferImages(family),
    Steps.resetModem,
    Steps.waitForBoot(family),
    Steps.identifyWithPreference,
    alignWhereNeeded(family),
    Steps.verifyDownload(family),
    Steps.compareGivenSettings,
    Steps.releaseControl
  )

/**
 * Makes the modem run what it has stored: an update without images. One that asks for them all the same is told its old
 * preference again.
 */
export const selectFlow = (family: Family<"preference">) =>
  Flow.make<Selection>("select")(
    Steps.openControl,
    Steps.identifyWithPreference,
    Steps.checkStored,
    Steps.setPreference,
    Steps.restart,
    Steps.waitForBoot(family),
    Steps.verifyPreference(family),
    Steps.releaseControl
  )

/** Deletes one stored image, of any family that lists them. */
export const deleteFlow = Flow.make<Deletion>("delete")(
  Steps.openControl,
  Steps.identify,
  Steps.checkNotInUse,
  Steps.deleteStoredImage,
  Steps.verifyDeleted,
  Steps.releaseControl
)

/** Only into boot-and-hold. */
export const holdFlow = (family: Family) =>
  Flow.make<Target>("reset")(Steps.openControl, Steps.identify, Steps.holdOnly, Steps.awaitHold(family))

/** Out of boot-and-hold, without images. */
export const leaveFlow = (family: Family) =>
  Flow.make<Target>("leave")(
    Steps.openDownloadNow(family),
    Steps.dloadSwitch,
    Steps.leaveBootAndHold,
    Steps.waitForBoot(family),
    Steps.lookAfterwards,
    Steps.releaseControl
  )

/** A modem that is offline, or whose next start is told to stop in boot-and-hold. */
export const restartFlow = (family: Family) =>
  Flow.make<Target>("restart")(
    Steps.openControl,
    Steps.identify,
    Steps.disarm,
    Steps.restartOnly,
    Steps.waitForBoot(family),
    Steps.verifyRestart(family),
    Steps.releaseControl
  )

/**
 * The same flow up to its wait for the boot, ending where the modem's port is back: for `--skip-validation`. Made from
 * the flow at hand, so that a step that somebody inserted stays in it. The beginning of a proven flow is proven, and
 * the last step needs no more than the one in whose place it stands. A flow without such a step stays as it is.
 */
export const withoutValidation = <Init, S extends ReadonlyArray<AnyStep>>(
  flow: Flow.Flow<Init, S>,
  family: Family,
  /** Of which port it is enough that it is there. */
  roles: ReadonlyArray<PortRole> = ["control"]
): Flow.Flow<Init, ReadonlyArray<AnyStep>> => {
  const boot = flow.steps.findIndex(({ name }) => name === "wait-for-boot")
  return Flow.unchecked(
    flow.name,
    boot === -1 ? flow.steps : [...flow.steps.slice(0, boot), Steps.waitForPort(family, roles)]
  )
}
