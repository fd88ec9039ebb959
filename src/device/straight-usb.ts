/** The ports that a device has for straight USB: what its interfaces would be under the kernel's drivers. Pure. */
import { usualDriver } from "./drivers.ts"
import { hex4, isListed, refusalOf } from "./table/table.ts"
import type { PortInfo, PortRole, UsbDevice, UsbInterface } from "./UsbBus.ts"
import { usbMode } from "./UsbBus.ts"

/** Driver of an interface that a program has claimed by straight USB. */
const claimed = "usbfs"

const roles = ["control", "at", "download"] as const satisfies ReadonlyArray<PortRole>

const portOf = (device: UsbDevice, one: UsbInterface, role: (typeof roles)[number]): PortInfo | undefined => {
  const usual = usualDriver(device, one, role)
  if (usual === undefined || (role === "at" && one.class !== 0xff)) return undefined
  return {
    // As the kernel calls the interface; 1 is the number of the configuration, the only one of these modems.
    name: `${device.portPath}:1.${String(one.number)}`,
    role,
    driver: "usb",
    interfaceNumber: one.number,
    ...(one.maxControlMessage === undefined ? {} : { maxControlMessage: one.maxControlMessage }),
    ...(role === "control" ? { speaks: usual === "cdc_mbim" ? ("mbim" as const) : ("qmi" as const) } : {})
  }
}

/** Nothing is offered of devices that speak another protocol, and of those that only a driver tells to be modems. */
const isModem = (device: UsbDevice): boolean => refusalOf(device) === undefined && isListed(device)

/** All of them, whatever drivers have them now. */
export const straightPorts = (device: UsbDevice): ReadonlyArray<PortInfo> =>
  isModem(device)
    ? (device.interfaces ?? []).flatMap((one) => roles.flatMap((role) => portOf(device, one, role) ?? []))
    : []

/**
 * Those that stand in for a port that is needed and that the kernel does not offer: the download port in boot-and-hold,
 * the control port else. None while a driver has the interface.
 */
export const standInPorts = (device: UsbDevice): ReadonlyArray<PortInfo> => {
  const needed = usbMode(device) === "boot-and-hold" ? "download" : "control"
  if (!isModem(device) || device.ports.some(({ role }) => role === needed)) return []
  return (device.interfaces ?? []).flatMap((one) => {
    if (one.driver !== undefined && one.driver !== claimed) return []
    const port = portOf(device, one, needed)
    if (port === undefined) return []
    const where = `interface ${String(one.number)}, its ${needed} port,`
    const because =
      one.driver === claimed
        ? `${where} is claimed by a program`
        : `${where} has no kernel driver (${String(usualDriver(device, one, needed))} is not loaded, or does not know ${hex4(device.vendorId)}:${hex4(device.productId)})`
    return [{ ...port, because }]
  })
}
