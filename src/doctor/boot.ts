/** Whether the modem gets a port when it comes back in boot-and-hold, under other ids (failures.md, rank 4). Pure. */
import { tellIds } from "../device/drivers.ts"
import { vidPid } from "../device/Modem.ts"
import { hex4, rowsOf } from "../device/table/table.ts"
import type { UsbIds } from "../device/table/table.ts"
import { usbMode } from "../device/UsbBus.ts"
import type { UsbDevice } from "../device/UsbBus.ts"
import type { DeviceFacts, HostFacts } from "./facts.ts"
import { finding } from "./Finding.ts"
import type { Finding } from "./Finding.ts"
import { serialModuleFor } from "./modalias.ts"

/** What the device table says that the modem is in boot-and-hold; each once. */
export const bootIdsOf = (device: UsbIds): ReadonlyArray<UsbIds> => {
  const products = rowsOf(device)
    .filter(({ application }) => application === hex4(device.productId))
    .flatMap(({ boot }) => boot)
  return [...new Set(products)].map((product) => ({
    vendorId: device.vendorId,
    productId: Number.parseInt(product, 16)
  }))
}

const noPort = "it would come back without a serial port"

/** Straight over USB there is a way where the device's own node may be opened now: the next one will have its rights. */
const without = (facts: DeviceFacts) =>
  facts.usbNode?.state === "open"
    ? ({ severity: "warning", way: ", and boothold has to go straight over USB" } as const)
    : ({ severity: "error", way: ", and this user may not reach it straight over USB" } as const)

const driver = (host: HostFacts, facts: DeviceFacts): Finding | undefined => {
  const { kernel = "of unknown release", serial, udev } = host
  const { severity, way } = without(facts)
  if (serial === undefined || serial.state === "loaded" || serial.state === "built-in") return undefined
  if (serial.state === "absent") {
    return finding(
      "BootDriverAbsent",
      severity,
      `the kernel (${kernel}) has no qcserial: in boot-and-hold ${noPort}${way}`,
      "Install the kernel's own modules, or a kernel with CONFIG_USB_SERIAL_QUALCOMM; OpenWrt: `opkg install kmod-usb-serial-qualcomm`."
    )
  }
  const why =
    serial.blacklistedIn !== undefined
      ? `is kept from being loaded by ${serial.blacklistedIn}`
      : udev
        ? undefined
        : "is not loaded, and no udev runs that would"
  return why === undefined
    ? undefined
    : finding("BootDriverAbsent", severity, `qcserial ${why}: ${noPort}${way}`, "`sudo modprobe qcserial`")
}

export const bootFindings = (device: UsbDevice, host: HostFacts, facts: DeviceFacts): ReadonlyArray<Finding> => {
  // It is there already: what its only interface lacks is told with the drivers.
  if (usbMode(device) === "boot-and-hold") return []
  const lacking = driver(host, facts)
  if (lacking !== undefined) return [lacking]
  const ids = bootIdsOf(device)
  if (ids.length === 0) {
    const usual = vidPid({ vendorId: device.vendorId, productId: Math.max(0, device.productId - 1) })
    const reason = `no source tells what ${vidPid(device)} is in boot-and-hold; usually it is the id below, ${usual}`
    return [finding("BootUncertain", "info", reason)]
  }
  const { aliases, serial } = host
  return ids.map((boot) => {
    const added = serial?.added.some((one) => one.vendorId === boot.vendorId && one.productId === boot.productId)
    const module = added === true ? "qcserial" : aliases === undefined ? undefined : serialModuleFor(boot, aliases)
    if (module !== undefined) {
      const told = added === true ? ", which was told the ids" : ""
      return finding("BootIdKnown", "ok", `in boot-and-hold it is ${vidPid(boot)}, the driver is ${module}${told}`)
    }
    if (aliases === undefined) {
      const reason = `in boot-and-hold it is ${vidPid(boot)}; whether this kernel has a driver for it cannot be read`
      return finding("BootUncertain", "info", reason)
    }
    const { severity, way } = without(facts)
    return finding(
      "BootIdUnknown",
      severity,
      `in boot-and-hold it is ${vidPid(boot)}, which no serial driver of this kernel knows: ${noPort}${way}`,
      `\`${tellIds("qcserial", boot)}\``
    )
  })
}
