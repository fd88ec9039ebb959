/** `ATI` (at.md §2.1), read and printed. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError, keyValues } from "./reply-text.ts"

export interface Identification {
  readonly manufacturer?: string
  readonly model: string
  /** The whole text: image name, build tag, builder, date and time. */
  readonly revision: string
  readonly meid?: string
  readonly esn?: string
  readonly imei?: string
  readonly imeiSoftwareVersion?: string
  readonly factorySerialNumber?: string
  readonly capabilities?: string
  /** Lines without a known name, e.g. `3GPP Release 8`. */
  readonly other: ReadonlyArray<string>
}

/** Names in the order in which modems print them. */
const labels = [
  ["manufacturer", "Manufacturer"],
  ["model", "Model"],
  ["revision", "Revision"],
  ["meid", "MEID"],
  ["esn", "ESN"],
  ["imei", "IMEI"],
  ["imeiSoftwareVersion", "IMEI SV"],
  ["factorySerialNumber", "FSN"],
  ["capabilities", "+GCAP"]
] as const

const known: ReadonlySet<string> = new Set(labels.map(([, label]) => label))

export const readIdentification = (lines: ReadonlyArray<string>): Result.Result<Identification, AtReplyError> => {
  const { values, other } = keyValues(lines, known)
  const model = values.get("Model")
  const revision = values.get("Revision")
  if (model === undefined || revision === undefined) {
    const wanted = model === undefined ? "a line Model:" : "a line Revision:"
    return Result.fail(new AtReplyError({ command: "ATI", wanted, found: [...lines] }))
  }
  const optional: { [K in (typeof labels)[number][0]]?: string } = {}
  for (const [name, label] of labels) {
    const value = values.get(label)
    if (value !== undefined) optional[name] = value
  }
  return Result.succeed({ ...optional, model, revision, other })
}

export const writeIdentification = (identification: Identification): AtText => {
  const lines: Array<string> = []
  for (const [name, label] of labels) {
    const value = identification[name]
    if (value !== undefined) lines.push(`${label}: ${value}`)
  }
  // The 9200, which prints no +GCAP, is also the one seen with a single blank line before OK.
  return { lines: [...lines, ...identification.other], trailingBlank: identification.capabilities !== undefined }
}
