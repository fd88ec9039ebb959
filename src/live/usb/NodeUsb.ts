/**
 * Devices of the npm package `usb` (3.1) as {@link WebUsbDevice}. What differs from WebUSB there, and is made good here:
 * a transfer is given up after a second, which can lose what arrives in that moment; an interface cannot be released while
 * a transfer is pending, and nothing ends one; the kernel's driver and another program's claim are not told apart. All of
 * this was seen with 3.1.0 on Linux 6.1.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import type { UsbDevice } from "../../device/UsbBus.ts"
import type { TransportError } from "../../transport/TransportError.ts"
import { linkName } from "../attributes.ts"
import { describeHolders, holdersOf } from "../holders.ts"
import { failure } from "../io-error.ts"
import { Roots } from "../Roots.ts"
import { usbFailure } from "./usb-error.ts"
import type { WebUsbDevice, WebUsbInResult, WebUsbOutResult, WebUsbSetup } from "./WebUsb.ts"

/** What is used of the package's devices: WebUSB, and a time limit in milliseconds behind each transfer. */
export interface PackageDevice {
  readonly vendorId: number
  readonly productId: number
  readonly bus: string
  readonly address: number
  readonly configuration: (NonNullable<WebUsbDevice["configuration"]> & { readonly configurationValue: number }) | null
  readonly open: () => Promise<void>
  readonly close: () => Promise<void>
  readonly claimInterface: (interfaceNumber: number) => Promise<void>
  readonly releaseInterface: (interfaceNumber: number) => Promise<void>
  readonly detachKernelDriver: (interfaceNumber: number) => Promise<void>
  readonly attachKernelDriver: (interfaceNumber: number) => Promise<void>
  readonly clearHalt: WebUsbDevice["clearHalt"]
  readonly controlTransferIn: (setup: WebUsbSetup, length: number, limit: number) => Promise<WebUsbInResult>
  readonly controlTransferOut: (
    setup: WebUsbSetup,
    data: Uint8Array<ArrayBuffer>,
    limit: number
  ) => Promise<WebUsbOutResult>
  readonly transferIn: (endpointNumber: number, length: number, limit: number) => Promise<WebUsbInResult>
  readonly transferOut: (
    endpointNumber: number,
    data: Uint8Array<ArrayBuffer>,
    limit: number
  ) => Promise<WebUsbOutResult>
}

/** As good as no limit: 24 days. */
const unlimited = 0x7fff_ffff
/** A control request that is not answered: as long as the kernel's own drivers wait (USB_CTRL_SET_TIMEOUT). */
const controlLimit = 5000
/** Claims of programs, beside the drivers of the kernel. */
const programs = "usbfs"

/** Where the kernel has this device. */
interface Place {
  /** `/dev/bus/usb/001/007`. */
  readonly node: string
  /** The device in sysfs; its interfaces are beside it: `1-2`, `1-2:1.0`. */
  readonly folder: string
}

type Configuration = NonNullable<PackageDevice["configuration"]>

/** Time and again the package refuses a call while another one is under way: what is needed later is read at once. */
export const webUsbDevice = (device: PackageDevice, { folder, node }: Place): WebUsbDevice => {
  const pending = new Set<Promise<unknown>>()
  let configuration: Configuration | undefined

  const noted = <A>(transfer: Promise<A>): Promise<A> => {
    pending.add(transfer)
    const done = () => void pending.delete(transfer)
    transfer.then(done, done)
    return transfer
  }
  const driverOf = (interfaceNumber: number): string | undefined => {
    const value = configuration?.configurationValue ?? 1
    return linkName(join(`${folder}:${String(value)}.${String(interfaceNumber)}`, "driver"))
  }

  return {
    get configuration() {
      return configuration
    },
    open: async () => {
      await device.open()
      try {
        configuration = device.configuration ?? undefined
      } catch (cause) {
        // Its strings cannot be read.
        await device.close()
        throw cause
      }
    },
    close: () => device.close(),
    claimInterface: (interfaceNumber) => device.claimInterface(interfaceNumber),
    releaseInterface: async (interfaceNumber) => {
      const all = [...pending]
      // Takes our own claim away, which ends what is pending; a transfer after this would claim it again.
      if (all.length > 0) await device.detachKernelDriver(interfaceNumber).catch(() => undefined)
      await Promise.allSettled(all)
      await device.releaseInterface(interfaceNumber)
    },
    controlTransferIn: (setup, length) => noted(device.controlTransferIn(setup, length, controlLimit)),
    controlTransferOut: (setup, data) => noted(device.controlTransferOut(setup, data, controlLimit)),
    transferIn: (number, length) => noted(device.transferIn(number, length, unlimited)),
    transferOut: (number, data) => noted(device.transferOut(number, data, unlimited)),
    clearHalt: (direction, number) => noted(device.clearHalt(direction, number)),
    detachKernelDriver: async (interfaceNumber) => {
      const driver = driverOf(interfaceNumber)
      if (driver === undefined) return false
      if (driver === programs) {
        const holders = describeHolders(holdersOf(node))
        const detail = holders === undefined ? {} : { detail: holders }
        throw failure(node, "open", { _tag: "Busy", ...detail })
      }
      await device.detachKernelDriver(interfaceNumber)
      return true
    },
    attachKernelDriver: (interfaceNumber) => device.attachKernelDriver(interfaceNumber)
  }
}

/** A device of this computer, and whether it is still there. */
export interface FoundDevice {
  readonly device: WebUsbDevice
  readonly isThere: () => boolean
}

/** How a device on the bus is found for straight USB; another one in tests. */
export type FindUsbDevice = (device: UsbDevice) => Effect.Effect<FoundDevice, TransportError>

const three = (number: number): string => String(number).padStart(3, "0")

const load = async (): Promise<ReadonlyArray<PackageDevice>> => {
  const require = createRequire(import.meta.url)
  const { usb } = require("usb") as {
    readonly usb: { readonly getDevices: () => Promise<ReadonlyArray<PackageDevice>> }
  }
  return usb.getDevices()
}

const findByPackage: FindUsbDevice = Effect.fn("findUsbDevice")(function* (wanted: UsbDevice) {
  const { dev, sys } = yield* Roots
  const { address, portPath, productId, vendorId } = wanted
  const endpoint = `usb ${portPath}`
  if (address === undefined) return yield* failure(endpoint, "open", { _tag: "NotThere" })
  const all = yield* Effect.tryPromise({ try: load, catch: (cause) => usbFailure(endpoint, "open", cause) })
  const device = all.find(
    (one) =>
      Number(one.bus) === address.bus &&
      one.address === address.device &&
      one.vendorId === vendorId &&
      one.productId === productId
  )
  if (device === undefined) return yield* failure(endpoint, "open", { _tag: "NotThere" })
  const node = join(dev, "bus/usb", three(address.bus), three(address.device))
  const place = { node, folder: join(sys, "bus/usb/devices", portPath) }
  const found: FoundDevice = { device: webUsbDevice(device, place), isThere: () => existsSync(node) }
  return found
})

/** The npm package `usb`, unless a test has another way. */
export const UsbDevices = Context.Reference<FindUsbDevice>("boothold/live/UsbDevices", {
  defaultValue: () => findByPackage
})
