/** The hand on the cables, for people and scripts: words in, one JSON value out. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { vidPid } from "../device/Modem.ts"
import { JournalEntry, ModemState } from "../sim/index.ts"
import type { SimModem } from "../sim/index.ts"
import type { NamedModem } from "./Simulation.ts"

const commands = ["unplug", "plug", "state", "journal", "quit"] as const
type CommandName = (typeof commands)[number]

/** Where one modem is and what it remembers. */
export const ModemStatus = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  serial: Schema.String,
  imei: Schema.String,
  /** Null while the modem is off the bus; so is `vidPid`. */
  usbPath: Schema.NullOr(Schema.String),
  vidPid: Schema.NullOr(Schema.String),
  /** Where other programs find it: links to its ports, its bus id. */
  served: Schema.Record(Schema.String, Schema.String),
  state: ModemState
})
export type ModemStatus = typeof ModemStatus.Type

export const Reply = Schema.TaggedUnion({
  Done: { command: Schema.Literals(commands), modem: Schema.NullOr(Schema.String) },
  State: { modems: Schema.Array(ModemStatus) },
  Journal: { modem: Schema.String, entries: Schema.Array(JournalEntry) },
  Refused: { command: Schema.String, why: Schema.String }
})
export type Reply = typeof Reply.Type

export interface Controlled {
  readonly modems: ReadonlyArray<NamedModem>
  readonly served: (id: string) => Effect.Effect<Readonly<Record<string, string>>>
}

/** What is repeated of a command that cannot be understood. */
const longestShown = 80

/** `1-2`, `1-2.4`: bus, then ports of hubs. */
const isUsbPath = (word: string): boolean => /^\d{1,3}-\d{1,3}(\.\d{1,3})*$/.test(word)

export const statusOf = Effect.fnUntraced(function* ({ id, modem }: NamedModem, served: Controlled["served"]) {
  const attachment = yield* modem.attachment
  const status: ModemStatus = {
    id,
    model: modem.model.name,
    serial: modem.serial,
    imei: modem.imei,
    usbPath: attachment?.portPath ?? null,
    vidPid: attachment === undefined ? null : vidPid(attachment),
    served: yield* served(id),
    state: yield* modem.state
  }
  return status
})

const isCommand = (word: string): word is CommandName => commands.some((name) => name === word)

/** Whoever is told this ends, after it was said. */
export const quitReply: Reply = { _tag: "Done", command: "quit", modem: null }

/** Does what a line says, but for `quit`, which is its caller's to do. Empty lines are no commands and get no reply. */
export const obey = Effect.fnUntraced(function* (line: string, controlled: Controlled) {
  const [command = "", ...words] = line.trim().split(/\s+/)
  if (command === "") return undefined
  const refuse = (why: string): Reply => ({ _tag: "Refused", command: command.slice(0, longestShown), why })
  if (!isCommand(command)) return refuse(`there are: ${commands.join(", ")}`)

  const { modems, served } = controlled
  const named = modems.find(({ id }) => id === words[0])
  const rest = named === undefined ? words : words.slice(1)
  const path = command === "plug" ? rest[0] : undefined
  if (path !== undefined && !isUsbPath(path)) return refuse(`no modem and no USB port is called so`)
  if (rest.length > (path === undefined ? 0 : 1)) {
    const ids = modems.map(({ id }) => id).join(", ")
    return refuse(`it takes ${command === "plug" ? "a modem and a USB port such as 1-2" : "a modem"} (${ids})`)
  }
  if (command === "quit") return quitReply
  if (command === "state") {
    const wanted = named === undefined ? modems : [named]
    return Reply.cases.State.make({ modems: yield* Effect.forEach(wanted, (one) => statusOf(one, served)) })
  }
  const one = named ?? (modems.length === 1 ? modems[0] : undefined)
  if (one === undefined) return refuse(`say which modem: ${modems.map(({ id }) => id).join(", ")}`)
  const { id, modem } = one
  if (command === "journal") return Reply.cases.Journal.make({ modem: id, entries: yield* modem.journal })
  yield* act(modem, command, path)
  return Reply.cases.Done.make({ command, modem: id })
})

const act = (modem: SimModem, command: "plug" | "unplug", path: string | undefined): Effect.Effect<void> =>
  command === "unplug" ? modem.unplug : modem.plug(path)
