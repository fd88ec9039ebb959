/**
 * The devices that are known by their USB ids: data files with their sources, checked by `test/device/table.test.ts`.
 * An id is a hint and no identity: it can be rewritten, and some are shared (devices.md, rule 1). The modem itself is
 * asked before anything is written. PCIe modems (`17cb:0306`) are no USB devices and not here.
 */
import type { PortRole } from "../UsbBus.ts"
import deviceData from "./devices.json" with { type: "json" }
import refusedData from "./refused.json" with { type: "json" }

/** A row of `devices.json`. USB ids are four hex digits; an absent function is unknown, an empty list says there is none. */
export interface DeviceRow {
  /** Family of the chipset, e.g. `SWI9X30`; not all of them can be updated. */
  readonly family: string
  /** For people, e.g. `EM7455 (Lenovo)`. */
  readonly label: string
  readonly models: ReadonlyArray<string>
  readonly vendor: string
  /** Product id in application mode. */
  readonly application: string
  /** Product ids in boot-and-hold; empty where no source tells it. */
  readonly boot: ReadonlyArray<string>
  /** Numbers of the interfaces that carry the function in the usual composition. */
  readonly dm?: number
  readonly nmea?: number
  readonly at?: number
  readonly qmi?: ReadonlyArray<number>
  /** Control, then data. */
  readonly mbim?: ReadonlyArray<number>
  /** Told by one source only: recognised, not relied upon. */
  readonly singleSource?: boolean
  /** The id is other models' too. */
  readonly shared?: boolean
  readonly note?: string
  readonly sources: ReadonlyArray<string>
}

/** A row of `refused.json`: devices that share vendor ids or drivers with modems, and speak another protocol. */
export interface RefusedRow {
  readonly label: string
  readonly vendor: string
  readonly products: ReadonlyArray<string>
  /** Completes "not one that boothold can update: …". */
  readonly reason: string
  readonly sources: ReadonlyArray<string>
}

export const deviceRows = deviceData as ReadonlyArray<DeviceRow>
export const refusedRows = refusedData as ReadonlyArray<RefusedRow>

export interface UsbIds {
  readonly vendorId: number
  readonly productId: number
}

/** As ids are written: `9071`. */
export const hex4 = (id: number): string => id.toString(16).padStart(4, "0")

/** All rows that know these ids, in either mode. */
export const rowsOf = ({ productId, vendorId }: UsbIds): ReadonlyArray<DeviceRow> => {
  const [vendor, product] = [hex4(vendorId), hex4(productId)]
  return deviceRows.filter((row) => row.vendor === vendor && [row.application, ...row.boot].includes(product))
}

export const refusalOf = ({ productId, vendorId }: UsbIds): RefusedRow | undefined => {
  const [vendor, product] = [hex4(vendorId), hex4(productId)]
  return refusedRows.find((row) => row.vendor === vendor && row.products.includes(product))
}

/** Vendors of modems and nothing else: their devices are looked at also where the product id is not known. */
const modemVendors: ReadonlySet<string> = new Set(["1199", "0f3d", "114f"])

/** Whether the ids alone make a device worth a look. */
export const isListed = (ids: UsbIds): boolean =>
  modemVendors.has(hex4(ids.vendorId)) || rowsOf(ids).length > 0 || refusalOf(ids) !== undefined

/** The usual layout since 9200 (devices.md §3), for devices whose row leaves a function open, and for rewritten ids. */
const usual = { dm: 0, nmea: 2, at: 3 } as const

/**
 * What a tty is for, by the number of its interface; numbers are stable inside a composition, the order of ttys is not
 * (devices.md, rule 4). Of application mode: the only interface of a boot loader is told by its driver.
 */
export const roleOfTty = (ids: UsbIds, interfaceNumber: number): PortRole => {
  const row = rowsOf(ids).find(({ application }) => application === hex4(ids.productId))
  const known = row?.at !== undefined || row?.dm !== undefined || row?.nmea !== undefined ? row : usual
  switch (interfaceNumber) {
    case known.at:
      return "at"
    case known.dm:
      return "diag"
    case known.nmea:
      return "nmea"
    default:
      return "unknown"
  }
}
