/** Whom the command line talks to. Tests and pipes are no terminal: nothing animates, nothing is asked. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { CommandError } from "./CommandError.ts"

export interface Screen {
  /** Output goes to a terminal: progress may be drawn over itself. */
  readonly animates: boolean
  readonly colors: boolean
  /** Asks a question; fails with `CannotAsk` where nobody can answer, with `Cancelled` where the user breaks off. */
  readonly confirm: (question: string) => Effect.Effect<boolean, CommandError>
}

export const Screen = Context.Reference<Screen>("boothold/cli/Screen", {
  defaultValue: () => ({
    animates: false,
    colors: false,
    confirm: () =>
      Effect.flatMap(
        Effect.promise(() => import("./CommandError.ts")),
        ({ refuse }) => Effect.fail(refuse({ _tag: "CannotAsk" }))
      )
  })
})
