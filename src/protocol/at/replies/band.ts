/** `AT!BAND?` (at.md §5.4), read and printed: names only until the modem is unlocked, then with masks. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError } from "./reply-text.ts"

export interface BandRow {
  /** `00`. */
  readonly index: string
  /** `All bands`. */
  readonly name: string
  /** Hex, in the order of the columns; none while the modem is locked. */
  readonly masks: ReadonlyArray<string>
}

export interface BandReply {
  /** Names of the columns of masks, e.g. `GW Band Mask`; how many there are depends on the build. */
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<BandRow>
}

const header = "Index, Name"
/** Of a column's name in the header, and of the name in a row, as printed. */
const columnWidth = 17
const nameWidth = 30
const headerWidth = 36

const readRow = (line: string): BandRow | undefined => {
  const [, index, rest] = /^(\d{1,3}), (.*)$/.exec(line) ?? []
  if (index === undefined || rest === undefined) return undefined
  const [name = "", ...behind] = rest.split(/ {2,}/)
  const masks = behind.flatMap((text) => text.split(" ")).filter((text) => text !== "")
  return masks.every((mask) => /^[\dA-F]{16}$/i.test(mask)) && name !== "" ? { index, name, masks } : undefined
}

export const readBand = (lines: ReadonlyArray<string>): Result.Result<BandReply, AtReplyError> => {
  const texts = lines.map((line) => line.trim())
  const head = texts.find((text) => text.startsWith(header))
  const rows = texts.flatMap((text) => readRow(text) ?? [])
  if (rows.length === 0) {
    return Result.fail(new AtReplyError({ command: "AT!BAND?", wanted: "a line NN, name", found: [...lines] }))
  }
  const columns = (head ?? "")
    .slice(header.length)
    .replace(/^,/, "")
    .split(/ {2,}/)
    .map((name) => name.trim())
  return Result.succeed({ columns: columns.filter((name) => name !== ""), rows })
}

export const writeBand = ({ columns, rows }: BandReply): AtText => ({
  lines: [
    columns.length === 0
      ? header
      : `${header},`.padEnd(headerWidth) +
        columns
          .map((name) => name.padEnd(columnWidth))
          .join("")
          .trimEnd(),
    ...rows.map(({ index, masks, name }) =>
      masks.length === 0 ? `${index}, ${name}` : `${index}, ${name.padEnd(nameWidth)}${masks.join(" ")}`
    )
  ]
})
