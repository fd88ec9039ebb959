/** A plan is data: what would happen to a modem and why; and what a run of it ends in. */
import type { Family } from "../device/families/Family.ts"
import type { Modem } from "../device/Modem.ts"
import type { OpenedSet } from "../file/Image.ts"
import type { StepInfo } from "../flow/Step.ts"
import type { ModemFacts, StoredImage } from "../plan/facts.ts"
import type { Settings, SettingsDiff } from "../plan/settings.ts"
import type { Eviction } from "../plan/slots.ts"
import type { Runnable } from "./FamilyFlow.ts"
import type { Wanted } from "./RunInput.ts"
import type { FlowOptions, Transferred } from "./steps/index.ts"

export type PlanOptions = Partial<FlowOptions>

export const defaults: FlowOptions = {
  overrideDownload: false,
  modemStorageIndex: undefined,
  skipValidation: false,
  rollbackOnFailure: true
}

/** Of a plan that sends no image and sets no preference. */
export const bare = { images: undefined, wanted: { firmware: undefined, preference: undefined }, options: defaults }

/** What a run would do: `nothing` when the modem runs all of it already. */
export type Action = "nothing" | "update" | "download" | "hold" | "leave" | "restart" | "select" | "delete"

export interface UpdatePlan {
  readonly action: Action
  readonly modem: Modem
  readonly family: Family
  /** Undefined for a modem in boot-and-hold, which cannot be asked. */
  readonly facts: ModemFacts | undefined
  readonly images: OpenedSet | undefined
  readonly wanted: Wanted
  readonly options: FlowOptions
  /** The steps in order, with risks and deadlines; none when there is nothing to do. */
  readonly steps: ReadonlyArray<StepInfo>
  /** What was checked and found right. */
  readonly passed: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
  /** What is overwritten because no slot is free, or because its slot was chosen; nothing else goes. */
  readonly evictions?: ReadonlyArray<Eviction>
  /** The stored image that is deleted. */
  readonly deletes?: StoredImage
  readonly flow: Runnable
  /** Of an earlier run of the same update, for a modem that cannot be asked any more: what is compared at the end. */
  readonly settingsBefore?: Settings
}

export interface UpdateResult {
  readonly outcome:
    "already-there" | "updated" | "not-validated" | "held" | "left" | "restarted" | "selected" | "deleted"
  readonly before: ModemFacts | undefined
  readonly after: ModemFacts | undefined
  readonly sent: ReadonlyArray<Transferred>
  readonly millis: number
  /** What the modem's owner had set, before against after; absent where nothing could be compared. */
  readonly settings?: SettingsDiff
}
