/**
 * Ours, in front of that program's own words: `boothold qfu --simulate em7455 --update …` works on a simulated modem.
 * It knows no such options, so no command line of its means anything else by them. Pure.
 */
import * as Result from "effect/Result"
import type { Simulation } from "../inputs.ts"
import type { Detail } from "./parse.ts"

export interface InFront {
  readonly simulation: Simulation | undefined
  /** The words behind. */
  readonly words: ReadonlyArray<string>
}

const names = ["model", "speed", "mode", "behaviour", "composition"] as const

export const takeSimulation = (words: ReadonlyArray<string>): Result.Result<InFront, Detail> => {
  const found = new Map<(typeof names)[number], ReadonlyArray<string>>()
  let at = 0
  for (; at < words.length; at++) {
    const [, option, inline] = /^--simulate(-[a-z]+)?(?:=(.*))?$/s.exec(words[at] ?? "") ?? [undefined, "none"]
    const name = names.find((one) => (option === undefined ? one === "model" : option === `-${one}`))
    if (name === undefined) break
    const value = inline ?? words[++at]
    if (value === undefined) return Result.fail(`${words.at(-1) ?? ""} takes a value`)
    found.set(name, [...(found.get(name) ?? []), value])
  }
  const rest = words.slice(at)
  const last = (name: (typeof names)[number]) => found.get(name)?.at(-1)
  const model = last("model")
  if (model === undefined) {
    return found.size === 0
      ? Result.succeed({ simulation: undefined, words: rest })
      : Result.fail("--simulate MODEL is missing")
  }
  const speed = Number(last("speed") ?? 1)
  const mode = last("mode") ?? "application"
  const composition = last("composition")
  if (!Number.isFinite(speed)) return Result.fail("--simulate-speed takes a number")
  if (mode !== "application" && mode !== "boot-and-hold") {
    return Result.fail("--simulate-mode takes application or boot-and-hold")
  }
  if (composition !== undefined && !/^\d{1,3}$/.test(composition)) {
    return Result.fail("--simulate-composition takes a number")
  }
  const simulation: Simulation = {
    model,
    speed,
    mode,
    behaviours: found.get("behaviour") ?? [],
    ...(composition === undefined ? {} : { composition: Number(composition) })
  }
  return Result.succeed({ simulation, words: rest })
}
