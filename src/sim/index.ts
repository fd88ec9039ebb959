/**
 * Simulated modems (`boothold/sim`): the hardware as a state machine that answers bytes with bytes. `layer(em7455())` is
 * a whole bus; `make(em7455())` one modem for other carriers of bytes, e.g. a pty.
 */
import { models } from "./models/models.ts"
import { setup } from "./ModemSetup.ts"
import type { ModemOptions, ModemSetup } from "./ModemSetup.ts"

/** SWI9200: one firmware slot, no preference. */
export const mc7710 = (options?: ModemOptions): ModemSetup => setup(models.mc7710, options)
/** SWI9X15. */
export const mc7354 = (options?: ModemOptions): ModemSetup => setup(models.mc7354, options)
/** SWI9X30, Mini Card. */
export const mc7455 = (options?: ModemOptions): ModemSetup => setup(models.mc7455, options)
/** SWI9X30, M.2. */
export const em7455 = (options?: ModemOptions): ModemSetup => setup(models.em7455, options)

export { models } from "./models/models.ts"
export type { ModelName } from "./models/models.ts"
export type { Model, ModelPort } from "./models/Model.ts"
export { usbIdsOf, withUsbId } from "./models/usb-ids.ts"
export { setup } from "./ModemSetup.ts"
export type { ModemOptions, ModemSetup } from "./ModemSetup.ts"
export { make } from "./SimModem.ts"
export type { Attachment, BusSignal, SimModem } from "./SimModem.ts"
export { layer, SimControl } from "./SimBus.ts"
export { behaviour, Behaviour, behaviours } from "./behaviours.ts"
export type { BehaviourInfo } from "./behaviours.ts"
export { idleMillis, JournalEntry } from "./journal.ts"
export { OwnerSettings } from "./OwnerSettings.ts"
export { FirmwareSlot, ModemState, Preference, ReceivedImage, StoredPri } from "./ModemState.ts"
export { mismatches, offlineReason } from "./storage.ts"
export { instant, realistic, scaleTiming, Timing } from "./timing.ts"
