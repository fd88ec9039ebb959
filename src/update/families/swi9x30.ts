/** The update of an SWI9X30 (flows.md §4.5): preference, restart, transfer where wanted, restart, verification. */
import { swi9x30 } from "../../device/families/swi9x30.ts"
import { familyFlow, preferenceFlow } from "../FamilyFlow.ts"

export const updateFlow = preferenceFlow(swi9x30)

export const flow9x30 = familyFlow(swi9x30, updateFlow)
