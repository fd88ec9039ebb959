/** What the readers of AT replies share: `key: value` lines and the error for a reply that says too little. Pure. */
import * as Schema from "effect/Schema"

/** A reply that lacks what makes it one, e.g. an `ATI` without `Revision`. */
export class AtReplyError extends Schema.TaggedError<AtReplyError>()("AtReplyError", {
  command: Schema.String,
  wanted: Schema.String,
  found: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const found =
      this.found.length === 0 ? "no lines" : JSON.stringify(this.found.slice(0, 4).join(" / ").slice(0, 200))
    return `reply to ${this.command}: wanted ${this.wanted}, found ${found}`
  }
}

export interface KeyValue {
  readonly key: string
  readonly value: string
}

/** Text before the first colon and behind it, trimmed; values may hold colons (`2017/05/19 06:23:09`). */
export const keyValue = (line: string): KeyValue | undefined => {
  const colon = line.indexOf(":")
  return colon === -1 ? undefined : { key: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }
}

/** Lines by key, first one wins; `other` keeps what has no known key, in order. Blank lines are dropped. */
export const keyValues = (
  lines: ReadonlyArray<string>,
  known: ReadonlySet<string>
): { readonly values: ReadonlyMap<string, string>; readonly other: ReadonlyArray<string> } => {
  const values = new Map<string, string>()
  const other: Array<string> = []
  for (const line of lines) {
    if (line.trim() === "") continue
    const pair = keyValue(line)
    if (pair !== undefined && known.has(pair.key) && !values.has(pair.key)) values.set(pair.key, pair.value)
    else other.push(line.trim())
  }
  return { values, other }
}
