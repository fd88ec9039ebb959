/** Every model that can be simulated, by the name that `--simulate` takes. */
import type { Model } from "./Model.ts"
import { mc7710 } from "./swi9200.ts"
import { mc7354 } from "./swi9x15.ts"
import { em7455, mc7455 } from "./swi9x30.ts"

/** As Lenovo has it: the same module under other ids (devices.md §2.3). */
const em7455Lenovo: Model = { ...em7455, productId: 0x9079, bootProductId: 0x9078 }

export const models = {
  mc7710,
  mc7354,
  mc7455,
  em7455,
  "em7455-lenovo": em7455Lenovo
} as const satisfies Readonly<Record<string, Model>>

export type ModelName = keyof typeof models
