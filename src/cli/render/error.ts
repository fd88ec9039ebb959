/** Errors for people and for programs: what happened, how the modem is, what helps, and what to type next. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { RecoveryError } from "../../recovery/RecoveryError.ts"
import type { UpdateError } from "../../update/UpdateError.ts"
import { exitOf } from "../exit-codes.ts"
import { Screen } from "../Screen.ts"
import type { ErrorReport } from "./json.ts"
import { plain, styleFor } from "./text.ts"

/** Every error of boothold has these. */
interface KnownError {
  readonly _tag: string
  readonly code: string
  readonly help: string
  readonly message: string
}

const isKnownError = (error: unknown): error is KnownError =>
  typeof error === "object" &&
  error !== null &&
  "code" in error &&
  "help" in error &&
  "message" in error &&
  typeof error.code === "string" &&
  typeof error.help === "string" &&
  typeof error.message === "string"

const isRecoveryError = (error: KnownError): error is RecoveryError => error._tag === "RecoveryError"

const isUpdateError = (error: KnownError): error is UpdateError => error._tag === "UpdateError"

const errorReport = (error: KnownError): ErrorReport => {
  const { code, help, message } = error
  if (isRecoveryError(error)) {
    const { next, situation, state } = error
    return { _tag: "Error", code, exitCode: exitOf({ code }), message, help, state, situation, next }
  }
  if (!isUpdateError(error)) return { _tag: "Error", code, exitCode: exitOf(error), message, help }
  const { condition, next, state, step } = error
  return { _tag: "Error", code, exitCode: exitOf(error), message, help, step, state, condition, next }
}

const errorLines = (report: ErrorReport, colors: boolean): ReadonlyArray<string> => {
  const style = styleFor(colors)
  return [
    `${style.bad("error:")} ${plain(report.message)}`,
    ...(report.state === undefined ? [] : [`${style.bold("state:")} ${plain(report.state)}`]),
    `${style.bold("help:")}  ${plain(report.help)}`,
    ...(report.next === undefined ? [] : [`${style.bold("next:")}  ${style.accent(plain(report.next))}`])
  ]
}

/**
 * Prints an error and yields its exit code: one JSON line on the output, or a few lines beside it. Dies with what is
 * no error of boothold.
 */
export const presentError = Effect.fn("presentError")(function* (error: unknown, json: boolean) {
  if (!isKnownError(error)) return yield* Effect.die(error)
  const report = errorReport(error)
  const { colors } = yield* Screen
  if (json) yield* Console.log(JSON.stringify(report))
  else yield* Console.error(errorLines(report, colors).join("\n"))
  return report.exitCode
})
