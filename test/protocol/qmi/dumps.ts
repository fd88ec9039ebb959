/** Every captured QMUX frame of qmi.md with what it means: §3.1, §4, §5.4 (the frame inside), §6.2–§6.6, §7. */
import * as Result from "effect/Result"
import * as Ctl from "../../../src/protocol/qmi/ctl.ts"
import * as Dms from "../../../src/protocol/qmi/dms.ts"
import { modemImageId, priImageId } from "../../../src/protocol/qmi/firmware-id.ts"
import type { QmiMessage } from "../../../src/protocol/qmi/Message.ts"
import type { QmuxFrame, Tlv } from "../../../src/protocol/qmi/Qmux.ts"
import { SwiGetCurrentFirmware } from "../../../src/protocol/qmi/vendor-sierra.ts"
import { concat, hex, text } from "../bytes.ts"

export interface Dump {
  readonly name: string
  readonly bytes: Uint8Array
  /** The frame without its TLVs. */
  readonly envelope: Omit<QmuxFrame, "tlvs">
  readonly encode: () => ReadonlyArray<Tlv>
  readonly decode: (tlvs: ReadonlyArray<Tlv>) => unknown
  readonly decoded: unknown
}

const envelope = (
  of: { readonly service: number; readonly id: number },
  kind: "request" | "response",
  client: number,
  transaction: number
): Dump["envelope"] => ({
  service: of.service,
  client,
  control: kind === "request" ? 0x00 : 0x80,
  kind,
  transaction,
  message: of.id
})

const bytesOf = (bytes: string | Uint8Array): Uint8Array => (typeof bytes === "string" ? hex(bytes) : bytes)

const request = <A, B>(
  of: QmiMessage<A, B>,
  client: number,
  transaction: number,
  value: A,
  bytes: string | Uint8Array
): Dump => ({
  name: `${of.name} request`,
  bytes: bytesOf(bytes),
  envelope: envelope(of, "request", client, transaction),
  encode: () => of.encodeRequest(value),
  decode: of.decodeRequest,
  decoded: Result.succeed(value)
})

const response = <A, B>(
  of: QmiMessage<A, B>,
  client: number,
  transaction: number,
  value: B,
  bytes: string | Uint8Array
): Dump => ({
  name: `${of.name} response`,
  bytes: bytesOf(bytes),
  envelope: envelope(of, "response", client, transaction),
  encode: () => of.encodeResponse(value),
  decode: of.decodeResponse,
  decoded: Result.succeed(value)
})

const refusal = <A, B>(
  of: QmiMessage<A, B>,
  client: number,
  transaction: number,
  error: number,
  name: string,
  bytes: string
): Dump => ({
  name: `${of.name} refusal`,
  bytes: hex(bytes),
  envelope: envelope(of, "response", client, transaction),
  encode: () => of.encodeFailure(error),
  decode: of.decodeResponse,
  decoded: Result.fail({ _tag: "QmiRefused", error, name })
})

const modem = Result.getOrThrow(modemImageId("05.05.58.00"))
const pri = Result.getOrThrow(priImageId("05.05.58.00", "Generic", "005.025_002"))
const systemUniqueId = hex("3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00")

export const dumps: ReadonlyArray<Dump> = [
  // §3.1
  request(Ctl.Sync, 0, 1, {}, "01 0b 00 00 00 00 00 01 27 00 00 00"),
  response(Ctl.Sync, 0, 1, {}, "01 12 00 80 00 00 01 01 27 00 07 00 02 04 00 00 00 00 00"),
  request(Ctl.AllocateCid, 0, 2, { service: 2 }, "01 0f 00 00 00 00 00 02 22 00 04 00 01 01 00 02"),
  response(
    Ctl.AllocateCid,
    0,
    2,
    { allocation: { service: 2, client: 5 } },
    "01 17 00 80 00 00 01 02 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05"
  ),
  request(
    Ctl.ReleaseCid,
    0,
    3,
    { allocation: { service: 2, client: 5 } },
    "01 10 00 00 00 00 00 03 23 00 05 00 01 02 00 02 05"
  ),
  response(
    Ctl.ReleaseCid,
    0,
    3,
    { allocation: { service: 2, client: 5 } },
    "01 17 00 80 00 00 01 03 23 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05"
  ),
  // §4
  request(
    Ctl.ProxyOpen,
    0,
    1,
    { path: "/dev/pts/0" },
    "01 18 00 00 00 00 00 01 00 ff 0d 00 01 0a 00 2f 64 65 76 2f 70 74 73 2f 30"
  ),
  response(Ctl.ProxyOpen, 0, 1, {}, "01 12 00 80 00 00 01 01 00 ff 07 00 02 04 00 00 00 00 00"),
  // §5.4, inside MBIM
  request(Ctl.AllocateCid, 0, 1, { service: 2 }, "01 0f 00 00 00 00 00 01 22 00 04 00 01 01 00 02"),
  response(
    Ctl.AllocateCid,
    0,
    1,
    { allocation: { service: 2, client: 5 } },
    "01 17 00 80 00 00 01 01 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05"
  ),
  // §6.2
  response(
    Dms.ListStoredImages,
    5,
    1,
    {
      lists: [
        {
          type: "modem",
          maximum: 4,
          running: 1,
          images: [
            { storageIndex: 1, failureCount: 0, uniqueId: systemUniqueId, buildId: "05.05.58.00_?" },
            { storageIndex: 2, failureCount: undefined, uniqueId: systemUniqueId, buildId: "05.05.66.00_?" }
          ]
        }
      ]
    },
    `01 5b 00 80 02 05 02 01 00 49 00 4f 00 02 04 00 00 00 00 00 01 45 00 01 00 04 01 02 01 00 3f 5f 3f 00 00 00 00 00 00 00 00 00
     00 00 00 00 0d 30 35 2e 30 35 2e 35 38 2e 30 30 5f 3f 02 ff 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d 30 35 2e 30 35
     2e 36 36 2e 30 30 5f 3f`
  ),
  // §6.3
  request(Dms.GetFirmwarePreference, 5, 1, {}, "01 0c 00 00 02 05 00 01 00 47 00 00 00"),
  response(
    Dms.GetFirmwarePreference,
    5,
    1,
    { images: [modem, pri] },
    `01 5b 00 80 02 05 02 01 00 47 00 4f 00 02 04 00 00 00 00 00 01 45 00 02
     00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d 30 35 2e 30 35 2e 35 38 2e 30 30 5f 3f
     01 30 30 35 2e 30 32 35 5f 30 30 32 00 00 00 00 00 13 30 35 2e 30 35 2e 35 38 2e 30 30 5f 47 65 6e 65 72 69 63`
  ),
  // §6.4
  request(
    Dms.SetFirmwarePreference,
    5,
    1,
    Dms.firmwarePreference(modem, pri, { modemStorageIndex: 2, downloadOverride: true }),
    `01 5c 00 00 02 05 00 01 00 48 00 50 00 11 01 00 02 10 01 00 01 01 45 00 02
     00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d 30 35 2e 30 35 2e 35 38 2e 30 30 5f 3f
     01 30 30 35 2e 30 32 35 5f 30 30 32 00 00 00 00 00 13 30 35 2e 30 35 2e 35 38 2e 30 30 5f 47 65 6e 65 72 69 63`
  ),
  response(
    Dms.SetFirmwarePreference,
    5,
    1,
    { download: ["modem", "pri"] },
    "01 19 00 80 02 05 02 01 00 48 00 0d 00 02 04 00 00 00 00 00 01 03 00 02 00 01"
  ),
  // §6.5
  request(Dms.SetOperatingMode, 5, 1, { mode: "offline" }, "01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 03"),
  response(Dms.SetOperatingMode, 5, 1, {}, "01 13 00 80 02 05 02 01 00 2e 00 07 00 02 04 00 00 00 00 00"),
  request(Dms.SetOperatingMode, 5, 1, { mode: "reset" }, "01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 04"),
  // §6.6
  request(Dms.SetFirmwareId, 5, 1, {}, "01 0c 00 00 02 05 00 01 00 3e 00 00 00"),
  refusal(
    Dms.SetFirmwareId,
    5,
    1,
    71,
    "InvalidQmiCommand",
    "01 13 00 80 02 05 02 01 00 3e 00 07 00 02 04 00 01 00 47 00"
  ),
  request(
    Dms.SetBootImageDownloadMode,
    5,
    1,
    { mode: "boot-and-recovery" },
    "01 10 00 00 02 05 00 01 00 50 00 04 00 01 01 00 01"
  ),
  // §7
  response(
    Dms.GetIds,
    5,
    1,
    { esn: "0", imei: "359225050039999", imeiSoftwareVersion: "11" },
    `01 2e 00 80 02 05 02 01 00 25 00 22 00 02 04 00 00 00 00 00 10 01 00 30 11 0f 00
     33 35 39 32 32 35 30 35 30 30 33 39 39 39 39 13 02 00 31 31`
  ),
  response(
    Dms.GetRevision,
    5,
    1,
    { revision: "SWI9X15C_05.05.58.00 r27038 carmd-fwbuild1" },
    concat(
      hex("01 40 00 80 02 05 02 01 00 23 00 34 00 02 04 00 00 00 00 00 01 2a 00"),
      text("SWI9X15C_05.05.58.00 r27038 carmd-fwbuild1")
    )
  ),
  request(SwiGetCurrentFirmware, 5, 1, {}, "01 0c 00 00 02 05 00 01 00 56 55 00 00"),
  response(
    SwiGetCurrentFirmware,
    5,
    1,
    { model: "MC7354", amssVersion: "SWI9X15C_05.05.58.00", carrier: "Generic" },
    `01 3d 00 80 02 05 02 01 00 56 55 31 00 02 04 00 00 00 00 00 10 06 00 4d 43 37 33 35 34
     12 14 00 53 57 49 39 58 31 35 43 5f 30 35 2e 30 35 2e 35 38 2e 30 30 17 07 00 47 65 6e 65 72 69 63`
  ),
  request(
    Dms.GetStoredImageInfo,
    5,
    2,
    { image: modem },
    concat(
      hex("01 2e 00 00 02 05 00 02 00 4c 00 22 00 01 1f 00 00 3f 5f 3f"),
      new Uint8Array(13),
      hex("0d 30 35 2e 30 35 2e 35 38 2e 30 30 5f 3f")
    )
  )
]
