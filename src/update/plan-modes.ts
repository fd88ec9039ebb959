/** Plans of what sends no image: into boot-and-hold, out of it, and a restart. */
import * as Effect from "effect/Effect"
import { protocolOfBootIds } from "../device/download-protocol.ts"
import { familiesOfDevice } from "../device/families/families.ts"
import type { Modem } from "../device/Modem.ts"
import { PlanError } from "../plan/PlanError.ts"
import { facts } from "./ask.ts"
import { ControlWay } from "./ControlWay.ts"
import { needChosenProtocol, needProtocol } from "./download-protocol.ts"
import { byAtNote, familyOf, flowOf, runnablesOf } from "./plan-ground.ts"
import { bare } from "./update-plan.ts"
import type { UpdatePlan } from "./update-plan.ts"

/** Plans sending a modem into boot-and-hold, without images. */
export const planHold = Effect.fn("Update.planHold")(function* (modem: Modem) {
  const told = yield* facts(modem)
  const family = yield* familyOf(told)
  const ways = yield* runnablesOf(yield* flowOf(family), told)
  const made: UpdatePlan = {
    ...bare,
    action: "hold",
    modem,
    family,
    facts: told,
    steps: ways.hold.steps,
    passed: [],
    warnings: [...byAtNote(told), "the modem stays in boot-and-hold until it is sent images or loses power"],
    flow: ways.hold
  }
  return made
})

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
