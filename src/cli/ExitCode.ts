/** Where a command leaves its exit code: the parser's runner returns nothing. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"

export class ExitCode extends Context.Service<ExitCode, Ref.Ref<number>>()("boothold/cli/ExitCode") {
  /** Runs a command, and keeps its exit code. */
  static set<E, R>(command: Effect.Effect<number, E, R>): Effect.Effect<void, E, R | ExitCode> {
    return Effect.flatMap(command, (code) => Effect.flatMap(ExitCode, (ref) => Ref.set(ref, code)))
  }
}
