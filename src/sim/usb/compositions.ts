/**
 * What each family shows on USB, as data. Interface numbers: devices.md §3; composition 6 has these four interfaces and no
 * second QMI function (interfaces 10 and 19 of the drivers' tables belong to compositions with several networks,
 * devices.md §4): public listings of a MC7710 (1199:68a2, "#Ifs= 4") and of an EM7455 switched to 6 ("invalid interface
 * number: 8 but max is 3") agree. Class triples, endpoints and functional descriptors of 9x15 and 9x30: lab notes.
 * Compositions 8 and 9 of 9x30 end with the two interfaces of MBIM (MBIM 1.0 §6): 12 and 13, or 0 and 1 where it is alone.
 */
import { usualMaxControlMessage } from "../models/facts.ts"
import type { Model } from "../models/Model.ts"
import type { StringIndexes, UsbEndpoint, UsbInterface, UsbLayout } from "./descriptors.ts"

const bulk = (address: number, interval = 0): UsbEndpoint => ({ address, transfer: "bulk", packetSize: 512, interval })
/** 2^(9-1) microframes = 32 ms (inferred). */
const interrupt = (address: number, packetSize: number): UsbEndpoint => ({
  address,
  transfer: "interrupt",
  packetSize,
  interval: 9
})

/** Header, call management, ACM and union descriptor of a serial function. */
const serialFunctional = (number: number): ReadonlyArray<ReadonlyArray<number>> => [
  [0x05, 0x24, 0x00, 0x10, 0x01],
  [0x05, 0x24, 0x01, 0x00, 0x00],
  [0x04, 0x24, 0x02, 0x02],
  [0x05, 0x24, 0x06, number, number]
]

const vendor = [0xff, 0xff, 0xff] as const
const vendorSerial = [0xff, 0x00, 0x00] as const

const diag: UsbInterface = {
  number: 0,
  triple: vendor,
  endpoints: [bulk(0x81), bulk(0x01)],
  functional: [],
  role: "diag",
  requests: "none"
}

/** 9x15 and later: serial functions with an interrupt endpoint and CDC descriptors. */
const serial = (number: number, role: "nmea" | "at", ends: readonly [number, number, number]): UsbInterface => ({
  number,
  triple: vendorSerial,
  endpoints: [interrupt(ends[0], 10), bulk(ends[1]), bulk(ends[2])],
  functional: serialFunctional(number),
  role,
  requests: "serial"
})

const qmi = (ends: readonly [number, number, number]): UsbInterface => ({
  number: 8,
  triple: vendor,
  endpoints: [interrupt(ends[0], 8), bulk(ends[1]), bulk(ends[2])],
  functional: [],
  role: "control",
  requests: "encapsulated"
})

/** String numbers and `bcdDevice` 0.06 of an EM7455 in a public kernel log (1199:9075, "Mfr=1, Product=2, SerialNumber=3"). */
const strings9x30: StringIndexes = { manufacturer: 1, product: 2, serial: 3, configuration: 0 }
/** The same of a MC7710 in a public `lsusb -v` (1199:68e2). */
const strings9200: StringIndexes = { configuration: 1, product: 2, manufacturer: 3, serial: 4 }
const bcdDevice = 0x0006

interface MbimPlace {
  /** Of the control interface; the data interface is the next one. */
  readonly number: number
  /** Interrupt IN, bulk IN, bulk OUT. */
  readonly ends: readonly [number, number, number]
  readonly maxControlMessage: number
}

/** Header, union, and MBIM 1.0 with 32 filters of 128 bytes, segments of 1500, and NTB input sizes of 8 bytes. */
const mbimFunctional = ({ maxControlMessage, number }: MbimPlace): ReadonlyArray<ReadonlyArray<number>> => [
  [0x05, 0x24, 0x00, 0x10, 0x01],
  [0x05, 0x24, 0x06, number, number + 1],
  [0x0c, 0x24, 0x1b, 0x00, 0x01, maxControlMessage & 0xff, maxControlMessage >> 8, 0x20, 0x80, 0xdc, 0x05, 0x20]
]

const mbim = (place: MbimPlace): ReadonlyArray<UsbInterface> => {
  const { ends, maxControlMessage, number } = place
  return [
    {
      number,
      triple: [0x02, 0x0e, 0x00],
      endpoints: [interrupt(ends[0], 8)],
      functional: mbimFunctional(place),
      role: "control",
      requests: "mbim",
      maxControlMessage,
      association: [0x08, 0x0b, number, 2, 0x02, 0x0e, 0x00, 0x00]
    },
    {
      number: number + 1,
      triple: [0x0a, 0x00, 0x02],
      endpoints: [],
      alternate: [bulk(ends[1]), bulk(ends[2])],
      functional: [],
      requests: "none"
    }
  ]
}

/** The interfaces, given what fits one control transfer of MBIM. */
type Interfaces = (maxControlMessage: number) => ReadonlyArray<UsbInterface>

interface Family {
  readonly strings: StringIndexes
  /** By Swi composition number (qmi.md §8). */
  readonly compositions: ReadonlyMap<number, Interfaces>
}

const ends9x15 = { nmea: [0x83, 0x82, 0x02], at: [0x85, 0x84, 0x03], qmi: [0x87, 0x86, 0x04] } as const

const interfaces9x15 = [diag, serial(2, "nmea", ends9x15.nmea), serial(3, "at", ends9x15.at), qmi(ends9x15.qmi)]

/** 9x30 QMI is deaf until DTR is raised: the kernel has a quirk for it (devices.md §3). */
const interfaces9x30 = interfaces9x15.map((one) => (one.role === "control" ? { ...one, needsDtr: true as const } : one))

/** MC7710: the NMEA port has no interrupt endpoint, nothing has CDC descriptors (the same listing: 115 bytes in all). */
const interfaces9200: ReadonlyArray<UsbInterface> = [
  { ...diag, endpoints: [bulk(0x81, 32), bulk(0x01, 32)] },
  { ...diag, number: 2, role: "nmea", endpoints: [bulk(0x82, 32), bulk(0x02, 32)] },
  {
    ...diag,
    number: 3,
    role: "at",
    requests: "serial",
    endpoints: [interrupt(0x83, 64), bulk(0x84, 32), bulk(0x03, 32)]
  },
  { ...qmi([0x85, 0x86, 0x04]) }
]

/** Endpoints of MBIM alone are nobody's measurement: the first free ones. */
const mbimEnds = { last: [0x87, 0x86, 0x04], alone: [0x81, 0x82, 0x01] } as const

const serial9x30 = interfaces9x30.filter(({ role }) => role !== "control")

const families: Readonly<Record<string, Family>> = {
  SWI9200: { strings: strings9200, compositions: new Map([[6, () => interfaces9200]]) },
  SWI9X15: { strings: strings9x30, compositions: new Map([[6, () => interfaces9x15]]) },
  SWI9X30: {
    strings: strings9x30,
    compositions: new Map<number, Interfaces>([
      [6, () => interfaces9x30],
      [8, (maxControlMessage) => [...serial9x30, ...mbim({ number: 12, ends: mbimEnds.last, maxControlMessage })]],
      [9, (maxControlMessage) => mbim({ number: 0, ends: mbimEnds.alone, maxControlMessage })]
    ])
  }
}

/** Boot-and-hold: one interface, exactly two endpoints, bulk IN first (devices.md §2, rule 3). */
const boot: ReadonlyArray<UsbInterface> = [{ ...diag, role: "download" }]

/** What a model shows in a mode and composition; `undefined` where nothing is known about it. */
export const layoutOf = (
  model: Pick<Model, "family">,
  mode: "application" | "boot-and-hold",
  composition: number,
  maxControlMessage = usualMaxControlMessage
): UsbLayout | undefined => {
  const family = families[model.family]
  const interfaces = mode === "boot-and-hold" ? boot : family?.compositions.get(composition)?.(maxControlMessage)
  return family === undefined || interfaces === undefined
    ? undefined
    : { interfaces, strings: family.strings, bcdDevice }
}
