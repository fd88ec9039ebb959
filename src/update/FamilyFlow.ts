/** A family with everything it can be asked to do, and the registry in which `plan` and `run` find it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { Family } from "../device/families/Family.ts"
import type { UsbBus } from "../device/UsbBus.ts"
import type * as Flow from "../flow/Flow.ts"
import type { AnyStep, StepInfo } from "../flow/Step.ts"
import type { ImageSet } from "../image/ImageSet.ts"
import type { ModemFacts } from "../plan/facts.ts"
import type { SettingsDiff } from "../plan/settings.ts"
import type { PlanError } from "../plan/PlanError.ts"
import { wantedFirmware, wantedPreference } from "../plan/wanted.ts"
import * as AtFlows from "./at-flows.ts"
import * as Flows from "./flows.ts"
import { claimModem } from "./claim.ts"
import { reserve } from "./ModemLock.ts"
import { record } from "./record.ts"
import { stayAwake } from "./SleepInhibitor.ts"
import { runFlow } from "./run-flow.ts"
import type { RunInput, Wanted } from "./RunInput.ts"
import type {
  Deletion,
  Delivery,
  DownloadDelivery,
  Selection,
  Target,
  Transferred,
  Validated,
  WantedPreference
} from "./steps/index.ts"
import type { UpdateError } from "./UpdateError.ts"

/** What a run that ended well reports. */
export interface RunReport {
  /** What the modem answered at the end; undefined when it was not asked, as the user wished. */
  readonly after: ModemFacts | undefined
  readonly sent: ReadonlyArray<Transferred>
  readonly millis: number
  /** What the modem's owner had set, before against after; absent where nothing could be compared. */
  readonly settings?: SettingsDiff
}

/** A flow whose order was checked where it was made: what remains is what every family's flow has in common. */
export interface Runnable {
  readonly name: string
  readonly steps: ReadonlyArray<StepInfo>
  readonly run: (input: RunInput) => Effect.Effect<RunReport, UpdateError, UsbBus>
}

export interface Runnables {
  readonly update: Runnable
  readonly updateWithoutValidation: Runnable
  readonly download: Runnable
  readonly downloadWithoutValidation: Runnable
  /** Into boot-and-hold, nothing else. */
  readonly hold: Runnable
  /** Runs what is stored; undefined for a family without preferences. */
  readonly select: Runnable | undefined
  /** Deletes a stored image. */
  readonly remove: Runnable
}

/** What brings a modem home that was left half way. */
export interface Homecomings {
  /** Out of boot-and-hold, nothing is written. */
  readonly leave: Runnable
  /** In application mode: a plain restart. */
  readonly restart: Runnable
}

export interface FamilyFlow extends Runnables, Homecomings {
  readonly family: Family
  readonly wanted: (set: ImageSet) => Result.Result<Wanted, PlanError>
  /**
   * The same by AT alone. Absent: a modem whose control port cannot be used is not updated. An edited flow has none
   * unless its author gives one: what was inserted into the one way must not be passed by on the other.
   */
  readonly byAt?: Runnables & Homecomings
}

/** The states that a run may end in and that its report is made of. */
interface Ended {
  readonly validated?: Validated
  readonly sent?: ReadonlyArray<Transferred>
  readonly settingsDiff?: SettingsDiff | undefined
}

/** The modem is this run's alone, the run is written down, and the computer kept awake, before its first step. */
const prepare = Effect.fnUntraced(function* (flow: string, input: RunInput) {
  yield* reserve(input.modem)
  yield* record(flow, input)
  yield* claimModem(input.modem)
  yield* stayAwake
})

const runnable = <Init, Steps extends ReadonlyArray<AnyStep>>(
  flow: Flow.Flow<Init, Steps>,
  start: (input: RunInput) => Init
): Runnable => ({
  name: flow.name,
  steps: flow.steps,
  run: (input) =>
    Effect.map(
      runFlow(flow, start(input), input.modem.label, {
        before: prepare(flow.name, input),
        rollback: input.options.rollbackOnFailure
      }) as Effect.Effect<{ readonly state: Ended; readonly millis: number }, UpdateError, UsbBus>,
      ({ millis, state: { sent = [], settingsDiff, validated } }) => ({
        after: validated?.after,
        sent,
        millis,
        ...(settingsDiff === undefined ? {} : { settings: settingsDiff })
      })
    )
})

const target =
  <F extends Family>(family: F) =>
  ({ modem, options }: RunInput) => ({ modem, options, family })

const download =
  <F extends Family>(family: F) =>
  (input: RunInput): DownloadDelivery & { readonly family: F } => ({
    ...target(family)(input),
    images: input.images,
    wanted: { firmware: input.wanted.firmware },
    preference: input.wanted.preference,
    settingsBefore: input.settingsBefore
  })

/** The plan to delete names the image. Without one there is none of that name, and the flow's check says so. */
const deletion =
  (family: Family) =>
  ({ deletes, modem, options }: RunInput): Deletion => ({
    modem,
    options,
    family,
    deletes: deletes ?? { type: "modem", storageIndex: 0xff, uniqueId: "", buildId: "", running: false }
  })

const selection =
  (family: Family<"preference">) =>
  (input: RunInput): Selection => ({ ...target(family)(input), wanted: preferenceIn(input) })

const shared = (family: Family) => ({
  family,
  remove: runnable(Flows.deleteFlow, deletion(family)),
  hold: runnable(Flows.holdFlow(family), (input): Target => target(family)(input)),
  leave: runnable(Flows.leaveFlow(family), (input): Target => target(family)(input)),
  restart: runnable(Flows.restartFlow(family), (input): Target => target(family)(input))
})

const atRoles = ["at", "unknown"] as const

/** A flow by AT starts from the same, and from the reason why it goes that way. */
const withWhy =
  <Init>(start: (input: RunInput) => Init) =>
  (input: RunInput): Init & AtFlows.ByAt => ({ ...start(input), why: input.why ?? "AT was asked for" })

const runnablesByAt = <
  Start extends Target,
  Update extends ReadonlyArray<AnyStep>,
  DownloadStart extends DownloadDelivery,
  Download extends ReadonlyArray<AnyStep>
>(
  family: Family,
  start: (input: RunInput) => Start,
  update: Flow.Flow<Start & AtFlows.ByAt, Update>,
  startDownload: (input: RunInput) => DownloadStart,
  sending: Flow.Flow<DownloadStart & AtFlows.ByAt, Download>,
  select: Runnable | undefined
): Runnables & Homecomings => ({
  select,
  remove: runnable(AtFlows.deleteAtFlow, withWhy(deletion(family))),
  leave: runnable(
    AtFlows.leaveAtFlow(family),
    withWhy((input): Target => target(family)(input))
  ),
  restart: runnable(
    AtFlows.restartAtFlow(family),
    withWhy((input): Target => target(family)(input))
  ),
  hold: runnable(
    AtFlows.holdAtFlow(family),
    withWhy((input): Target => target(family)(input))
  ),
  update: runnable(update, withWhy(start)),
  updateWithoutValidation: runnable(Flows.withoutValidation(update, family, atRoles), withWhy(start)),
  download: runnable(sending, withWhy(startDownload)),
  downloadWithoutValidation: runnable(Flows.withoutValidation(sending, family, atRoles), withWhy(startDownload))
})

/** `wanted` of such a family gives every run a preference. */
const preferenceIn = ({ wanted }: RunInput): WantedPreference =>
  wanted.preference ?? { firmware: wanted.firmware ?? "", config: "", carrier: "" }

/** A family with preferences, with the given update flow: ours, or one that was edited; and the same by AT. */
export const preferenceFamily = <
  Steps extends ReadonlyArray<AnyStep>,
  AtSteps extends ReadonlyArray<AnyStep> = ReadonlyArray<AnyStep>
>(
  family: Family<"preference">,
  update: Flow.Flow<Delivery<"preference">, Steps>,
  updateByAt?: Flow.Flow<Delivery<"preference"> & AtFlows.ByAt, AtSteps>
): FamilyFlow => {
  const start = (input: RunInput): Delivery<"preference"> => ({
    ...target(family)(input),
    images: input.images,
    wanted: preferenceIn(input)
  })
  const sending = Flows.preferenceDownloadFlow(family)
  return {
    ...shared(family),
    wanted: (set) => Result.map(wantedPreference(set), (preference) => ({ firmware: preference.firmware, preference })),
    select: runnable(Flows.selectFlow(family), selection(family)),
    update: runnable(update, start),
    updateWithoutValidation: runnable(Flows.withoutValidation(update, family), start),
    download: runnable(sending, download(family)),
    downloadWithoutValidation: runnable(Flows.withoutValidation(sending, family), download(family)),
    ...(updateByAt === undefined
      ? {}
      : {
          byAt: runnablesByAt(
            family,
            start,
            updateByAt,
            download(family),
            AtFlows.preferenceDownloadAtFlow(family),
            runnable(AtFlows.selectAtFlow(family), withWhy(selection(family)))
          )
        })
  }
}

/** A family without preferences, with the given update flow; and the same by AT. */
export const bootAndHoldFamily = <
  Steps extends ReadonlyArray<AnyStep>,
  AtSteps extends ReadonlyArray<AnyStep> = ReadonlyArray<AnyStep>
>(
  family: Family<"boot-and-hold">,
  update: Flow.Flow<Delivery<"boot-and-hold">, Steps>,
  updateByAt?: Flow.Flow<Delivery<"boot-and-hold"> & AtFlows.ByAt, AtSteps>
): FamilyFlow => {
  const start = (input: RunInput): Delivery<"boot-and-hold"> => ({
    ...target(family)(input),
    images: input.images,
    wanted: { firmware: input.wanted.firmware }
  })
  const sending = Flows.downloadFlow(family)
  return {
    ...shared(family),
    wanted: (set) => Result.map(wantedFirmware(set, family.id), (wanted) => ({ ...wanted, preference: undefined })),
    select: undefined,
    update: runnable(update, start),
    updateWithoutValidation: runnable(Flows.withoutValidation(update, family), start),
    download: runnable(sending, download(family)),
    downloadWithoutValidation: runnable(Flows.withoutValidation(sending, family), download(family)),
    ...(updateByAt === undefined
      ? {}
      : { byAt: runnablesByAt(family, start, updateByAt, download(family), AtFlows.downloadAtFlow(family), undefined) })
  }
}

/** The families that can be updated. None by itself: {@link familyLayer} adds one, `families/index.ts` has ours. */
export const FamilyFlows = Context.Reference<ReadonlyArray<FamilyFlow>>("boothold/update/FamilyFlows", {
  defaultValue: () => []
})

/** Adds a family, or replaces the one with the same id: how an edited flow takes the place of ours. */
export const familyLayer = (flow: FamilyFlow): Layer.Layer<never> =>
  Layer.effect(
    FamilyFlows,
    Effect.map(FamilyFlows, (all) => [...all.filter(({ family }) => family.id !== flow.family.id), flow])
  )
