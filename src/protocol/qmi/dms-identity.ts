/** DMS: what a modem is. Source: qmi.md §6.1, §7. */
import { message, optional, tlv } from "./Message.ts"
import { Service } from "./Service.ts"
import { array, countedBytes, mapped, string, struct, u16, u32, u8 } from "./tlv.ts"

const service = Service.DMS

export const GetSupportedMessages = message({
  name: "Get Supported Messages",
  service,
  id: 0x001e,
  request: {},
  response: { bitmap: optional(0x10, countedBytes(u16)) }
})

export const GetCapabilities = message({
  name: "Get Capabilities",
  service,
  id: 0x0020,
  request: {},
  response: {
    /** Rates in bit/s as the modem claims them; the other numbers are not explained by the document. */
    capabilities: tlv(
      0x01,
      struct({ maxTxRate: u32, maxRxRate: u32, dataCapability: u8, simCapability: u8, radioInterfaces: array(u8) })
    )
  }
})

export const GetManufacturer = message({
  name: "Get Manufacturer",
  service,
  id: 0x0021,
  request: {},
  response: { manufacturer: tlv(0x01, string) }
})

export const GetModel = message({
  name: "Get Model",
  service,
  id: 0x0022,
  request: {},
  response: { model: tlv(0x01, string) }
})

/** The running firmware with build data, e.g. `SWI9X15C_05.05.58.00 r27038 carmd-fwbuild1`. */
export const GetRevision = message({
  name: "Get Revision",
  service,
  id: 0x0023,
  request: {},
  response: { revision: tlv(0x01, string) }
})

/** Longest IMEI; what a modem sends behind it is cut off (§1.2). */
const IMEI_DIGITS = 15

export const GetIds = message({
  name: "Get IDs",
  service,
  id: 0x0025,
  request: {},
  response: {
    esn: optional(0x10, string),
    imei: optional(
      0x11,
      mapped(
        string,
        (imei) => imei.slice(0, IMEI_DIGITS),
        (imei) => imei
      )
    ),
    meid: optional(0x12, string),
    imeiSoftwareVersion: optional(0x13, string)
  }
})

export const GetHardwareRevision = message({
  name: "Get Hardware Revision",
  service,
  id: 0x002c,
  request: {},
  response: { hardwareRevision: tlv(0x01, string) }
})

export const GetFactorySku = message({
  name: "Get Factory SKU",
  service,
  id: 0x0046,
  request: {},
  response: { sku: tlv(0x01, string) }
})

export const GetSoftwareVersion = message({
  name: "Get Software Version",
  service,
  id: 0x0051,
  request: {},
  response: { softwareVersion: tlv(0x01, string) }
})

export const identityMessages = [
  GetSupportedMessages,
  GetCapabilities,
  GetManufacturer,
  GetModel,
  GetRevision,
  GetIds,
  GetHardwareRevision,
  GetFactorySku,
  GetSoftwareVersion
] as const
