/** AT commands and replies for `decode`: each exchange is a frame, each line a field (at.md §1). Pure. */
import * as Result from "effect/Result"
import { finalOf } from "../at/framing.ts"
import { readIdentification } from "../at/replies/identification.ts"
import { readImagePreference } from "../at/replies/image-preference.ts"
import { readPowerInfo } from "../at/replies/power-info.ts"
import { readPriId } from "../at/replies/pri-id.ts"
import { keyValue, type AtReplyError } from "../at/replies/reply-text.ts"
import { readStatus } from "../at/replies/status.ts"
import { readStoredImages } from "../at/replies/stored-images.ts"
import { field, isText, type DecodedField, type DecodedFrame, type Dissector } from "./Dissector.ts"

interface Line {
  readonly text: string
  readonly offset: number
  readonly size: number
}

const CR = 0x0d
const LF = 0x0a

const linesOf = (bytes: Uint8Array): ReadonlyArray<Line> => {
  const decoder = new TextDecoder()
  const lines: Array<Line> = []
  let from = 0
  for (let i = 0; i <= bytes.length; i++) {
    if (i < bytes.length && bytes[i] !== CR && bytes[i] !== LF) continue
    const text = decoder.decode(bytes.subarray(from, i))
    if (text.trim() !== "") lines.push({ text, offset: from, size: i - from })
    from = i + 1
  }
  return lines
}

/** `AT`, `ATI`, `ATE0`, `AT&F`, `AT+…`, `AT!…`: not `ATT`, and not help such as `AT!IMAGE=<op>`. */
const isCommand = (text: string): boolean => /^AT(?:[EIQVZ&][0-9A-Z]?|[+!$^*&][^<]*)?$/i.test(text.trim())

const readers: ReadonlyMap<string, (lines: ReadonlyArray<string>) => Result.Result<unknown, AtReplyError>> = new Map<
  string,
  (lines: ReadonlyArray<string>) => Result.Result<unknown, AtReplyError>
>([
  ["ATI", readIdentification],
  ["ATI0", readIdentification],
  ["AT!IMPREF?", readImagePreference],
  ["AT!GOBIIMPREF?", readImagePreference],
  ["AT!IMAGE?", readStoredImages],
  ["AT!PRIID?", readPriId],
  ["AT!PCINFO?", readPowerInfo],
  ["AT!GSTATUS?", readStatus]
])

const lineField = (bytes: Uint8Array, line: Line): DecodedField => {
  const make = (name: string, value: string) => field(name, bytes, line.offset, line.size, value)
  const final = finalOf(line.text)
  if (final !== undefined) return make("final code", line.text.trim())
  const pair = keyValue(line.text)
  return pair === undefined || pair.key === "" ? make("text", line.text.trimEnd()) : make(pair.key, pair.value)
}

const exchange = (bytes: Uint8Array, lines: ReadonlyArray<Line>): DecodedFrame => {
  const [first] = lines
  const last = lines.at(-1)
  const command = first !== undefined && isCommand(first.text) ? first.text.trim() : undefined
  const body = command === undefined ? lines : lines.slice(1)
  const text = body.filter((line) => finalOf(line.text) === undefined)
  const final = body.map((line) => finalOf(line.text)).find((code) => code !== undefined)
  const problems: Array<string> = []
  if (final === undefined && body.length > 0) problems.push("no final code (OK, ERROR) behind the text")
  const reader = command === undefined || final?._tag !== "Ok" ? undefined : readers.get(command.toUpperCase())
  const read = reader?.(text.map((line) => line.text))
  if (read !== undefined && Result.isFailure(read)) problems.push(read.failure.message)
  const offset = first?.offset ?? 0
  return {
    name: command ?? "reply",
    offset,
    size: (last === undefined ? 0 : last.offset + last.size) - offset,
    fields: [
      ...(command === undefined || first === undefined
        ? []
        : [field("command", bytes, first.offset, first.size, command)]),
      ...body.map((line) => lineField(bytes, line))
    ],
    problems
  }
}

export const atDissector: Dissector = {
  protocol: "at",
  guess: (bytes) => {
    if (!isText(bytes)) return 0
    const lines = linesOf(bytes)
    return lines.some(({ text }) => isCommand(text) || finalOf(text) !== undefined) ? 0.9 : 0.2
  },
  dissect: (bytes) => {
    const frames: Array<DecodedFrame> = []
    let lines: Array<Line> = []
    const close = (): void => {
      if (lines.length > 0) frames.push(exchange(bytes, lines))
      lines = []
    }
    for (const line of linesOf(bytes)) {
      if (isCommand(line.text)) close()
      lines.push(line)
      if (finalOf(line.text) !== undefined) close()
    }
    close()
    return frames
  }
}
