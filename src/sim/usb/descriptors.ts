/** USB descriptors of a device as data, and their bytes (USB 2.0 §9.6; CDC 1.2 §5.2.3 for the functional ones). */
import type { PortRole } from "../../device/UsbBus.ts"

export interface UsbEndpoint {
  /** With the direction bit 0x80 for IN. */
  readonly address: number
  readonly transfer: "bulk" | "interrupt"
  readonly packetSize: number
  readonly interval: number
}

export interface UsbInterface {
  readonly number: number
  /** Class, subclass, protocol. */
  readonly triple: readonly [number, number, number]
  /** Of alternate setting 0. */
  readonly endpoints: ReadonlyArray<UsbEndpoint>
  /** Of alternate setting 1, where there is one. */
  readonly alternate?: ReadonlyArray<UsbEndpoint>
  /** Class-specific descriptors, behind the interface's own. */
  readonly functional: ReadonlyArray<ReadonlyArray<number>>
  /** The modem's port behind it; absent where only network packets go. */
  readonly role?: PortRole
  /** Class requests that it knows: `encapsulated` for QMI, `mbim`, `serial` for line state and coding, `none`. */
  readonly requests: "encapsulated" | "mbim" | "serial" | "none"
  /** `encapsulated`: deaf until the host has raised DTR. */
  readonly needsDtr?: true
  /** `mbim`: bytes of one control transfer, as the functional descriptor says. */
  readonly maxControlMessage?: number
  /** The descriptor in front of it that says which interfaces make one function. */
  readonly association?: ReadonlyArray<number>
}

/** Endpoints of all its alternate settings. */
export const endpointsOf = ({ alternate = [], endpoints }: UsbInterface): ReadonlyArray<UsbEndpoint> => [
  ...endpoints,
  ...alternate
]

/** Numbers of the string descriptors; 0 = none. */
export interface StringIndexes {
  readonly configuration: number
  readonly manufacturer: number
  readonly product: number
  readonly serial: number
}

export interface UsbLayout {
  readonly interfaces: ReadonlyArray<UsbInterface>
  readonly strings: StringIndexes
  readonly bcdDevice: number
}

/** One enumeration as the host sees it. */
export interface UsbDescription extends UsbLayout {
  readonly vendorId: number
  readonly productId: number
  readonly manufacturer: string
  readonly product: string
  readonly serial: string | undefined
}

export const DescriptorType = { device: 1, configuration: 2, string: 3, interface: 4, endpoint: 5 } as const

/** Self powered, remote wakeup (lab notes; MC7710 and EM7455 listings in the field). */
export const configurationAttributes = 0xe0
/** The only configuration. */
export const configurationValue = 1

const le16 = (value: number): ReadonlyArray<number> => [value & 0xff, value >> 8]

const serialIndex = ({ serial, strings }: UsbDescription): number => (serial === undefined ? 0 : strings.serial)

export const deviceDescriptor = (device: UsbDescription): Uint8Array =>
  Uint8Array.of(
    18,
    DescriptorType.device,
    ...le16(0x0200),
    // Class, subclass, protocol: told by each interface.
    0,
    0,
    0,
    64,
    ...le16(device.vendorId),
    ...le16(device.productId),
    ...le16(device.bcdDevice),
    device.strings.manufacturer,
    device.strings.product,
    serialIndex(device),
    1
  )

const endpointBytes = ({ address, interval, packetSize, transfer }: UsbEndpoint): ReadonlyArray<number> => [
  7,
  DescriptorType.endpoint,
  address,
  transfer === "bulk" ? 2 : 3,
  ...le16(packetSize),
  interval
]

const settingBytes = (
  { functional, number, triple }: UsbInterface,
  alternate: number,
  endpoints: ReadonlyArray<UsbEndpoint>
): ReadonlyArray<number> => [
  9,
  DescriptorType.interface,
  number,
  alternate,
  endpoints.length,
  ...triple,
  0,
  ...(alternate === 0 ? functional.flat() : []),
  ...endpoints.flatMap(endpointBytes)
]

const interfaceBytes = (one: UsbInterface): ReadonlyArray<number> => [
  ...(one.association ?? []),
  ...settingBytes(one, 0, one.endpoints),
  ...(one.alternate === undefined ? [] : settingBytes(one, 1, one.alternate))
]

export const configurationDescriptor = ({ interfaces, strings }: UsbDescription): Uint8Array => {
  const body = interfaces.flatMap(interfaceBytes)
  return Uint8Array.of(
    9,
    DescriptorType.configuration,
    ...le16(9 + body.length),
    interfaces.length,
    configurationValue,
    strings.configuration,
    configurationAttributes,
    // Milliamperes by 2: none is asked for.
    0,
    ...body
  )
}

/** A string descriptor holds at most 126 UTF-16 units: its length is one byte. */
const textBytes = (text: string): Uint8Array => {
  const units = [...Array(Math.min(text.length, 126)).keys()].map((at) => text.charCodeAt(at))
  return Uint8Array.of(2 + 2 * units.length, DescriptorType.string, ...units.flatMap(le16))
}

/** US English, the only language. */
const languages = Uint8Array.of(4, DescriptorType.string, 0x09, 0x04)

const configurationName = "Sierra Configuration"

export const stringDescriptor = (device: UsbDescription, index: number): Uint8Array | undefined => {
  if (index === 0) return languages
  switch (index) {
    case device.strings.configuration:
      return textBytes(configurationName)
    case device.strings.manufacturer:
      return textBytes(device.manufacturer)
    case device.strings.product:
      return textBytes(device.product)
    case serialIndex(device):
      return textBytes(device.serial ?? "")
    default:
      return undefined
  }
}
