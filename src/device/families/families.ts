/** The families that boothold updates, and how a modem or an image is recognised as one of them. Pure. */
import { refusalOf, rowsOf } from "../table/table.ts"
import type { UsbIds } from "../table/table.ts"
import type { Family } from "./Family.ts"
import { swi9200 } from "./swi9200.ts"
import { swi9x15 } from "./swi9x15.ts"
import { swi9x30 } from "./swi9x30.ts"

export const knownFamilies: ReadonlyArray<Family> = [swi9200, swi9x15, swi9x30]

const same = (a: string) => (b: string) => a.toUpperCase() === b.toUpperCase()

/** The family that has this firmware token (`SWI9X30C`), case ignored. */
export const familyOfToken = (token: string, families: ReadonlyArray<Family> = knownFamilies): Family | undefined =>
  families.find((family) => family.firmwareTokens.some(same(token)))

/** The family of a CWE product code (`9X30`, also `9x30`). */
export const familyOfProduct = (product: string, families: ReadonlyArray<Family> = knownFamilies): Family | undefined =>
  families.find((family) => family.products.some(same(product)))

/** The family of a model name such as `EM7455` or `EM7455B` (at.md §2.1: OEM cards add a letter). */
export const familyOfModel = (model: string, families: ReadonlyArray<Family> = knownFamilies): Family | undefined =>
  families.find((family) => family.models.some((known) => model.toUpperCase().startsWith(known)))

/** Revision texts start with the family token: `SWI9X30C_02.33.03.00 r8209 …` (at.md §2.1). */
const revisionPattern = /^([A-Za-z0-9]+)_(\d{2}\.\d{2}\.\d{2}\.\d{2})(?!\d)/

export interface Revision {
  readonly token: string
  readonly firmware: string
}

export const parseRevision = (revision: string): Revision | undefined => {
  const match = revisionPattern.exec(revision.trim())
  return match?.[1] === undefined || match[2] === undefined ? undefined : { token: match[1], firmware: match[2] }
}

/** Families whose USB table lists this device; a hint only, ids can be rewritten and are shared (devices.md, rule 1). */
export const familiesOfDevice = (
  device: UsbIds,
  families: ReadonlyArray<Family> = knownFamilies
): ReadonlyArray<Family> =>
  families.filter((family) =>
    family.usb.some(
      (id) =>
        id.vendorId === device.vendorId &&
        (id.productId === device.productId || id.bootProductIds.includes(device.productId))
    )
  )

/** The table's label for a device, of whatever family, e.g. `EM7455 (Lenovo)`. */
export const labelOfDevice = (device: UsbIds): string | undefined =>
  rowsOf(device)[0]?.label ?? refusalOf(device)?.label
