/** The computer stays awake while a run goes on: one that falls asleep in the middle leaves a modem half written. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { emit } from "./events.ts"

/** `Unmanaged`: nobody is there who would let it fall asleep, or could be asked not to. */
export type Wakefulness =
  { readonly _tag: "Kept" } | { readonly _tag: "NotKept"; readonly detail: string } | { readonly _tag: "Unmanaged" }

/** Keeps the computer awake until the scope ends. Nothing by default: `boothold/live` asks logind. */
export const SleepInhibitor = Context.Reference<Effect.Effect<Wakefulness, never, Scope.Scope>>(
  "boothold/update/SleepInhibitor",
  { defaultValue: () => Effect.succeed({ _tag: "Unmanaged" }) }
)

/** The same as an event of the run, which goes on in any case. */
export const stayAwake = Effect.gen(function* () {
  const kept = yield* Effect.flatten(SleepInhibitor)
  if (kept._tag === "Unmanaged") return
  const detail =
    kept._tag === "Kept"
      ? "this computer is kept awake until the end"
      : `this computer may fall asleep or be shut down in the middle: ${kept.detail}`
  yield* emit({ _tag: "Note", step: "start", detail })
}).pipe(Effect.withSpan("stayAwake"))
