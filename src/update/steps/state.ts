/**
 * What flows carry from step to step. Keys that only one step yields are the proof that it ran:
 * `checked` licenses writing, `opened` licenses chunks, `transferred` licenses the reset.
 */
import type { Family, UpdateWay } from "../../device/families/Family.ts"
import type { Modem } from "../../device/Modem.ts"
import type { OpenedImage } from "../../file/Image.ts"
import type { Settings } from "../../plan/settings.ts"
import type { Preference, StoredImage } from "../../plan/facts.ts"

/** What the modem shall run at the end. Carrier and config only where the family has preferences. */
export interface WantedFirmware {
  readonly firmware: string | undefined
}
export interface WantedPreference extends WantedFirmware, Preference {
  readonly firmware: string
}

export interface FlowOptions {
  /** Transfer even what the modem has already. */
  readonly overrideDownload: boolean
  /** Slot for the system image, 1…; undefined: the modem chooses. */
  readonly modemStorageIndex: number | undefined
  /** Do not look at the modem after its restart. */
  readonly skipValidation: boolean
  /** Where the run fails: have the modem run what it ran before, with its old preference. */
  readonly rollbackOnFailure: boolean
}

/** What every flow starts from. */
export interface Target<Way extends UpdateWay = UpdateWay> {
  readonly modem: Modem
  readonly family: Family<Way>
  readonly options: FlowOptions
}

/** A flow that sends images starts from this. System image first, carrier image last. */
export interface Delivery<Way extends UpdateWay = UpdateWay> extends Target<Way> {
  readonly images: ReadonlyArray<OpenedImage>
  readonly wanted: Way extends "preference" ? WantedPreference : WantedFirmware
}

/** For a modem that waits in boot-and-hold: it cannot be asked before. */
export interface DownloadDelivery extends Target {
  readonly images: ReadonlyArray<OpenedImage>
  /** Undefined firmware where no system image is sent. */
  readonly wanted: WantedFirmware
  /** What the images together name; undefined where they leave something open, and for families without preference. */
  readonly preference: Preference | undefined
  /** What an earlier run of the same update read before its first write. */
  readonly settingsBefore?: Settings | undefined
}

/** A flow that selects what is stored starts from this: there are no images. */
export interface Selection extends Target<"preference"> {
  readonly wanted: WantedPreference
}

/** A flow that deletes a stored image starts from this. */
export interface Deletion extends Target {
  readonly deletes: StoredImage
}

/** What the modem wants to be sent; decides whether there is a transfer at all. */
export interface DownloadList {
  readonly images: ReadonlyArray<OpenedImage>
}

export interface Transferred {
  readonly image: string
  readonly bytes: number
  /** The modem said that it has this image already. */
  readonly skipped: boolean
  readonly millis: number
}
