/** One case of the fault matrix: a command on a modem with a fault, then what it says to do, as it says it. */
import { isDeepStrictEqual } from "node:util"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Sim from "../../src/sim/index.ts"
import { images9200, images9x15, images9x30, spk9x30 } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"
import * as TestClock from "effect/testing/TestClock"
import { notHome } from "../matrix/kill.ts"
import { makeComputer } from "./command.ts"
import type { Ended } from "./command.ts"
import type { Instance } from "./instances.ts"

/** A command on a modem: the columns. */
export interface Column {
  readonly name: string
  readonly setup: (behaviours: ReadonlyArray<Sim.Behaviour>) => Sim.ModemSetup
  readonly files: Files
  readonly words: ReadonlyArray<string>
  readonly versions: readonly [old: string, wanted: string]
}

const old9x30 = "02.24.05.06"
const to9x30 = [old9x30, "02.33.03.00"] as const
const to9x15 = ["05.05.16.03", "05.05.78.00"] as const
const to9200 = ["03.05.19.04", "03.05.29.03"] as const

const update = ["update", "--yes", "--json"]
const download = ["download", "--yes", "--json"]

export const columns: ReadonlyArray<Column> = [
  {
    name: "update 9x30",
    setup: (behaviours) => Sim.em7455({ behaviours }),
    files: images9x30,
    words: update,
    versions: to9x30
  },
  {
    name: "update 9x30 MBIM",
    setup: (behaviours) => Sim.em7455({ behaviours, composition: 8 }),
    files: images9x30,
    words: update,
    versions: to9x30
  },
  {
    name: "update 9x30 by AT",
    setup: (behaviours) => Sim.em7455({ behaviours }),
    files: spk9x30,
    words: [...update, "--by-at"],
    versions: to9x30
  },
  {
    name: "update 9x15",
    setup: (behaviours) => Sim.mc7354({ behaviours }),
    files: images9x15,
    words: update,
    versions: to9x15
  },
  {
    name: "update 9200",
    setup: (behaviours) => Sim.mc7710({ behaviours }),
    files: images9200,
    words: update,
    versions: to9200
  },
  {
    name: "download 9x30",
    setup: (behaviours) => Sim.em7455({ behaviours, mode: "boot-and-hold" }),
    files: images9x30,
    words: download,
    versions: to9x30
  },
  {
    name: "download 9200",
    setup: (behaviours) => Sim.mc7710({ behaviours, mode: "boot-and-hold" }),
    files: images9200,
    words: download,
    versions: to9200
  }
]

/**
 * `updated`: the command itself did it. `as-before`: it failed, and the modem is home all the same: untouched, or taken
 * back. `advised`: the printed commands brought it home. `cycled`: they did after the modem was switched off and on, which
 * the help says. `dead`: a modem that starts no more, whatever is done.
 */
export type Ending = "updated" | "as-before" | "advised" | "cycled" | "dead"

export interface CaseResult {
  readonly ending: Ending
  /** What was run, with how it ended. */
  readonly story: ReadonlyArray<string>
  /** Nothing where all is as it must be. */
  readonly wrong: ReadonlyArray<string>
}

interface ErrorLine {
  readonly _tag: string
  readonly code?: string
  readonly exitCode?: number
  readonly help?: string
  readonly state?: string
  readonly next?: string
  readonly condition?: { readonly _tag: string }
}

const lastLine = ({ lines }: Ended): ErrorLine | undefined => {
  const text = lines.at(-1)
  try {
    return text === undefined ? undefined : (JSON.parse(text) as ErrorLine)
  } catch {
    return undefined
  }
}

/** Words of a command line as a shell takes them apart; ours need no more than this. */
const wordsIn = (command: string): ReadonlyArray<string> =>
  [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "").slice(1)

/** So many commands are followed before the modem is given up, with as many that follow its being switched off and on. */
const patience = 3

/** No command may take longer, whatever the modem does: all steps at their deadlines, and the way back. */
const longest = 2 * 60 * 60 * 1000

/** From this point on nothing starts: there is no bringing home. */
const startsNoMore = ({ behaviour }: Instance): boolean => behaviour._tag === "hang" && behaviour.where === "boot"

/** Its only slot cannot be written, however often: what is left is to say so. */
const cannotBeWritten = ({ setup }: Column, { behaviour: fault }: Instance): boolean => {
  if (setup([]).state.slots.length > 1) return false
  switch (fault._tag) {
    case "nakWrite":
    case "nakOpen":
    case "wrongSequence":
    case "answerLost":
      return fault.times === undefined
    case "hang":
      return ["open", "write", "close"].includes(fault.where)
    case "slotsFull":
      return true
    default:
      return false
  }
}

/** What is told of the modem must not be less than what was done to it. */
const liesAbout = (told: string | undefined, state: Sim.ModemState, before: Sim.ModemState): string | undefined => {
  if (told === "RolledBack" || told === "Untouched" || told === "PreferenceRestored") {
    const same =
      state.running.firmware === before.running.firmware && isDeepStrictEqual(state.preference, before.preference)
    if (!same) return `${told} is told, and it is not as it was`
  }
  if (told === "RolledBack" && state.mode !== "application") return `RolledBack is told in ${state.mode}`
  return undefined
}

export const runCase = (column: Column, instance: Instance): Effect.Effect<CaseResult> =>
  Effect.gen(function* () {
    const { modems } = yield* Sim.SimControl
    const modem = modems[0]!
    const { command } = makeComputer(column.files)
    const before = yield* modem.state
    const story: Array<string> = []
    const wrong: Array<string> = []
    const [, wanted] = column.versions

    const follow = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
      const ended = yield* command(words)
      const error = lastLine(ended)
      const { condition, exitCode, next } = error ?? {}
      const code = error?._tag === "Error" ? error.code : undefined
      story.push(`${words[0] ?? ""}: ${String(ended.code)} ${code ?? ""} ${condition?._tag ?? ""}`.trim())
      if (ended.code === undefined) wrong.push(`${words[0] ?? ""} hangs`)
      if (ended.millis > longest) wrong.push(`${words[0] ?? ""} took ${String(ended.millis / 60_000)} min`)
      if (ended.code === 1) wrong.push(`a bug: ${ended.lines.slice(-3).join(" | ").slice(0, 500)}`)
      if (ended.code !== 0 && (code === undefined || exitCode !== ended.code)) {
        wrong.push(`no typed error, exit ${String(ended.code)}: ${ended.lines.at(-1)?.slice(0, 300) ?? ""}`)
      }
      return { ...ended, error, next }
    })

    const state = modem.state
    const isHome = Effect.map(state, (now) => notHome(now, column.versions).length === 0)

    const first = yield* follow([...column.words, ...Object.keys(column.files)])
    if (first.code === 0) {
      const now = yield* state
      const bad = [...notHome(now, [wanted])]
      if (bad.length > 0) wrong.push(`a wrong success: ${bad.join(", ")}`)
      return { ending: "updated", story, wrong } satisfies CaseResult
    }
    const lie = liesAbout(first.error?.condition?._tag, yield* state, before)
    if (lie !== undefined) wrong.push(lie)
    // A modem that is on its way arrives by itself.
    yield* TestClock.adjust("5 minutes")
    if (yield* isHome) return { ending: "as-before", story, wrong } satisfies CaseResult

    let { error, next } = first
    for (const cycled of [false, true]) {
      for (let turn = 0; turn < patience; turn++) {
        if (next === undefined) break
        const then = yield* follow(wordsIn(next))
        if (then.code === 0) {
          const bad = notHome(yield* state, column.versions)
          if (bad.length > 0) wrong.push(`recovered, but ${bad.join(", ")}`)
          return { ending: cycled ? "cycled" : "advised", story, wrong } satisfies CaseResult
        }
        error = then.error
        next = then.next ?? next
      }
      if (cycled) break
      // Who has nothing left to try switches it off and on; where that is all that helps, the help has to say so.
      if (!/power-cycle|switch it off/.test(`${error?.help ?? ""}${first.error?.help ?? ""}`)) {
        if (!startsNoMore(instance) && !cannotBeWritten(column, instance))
          wrong.push(`nobody says that it is to be switched off and on: ${error?.code ?? "?"}`)
      }
      yield* modem.unplug
      yield* TestClock.adjust("10 seconds")
      yield* modem.plug()
      yield* TestClock.adjust("5 minutes")
      story.push("off and on")
      if (yield* isHome) return { ending: "cycled", story, wrong } satisfies CaseResult
    }
    if (startsNoMore(instance)) return { ending: "dead", story, wrong } satisfies CaseResult
    if (cannotBeWritten(column, instance) && (yield* state).mode === "boot-and-hold") {
      return { ending: "dead", story, wrong } satisfies CaseResult
    }
    wrong.push(`not home: ${notHome(yield* state, column.versions).join(", ")}`)
    return { ending: "dead", story, wrong } satisfies CaseResult
  }).pipe(Effect.provide(Layer.fresh(Sim.layer(column.setup([instance.behaviour])))))
