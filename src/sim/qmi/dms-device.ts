/** DMS of a simulated modem: what it is, its operating mode, vendor messages (qmi.md §6.1, §6.5, §7, §8). */
import {
  GetCapabilities,
  GetHardwareRevision,
  GetIds,
  GetManufacturer,
  GetModel,
  GetRevision
} from "../../protocol/qmi/dms-identity.ts"
import {
  GetOperatingMode,
  OfflineReasonBit,
  OperatingModeValue,
  ResetService,
  SetOperatingMode
} from "../../protocol/qmi/dms-power.ts"
import { QmiErrorCode } from "../../protocol/qmi/error-code.ts"
import { SwiGetCurrentFirmware, SwiGetUsbComposition, SwiSetUsbComposition } from "../../protocol/qmi/vendor-sierra.ts"
import { revisionText } from "../models/Model.ts"
import { OperatingMode } from "../ModemState.ts"
import { mismatches, offlineReason } from "../storage.ts"
import { on } from "./handler.ts"
import type { Handler } from "./handler.ts"

/** IMEI software version of the captured modems (at.md §2.1). */
const imeiSoftwareVersion = { SWI9200: "01", SWI9X15: "13", SWI9X30: "20" } as const

export const softwareVersionOf = (family: string): string =>
  new Map<string, string>(Object.entries(imeiSoftwareVersion)).get(family) ?? "01"

/** Modes that a host may ask for, by number (qmi.md §6.5). */
const askable = new Set<number>([
  OperatingMode.online,
  OperatingMode.lowPower,
  OperatingMode.factoryTest,
  OperatingMode.offline,
  OperatingMode.reset,
  OperatingMode.shuttingDown,
  OperatingMode.persistentLowPower,
  OperatingMode.modeOnlyLowPower
])

export const deviceHandlers: ReadonlyArray<Handler> = [
  on(ResetService, () => ({ response: {} })),

  on(GetCapabilities, () => ({
    response: {
      capabilities: {
        maxTxRate: 50_000_000,
        maxRxRate: 100_000_000,
        dataCapability: 4,
        simCapability: 2,
        radioInterfaces: [5, 8]
      }
    }
  })),

  on(GetManufacturer, () => ({ response: { manufacturer: "Sierra Wireless, Incorporated" } })),

  on(GetModel, (_, __, { model }) => ({ response: { model: model.name } })),

  on(GetRevision, (_, { running }, { model }) => ({ response: { revision: revisionText(model, running) } })),

  on(GetIds, (_, __, { imei, model }) => ({
    response: {
      esn: "0",
      imei,
      ...(model.at.identity === "9200" ? {} : { meid: imei.slice(0, 14) }),
      imeiSoftwareVersion: softwareVersionOf(model.family)
    }
  })),

  on(GetHardwareRevision, (_, __, { model }) => ({ response: { hardwareRevision: model.hardwareRevision } })),

  on(GetOperatingMode, (_, state) => {
    const bits = offlineReason(state)
    const reasons = Object.entries(OfflineReasonBit).flatMap(([name, bit]) =>
      (bits & bit) === 0 ? [] : [name as keyof typeof OfflineReasonBit]
    )
    return {
      response: {
        mode: state.operatingMode,
        ...(state.operatingMode !== OperatingMode.online && bits !== 0 ? { offlineReasons: reasons } : {}),
        hardwareRestricted: false
      }
    }
  }),

  on(SetOperatingMode, ({ mode }, state, core) => {
    const wanted = typeof mode === "number" ? mode : OperatingModeValue[mode]
    if (!askable.has(wanted)) return { error: QmiErrorCode.InvalidArgument }
    const offline = state.operatingMode === OperatingMode.offline
    // Reset only out of offline, and out of offline nothing but reset and shutting down: the document always shows
    // offline first (qmi.md §6.5, "power cycle"); the refusal is inferred.
    if (wanted === OperatingMode.reset) {
      return offline
        ? { response: {}, state: { ...state, operatingMode: wanted }, after: core.restart() }
        : { error: QmiErrorCode.InvalidTransition }
    }
    if (wanted === OperatingMode.shuttingDown) {
      return { response: {}, state: { ...state, operatingMode: wanted }, after: core.switchOff }
    }
    if (offline && wanted !== OperatingMode.offline) return { error: QmiErrorCode.InvalidTransition }
    if (state.operatingMode === OperatingMode.reset) return { error: QmiErrorCode.InvalidTransition }
    // The image voter holds it in low power (at.md §5.1; §5.4: AT+CFUN=1 is refused then).
    if (wanted === OperatingMode.online && mismatches(state).length > 0)
      return { error: QmiErrorCode.InvalidTransition }
    return { response: {}, state: { ...state, operatingMode: wanted } }
  }),

  on(SwiGetCurrentFirmware, (_, { running }, { model }) => {
    const image = `${model.token}_${running.firmware}`
    return {
      response: {
        model: model.name,
        bootVersion: image,
        amssVersion: image,
        priVersion: running.config.slice(0, 7),
        carrier: running.carrier,
        configVersion: running.config
      }
    }
  }),

  on(SwiGetUsbComposition, (_, { composition }, { model }) => ({
    response: { current: composition, supported: model.compositions.map(({ number }) => number) }
  })),

  on(SwiSetUsbComposition, ({ composition }, state, { model }) =>
    model.compositions.some(({ number }) => number === composition)
      ? { response: {}, state: { ...state, composition } }
      : { error: QmiErrorCode.InvalidArgument }
  )
]
