/** One modem over all its re-enumerations: how it is found, and how it is known again when it comes back. */
import * as Effect from "effect/Effect"
import { BusError } from "./BusError.ts"
import { labelOfDevice } from "./families/families.ts"
import { hex4, refusalOf, rowsOf } from "./table/table.ts"
import type { UsbIds } from "./table/table.ts"
import { UsbBus, usbMode } from "./UsbBus.ts"
import type { PortInfo, PortRole, UsbDevice, UsbMode } from "./UsbBus.ts"

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
  readonly mode: UsbMode
  /** For people: `EM7455 1199:9071 at 1-2`. */
  readonly label: string
}

/** Which modem is meant; all that is said has to fit. */
export interface Selector {
  /** `VID:PID` or `VID` in hex. */
  readonly vidPid?: string
  /** `BUS:DEV` or `DEV` in decimal, as `lsusb` shows them; another one after each restart of the modem. */
  readonly busnumDevnum?: string
  /** Path or name of its control port, e.g. `/dev/cdc-wdm0`. */
  readonly cdcWdm?: string
  /** Path or name of one of its serial ports, e.g. `/dev/ttyUSB2`. */
  readonly tty?: string
  /** USB port path such as `1-2`, or that of the same socket's other speed. */
  readonly usbPath?: string
  readonly serial?: string
  readonly mode?: UsbMode
}

export const vidPid = (device: UsbIds): string => `${hex4(device.vendorId)}:${hex4(device.productId)}`

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

/**
 * What a device is to boothold. `modem`: its ids are in the device table. `possible`: ids can be rewritten, and its
 * ports are those of a modem; it is taken when it is named, never by itself. `refused`: in the table of other protocols.
 */
export type Standing =
  { readonly _tag: "modem" } | { readonly _tag: "possible" } | { readonly _tag: "refused"; readonly why: string }

export const standingOf = (device: UsbDevice): Standing | undefined => {
  const refusal = refusalOf(device)
  if (refusal !== undefined) return { _tag: "refused", why: refusal.reason }
  if (rowsOf(device).length > 0) return { _tag: "modem" }
  return device.ports.some(({ role }) => role === "control" || role === "download") ? { _tag: "possible" } : undefined
}

/** `1199:9071` and `1199`, also with `0x` and without leading zeros. */
const parseVidPid = (text: string): readonly [vendor: number, product: number | undefined] | undefined => {
  const [, vendor, product] = /^(?:0x)?([0-9a-f]{1,4})(?::(?:0x)?([0-9a-f]{1,4}))?$/i.exec(text) ?? []
  return vendor === undefined
    ? undefined
    : [Number.parseInt(vendor, 16), product === undefined ? undefined : Number.parseInt(product, 16)]
}

/** `1:7`, `001:007` and `7`. */
const parseAddress = (text: string): readonly [bus: number | undefined, device: number] | undefined => {
  const [, bus, device] = /^(?:(\d{1,3}):)?(\d{1,3})$/.exec(text) ?? []
  return device === undefined ? undefined : [bus === undefined ? undefined : Number(bus), Number(device)]
}

/** Whether the words of a selector can be understood at all; the name of the first that cannot. */
export const unreadable = ({ busnumDevnum, vidPid }: Selector): "vidPid" | "busnumDevnum" | undefined => {
  if (vidPid !== undefined && parseVidPid(vidPid) === undefined) return "vidPid"
  return busnumDevnum !== undefined && parseAddress(busnumDevnum) === undefined ? "busnumDevnum" : undefined
}

const hasPort = ({ ports }: UsbDevice, path: string, accepts: (port: PortInfo) => boolean): boolean =>
  ports.some((port) => accepts(port) && (port.node === path || port.name === path || `/dev/${port.name}` === path))

const isControl = ({ name }: PortInfo): boolean => name.startsWith("cdc-wdm")
const isTty = ({ name }: PortInfo): boolean => !name.startsWith("cdc-wdm")

const matches =
  (selector: Selector) =>
  (device: UsbDevice): boolean => {
    const { busnumDevnum, cdcWdm, mode, serial, tty, usbPath } = selector
    if (selector.vidPid !== undefined) {
      const ids = parseVidPid(selector.vidPid)
      if (ids?.[0] !== device.vendorId || (ids[1] ?? device.productId) !== device.productId) return false
    }
    if (busnumDevnum !== undefined) {
      const at = parseAddress(busnumDevnum)
      const here = device.address
      if (here === undefined || at?.[1] !== here.device || (at[0] ?? here.bus) !== here.bus) return false
    }
    if (cdcWdm !== undefined && !hasPort(device, cdcWdm, isControl)) return false
    if (tty !== undefined && !hasPort(device, tty, isTty)) return false
    if (usbPath !== undefined && device.portPath !== usbPath && device.peerPath !== usbPath) return false
    if (serial !== undefined && device.serial !== serial) return false
    return mode === undefined || usbMode(device) === mode
  }

/** Whether a selector names a modem; a mode alone does not. */
const namesOne = (selector: Selector): boolean =>
  Object.entries(selector).some(([key, value]) => key !== "mode" && value !== undefined)

const wantedText = (selector: Selector): string => {
  const parts = Object.entries(selector).map(([key, value]) => `${key} ${String(value)}`)
  return parts.length === 0 ? "any" : parts.join(", ")
}

/** A device that looks like a modem, and what it is to us. */
export interface Found {
  readonly modem: Modem
  readonly standing: Standing
}

/** One device as {@link survey} has it; undefined where it does not match, or is no modem. */
export const foundOf = (device: UsbDevice, selector: Selector = {}): Found | undefined => {
  const standing = matches(selector)(device) ? standingOf(device) : undefined
  return standing === undefined ? undefined : { modem: modemOf(device), standing }
}

/** Everything on the bus that may be taken for a modem and matches, also what cannot be updated. */
export const survey = Effect.fn("Modem.survey")(function* (selector: Selector = {}) {
  const bus = yield* UsbBus
  return (yield* bus.devices).flatMap((device) => foundOf(device, selector) ?? [])
})

/** All modems on the bus that match, with those whose ids are not known. */
export const listModems = Effect.fn("Modem.list")(function* (selector: Selector = {}) {
  return (yield* survey(selector)).filter(({ standing }) => standing._tag !== "refused").map(({ modem }) => modem)
})

const describeFound = ({ modem, standing }: Found): string =>
  standing._tag === "modem"
    ? modem.label
    : `${modem.label} (${standing._tag === "refused" ? standing.why : "ids not known: it has to be named"})`

/**
 * The one modem that matches; none and several are errors that say what is there. Among several, the only one in the
 * `preferred` mode is it.
 */
export const select = Effect.fn("Modem.select")(function* (selector: Selector = {}, preferred?: UsbMode) {
  const found = yield* survey(selector)
  const usable = found.filter(
    ({ standing }) => standing._tag === "modem" || (standing._tag === "possible" && namesOne(selector))
  )
  const fitting = usable.filter(({ modem }) => modem.mode === preferred)
  const candidates = fitting.length === 1 ? fitting : usable
  const [first] = candidates
  if (first === undefined) {
    const [named] = namesOne(selector) ? found : []
    if (named?.standing._tag === "refused") {
      const { modem, standing } = named
      return yield* new BusError({
        operation: "select",
        reason: { _tag: "Refused", device: modem.label, why: standing.why }
      })
    }
    const present = (yield* survey()).map(describeFound)
    return yield* new BusError({
      operation: "select",
      reason: { _tag: "NoModem", wanted: wantedText(selector), ...(present.length === 0 ? {} : { present }) }
    })
  }
  if (candidates.length > 1) {
    return yield* new BusError({
      operation: "select",
      reason: { _tag: "SeveralModems", found: candidates.map(({ modem }) => modem.label) }
    })
  }
  return first.modem
})

/** The same place, or its companion port of the other USB speed (flows.md §2.4). */
export const isSamePlace = (identity: ModemIdentity, device: Pick<UsbDevice, "portPath" | "peerPath">): boolean =>
  device.portPath === identity.portPath ||
  (identity.peerPath !== undefined && device.portPath === identity.peerPath) ||
  (device.peerPath !== undefined && device.peerPath === identity.portPath)

/** The same USB serial somewhere else: a modem that moved to another port (flows.md §9 W18). */
export const isSameSerial = (identity: ModemIdentity, device: UsbDevice): boolean =>
  identity.serial !== undefined && identity.serial === device.serial

export const portOf = (device: UsbDevice, role: PortRole): PortInfo | undefined =>
  device.ports.find((port) => port.role === role)
