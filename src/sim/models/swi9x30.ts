/** MDM9x30: preference, four firmware slots, fifty PRI (devices.md §1, §2.3; at.md §2.1, §4.4, §6). */
import { realistic } from "../timing.ts"
import {
  basicDms,
  bootModeDms,
  commonAt,
  imageDms,
  mbimComposition,
  mbimOnlyComposition,
  qmiComposition,
  services,
  sierraDms
} from "./facts.ts"
import type { Model } from "./Model.ts"

export const em7455: Model = {
  name: "EM7455",
  family: "SWI9X30",
  token: "SWI9X30C",
  vendorId: 0x1199,
  productId: 0x9071,
  bootProductId: 0x9070,
  product: "EM7455",
  compositions: [qmiComposition, mbimComposition, mbimOnlyComposition],
  firmwareSlots: 4,
  priSlots: 50,
  hardwareRevision: "0.5",
  qmi: { services, dms: new Set([...basicDms, ...imageDms, ...bootModeDms, ...sierraDms]), clientsPerService: 16 },
  at: {
    commands: new Set([
      ...commonAt,
      "!IMPREF",
      "!GOBIIMPREF",
      "!IMAGE",
      "!PRIID",
      "!PCINFO",
      "!USBCOMP",
      "!USBVID",
      "!USBPID",
      "!PCOFFEN"
    ]),
    lowPowerVoters: "voters",
    // at.md §5.4.
    bands: [
      { column: "GW Band Mask", all: "0002000007C00000" },
      { column: "L Band Mask", all: "00000100130818DF" },
      { column: "TDS Band Mask", all: "0000000000000000" }
    ],
    subpriFrom: "02.33.03.00",
    bootHoldLockedFrom: "02.30.00.00",
    identity: "9x30"
  },
  qdl: { starts: "dload", version: 6, product: "9X30" },
  timing: realistic,
  factory: { firmware: "02.24.05.06", config: "002.026_000", carrier: "GENERIC" },
  builds: {
    "02.08.02.00": " r5428 CARMD-EV-FRMWR2 2016/01/06 20:38:53",
    "02.24.05.06": " r7040 CARMD-EV-FRMWR2 2017/05/19 06:23:09",
    "02.33.03.00": " r8209 CARMD-EV-FRMWR2 2019/08/28 20:59:30"
  },
  priId: { part: "9904802", revision: "001.001", customer: "Generic-Laptop" }
}

/** Same ids and image as EM7455, on a Mini Card (devices.md §2.3). */
export const mc7455: Model = { ...em7455, name: "MC7455", product: "MC7455" }
