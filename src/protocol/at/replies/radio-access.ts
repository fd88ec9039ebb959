/** `AT!SELRAT?`: which radio technologies the modem may use (at.md §5.4), read and printed. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError, keyValue } from "./reply-text.ts"

export interface RadioAccessReply {
  /** `00`. */
  readonly index: string
  /** `Automatic`. */
  readonly name: string
}

export const readRadioAccess = (lines: ReadonlyArray<string>): Result.Result<RadioAccessReply, AtReplyError> => {
  for (const line of lines) {
    const pair = keyValue(line)
    const [, index, name] = pair?.key === "!SELRAT" ? (/^(\d{1,3})\s*,\s*(\S.*)$/.exec(pair.value) ?? []) : []
    if (index !== undefined && name !== undefined) return Result.succeed({ index, name })
  }
  return Result.fail(new AtReplyError({ command: "AT!SELRAT?", wanted: "a line !SELRAT: NN, name", found: [...lines] }))
}

export const writeRadioAccess = ({ index, name }: RadioAccessReply): AtText => ({
  lines: [`!SELRAT: ${index}, ${name}`]
})
