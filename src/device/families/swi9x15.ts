/** MDM9x15: firmware preference, several slots (devices.md §1, §2.2; flows.md §4.5). */
import * as Duration from "effect/Duration"
import type { Family } from "./Family.ts"

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
  usb: [
    { label: "MC7304/MC7354/MC7330/MC7350", vendorId: 0x1199, productId: 0x68c0, bootProductId: 0x68c0 },
    { label: "MC7305/MC7355", vendorId: 0x1199, productId: 0x9041, bootProductId: 0x9040 },
    { label: "EM7305", vendorId: 0x1199, productId: 0x9063, bootProductId: 0x9062 },
    { label: "EM7355", vendorId: 0x1199, productId: 0x901f, bootProductId: 0x901e },
    { label: "HP lt4111 (EM7355)", vendorId: 0x03f0, productId: 0x4e1d },
    { label: "Dell 5570 (MC8805)", vendorId: 0x413c, productId: 0x81a3, bootProductId: 0x81a6 },
    { label: "Dell 5808", vendorId: 0x413c, productId: 0x81a8 },
    { label: "Dell 5808e", vendorId: 0x413c, productId: 0x81a9 },
    { label: "Dell 5809e (EM7305)", vendorId: 0x413c, productId: 0x81b1 }
  ],
  deadlines: {
    downloadPort: Duration.minutes(4),
    boot: Duration.minutes(6),
    chunk: Duration.minutes(3),
    settle: Duration.seconds(60)
  }
}
