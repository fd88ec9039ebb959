/**
 * A run on a terminal: lines of what is done scroll up, and under them one live line says what goes on now, with a
 * bar, rate and time left while an image is sent, and the time that has passed otherwise.
 */
import cliProgress from "cli-progress"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { UpdateEvent } from "../../update/events.ts"
import { finishedLine, imageTitle, noteLine, programming, rateText, retryText } from "./events.ts"
import type { Progress } from "./listener.ts"
import { bytesText, durationText, plain } from "./text.ts"
import type { Style } from "./text.ts"

interface Live {
  /** What goes on; the bar is drawn where there are bytes. */
  title: string
  since: number
  bytes?: number
  /** The modem must not lose power now. */
  warns?: boolean
  rate?: string
  left?: string
}

const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]

/** Where it draws; the process's own output outside tests. */
export type Output = NodeJS.WriteStream

export const terminalProgress = Effect.fn("terminalProgress")(function* (
  style: Style,
  output: Output = process.stdout
): Effect.fn.Return<Progress, never, Scope.Scope> {
  const live: Live = { title: "", since: Date.now() }
  const titles = new Map<string, string>()
  let top: ReadonlyArray<string> = []
  let at = 0

  const liveLine = (options: object, progress: number): string => {
    const elapsed = Date.now() - live.since
    const turn = style.accent(spinner[Math.floor(Date.now() / 100) % spinner.length] ?? "")
    const steps = style.dim(`[${String(Math.min(at + 1, top.length))}/${String(top.length)}]`)
    if (live.bytes === undefined) {
      const title = live.warns === true ? style.warn(plain(live.title)) : plain(live.title)
      return `${turn} ${steps} ${title}  ${style.dim(durationText(elapsed))}`
    }
    const bar = cliProgress.Format.BarFormat(progress, options)
    const percent = `${String(Math.floor(progress * 100)).padStart(3)} %`
    const tail = [`${percent} of ${bytesText(live.bytes)}`, live.rate, live.left].filter((text) => text !== undefined)
    return `${turn} ${steps} ${style.accent(bar)} ${tail.join("  ")}`
  }

  const bars = new cliProgress.MultiBar({
    stream: output,
    format: (options, { progress }) => liveLine(options, progress),
    barsize: 24,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
    fps: 10,
    // Interruption is the runner's business: it ends in a named state, then the scope closes.
    gracefulExit: false
  })
  let drawn = true
  /** What was said is shown, and the live line gives its place to what follows. */
  const end = (): void => {
    if (!drawn) return
    drawn = false
    bars.update()
    bars.stop()
  }
  const bar = yield* Effect.acquireRelease(
    Effect.sync(() => bars.create(1, 0)),
    () => Effect.sync(end)
  )

  const say = (line: string): void => {
    bars.log(`${line}\n`)
  }
  const now = (title: string): void => {
    live.title = title
    live.since = Date.now()
    delete live.bytes
    delete live.warns
    delete live.rate
    delete live.left
  }

  const show = (event: UpdateEvent): void => {
    switch (event._tag) {
      case "RunStarted":
        top = event.steps
        return
      case "StepStarted":
        titles.set(event.step, event.title)
        if (top.includes(event.step)) at = top.indexOf(event.step)
        now(event.title)
        return
      case "StepFinished":
        if (top.includes(event.step)) say(finishedLine(titles.get(event.step) ?? event.step, event.millis, style))
        return
      case "ImageStarted":
        say(`  ${plain(imageTitle(event))}`)
        now(event.image)
        live.bytes = event.bytes
        bar.setTotal(event.bytes)
        bar.update(0)
        return
      case "TransferRetried":
        say(noteLine(event, style) ?? "")
        // The bar begins again with the image.
        now(`${event.image}: ${retryText(event)}`)
        return
      case "ImageProgress":
        // The last acknowledgement ends the programming; there is nothing left to wait for.
        if (event.sent >= event.bytes) return
        live.bytes = event.bytes
        live.rate = rateText(event.bytesPerSecond)
        live.left = `${durationText(event.secondsLeft * 1000)} left`
        bar.update(event.sent)
        return
      case "Programming":
        now(`${event.image}: ${programming}`)
        live.warns = true
        return
      case "ImageFinished":
        say(`  ${style.good("✔")} ${plain(event.image)} sent  ${style.dim(durationText(event.millis))}`)
        return
      case "RunFailed":
      case "RunInterrupted":
        end()
        return
      default: {
        const line = noteLine(event, style)
        if (line !== undefined) say(line)
      }
    }
  }
  return (event) => Effect.sync(() => show(event))
})
