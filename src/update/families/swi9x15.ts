/** The update of an SWI9X15 (flows.md §4.5): preference, restart, transfer where wanted, restart, verification. */
import { swi9x15 } from "../../device/families/swi9x15.ts"
import { familyLayer, preferenceFamily } from "../FamilyFlow.ts"
import { preferenceAtFlow } from "../at-flows.ts"
import { preferenceFlow } from "../flows.ts"

export const update9x15 = preferenceFlow(swi9x15)

export const flow9x15 = preferenceFamily(swi9x15, update9x15, preferenceAtFlow(swi9x15))

export const layer9x15 = familyLayer(flow9x15)
