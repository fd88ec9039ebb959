/** Plans of what sends images. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { protocolOfBootIds } from "../device/download-protocol.ts"
import { familiesOfDevice, familyOfToken } from "../device/families/families.ts"
import type { Modem } from "../device/Modem.ts"
import { rowsOf } from "../device/table/table.ts"
import type { OpenedSet } from "../file/Image.ts"
import { checkImages } from "../plan/check.ts"
import { isAlreadyThere } from "../plan/compare.ts"
import type { ModemFacts } from "../plan/facts.ts"
import { PlanError } from "../plan/PlanError.ts"
import { evictionText } from "../plan/slots.ts"
import type { Eviction } from "../plan/slots.ts"
import { facts } from "./ask.ts"
import { ControlWay } from "./ControlWay.ts"
import { needChosenProtocol, needProtocol } from "./download-protocol.ts"
import type { Runnables } from "./FamilyFlow.ts"
import { planEvictions } from "./plan-evictions.ts"
import { byAtNote, familyOf, flowOf, lossNote, runnablesOf } from "./plan-ground.ts"
import type { Wanted } from "./RunInput.ts"
import { defaults } from "./update-plan.ts"
import type { PlanOptions, UpdatePlan } from "./update-plan.ts"

const evictionNotes = ({ storedImages }: ModemFacts, evictions: ReadonlyArray<Eviction>): ReadonlyArray<string> =>
  storedImages._tag === "NotSupported"
    ? []
    : evictions.map((one) =>
        evictionText(
          one,
          one.type === "modem" ? storedImages.value.maximumModemImages : storedImages.value.maximumPriImages
        )
      )

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
