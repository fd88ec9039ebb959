/** One AT command taken apart, and what answering it does. */
import type * as Effect from "effect/Effect"
import type { AtText } from "../../protocol/at/framing.ts"
import type { Core } from "../Core.ts"
import type { ModemState } from "../ModemState.ts"

export interface ParsedCommand {
  /** Upper case, without AT: `!IMPREF`, `+CGSN`, `I`, `E0`; empty for a bare AT. */
  readonly name: string
  readonly form: "run" | "query" | "test" | "set"
  /** What stands behind `=`, in its own case. */
  readonly argument: string
}

/** Verbs do not care about case, arguments do (at.md §1). `undefined`: no AT command. */
export const parseCommand = (text: string): ParsedCommand | undefined => {
  const match = /^AT([^=?]*)(=\?|\?|=)?(.*)$/is.exec(text)
  if (match === null) return undefined
  const [, verb = "", sign, argument = ""] = match
  const name = verb.trim().toUpperCase()
  if (sign === undefined) return { name, form: "run", argument: "" }
  return { name, form: sign === "=?" ? "test" : sign === "?" ? "query" : "set", argument: argument.trim() }
}

/** Arguments between commas, quotes taken off; `undefined` for an unbalanced quote. */
export const splitArguments = (argument: string): ReadonlyArray<string> | undefined => {
  if ((argument.match(/"/g)?.length ?? 0) % 2 !== 0) return undefined
  return (argument.match(/"[^"]*"|[^,]+/g) ?? []).map((one) => one.trim().replace(/^"(.*)"$/s, "$1"))
}

export type AtOutcome =
  | "ERROR"
  | (Partial<AtText> & {
      readonly state?: ModemState
      /** Happens when the reply is out. */
      readonly after?: Effect.Effect<void>
    })

export const ok: AtOutcome = {}

export type AtHandler = (command: ParsedCommand, state: ModemState, core: Core, now: number) => AtOutcome
