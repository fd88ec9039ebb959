/** Every model that can be simulated, by the name that `--simulate` takes. */
import type { Model } from "./Model.ts"
import { mc7710 } from "./swi9200.ts"
import { mc7354 } from "./swi9x15.ts"
import { em7455, mc7455 } from "./swi9x30.ts"

export const models = { mc7710, mc7354, mc7455, em7455 } as const satisfies Readonly<Record<string, Model>>

export type ModelName = keyof typeof models
