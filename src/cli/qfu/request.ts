/** What a command line of `qmi-firmware-update` asks for, in our own terms; its checks in its order (flows.md §1). Pure. */
import * as Result from "effect/Result"
import type { Selector } from "../../device/Modem.ts"
import type { DeviceOpenMode } from "../../update/DeviceOpen.ts"
import type { OptionKey } from "./options.ts"
import type { Detail, Parsed } from "./parse.ts"
import { busnumDevnum, integer, vidPid } from "./values.ts"

export interface Act {
  readonly _tag: "Update" | "Download" | "Reset"
  readonly selector: Selector
  readonly files: ReadonlyArray<string>
  readonly firmwareVersion: string | undefined
  readonly configVersion: string | undefined
  readonly carrier: string | undefined
  readonly ignoreVersionErrors: boolean
  readonly overrideDownload: boolean
  readonly modemStorageIndex: number | undefined
  readonly skipValidation: boolean
  readonly deviceOpen: DeviceOpenMode | undefined
  readonly proxy: boolean
  readonly ignoreModemManager: boolean
}

export type Request = Act | { readonly _tag: "Verify"; readonly files: ReadonlyArray<string> }

/** Asked for beside everything else: they win over it, in this order. */
export const shows = (parsed: Parsed): "version" | "help" | "helpExamples" | undefined =>
  (["version", "help", "helpExamples"] as const).find((key) => parsed.switches.has(key))

/** What is no value of its option is wrong whatever is to be done, help included. */
export const checkValues = ({ values }: Parsed): Detail | undefined => {
  const wrong = (key: OptionKey, reads: (text: string) => unknown, wanted: string): Detail | undefined => {
    const text = values.get(key)
    return text === undefined || reads(text) !== undefined ? undefined : `${JSON.stringify(text)} is no ${wanted}`
  }
  return (
    wrong("vidPid", vidPid, "VID[:PID] in hex") ??
    wrong("busnumDevnum", busnumDevnum, "[BUS:]DEV in decimal") ??
    wrong("modemStorageIndex", integer, "number of a slot")
  )
}

const actions = [
  ["update", "Update"],
  ["updateDownload", "Download"],
  ["reset", "Reset"],
  ["verify", "Verify"]
] as const
const selectors = ["vidPid", "busnumDevnum", "cdcWdm", "tty"] as const
const openModes = [
  ["deviceOpenQmi", "qmi"],
  ["deviceOpenMbim", "mbim"],
  ["deviceOpenAuto", "auto"]
] as const

/** `nodeOf` follows a link to a device node; only the name of the node counts, and either option takes either kind. */
const portSelector = (path: string, nodeOf: (path: string) => string): Result.Result<Selector, Detail> => {
  const name = nodeOf(path).split("/").at(-1) ?? ""
  if (name.startsWith("tty")) return Result.succeed({ tty: name })
  if (name.startsWith("cdc-wdm")) return Result.succeed({ cdcWdm: name })
  return Result.fail(`${JSON.stringify(path)} is neither a serial port (tty…) nor a control port (cdc-wdm…)`)
}

const selectorOf = (parsed: Parsed, nodeOf: (path: string) => string): Result.Result<Selector, Detail> => {
  const given = selectors.filter((key) => parsed.values.has(key))
  const [key] = given
  if (key === undefined) return Result.fail("no modem is named: give one of -d, -s, -w and -t")
  if (given.length > 1) return Result.fail("the modem is named twice: give one of -d, -s, -w and -t")
  const text = parsed.values.get(key) ?? ""
  switch (key) {
    case "vidPid":
      return Result.succeed({ vidPid: vidPid(text) ?? text })
    case "busnumDevnum":
      return Result.succeed({ busnumDevnum: busnumDevnum(text) ?? text })
    case "cdcWdm":
    case "tty":
      return portSelector(text, nodeOf)
  }
}

/** 0 stands for none. */
const slotOf = ({ values }: Parsed): Result.Result<number | undefined, Detail> => {
  const slot = integer(values.get("modemStorageIndex") ?? "0") ?? 0
  return slot < 0 || slot > 255
    ? Result.fail(`there is no slot ${String(slot)}: 0 to 255`)
    : Result.succeed(slot === 0 ? undefined : slot)
}

export const requestOf = (parsed: Parsed, nodeOf: (path: string) => string): Result.Result<Request, Detail> =>
  Result.gen(function* () {
    const { files, switches, values } = parsed
    const [action, other] = actions.flatMap(([key, tag]) => (switches.has(key) ? [tag] : []))
    if (action === undefined) {
      return yield* Result.fail("nothing to do: give one of --update, --update-download, --reset and --verify")
    }
    if (other !== undefined) return yield* Result.fail("one thing at a time: give one of -u, -U, -b and -z")
    if (action !== "Reset" && files.length === 0) return yield* Result.fail("no image files are given")
    if (action === "Verify") return { _tag: "Verify", files } as const
    const selector = yield* selectorOf(parsed, nodeOf)
    // What belongs to another action is not looked at.
    const updates = action === "Update"
    const sends = action === "Download"
    const [mode, second] = sends ? [] : openModes.flatMap(([key, open]) => (switches.has(key) ? [open] : []))
    if (second !== undefined) return yield* Result.fail("give one of --device-open-qmi, -mbim and -auto at most")
    const request: Act = {
      _tag: action,
      selector,
      files: action === "Reset" ? [] : files,
      firmwareVersion: updates ? values.get("firmwareVersion") : undefined,
      configVersion: updates ? values.get("configVersion") : undefined,
      carrier: updates ? values.get("carrier") : undefined,
      // Sending without an update looks at no versions.
      ignoreVersionErrors: sends || (updates && switches.has("ignoreVersionErrors")),
      overrideDownload: updates && switches.has("overrideDownload"),
      modemStorageIndex: updates ? yield* slotOf(parsed) : undefined,
      skipValidation: sends || (updates && switches.has("skipValidation")),
      deviceOpen: mode,
      proxy: !sends && switches.has("deviceOpenProxy"),
      ignoreModemManager: switches.has("ignoreModemManager")
    }
    return request
  })
