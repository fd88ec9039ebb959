/** The USB ids of a family, out of the device table. */
import { deviceRows } from "../table/table.ts"
import type { UsbIdentity } from "./Family.ts"

const number = (hex: string): number => Number.parseInt(hex, 16)

export const usbIdentities = (family: string): ReadonlyArray<UsbIdentity> =>
  deviceRows
    .filter((row) => row.family === family)
    .map((row) => ({
      label: row.label,
      vendorId: number(row.vendor),
      productId: number(row.application),
      bootProductIds: row.boot.map(number)
    }))
