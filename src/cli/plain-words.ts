/**
 * Words that need no parser: loading the whole one is half of what a command takes to start. Everyday options of the
 * everyday commands, each once, by the parser that Node has; undefined for everything else, also for what only the parser can tell is wrong. What is
 * understood here is understood in the same way there (test/cli/plain-words.test.ts compares them).
 */
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import type { ListInput } from "./commands/list.ts"
import type { InspectInput } from "./commands/inspect.ts"
import type { ModemInput, UpdateInput } from "./inputs.ts"

/** Options that a value follows: names of the inputs, words, letters. */
const selecting = {
  vidPid: ["vid-pid", "d"],
  busnumDevnum: ["busnum-devnum", "s"],
  cdcWdm: ["cdc-wdm", "w"],
  tty: ["tty", "t"],
  usbPath: ["usb-path"],
  serial: ["serial"]
} as const
const versions = {
  firmwareVersion: ["firmware-version", "f"],
  configVersion: ["config-version", "c"],
  carrier: ["carrier", "C"]
} as const
/** Options that stand alone. */
const switches = {
  json: ["json"],
  overrideDownload: ["override-download"],
  skipValidation: ["skip-validation"],
  ignoreVersionErrors: ["ignore-version-errors"],
  ignoreModemManager: ["ignore-modem-manager"],
  ignoreRuntimeCheck: ["ignore-mm-runtime-check"],
  ignoreDoctor: ["ignore-doctor"],
  yes: ["yes", "y"]
} as const

const inputOf: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...selecting, ...versions, ...switches }).map(([input, [word]]) => [word, input] as const)
)

const described = (options: { readonly [input: string]: readonly [string, string?] }, type: "string" | "boolean") =>
  Object.fromEntries(
    Object.values(options).map(([word, short]) => [word, { type, ...(short === undefined ? {} : { short }) }] as const)
  )

const parserOptions = {
  ...described({ ...selecting, ...versions }, "string"),
  ...described(switches, "boolean")
}

/** The parser takes such a word for the value of the switch in front of it. */
const truth = /^(?:true|false|yes|no|on|off|y|n|1|0)$/i

interface Words {
  readonly texts: ReadonlyMap<string, string>
  readonly switches: ReadonlySet<string>
  readonly files: ReadonlyArray<string>
}

const tokensOf = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args, options: parserOptions, allowPositionals: true, tokens: true }).tokens
  } catch {
    // The parser says what is wrong with it.
    return undefined
  }
}

/** What each word is; undefined for spellings that the two parsers may see differently. */
const wordsOf = (args: ReadonlyArray<string>): Words | undefined => {
  const found = { texts: new Map<string, string>(), switches: new Set<string>(), files: new Array<string>() }
  for (const token of tokensOf(args) ?? [undefined]) {
    if (token === undefined || token.kind === "option-terminator") return undefined
    if (token.kind === "positional") {
      if (token.value === "" || token.value.startsWith("-") || truth.test(token.value)) return undefined
      found.files.push(token.value)
      continue
    }
    const name = inputOf.get(token.name)
    // `-yt tty`, `--tty=tty`, an option twice.
    if (name === undefined || args[token.index] !== token.rawName || token.inlineValue === true) return undefined
    if (found.texts.has(name) || found.switches.has(name)) return undefined
    if (token.value === undefined) found.switches.add(name)
    else if (token.value === "" || token.value.startsWith("-")) return undefined
    else found.texts.set(name, token.value)
  }
  return found
}

const selectors = new Set(Object.keys(selecting))

/** Options of `update` that others lack. */
const only: { readonly [command: string]: ReadonlySet<string> } = {
  inspect: new Set(["json"]),
  list: new Set([...selectors, "json"]),
  info: new Set([...selectors, "json"]),
  download: new Set([
    ...selectors,
    ...["json", "firmwareVersion", "skipValidation", "ignoreVersionErrors"],
    ...["ignoreModemManager", "ignoreRuntimeCheck", "ignoreDoctor", "yes"]
  ]),
  update: new Set([...selectors, ...Object.keys(versions), ...Object.keys(switches)])
}

/** A command and its input. */
export type PlainWords =
  | { readonly command: "inspect"; readonly input: InspectInput }
  | { readonly command: "list"; readonly input: ListInput }
  | { readonly command: "info"; readonly input: ModemInput }
  | { readonly command: "download" | "update"; readonly input: UpdateInput }

export const plainWords = (args: ReadonlyArray<string>): PlainWords | undefined => {
  const [command = "", ...rest] = args
  const allowed = Object.hasOwn(only, command) ? only[command] : undefined
  const words = allowed === undefined ? undefined : wordsOf(rest)
  if (allowed === undefined || words === undefined) return undefined
  if ([...words.texts.keys(), ...words.switches].some((name) => !allowed.has(name))) return undefined
  const { files } = words
  const takesFiles = command !== "list" && command !== "info"
  if (takesFiles !== files.length > 0) return undefined
  const on = (name: string): boolean => words.switches.has(name)
  const json = on("json")
  const chosen = [...words.texts].filter(([name]) => selectors.has(name))
  const modem: ModemInput = { json, selector: Object.fromEntries(chosen), simulation: undefined }
  switch (command) {
    case "inspect":
      return { command, input: { json, files } }
    case "list":
      return { command, input: { ...modem, firmware: true, watch: false } }
    case "info":
      return { command, input: modem }
    case "download":
    case "update":
      return {
        command,
        input: {
          ...modem,
          files,
          firmwareVersion: words.texts.get("firmwareVersion"),
          configVersion: words.texts.get("configVersion"),
          carrier: words.texts.get("carrier"),
          ignoreVersionErrors: on("ignoreVersionErrors"),
          overrideDownload: on("overrideDownload"),
          modemStorageIndex: undefined,
          skipValidation: on("skipValidation"),
          ignoreModemManager: on("ignoreModemManager") || on("ignoreRuntimeCheck"),
          ignoreDoctor: on("ignoreDoctor"),
          yes: on("yes")
        }
      }
    default:
      return undefined
  }
}

/** Runs the command; yields the exit code, or its error. */
const runWords = (words: PlainWords) => {
  switch (words.command) {
    case "inspect":
      return Effect.flatMap(
        Effect.promise(() => import("./quick.ts").then(({ quickInspect }) => quickInspect)),
        (run) => run(words.input)
      )
    case "list":
      return Effect.flatMap(
        Effect.promise(() => import("./commands/list.ts").then(({ list }) => list)),
        (run) => run(words.input)
      )
    case "info":
      return Effect.flatMap(
        Effect.promise(() => import("./commands/info.ts").then(({ info }) => info)),
        (run) => run(words.input)
      )
    case "download":
      return Effect.flatMap(
        Effect.promise(() => import("./commands/download.ts").then(({ download }) => download)),
        (run) => run(words.input)
      )
    case "update":
      return Effect.flatMap(
        Effect.promise(() => import("./commands/update.ts").then(({ update }) => update)),
        (run) => run(words.input)
      )
  }
}

/** As the parser's runner does it. */
export const runPlain = (words: PlainWords) =>
  Effect.flatMap(
    Effect.promise(() => import("./settle.ts").then(({ settle }) => settle)),
    (settle) => settle(words.input.json)(runWords(words))
  )
