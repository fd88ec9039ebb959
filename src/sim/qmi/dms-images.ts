/** DMS of a simulated modem: stored images, preference, boot-and-hold (qmi.md §6.2 to §6.4, §6.6, §7). */
import * as Result from "effect/Result"
import {
  DeleteStoredImage,
  GetBootImageDownloadMode,
  GetFirmwarePreference,
  GetStoredImageInfo,
  ListStoredImages,
  SetBootImageDownloadMode,
  SetFirmwareId,
  SetFirmwarePreference,
  UNIQUE_ID_SIZE
} from "../../protocol/qmi/dms-firmware.ts"
import type { ImageId, StoredImageList } from "../../protocol/qmi/dms-firmware.ts"
import { QmiErrorCode } from "../../protocol/qmi/error-code.ts"
import { parseImageId } from "../../protocol/qmi/firmware-id.ts"
import type { Model } from "../models/Model.ts"
import type { ModemState, Preference } from "../ModemState.ts"
import { emptySlot, goodSlot, missingImages } from "../storage.ts"
import { on } from "./handler.ts"
import type { Handler } from "./handler.ts"

/** Unique id of every system image (qmi.md §6.4). */
const anyUnique = "?_?"
/** `AT!IMAGE?` shows carrier images in slot FF (at.md §4.4). */
const priSlot = 0xff

const uniqueId = (text: string): Uint8Array => {
  const bytes = new Uint8Array(UNIQUE_ID_SIZE)
  bytes.set(new TextEncoder().encode(text).subarray(0, UNIQUE_ID_SIZE))
  return bytes
}

const modemId = (firmware: string): ImageId => ({
  type: "modem",
  uniqueId: uniqueId(anyUnique),
  buildId: `${firmware}_?`
})

const priId = (pri: Preference): ImageId => ({
  type: "pri",
  uniqueId: uniqueId(pri.config),
  buildId: `${pri.firmware}_${pri.carrier}`
})

const position = (index: number): number | undefined => (index < 0 ? undefined : index)

const storedLists = (model: Model, state: ModemState): ReadonlyArray<StoredImageList> => {
  const { pris, running, slots } = state
  const good = slots.filter(({ status }) => status === "GOOD")
  return [
    {
      type: "modem",
      maximum: model.firmwareSlots,
      running: position(good.findIndex(({ slot }) => slot === running.slot)),
      images: good.map(({ failures, firmware, slot }) => {
        const { buildId, uniqueId } = modemId(firmware)
        return { storageIndex: slot, failureCount: failures.programming, uniqueId, buildId }
      })
    },
    {
      type: "pri",
      maximum: model.priSlots,
      running: position(
        pris.findIndex(
          (pri) => pri.firmware === running.firmware && pri.config === running.config && pri.carrier === running.carrier
        )
      ),
      images: pris.map((pri) => {
        const { buildId, uniqueId } = priId(pri)
        return { storageIndex: priSlot, failureCount: undefined, uniqueId, buildId }
      })
    }
  ]
}

/** One modem and one PRI image of the same firmware; anything else cannot be a preference. */
const preferenceOf = (images: ReadonlyArray<ImageId>): Preference | undefined => {
  if (images.length !== 2) return undefined
  const parsed = images.map(parseImageId)
  const [modem, pri] = parsed.map((one) => (Result.isSuccess(one) ? one.success : undefined))
  return modem?.type === "modem" && pri?.type === "pri" && modem.firmware === pri.firmware
    ? { firmware: pri.firmware, config: pri.config, carrier: pri.carrier }
    : undefined
}

/** The stored image with this id, as a change of the state that forgets it; `undefined` when there is none. */
const without = (state: ModemState, id: ImageId): "running" | ModemState | undefined => {
  const parsed = parseImageId(id)
  if (Result.isFailure(parsed)) return undefined
  const { running } = state
  const wanted = parsed.success
  if (wanted.type === "modem") {
    const slot = goodSlot(state, wanted.firmware)
    if (slot === undefined) return undefined
    if (slot.slot === running.slot) return "running"
    return { ...state, slots: state.slots.map((other) => (other === slot ? emptySlot(slot.slot) : other)) }
  }
  const pris = state.pris.filter(
    (pri) => pri.firmware !== wanted.firmware || pri.carrier !== wanted.carrier || pri.config !== wanted.config
  )
  if (pris.length === state.pris.length) return undefined
  return wanted.firmware === running.firmware && wanted.config === running.config && wanted.carrier === running.carrier
    ? "running"
    : { ...state, pris }
}

export const imageHandlers: ReadonlyArray<Handler> = [
  on(ListStoredImages, (_, state, { model }) => ({ response: { lists: [...storedLists(model, state)] } })),

  on(GetFirmwarePreference, (_, { preference }) => ({
    response: { images: preference === null ? [] : [modemId(preference.firmware), priId(preference)] }
  })),

  on(SetFirmwarePreference, ({ downloadOverride, images, modemStorageIndex }, state, { model }) => {
    const preference = preferenceOf(images)
    if (preference === undefined) return { error: QmiErrorCode.InvalidArgument }
    const storageIndex = modemStorageIndex ?? 0
    if (storageIndex > model.firmwareSlots) return { error: QmiErrorCode.InvalidIndex }
    const forced = downloadOverride === true
    const download = forced ? (["modem", "pri"] as const) : missingImages(state, preference)
    return {
      response: { download: [...download] },
      // Persistent at once (qmi.md §6.4); what runs changes with the next boot.
      state: { ...state, preference, storageIndex, switchPending: true, downloadForced: forced }
    }
  }),

  on(DeleteStoredImage, ({ image }, state) => {
    const rest = without(state, image)
    if (rest === undefined) return { error: QmiErrorCode.NoEntry }
    // Refusing to delete what runs, and this code for it, are inferred.
    return rest === "running" ? { error: QmiErrorCode.DeviceInUse } : { response: {}, state: rest }
  }),

  on(GetStoredImageInfo, ({ image }, state) =>
    without(state, image) === undefined ? { error: QmiErrorCode.NoEntry } : { response: {} }
  ),

  on(SetFirmwareId, (_, state, core) => ({
    response: {},
    state: { ...state, holdOnce: true },
    after: core.restart()
  })),

  on(SetBootImageDownloadMode, ({ mode }, state) => {
    const value = mode === "normal" ? 0 : mode === "boot-and-recovery" ? 1 : undefined
    return value === undefined
      ? { error: QmiErrorCode.InvalidArgument }
      : { response: {}, state: { ...state, bootImageDownloadMode: value } }
  }),

  on(GetBootImageDownloadMode, (_, state) => ({ response: { mode: state.bootImageDownloadMode } }))
]
