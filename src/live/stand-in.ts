/** Which ports the bus offers of a device: the kernel's, those of straight USB, or these where the kernel's do not come. */
import { join } from "node:path"
import { standInPorts, straightPorts } from "../device/straight-usb.ts"
import type { UsbDevice } from "../device/UsbBus.ts"
import { readText } from "./attributes.ts"
import type { Roots } from "./Roots.ts"
import type { TransportChoice } from "./Transport.ts"

/** How long a driver may take to have a device; udevd may load it first. Its port is better than ours: others know it. */
export const driverPatienceMillis = 3000

/** Since when it is on the bus, as far as the kernel tells (CONFIG_PM): what has been there for days is not waited for. */
const ageMillis = (sys: string, { portPath }: UsbDevice): number => {
  const text = readText(join(sys, "bus/usb/devices", portPath, "power/connected_duration"))
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0
}

/** Remembers when it saw a device first that lacks a driver. */
export const makeStandIns = (choice: TransportChoice, { sys }: Roots) => {
  let since: ReadonlyMap<string, number> = new Map()
  return (devices: ReadonlyArray<UsbDevice>, now: number): ReadonlyArray<UsbDevice> => {
    if (choice === "kernel") return devices
    if (choice === "usb") return devices.map((device) => ({ ...device, ports: straightPorts(device) }))
    const still = new Map<string, number>()
    const offered = devices.map((device) => {
      const ports = standInPorts(device)
      if (ports.length === 0) return device
      const from = since.get(device.key) ?? now - ageMillis(sys, device)
      still.set(device.key, from)
      return now - from < driverPatienceMillis ? device : { ...device, ports: [...device.ports, ...ports] }
    })
    since = still
    return offered
  }
}
