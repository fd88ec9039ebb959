/** `AT!IMPREF?` and its 9x15 name `AT!GOBIIMPREF?` (at.md §4.1, §4.3), read and printed. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError, keyValues } from "./reply-text.ts"

/** Empty carrier and config: no PRI at all. */
export interface RunningImage {
  readonly firmware: string
  readonly carrier: string
  /** `<CARRIER>_<pri revision>_<index>`. */
  readonly config: string
  /** 9x30 from 02.33.03.00 and newer families. */
  readonly subpri?: string
}

export type Mismatch = "firmware" | "carrier" | "config"

export interface ImagePreferenceReply {
  readonly command: "IMPREF" | "GOBIIMPREF"
  readonly preferred: RunningImage
  readonly current: RunningImage
  /** What the modem itself says to differ. */
  readonly mismatches: ReadonlyArray<Mismatch>
  readonly other: ReadonlyArray<string>
}

const keysOf = (group: "preferred" | "current") =>
  ({
    firmware: `${group} fw version`,
    carrier: `${group} carrier name`,
    config: `${group} config name`,
    subpri: `${group} subpri index`
  }) as const

const preferredKeys = keysOf("preferred")
const currentKeys = keysOf("current")
const known: ReadonlySet<string> = new Set([...Object.values(preferredKeys), ...Object.values(currentKeys)])

/** `fw mismatch` was seen retyped from a newer family: both are understood. */
const mismatchTexts: ReadonlyMap<string, Mismatch> = new Map([
  ["fw version mismatch", "firmware"],
  ["fw mismatch", "firmware"],
  ["carrier name mismatch", "carrier"],
  ["config name mismatch", "config"]
])

const readGroup = (values: ReadonlyMap<string, string>, keys: ReturnType<typeof keysOf>): RunningImage | undefined => {
  const firmware = values.get(keys.firmware)
  const subpri = values.get(keys.subpri)
  if (firmware === undefined) return undefined
  return {
    firmware,
    carrier: values.get(keys.carrier) ?? "",
    config: values.get(keys.config) ?? "",
    ...(subpri === undefined ? {} : { subpri })
  }
}

export const readImagePreference = (
  lines: ReadonlyArray<string>
): Result.Result<ImagePreferenceReply, AtReplyError> => {
  const { values, other: unread } = keyValues(lines, known)
  const mismatches: Array<Mismatch> = []
  const other: Array<string> = []
  let command: ImagePreferenceReply["command"] = "IMPREF"
  for (const line of unread) {
    const mismatch = mismatchTexts.get(line)
    if (mismatch !== undefined) mismatches.push(mismatch)
    else if (line === "!GOBIIMPREF:") command = "GOBIIMPREF"
    else if (line !== "!IMPREF:") other.push(line)
  }
  const preferred = readGroup(values, preferredKeys)
  const current = readGroup(values, currentKeys)
  if (preferred === undefined || current === undefined) {
    const keys = preferred === undefined ? preferredKeys : currentKeys
    return Result.fail(
      new AtReplyError({ command: `AT!${command}?`, wanted: `a line ${keys.firmware}:`, found: [...lines] })
    )
  }
  return Result.succeed({ command, preferred, current, mismatches, other })
}

/** A version that means "any". */
export const anyFirmware = "00.00.00.00"

/** The mismatch lines that a modem prints for these two: compared with case; any firmware fits `00.00.00.00`. */
export const mismatchesOf = (preferred: RunningImage, current: RunningImage): ReadonlyArray<Mismatch> => [
  ...(preferred.firmware === current.firmware || preferred.firmware === anyFirmware ? [] : (["firmware"] as const)),
  ...(preferred.carrier === current.carrier ? [] : (["carrier"] as const)),
  ...(preferred.config === current.config ? [] : (["config"] as const))
]

const printedMismatch = {
  firmware: "fw version mismatch",
  carrier: "carrier name mismatch",
  config: "config name mismatch"
} as const

/** Labels fill 26 characters, leading blank included. */
const row = (label: string, value: string): string => ` ${label}:`.padEnd(26) + value

const writeGroup = (image: RunningImage, keys: ReturnType<typeof keysOf>): ReadonlyArray<string> => [
  row(keys.firmware, image.firmware),
  row(keys.carrier, image.carrier),
  row(keys.config, image.config),
  ...(image.subpri === undefined ? [] : [row(keys.subpri, image.subpri)])
]

export const writeImagePreference = (reply: Omit<ImagePreferenceReply, "other">): AtText => ({
  lines: [
    `!${reply.command}: `,
    ...writeGroup(reply.preferred, preferredKeys),
    ...writeGroup(reply.current, currentKeys),
    ...(reply.mismatches.length === 0 ? [] : ["", ...reply.mismatches.map((what) => ` ${printedMismatch[what]}`)])
  ]
})
