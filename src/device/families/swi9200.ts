/** MDM9200: one firmware, no preference (devices.md §1, §2.1; flows.md §4.5). */
import * as Duration from "effect/Duration"
import type { Family } from "./Family.ts"
import { usbIdentities } from "./usb-identities.ts"

export const swi9200: Family<"boot-and-hold"> = {
  id: "SWI9200",
  models: ["MC7700", "MC7710", "MC7750", "EM7700"],
  firmwareTokens: ["SWI9200X", "SWI9200M", "9200", "MC7700", "MC7710", "MC7750"],
  products: ["9200"],
  way: "boot-and-hold",
  needsCarrier: false,
  downloadProtocol: "qdl",
  qdl: { version: 6, toleratesHelloError: false },
  bootEntry: ["set-firmware-id", "boot-image-download-mode", "at-boothold"],
  usb: usbIdentities("SWI9200"),
  deadlines: {
    downloadPort: Duration.minutes(4),
    boot: Duration.minutes(6),
    chunk: Duration.minutes(3),
    settle: Duration.seconds(60)
  }
}
