/** MDM9x15: preference, several slots (devices.md §1, §2.2; at.md §2.1, §5.1, §6). */
import { realistic } from "../timing.ts"
import { basicDms, bootModeDms, commonAt, earlyUsbAt, imageDms, qmiComposition, services, sierraDms } from "./facts.ts"
import type { Model } from "./Model.ts"

export const mc7354: Model = {
  name: "MC7354",
  family: "SWI9X15",
  token: "SWI9X15C",
  vendorId: 0x1199,
  productId: 0x68c0,
  bootProductId: 0x68c0,
  product: "MC7354",
  compositions: [qmiComposition],
  // qmi.md §6.2 shows a maximum of 4 for 05.05.58.00; the number of carrier images is taken from 9x30.
  firmwareSlots: 4,
  priSlots: 50,
  hardwareRevision: "0.5",
  qmi: { services, dms: new Set([...basicDms, ...imageDms, ...bootModeDms, ...sierraDms]), clientsPerService: 16 },
  at: {
    commands: new Set([...commonAt, ...earlyUsbAt, "!GOBIIMPREF", "!PRIID", "!PCINFO"]),
    lowPowerVoters: "force-flags",
    identity: "9x15"
  },
  qdl: { starts: "dload", version: 6, product: "9X15" },
  timing: { ...realistic, programPerMiB: 800, lastChunk: 45_000 },
  factory: { firmware: "05.05.16.03", config: "005.010_000", carrier: "GENERIC" },
  builds: {
    "05.05.02.00": " r19147 carmd-fwbuild1 2013/08/26 18:31:40",
    "05.05.16.03": " r22385 carmd-fwbuild1 2014/06/04 15:01:26",
    "05.05.58.00": " r27038 carmd-fwbuild1 2015/03/04 21:30:23"
  },
  priId: { part: "9903437", revision: "001.001", customer: "Generic-M2M" }
}
