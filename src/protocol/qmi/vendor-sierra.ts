/** DMS messages of Sierra Wireless modems. Source: qmi.md §6.1, §8. Other makers use the same ids for other things. */
import { message, optional, tlv } from "./Message.ts"
import { Service } from "./Service.ts"
import { array, string, u8 } from "./tlv.ts"

export const SIERRA_VENDOR_ID = 0x1199

const service = Service.DMS
const vendorId = SIERRA_VENDOR_ID

export const SwiGetCurrentFirmware = message({
  name: "Swi Get Current Firmware",
  service,
  id: 0x5556,
  vendorId,
  request: {},
  response: {
    model: optional(0x10, string),
    bootVersion: optional(0x11, string),
    amssVersion: optional(0x12, string),
    skuId: optional(0x13, string),
    packageId: optional(0x14, string),
    carrierId: optional(0x15, string),
    priVersion: optional(0x16, string),
    carrier: optional(0x17, string),
    configVersion: optional(0x18, string)
  }
})

/** What the composition numbers stand for, in the field's own words (§8, "Swi compositions"). */
export const usbComposition = (composition: number): string => {
  const singles: Readonly<Record<number, string>> = {
    6: "DM,NMEA,AT,QMI",
    7: "DM,NMEA,AT,RMNET1-3",
    8: "DM,NMEA,AT,MBIM",
    9: "MBIM",
    10: "NMEA,MBIM",
    11: "DM,MBIM",
    12: "DM,NMEA,MBIM"
  }
  if (composition >= 13 && composition <= 17) return `${singles[6] ?? ""} + ${singles[composition - 5] ?? ""}`
  if (composition >= 18 && composition <= 22) return `${singles[7] ?? ""} + ${singles[composition - 10] ?? ""}`
  return singles[composition] ?? (composition < 6 ? "older HIP, modem, NIC or ECM set" : "unknown")
}

export const SwiGetUsbComposition = message({
  name: "Swi Get USB Composition",
  service,
  id: 0x555b,
  vendorId,
  request: {},
  response: { current: optional(0x10, u8), supported: optional(0x11, array(u8)) }
})

/** Takes effect with the next boot. */
export const SwiSetUsbComposition = message({
  name: "Swi Set USB Composition",
  service,
  id: 0x555c,
  vendorId,
  request: { composition: tlv(0x01, u8) },
  response: {}
})

export const sierraMessages = [SwiGetCurrentFirmware, SwiGetUsbComposition, SwiSetUsbComposition] as const
