/** MDM9200: one firmware, no preference, 0x003E (devices.md §1, §2.1; at.md §2.1, §6). */
import { realistic } from "../timing.ts"
import { basicDms, bootModeDms, commonAt, earlyUsbAt, qmiComposition, services } from "./facts.ts"
import type { Model } from "./Model.ts"

export const mc7710: Model = {
  name: "MC7710",
  family: "SWI9200",
  token: "SWI9200X",
  vendorId: 0x1199,
  productId: 0x68a2,
  bootProductId: 0x68a2,
  product: "MC7710",
  compositions: [qmiComposition],
  firmwareSlots: 1,
  priSlots: 0,
  hardwareRevision: "0.5",
  qmi: { services, dms: new Set([...basicDms, ...bootModeDms, 0x003e]), clientsPerService: 16 },
  at: { commands: new Set([...commonAt, ...earlyUsbAt]), lowPowerVoters: "none", identity: "9200" },
  qdl: { starts: "dload", version: 6, product: "9200" },
  timing: { ...realistic, programPerMiB: 700, lastChunk: 20_000, boot: 12_000, controlReady: 4_000 },
  factory: { firmware: "03.05.19.04", config: "000.000_001", carrier: "generic" },
  builds: {
    "03.05.19.04": "ap r5475 carmd-en-10527 2012/09/17 17:57:14",
    "03.05.29.03": "ap r6485 CNSHZ-ED-XP0031 2014/12/02 17:53:15"
  },
  priId: { part: "Unknown", revision: "Unknown", customer: "Unknown" }
}
