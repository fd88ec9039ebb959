/** AT commands about what a modem's owner sets, and what it shows on USB (at.md §5.3, §5.4). */
import { writeBand } from "../../protocol/at/replies/band.ts"
import { writeCustom } from "../../protocol/at/replies/custom.ts"
import { writePacketContexts } from "../../protocol/at/replies/packet-contexts.ts"
import { writeRadioAccess } from "../../protocol/at/replies/radio-access.ts"
import { writeBare, writeUsbLayout, writeUsbProducts, writeUsbVendor } from "../../protocol/at/replies/usb-settings.ts"
import type { AtText } from "../../protocol/at/framing.ts"
import type { Model } from "../models/Model.ts"
import type { ModemState } from "../ModemState.ts"
import { settingsOf } from "../OwnerSettings.ts"
import type { OwnerSettings } from "../OwnerSettings.ts"
import { splitArguments } from "./command.ts"
import type { AtHandler } from "./command.ts"

type Answer = (settings: OwnerSettings, model: Model, state: ModemState) => AtText

const query =
  (answer: Answer): AtHandler =>
  ({ form }, state, { model }) =>
    form === "query" ? answer(settingsOf(model, state), model, state) : "ERROR"

/** Answered with ERROR until the unlock, also as questions (at.md §5.3 [FIELD]). */
const lockedQuery =
  (answer: Answer): AtHandler =>
  (command, state, ...rest) =>
    state.settings.unlocked ? query(answer)(command, state, ...rest) : "ERROR"

const hex4 = (value: number): string => value.toString(16).toUpperCase().padStart(4, "0")

/** By Swi composition number (qmi.md §8), as bits of `AT!USBCOMP=?` (at.md §5.3). */
const interfaces = new Map<number, string>([
  [6, "0000010D (diag,nmea,modem,rmnet0)"],
  [8, "0000100D (diag,nmea,modem,mbim)"],
  [9, "00001000 (mbim)"]
])

/** `AT+CGDCONT=1,"IP","apn"` → OK (at.md §5.4). */
const contexts: AtHandler = (command, state, core, now) => {
  const settings = settingsOf(core.model, state)
  if (command.form !== "set") {
    return query(() =>
      writePacketContexts({
        contexts: settings.contexts.map((context) => ({
          ...context,
          address: "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
          rest: ["0", "0", "0", "0"]
        }))
      })
    )(command, state, core, now)
  }
  const [id = "", type, apn] = splitArguments(command.argument) ?? []
  // "bad parameter" (at.md §1); sixteen profiles, and names of at most 100 characters, are inferred.
  if (!/^([1-9]|1[0-6])$/.test(id) || type === undefined || apn === undefined) return "ERROR"
  if (!/^(IP|IPV6|IPV4V6)$/.test(type) || !/^[\x20-\x7e]{0,100}$/.test(apn)) return "ERROR"
  const others = settings.contexts.filter((context) => context.id !== Number(id))
  const all = [...others, { id: Number(id), type, apn }].toSorted((a, b) => a.id - b.id)
  return { state: { ...state, owner: { ...settings, contexts: all } } }
}

export const settingsCommands: ReadonlyMap<string, AtHandler> = new Map<string, AtHandler>([
  ["+CGDCONT", contexts],
  ["!SELRAT", query(({ radioAccess }) => writeRadioAccess(radioAccess))],
  // Names only until the modem is unlocked.
  [
    "!BAND",
    query(({ band }, { at }, { settings }) =>
      settings.unlocked
        ? writeBand({ columns: (at.bands ?? []).map(({ column }) => column), rows: [band] })
        : writeBand({ columns: [], rows: [{ ...band, masks: [] }] })
    )
  ],
  [
    "!USBCOMP",
    lockedQuery((_, __, { composition }) =>
      writeUsbLayout({ index: "1", type: "1 (Generic)", interfaces: interfaces.get(composition) ?? "00000000 ()" })
    )
  ],
  ["!USBVID", lockedQuery((_, { vendorId }) => writeUsbVendor({ vendor: hex4(vendorId) }))],
  [
    "!USBPID",
    lockedQuery((_, { bootProductId, productId }) =>
      writeUsbProducts({ application: hex4(productId), boot: hex4(bootProductId) })
    )
  ],
  // Bare values (at.md §5.3; of !UDUSBCOMP? that is not known).
  ["!UDUSBCOMP", lockedQuery((_, __, { composition }) => writeBare(String(composition)))],
  ["!UDPID", lockedQuery((_, { productId }) => writeBare(hex4(productId)))],
  ["!PCOFFEN", query(({ powerOffEnable }) => writeBare(String(powerOffEnable)))],
  ["!CUSTOM", lockedQuery(({ custom }) => writeCustom({ values: custom }))]
])
