/** What is known of a run at every moment, for when a signal leaves no time to ask it. */
import type { CommandWords } from "../update/advice.ts"
import { nextCommand } from "../update/advice.ts"
import { describeCondition } from "../update/condition.ts"
import type { Condition } from "../update/condition.ts"
import type { UpdateEvent } from "../update/events.ts"
import type { SignalWords } from "./Interruption.ts"
import { writeNow } from "./leave.ts"
import { eraseLine } from "./render/control.ts"
import { interruptedLines } from "./render/events.ts"
import { runLine } from "./render/json.ts"
import { plain } from "./render/text.ts"
import type { Style } from "./render/text.ts"
import { stoppingText } from "./signals.ts"

export interface LastWords extends SignalWords {
  /** The modem is, or is about to be, in this condition. */
  readonly learn: (condition: Condition) => void
  /** An event that has been shown. */
  readonly shown: (event: UpdateEvent) => void
}

export const lastWords = (options: {
  readonly json: boolean
  /** A line that is drawn over itself stands where text would go. */
  readonly animates: boolean
  readonly style: Style
  readonly words: CommandWords
}): LastWords => {
  const { animates, json, style, words } = options
  let condition: Condition = { _tag: "Untouched" }
  let step = "start"
  let error: string | undefined
  let told = false
  const text = (): string => {
    const lines = interruptedLines(describeCondition(condition), nextCommand(condition, words), style)
    const failed = error === undefined ? [] : [`${style.bad("error:")} ${plain(error)}`]
    return [...failed, ...lines].join("\n")
  }
  return {
    learn: (now) => {
      condition = now
    },
    shown: (event) => {
      switch (event._tag) {
        case "StepStarted":
          step = event.step
          return
        case "RunFailed":
          // As text its message is told when everything is let go of.
          error = event.message
          condition = event.condition
          told = json
          return
        case "RunInterrupted":
          told = true
          return
        default:
      }
    },
    stopping: () => {
      // A program that reads JSON has sent the signal itself, and waits for the line with the modem's state.
      if (!json && !told) writeNow(2, `${animates && process.stderr.isTTY ? eraseLine : ""}${stoppingText}\n`)
    },
    last: () => {
      if (told) return
      told = true
      // Behind what waits in a pipe that nobody reads there would be half a line.
      if (json && process.stdout.writableLength === 0) {
        const next = nextCommand(condition, words)
        writeNow(1, `${runLine({ _tag: "RunInterrupted", step, condition, next })}\n`)
      } else writeNow(2, `${text()}\n`)
    }
  }
}
