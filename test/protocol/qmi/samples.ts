/**
 * Bytes written by hand from the tables of qmi.md §3, §6–§8, for what no capture shows: service, id, TLV numbers,
 * sizes and order of every message. The response is without its result TLV.
 */
import * as Ctl from "../../../src/protocol/qmi/ctl.ts"
import * as Dms from "../../../src/protocol/qmi/dms.ts"
import type { AnyQmiMessage, QmiMessage } from "../../../src/protocol/qmi/Message.ts"
import type { Tlv } from "../../../src/protocol/qmi/Qmux.ts"
import * as Foxconn from "../../../src/protocol/qmi/vendor-foxconn.ts"
import * as Sierra from "../../../src/protocol/qmi/vendor-sierra.ts"
import * as Telit from "../../../src/protocol/qmi/vendor-telit.ts"
import { hex } from "../bytes.ts"

export interface Sample {
  readonly message: AnyQmiMessage
  readonly service: number
  readonly id: number
  readonly vendorId: number | undefined
  readonly request: unknown
  readonly requestBytes: string
  readonly requestTlvs: ReadonlyArray<Tlv>
  readonly response: unknown
  readonly responseBytes: string
  readonly responseTlvs: ReadonlyArray<Tlv>
  readonly failureTlvs: ReadonlyArray<Tlv>
}

const of = <A, B>(
  at: readonly [service: number, id: number, vendorId?: number],
  message: QmiMessage<A, B>,
  request: A,
  requestBytes: string,
  response: B,
  responseBytes: string
): Sample => ({
  message,
  service: at[0],
  id: at[1],
  vendorId: at[2],
  request,
  requestBytes,
  requestTlvs: message.encodeRequest(request),
  response,
  responseBytes,
  responseTlvs: message.encodeResponse(response),
  failureTlvs: message.encodeFailure(94)
})

const image: Dms.ImageId = {
  type: "pri",
  uniqueId: hex("41 42 00 00 00 00 00 00 00 00 00 00 00 00 00 00"),
  buildId: "x"
}
const imageBytes = "01 41 42 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 78"
const info = `43 44 ${"00 ".repeat(30)}`

export const samples: ReadonlyArray<Sample> = [
  // §3
  of([0, 0x20], Ctl.SetInstanceId, { instance: 3 }, "01 01 00 03", { link: 0x201 }, "01 02 00 01 02"),
  of(
    [0, 0x21],
    Ctl.GetVersionInfo,
    {},
    "",
    {
      services: [
        { service: 0, major: 1, minor: 5 },
        { service: 0xe3, major: 0x102, minor: 0 }
      ]
    },
    "01 0b 00 02 00 01 00 05 00 e3 02 01 00 00"
  ),
  of(
    [0, 0x22],
    Ctl.AllocateCid,
    { service: 2 },
    "01 01 00 02",
    { allocation: { service: 2, client: 5 } },
    "01 02 00 02 05"
  ),
  of([0, 0x23], Ctl.ReleaseCid, { allocation: { service: 2, client: 5 } }, "01 02 00 02 05", {}, ""),
  of(
    [0, 0x26],
    Ctl.SetDataFormat,
    { qosHeader: true, linkProtocol: "raw-ip" },
    "01 01 00 01 10 02 00 02 00",
    { linkProtocol: "802.3" },
    "10 02 00 01 00"
  ),
  of([0, 0x27], Ctl.Sync, {}, "", {}, ""),
  of([0, 0xff00], Ctl.ProxyOpen, { path: "/dev" }, "01 04 00 2f 64 65 76", {}, ""),
  // §7
  of([2, 0x1e], Dms.GetSupportedMessages, {}, "", { bitmap: hex("01 80 ff") }, "10 05 00 03 00 01 80 ff"),
  of(
    [2, 0x20],
    Dms.GetCapabilities,
    {},
    "",
    {
      capabilities: {
        maxTxRate: 50_000_000,
        maxRxRate: 0xfffefdfc,
        dataCapability: 4,
        simCapability: 2,
        radioInterfaces: [4, 5, 8]
      }
    },
    "01 0e 00 80 f0 fa 02 fc fd fe ff 04 02 03 04 05 08"
  ),
  of([2, 0x21], Dms.GetManufacturer, {}, "", { manufacturer: "Sierra" }, "01 06 00 53 69 65 72 72 61"),
  of([2, 0x22], Dms.GetModel, {}, "", { model: "EM7455" }, "01 06 00 45 4d 37 34 35 35"),
  of([2, 0x23], Dms.GetRevision, {}, "", { revision: "r1" }, "01 02 00 72 31"),
  of(
    [2, 0x25],
    Dms.GetIds,
    {},
    "",
    { esn: "0", imei: "1", meid: "2", imeiSoftwareVersion: "3" },
    "10 01 00 30 11 01 00 31 12 01 00 32 13 01 00 33"
  ),
  of([2, 0x2c], Dms.GetHardwareRevision, {}, "", { hardwareRevision: "1.0" }, "01 03 00 31 2e 30"),
  of([2, 0x46], Dms.GetFactorySku, {}, "", { sku: "11" }, "01 02 00 31 31"),
  of([2, 0x51], Dms.GetSoftwareVersion, {}, "", { softwareVersion: "v" }, "01 01 00 76"),
  // §6.2–§6.4, §6.6, §7
  of(
    [2, 0x49],
    Dms.ListStoredImages,
    {},
    "",
    {
      lists: [
        { type: "modem", maximum: 4, running: undefined, images: [] },
        {
          type: "pri",
          maximum: 50,
          running: 0,
          images: [{ storageIndex: 9, failureCount: 2, uniqueId: image.uniqueId, buildId: "x" }]
        }
      ]
    },
    "01 1d 00 02 00 04 ff 00 01 32 00 01 09 02 41 42 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 78"
  ),
  of([2, 0x47], Dms.GetFirmwarePreference, {}, "", { images: [image] }, `01 14 00 01 ${imageBytes}`),
  of(
    [2, 0x48],
    Dms.SetFirmwarePreference,
    { images: [], downloadOverride: true, modemStorageIndex: 3 },
    "11 01 00 03 10 01 00 01 01 01 00 00",
    { download: [] },
    "01 01 00 00"
  ),
  of([2, 0x4a], Dms.DeleteStoredImage, { image }, `01 13 00 ${imageBytes}`, {}, ""),
  of(
    [2, 0x4c],
    Dms.GetStoredImageInfo,
    { image },
    `01 13 00 ${imageBytes}`,
    { bootVersion: { major: 1, minor: 0x203 }, pri: { version: 0x04030201, info: "CD" }, oemLockId: 7 },
    `10 04 00 01 00 03 02 11 24 00 01 02 03 04 ${info} 12 04 00 07 00 00 00`
  ),
  of([2, 0x3e], Dms.SetFirmwareId, {}, "", {}, ""),
  of([2, 0x50], Dms.SetBootImageDownloadMode, { mode: "normal" }, "01 01 00 00", {}, ""),
  of([2, 0x4f], Dms.GetBootImageDownloadMode, {}, "", { mode: "boot-and-recovery" }, "10 01 00 01"),
  // §6.5, §7
  of(
    [2, 0x2d],
    Dms.GetOperatingMode,
    {},
    "",
    {
      mode: "low-power",
      offlineReasons: ["host-image-misconfiguration", "device-memory-full"],
      hardwareRestricted: true
    },
    "01 01 00 01 10 02 00 09 00 11 01 00 01"
  ),
  of([2, 0x2e], Dms.SetOperatingMode, { mode: "unknown" }, "01 01 00 ff", {}, ""),
  of([2, 0x3a], Dms.RestoreFactoryDefaults, { servicePassword: "000000" }, "01 06 00 30 30 30 30 30 30", {}, ""),
  of([2, 0x00], Dms.ResetService, {}, "", {}, ""),
  // §6.1, §8
  of(
    [2, 0x5556, 0x1199],
    Sierra.SwiGetCurrentFirmware,
    {},
    "",
    {
      model: "0",
      bootVersion: "1",
      amssVersion: "2",
      skuId: "3",
      packageId: "4",
      carrierId: "5",
      priVersion: "6",
      carrier: "7",
      configVersion: "8"
    },
    `10 01 00 30 11 01 00 31 12 01 00 32 13 01 00 33 14 01 00 34 15 01 00 35 16 01 00 36 17 01 00 37 18 01 00 38`
  ),
  of(
    [2, 0x555b, 0x1199],
    Sierra.SwiGetUsbComposition,
    {},
    "",
    { current: 6, supported: [6, 8] },
    "10 01 00 06 11 03 00 02 06 08"
  ),
  of([2, 0x555c, 0x1199], Sierra.SwiSetUsbComposition, { composition: 8 }, "01 01 00 08", {}, ""),
  of([2, 0x5556, 0x03f0], Foxconn.HpChangeDeviceMode, { mode: "fastboot" }, "01 01 00 05", {}, ""),
  of(
    [2, 0x555e, 0x0489],
    Foxconn.FoxconnGetFirmwareVersion,
    { type: "firmware-mcfg-apps" },
    "01 01 00 01",
    { version: "v" },
    "01 01 00 76"
  ),
  of([2, 0x555f], Foxconn.SetFccAuthentication, {}, "", {}, ""),
  of([2, 0x5562, 0x0489], Foxconn.FoxconnChangeDeviceMode, { mode: "fastboot-ota" }, "01 01 00 0a", {}, ""),
  of([2, 0x5571, 0x0489], Foxconn.FoxconnSetFccAuthentication, { magic: 9 }, "01 01 00 09", {}, ""),
  of(
    [2, 0x5571, 0x0489],
    Foxconn.FoxconnSetFccAuthenticationV2,
    { magicString: "ab", magicNumber: 9 },
    "01 02 00 61 62 02 01 00 09",
    {},
    ""
  ),
  of(
    [0xe3, 0x555e, 0x0489],
    Foxconn.FoxGetFirmwareVersion,
    { type: "apps" },
    "01 01 00 02",
    { version: "v" },
    "01 01 00 76"
  ),
  of(
    [0xe3, 0x5571, 0x0489],
    Foxconn.FoxSetFccAuthentication,
    { magicString: "ab", magicNumber: 9 },
    "01 02 00 61 62 02 01 00 09",
    {},
    ""
  ),
  of(
    [0xe8, 0x0203, 0x1bc7],
    Telit.GasSetUsbComposition,
    { composition: 0x1230, endpoint: "hsic", persist: 1, immediate: 2, reboot: 3 },
    "01 04 00 30 12 00 00 02 01 00 01 03 01 00 01 04 01 00 02 05 01 00 03",
    {},
    ""
  ),
  of(
    [0xe8, 0x0204, 0x1bc7],
    Telit.GasGetUsbComposition,
    {},
    "",
    { composition: 0x1230, endpoint: "hsusb", persist: 1, immediate: 2, reboot: 3 },
    "03 04 00 30 12 00 00 04 01 00 00 05 01 00 01 06 01 00 02 07 01 00 03"
  ),
  of(
    [0xe8, 0x0206, 0x1bc7],
    Telit.GasSetActiveFirmware,
    { carrier: "c", slot: 2, version: "v" },
    "10 01 00 63 11 01 00 02 12 01 00 76",
    {},
    ""
  ),
  of(
    [0xe8, 0x0208, 0x1bc7],
    Telit.GasGetFirmwareList,
    { mode: "specific", slot: 1, name: "n", version: "v" },
    "01 01 00 02 10 01 00 01 11 01 00 6e 12 01 00 76",
    {
      mode: "all",
      slot1: { index: 1, name: "n", version: "v", priRevision: "p" },
      slot4: { index: 4, name: "", version: "", priRevision: "" }
    },
    "01 01 00 01 10 07 00 01 01 6e 01 76 01 70 13 04 00 04 00 00 00"
  ),
  of(
    [0xe8, 0x0222, 0x1bc7],
    Telit.GasSetFirmwareAutoSim,
    { mode: "one-shot", configId: 1 },
    "01 01 00 02 10 01 00 01",
    {},
    ""
  ),
  of(
    [0xe8, 0x0223, 0x1bc7],
    Telit.GasGetFirmwareAutoSim,
    {},
    "",
    { mode: "one-shot-pending", configId: 1 },
    "03 01 00 03 10 01 00 01"
  )
]
