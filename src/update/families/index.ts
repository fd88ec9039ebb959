/** All families that boothold updates: one layer each, stacked. */
import * as Layer from "effect/Layer"
import type { FamilyFlow } from "../FamilyFlow.ts"
import { flow9200, layer9200 } from "./swi9200.ts"
import { flow9x15, layer9x15 } from "./swi9x15.ts"
import { flow9x30, layer9x30 } from "./swi9x30.ts"

export const familyFlows: ReadonlyArray<FamilyFlow> = [flow9200, flow9x15, flow9x30]

export const layer: Layer.Layer<never> = layer9x30.pipe(Layer.provideMerge(layer9x15), Layer.provideMerge(layer9200))

export { flow9200, layer9200, flow9x15, layer9x15, flow9x30, layer9x30 }
