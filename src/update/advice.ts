/** The command that gets a modem out of the state a run left it in. */
import * as Context from "effect/Context"
import type { Condition } from "./condition.ts"

/** How the user names the modem and the images; the CLI provides what it was called with. */
export interface CommandWords {
  readonly images: ReadonlyArray<string>
  /** Options that select the modem, e.g. `["--usb-path", "1-2"]`. */
  readonly selection: ReadonlyArray<string>
}

export const CommandWords = Context.Reference<CommandWords>("boothold/update/CommandWords", {
  defaultValue: () => ({ images: [], selection: [] })
})

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

const line = (command: string, words: CommandWords): string =>
  [
    "boothold",
    command,
    ...words.selection.map(quoted),
    ...(words.images.length === 0 ? ["IMAGE…"] : words.images.map(quoted))
  ].join(" ")

/** The exact command line for this state. */
export const nextCommand = (condition: Condition, words: CommandWords): string => {
  switch (condition._tag) {
    case "Untouched":
    case "PreferenceRestored":
    case "PreferenceChanged":
    case "RunningOther":
      return line("update", words)
    case "BootAndHold":
    case "HalfWritten":
    case "WrittenNotReset":
      return line("download", words)
    case "Restarting":
    case "Running":
      return ["boothold", "list"].join(" ")
  }
}
