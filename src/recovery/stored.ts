/** What a modem has stored that it can run without being sent anything, and the plan that makes it run that. */
import * as Effect from "effect/Effect"
import type { Modem } from "../device/Modem.ts"
import type { ModemFacts, Preference } from "../plan/facts.ts"
import { storedPairs } from "../plan/stored.ts"
import * as Update from "../update/Update.ts"

export const completePairs = ({ storedImages }: ModemFacts): ReadonlyArray<Preference> =>
  storedImages._tag === "NotSupported" ? [] : storedPairs(storedImages.value)

/** Not taken back where it fails: what was preferred before is what kept the modem from being home. */
export const planSelect = (modem: Modem, preference: Preference) =>
  Effect.map(Update.planSelect(modem, preference), (plan): Update.UpdatePlan => ({
    ...plan,
    options: { ...plan.options, rollbackOnFailure: false }
  }))
