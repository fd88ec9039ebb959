/** What the commands that write share: show the plan, ask, run it, show how it ended. */
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
import { settingsLines } from "./render/settings.ts"
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
    case "deleted": {
      const stored = result.after?.storedImages
      const count = (type: string): string =>
        stored?._tag === "Supported" ? String(stored.value.images.filter((image) => image.type === type).length) : "?"
      const left = `${count("modem")} firmware and ${count("pri")} carrier images are left`
      return `${style.good("✔")} the image is deleted  ${style.dim(`${left}, ${time}`)}`
    }
    case "left":
    case "restarted":
    case "selected":
    case "updated": {
      const { after } = result
      const runs =
        after === undefined
          ? ""
          : [after.firmware, after.carrier, after.config].filter((it) => it !== undefined).join(", ")
      const sent = result.outcome === "updated" ? `${sentText(result)}, ${time}` : time
      const what = {
        left: "the modem has left boot-and-hold, and runs",
        restarted: "the modem has restarted, and runs"
      }
      const told = result.outcome === "left" || result.outcome === "restarted" ? what[result.outcome] : "the modem runs"
      return `${style.good("✔")} ${told} ${plain(runs)}  ${style.dim(sent)}`
    }
  }
}

const questions: { readonly [A in Update.Action]: string } = {
  nothing: "",
  update: "Update this modem?",
  download: "Send these images to this modem?",
  hold: "Send this modem into boot-and-hold?",
  leave: "Reset this modem out of boot-and-hold?",
  restart: "Restart this modem?",
  select: "Make the modem run this, and restart it?",
  delete: "Delete this image from the modem?"
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

export interface ExecuteOptions {
  readonly json: boolean
  readonly yes: boolean
  readonly words: CommandWords
  /** Is told the events too. */
  readonly also?: Progress
}

/** Only a change of the modem is asked for; `--yes` has answered already. */
export const carryOut = Effect.fn("cli.carryOut")(function* (plan: Update.UpdatePlan, options: ExecuteOptions) {
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
  if (options.json) yield* Console.log(runLine(resultReport(result)))
  else {
    const settings = result.settings === undefined ? [] : settingsLines(result.settings, style)
    // What the modem runs stays the last line.
    for (const line of [...settings, resultLine(result, style)]) yield* Console.log(line)
  }
  return result
})

export const execute = (plan: Update.UpdatePlan, options: ExecuteOptions) =>
  Effect.as(carryOut(plan, options), exitCodes.ok.exit)
