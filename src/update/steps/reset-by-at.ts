/** A restart by AT, for every step that needs one. */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { watchBus } from "../../device/watch.ts"
import type { AtSession } from "../../session/AtSession.ts"
import { unlock } from "../at-port.ts"
import { nowIs, Run } from "../Run.ts"

/**
 * Watches the bus, then sends `AT!RESET` (at.md §3.3). Its OK may be lost with the port, as that of AT!BOOTHOLD: whether the
 * modem went is seen on the bus, by whoever waits next. `restore`: where it refuses, and is what it was.
 */
export const resetByAt = Effect.fnUntraced(function* (
  at: AtSession,
  restore: Effect.Effect<void, never, Run> = Effect.void
) {
  const watch = yield* watchBus
  yield* unlock(at).pipe(Effect.tapError(() => restore))
  const before = yield* Effect.flatMap(Run, ({ condition }) => Ref.get(condition))
  yield* nowIs({ _tag: "Restarting" })
  yield* at.ask("AT!RESET").pipe(
    Effect.catchIf(
      (error) =>
        error._tag === "TransportError" ? error.reason._tag === "Unplugged" : error.reason._tag === "NoAnswer",
      () => Effect.void
    ),
    Effect.tapError(() => Effect.andThen(nowIs(before), restore))
  )
  yield* at.close
  return watch
})
