/** Ports that a modem would have if the kernel had a driver for them. Pure. */
import { hex4, rowsOf, roleOfTty } from "./table/table.ts"
import type { UsbIds } from "./table/table.ts"
import type { PortRole, UsbDevice, UsbInterface } from "./UsbBus.ts"

export interface MissingDriver {
  readonly role: PortRole
  readonly interfaceNumber: number
  /** Module and driver, e.g. `qmi_wwan`. */
  readonly driver: string
  /** What loads it, and tells it ids that it may not know. */
  readonly command: string
}

/** Where a loaded driver takes ids that it does not know. */
const newId = (driver: string): string =>
  driver === "qcserial" ? "/sys/bus/usb-serial/drivers/qcserial/new_id" : `/sys/bus/usb/drivers/${driver}/new_id`

/** Loads a driver, and tells it ids that its own table lacks. */
export const tellIds = (driver: string, { productId, vendorId }: UsbIds): string =>
  `sudo modprobe ${driver} && echo ${hex4(vendorId)} ${hex4(productId)} | sudo tee ${newId(driver)}`

const isMbimControl = (one: UsbInterface): boolean => one.class === 0x02 && one.subclass === 0x0e

/** The driver that an interface of this role has as a rule. QMI by number, since nothing in the descriptor says it (devices.md §3: 8 in the usual layout). */
export const usualDriver = (device: UsbDevice, one: UsbInterface, role: PortRole): string | undefined => {
  switch (role) {
    case "control": {
      if (isMbimControl(one)) return "cdc_mbim"
      const rows = rowsOf(device)
      const numbers = rows.length === 0 ? [8] : rows.flatMap(({ qmi = [8] }) => qmi)
      return one.class === 0xff && numbers.includes(one.number) ? "qmi_wwan" : undefined
    }
    case "download":
      return device.interfaceCount === 1 && one.class === 0xff ? "qcserial" : undefined
    default:
      return device.interfaceCount > 1 && roleOfTty(device, one.number) === role ? "qcserial" : undefined
  }
}

/** The driver that keeps the device from having a port of this role; undefined where that is not the reason. */
export const missingDriver = (device: UsbDevice, role: PortRole): MissingDriver | undefined => {
  for (const one of device.interfaces ?? []) {
    const driver = one.driver === undefined ? usualDriver(device, one, role) : undefined
    if (driver === undefined) continue
    // qcserial has another layout for new ids, where a single interface is a boot loader too; to qmi_wwan, a new id is
    // every interface of the device. So ids are told only where the driver's own table may lack them.
    const listed = rowsOf(device).some(({ sources }) => sources.includes("QMW"))
    const knows = role === "at" || driver === "cdc_mbim" || (driver === "qmi_wwan" && listed)
    return {
      role,
      interfaceNumber: one.number,
      driver,
      command: knows ? `sudo modprobe ${driver}` : tellIds(driver, device)
    }
  }
  return undefined
}

/** All that would be of use: control and AT port in application mode, the download port in boot-and-hold. */
export const missingDrivers = (device: UsbDevice): ReadonlyArray<MissingDriver> =>
  (["control", "at", "download"] as const).flatMap((role) => missingDriver(device, role) ?? [])
