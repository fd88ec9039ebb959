/** DMS: stored images, firmware preference, boot-and-hold. Source: qmi.md §6.2–§6.4, §6.6, §7. */
import { message, optional, type RequestOf, tlv } from "./Message.ts"
import { Service } from "./Service.ts"
import {
  array,
  bool,
  choice,
  type CodecType,
  fixedBytes,
  orNone,
  paddedString,
  shortString,
  struct,
  u16,
  u32,
  u8
} from "./tlv.ts"

const service = Service.DMS

/** `modem` is the system image, `pri` the carrier configuration. */
export const ImageTypeValue = { modem: 0, pri: 1 } as const
const imageType = choice(u8, ImageTypeValue)
// A number stands for a type that the document does not know.

/** Bytes of a unique id. */
export const UNIQUE_ID_SIZE = 16

/** Which image: what a preference names and a list of stored images contains. See firmware-id.ts for what is inside. */
const imageId = struct({ type: imageType, uniqueId: fixedBytes(UNIQUE_ID_SIZE), buildId: shortString })
export type ImageId = CodecType<typeof imageId>

const NO_RUNNING_IMAGE = 0xff
const UNKNOWN_FAILURES = 0xff

const storedImage = struct({
  /** The slot; counted from 1 in the captured lists. */
  storageIndex: u8,
  /** Failed boots; `undefined`: unknown or not applicable. */
  failureCount: orNone(u8, UNKNOWN_FAILURES),
  uniqueId: fixedBytes(UNIQUE_ID_SIZE),
  buildId: shortString
})
export type StoredImage = CodecType<typeof storedImage>

const storedImageList = struct({
  type: imageType,
  /** How many images of this type fit; for `modem` the highest permitted storage index. */
  maximum: u8,
  /** Position in `images` (from 0), not the storage index; `undefined`: none runs. */
  running: orNone(u8, NO_RUNNING_IMAGE),
  images: array(storedImage)
})
export type StoredImageList = CodecType<typeof storedImageList>

export const ListStoredImages = message({
  name: "List Stored Images",
  service,
  id: 0x0049,
  request: {},
  response: { lists: tlv(0x01, array(storedImageList)) }
})

/** The image of the list that runs; `undefined` if none does or the position is outside of the list. */
export const runningImage = (list: StoredImageList): StoredImage | undefined =>
  list.running === undefined ? undefined : list.images[list.running]

export const GetFirmwarePreference = message({
  name: "Get Firmware Preference",
  service,
  id: 0x0047,
  request: {},
  response: { images: tlv(0x01, array(imageId)) }
})

/**
 * Persistent at once. The modem answers which images it wants to be downloaded: an empty `download` says that
 * all are there already; an absent one says nothing (§6.4: treat as "everything").
 * `images` has exactly two entries, modem then PRI: see {@link firmwarePreference}.
 */
export const SetFirmwarePreference = message({
  name: "Set Firmware Preference",
  service,
  id: 0x0048,
  request: {
    modemStorageIndex: optional(0x11, u8),
    downloadOverride: optional(0x10, bool),
    images: tlv(0x01, array(imageId))
  },
  response: { download: optional(0x01, array(imageType)) }
})

export interface PreferenceOptions {
  /** Slot for the system image; 0 or absent: the modem chooses. */
  readonly modemStorageIndex?: number
  /** Ask for the download even if the images are there. */
  readonly downloadOverride?: boolean
}

/** The request of {@link SetFirmwarePreference}: two entries in the order the modem wants, options only when used (§6.4). */
export const firmwarePreference = (
  modem: ImageId,
  pri: ImageId,
  options: PreferenceOptions = {}
): RequestOf<typeof SetFirmwarePreference> => ({
  ...(options.modemStorageIndex !== undefined && options.modemStorageIndex > 0
    ? { modemStorageIndex: options.modemStorageIndex }
    : {}),
  ...(options.downloadOverride === true ? { downloadOverride: true } : {}),
  images: [modem, pri]
})

export const DeleteStoredImage = message({
  name: "Delete Stored Image",
  service,
  id: 0x004a,
  request: { image: tlv(0x01, imageId) },
  response: {}
})

export const GetStoredImageInfo = message({
  name: "Get Stored Image Info",
  service,
  id: 0x004c,
  request: { image: tlv(0x01, imageId) },
  response: {
    bootVersion: optional(0x10, struct({ major: u16, minor: u16 })),
    pri: optional(0x11, struct({ version: u32, info: paddedString(32) })),
    oemLockId: optional(0x12, u32)
  }
})

/** SWI9200 only. The modem reboots into boot-and-hold **immediately**; success means done (§6.6). */
export const SetFirmwareId = message({ name: "Set Firmware ID", service, id: 0x003e, request: {}, response: {} })

export const BootImageDownloadModeValue = { normal: 0, "boot-and-recovery": 1 } as const
const bootImageDownloadMode = choice(u8, BootImageDownloadModeValue)

/** Takes effect with the next power cycle: offline, then reset (§6.6). */
export const SetBootImageDownloadMode = message({
  name: "Set Boot Image Download Mode",
  service,
  id: 0x0050,
  request: { mode: tlv(0x01, bootImageDownloadMode) },
  response: {}
})

export const GetBootImageDownloadMode = message({
  name: "Get Boot Image Download Mode",
  service,
  id: 0x004f,
  request: {},
  response: { mode: optional(0x10, bootImageDownloadMode) }
})

export const firmwareMessages = [
  ListStoredImages,
  GetFirmwarePreference,
  SetFirmwarePreference,
  DeleteStoredImage,
  GetStoredImageInfo,
  SetFirmwareId,
  SetBootImageDownloadMode,
  GetBootImageDownloadMode
] as const
