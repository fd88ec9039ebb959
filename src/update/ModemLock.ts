/** One run at a time on one modem, over all processes of this computer. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Modem, ModemIdentity } from "../device/Modem.ts"
import type { LockError } from "./LockError.ts"

/**
 * Reserves a modem until the scope ends; fails with `Held` where somebody else has it. Nothing by default: `boothold/live`
 * has one that other processes see.
 */
export const ModemLock = Context.Reference<(identity: ModemIdentity) => Effect.Effect<void, LockError, Scope.Scope>>(
  "boothold/update/ModemLock",
  { defaultValue: () => () => Effect.void }
)

/** Port paths that whoever runs here has reserved already. */
const Reserved = Context.Reference<ReadonlySet<string>>("boothold/update/Reserved", { defaultValue: () => new Set() })

/** Until the scope ends; at once where {@link reserving} goes on around it. */
export const reserve = Effect.fn("ModemLock.reserve")(function* ({ identity }: Modem) {
  if ((yield* Reserved).has(identity.portPath)) return
  const lock = yield* ModemLock
  yield* lock(identity)
})

/** For what belongs together: the modem is reserved from here to the end of `effect`, with all runs inside. */
export const reserving =
  (modem: Modem) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | LockError, R> =>
    Effect.scoped(
      Effect.gen(function* () {
        const reserved = yield* Reserved
        yield* reserve(modem)
        return yield* Effect.provideService(effect, Reserved, new Set([...reserved, modem.identity.portPath]))
      })
    )
