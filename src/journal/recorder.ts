/** Writes runs down: what of them, and what has to be on the disk before the run goes on. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import type { Condition } from "../update/condition.ts"
import type { UpdateEvent } from "../update/events.ts"
import { Journal } from "../update/Journal.ts"
import type { RunRecord } from "../update/Journal.ts"
import { JournalError } from "../update/JournalError.ts"
import { encodeLine } from "./codec.ts"
import { journalVersion } from "./entry.ts"
import type { Begun, Entry } from "./entry.ts"
import { History } from "./history.ts"
import { JournalFiles } from "./JournalFiles.ts"

/** Bytes of one journal. A run writes about 10 KiB; one that tells without end is cut short, but for its end. */
const largest = 1024 * 1024

/** Bytes that the disk has to have left at the start, so that a run does not fill it in the middle. */
const room = 128 * 1024

/** Acknowledged chunks are written down once in so many ms, and so many hundredths of the image. */
const progressEvery = { millis: 1000, percent: 2 }

/** `20261123-011500-1a2b3c4d`: ids sort by time, also within a second: the first three digits behind it are milliseconds. */
const idOf = (at: number, random: number): string => {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, "")
  const hex = (value: number, width: number) => value.toString(16).padStart(width, "0")
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${hex(at % 1000, 3)}${hex(random, 5)}`
}

/** What a run begins, ends or says before it changes the modem: on the disk before it goes on. */
const isDurable = (event: UpdateEvent): boolean => {
  switch (event._tag) {
    case "StepStarted":
      return event.risk !== "none" && event.risk !== "reads"
    case "RunFinished":
    case "RunFailed":
    case "RunInterrupted":
      return true
    default:
      return false
  }
}

const isEnd = (event: UpdateEvent): boolean =>
  event._tag === "RunFinished" || event._tag === "RunFailed" || event._tag === "RunInterrupted"

/** Whether `next` says more than how far the same image has come; that it begins again is more. */
const isAnother = (last: Condition, next: Condition): boolean =>
  !(last._tag === "HalfWritten" && next._tag === "HalfWritten" && last.image === next.image && last.sent <= next.sent)

/** Leaves out what only a display needs. */
const thinned = () => {
  const none = { image: "", at: -Infinity, percent: -Infinity }
  let last = none
  return (event: UpdateEvent, at: number): boolean => {
    if (event._tag === "RunStarted") return false
    if (event._tag === "ImageStarted") last = none
    if (event._tag !== "ImageProgress") return true
    const percent = event.bytes === 0 ? 100 : (100 * event.sent) / event.bytes
    const due =
      event.image !== last.image ||
      (at - last.at >= progressEvery.millis && percent - last.percent >= progressEvery.percent)
    if (due) last = { image: event.image, at, percent }
    return due
  }
}

const now = Effect.map(Clock.currentTimeMillis, Math.round)

const make = Effect.gen(function* () {
  const files = yield* JournalFiles
  const history = yield* History

  const begin: Journal = Effect.fn("Journal.begin")(function* (start) {
    const warnings = yield* history.prune
    const at = yield* now
    const id = idOf(at, yield* Random.nextIntBetween(0, 0xfffff))
    const file = yield* files.create(id, room)
    // Steps tell from several fibers.
    const turn = yield* Semaphore.make(1)
    let n = 0
    let written = 0
    let condition: Condition = { _tag: "Untouched" }
    const isDue = thinned()

    const append = (line: (n: number) => Begun | Entry, durable: boolean, mayGrow: boolean) =>
      Semaphore.withPermit(
        turn,
        Effect.gen(function* () {
          // What an integrator's step tells may be anything; it is no reason to end a run.
          const bytes = yield* Effect.try({
            try: () => encodeLine(line(n++)),
            catch: (cause) => {
              const detail = `it is no event of a run: ${String(cause).replaceAll(/\s*\n\s*/g, " ")}`
              return new JournalError({ path: `${files.where}/${id}`, reason: { _tag: "Failed", detail } })
            }
          })
          if (!mayGrow && written + bytes.length > largest) {
            return yield* new JournalError({ path: `${files.where}/${id}`, reason: { _tag: "Full", limit: largest } })
          }
          written += bytes.length
          return yield* file.append(bytes, durable)
        })
      )

    const images = start.images.map((image) => ({ ...image, path: files.absolute(image.path) }))
    const run = { ...start, images }
    yield* append(
      (n) => ({ _tag: "Begun", n, at, journal: "boothold", version: journalVersion, owner: files.owner, run }),
      true,
      true
    )
    const record: RunRecord = {
      id,
      warnings,
      event: (event) =>
        Effect.flatMap(now, (at) =>
          isDue(event, at)
            ? append((n) => ({ _tag: "Happened", n, at, event }), isDurable(event), isEnd(event))
            : Effect.void
        ),
      condition: (next) =>
        Effect.flatMap(now, (at) => {
          const another = isAnother(condition, next)
          condition = next
          return another ? append((n) => ({ _tag: "Became", n, at, condition: next }), true, true) : Effect.void
        })
    }
    return record
  })
  return begin
})

/** Runs are written down in {@link JournalFiles}. */
export const journalLayer = Layer.effect(Journal, make)
