/** What a run is given. */
import type { Family } from "../device/families/Family.ts"
import type { Modem } from "../device/Modem.ts"
import type { OpenedImage } from "../file/Image.ts"
import type { Settings } from "../plan/settings.ts"
import type { ModemFacts, Preference, StoredImage } from "../plan/facts.ts"
import type { Eviction } from "../plan/slots.ts"
import type { FlowOptions } from "./steps/state.ts"

/** What the images say the modem shall run. */
export interface Wanted {
  readonly firmware: string | undefined
  /** Only where the family has preferences. */
  readonly preference: Preference | undefined
}

/** The inputs of a run, whatever the family; the family's flow makes its own typed start of them. */
export interface RunInput {
  readonly modem: Modem
  readonly options: FlowOptions
  readonly images: ReadonlyArray<OpenedImage>
  readonly wanted: Wanted
  /** For the flow that deletes a stored image. */
  readonly deletes?: StoredImage
  /** What is overwritten, as it was planned. */
  readonly evictions?: ReadonlyArray<Eviction>
  /** For flows by AT: what keeps QMI from being used. */
  readonly why?: string
  readonly family: Family
  /** What the modem said when the run was planned; undefined in boot-and-hold. */
  readonly facts: ModemFacts | undefined
  /** For `download`: what an earlier run of the same update read before its first write. */
  readonly settingsBefore?: Settings
}
