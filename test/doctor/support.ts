/** A computer and a modem that nothing is wrong with; each test spoils one thing. */
import { modemOf, standingOf } from "../../src/device/Modem.ts"
import type { Found } from "../../src/device/Modem.ts"
import type { UsbDevice } from "../../src/device/UsbBus.ts"
import type { Surroundings } from "../../src/doctor/diagnose.ts"
import type { DeviceFacts, HostFacts, NodeFacts } from "../../src/doctor/facts.ts"

export const soundHost: HostFacts = {
  root: true,
  kernel: "6.1.0-18-amd64",
  aliases: [{ pattern: "usb:v1199p9070d*dc*dsc*dp*ic*isc*ip*in*", module: "qcserial" }],
  serial: { state: "loaded", added: [] },
  udev: true,
  systemBus: true,
  container: false,
  devFromKernel: true,
  memoryAvailable: 512 * 1024 * 1024,
  disk: { folder: "/home/user", free: 1024 * 1024 * 1024 },
  modeswitch: []
}

export const node = (path: string, change: Partial<NodeFacts> = {}): NodeFacts => ({
  node: path,
  state: "open",
  holders: [],
  ...change
})

export const soundDevice: UsbDevice = {
  key: "1:7",
  portPath: "1-2",
  vendorId: 0x1199,
  productId: 0x9071,
  serial: "LQ1",
  product: "EM7455",
  address: { bus: 1, device: 7 },
  interfaceCount: 4,
  interfaces: [0, 2, 3].map((number) => ({ number, class: 255, subclass: 255, protocol: 255, driver: "qcserial" })),
  ports: [
    { name: "ttyUSB0", role: "diag", driver: "qcserial", interfaceNumber: 0, node: "/dev/ttyUSB0" },
    { name: "ttyUSB2", role: "at", driver: "qcserial", interfaceNumber: 3, node: "/dev/ttyUSB2" },
    { name: "cdc-wdm0", role: "control", driver: "qmi_wwan", interfaceNumber: 8, node: "/dev/cdc-wdm0" }
  ]
}

export const soundFacts: DeviceFacts = {
  nodes: [node("/dev/ttyUSB0"), node("/dev/ttyUSB2"), node("/dev/cdc-wdm0")],
  usbNode: node("/dev/bus/usb/001/007"),
  speed: 480,
  powerControl: "on",
  controller: { _tag: "Pci", vendor: "8086", device: "a36d", subsystemVendor: "1028" }
}

export interface Spoiled {
  readonly host?: Partial<HostFacts>
  readonly facts?: Partial<DeviceFacts>
  readonly device?: Partial<UsbDevice>
}

export const foundOf = (device: UsbDevice): Found => ({
  modem: modemOf(device),
  standing: standingOf(device) ?? { _tag: "possible" }
})

export const scene = ({ device, facts, host }: Spoiled = {}): readonly [Found, Surroundings] => [
  foundOf({ ...soundDevice, ...device }),
  { host: { ...soundHost, ...host }, device: { ...soundFacts, ...facts } }
]
