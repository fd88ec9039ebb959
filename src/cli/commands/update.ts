/** `boothold update FILE…`: the whole way from the images to a modem that runs them. */
import * as Effect from "effect/Effect"
import { withFindings } from "../before-writing.ts"
import { execute } from "../execute.ts"
import type { UpdateInput } from "../inputs.ts"
import { onBus, theClaimedModem } from "../modem.ts"
import { asPlanned, wordsOf } from "../words.ts"
import { planUpdate } from "./plan.ts"

export const update = Effect.fn("cli.update")(function* (input: UpdateInput) {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const plan = yield* withFindings(yield* planUpdate(input, theClaimedModem), !input.ignoreDoctor)
      return yield* execute(plan, {
        json: input.json,
        yes: input.yes,
        words: wordsOf("update", asPlanned(input, plan), plan.modem)
      })
    })
  ).pipe(onBus(input))
})
