/** Runs of the past for people: a table of them, and one as a timeline. */
import type { Entry } from "../../journal/entry.ts"
import type { PastRun, UnreadableRun } from "../../journal/history.ts"
import { isUnfinished } from "../../journal/outcome.ts"
import { showPreference } from "../../plan/facts.ts"
import { describeCondition } from "../../update/condition.ts"
import { imageTitle, retryText } from "./events.ts"
import { stateOf } from "./history-json.ts"
import { settingsLines } from "./settings.ts"
import { storedText } from "./stored.ts"
import { bytesText, durationText, plain, rows } from "./text.ts"
import type { Style } from "./text.ts"

/** `2026-11-23 01:15:00`, in UTC like the ids. */
const dateText = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ")

const stateText = (past: PastRun, style: Style): string => {
  const { begun } = past.journal
  switch (stateOf(past)) {
    case "finished":
      return style.good("finished")
    case "failed":
      return style.bad("failed")
    case "interrupted":
      return style.warn("interrupted")
    case "running":
      return `running (pid ${String(begun.owner.pid)})`
    case "open":
      return style.warn("cut off")
  }
}

const progressText = ({ outcome }: PastRun): string | undefined => {
  if (outcome.progress === undefined || outcome.end === "finished") return undefined
  const { bytes, image, sent } = outcome.progress
  return `${image}: ${bytesText(sent)} of ${bytesText(bytes)} acknowledged`
}

const attention = (past: PastRun): boolean => !past.running && isUnfinished(past.outcome)

export const historyLines = (
  runs: ReadonlyArray<PastRun | UnreadableRun>,
  where: string,
  style: Style
): ReadonlyArray<string> =>
  runs.length === 0
    ? [`no runs are recorded in ${plain(where)}`]
    : runs.flatMap((run) => {
        if ("error" in run) return [`${style.bold(run.id)}  ${style.bad("unreadable")}  ${plain(run.error.message)}`]
        const { begun } = run.journal
        const head = `${style.bold(run.id)}  ${begun.run.flow}  ${stateText(run, style)}`
        return [
          `${head}  ${style.dim(plain(begun.run.modem.label))}`,
          ...(attention(run) ? [`  ${plain(describeCondition(run.outcome.condition))}`] : [])
        ]
      })

/** One line of a timeline; undefined for what others say already. */
const entryText = (entry: Entry, style: Style): string | undefined => {
  if (entry._tag === "Became") return style.dim(plain(describeCondition(entry.condition)))
  const { event } = entry
  switch (event._tag) {
    case "RunStarted":
      return undefined
    case "StepStarted":
      return `${style.accent("▸")} ${plain(event.title)}`
    case "StepFinished":
      return `${style.good("✔")} ${plain(event.step)}  ${style.dim(durationText(event.millis))}`
    case "Note":
      return plain(event.detail)
    case "Warning":
      return `${style.warn("warning:")} ${plain(event.detail)}`
    case "BootEntryTried":
      return plain(
        [`${event.way}: ${event.answer}`, ...(event.ports ?? []).map(({ answer, port }) => `${port}: ${answer}`)].join(
          "; "
        )
      )
    case "ModemSeen":
      return plain(`seen: ${event.device}`)
    case "ImageStarted":
      return plain(imageTitle(event))
    case "ImageProgress":
      return `${plain(event.image)}: ${bytesText(event.sent)} of ${bytesText(event.bytes)}`
    case "Programming":
      return `${plain(event.image)}: programming flash`
    case "TransferRetried":
      return `${style.warn("warning:")} ${plain(`${event.image}: ${event.why}; ${retryText(event)}`)}`
    case "ImageFinished":
      return `${plain(event.image)}: sent in ${durationText(event.millis)}`
    case "ImageSkipped":
      return plain(`${event.image}: ${event.why}`)
    case "UndoStarted":
      return `${style.warn("↶")} ${plain(event.title)}`
    case "UndoFinished":
      return `${style.good("✔")} taken back  ${style.dim(durationText(event.millis))}`
    case "UndoFailed":
      return `${style.bad("✘")} not taken back: ${plain(event.message)}`
    case "SettingsRead":
      return plain(
        `${String(event.settings.values.length)} settings ${event.when === "before" ? "before the first write" : "after the update"}: ` +
          event.settings.values.map(({ key, value }) => `${key} ${value}`).join("; ")
      )
    case "SettingsCompared":
      return settingsLines(event.diff, style).join("\n")
    case "RunFinished":
      return `${style.good("✔")} ${plain(event.summary)}`
    case "RunFailed":
      return `${style.bad("error:")} ${plain(`${event.message} (${event.code})`)}`
    case "RunInterrupted":
      return style.warn("interrupted")
  }
}

/** Seconds since the start, `+12.3 s`; with nine digits at most, as the system's clock may have been set meanwhile. */
const sinceText = (millis: number): string => `${millis < 0 ? "-" : "+"}${(Math.abs(millis) / 1000).toFixed(1)} s`

export const timelineLines = (past: PastRun, style: Style): ReadonlyArray<string> => {
  const { begun, damage, entries, lost } = past.journal
  const { run } = begun
  const old = run.facts?.preference._tag === "Supported" ? run.facts.preference.value.current : undefined
  const { firmware, preference } = run.wanted
  const width = sinceText((entries.at(-1)?.at ?? begun.at) - begun.at).length
  const line = (at: number, text: string): string => `  ${style.dim(sinceText(at - begun.at).padStart(width))}  ${text}`
  return [
    `${style.bold(past.id)}  ${plain(run.flow)}  ${stateText(past, style)}`,
    ...rows(
      [
        ["started", `${dateText(begun.at)} UTC, ${begun.owner.program} pid ${String(begun.owner.pid)}`],
        ["modem", run.modem.label],
        ["imei", run.facts?.imei],
        ["ran", run.facts?.firmware],
        ["preferred", old === undefined ? undefined : showPreference(old)],
        ["wanted", preference === undefined ? firmware : showPreference(preference)],
        ["deletes", run.deletes === undefined ? undefined : storedText(run.deletes)],
        ...(run.evictions ?? []).map(({ images }) => ["goes", images.map(storedText).join(" or ")] as const),
        ...run.images.map(
          ({ bytes, path, role, sha256 }) =>
            ["image", `${path} (${role}, ${bytesText(bytes)}, SHA-256 ${sha256})`] as const
        )
      ],
      style
    ),
    "",
    ...entries.flatMap((entry) => {
      const text = entryText(entry, style)
      // What follows in further lines stands below its first one.
      return text === undefined ? [] : [line(entry.at, text.replaceAll("\n", `\n${" ".repeat(width + 4)}`))]
    }),
    ...(lost === 0 ? [] : [`  ${style.warn(`${String(lost)} lines could not be written`)}`]),
    ...(damage === undefined
      ? []
      : [`  ${style.warn(plain(`line ${String(damage.line)} is ${damage.found}; what comes after it is not known`))}`]),
    "",
    ...rows(
      [
        ["state", describeCondition(past.outcome.condition)],
        ["came to", progressText(past)],
        ["next", past.outcome.next]
      ],
      style
    )
  ]
}
