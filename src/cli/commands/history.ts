/** `boothold history`: the runs that were recorded; `history show ID`: one of them from beginning to end. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { History } from "../../journal/history.ts"
import { exitCodes } from "../exit-codes.ts"
import type { StateInput } from "../inputs.ts"
import { historyReport, runReport } from "../render/history-json.ts"
import { historyLines, timelineLines } from "../render/history.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"
import { withHistory } from "../state.ts"

export interface HistoryInput extends StateInput {
  readonly json: boolean
}

export const history = Effect.fn("cli.history")(function* (input: HistoryInput) {
  return yield* Effect.gen(function* () {
    const { runs, where } = yield* History
    const found = yield* runs
    const style = styleFor((yield* Screen).colors)
    if (input.json) yield* Console.log(JSON.stringify(historyReport(found), undefined, 2))
    else yield* Console.log(historyLines(found, where, style).join("\n"))
    return exitCodes.ok.exit
  }).pipe(withHistory(input))
})

export const showRun = Effect.fn("cli.history.show")(function* (input: HistoryInput & { readonly id: string }) {
  return yield* Effect.gen(function* () {
    const run = yield* (yield* History).show(input.id)
    const style = styleFor((yield* Screen).colors)
    yield* Console.log(input.json ? JSON.stringify(runReport(run), undefined, 2) : timelineLines(run, style).join("\n"))
    return exitCodes.ok.exit
  }).pipe(withHistory(input))
})
