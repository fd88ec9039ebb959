/** Every message of qmi.md §3, §6–§8 by service and id: for reading logs, where only bytes are known. */
import { ctlMessages } from "./ctl.ts"
import { firmwareMessages, identityMessages, powerMessages } from "./dms.ts"
import type { AnyQmiMessage } from "./Message.ts"
import { Service } from "./Service.ts"
import { foxconnMessages } from "./vendor-foxconn.ts"
import { sierraMessages } from "./vendor-sierra.ts"
import { telitMessages } from "./vendor-telit.ts"

export const allMessages: ReadonlyArray<AnyQmiMessage> = [
  ...ctlMessages,
  ...identityMessages,
  ...firmwareMessages,
  ...powerMessages,
  ...sierraMessages,
  ...foxconnMessages,
  ...telitMessages
]

/** Known by name only: library-private, never on USB (§3). */
const privateNames = new Map<number, string>([
  [0xff22, "Internal Allocate CID (16-bit service)"],
  [0xff23, "Internal Release CID (16-bit service)"]
])

const table = new Map<number, ReadonlyArray<AnyQmiMessage>>()
for (const one of allMessages) {
  const key = one.service * 0x10000 + one.id
  table.set(key, [...(table.get(key) ?? []), one])
}

/**
 * What a message id can mean: none, one, or, for vendor ids, several. With `vendorId` (the maker's) only what the
 * modems of that maker mean by it.
 */
export const findMessages = (service: number, id: number, vendorId?: number): ReadonlyArray<AnyQmiMessage> => {
  const found = table.get(service * 0x10000 + id) ?? []
  return vendorId === undefined ? found : found.filter((one) => one.vendorId === undefined || one.vendorId === vendorId)
}

/** `List Stored Images`; `A or B` where the maker decides; `message 0x1234` for one that the document does not name. */
export const messageName = (service: number, id: number, vendorId?: number): string => {
  const found = findMessages(service, id, vendorId).map(({ name }) => name)
  if (found.length > 0) return found.join(" or ")
  const known = service === Service.CTL ? privateNames.get(id) : undefined
  return known ?? `message 0x${id.toString(16).padStart(4, "0")}`
}
