/** `AT!PCINFO?` in its two forms (at.md §5.1), read and printed. Pure. */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError, keyValue } from "./reply-text.ts"

/** A reason for low power; anything but 0 holds the modem there. */
export interface Voter {
  readonly name: string
  readonly value: number
}

export interface PowerInfo {
  /** 9x30 and newer print `LPM voters`, 9x15 `LPM force flags`. */
  readonly form: "voters" | "force flags"
  /** `Online`, `Low Power Mode` (9x30), `LowPowerMode` (9x15), … */
  readonly state: string
  /** One entry per printed line: some 9x15 spread their flags over two. */
  readonly voterLines: ReadonlyArray<ReadonlyArray<Voter>>
  /** `None` (9x30), `1` (9x15). */
  readonly persistence?: string
  /** 9x15 only: state of the pin. */
  readonly wDisable?: string
  /** 9x15 only. */
  readonly powerOffMode?: string
  readonly other: ReadonlyArray<string>
}

const label = { voters: "LPM voters", "force flags": "LPM force flags" } as const

const readVoters = (text: string): ReadonlyArray<Voter> =>
  text.split(",").flatMap((item) => {
    const pair = keyValue(item)
    return pair !== undefined && /^\d{1,5}$/.test(pair.value) ? [{ name: pair.key, value: Number(pair.value) }] : []
  })

export const readPowerInfo = (lines: ReadonlyArray<string>): Result.Result<PowerInfo, AtReplyError> => {
  let form: PowerInfo["form"] = "voters"
  let state: string | undefined
  const voterLines: Array<ReadonlyArray<Voter>> = []
  const optional: { persistence?: string; wDisable?: string; powerOffMode?: string } = {}
  const other: Array<string> = []
  for (const line of lines) {
    const text = line.trim()
    const pair = keyValue(text)
    const voters = /^LPM (voters|force flags)\s*-\s*(.*)$/.exec(text)
    const persistence = /^LPM persistence\s*-\s*(.*)$/.exec(text)
    if (text === "") continue
    if (voters !== null) {
      form = voters[1] === "voters" ? "voters" : "force flags"
      voterLines.push(readVoters(voters[2] ?? ""))
    } else if (persistence !== null) optional.persistence = persistence[1] ?? ""
    else if (pair?.key === "State") state ??= pair.value
    else if (pair?.key === "W_DISABLE") optional.wDisable = pair.value
    else if (pair?.key === "Poweroff mode") optional.powerOffMode = pair.value
    else if (pair?.key === "LPM Persistent") optional.persistence = pair.value
    else other.push(text)
  }
  return state === undefined
    ? Result.fail(new AtReplyError({ command: "AT!PCINFO?", wanted: "a line State:", found: [...lines] }))
    : Result.succeed({ form, state, voterLines, ...optional, other })
}

/** Names of the voters that hold the modem in low power, e.g. `IMSWITCH`. */
export const activeVoters = (info: PowerInfo): ReadonlyArray<string> =>
  info.voterLines.flat().flatMap(({ name, value }) => (value === 0 ? [] : [name]))

/** `Low Power Mode` of a 9x30 and `LowPowerMode` of a 9x15. */
export const isLowPower = (info: PowerInfo): boolean => info.state.replaceAll(" ", "").toLowerCase() === "lowpowermode"

export const writePowerInfo = (info: Omit<PowerInfo, "other">): AtText => {
  const persistence =
    info.persistence === undefined
      ? []
      : [info.form === "voters" ? `LPM persistence - ${info.persistence}` : `LPM Persistent: ${info.persistence}`]
  return {
    lines: [
      `State: ${info.state}`,
      ...info.voterLines.map(
        (voters) => `${label[info.form]} - ${voters.map(({ name, value }) => `${name}:${String(value)}`).join(", ")}`
      ),
      ...(info.wDisable === undefined ? [] : [`W_DISABLE: ${info.wDisable}`]),
      ...(info.powerOffMode === undefined ? [] : [`Poweroff mode: ${info.powerOffMode}`]),
      ...persistence
    ]
  }
}
