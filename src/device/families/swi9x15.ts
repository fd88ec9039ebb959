/** MDM9x15: firmware preference, several slots (devices.md §1, §2.2; flows.md §4.5). */
import * as Duration from "effect/Duration"
import type { Family } from "./Family.ts"
import { usbIdentities } from "./usb-identities.ts"

export const swi9x15: Family<"preference"> = {
  id: "SWI9X15",
  models: ["MC7304", "MC7305", "MC7330", "MC7350", "MC7354", "MC7355", "EM7305", "EM7355", "MC8805", "EM8805"],
  firmwareTokens: ["SWI9X15C"],
  products: ["9X15"],
  way: "preference",
  needsCarrier: true,
  downloadProtocol: "qdl",
  qdl: { version: 6, toleratesHelloError: false },
  bootEntry: ["set-firmware-id", "boot-image-download-mode", "at-boothold"],
  usb: usbIdentities("SWI9X15"),
  deadlines: {
    downloadPort: Duration.minutes(4),
    boot: Duration.minutes(6),
    chunk: Duration.minutes(3),
    settle: Duration.seconds(60)
  }
}
