/**
 * The update as integrators use it: a plan is data that shows what would happen and why; a run does it and ends in
 * a typed result, or a typed error that says in which state the modem is.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Cause from "effect/Cause"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { protocolOfBootIds, protocolOfFamily } from "../device/download-protocol.ts"
import { familiesOfDevice, familyOfToken } from "../device/families/families.ts"
import type { Family } from "../device/families/Family.ts"
import type { Modem } from "../device/Modem.ts"
import { rowsOf } from "../device/table/table.ts"
import { UsbBus } from "../device/UsbBus.ts"
import type { OpenedSet } from "../file/Image.ts"
import type { StepInfo } from "../flow/Step.ts"
import { checkImages } from "../plan/check.ts"
import { isAlreadyThere } from "../plan/compare.ts"
import { showPreference } from "../plan/facts.ts"
import type { ModemFacts, StoredImage } from "../plan/facts.ts"
import type { Settings, SettingsDiff } from "../plan/settings.ts"
import { PlanError } from "../plan/PlanError.ts"
import { evictionText } from "../plan/slots.ts"
import type { Eviction } from "../plan/slots.ts"
import { afterDeletion, checkDeletable, chooseImage, choosePair, lossOfFirmware, storedName } from "../plan/stored.ts"
import type { StoredWords } from "../plan/stored.ts"
import { needChosenProtocol, needProtocol } from "./download-protocol.ts"
import { EventSink } from "./events.ts"
import type { UpdateEvent } from "./events.ts"
import { FamilyFlows } from "./FamilyFlow.ts"
import type { FamilyFlow, Homecomings, RunReport, Runnable, Runnables } from "./FamilyFlow.ts"
import { familyFlows } from "./families/index.ts"
import { FlowError } from "./FlowError.ts"
import { modemFactsOf } from "./at-modem-facts.ts"
import { hasCandidate } from "./at-port.ts"
import { ControlWay } from "./ControlWay.ts"
import { readAtFacts } from "./read-at-facts.ts"
import type { ModemDetails } from "../plan/details.ts"
import type { QmiSession } from "../session/QmiSession.ts"
import { planEvictions } from "./plan-evictions.ts"
import { readDetails } from "./read-details.ts"
import type { Wanted } from "./RunInput.ts"
import { readFacts } from "./read-facts.ts"
import { openAtPort } from "./steps/by-at.ts"
import { controlSession, isUnusableControl, usingControl } from "./steps/control.ts"
import type { FlowOptions, Transferred } from "./steps/index.ts"
import type { UpdateError } from "./UpdateError.ts"

export type PlanOptions = Partial<FlowOptions>

const defaults: FlowOptions = {
  overrideDownload: false,
  modemStorageIndex: undefined,
  skipValidation: false,
  rollbackOnFailure: true
}

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

const flowOf = Effect.fnUntraced(function* (family: Family) {
  const added = yield* FamilyFlows
  const flow = [...added, ...familyFlows].find((candidate) => candidate.family.id === family.id)
  if (flow === undefined) return yield* new FlowError({ reason: { _tag: "FlowMissing", family: family.id } })
  return flow
})

const askByAt = (modem: Modem, why: { readonly text: string; readonly help: string }) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { identification, session } = yield* openAtPort(modem, why)
      return yield* Effect.fromResult(modemFactsOf(yield* readAtFacts(session, identification), why.text))
    })
  )

/**
 * Asks the modem who it is; reads only. By QMI; by AT where there is no usable control port, or {@link ControlWay} says
 * so: then `byAt` of the facts says on which port and why.
 */
export const facts = Effect.fn("Update.facts")(function* (modem: Modem) {
  if (modem.mode === "boot-and-hold") {
    return yield* new PlanError({ reason: { _tag: "InBootAndHold", modem: modem.label } })
  }
  if ((yield* ControlWay) === "at") {
    return yield* askByAt(modem, {
      text: "AT was asked for",
      help: "Leave out `--by-at`, so that the modem is asked by QMI."
    })
  }
  const told = yield* Effect.result(usingControl(controlSession(modem), readFacts))
  if (Result.isSuccess(told)) return told.success
  const error = told.failure
  const bus = yield* UsbBus
  const device = (yield* bus.devices).find(({ key }) => key === modem.device.key)
  if (!isUnusableControl(error) || device === undefined || !hasCandidate(device)) return yield* error
  return yield* askByAt(modem, { text: error.message, help: error.help })
})

/** Without a control port there is nothing more to be asked. */
const noDetails = (why: string): ModemDetails => ({ images: [], untold: [{ question: "the control port", why }] })

/** The same, with all that it tells besides over its control port; no question of these is essential. */
export const inspect = Effect.fn("Update.inspect")(function* (modem: Modem) {
  const told: ModemFacts = yield* facts(modem)
  if (told.byAt !== undefined) return { facts: told, details: noDetails(told.byAt.why) }
  const read = (control: QmiSession) => readDetails(control, told)
  const details = yield* usingControl(controlSession(modem), read).pipe(
    Effect.catch((error) => Effect.succeed(noDetails(error.message)))
  )
  return { facts: told, details }
})

/** The flows for the way in which the modem is driven: as it was asked, or as was wished. */
const runnablesOf = (flows: FamilyFlow, told: ModemFacts) => {
  if (told.byAt === undefined) return Effect.succeed<Runnables & Homecomings>(flows)
  return flows.byAt === undefined
    ? Effect.fail(
        new FlowError({
          reason: {
            _tag: "NoWayIn",
            control: told.byAt.why,
            help: "The flow of this family was edited and goes by QMI only: free the modem's control port.",
            ports: [{ port: told.byAt.port, answer: "answers, but this family's flow has no way by AT" }]
          }
        })
      )
    : Effect.succeed(flows.byAt)
}

const byAtNote = ({ byAt }: ModemFacts): ReadonlyArray<string> =>
  byAt === undefined ? [] : [`everything goes by AT on ${byAt.port}: ${byAt.why}`]

const lossNote = (told: ModemFacts): ReadonlyArray<string> => {
  const loss = lossOfFirmware(told)
  return loss === undefined ? [] : [`${loss.means}; ${loss.cure}`]
}

const evictionNotes = ({ storedImages }: ModemFacts, evictions: ReadonlyArray<Eviction>): ReadonlyArray<string> =>
  storedImages._tag === "NotSupported"
    ? []
    : evictions.map((one) =>
        evictionText(
          one,
          one.type === "modem" ? storedImages.value.maximumModemImages : storedImages.value.maximumPriImages
        )
      )

const familyOf = Effect.fnUntraced(function* (told: ModemFacts) {
  const family = familyOfToken(told.token)
  const protocol = family === undefined ? protocolOfFamily(told.token) : undefined
  if (protocol !== undefined) yield* needProtocol(protocol, "by its family")
  return yield* family === undefined
    ? Effect.fail(new PlanError({ reason: { _tag: "NoFamily", found: told.revision } }))
    : Effect.succeed(family)
})

/** Plans the update of a modem in application mode. Nothing is changed; every check that can be made is made. */
export const plan = Effect.fn("Update.plan")(function* (modem: Modem, images: OpenedSet, options: PlanOptions = {}) {
  yield* needChosenProtocol
  const told = yield* facts(modem)
  const family = yield* familyOf(told)
  const flows = yield* flowOf(family)
  const flowOptions = { ...defaults, ...options }
  const { set } = images
  if (set.system === undefined && family.way === "boot-and-hold") {
    return yield* new PlanError({ reason: { _tag: "Incomplete", missing: ["a system image"] } })
  }
  // Without a carrier image only the user can say which of the stored ones is meant.
  if (family.needsCarrier && set.carrier === undefined && !(set.values.carrier.given && set.values.config.given)) {
    return yield* new PlanError({ reason: { _tag: "Incomplete", missing: ["a carrier image"] } })
  }
  const wanted = yield* Effect.fromResult(flows.wanted(set))
  const checks = yield* Effect.fromResult(
    checkImages({
      facts: told,
      family,
      images: set.images,
      wanted: { firmware: wanted.firmware, ...wanted.preference },
      modemStorageIndex: flowOptions.modemStorageIndex
    })
  )
  const done = !flowOptions.overrideDownload && isAlreadyThere({ ...wanted, before: told }, told)
  const ways = yield* runnablesOf(flows, told)
  const flow = flowOptions.skipValidation ? ways.updateWithoutValidation : ways.update
  const evictions =
    done || wanted.preference === undefined
      ? []
      : yield* planEvictions(modem, {
          facts: told,
          wanted: wanted.preference,
          sends: { system: set.system !== undefined, carrier: set.carrier !== undefined },
          modemStorageIndex: flowOptions.modemStorageIndex,
          overrideDownload: flowOptions.overrideDownload
        })
  const made: UpdatePlan = {
    action: done ? "nothing" : "update",
    modem,
    family,
    facts: told,
    images,
    wanted,
    options: flowOptions,
    steps: done ? [] : flow.steps,
    passed: checks.passed,
    warnings: [
      ...byAtNote(told),
      ...lossNote(told),
      ...evictionNotes(told, evictions),
      ...checks.warnings.map(({ detail }) => detail),
      ...set.notes.map(({ text }) => text)
    ],
    evictions,
    flow
  }
  return made
})

/** The one family that an image set and a device in boot-and-hold agree on. */
const familyInBoot = Effect.fnUntraced(function* (modem: Modem, images: OpenedSet) {
  const byDevice = familiesOfDevice(modem.device)
  const tokens = images.set.images.flatMap(({ values }) => values.familyToken.value ?? [])
  const byImages = tokens.map((token) => familyOfToken(token)).find((family) => family !== undefined)
  const family = byDevice.length === 1 ? byDevice[0] : byImages
  const protocol = byDevice.length === 0 ? protocolOfBootIds(modem.device) : undefined
  if (protocol !== undefined) yield* needProtocol(protocol, "by its USB ids")
  // Ids of a family that is not ours are another family's too, whatever the images are for (devices.md, rule 5).
  const knownByIds = byDevice.length > 0 || rowsOf(modem.device).length > 0
  if (family === undefined || (knownByIds && !byDevice.includes(family))) {
    return yield* new PlanError({
      reason: { _tag: "NoFamily", found: `${modem.label}, images for ${tokens.join(", ") || "no family"}` }
    })
  }
  return family
})

/** Plans sending images to a modem that waits in boot-and-hold already. */
export const planDownload = Effect.fn("Update.planDownload")(function* (
  modem: Modem,
  images: OpenedSet,
  options: PlanOptions = {}
) {
  if (modem.mode !== "boot-and-hold") {
    return yield* new PlanError({ reason: { _tag: "NotInBootAndHold", modem: modem.label } })
  }
  yield* needChosenProtocol
  const family = yield* familyInBoot(modem, images)
  const flows = yield* flowOf(family)
  const flowOptions = { ...defaults, ...options }
  const { set } = images
  // What the images leave open is not asked for: a modem in boot-and-hold takes any part of its set.
  const named = Result.getOrUndefined(flows.wanted(set))
  const wanted: Wanted = {
    firmware: set.system === undefined ? undefined : set.values.firmware.value,
    preference: named?.preference
  }
  const checks = yield* Effect.fromResult(
    checkImages({ facts: undefined, family, images: set.images, wanted, modemStorageIndex: undefined })
  )
  const byAt = (yield* ControlWay) === "at" ? flows.byAt : undefined
  const ways: Runnables = byAt ?? flows
  const flow = flowOptions.skipValidation ? ways.downloadWithoutValidation : ways.download
  const made: UpdatePlan = {
    action: "download",
    modem,
    family,
    facts: undefined,
    images,
    wanted,
    options: flowOptions,
    steps: flow.steps,
    passed: checks.passed,
    warnings: [
      "the modem cannot be asked in boot-and-hold: its model and preference are not known",
      ...checks.warnings.map(({ detail }) => detail),
      ...set.notes.map(({ text }) => text)
    ],
    flow
  }
  return made
})

/** Plans sending a modem into boot-and-hold, without images. */
export const planHold = Effect.fn("Update.planHold")(function* (modem: Modem) {
  const told = yield* facts(modem)
  const family = yield* familyOf(told)
  const ways = yield* runnablesOf(yield* flowOf(family), told)
  const made: UpdatePlan = {
    action: "hold",
    modem,
    family,
    facts: told,
    images: undefined,
    wanted: { firmware: undefined, preference: undefined },
    options: defaults,
    steps: ways.hold.steps,
    passed: [],
    warnings: [...byAtNote(told), "the modem stays in boot-and-hold until it is sent images or loses power"],
    flow: ways.hold
  }
  return made
})

const bare = { images: undefined, wanted: { firmware: undefined, preference: undefined }, options: defaults }

/** The one family of a modem in boot-and-hold by its ids, else the one that is `known` of it, e.g. from a journal. */
const familyOfHeld = Effect.fnUntraced(function* (modem: Modem, known: string | undefined) {
  const byDevice = familiesOfDevice(modem.device)
  const protocol = byDevice.length === 0 ? protocolOfBootIds(modem.device) : undefined
  if (protocol !== undefined) yield* needProtocol(protocol, "by its USB ids")
  const family = byDevice.length === 1 ? byDevice[0] : byDevice.find(({ id }) => id === known)
  return family ?? (yield* new PlanError({ reason: { _tag: "NoFamily", found: modem.label } }))
})

/** Plans a reset out of boot-and-hold without images. `family`: where several have the modem's ids, which one it is. */
export const planLeave = Effect.fn("Update.planLeave")(function* (modem: Modem, family?: string) {
  if (modem.mode !== "boot-and-hold") {
    return yield* new PlanError({ reason: { _tag: "NotInBootAndHold", modem: modem.label } })
  }
  yield* needChosenProtocol
  const found = yield* familyOfHeld(modem, family)
  const flows = yield* flowOf(found)
  const { leave } = ((yield* ControlWay) === "at" ? flows.byAt : undefined) ?? flows
  const made: UpdatePlan = {
    ...bare,
    action: "leave",
    modem,
    family: found,
    facts: undefined,
    steps: leave.steps,
    passed: [],
    warnings: ["a modem without firmware that is whole comes back in boot-and-hold"],
    flow: leave
  }
  return made
})

/** Plans a restart of a modem in application mode that a restart may cure. */
export const planRestart = Effect.fn("Update.planRestart")(function* (modem: Modem) {
  const told = yield* facts(modem)
  const family = yield* familyOf(told)
  const { restart } = yield* runnablesOf(yield* flowOf(family), told)
  const made: UpdatePlan = {
    ...bare,
    action: "restart",
    modem,
    family,
    facts: told,
    steps: restart.steps,
    passed: [],
    warnings: byAtNote(told),
    flow: restart
  }
  return made
})

/**
 * Plans making a modem run what it has stored: the one complete pair of firmware and carrier image that the words name.
 * Nothing is sent but the preference.
 */
export const planSelect = Effect.fn("Update.planSelect")(function* (modem: Modem, words: StoredWords) {
  const told = yield* facts(modem)
  const family = yield* familyOf(told)
  const ways = yield* runnablesOf(yield* flowOf(family), told)
  const flow = ways.select
  if (flow === undefined || told.preference._tag === "NotSupported") {
    return yield* new PlanError({ reason: { _tag: "NoPreference", family: family.id } })
  }
  const preference = yield* Effect.fromResult(choosePair(told, words))
  const wanted: Wanted = { firmware: preference.firmware, preference }
  const done = isAlreadyThere({ ...wanted, firmware: preference.firmware, before: told }, told)
  const made: UpdatePlan = {
    action: done ? "nothing" : "select",
    modem,
    family,
    facts: told,
    images: undefined,
    wanted,
    options: defaults,
    steps: done ? [] : flow.steps,
    passed: [`${showPreference(preference)}: firmware and carrier image are stored`],
    warnings: [...byAtNote(told), ...lossNote(told)],
    flow
  }
  return made
})

/** Plans deleting the one stored image that the words name in full: never what runs or is preferred. */
export const planDelete = Effect.fn("Update.planDelete")(function* (modem: Modem, words: StoredWords) {
  const told = yield* facts(modem)
  const family = yield* familyOf(told)
  const ways = yield* runnablesOf(yield* flowOf(family), told)
  const image = yield* Effect.fromResult(
    Result.flatMap(chooseImage(told, words), (found) => checkDeletable(told, found))
  )
  const made: UpdatePlan = {
    action: "delete",
    modem,
    family,
    facts: told,
    images: undefined,
    wanted: { firmware: undefined, preference: undefined },
    options: defaults,
    steps: ways.remove.steps,
    passed: [`${storedName(image)}: stored, does not run, is not preferred`],
    warnings: [...byAtNote(told), ...lossNote(told), ...afterDeletion(told, image)],
    deletes: image,
    flow: ways.remove
  }
  return made
})

const outcomes: { readonly [A in Exclude<Action, "nothing">]: UpdateResult["outcome"] } = {
  update: "updated",
  download: "updated",
  hold: "held",
  leave: "left",
  restart: "restarted",
  select: "selected",
  delete: "deleted"
}

const outcomeOf = (action: Exclude<Action, "nothing">, { after }: RunReport): UpdateResult["outcome"] =>
  after === undefined && action !== "hold" ? "not-validated" : outcomes[action]

/** Does what the plan says. */
export const run = Effect.fn("Update.run")(function* (planned: UpdatePlan) {
  if (planned.action === "nothing") {
    const result: UpdateResult = {
      outcome: "already-there",
      before: planned.facts,
      after: planned.facts,
      sent: [],
      millis: 0
    }
    return result
  }
  const { deletes, evictions, facts, family, modem, options, wanted } = planned
  const why = facts?.byAt?.why
  const report: RunReport = yield* planned.flow.run({
    modem,
    options,
    wanted,
    family,
    facts,
    images: planned.images?.images ?? [],
    ...(evictions === undefined ? {} : { evictions }),
    ...(deletes === undefined ? {} : { deletes }),
    ...(why === undefined ? {} : { why }),
    ...(planned.settingsBefore === undefined ? {} : { settingsBefore: planned.settingsBefore })
  })
  const result: UpdateResult = {
    outcome: outcomeOf(planned.action, report),
    before: planned.facts,
    after: report.after,
    sent: report.sent,
    millis: report.millis,
    ...(report.settings === undefined ? {} : { settings: report.settings })
  }
  return result
})

/** The run as a stream of its events; it fails as the run fails, after the `RunFailed` event. */
export const events = (planned: UpdatePlan): Stream.Stream<UpdateEvent, UpdateError, UsbBus> =>
  Stream.callback<UpdateEvent, UpdateError, UsbBus>((queue) =>
    run(planned).pipe(
      Effect.provideService(EventSink, (event) => Effect.asVoid(Queue.offer(queue, event))),
      Effect.flatMap(() => Queue.end(queue as Queue.Enqueue<UpdateEvent, UpdateError | Cause.Done>)),
      Effect.catch((error) => Queue.fail(queue, error)),
      Effect.forkScoped
    )
  )

export type { FamilyFlow }
