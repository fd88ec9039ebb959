/**
 * Words that need no parser: loading the whole one is half of what a command takes to start. Everyday options of the
 * everyday commands, each once; undefined for everything else, also for what only the parser can tell is wrong. What is
 * understood here is understood in the same way there (test/cli/plain-words.test.ts compares them).
 */
import * as Effect from "effect/Effect"
import type { InspectInput } from "./commands/inspect.ts"
import type { ModemInput, UpdateInput } from "./inputs.ts"

/** Options that a value follows, and those that stand alone: names of the inputs. */
const texts: { readonly [word: string]: string } = {
  "--vid-pid": "vidPid",
  "-d": "vidPid",
  "--busnum-devnum": "busnumDevnum",
  "-s": "busnumDevnum",
  "--cdc-wdm": "cdcWdm",
  "-w": "cdcWdm",
  "--tty": "tty",
  "-t": "tty",
  "--usb-path": "usbPath",
  "--serial": "serial"
}
const versions: typeof texts = {
  "--firmware-version": "firmwareVersion",
  "-f": "firmwareVersion",
  "--config-version": "configVersion",
  "-c": "configVersion",
  "--carrier": "carrier",
  "-C": "carrier"
}
const switches: typeof texts = {
  "--json": "json",
  "--override-download": "overrideDownload",
  "--skip-validation": "skipValidation",
  "--ignore-version-errors": "ignoreVersionErrors",
  "--ignore-mm-runtime-check": "ignoreModemManager",
  "--yes": "yes",
  "-y": "yes"
}

/** The parser takes such a word for the value of the switch in front of it. */
const truth = /^(?:true|false|yes|no|on|off|y|n|1|0)$/i

interface Words {
  readonly texts: ReadonlyMap<string, string>
  readonly switches: ReadonlySet<string>
  readonly files: ReadonlyArray<string>
}

const wordsOf = (args: ReadonlyArray<string>): Words | undefined => {
  const found = { texts: new Map<string, string>(), switches: new Set<string>(), files: new Array<string>() }
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!
    if (!word.startsWith("-")) {
      if (word === "" || truth.test(word)) return undefined
      found.files.push(word)
      continue
    }
    const lone = Object.hasOwn(switches, word) ? switches[word]! : undefined
    if (lone !== undefined) {
      if (found.switches.has(lone)) return undefined
      found.switches.add(lone)
      continue
    }
    const name = Object.hasOwn(texts, word) ? texts[word]! : Object.hasOwn(versions, word) ? versions[word]! : undefined
    const value = args[++at]
    if (name === undefined || value === undefined || value === "" || value.startsWith("-")) return undefined
    if (found.texts.has(name)) return undefined
    found.texts.set(name, value)
  }
  return found
}

const selectors = new Set(Object.values(texts))

/** Options of `update` that others lack. */
const only: { readonly [command: string]: ReadonlySet<string> } = {
  inspect: new Set(["json"]),
  list: new Set([...selectors, "json"]),
  info: new Set([...selectors, "json"]),
  download: new Set([
    ...selectors,
    ...["json", "firmwareVersion", "skipValidation", "ignoreVersionErrors", "ignoreModemManager", "yes"]
  ]),
  update: new Set([...selectors, ...Object.values(versions), ...Object.values(switches)])
}

/** A command and its input. */
export type PlainWords =
  | { readonly command: "inspect"; readonly input: InspectInput }
  | { readonly command: "list" | "info"; readonly input: ModemInput }
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
          ignoreModemManager: on("ignoreModemManager"),
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
