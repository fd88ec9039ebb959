/** The command that gets a modem out of the state a run left it in. */
import * as Context from "effect/Context"
import type { Condition } from "./condition.ts"

/** The commands that are advised. */
export type AdvisedCommand =
  "update" | "download" | "recover" | "reset" | "list" | "info" | "images list" | "images select" | "images delete"

/** How the user names the modem and the images; the CLI provides what it was called with. */
export interface CommandWords {
  readonly images: ReadonlyArray<string>
  /** Options that select the modem, e.g. `["--usb-path", "1-2"]`. */
  readonly selection: ReadonlyArray<string>
  /** The command that runs; `update` where absent. It is advised again where the modem was not changed. */
  readonly command?: AdvisedCommand
  /** Options that only this command has, e.g. `["--skip-validation"]`, for a modem in this state; none where absent. */
  readonly options?: (command: AdvisedCommand, condition: Condition) => ReadonlyArray<string>
}

export const CommandWords = Context.Reference<CommandWords>("boothold/update/CommandWords", {
  defaultValue: () => ({ images: [], selection: [] })
})

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

const imageWords = (command: AdvisedCommand, { images }: CommandWords): ReadonlyArray<string> => {
  const names = images.map((image) => quoted(image.startsWith("-") ? `./${image}` : image))
  switch (command) {
    case "update":
    case "download":
      return names.length === 0 ? ["IMAGE…"] : names
    // It knows what to do without any.
    case "recover":
      return names.flatMap((name) => ["--images", name])
    default:
      return []
  }
}

const line = (command: AdvisedCommand, words: CommandWords, condition: Condition): string => {
  const options = [...words.selection, ...(words.options?.(command, condition) ?? [])]
  return ["boothold", command, ...options.map(quoted), ...imageWords(command, words)].join(" ")
}

/**
 * The command that brings a modem in this state home. By the time that somebody runs it the modem may be in another mode:
 * its power was cut, or it has started by itself. `recover` looks first.
 */
const commandFor = ({ _tag }: Condition, { command = "update" }: CommandWords): AdvisedCommand => {
  switch (_tag) {
    case "Untouched":
    case "RolledBack":
      return command === "download" ? "recover" : command
    case "PreferenceRestored":
      return "update"
    case "Running":
      return "list"
    case "DeleteSent":
    case "ImageDeleted":
      return "images list"
    default:
      return "recover"
  }
}

/** The exact command line for this state. */
export const nextCommand = (condition: Condition, words: CommandWords): string =>
  line(commandFor(condition, words), words, condition)

/** The command that brings a modem home with images, where it has none that it could run. */
export const recoverWithImages = (words: CommandWords): string =>
  line("recover", words, { _tag: "Restarting" }) + (words.images.length === 0 ? " --images IMAGE…" : "")

/** Where nothing here brings it home, with images or without: what it is, for whoever knows more. */
export const lookAtIt = (words: CommandWords): string => line("list", words, { _tag: "Restarting" })
