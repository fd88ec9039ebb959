/** How a run is shown while it goes on: one listener for its events, closed when it is over. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { describeCondition } from "../../update/condition.ts"
import { Screen } from "../Screen.ts"
import { interruptedLines } from "./events.ts"
import { runLine } from "./json.ts"
import type { Progress } from "./listener.ts"
import { styleFor } from "./text.ts"

const jsonLines: Progress = (event) => Console.log(runLine(event))

/** JSON lines, a live terminal, or quiet plain lines; the terminal's part is loaded when there is one. */
export const makeProgress = Effect.fn("makeProgress")(function* (
  json: boolean
): Effect.fn.Return<Progress, never, Scope.Scope> {
  if (json) return jsonLines
  const { animates, colors } = yield* Screen
  const style = styleFor(colors)
  const show = animates
    ? yield* Effect.flatMap(
        Effect.promise(() => import("./terminal.ts").then(({ terminalProgress }) => terminalProgress)),
        (draw) => draw(style)
      )
    : yield* Effect.promise(() => import("./lines.ts").then(({ linesProgress }) => linesProgress(style)))
  return (event) =>
    event._tag === "RunInterrupted"
      ? Effect.andThen(
          show(event),
          Console.error(interruptedLines(describeCondition(event.condition), event.next, style).join("\n"))
        )
      : show(event)
})
