/** MDM9x30: firmware preference, four firmware slots, fifty PRI (devices.md §1, §2.3; flows.md §4.5). */
import * as Duration from "effect/Duration"
import type { Family } from "./Family.ts"
import { usbIdentities } from "./usb-identities.ts"

export const swi9x30: Family<"preference"> = {
  id: "SWI9X30",
  models: ["MC7455", "MC7430", "MC7421", "EM7455", "EM7430"],
  firmwareTokens: ["SWI9X30C"],
  products: ["9X30"],
  way: "preference",
  needsCarrier: true,
  downloadProtocol: "qdl",
  qdl: { version: 6, toleratesHelloError: true },
  bootEntry: ["set-firmware-id", "boot-image-download-mode", "at-boothold"],
  usb: usbIdentities("SWI9X30"),
  deadlines: {
    downloadPort: Duration.minutes(4),
    boot: Duration.minutes(8),
    chunk: Duration.minutes(3),
    settle: Duration.seconds(60)
  }
}
