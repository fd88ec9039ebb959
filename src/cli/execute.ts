/** What `update`, `download` and `reset` share: show the plan, ask, run it, show how it ended. */
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { EventSink } from "../update/events.ts"
import { CommandWords } from "../update/advice.ts"
import { ConditionSink } from "../update/Run.ts"
import * as Update from "../update/Update.ts"
import { refuse } from "./CommandError.ts"
import { exitCodes } from "./exit-codes.ts"
import { Interruption } from "./Interruption.ts"
import { lastWords } from "./last-words.ts"
import { planReport, resultReport, runLine } from "./render/json.ts"
import type { Progress } from "./render/listener.ts"
import { planSummary } from "./render/plan.ts"
import { makeProgress } from "./render/Progress.ts"
import { bytesText, durationText, plain, styleFor } from "./render/text.ts"
import type { Style } from "./render/text.ts"
import { Screen } from "./Screen.ts"

const sentText = (result: Update.UpdateResult): string => {
  const bytes = result.sent.reduce((sum, image) => sum + image.bytes, 0)
  return bytes === 0 ? "nothing had to be sent" : `${bytesText(bytes)} sent`
}

const resultLine = (result: Update.UpdateResult, style: Style): string => {
  const time = durationText(result.millis)
  switch (result.outcome) {
    case "already-there":
      return `${style.good("✔")} nothing to do`
    case "held":
      return `${style.good("✔")} the modem waits in boot-and-hold  ${style.dim(time)}`
    case "not-validated":
      return `${style.good("✔")} ${sentText(result)} in ${time}; what the modem runs now was not asked`
    case "updated": {
      const { after } = result
      const runs =
        after === undefined
          ? ""
          : [after.firmware, after.carrier, after.config].filter((it) => it !== undefined).join(", ")
      return `${style.good("✔")} the modem runs ${plain(runs)}  ${style.dim(`${sentText(result)}, ${time}`)}`
    }
  }
}

const questions: { readonly [A in Update.Action]: string } = {
  nothing: "",
  update: "Update this modem?",
  download: "Send these images to this modem?",
  hold: "Send this modem into boot-and-hold?"
}

const ignore = (): void => undefined

/**
 * A reader that goes away, or a terminal (a lost SSH connection), breaks no run: whether it ends is up to the signal that
 * comes with it.
 */
const outliveTerminal = Effect.acquireRelease(
  Effect.sync(() => {
    for (const stream of [process.stdout, process.stderr]) stream.on("error", ignore)
  }),
  () =>
    Effect.sync(() => {
      for (const stream of [process.stdout, process.stderr]) stream.off("error", ignore)
    })
)

/** Only a change of the modem is asked for; `--yes` has answered already. */
export const execute = Effect.fn("cli.execute")(function* (
  plan: Update.UpdatePlan,
  options: {
    readonly json: boolean
    readonly yes: boolean
    readonly words: CommandWords
    /** Is told the events too. */
    readonly also?: Progress
  }
) {
  const screen = yield* Screen
  const style = styleFor(screen.colors)
  const report = planReport(plan)
  yield* Console.log(options.json ? runLine(report) : planSummary(report, style).join("\n"))
  if (plan.action !== "nothing" && !options.yes) {
    const agreed = options.json ? yield* refuse({ _tag: "CannotAsk" }) : yield* screen.confirm(questions[plan.action])
    if (!agreed) return yield* refuse({ _tag: "Cancelled" })
  }
  const { json, words } = options
  const last = lastWords({ json, animates: screen.animates, style, words })
  const { says } = yield* Interruption
  says(last)
  const result = yield* Effect.scoped(
    Effect.gen(function* () {
      yield* outliveTerminal
      const progress = yield* makeProgress(json)
      const { also } = options
      return yield* Update.run(plan).pipe(
        Effect.provideService(EventSink, (event) =>
          Effect.andThen(
            also === undefined ? progress(event) : Effect.andThen(also(event), progress(event)),
            Effect.sync(() => last.shown(event))
          )
        ),
        Effect.provideService(ConditionSink, last.learn),
        Effect.provideService(CommandWords, words)
      )
    })
  ).pipe(
    Effect.onExit((exit) =>
      // An interruption in the last moment has had no event: it is told when the process ends.
      Effect.sync(() => {
        if (Exit.isSuccess(exit) || !Cause.hasInterrupts(exit.cause)) says(undefined)
      })
    )
  )
  yield* Console.log(options.json ? runLine(resultReport(result)) : resultLine(result, style))
  return exitCodes.ok.exit
})
