/** The update of an SWI9200 (flows.md §4.5): no preference; into boot-and-hold, transfer, restart, verification. */
import { swi9200 } from "../../device/families/swi9200.ts"
import { familyLayer, bootAndHoldFamily } from "../FamilyFlow.ts"
import { bootAndHoldAtFlow } from "../at-flows.ts"
import { bootAndHoldFlow } from "../flows.ts"

export const update9200 = bootAndHoldFlow(swi9200)

export const flow9200 = bootAndHoldFamily(swi9200, update9200, bootAndHoldAtFlow(swi9200))

export const layer9200 = familyLayer(flow9200)
