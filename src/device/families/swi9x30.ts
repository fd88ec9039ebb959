/** MDM9x30: firmware preference, four firmware slots, fifty PRI (devices.md §1, §2.3; flows.md §4.5). */
import * as Duration from "effect/Duration"
import type { Family } from "./Family.ts"

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
  usb: [
    { label: "EM7455/MC7455/EM7430/MC7430", vendorId: 0x1199, productId: 0x9071, bootProductId: 0x9070 },
    { label: "EM7455 (Lenovo)", vendorId: 0x1199, productId: 0x9079, bootProductId: 0x9078 },
    { label: "EM74xx", vendorId: 0x1199, productId: 0x907b, bootProductId: 0x907a },
    { label: "EM74xx", vendorId: 0x1199, productId: 0x9075, bootProductId: 0x9074 },
    { label: "Dell DW5811e (EM7455)", vendorId: 0x413c, productId: 0x81b6, bootProductId: 0x81b5 },
    { label: "Dell DW5811e", vendorId: 0x413c, productId: 0x81c2 }
  ],
  deadlines: {
    downloadPort: Duration.minutes(4),
    boot: Duration.minutes(8),
    chunk: Duration.minutes(3),
    settle: Duration.seconds(60)
  }
}
