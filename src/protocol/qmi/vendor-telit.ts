/**
 * Messages of the GAS service of Telit/Cinterion modems. Source: qmi.md §8, which gives TLV numbers and types;
 * where it names no field, the name here is by the order in which the request names them.
 */
import { message, optional, tlv } from "./Message.ts"
import { Service } from "./Service.ts"
import { choice, shortString, string, struct, u32, u8 } from "./tlv.ts"

/** Telit's USB vendor id (USB-IF); the document names the maker only. */
export const TELIT_VENDOR_ID = 0x1bc7

const service = Service.GAS
const vendorId = TELIT_VENDOR_ID

const endpoint = choice(u8, { hsusb: 0, hsic: 1 })

export const GasSetUsbComposition = message({
  name: "Set USB Composition",
  service,
  id: 0x0203,
  vendorId,
  request: {
    composition: tlv(0x01, u32),
    endpoint: optional(0x02, endpoint),
    persist: optional(0x03, u8),
    immediate: optional(0x04, u8),
    reboot: optional(0x05, u8)
  },
  response: {}
})

export const GasGetUsbComposition = message({
  name: "Get USB Composition",
  service,
  id: 0x0204,
  vendorId,
  request: {},
  response: {
    composition: optional(0x03, u32),
    endpoint: optional(0x04, endpoint),
    persist: optional(0x05, u8),
    immediate: optional(0x06, u8),
    reboot: optional(0x07, u8)
  }
})

export const GasSetActiveFirmware = message({
  name: "Set Active Firmware",
  service,
  id: 0x0206,
  vendorId,
  request: { carrier: optional(0x10, string), slot: optional(0x11, u8), version: optional(0x12, string) },
  response: {}
})

const listMode = choice(u8, { active: 0, all: 1, specific: 2 })
const slot = struct({ index: u8, name: shortString, version: shortString, priRevision: shortString })

export const GasGetFirmwareList = message({
  name: "Get Firmware List",
  service,
  id: 0x0208,
  vendorId,
  request: {
    mode: tlv(0x01, listMode),
    slot: optional(0x10, u8),
    name: optional(0x11, string),
    version: optional(0x12, string)
  },
  response: {
    mode: optional(0x01, listMode),
    slot1: optional(0x10, slot),
    slot2: optional(0x11, slot),
    slot3: optional(0x12, slot),
    slot4: optional(0x13, slot)
  }
})

const autoSim = { off: 0, on: 1, "one-shot": 2 } as const

export const GasSetFirmwareAutoSim = message({
  name: "Set Firmware Auto SIM",
  service,
  id: 0x0222,
  vendorId,
  request: { mode: tlv(0x01, choice(u8, autoSim)), configId: optional(0x10, u8) },
  response: {}
})

export const GasGetFirmwareAutoSim = message({
  name: "Get Firmware Auto SIM",
  service,
  id: 0x0223,
  vendorId,
  request: {},
  response: { mode: optional(0x03, choice(u8, { ...autoSim, "one-shot-pending": 3 })), configId: optional(0x10, u8) }
})

export const telitMessages = [
  GasSetUsbComposition,
  GasGetUsbComposition,
  GasSetActiveFirmware,
  GasGetFirmwareList,
  GasSetFirmwareAutoSim,
  GasGetFirmwareAutoSim
] as const
