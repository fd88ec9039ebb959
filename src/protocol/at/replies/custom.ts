/** `AT!CUSTOM?` (at.md §5.4), read and printed: one row for each value that was ever set. Needs the unlock. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError } from "./reply-text.ts"

export interface CustomReply {
  readonly values: ReadonlyArray<{
    /** `GPSENABLE`. */
    readonly name: string
    /** `0x01`. */
    readonly value: string
  }>
}

const header = "!CUSTOM:"

/** Blanks or TABs between name and value. */
const readRow = (line: string) => {
  const [, name, value] = /^([A-Z][A-Z\d_]*)\s+(0x[\da-f]+|\d+)$/i.exec(line.trim()) ?? []
  return name === undefined || value === undefined ? [] : [{ name, value }]
}

export const readCustom = (lines: ReadonlyArray<string>): Result.Result<CustomReply, AtReplyError> => {
  const values = lines.flatMap(readRow)
  return values.length === 0 && !lines.some((line) => line.trim().startsWith(header))
    ? Result.fail(new AtReplyError({ command: "AT!CUSTOM?", wanted: `a line ${header}`, found: [...lines] }))
    : Result.succeed({ values })
}

export const writeCustom = ({ values }: CustomReply): AtText => ({
  lines: [`${header} `, ...values.map(({ name, value }) => `${" ".repeat(13)}${name.padEnd(18)} ${value}`)],
  trailingBlank: true
})
