/** The command that gets a modem out of the state a run left it in. */
import * as Context from "effect/Context"
import type { Condition } from "./condition.ts"

/** The commands that are advised. */
export type AdvisedCommand =
  "update" | "download" | "reset" | "list" | "info" | "images list" | "images select" | "images delete"

/** How the user names the modem and the images; the CLI provides what it was called with. */
export interface CommandWords {
  readonly images: ReadonlyArray<string>
  /** Options that select the modem, e.g. `["--usb-path", "1-2"]`. */
  readonly selection: ReadonlyArray<string>
  /** The command that runs; `update` where absent. It is advised again where the modem was not changed. */
  readonly command?: AdvisedCommand
  /** Where a changed modem is not brought home by an update: the command that makes it run again what it ran. */
  readonly wayBack?: CommandWords
  /** Options that only this command has, e.g. `["--skip-validation"]`; none where absent. */
  readonly options?: (command: AdvisedCommand) => ReadonlyArray<string>
}

export const CommandWords = Context.Reference<CommandWords>("boothold/update/CommandWords", {
  defaultValue: () => ({ images: [], selection: [] })
})

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

const line = (command: AdvisedCommand, words: CommandWords): string => {
  const options = [...words.selection, ...(words.options?.(command) ?? [])]
  const images =
    words.images.length === 0
      ? ["IMAGE…"]
      : words.images.map((image) => quoted(image.startsWith("-") ? `./${image}` : image))
  const needsImages = command === "update" || command === "download"
  return ["boothold", command, ...options.map(quoted), ...(needsImages ? images : [])].join(" ")
}

/** The exact command line for this state. */
export const nextCommand = (condition: Condition, words: CommandWords): string => {
  switch (condition._tag) {
    case "Untouched":
      return line(words.command ?? "update", words)
    case "PreferenceChanged":
    case "RunningOther":
      return line(words.wayBack?.command ?? "update", words.wayBack ?? words)
    case "PreferenceRestored":
      return line("update", words)
    case "BootAndHold":
    case "HalfWritten":
    case "WrittenNotReset":
      return line("download", words)
    case "DeleteSent":
    case "ImageDeleted":
      return line("images list", words)
    // It says in which mode the modem is by then, and what goes on from there.
    case "LeftBus":
      return line("info", words)
    case "Restarting":
    case "Running":
      return line("list", words)
  }
}
