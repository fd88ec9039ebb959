/** The update of an SWI9X15 (flows.md §4.5): preference, restart, transfer where wanted, restart, verification. */
import { swi9x15 } from "../../device/families/swi9x15.ts"
import { familyFlow, preferenceFlow } from "../FamilyFlow.ts"

export const updateFlow = preferenceFlow(swi9x15)

export const flow9x15 = familyFlow(swi9x15, updateFlow)
