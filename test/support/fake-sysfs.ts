/** A picture of /sys and /dev in a temporary folder, as the kernel draws it: links between folders, one value per file. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import * as Effect from "effect/Effect"
import type { Roots } from "../../src/live/Roots.ts"

export interface FakeInterface {
  readonly number: number
  readonly driver?: string
  readonly class?: string
  /** `ttyUSB2`, `cdc-wdm0`, `ttyACM0`. */
  readonly node?: string
}

export interface FakeDevice {
  /** `1-2.3`; its hubs are made as far as they are not there. */
  readonly path: string
  readonly ids: readonly [vendor: string, product: string]
  readonly number?: number
  readonly serial?: string
  readonly product?: string
  readonly manufacturer?: string
  readonly interfaces: ReadonlyArray<FakeInterface>
  /** As the kernel has them from the device. */
  readonly descriptors?: Uint8Array
  /** Instead of the number of interfaces; undefined leaves the file out. */
  readonly interfaceCount?: string | undefined
}

export interface FakeSystem {
  readonly roots: Roots
  readonly plug: (device: FakeDevice) => void
  readonly unplug: (path: string) => void
  /** Binds a driver to an interface of a device that is there. */
  readonly bind: (path: string, added: FakeInterface) => void
  /** Two ports of hubs that are the same socket. */
  readonly pair: (one: string, other: string) => void
  readonly attribute: (path: string, name: string, value: string) => void
  /** A process, as /proc shows it. */
  readonly process: (pid: number, name: string, open?: ReadonlyArray<string>) => void
  /** A file below the root folder, e.g. `etc/modprobe.d/x.conf`; `sys`, `dev` and `proc` are there too. */
  readonly file: (path: string, text: string) => void
  /** A link in the place of whatever is there, both below the root folder. */
  readonly link: (at: string, to: string) => void
  readonly devices: string
}

const link = (at: string, to: string): void => {
  mkdirSync(dirname(at), { recursive: true })
  symlinkSync(relative(realpathSync(dirname(at)), to), at)
}

/** Names of hub and port: `1-2.3` is port 3 of `1-2`, `1-2` port 2 of the root hub of bus 1. */
const place = (path: string) => {
  const cut = path.lastIndexOf(".")
  const [bus = ""] = path.split("-")
  return cut === -1
    ? { hub: undefined, folder: `${bus}-0:1.0`, port: `usb${bus}-port${path.slice(bus.length + 1)}` }
    : {
        hub: path.slice(0, cut),
        folder: `${path.slice(0, cut)}:1.0`,
        port: `${path.slice(0, cut)}-port${path.slice(cut + 1)}`
      }
}

const makeSystem = (root: string): FakeSystem => {
  const roots = { sys: join(root, "sys"), dev: join(root, "dev"), proc: join(root, "proc"), root }
  const devices = join(roots.sys, "bus/usb/devices")
  const real = join(roots.sys, "devices/pci0000:00")
  for (const folder of [devices, real, roots.dev, roots.proc]) mkdirSync(folder, { recursive: true })
  let lastNumber = 1

  const bind = (path: string, { class: kind = "ff", driver, node, number }: FakeInterface): void => {
    const name = `${path}:1.${String(number)}`
    const folder = join(real, path, name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "bInterfaceNumber"), `${number.toString(16).padStart(2, "0")}\n`)
    writeFileSync(join(folder, "bInterfaceClass"), `${kind}\n`)
    writeFileSync(join(folder, "bInterfaceSubClass"), "ff\n")
    writeFileSync(join(folder, "bInterfaceProtocol"), "ff\n")
    if (driver !== undefined) link(join(folder, "driver"), join(roots.sys, "bus/usb/drivers", driver))
    if (node !== undefined) {
      const inside = node.startsWith("ttyUSB") ? `${node}/tty` : node.startsWith("tty") ? "tty" : "usbmisc"
      mkdirSync(join(folder, inside, node), { recursive: true })
      writeFileSync(join(roots.dev, node), "")
    }
  }

  const unplug = (path: string): void => {
    rmSync(join(devices, path), { force: true })
    rmSync(join(real, path), { recursive: true, force: true })
  }

  return {
    roots,
    devices,
    bind,
    unplug,
    plug: (device) => {
      const folder = join(real, device.path)
      mkdirSync(folder, { recursive: true })
      const [vendor, product] = device.ids
      const files: { readonly [name: string]: string | undefined } = {
        idVendor: vendor,
        idProduct: product,
        busnum: device.path.split("-")[0] ?? "1",
        devnum: String(device.number ?? ++lastNumber),
        serial: device.serial,
        product: device.product,
        manufacturer: device.manufacturer,
        bNumInterfaces: "interfaceCount" in device ? device.interfaceCount : ` ${String(device.interfaces.length)}`
      }
      for (const [name, value] of Object.entries(files)) {
        if (value !== undefined) writeFileSync(join(folder, name), `${value}\n`)
      }
      if (device.descriptors !== undefined) writeFileSync(join(folder, "descriptors"), device.descriptors)
      for (const one of device.interfaces) bind(device.path, one)
      link(join(devices, device.path), folder)
    },
    pair: (one, other) => {
      for (const [from, to] of [
        [one, other],
        [other, one]
      ] as const) {
        const [here, there] = [place(from), place(to)]
        for (const { folder, port } of [here, there]) mkdirSync(join(real, folder, port), { recursive: true })
        for (const bus of [one, other].map((path) => path.split("-")[0] ?? "")) {
          rmSync(join(devices, `usb${bus}`), { force: true })
          link(join(devices, `usb${bus}`), real)
        }
        rmSync(join(devices, here.folder), { force: true })
        link(join(devices, here.folder), join(real, here.folder))
        link(join(real, here.folder, here.port, "peer"), join(real, there.folder, there.port))
      }
    },
    attribute: (path, name, value) => {
      mkdirSync(dirname(join(real, path, name)), { recursive: true })
      writeFileSync(join(real, path, name), value)
    },
    file: (path, text) => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    },
    link: (at, to) => {
      rmSync(join(root, at), { recursive: true, force: true })
      link(join(root, at), join(root, to))
    },
    process: (pid, name, open = []) => {
      mkdirSync(join(roots.proc, String(pid), "fd"), { recursive: true })
      for (const [descriptor, path] of open.entries()) {
        symlinkSync(path, join(roots.proc, String(pid), "fd", String(descriptor)))
      }
      writeFileSync(join(roots.proc, String(pid), "comm"), `${name}\n`)
    }
  }
}

/** Removed with the scope. */
export const fakeSystem = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "boothold-sysfs-"))),
    (root) =>
      Effect.sync(() => {
        rmSync(root, { recursive: true, force: true })
      })
  ),
  makeSystem
)

/** MC7455 in its QMI composition, as the kernel's drivers bind it. */
export const mc7455 = (path: string, first = 0, change: Partial<FakeDevice> = {}): FakeDevice => ({
  path,
  ids: ["1199", "9071"],
  serial: "LQ00000001",
  product: "MC7455",
  manufacturer: "Sierra Wireless, Incorporated",
  interfaces: [
    { number: 0, driver: "qcserial", node: `ttyUSB${String(first)}` },
    { number: 2, driver: "qcserial", node: `ttyUSB${String(first + 1)}` },
    { number: 3, driver: "qcserial", node: `ttyUSB${String(first + 2)}` },
    { number: 8, driver: "qmi_wwan", node: `cdc-wdm${String(first === 0 ? 0 : 1)}` }
  ],
  ...change
})

export const held = (path: string, node: string, ids: FakeDevice["ids"] = ["1199", "9070"]): FakeDevice => ({
  path,
  ids,
  interfaces: [{ number: 0, driver: "qcserial", node }]
})
