/** A run as quiet plain lines: one when a step is done, four while an image is sent. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { UpdateEvent } from "../../update/events.ts"
import { finishedLine, imageTitle, noteLine, programming, rateText } from "./events.ts"
import type { Progress } from "./listener.ts"
import { durationText, plain } from "./text.ts"
import type { Style } from "./text.ts"

export const linesProgress = (style: Style): Progress => {
  const titles = new Map<string, string>()
  let top: ReadonlySet<string> = new Set()
  let quarter = 0
  const lineOf = (event: UpdateEvent): string | undefined => {
    switch (event._tag) {
      case "RunStarted":
        top = new Set(event.steps)
        return undefined
      case "StepStarted":
        titles.set(event.step, event.title)
        return undefined
      case "StepFinished":
        return top.has(event.step) ? finishedLine(titles.get(event.step) ?? event.step, event.millis, style) : undefined
      case "ImageStarted":
        quarter = 0
        return `  ${plain(imageTitle(event))}`
      case "ImageProgress": {
        const now = event.bytes === 0 ? 4 : Math.floor((event.sent / event.bytes) * 4)
        if (now <= quarter || now === 4) return undefined
        quarter = now
        const left = durationText(event.secondsLeft * 1000)
        return `  ${String(Math.floor((100 * event.sent) / event.bytes))} %, ${rateText(event.bytesPerSecond)}, ${left} left`
      }
      case "Programming":
        return `  ${plain(event.image)}: ${programming}`
      case "ImageFinished":
        return `  ${plain(event.image)} sent in ${durationText(event.millis)}`
      default:
        return noteLine(event, style)
    }
  }
  return (event) =>
    Effect.suspend(() => {
      const line = lineOf(event)
      return line === undefined ? Effect.void : Console.log(line)
    })
}
