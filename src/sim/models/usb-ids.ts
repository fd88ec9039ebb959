/** The same module under other USB ids, as OEMs and users give it: every row of the device table that is one of its family. */
import { deviceRows } from "../../device/table/table.ts"
import type { Model } from "./Model.ts"

/** What `--usb-id` takes for a model, e.g. `413c:81b6`: ids in application mode whose boot-and-hold id is known too. */
export const usbIdsOf = ({ family }: Pick<Model, "family">): ReadonlyArray<string> =>
  deviceRows
    .filter((row) => row.family === family && row.boot.length > 0)
    .map(({ application, vendor }) => `${vendor}:${application}`)

/** The model under these ids in application mode; the table says what it is in boot-and-hold. `undefined` for others. */
export const withUsbId = (model: Model, id: string): Model | undefined => {
  const wanted = id.toLowerCase()
  const row = usbIdsOf(model).includes(wanted)
    ? deviceRows.find(({ application, vendor }) => `${vendor}:${application}` === wanted)
    : undefined
  const [boot] = row?.boot ?? []
  if (row === undefined || boot === undefined) return undefined
  return {
    ...model,
    vendorId: Number.parseInt(row.vendor, 16),
    productId: Number.parseInt(row.application, 16),
    bootProductId: Number.parseInt(boot, 16)
  }
}
