/** `AT!GSTATUS?` (at.md §5.2), read and printed. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError, keyValue, type KeyValue } from "./reply-text.ts"

export interface StatusReply {
  /** `ONLINE`, `LOW POWER MODE`, … */
  readonly mode: string
  /** °C. */
  readonly temperature?: number
  /** Seconds since the modem started. */
  readonly currentTime?: number
  /** Starts since the counter was cleared. */
  readonly resetCounter?: number
  /** Every cell, in order; names repeat, and families differ. */
  readonly values: ReadonlyArray<KeyValue>
}

/** Cells stand behind TABs; one without a name continues the value before it (`EMM state: Registered → Normal Service`). */
const readCells = (lines: ReadonlyArray<string>): ReadonlyArray<KeyValue> => {
  const cells: Array<KeyValue> = []
  for (const line of lines) {
    if (line.trim().startsWith("!GSTATUS:")) continue
    line.split("\t").forEach((cell, index) => {
      const pair = keyValue(cell)
      const last = cells.at(-1)
      if (pair !== undefined) cells.push(pair)
      else if (cell.trim() !== "" && index > 0 && last !== undefined) {
        cells[cells.length - 1] = { key: last.key, value: `${last.value} ${cell.trim()}` }
      }
    })
  }
  return cells
}

export const readStatus = (lines: ReadonlyArray<string>): Result.Result<StatusReply, AtReplyError> => {
  const values = readCells(lines)
  const find = (key: string): string | undefined => values.find((cell) => cell.key === key)?.value
  const number = (key: string): number | undefined => {
    const text = find(key)
    return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined
  }
  const mode = find("Mode")
  if (mode === undefined) {
    return Result.fail(new AtReplyError({ command: "AT!GSTATUS?", wanted: "a cell Mode:", found: [...lines] }))
  }
  const temperature = number("Temperature")
  const currentTime = number("Current Time")
  const resetCounter = number("Reset Counter")
  return Result.succeed({
    mode,
    ...(temperature === undefined ? {} : { temperature }),
    ...(currentTime === undefined ? {} : { currentTime }),
    ...(resetCounter === undefined ? {} : { resetCounter }),
    values
  })
}

/** The two rows that every family prints; a modem without service prints no more. */
export const writeStatus = (status: {
  readonly currentTime: number
  readonly temperature: number
  readonly resetCounter: number
  readonly mode: string
}): AtText => ({
  lines: [
    "!GSTATUS: ",
    `Current Time:  ${String(status.currentTime)}\t\tTemperature: ${String(status.temperature)}`,
    // Padded as seen: 15 characters and a blank, but LOW POWER MODE with a single blank.
    `Reset Counter: ${String(status.resetCounter)}\t\tMode:        ${status.mode.padEnd(status.mode === "LOW POWER MODE" ? 14 : 15)} `
  ],
  trailingBlank: true
})
