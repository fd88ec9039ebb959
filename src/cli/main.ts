/** The process: its terminal, its signals and its exit code. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { isatty } from "node:tty"
import { CommandError, refuse } from "./CommandError.ts"
import { exitCodes } from "./exit-codes.ts"
import { run } from "./run.ts"
import { Screen } from "./Screen.ts"

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ""

/** `NO_COLOR` wins, then `FORCE_COLOR`, then what the output is. */
const wantsColors = (terminal: boolean): boolean => {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if (isSet(NO_COLOR)) return false
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false"
  return terminal && TERM !== "dumb"
}

const confirm = (question: string): Effect.Effect<boolean, CommandError> =>
  Effect.gen(function* () {
    if (!isatty(0) || !isatty(1)) return yield* refuse({ _tag: "CannotAsk" })
    const { ask } = yield* Effect.promise(() => import("./render/ask.ts"))
    return yield* ask(question)
  })

export const main = (args: ReadonlyArray<string>, version: string): void => {
  const terminal = isatty(1)
  const screen: Screen = {
    animates: terminal && process.env["TERM"] !== "dumb",
    colors: wantsColors(terminal),
    confirm
  }
  NodeRuntime.runMain(Effect.provideService(run(args, version), Screen, screen), {
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      const code = Exit.isSuccess(exit) && typeof exit.value === "number" ? exit.value : exitCodes.interrupted.exit
      // A pipe may still hold output: it is written before the process ends.
      process.stdout.write("", () => onExit(code))
    }
  })
}
