/** Whoever shows a run: told each event, in order. */
import type * as Effect from "effect/Effect"
import type { UpdateEvent } from "../../update/events.ts"

export type Progress = (event: UpdateEvent) => Effect.Effect<void>
