/** This computer, as `boothold doctor` wants to know it: /sys, /proc, /etc, /lib/modules. Reads only. */
import * as Effect from "effect/Effect"
import { existsSync, readFileSync, realpathSync, statfsSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import type { PortInfo, UsbDevice } from "../device/UsbBus.ts"
import type { ControllerFacts, DeviceFacts, Holder, HostFacts, NodeFacts } from "../doctor/facts.ts"
import type { Host } from "../doctor/Host.ts"
import { explainDenied, explainDeniedUsb, nodeState } from "./access.ts"
import { decimalOf, linkName, namesIn, readText } from "./attributes.ts"
import { holdersOfAll } from "./holders.ts"
import { modemManager, SystemBusAddress } from "./ModemManager.ts"
import { moduleFacts } from "./module-tables.ts"
import { Roots } from "./Roots.ts"

/** A file of /proc or /etc, which are small; undefined where it cannot be read. */
const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** The field `hypervisor` of the processor's flags; on Arm the device tree says it. */
const virtualOf = ({ proc, sys }: Roots): HostFacts["virtual"] => {
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(textOf(join(proc, "cpuinfo")) ?? "")?.[1] ?? ""
  const isGuest =
    /\bhypervisor\b/.test(flags) ||
    existsSync(join(proc, "device-tree/hypervisor/compatible")) ||
    readText(join(sys, "hypervisor/type")) !== undefined
  if (!isGuest) return undefined
  const dmi = join(sys, "class/dmi/id")
  const words = [readText(join(dmi, "sys_vendor")), readText(join(dmi, "product_name"))]
  const product = words.filter((text) => text !== undefined && text !== "").join(" ")
  return { product: product === "" ? undefined : product }
}

/** Whether /dev shows what the kernel makes: its own file system is mounted there. */
const devFromKernel = ({ proc }: Roots): boolean => {
  const mounts = textOf(join(proc, "self/mountinfo"))
  // Nothing to be said without the list.
  if (mounts === undefined) return true
  // `24 27 0:6 / /dev rw - devtmpfs devtmpfs rw`: the last mount on it counts.
  const line = mounts.split("\n").findLast((text) => text.split(" ")[4] === "/dev")
  return line === undefined || / - devtmpfs /.test(line)
}

const inContainer = ({ proc, root = "/" }: Roots): boolean =>
  existsSync(join(root, ".dockerenv")) ||
  existsSync(join(root, "run/.containerenv")) ||
  /\bcontainer=/.test(textOf(join(proc, "1/environ")) ?? "")

const memoryOf = ({ proc }: Roots): { readonly memoryAvailable?: number } => {
  const kibibytes = /^MemAvailable:\s+(\d{1,12}) kB$/m.exec(textOf(join(proc, "meminfo")) ?? "")?.[1]
  return kibibytes === undefined ? {} : { memoryAvailable: Number(kibibytes) * 1024 }
}

const diskOf = (folder: string): { readonly disk?: { readonly folder: string; readonly free: number } } => {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return { disk: { folder, free: bavail * bsize } }
  } catch {
    return {}
  }
}

const ruleFolders = ["etc/udev/rules.d", "run/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d"]

/** `ATTR{idVendor}=="1199", ATTR{idProduct}=="9071", … RUN+="usb_modeswitch …"`. */
const modeswitchRules = (text: string) =>
  text
    // A rule may go on behind a backslash.
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .flatMap((line) => {
      if (line.trimStart().startsWith("#") || !/RUN(?:\{\w+\})?\s*(?:\+=|:=|=)[^#]*usb_modeswitch/.test(line)) return []
      const vendor = /ATTRS?\{idVendor\}\s*==\s*"([0-9a-f]{4})"/i.exec(line)?.[1]
      const products = /ATTRS?\{idProduct\}\s*==\s*"([0-9a-f|]{4,200})"/i.exec(line)?.[1]
      if (vendor === undefined) return []
      const of = { vendor: vendor.toLowerCase() }
      return products === undefined
        ? [of]
        : products.split("|").map((product) => ({ ...of, product: product.toLowerCase() }))
    })

/** Files of the same name take each other's place, in the order of the folders; an empty one masks. */
const modeswitchOf = ({ root = "/" }: Roots): HostFacts["modeswitch"] => {
  const seen = new Set<string>()
  return ruleFolders.flatMap((folder) =>
    namesIn(join(root, folder))
      .filter((name) => name.endsWith(".rules") && !seen.has(name))
      .flatMap((name) => {
        seen.add(name)
        const text = textOf(join(root, folder, name)) ?? ""
        return text.includes("usb_modeswitch")
          ? modeswitchRules(text).map((rule) => ({ file: `/${folder}/${name}`, ...rule }))
          : []
      })
  )
}

const readHost = Effect.gen(function* () {
  const roots = yield* Roots
  const { root = "/" } = roots
  const manager = yield* modemManager
  // Somebody has said where it is.
  const bus = yield* SystemBusAddress
  const virtual = virtualOf(roots)
  const facts: HostFacts = {
    root: process.geteuid?.() === 0,
    ...(yield* moduleFacts),
    udev: existsSync(join(root, "run/udev/control")),
    ...(manager === undefined ? {} : { modemManager: manager }),
    systemBus: bus !== undefined || existsSync(join(root, "run/dbus/system_bus_socket")),
    ...(virtual === undefined ? {} : { virtual }),
    container: inContainer(roots),
    devFromKernel: devFromKernel(roots),
    ...memoryOf(roots),
    ...diskOf(process.cwd()),
    modeswitch: modeswitchOf(roots)
  }
  return facts
})

const nodeFacts = (node: string, holders: ReadonlyArray<Holder>): NodeFacts => {
  const state = nodeState(node)
  const denied = state === "denied" ? explainDenied(node) : undefined
  return { node, state, ...(denied === undefined ? {} : { denied }), holders }
}

/** The device itself, which straight USB opens. */
const usbFacts = (node: string, vendorId: number): NodeFacts => {
  const state = nodeState(node)
  const { cure } = explainDeniedUsb(vendorId)
  return {
    node,
    state,
    ...(state === "denied" ? { denied: { detail: "straight USB needs it", cure } } : {}),
    holders: []
  }
}

const hex = (text: string | undefined): string | undefined => /^0x([0-9a-f]{4})$/i.exec(text ?? "")?.[1]?.toLowerCase()

/** The parent of the root hub: `…/0000:00:14.0/usb1/1-2`, `…/platform/vhci_hcd.0/usb3/3-1`. */
const controllerOf = (folder: string): ControllerFacts | undefined => {
  let at: string
  try {
    at = realpathSync(folder)
  } catch {
    return undefined
  }
  while (!/^usb\d+$/.test(basename(at))) {
    if (dirname(at) === at) return undefined
    at = dirname(at)
  }
  const controller = dirname(at)
  if (/^vhci_hcd\b/.test(basename(controller)) || linkName(join(controller, "driver")) === "vhci_hcd") {
    return { _tag: "UsbIp" }
  }
  const vendor = hex(readText(join(controller, "vendor")))
  const device = hex(readText(join(controller, "device")))
  const subsystemVendor = hex(readText(join(controller, "subsystem_vendor")))
  return vendor === undefined || device === undefined
    ? { _tag: "Other", name: basename(controller) }
    : { _tag: "Pci", vendor, device, ...(subsystemVendor === undefined ? {} : { subsystemVendor }) }
}

const three = (number: number): string => String(number).padStart(3, "0")

const resolved = ({ node = "" }: PortInfo): string => {
  try {
    return realpathSync(node)
  } catch {
    return node
  }
}

const readDevice = (device: UsbDevice) =>
  Effect.map(Roots, ({ dev, proc, sys }): DeviceFacts => {
    const folder = join(sys, "bus/usb/devices", device.portPath)
    const ports = device.ports.filter(({ node }) => node !== undefined)
    const holders = holdersOfAll(ports.map(resolved), proc)
    const { address } = device
    const usbNode = address === undefined ? undefined : join(dev, "bus/usb", three(address.bus), three(address.device))
    const speed = decimalOf(readText(join(folder, "speed")))
    const power = readText(join(folder, "power/control"))
    const controller = controllerOf(folder)
    return {
      nodes: ports.map((port) => nodeFacts(port.node ?? port.name, holders.get(resolved(port)) ?? [])),
      ...(usbNode === undefined ? {} : { usbNode: usbFacts(usbNode, device.vendorId) }),
      ...(speed === undefined ? {} : { speed }),
      ...(power === "on" || power === "auto" ? { powerControl: power } : {}),
      ...(controller === undefined ? {} : { controller })
    }
  })

/** This computer; for `Effect.provideService(Host, …)`. */
export const host: Host = { facts: readHost, device: readDevice }
