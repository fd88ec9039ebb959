/** What a journal says about its run as a whole: how it ended, or where it was cut off. Pure. */
import type { Condition } from "../update/condition.ts"
import type { UpdateEvent } from "../update/events.ts"
import type { RunJournal } from "./entry.ts"

type Of<Tag extends UpdateEvent["_tag"]> = Extract<UpdateEvent, { readonly _tag: Tag }>

export interface Outcome {
  /** `open`: the journal has no end; the run goes on, or was cut off. */
  readonly end: "finished" | "failed" | "interrupted" | "open"
  /** The last condition that was written down. */
  readonly condition: Condition
  /** The innermost step that had begun and not finished; undefined after a good end. */
  readonly step: string | undefined
  /**
   * Whether a step that writes to the modem had begun: where not, the modem is as it was. A step that did begin may have
   * changed it, whatever the condition says.
   */
  readonly touched: boolean
  /** How far the last image was sent, as far as it was written down: never more than was acknowledged. */
  readonly progress: { readonly image: string; readonly sent: number; readonly bytes: number } | undefined
  /** Names of images that were sent whole and that the modem found good. */
  readonly sent: ReadonlyArray<string>
  readonly failure: Of<"RunFailed"> | undefined
  /** The command that goes on, of a run that failed or was interrupted. */
  readonly next: string | undefined
  /** Time of the last line. */
  readonly lastAt: number
}

const harmless: ReadonlySet<Of<"StepStarted">["risk"]> = new Set(["none", "reads"])

export const outcomeOf = ({ begun, entries }: RunJournal): Outcome => {
  let condition: Condition = { _tag: "Untouched" }
  let end: Outcome["end"] = "open"
  let touched = false
  let progress: Outcome["progress"]
  let failure: Outcome["failure"]
  let next: string | undefined
  const sent: Array<string> = []
  const steps: Array<string> = []
  for (const entry of entries) {
    if (entry._tag === "Became") {
      condition = entry.condition
      if (condition._tag === "HalfWritten") {
        const { bytes, image, sent } = condition
        progress = { image, sent, bytes }
      }
      continue
    }
    const { event } = entry
    switch (event._tag) {
      case "StepStarted":
        steps.push(event.step)
        touched ||= !harmless.has(event.risk)
        break
      case "StepFinished":
        // With it all steps inside that failed and were survived.
        if (steps.includes(event.step)) steps.splice(steps.lastIndexOf(event.step))
        break
      case "TransferRetried":
        // Survived: the next step that begins is the first one of another try. What was acknowledged stays said until Open.
        if (steps.includes(event.step)) steps.splice(steps.lastIndexOf(event.step))
        break
      case "ImageProgress":
        progress = { image: event.image, sent: event.sent, bytes: event.bytes }
        break
      case "ImageFinished":
        sent.push(event.image)
        break
      case "RunFinished":
        end = "finished"
        break
      case "RunFailed":
        end = "failed"
        failure = event
        condition = event.condition
        next = event.next
        break
      case "RunInterrupted":
        end = "interrupted"
        condition = event.condition
        next = event.next
        break
      default:
    }
  }
  const lastAt = entries.at(-1)?.at ?? begun.at
  return { end, condition, step: failure?.step ?? steps.at(-1), touched, progress, sent, failure, next, lastAt }
}

/** Whether the modem may still need something to be as before or as wanted. */
export const isUnfinished = ({ condition, end, touched }: Outcome): boolean => {
  if (end === "finished" || !touched) return false
  switch (condition._tag) {
    case "Running":
    case "PreferenceRestored":
    case "RolledBack":
    // Whether an image less is stored changes nothing about what runs.
    case "DeleteSent":
    case "ImageDeleted":
      return false
    // Told by whoever came to an end. Without an end a step may have been about to say something else.
    case "Untouched":
      return end === "open"
    default:
      return true
  }
}
