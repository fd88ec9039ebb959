/** AT commands that every family has: identity, settings, unlock, reset, status (at.md §2, §3, §5.2, §5.4). */
import { factoryPassword } from "../../protocol/at/commands.ts"
import { writeIdentification } from "../../protocol/at/replies/identification.ts"
import { writePackage, writePackageId } from "../../protocol/at/replies/package-id.ts"
import { writeStatus } from "../../protocol/at/replies/status.ts"
import { revisionText } from "../models/Model.ts"
import type { Model } from "../models/Model.ts"
import type { ModemState } from "../ModemState.ts"
import { OperatingMode } from "../ModemState.ts"
import { softwareVersionOf } from "../qmi/dms-device.ts"
import { mismatches } from "../storage.ts"
import { ok } from "./command.ts"
import type { AtHandler, AtOutcome } from "./command.ts"

const manufacturer = "Sierra Wireless, Incorporated"
/** Placeholder of at.md. */
const factorySerial = "XX000000000000"

const identification = (model: Model, state: ModemState, imei: string): AtOutcome => {
  const common = {
    manufacturer,
    model: model.name,
    revision: revisionText(model, state.running),
    imei,
    factorySerialNumber: factorySerial
  }
  const imeiSoftwareVersion = softwareVersionOf(model.family)
  switch (model.at.identity) {
    case "9200":
      return writeIdentification({ ...common, other: ["3GPP Release 8"] })
    case "9x15":
      return writeIdentification({
        ...common,
        meid: "A0000000000000",
        esn: "00000000000, 80000000",
        imeiSoftwareVersion,
        capabilities: "+CIS707-A, CIS-856, CIS-856-A, +CGSM, +CLTE2, +MS, +ES, +DS, +FCLASS",
        other: []
      })
    case "9x30":
      return writeIdentification({
        ...common,
        meid: imei.slice(0, 14),
        imeiSoftwareVersion,
        capabilities: "+CGSM",
        other: []
      })
  }
}

const run =
  (answer: AtHandler): AtHandler =>
  (command, ...rest) =>
    command.form === "run" ? answer(command, ...rest) : "ERROR"

const query =
  (answer: AtHandler): AtHandler =>
  (command, ...rest) =>
    command.form === "query" ? answer(command, ...rest) : "ERROR"

const line = (text: string): AtOutcome => ({ lines: [text] })

const setEcho =
  (echo: boolean): AtHandler =>
  (_, state) => ({ state: { ...state, settings: { ...state.settings, echo } } })

const defaults = run((_, state) => ({
  state: { ...state, settings: { ...state.settings, echo: true, errorReports: 0 } }
}))

export const enterCnd =
  (password: string): AtHandler =>
  ({ argument, form }, state) => {
    if (form === "query") return state.settings.unlocked ? line(password) : "ERROR"
    // Wrong and unquoted are refused alike (at.md §3.1).
    if (form !== "set" || argument !== `"${password}"`) return "ERROR"
    return { state: { ...state, settings: { ...state.settings, unlocked: true } } }
  }

const errorReports: AtHandler = ({ argument, form }, state) => {
  if (form === "query") return line(`+CMEE: ${String(state.settings.errorReports)}`)
  const value = ["0", "1", "2"].indexOf(argument)
  if (form !== "set" || (value !== 0 && value !== 1 && value !== 2)) return "ERROR"
  return { state: { ...state, settings: { ...state.settings, errorReports: value } } }
}

const functionality: AtHandler = ({ argument, form }, state, core) => {
  if (form === "query") return line(`+CFUN: ${state.operatingMode === OperatingMode.online ? "1" : "0"}`)
  if (form !== "set") return "ERROR"
  switch (argument) {
    case "0":
    case "4":
      return { state: { ...state, operatingMode: OperatingMode.lowPower } }
    case "1":
      // The image voter holds it in low power (at.md §5.4).
      return mismatches(state).length > 0 ? "ERROR" : { state: { ...state, operatingMode: OperatingMode.online } }
    case "1,1":
      return { after: core.restart() }
    default:
      return "ERROR"
  }
}

const status: AtHandler = query((_, state, __, now) =>
  writeStatus({
    currentTime: Math.floor((now - state.bootedAt) / 1000),
    temperature: 29,
    resetCounter: state.resetCounter,
    mode: state.operatingMode === OperatingMode.online ? "ONLINE" : "LOW POWER MODE"
  })
)

const packageId: AtHandler = query((_, { running }, { model }) => {
  const [, revision = "000.000", index = "000"] = /^(\d{3}\.\d{3})_(\d{3})$/.exec(running.config) ?? []
  return writePackage(
    writePackageId({
      sku: "9999999",
      part: "9999999",
      image: `${model.token}_${running.firmware}`,
      reserved: "00",
      carrier: running.carrier === "" ? "?" : running.carrier,
      revision,
      index
    })
  )
})

export const basicCommands: ReadonlyMap<string, AtHandler> = new Map<string, AtHandler>([
  ["", run(() => ok)],
  ["E", run(setEcho(false))],
  ["E0", run(setEcho(false))],
  ["E1", run(setEcho(true))],
  ["&F", defaults],
  ["Z", defaults],
  ["I", run((_, state, { imei, model }) => identification(model, state, imei))],
  ["I0", run((_, state, { imei, model }) => identification(model, state, imei))],
  ["+CMEE", errorReports],
  ["+CFUN", functionality],
  ["+CPIN", query(() => line("+CPIN: READY"))],
  ...["+GMI", "+CGMI"].map((name) => [name, run(() => line(manufacturer))] as const),
  ...["+GMM", "+CGMM"].map((name) => [name, run((_, __, { model }) => line(model.name))] as const),
  ...["+GMR", "+CGMR"].map(
    (name) => [name, run((_, { running }, { model }) => line(revisionText(model, running)))] as const
  ),
  ...["+CGSN", "+GSN"].map((name) => [name, run((_, __, { imei }) => line(imei))] as const),
  ["!ENTERCND", enterCnd(factoryPassword)],
  ["!RESET", run((_, __, core) => ({ after: core.restart() }))],
  // Leaves the preference untouched (at.md §3.2).
  ["!BOOTHOLD", run((_, state, core) => ({ state: { ...state, holdOnce: true }, after: core.restart() }))],
  ["!GSTATUS", status],
  ["!PACKAGE", packageId],
  ["!HWID", query((_, __, { model }) => line(`Revision: ${model.hardwareRevision}`))]
])
