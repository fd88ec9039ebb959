/** `AT!PRIID?` (at.md §4.5), read and printed. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { keyValue, AtReplyError } from "./reply-text.ts"

export interface PriIdReply {
  /** Part number, revision and customer of the factory PRI, not of the flashed one. */
  readonly partNumber: string
  readonly revision: string
  readonly customer: string
  /** One package name per stored carrier PRI (`readPackageId`); none when the modem says `None`. */
  readonly carrierPris: ReadonlyArray<string>
  readonly other: ReadonlyArray<string>
}

const noCarrierPri = "None"

export const readPriId = (lines: ReadonlyArray<string>): Result.Result<PriIdReply, AtReplyError> => {
  const values = new Map<string, string>()
  const carrierPris: Array<string> = []
  const other: Array<string> = []
  for (const line of lines) {
    const pair = keyValue(line)
    if (pair?.key === "Carrier PRI") {
      if (pair.value !== noCarrierPri && pair.value !== "") carrierPris.push(pair.value)
    } else if (pair !== undefined && ["PRI Part Number", "Revision", "Customer"].includes(pair.key)) {
      if (!values.has(pair.key)) values.set(pair.key, pair.value)
    } else if (line.trim() !== "") {
      other.push(line.trim())
    }
  }
  const partNumber = values.get("PRI Part Number")
  if (partNumber === undefined) {
    return Result.fail(new AtReplyError({ command: "AT!PRIID?", wanted: "a line PRI Part Number:", found: [...lines] }))
  }
  return Result.succeed({
    partNumber,
    revision: values.get("Revision") ?? "",
    customer: values.get("Customer") ?? "",
    carrierPris,
    other
  })
}

export const writePriId = (reply: Omit<PriIdReply, "other">): AtText => ({
  lines: [
    `PRI Part Number: ${reply.partNumber}`,
    `Revision: ${reply.revision}`,
    `Customer: ${reply.customer}`,
    "",
    ...(reply.carrierPris.length === 0 ? [noCarrierPri] : reply.carrierPris).map((pri) => `Carrier PRI: ${pri}`)
  ]
})
