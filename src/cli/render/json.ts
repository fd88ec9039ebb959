/** What `--json` prints, as schemas: programs read it, so its names are as stable as the exit codes. */
import * as Schema from "effect/Schema"
import { missingDrivers } from "../../device/drivers.ts"
import type { Found, Modem } from "../../device/Modem.ts"
import { vidPid } from "../../device/Modem.ts"
import { rowsOf } from "../../device/table/table.ts"
import type { StepInfo } from "../../flow/Step.ts"
import * as Duration from "effect/Duration"
import type { Preference } from "../../plan/facts.ts"
import { ModemFacts, StoredImage } from "../../plan/facts.ts"
import { SettingsDiff } from "../../plan/settings.ts"
import { Eviction } from "../../plan/slots.ts"
import { Situation } from "../../recovery/Situation.ts"
import { Condition } from "../../update/condition.ts"
import { UpdateEvent } from "../../update/events.ts"
import type { Glance } from "../../update/glance.ts"
import type { UpdatePlan, UpdateResult } from "../../update/Update.ts"

export const ModemReport = Schema.Struct({
  label: Schema.String,
  mode: Schema.Literals(["application", "boot-and-hold"]),
  vidPid: Schema.String,
  usbPath: Schema.String,
  /** `1:7`, as `--busnum-devnum` takes it; null where the system does not tell it. */
  busnumDevnum: Schema.NullOr(Schema.String),
  serial: Schema.NullOr(Schema.String),
  ports: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      role: Schema.String,
      driver: Schema.String,
      /** Path to open; null on simulated modems. */
      node: Schema.NullOr(Schema.String)
    })
  )
})
export type ModemReport = typeof ModemReport.Type

/** One entry of `list`. */
export const FoundReport = Schema.Struct({
  ...ModemReport.fields,
  /** `possible`: ids not in the device table, taken when it is named; `refused`: not updated by boothold. */
  standing: Schema.Literals(["modem", "possible", "refused"]),
  /** Why it is refused. */
  why: Schema.NullOr(Schema.String),
  missingDrivers: Schema.Array(
    Schema.Struct({
      role: Schema.String,
      interfaceNumber: Schema.Int,
      driver: Schema.String,
      command: Schema.String
    })
  )
})
export type FoundReport = typeof FoundReport.Type

/** One entry of `list`, with what the modem runs. */
export const ListReport = Schema.Struct({
  ...FoundReport.fields,
  /** Families of the device table; several where its product id is several models'. */
  families: Schema.Array(Schema.String),
  /** Null where it was not asked, or has not told. */
  firmware: Schema.NullOr(
    Schema.Struct({
      version: Schema.String,
      revision: Schema.String,
      carrier: Schema.NullOr(Schema.String),
      config: Schema.NullOr(Schema.String)
    })
  ),
  /** Why `firmware` is null. */
  firmwareNote: Schema.NullOr(Schema.String)
})
export type ListReport = typeof ListReport.Type

const WatchTag = Schema.Literals(["Present", "Plugged", "Changed", "Unplugged"])
export type WatchTag = typeof WatchTag.Type

/** One line of `list --watch`; `Present`: was there when it began. */
export const WatchReport = Schema.Struct({ _tag: WatchTag, modem: FoundReport })

export interface StepReport {
  readonly name: string
  readonly title: string
  readonly risk: string
  readonly deadlineSeconds: number
  readonly repeats: "once" | "each" | "choice" | "retry"
  /** Of a retry: how often the steps inside are begun at most. */
  readonly times?: number
  /** How it is taken back where the run fails later; null where it is not. */
  readonly undo: string | null
  readonly inside: ReadonlyArray<StepReport>
}
export const StepReport: Schema.Codec<StepReport> = Schema.Struct({
  name: Schema.String,
  title: Schema.String,
  risk: Schema.String,
  deadlineSeconds: Schema.Finite,
  repeats: Schema.Literals(["once", "each", "choice", "retry"]),
  times: Schema.optionalKey(Schema.Int),
  undo: Schema.NullOr(Schema.String),
  inside: Schema.Array(Schema.suspend((): Schema.Codec<StepReport> => StepReport))
})

const Versions = Schema.Struct({
  firmware: Schema.NullOr(Schema.String),
  config: Schema.NullOr(Schema.String),
  carrier: Schema.NullOr(Schema.String)
})

export const PlanReport = Schema.TaggedStruct("Plan", {
  action: Schema.Literals(["nothing", "update", "download", "hold", "leave", "restart", "select", "delete"]),
  modem: ModemReport,
  family: Schema.String,
  /** Where everything goes by AT: on which port, and why not by QMI. */
  byAt: Schema.NullOr(Schema.Struct({ port: Schema.String, why: Schema.String })),
  /** Null for a modem in boot-and-hold, which cannot be asked. */
  from: Schema.NullOr(Versions),
  to: Versions,
  images: Schema.Array(
    Schema.Struct({ name: Schema.String, role: Schema.String, bytes: Schema.Int, sha256: Schema.String })
  ),
  /** What is overwritten: one image, or several where the modem chooses among them. */
  evictions: Schema.Array(Eviction),
  /** The stored image that is deleted. */
  deletes: Schema.NullOr(StoredImage),
  steps: Schema.Array(StepReport),
  passed: Schema.Array(Schema.String),
  warnings: Schema.Array(Schema.String)
})
export type PlanReport = typeof PlanReport.Type

/** Last line of `update`, `download`, `reset` and `images select|delete` when all went well. */
export const ResultReport = Schema.TaggedStruct("Result", {
  outcome: Schema.Literals([
    ...["already-there", "updated", "not-validated", "held"],
    ...["left", "restarted", "selected", "deleted"]
  ] as const),
  before: Schema.NullOr(ModemFacts),
  after: Schema.NullOr(ModemFacts),
  sent: Schema.Array(
    Schema.Struct({ image: Schema.String, bytes: Schema.Int, skipped: Schema.Boolean, millis: Schema.Finite })
  ),
  millis: Schema.Finite,
  /** Null where the settings from before are not known: after `download`, `reset`, and without validation. */
  settings: Schema.NullOr(SettingsDiff)
})
export type ResultReport = typeof ResultReport.Type

/** Last line of every command that failed. */
export const ErrorReport = Schema.TaggedStruct("Error", {
  code: Schema.String,
  exitCode: Schema.Int,
  message: Schema.String,
  help: Schema.String,
  /** Of a run: the step, the modem's state, and the command that goes on from there; of `recover`: its situation. */
  step: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.String),
  condition: Schema.optionalKey(Condition),
  situation: Schema.optionalKey(Situation),
  next: Schema.optionalKey(Schema.String)
})
export type ErrorReport = typeof ErrorReport.Type

/** Every line that `update`, `download`, `reset` and `images select|delete` print. */
export const RunLine = Schema.Union([PlanReport, UpdateEvent, ResultReport, ErrorReport])
export type RunLine = typeof RunLine.Type

/** Made with the first line: most runs are shown to people. */
let encode: ((line: RunLine) => unknown) | undefined

/** One line of JSON. */
export const runLine = (line: RunLine): string =>
  JSON.stringify((encode ??= Schema.encodeSync(Schema.toCodecJson(RunLine)))(line))

export const modemReport = ({ device, label, mode }: Modem): ModemReport => ({
  label,
  mode,
  vidPid: vidPid(device),
  usbPath: device.portPath,
  busnumDevnum: device.address === undefined ? null : `${String(device.address.bus)}:${String(device.address.device)}`,
  serial: device.serial ?? null,
  ports: device.ports.map(({ driver, name, node, role }) => ({ name, role, driver, node: node ?? null }))
})

export const foundReport = ({ modem, standing }: Found): FoundReport => ({
  ...modemReport(modem),
  standing: standing._tag,
  why: standing._tag === "refused" ? standing.why : null,
  missingDrivers: missingDrivers(modem.device)
})

const stepReport = (step: StepInfo): StepReport => ({
  name: step.name,
  title: step.title,
  risk: step.risk,
  deadlineSeconds: Duration.toSeconds(step.deadline),
  repeats: step.repeats,
  ...(step.times === undefined ? {} : { times: step.times }),
  undo: step.undo?.title ?? null,
  inside: step.inside.map(stepReport)
})

const versions = (of: Partial<Preference>): typeof Versions.Type => ({
  firmware: of.firmware ?? null,
  config: of.config ?? null,
  carrier: of.carrier ?? null
})

export const planReport = (plan: UpdatePlan): PlanReport => ({
  _tag: "Plan",
  action: plan.action,
  modem: modemReport(plan.modem),
  family: plan.family.id,
  byAt: plan.facts?.byAt ?? null,
  from: plan.facts === undefined ? null : versions(plan.facts),
  to: versions(
    plan.wanted.preference ?? (plan.wanted.firmware === undefined ? {} : { firmware: plan.wanted.firmware })
  ),
  images: (plan.images?.images ?? []).map(({ image }) => ({
    name: image.name,
    role: image.role,
    bytes: image.size,
    sha256: image.sha256
  })),
  evictions: plan.evictions ?? [],
  deletes: plan.deletes ?? null,
  steps: plan.steps.map(stepReport),
  passed: plan.passed,
  warnings: plan.warnings
})

export const resultReport = (result: UpdateResult): ResultReport => ({
  _tag: "Result",
  outcome: result.outcome,
  before: result.before ?? null,
  after: result.after ?? null,
  sent: result.sent,
  millis: result.millis,
  settings: result.settings ?? null
})

export const listReport = (one: { readonly found: Found; readonly firmware: Glance | undefined }): ListReport => {
  const { firmware, found } = one
  const families = [...new Set(rowsOf(found.modem.device).map(({ family }) => family))]
  const { carrier, config, firmware: version, revision } = firmware?._tag === "Told" ? firmware : {}
  return {
    ...foundReport(found),
    families,
    firmware:
      version === undefined || revision === undefined
        ? null
        : { version, revision, carrier: carrier ?? null, config: config ?? null },
    firmwareNote: firmware === undefined || firmware._tag === "Told" ? null : firmware.why
  }
}

/** One line of JSON. */
export const watchLine = (tag: WatchTag, found: Found): string =>
  JSON.stringify({ _tag: tag, modem: foundReport(found) } satisfies typeof WatchReport.Type)
