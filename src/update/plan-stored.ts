/** Plans of what a modem does with the images that it has stored. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Modem } from "../device/Modem.ts"
import { isAlreadyThere } from "../plan/compare.ts"
import { showPreference } from "../plan/facts.ts"
import { PlanError } from "../plan/PlanError.ts"
import { afterDeletion, checkDeletable, chooseImage, choosePair, storedName } from "../plan/stored.ts"
import type { StoredWords } from "../plan/stored.ts"
import { facts } from "./ask.ts"
import { byAtNote, familyOf, flowOf, lossNote, runnablesOf } from "./plan-ground.ts"
import type { Wanted } from "./RunInput.ts"
import { bare, defaults } from "./update-plan.ts"
import type { UpdatePlan } from "./update-plan.ts"

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
    ...bare,
    action: "delete",
    modem,
    family,
    facts: told,
    steps: ways.remove.steps,
    passed: [`${storedName(image)}: stored, does not run, is not preferred`],
    warnings: [...byAtNote(told), ...lossNote(told), ...afterDeletion(told, image)],
    deletes: image,
    flow: ways.remove
  }
  return made
})
