/** `AT+CGDCONT?`: the profiles that data connections are made with (at.md §5.4), read and printed. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError, keyValue } from "./reply-text.ts"

export interface PacketContext {
  readonly id: number
  /** `IP`, `IPV6`, `IPV4V6`. */
  readonly type: string
  readonly apn: string
  readonly address: string
  /** What follows, as printed: header compression and the like; how many there are depends on the firmware. */
  readonly rest: ReadonlyArray<string>
}

export interface PacketContextsReply {
  readonly contexts: ReadonlyArray<PacketContext>
}

const prefix = "+CGDCONT"

/** Between commas; a comma in quotes ends nothing. */
const fieldsOf = (text: string): ReadonlyArray<string> => {
  const fields: Array<string> = []
  let field = ""
  let quoted = false
  for (const character of text) {
    if (character === '"') quoted = !quoted
    if (character === "," && !quoted) {
      fields.push(field.trim())
      field = ""
    } else field += character
  }
  return [...fields, field.trim()]
}

const unquoted = (field: string): string =>
  field.length >= 2 && field.startsWith('"') && field.endsWith('"') ? field.slice(1, -1) : field

const readContext = (line: string): PacketContext | undefined => {
  const pair = keyValue(line)
  if (pair?.key !== prefix) return undefined
  const [id = "", type, apn, address, ...rest] = fieldsOf(pair.value)
  if (!/^\d{1,3}$/.test(id) || type === undefined || apn === undefined) return undefined
  return { id: Number(id), type: unquoted(type), apn: unquoted(apn), address: unquoted(address ?? ""), rest }
}

/** A modem without any profile prints none. */
export const readPacketContexts = (lines: ReadonlyArray<string>): Result.Result<PacketContextsReply, AtReplyError> => {
  const contexts = lines.flatMap((line) => readContext(line) ?? [])
  return contexts.length === 0 && lines.some((line) => line.trim() !== "")
    ? Result.fail(new AtReplyError({ command: "AT+CGDCONT?", wanted: "lines +CGDCONT:", found: [...lines] }))
    : Result.succeed({ contexts })
}

export const writePacketContexts = ({ contexts }: PacketContextsReply): AtText => ({
  lines: contexts.map(
    ({ address, apn, id, rest, type }) =>
      `${prefix}: ${[String(id), `"${type}"`, `"${apn}"`, `"${address}"`, ...rest].join(",")}`
  )
})
