/** The words in which the events of a run are told, shared by the terminal and the plain lines. */
import type { UpdateEvent } from "../../update/events.ts"
import { bytesText, durationText, plain } from "./text.ts"
import type { Style } from "./text.ts"

export type EventOf<Tag extends UpdateEvent["_tag"]> = Extract<UpdateEvent, { readonly _tag: Tag }>

export const programming = "programming flash, do not unplug"

export const finishedLine = (title: string, millis: number, style: Style): string =>
  `${style.good("✔")} ${plain(title)}  ${style.dim(durationText(millis))}`

export const imageTitle = ({ bytes, image, number, of, role }: EventOf<"ImageStarted">): string =>
  `image ${String(number)} of ${String(of)}: ${image} (${role}, ${bytesText(bytes)})`

/** `again from the beginning in 3 s, try 2 of 3`. */
export const retryText = ({ afterMillis, attempt, of }: EventOf<"TransferRetried">): string =>
  `again from the beginning in ${durationText(afterMillis)}, try ${String(attempt)} of ${String(of)}`

export const rateText = (bytesPerSecond: number): string => `${bytesText(bytesPerSecond)}/s`

/** What is told in one line wherever it is shown; undefined for what only the live line shows. */
export const noteLine = (event: UpdateEvent, style: Style): string | undefined => {
  switch (event._tag) {
    case "Note":
      return `  ${plain(event.detail)}`
    case "BootEntryTried":
      return [
        `${event.way}: ${event.answer}`,
        ...(event.accepted ? [] : (event.ports ?? []).map(({ answer, port }) => `  ${port}: ${answer}`))
      ]
        .map((line) => `  ${plain(line)}`)
        .join("\n")
    case "Warning":
      return `  ${style.warn("warning:")} ${plain(event.detail)}`
    case "TransferRetried":
      return `  ${style.warn("warning:")} ${plain(`${event.image}: ${event.why}; ${retryText(event)}`)}`
    case "ModemSeen":
      return `  ${style.dim(plain(`seen: ${event.device}`))}`
    case "UndoStarted":
      return `${style.warn("the run has failed:")} ${plain(event.title)}`
    case "UndoFinished":
      return finishedLine("taken back", event.millis, style)
    case "UndoFailed":
      return `  ${style.warn("warning:")} it could not be taken back: ${plain(event.message)}`
    case "SettingsRead":
      return event.when === "before" ? `  ${String(event.settings.values.length)} settings told` : undefined
    case "ImageSkipped":
      return `  ${plain(event.image)}: not sent, ${plain(event.why)}`
    default:
      return undefined
  }
}

/** How the modem is when the user broke off. */
export const interruptedLines = (state: string, next: string, style: Style): ReadonlyArray<string> => [
  `${style.bad("interrupted")}`,
  `${style.bold("state:")} ${plain(state)}`,
  `${style.bold("next:")}  ${style.accent(plain(next))}`
]
