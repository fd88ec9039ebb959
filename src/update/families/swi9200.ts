/** The update of an SWI9200 (flows.md §4.5): no preference; into boot-and-hold, transfer, restart, verification. */
import { swi9200 } from "../../device/families/swi9200.ts"
import { bootAndHoldFlow, familyFlow } from "../FamilyFlow.ts"

export const updateFlow = bootAndHoldFlow(swi9200)

export const flow9200 = familyFlow(swi9200, updateFlow)
