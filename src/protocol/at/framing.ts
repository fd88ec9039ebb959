/** What AT commands and replies look like on the wire (at.md §1). Pure. */
import * as Schema from "effect/Schema"

/** How a reply ends. */
export type AtFinal =
  | { readonly _tag: "Ok" }
  | { readonly _tag: "Error" }
  /** Number or text, whichever `AT+CMEE` selects. */
  | { readonly _tag: "CmeError"; readonly text: string }
  /** Some early 9x15 firmware, for listed but missing commands. */
  | { readonly _tag: "NotImplemented" }

export interface AtReply {
  /** The modem returned the command. */
  readonly echo: boolean
  /** Information text, one entry per line as sent (trailing blanks included), without blank lines. */
  readonly lines: ReadonlyArray<string>
  /** Lines that no command asked for, e.g. `+CREG: 1`. */
  readonly unsolicited: ReadonlyArray<string>
  /** Lines in front of the own echo: the late reply of an earlier command. */
  readonly stale: ReadonlyArray<string>
  readonly final: AtFinal
}

/** More bytes than a reply or a command may have, without an end. */
export class AtTooLong extends Schema.TaggedError<AtTooLong>()("AtTooLong", {
  what: Schema.Literals(["reply", "command"]),
  limit: Schema.Int
}) {
  override get message(): string {
    return `AT ${this.what}: no end within ${String(this.limit)} bytes`
  }
}

const encoder = new TextEncoder()

/** The command and CR, which is all that a modem needs. */
export const encodeCommand = (command: string): Uint8Array => encoder.encode(`${command}\r`)

const cmePrefix = "+CME ERROR:"

/** The final code that a line is, if it is one. */
export const finalOf = (line: string): AtFinal | undefined => {
  const text = line.trim()
  if (text === "OK") return { _tag: "Ok" }
  if (text === "ERROR") return { _tag: "Error" }
  if (text === "NOT IMPLEMENTED") return { _tag: "NotImplemented" }
  if (text.startsWith(cmePrefix)) return { _tag: "CmeError", text: text.slice(cmePrefix.length).trim() }
  return undefined
}

/** The line that a final code is printed as. */
export const formatFinal = (final: AtFinal): string => {
  switch (final._tag) {
    case "Ok":
      return "OK"
    case "Error":
      return "ERROR"
    case "NotImplemented":
      return "NOT IMPLEMENTED"
    case "CmeError":
      return `${cmePrefix} ${final.text}`
  }
}

/** Information text as a modem prints it. */
export interface AtText {
  readonly lines: ReadonlyArray<string>
  /** `ATI`, `AT!GSTATUS?` and `AT!CUSTOM?` end their text with a line end of its own: two blank lines before `OK`. */
  readonly trailingBlank?: boolean
}

/** The bytes of a reply. `echo` is the command as it was sent, without CR; leave it out when echo is off. */
export const formatReply = (reply: AtText & { readonly echo?: string; readonly final: AtFinal }): Uint8Array => {
  const echo = reply.echo === undefined ? "" : `${reply.echo}\r`
  const text = reply.lines.length === 0 ? "" : `\r\n${reply.lines.join("\r\n")}\r\n`
  const blank = reply.trailingBlank === true ? "\r\n" : ""
  return encoder.encode(`${echo}${text}${blank}\r\n${formatFinal(reply.final)}\r\n`)
}

/** A line on its own, as unsolicited results are printed. */
export const formatUnsolicited = (line: string): Uint8Array => encoder.encode(`\r\n${line}\r\n`)
