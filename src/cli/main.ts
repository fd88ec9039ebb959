/** The process: its terminal, its signals and its exit code. */
import * as Effect from "effect/Effect"
import { fstatSync } from "node:fs"
import { exitCodes } from "./exit-codes.ts"
import { Interruption } from "./Interruption.ts"
import type { SignalWords } from "./Interruption.ts"
import { writeNow } from "./leave.ts"
import { plainWords, runPlain } from "./plain-words.ts"
import { Screen } from "./Screen.ts"
import { plainTerminal } from "./render/control.ts"
import { runMain } from "./signals.ts"

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ""

/** `NO_COLOR` wins, then `FORCE_COLOR`, then what the output is. */
const wantsColors = (terminal: boolean): boolean => {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if (isSet(NO_COLOR)) return false
  if (isSet(FORCE_COLOR)) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false"
  return terminal && TERM !== "dumb"
}

/** Loading `node:tty` takes longer than finding out that it is not needed: a pipe or a file is no device. */
const isTerminal = (descriptor: 0 | 1): boolean => {
  try {
    return fstatSync(descriptor).isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(descriptor)
  } catch {
    // Closed by whoever started us; or a system that cannot tell, where nothing is drawn then.
    return false
  }
}

const confirm: Screen["confirm"] = (question) =>
  Effect.gen(function* () {
    if (!isTerminal(0) || !isTerminal(1)) {
      const refuse = yield* Effect.promise(() => import("./CommandError.ts").then(({ refuse }) => refuse))
      return yield* refuse({ _tag: "CannotAsk" })
    }
    const ask = yield* Effect.promise(() => import("./render/ask.ts").then(({ ask }) => ask))
    return yield* ask(question)
  })

const program = (args: ReadonlyArray<string>, version: string, called: string | undefined) =>
  Effect.gen(function* () {
    // Its words are another program's: our parser would understand them differently.
    if (args[0] === "qfu") {
      const qfu = yield* Effect.promise(() => import("./qfu/qfu.ts").then(({ qfu }) => qfu))
      return yield* qfu(args.slice(1), { version, program: called ?? "boothold qfu" })
    }
    const plain = plainWords(args)
    if (plain !== undefined) return yield* runPlain(plain)
    const run = yield* Effect.promise(() => import("./run.ts").then(({ run }) => run))
    return yield* run(args, version)
  })

/** `called` is the name that the program was started by, where that matters. */
export const main = (args: ReadonlyArray<string>, version: string, called?: string): void => {
  const terminal = isTerminal(1)
  const screen: Screen = {
    animates: terminal && process.env["TERM"] !== "dumb",
    colors: wantsColors(terminal),
    confirm
  }
  let interrupted: number = exitCodes.interrupted.exit
  let words: SignalWords | undefined
  const main = program(args, version, called).pipe(
    Effect.provideService(Screen, screen),
    Effect.provideService(Interruption, {
      endsWith: (code) => {
        interrupted = code
      },
      says: (now) => {
        words = now
      }
    })
  )
  runMain(main, {
    endsWith: () => interrupted,
    words: () => words,
    restore: () => {
      if (screen.animates) writeNow(1, plainTerminal)
    }
  })
}
