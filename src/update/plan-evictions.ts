/** What an update overwrites: the modem is asked by AT when what was used least lately, where that decides (at.md §4.4). */
import * as Effect from "effect/Effect"
import type { Modem } from "../device/Modem.ts"
import { asksForUse, planSlots } from "../plan/slots.ts"
import type { SlotsInput } from "../plan/slots.ts"
import { atImagesOf } from "./read-at-facts.ts"

/** Without an answer within seconds the plan says that the modem chooses. */
export const planEvictions = Effect.fnUntraced(function* (modem: Modem, input: Omit<SlotsInput, "atImages">) {
  const known = yield* Effect.fromResult(planSlots({ ...input, atImages: undefined }))
  if (!asksForUse(known)) return known
  const told = yield* atImagesOf(modem)
  return "images" in told ? yield* Effect.fromResult(planSlots({ ...input, atImages: told.images })) : known
})
