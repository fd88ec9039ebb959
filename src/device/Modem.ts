/** One modem over all its re-enumerations: how it is found, and how it is known again when it comes back. */
import * as Effect from "effect/Effect"
import { BusError } from "./BusError.ts"
import { familiesOfDevice, labelOfDevice } from "./families/families.ts"
import { UsbBus, usbMode } from "./UsbBus.ts"
import type { PortInfo, PortRole, UsbDevice } from "./UsbBus.ts"

/** What stays the same when a modem leaves the bus and comes back. */
export interface ModemIdentity {
  readonly portPath: string
  readonly peerPath?: string
  readonly serial?: string
}

export interface Modem {
  readonly identity: ModemIdentity
  /** The enumeration it was found in. */
  readonly device: UsbDevice
  readonly mode: "application" | "boot-and-hold"
  /** For people: `EM7455 1199:9071 at 1-2`. */
  readonly label: string
}

export interface Selector {
  /** `VID:PID` or `VID` in hex, as of the `-d` option. */
  readonly vidPid?: string
  /** USB port path such as `1-2`. */
  readonly usbPath?: string
  readonly serial?: string
  readonly mode?: "application" | "boot-and-hold"
}

const hex4 = (n: number): string => n.toString(16).padStart(4, "0")

export const vidPid = (device: UsbDevice): string => `${hex4(device.vendorId)}:${hex4(device.productId)}`

/** One id is shared by several models (devices.md, rule 1): the product string says which, where it names one of them. */
const nameOf = (device: UsbDevice): string => {
  const label = labelOfDevice(device)
  const { product } = device
  if (label === undefined) return product ?? "unknown device"
  return product !== undefined && label.split("/").includes(product) ? product : label
}

export const describeDevice = (device: UsbDevice): string =>
  `${nameOf(device)} ${vidPid(device)} at ${device.portPath}` +
  (device.serial === undefined ? "" : `, serial ${device.serial}`) +
  `, ${usbMode(device)}`

export const modemOf = (device: UsbDevice): Modem => ({
  identity: {
    portPath: device.portPath,
    ...(device.peerPath === undefined ? {} : { peerPath: device.peerPath }),
    ...(device.serial === undefined ? {} : { serial: device.serial })
  },
  device,
  mode: usbMode(device),
  label: describeDevice(device)
})

/** A device of a known family, or one that offers a control or download port (ids can be rewritten). */
const looksLikeModem = (device: UsbDevice): boolean =>
  familiesOfDevice(device).length > 0 || device.ports.some(({ role }) => role === "control" || role === "download")

const matches =
  (selector: Selector) =>
  (device: UsbDevice): boolean => {
    const wanted = selector.vidPid?.toLowerCase()
    if (wanted !== undefined && vidPid(device) !== wanted && hex4(device.vendorId) !== wanted) return false
    if (selector.usbPath !== undefined && device.portPath !== selector.usbPath) return false
    if (selector.serial !== undefined && device.serial !== selector.serial) return false
    return selector.mode === undefined || usbMode(device) === selector.mode
  }

const wantedText = (selector: Selector): string => {
  const parts = Object.entries(selector).map(([key, value]) => `${key} ${String(value)}`)
  return parts.length === 0 ? "any" : parts.join(", ")
}

/** All modems on the bus that match. */
export const listModems = Effect.fn("Modem.list")(function* (selector: Selector = {}) {
  const bus = yield* UsbBus
  return (yield* bus.devices).filter(looksLikeModem).filter(matches(selector)).map(modemOf)
})

/** The one modem that matches; none and several are errors that say what is there. */
export const select = Effect.fn("Modem.select")(function* (selector: Selector = {}) {
  const found = yield* listModems(selector)
  const [modem] = found
  if (modem === undefined) {
    return yield* new BusError({ operation: "select", reason: { _tag: "NoModem", wanted: wantedText(selector) } })
  }
  if (found.length > 1) {
    return yield* new BusError({
      operation: "select",
      reason: { _tag: "SeveralModems", found: found.map(({ label }) => label) }
    })
  }
  return modem
})

/** The same place, or its companion port of the other USB speed (flows.md §2.4). */
export const isSamePlace = (identity: ModemIdentity, device: UsbDevice): boolean =>
  device.portPath === identity.portPath ||
  (identity.peerPath !== undefined && device.portPath === identity.peerPath) ||
  (device.peerPath !== undefined && device.peerPath === identity.portPath)

/** The same USB serial somewhere else: a modem that moved to another port (flows.md §9 W18). */
export const isSameSerial = (identity: ModemIdentity, device: UsbDevice): boolean =>
  identity.serial !== undefined && identity.serial === device.serial

export const portOf = (device: UsbDevice, role: PortRole): PortInfo | undefined =>
  device.ports.find((port) => port.role === role)
