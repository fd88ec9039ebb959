/** What can go wrong between the user and the library: how a command was called. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** The words on the command line cannot be understood; `detail` says which. */
export const BadUsage = Schema.TaggedStruct("BadUsage", { command: Schema.String, detail: Schema.String })
export const BadOption = Schema.TaggedStruct("BadOption", {
  option: Schema.String,
  found: Schema.String,
  wanted: Schema.String
})
export const UnknownModel = Schema.TaggedStruct("UnknownModel", {
  wanted: Schema.String,
  known: Schema.Array(Schema.String)
})
/** Doctor has found what would make the update fail; all reasons, and the cure of the first. */
export const HostNotReady = Schema.TaggedStruct("HostNotReady", {
  found: Schema.Array(Schema.String),
  cure: Schema.String
})
/** The command would write to a modem, nobody can be asked, and `--yes` was not given. */
export const CannotAsk = Schema.TaggedStruct("CannotAsk", {})
export const Cancelled = Schema.TaggedStruct("Cancelled", {})
/** Given to `decode`: no file of that name, and no bytes in hex. */
export const NoSuchInput = Schema.TaggedStruct("NoSuchInput", { given: Schema.String })
/** Nothing says where runs are recorded: no home folder, and no `--state-dir`. */
export const NoStateFolder = Schema.TaggedStruct("NoStateFolder", { detail: Schema.String })

const Reason = Schema.Union([
  BadUsage,
  BadOption,
  UnknownModel,
  HostNotReady,
  CannotAsk,
  Cancelled,
  NoSuchInput,
  NoStateFolder
])

export const commandCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  BadUsage: { code: "CLI_USAGE", help: "The command's `--help` lists its options." },
  BadOption: { code: "CLI_BAD_OPTION", help: "The command's `--help` says what the option takes." },
  UnknownModel: { code: "CLI_UNKNOWN_MODEL", help: "Take one of the named models." },
  HostNotReady: {
    code: "CLI_HOST_NOT_READY",
    help: "`boothold doctor` shows everything with its cure; `--ignore-doctor` goes on all the same."
  },
  CannotAsk: { code: "CLI_CANNOT_ASK", help: "Look at it with `boothold plan`, then say `--yes`." },
  Cancelled: { code: "CLI_CANCELLED", help: "Nothing was sent; run the command again when you are ready." },
  NoSuchInput: { code: "CLI_NO_SUCH_INPUT", help: "Give the bytes in hex, the name of a file, or `-` for the input." },
  NoStateFolder: { code: "CLI_NO_STATE_FOLDER", help: "Name a folder with `--state-dir`." }
}

export class CommandError extends Schema.TaggedError<CommandError>()("CommandError", { reason: Reason }) {
  get code(): string {
    return commandCatalogue[this.reason._tag].code
  }
  get help(): string {
    const { reason } = this
    const { help } = commandCatalogue[reason._tag]
    if (reason._tag === "BadUsage") return `\`${reason.command} --help\` lists its options.`
    return reason._tag === "HostNotReady" && reason.cure !== "" ? `${reason.cure} ${help}` : help
  }
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "BadUsage":
        return reason.detail
      case "BadOption":
        return `${reason.option} takes ${reason.wanted}, not ${JSON.stringify(reason.found)}`
      case "UnknownModel":
        return `no simulated modem is called ${JSON.stringify(reason.wanted)} (there are: ${reason.known.join(", ")})`
      case "HostNotReady":
        return `the update would not go well: ${reason.found.join("; ")}`
      case "CannotAsk":
        return "this writes to the modem, and there is no terminal to ask for confirmation"
      case "Cancelled":
        return "cancelled"
      case "NoStateFolder":
        return `it is not known where runs are recorded: ${reason.detail}`
      case "NoSuchInput":
        return `${JSON.stringify(reason.given)} is neither a file nor bytes in hex`
    }
  }
}

export const refuse = (reason: CommandError["reason"]): CommandError => new CommandError({ reason })
