/** What a simulated modem is before it is switched on: a model and everything that may differ from the factory. */
import type { Checksums } from "../image/checksums.ts"
import type { Behaviour } from "./behaviours.ts"
import { buildOf, hasPreference } from "./models/Model.ts"
import type { Model } from "./models/Model.ts"
import { OperatingMode } from "./ModemState.ts"
import type { FirmwareSlot, Mode, ModemState, Preference, StoredPri } from "./ModemState.ts"
import { usualSettings } from "./OwnerSettings.ts"
import type { OwnerSettings } from "./OwnerSettings.ts"
import { emptySlot, mismatches } from "./storage.ts"
import type { Timing } from "./timing.ts"

export interface ModemSetup {
  readonly model: Model
  readonly state: ModemState
  readonly behaviours: ReadonlyArray<Behaviour>
  readonly timing: Timing
  /** Where it is plugged, e.g. `1-2`. */
  readonly portPath: string
  readonly serial: string
  readonly imei: string
  readonly checksums?: Checksums
}

export interface ModemOptions {
  /** What runs; the factory's where absent. */
  readonly firmware?: string
  readonly config?: string
  readonly carrier?: string
  /** Stored besides what runs: firmware versions in the free slots, least recently used first. */
  readonly storedFirmware?: ReadonlyArray<string>
  /** Carrier images stored besides the running one. */
  readonly storedCarriers?: ReadonlyArray<StoredPri>
  /** What the modem is told to run; what it runs where absent, `null` for never set. */
  readonly preference?: Preference | null
  /** Swi composition number of the USB side, one of the model's: 6 QMI, 8 MBIM, 9 MBIM alone (qmi.md §8). */
  readonly composition?: number
  /** `off`: not plugged in. */
  readonly mode?: Mode
  /** What its owner has set; the rest as usual. */
  readonly settings?: Partial<OwnerSettings>
  readonly behaviours?: ReadonlyArray<Behaviour>
  readonly timing?: Timing
  readonly portPath?: string
  readonly serial?: string
  /** 15 digits, the last one a Luhn check digit. */
  readonly imei?: string
  /** Sums over what is received; the host's by default, JavaScript where it has none. */
  readonly checksums?: Checksums
  /** The whole state, e.g. one that was saved: everything above about images is ignored then. */
  readonly state?: ModemState
}

/** Placeholders as in at.md: no real device has them. */
const placeholder = { serial: "XX000000000000", imei: "123456789012347", portPath: "1-2" }

const unknownBuild = " r1000 CARMD-EV-FRMWR2 2016/01/01 00:00:00"

const good = (model: Model, slot: number, firmware: string, lru: number): FirmwareSlot => ({
  ...emptySlot(slot),
  status: "GOOD",
  firmware,
  build: buildOf(model, firmware, unknownBuild),
  lru
})

export const initialState = (model: Model, options: ModemOptions = {}): ModemState => {
  const firmware = options.firmware ?? model.factory.firmware
  const config = options.config ?? model.factory.config
  const carrier = options.carrier ?? model.factory.carrier
  const others = (options.storedFirmware ?? []).slice(0, model.firmwareSlots - 1)
  const slots = Array.from({ length: model.firmwareSlots }, (_, index) => {
    const other = others[index - 1]
    if (index === 0) return good(model, 1, firmware, model.firmwareSlots === 1 ? 0 : others.length + 1)
    return other === undefined ? emptySlot(index + 1) : good(model, index + 1, other, index)
  })
  const running = { firmware, config, carrier, build: buildOf(model, firmware, unknownBuild), slot: 1 }
  const preference = !hasPreference(model) ? null : (options.preference ?? { firmware, config, carrier })
  const state: ModemState = {
    mode: options.mode ?? "application",
    composition: options.composition ?? model.compositions[0]?.number ?? 0,
    running,
    slots,
    outside: null,
    pris: hasPreference(model) ? [{ firmware, config, carrier }, ...(options.storedCarriers ?? [])] : [],
    preference: options.preference === null ? null : preference,
    storageIndex: 0,
    switchPending: false,
    downloadForced: false,
    operatingMode: OperatingMode.online,
    bootImageDownloadMode: 0,
    holdOnce: false,
    received: [],
    settings: { echo: true, errorReports: 0, unlocked: false },
    owner: { ...usualSettings(model), ...options.settings },
    resetCounter: 1,
    bootedAt: 0
  }
  return mismatches(state).length > 0 ? { ...state, operatingMode: OperatingMode.lowPower } : state
}

/** A modem of this model with these differences. */
export const setup = (model: Model, options: ModemOptions = {}): ModemSetup => ({
  model,
  state: options.state ?? initialState(model, options),
  behaviours: options.behaviours ?? [],
  timing: options.timing ?? model.timing,
  portPath: options.portPath ?? placeholder.portPath,
  serial: options.serial ?? placeholder.serial,
  imei: options.imei ?? placeholder.imei,
  ...(options.checksums === undefined ? {} : { checksums: options.checksums })
})
