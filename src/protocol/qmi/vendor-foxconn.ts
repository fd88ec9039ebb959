/**
 * Messages of Foxconn (T99W…) and HP modems. Source: qmi.md §8. Definitions for reading logs and for refusing to
 * confuse them with Sierra's messages of the same ids; no flow of ours sends them.
 */
import { message, optional, tlv } from "./Message.ts"
import { Service } from "./Service.ts"
import { choice, string, u8 } from "./tlv.ts"

export const FOXCONN_VENDOR_ID = 0x0489
export const HP_VENDOR_ID = 0x03f0

const vendorId = FOXCONN_VENDOR_ID

export const FirmwareVersionType = { "firmware-mcfg": 0, "firmware-mcfg-apps": 1, apps: 2 } as const

export const HpChangeDeviceMode = message({
  name: "HP Change Device Mode",
  service: Service.DMS,
  id: 0x5556,
  vendorId: HP_VENDOR_ID,
  request: { mode: tlv(0x01, choice(u8, { fastboot: 5 })) },
  response: {}
})

export const FoxconnGetFirmwareVersion = message({
  name: "Foxconn Get Firmware Version",
  service: Service.DMS,
  id: 0x555e,
  vendorId,
  request: { type: tlv(0x01, choice(u8, FirmwareVersionType)) },
  response: { version: optional(0x01, string) }
})

/** The document names no maker. */
export const SetFccAuthentication = message({
  name: "Set FCC Authentication",
  service: Service.DMS,
  id: 0x555f,
  request: {},
  response: {}
})

export const FoxconnChangeDeviceMode = message({
  name: "Foxconn Change Device Mode",
  service: Service.DMS,
  id: 0x5562,
  vendorId,
  request: { mode: tlv(0x01, choice(u8, { "fastboot-online": 0x05, "fastboot-ota": 0x0a })) },
  response: {}
})

/** Version 1 and 2 share one id; the document gives 0489 and 0490 without saying which modem wants which version. */
export const FoxconnSetFccAuthentication = message({
  name: "Foxconn Set FCC Authentication",
  service: Service.DMS,
  id: 0x5571,
  vendorId,
  request: { magic: tlv(0x01, u8) },
  response: {}
})

/** TLV numbers as in the same message of the FOX service, which the document spells out. */
export const FoxconnSetFccAuthenticationV2 = message({
  name: "Foxconn Set FCC Authentication v2",
  service: Service.DMS,
  id: 0x5571,
  vendorId,
  request: { magicString: tlv(0x01, string), magicNumber: tlv(0x02, u8) },
  response: {}
})

export const FoxGetFirmwareVersion = message({
  name: "Get Firmware Version",
  service: Service.FOX,
  id: 0x555e,
  vendorId,
  request: { type: tlv(0x01, choice(u8, FirmwareVersionType)) },
  response: { version: optional(0x01, string) }
})

export const FoxSetFccAuthentication = message({
  name: "Set FCC Authentication",
  service: Service.FOX,
  id: 0x5571,
  vendorId,
  request: { magicString: tlv(0x01, string), magicNumber: tlv(0x02, u8) },
  response: {}
})

export const foxconnMessages = [
  HpChangeDeviceMode,
  FoxconnGetFirmwareVersion,
  SetFccAuthentication,
  FoxconnChangeDeviceMode,
  FoxconnSetFccAuthentication,
  FoxconnSetFccAuthenticationV2,
  FoxGetFirmwareVersion,
  FoxSetFccAuthentication
] as const
