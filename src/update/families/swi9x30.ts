/** The update of an SWI9X30 (flows.md §4.5): preference, restart, transfer where wanted, restart, verification. */
import { swi9x30 } from "../../device/families/swi9x30.ts"
import { familyLayer, preferenceFamily } from "../FamilyFlow.ts"
import { preferenceAtFlow } from "../at-flows.ts"
import { preferenceFlow } from "../flows.ts"

export const update9x30 = preferenceFlow(swi9x30)

export const flow9x30 = preferenceFamily(swi9x30, update9x30, preferenceAtFlow(swi9x30))

export const layer9x30 = familyLayer(flow9x30)
