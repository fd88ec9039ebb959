/**
 * The USB devices in /sys/bus/usb/devices that may be modems, without udev. Cheap: of all other devices, only ids and
 * drivers are looked at, which the kernel answers from memory.
 */
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { isListed, roleOfTty, rowsOf } from "../device/table/table.ts"
import type { PortInfo, PortRole, UsbDevice, UsbInterface } from "../device/UsbBus.ts"
import { decimalOf, hexOf, inodeOf, linkName, namesIn, readBytes, readLocked, readText } from "./attributes.ts"
import { Roots } from "./Roots.ts"
import { maxControlMessageOf } from "./usb-descriptors.ts"

/** Drivers of modem ports: a device that one of them has bound is looked at whatever its ids are. */
const controlDrivers: ReadonlySet<string> = new Set(["qmi_wwan", "cdc_mbim", "cdc_wdm"])
const serialDrivers: ReadonlySet<string> = new Set(["qcserial", "option", "sierra"])

/** `1-2`, `1-2.3.1`: neither root hubs (`usb1`) nor interfaces (`1-2:1.0`). */
const devicePattern = /^(\d+)-(\d+(?:\.\d+)*)$/

const nodePattern = /^(?:tty[A-Za-z]*\d+|cdc-wdm\d+)$/

interface Found {
  readonly configuration: number
  readonly number: number
  readonly folder: string
  readonly driver: string | undefined
}

/** Interfaces of the active configuration, by number. */
const interfacesIn = (folder: string, name: string): ReadonlyArray<Found> =>
  namesIn(folder)
    .flatMap((entry): ReadonlyArray<Found> => {
      if (!entry.startsWith(`${name}:`)) return []
      // `1-2:1.8`: number of the configuration, then of the interface, both decimal.
      const numbers = /^(\d+)\.(\d+)$/.exec(entry.slice(name.length + 1))
      const configuration = decimalOf(numbers?.[1])
      const number = decimalOf(numbers?.[2])
      if (configuration === undefined || number === undefined) return []
      const path = join(folder, entry)
      return [{ configuration, number, folder: path, driver: linkName(join(path, "driver")) }]
    })
    .toSorted((a, b) => a.number - b.number)

/** Device nodes of an interface: `ttyUSB2` of usb-serial, `tty/ttyACM0`, `usbmisc/cdc-wdm0` (`usb/…` before Linux 3.5). */
const nodesOf = ({ folder }: Found): ReadonlyArray<string> => {
  const entries = namesIn(folder)
  const inside = ["tty", "usbmisc", "usb"].filter((name) => entries.includes(name))
  return [...entries, ...inside.flatMap((name) => namesIn(join(folder, name)))].filter((name) => nodePattern.test(name))
}

/**
 * The connector's other half, e.g. `2-2` for `1-2`: the port of a USB 3 hub that leads to the same socket. The kernel
 * knows it as a link between the ports of the two hubs.
 */
const peerOf = (devices: string, name: string): string | undefined => {
  const [, bus = "", ports = ""] = devicePattern.exec(name) ?? []
  const cut = ports.lastIndexOf(".")
  const last = ports.slice(cut + 1)
  const hub = cut === -1 ? undefined : `${bus}-${ports.slice(0, cut)}`
  const port =
    hub === undefined ? join(`${bus}-0:1.0`, `usb${bus}-port${last}`) : join(`${hub}:1.0`, `${hub}-port${last}`)
  const [, onRoot, onHub, number] =
    /^(?:usb(\d+)|(\d+-\d+(?:\.\d+)*))-port(\d+)$/.exec(linkName(join(devices, port, "peer")) ?? "") ?? []
  if (number === undefined) return undefined
  return onRoot === undefined ? `${onHub ?? ""}.${number}` : `${onRoot}-${number}`
}

/** A field, unless there is nothing to say. */
const given = <K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } =>
  (value === undefined || value === "" ? {} : { [key]: value }) as { readonly [P in K]?: string }

/** Whether its control port may carry MBIM. */
const mayBeMbim = ({ driver, folder }: Found): boolean =>
  driver === "cdc_mbim" || driver === "cdc_wdm" || readText(join(folder, "bInterfaceSubClass")) === "0e"

interface Candidate {
  readonly name: string
  readonly folder: string
  readonly vendorId: number
  readonly productId: number
}

/** Devices with ids or drivers of modems. */
const candidates = (devices: string): ReadonlyArray<Candidate> =>
  namesIn(devices).flatMap((name) => {
    if (!devicePattern.test(name)) return []
    const folder = join(devices, name)
    const vendorId = hexOf(readText(join(folder, "idVendor")))
    const productId = hexOf(readText(join(folder, "idProduct")))
    if (vendorId === undefined || productId === undefined) return []
    const fits =
      isListed({ vendorId, productId }) ||
      interfacesIn(folder, name).some(
        ({ driver }) => driver !== undefined && (controlDrivers.has(driver) || serialDrivers.has(driver))
      )
    return fits ? [{ name, folder, vendorId, productId }] : []
  })

/** What a node is for. The only interface of a boot loader is its download port; a foreign adapter's is not. */
const roleOf = (candidate: Candidate, { driver, number }: Found, node: string, single: boolean): PortRole => {
  if (node.startsWith("cdc-wdm")) return driver !== undefined && controlDrivers.has(driver) ? "control" : "unknown"
  if (!single) return roleOfTty(candidate, number)
  return driver === "qcserial" || rowsOf(candidate).length > 0 ? "download" : "unknown"
}

const deviceOf = async (devices: string, dev: string, candidate: Candidate): Promise<UsbDevice | undefined> => {
  const { folder, name, productId, vendorId } = candidate
  const address = () => readText(join(folder, "devnum"))
  const before = inodeOf(folder)
  const addressBefore = address()
  // Waits until the kernel is done with configuring the device: all interfaces are there afterwards. One after the
  // other: a device that does not answer its driver must not occupy more than one thread.
  const count = await readLocked(join(folder, "bNumInterfaces"))
  const product = await readLocked(join(folder, "product"))
  const manufacturer = await readLocked(join(folder, "manufacturer"))
  const serial = await readLocked(join(folder, "serial"))
  const bus = decimalOf(readText(join(folder, "busnum")))
  const device = decimalOf(addressBefore)
  const found = interfacesIn(folder, name)
  const interfaceCount = decimalOf(count) ?? found.length
  // The device's own word for what one control transfer of MBIM holds: the kernel cuts off what a write has beyond that.
  const descriptors = found.some(mayBeMbim) ? await readBytes(join(folder, "descriptors")) : undefined
  const limitOf = (one: Found) => {
    const maxControlMessage =
      descriptors === undefined || !mayBeMbim(one)
        ? undefined
        : maxControlMessageOf(descriptors, one.configuration, one.number)
    return maxControlMessage === undefined ? {} : { maxControlMessage }
  }
  const ports = found.flatMap((one) =>
    nodesOf(one).map((node): PortInfo => ({
      name: node,
      role: roleOf(candidate, one, node, interfaceCount === 1),
      driver: one.driver ?? "none",
      interfaceNumber: one.number,
      ...limitOf(one),
      node: join(dev, node)
    }))
  )
  const interfaces = found.map((one): UsbInterface => ({
    number: one.number,
    class: hexOf(readText(join(one.folder, "bInterfaceClass"))) ?? 0,
    subclass: hexOf(readText(join(one.folder, "bInterfaceSubClass"))) ?? 0,
    protocol: hexOf(readText(join(one.folder, "bInterfaceProtocol"))) ?? 0,
    ...given("driver", one.driver),
    ...limitOf(one)
  }))
  const inode = inodeOf(folder)
  // Gone meanwhile, or another one came to the same place and what was read is of both.
  if (inode === undefined || inode !== before || address() !== addressBefore) return undefined
  // Not configured yet, or no longer: the kernel answers with nothing then.
  if (count === "" || interfaceCount === 0) return undefined
  return {
    // Device numbers are used again after 127 of them; the folder is a new one each time.
    key: `${String(bus ?? 0)}:${String(device ?? 0)}/${inode}`,
    portPath: name,
    ...given("peerPath", peerOf(devices, name)),
    vendorId,
    productId,
    ...given("serial", serial),
    ...given("product", product),
    ...given("manufacturer", manufacturer),
    ...(bus === undefined || device === undefined ? {} : { address: { bus, device } }),
    interfaceCount,
    interfaces,
    ports
  }
}

/** The devices that may be modems, as they are now, by place. */
export const scan: Effect.Effect<ReadonlyArray<UsbDevice>> = Effect.gen(function* () {
  const { dev, sys } = yield* Roots
  const devices = join(sys, "bus/usb/devices")
  const found = yield* Effect.promise(() =>
    Promise.all(candidates(devices).map((candidate) => deviceOf(devices, dev, candidate)))
  )
  return found
    .filter((device) => device !== undefined)
    .toSorted((a, b) => a.portPath.localeCompare(b.portPath, "en", { numeric: true }))
})
