/** How a command ends: every error is told here and nowhere else, and becomes an exit code. */
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { exitCodes } from "./exit-codes.ts"

/**
 * Tells an error and yields its exit code. What has no place in the catalogues is a bug of ours and says so;
 * interruption passes through, as its message was given where it was noticed.
 */
export const settle =
  (json: boolean) =>
  <E, R>(command: Effect.Effect<number, E, R>): Effect.Effect<number, never, R> =>
    command.pipe(
      Effect.catch((error) =>
        Effect.flatMap(
          Effect.promise(() => import("./render/error.ts").then(({ presentError }) => presentError)),
          (present) => present(error, json)
        )
      ),
      Effect.catchCause((cause) =>
        Cause.hasInterrupts(cause)
          ? Effect.failCause(cause)
          : Effect.as(
              Console.error(`error: unexpected: this is a bug of boothold; please report it.\n${Cause.pretty(cause)}`),
              exitCodes.unexpected.exit
            )
      )
    )
