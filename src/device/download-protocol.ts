/** Which protocol a boot loader speaks, as far as family and USB ids tell it (devices.md §1). Pure. */
import type { DeviceRow } from "./table/table.ts"
import { hex4, rowsOf } from "./table/table.ts"
import type { UsbIds } from "./table/table.ts"

export type DownloadProtocol = "qdl" | "sahara"

/** By the family names of the device table. 9x07, 9x06, SWIX12 and SDX35 are left out: no source decides it. */
const byFamily: ReadonlyMap<string, DownloadProtocol> = new Map([
  ["SWI9200", "qdl"],
  ["SWI9X15", "qdl"],
  ["SWI9X30", "qdl"],
  ["SWI9X50", "sahara"],
  ["SWIX55", "sahara"],
  ["SWIX65", "sahara"]
])

/** Of a family, `SWI9X50`, or a firmware token of it, `SWI9X50C`. */
export const protocolOfFamily = (name: string): DownloadProtocol | undefined =>
  [...byFamily].find(([family]) => name.toUpperCase().startsWith(family))?.[1]

const inBoot = (ids: UsbIds): ReadonlyArray<DeviceRow> =>
  rowsOf(ids).filter(({ boot }) => boot.includes(hex4(ids.productId)))

/** What all that are known by these ids in boot-and-hold speak; undefined where that is not told, or not one thing. */
export const protocolOfBootIds = (ids: UsbIds): DownloadProtocol | undefined => {
  const found = new Set(inBoot(ids).map(({ family }) => protocolOfFamily(family)))
  return found.size === 1 ? [...found][0] : undefined
}

/**
 * The protocol of a modem of this family under these ids. Undefined where the ids are not of that family: then the port
 * has to be listened to.
 */
export const expectedProtocol = (
  family: { readonly id: string; readonly downloadProtocol: DownloadProtocol },
  ids: UsbIds
): DownloadProtocol | undefined =>
  inBoot(ids).some((row) => row.family === family.id) ? family.downloadProtocol : undefined
