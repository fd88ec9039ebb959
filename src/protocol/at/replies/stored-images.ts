/** `AT!IMAGE?` (at.md §4.4), read and printed. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError } from "./reply-text.ts"

export interface StoredImageRow {
  readonly type: "FW" | "PRI"
  /** `undefined` is printed `FF`: PRI images have no slot. */
  readonly slot?: number
  /** `GOOD`, `EMPTY`, `BAD`. */
  readonly status: string
  /** Higher is used later; the lowest is evicted when no slot is free. */
  readonly lru: number
  readonly programmingFailures: number
  readonly switchingFailures: number
  /** PRI revision, `?_?` for firmware, empty in an empty slot. */
  readonly uniqueId: string
  /** `<firmware>_<carrier>`, `<firmware>_?` for firmware, empty in an empty slot. */
  readonly buildId: string
}

export interface StoredImagesReply {
  readonly rows: ReadonlyArray<StoredImageRow>
  readonly maxFirmware?: number
  readonly maxConfig?: number
  /** 255: the running firmware is in no slot. */
  readonly activeSlot?: number
  readonly other: ReadonlyArray<string>
}

/** Where the columns begin. */
const Column = { slot: 5, status: 10, lru: 17, failures: 21, uniqueId: 30, buildId: 42 } as const

const rowPattern =
  /^(FW|PRI)\s+(FF|\d{1,3})\s+([A-Z]+)\s+(\d{1,10})\s+(\d{1,3})\s+(\d{1,3})(?:\s+(\S+))?(?:\s+(\S+))?\s*$/

const readRow = (line: string): StoredImageRow | undefined => {
  const match = rowPattern.exec(line)
  if (match === null) return undefined
  const [, type, slot, status, lru, programming, switching, first, second] = match
  // A lone identifier belongs to the column in which it stands.
  const alone = first !== undefined && second === undefined && line.trimEnd().length > Column.buildId
  return {
    type: type === "FW" ? "FW" : "PRI",
    ...(slot === "FF" ? {} : { slot: Number(slot) }),
    status: status ?? "",
    lru: Number(lru),
    programmingFailures: Number(programming),
    switchingFailures: Number(switching),
    uniqueId: alone ? "" : (first ?? ""),
    buildId: alone ? first : (second ?? "")
  }
}

export const readStoredImages = (lines: ReadonlyArray<string>): Result.Result<StoredImagesReply, AtReplyError> => {
  const rows: Array<StoredImageRow> = []
  const other: Array<string> = []
  const numbers: { maxFirmware?: number; maxConfig?: number; activeSlot?: number } = {}
  let isTable = false
  for (const line of lines) {
    const text = line.trim()
    if (text === "") continue
    const row = readRow(line.trimStart())
    const max = /^Max (FW|PRI) images:\s*(\d{1,5})$/.exec(text)
    const active = /^Active FW image is at slot\s*(\d{1,3})$/.exec(text)
    if (row !== undefined) rows.push(row)
    else if (max !== null) numbers[max[1] === "FW" ? "maxFirmware" : "maxConfig"] = Number(max[2])
    else if (active !== null) numbers.activeSlot = Number(active[1])
    else if (/^TYPE\s+SLOT\b/.test(text)) isTable = true
    else other.push(text)
  }
  if (!isTable && rows.length === 0) {
    return Result.fail(new AtReplyError({ command: "AT!IMAGE?", wanted: "the table of images", found: [...lines] }))
  }
  return Result.succeed({ rows, ...numbers, other })
}

const header = "TYPE SLOT STATUS LRU FAILURES UNIQUE_ID   BUILD_ID"

const writeRow = (row: StoredImageRow): string => {
  const slot = row.slot === undefined ? "FF" : String(row.slot)
  return (
    row.type.padEnd(Column.slot) +
    slot.padEnd(Column.status - Column.slot) +
    row.status.padEnd(Column.lru - Column.status) +
    String(row.lru).padEnd(Column.failures - Column.lru) +
    `${String(row.programmingFailures)} ${String(row.switchingFailures)}`.padEnd(Column.uniqueId - Column.failures) +
    row.uniqueId.padEnd(Column.buildId - Column.uniqueId) +
    row.buildId
  )
}

/** Two tables, firmware and PRI; the active slot of a modem that says none is left out. */
export const writeStoredImages = (reply: Omit<StoredImagesReply, "other">): AtText => ({
  lines: [
    header,
    ...reply.rows.filter(({ type }) => type === "FW").map(writeRow),
    ...(reply.maxFirmware === undefined ? [] : [`Max FW images: ${String(reply.maxFirmware)}`]),
    ...(reply.activeSlot === undefined ? [] : [`Active FW image is at slot ${String(reply.activeSlot)}`]),
    "",
    header,
    ...reply.rows.filter(({ type }) => type === "PRI").map(writeRow),
    ...(reply.maxConfig === undefined ? [] : [`Max PRI images: ${String(reply.maxConfig)}`])
  ]
})
