/** Facts that several models share. */
import type { AtCommandName, Composition, ModelPort } from "./Model.ts"

/** "SWI" layout: 0 DM, 2 NMEA, 3 AT, 8 QMI (devices.md §3). Composition 6 = DM, NMEA, AT, QMI (qmi.md §8). */
export const swiPorts: ReadonlyArray<ModelPort> = [
  { role: "diag", interfaceNumber: 0, driver: "qcserial" },
  { role: "nmea", interfaceNumber: 2, driver: "qcserial" },
  { role: "at", interfaceNumber: 3, driver: "qcserial" },
  { role: "control", interfaceNumber: 8, driver: "qmi_wwan" }
]

export const qmiComposition: Composition = { number: 6, ports: swiPorts }

/** 4096 in the descriptors that the kernel was shown (lab notes); nobody's measurement of a modem. */
export const usualMaxControlMessage = 4096

/** DM, NMEA, AT, MBIM: 12 control, 13 data (devices.md §3). The ids stay those of the model. */
export const mbimComposition: Composition = {
  number: 8,
  ports: [
    ...swiPorts.filter(({ role }) => role !== "control"),
    { role: "control", interfaceNumber: 12, driver: "cdc_mbim", maxControlMessage: usualMaxControlMessage }
  ],
  otherInterfaces: 1
}

/**
 * MBIM alone, no AT port: 0 control, 1 data. The id 68b1 has one source only (devices.md §2.3, SF-8499, about a MC7455),
 * and none tells its boot id: the model's is taken.
 */
export const mbimOnlyComposition: Composition = {
  number: 9,
  ports: [{ role: "control", interfaceNumber: 0, driver: "cdc_mbim", maxControlMessage: usualMaxControlMessage }],
  otherInterfaces: 1,
  productId: 0x68b1
}

/** In boot-and-hold there is one interface, class 0xff, bound by qcserial (devices.md §3). */
export const bootPorts: ReadonlyArray<ModelPort> = [{ role: "download", interfaceNumber: 0, driver: "qcserial" }]

/** Versions are of no consequence to an updater; the set of services is that of a modem without voice (inferred). */
export const services = [
  { service: 0x00, major: 1, minor: 5 },
  { service: 0x01, major: 1, minor: 36 },
  { service: 0x02, major: 1, minor: 14 },
  { service: 0x03, major: 1, minor: 25 },
  { service: 0x0b, major: 1, minor: 28 },
  { service: 0x1a, major: 1, minor: 16 }
]

/** DMS messages of every family (qmi.md §6, §7). */
export const basicDms = [0x0000, 0x0020, 0x0021, 0x0022, 0x0023, 0x0025, 0x002c, 0x002d, 0x002e]

/** Stored images and preference (qmi.md §6.2 to §6.4, §7). */
export const imageDms = [0x0047, 0x0048, 0x0049, 0x004a, 0x004c]

/** Boot Image Download Mode (qmi.md §6.6). */
export const bootModeDms = [0x004f, 0x0050]

/** Vendor messages of 1199 (qmi.md §8). */
export const sierraDms = [0x5556, 0x555b, 0x555c]

/** at.md §6, rows that say "y" for every family. */
export const commonAt: ReadonlyArray<AtCommandName> = [
  "!BOOTHOLD",
  "!PACKAGE",
  "!GSTATUS",
  "!SELRAT",
  "!BAND",
  "!CUSTOM"
]

/** What 9200 and 9x15 have in place of `!USBCOMP` and `!USBPID` (at.md §5.3). */
export const earlyUsbAt: ReadonlyArray<AtCommandName> = ["!UDUSBCOMP", "!UDPID"]
