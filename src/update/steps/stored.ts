/** Stored images: selecting a pair of them, and deleting one (qmi.md §7; at.md §4.4). Nothing is transferred. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Family } from "../../device/families/Family.ts"
import type { OpenedImage } from "../../file/Image.ts"
import { step } from "../../flow/Step.ts"
import { checkImages } from "../../plan/check.ts"
import type { ModemFacts, StoredImage } from "../../plan/facts.ts"
import { carrierOf, checkDeletable, checkPair, firmwareOf, sameStored, storedName } from "../../plan/stored.ts"
import { deleteImage } from "../../protocol/at/commands.ts"
import * as Dms from "../../protocol/qmi/dms.ts"
import { FirmwareIdError, modemImageId, priImageId } from "../../protocol/qmi/firmware-id.ts"
import type { ImageId } from "../../protocol/qmi/dms-firmware.ts"
import { AtError } from "../../session/AtError.ts"
import type { AtSession } from "../../session/AtSession.ts"
import type { QmiFailure, QmiSession } from "../../session/QmiSession.ts"
import type { TransportError } from "../../transport/TransportError.ts"
import { modemFactsOf } from "../at-modem-facts.ts"
import { emit } from "../events.ts"
import { FlowError } from "../FlowError.ts"
import { readAtFacts } from "../read-at-facts.ts"
import { readFacts } from "../read-facts.ts"
import { nowIs } from "../Run.ts"
import type { Validated } from "./boot.ts"
import type { Checked } from "./check.ts"
import type { FlowOptions, WantedPreference } from "./state.ts"

/** Both images of the preference are stored, as the modem lists them now. In the place of the check of image files. */
export const checkStored = step({
  name: "check",
  title: "check that firmware and carrier image are both stored, with these very capitals",
  risk: "none",
  deadline: Duration.seconds(5),
  run: (state: {
    readonly facts: ModemFacts
    readonly family: Family<"preference">
    readonly wanted: WantedPreference
    readonly options: FlowOptions
  }) =>
    Effect.gen(function* () {
      const { facts, family, wanted } = state
      const checks = yield* Effect.fromResult(
        checkImages({ facts, family, images: [], wanted, modemStorageIndex: undefined })
      )
      yield* Effect.fromResult(checkPair(facts, wanted))
      for (const { detail } of checks.warnings) yield* emit({ _tag: "Warning", step: "check", detail })
      const checked: Checked = { imei: facts.imei, family: family.id, passed: checks.passed }
      const images: ReadonlyArray<OpenedImage> = []
      return { checked, images }
    })
})

/** Proof that the modem lists this image now, and neither runs nor prefers it. Only {@link checkNotInUse} makes it. */
export interface Deletable {
  readonly image: StoredImage
}

export const checkNotInUse = step({
  name: "check",
  title: "check that the image is stored, does not run and is not preferred",
  risk: "none",
  deadline: Duration.seconds(5),
  run: (state: { readonly facts: ModemFacts; readonly deletes: StoredImage }) =>
    Effect.map(Effect.fromResult(checkDeletable(state.facts, state.deletes)), (image) => {
      const deletable: Deletable = { image }
      return { deletable }
    })
})

/** The id to name it by; only of images whose names are of the documented form (qmi.md §6.4). */
const idOf = (image: StoredImage): Result.Result<ImageId, FirmwareIdError> => {
  const firmware = firmwareOf(image)
  if (firmware !== undefined) return modemImageId(firmware)
  const names = carrierOf(image)
  if (names !== undefined) return priImageId(names.firmware, names.carrier, names.config)
  const reason = { _tag: "NotAnId", wanted: "<firmware>_<carrier>" } as const
  return Result.fail(new FirmwareIdError({ field: "build id", value: image.buildId, reason }))
}

/** That the modem accepted the deletion. What it did is asked by the next step. */
export interface DeleteSent {
  readonly image: StoredImage
}

/** A refusal leaves everything in place; after silence only the modem itself can tell. */
const sent = <R>(image: StoredImage, request: Effect.Effect<unknown, QmiFailure | AtError, R>) =>
  Effect.gen(function* () {
    // Said before it is sent: an answer that is lost may still have been heard.
    yield* nowIs({ _tag: "DeleteSent", image: storedName(image) })
    yield* request.pipe(
      Effect.tapError((error) =>
        error._tag !== "TransportError" && error.reason._tag === "Refused" ? nowIs({ _tag: "Untouched" }) : Effect.void
      )
    )
    const deleteSent: DeleteSent = { image }
    return { deleteSent }
  })

const deleteTitle = "delete this one image from the modem's flash"

export const deleteStoredImage = step({
  name: "delete-image",
  title: deleteTitle,
  risk: "writes-flash",
  deadline: Duration.seconds(30),
  run: ({ control, deletable }: { readonly control: QmiSession; readonly deletable: Deletable }) =>
    Effect.flatMap(Effect.fromResult(idOf(deletable.image)), (image) =>
      sent(deletable.image, control.request(Dms.DeleteStoredImage, { image }))
    )
})

/** The explicit form of `AT!IMAGE=0` alone: without slot or names it deletes everything (at.md §4.4). */
const byAt = Effect.fnUntraced(function* (
  at: AtSession,
  image: StoredImage
): Effect.fn.Return<void, AtError | TransportError> {
  const words = deleteImage(
    image.type === "modem"
      ? { type: "firmware", slot: image.storageIndex }
      : { type: "carrier", buildId: image.buildId, uniqueId: image.uniqueId }
  )
  if (Result.isFailure(words)) {
    const reason = { _tag: "Unsendable", detail: words.failure.message } as const
    return yield* new AtError({ endpoint: at.endpoint, command: "AT!IMAGE", reason })
  }
  yield* at.ask(words.success, Duration.seconds(20))
})

/** Unlocked by the step that identified the modem: without that it refuses (at.md §4.4). */
export const deleteStoredImageByAt = step({
  name: "delete-image",
  title: `${deleteTitle}, by AT!IMAGE=0 with its slot or its names`,
  risk: "writes-flash",
  deadline: Duration.seconds(30),
  run: ({ at, deletable }: { readonly at: AtSession; readonly deletable: Deletable }) =>
    sent(deletable.image, byAt(at, deletable.image))
})

/** It is gone only when the modem no longer lists it. */
const gone = Effect.fnUntraced(function* ({ image }: DeleteSent, after: ModemFacts) {
  if (after.storedImages._tag === "NotSupported") {
    return yield* new FlowError({
      reason: { _tag: "Unreadable", what: "list of stored images", found: "no longer told" }
    })
  }
  const name = storedName(image)
  const still = after.storedImages.value.images.some(
    (other) => sameStored(other, image) && (image.type === "pri" || other.storageIndex === image.storageIndex)
  )
  if (still) {
    yield* nowIs({ _tag: "Untouched" })
    return yield* new FlowError({ reason: { _tag: "NotDeleted", image: name } })
  }
  yield* nowIs({ _tag: "ImageDeleted", image: name })
  const validated: Validated = { after }
  return { validated }
})

const goneTitle = "ask the modem what it has stored now: the image must no longer be listed"
const goneDeadline = Duration.seconds(120)

export const verifyDeleted = step({
  name: "verify",
  title: goneTitle,
  risk: "reads",
  deadline: goneDeadline,
  run: (state: { readonly control: QmiSession; readonly deleteSent: DeleteSent }) =>
    Effect.flatMap(readFacts(state.control), (after) => gone(state.deleteSent, after))
})

export const verifyDeletedByAt = step({
  name: "verify",
  title: goneTitle,
  risk: "reads",
  deadline: goneDeadline,
  run: (state: { readonly at: AtSession; readonly why: string; readonly deleteSent: DeleteSent }) =>
    Effect.gen(function* () {
      const after = yield* Effect.fromResult(modemFactsOf(yield* readAtFacts(state.at), state.why))
      return yield* gone(state.deleteSent, after)
    })
})
