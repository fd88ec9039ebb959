/** `boothold reset`: sends a modem into boot-and-hold, where it waits for images. */
import * as Effect from "effect/Effect"
import * as Update from "../../update/Update.ts"
import { withFindings } from "../before-writing.ts"
import { execute } from "../execute.ts"
import type { ModemInput, WriteInput } from "../inputs.ts"
import { onBus, theClaimedModem } from "../modem.ts"
import { asPlanned, wordsOf } from "../words.ts"

export interface ResetInput extends ModemInput, WriteInput {}

export const reset = Effect.fn("cli.reset")(function* (input: ResetInput) {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const planned = yield* Update.planHold(yield* theClaimedModem(input, "application"))
      const plan = yield* withFindings(planned, !input.ignoreDoctor)
      return yield* execute(plan, {
        json: input.json,
        yes: input.yes,
        words: wordsOf("reset", asPlanned(input, plan), plan.modem)
      })
    })
  ).pipe(onBus(input))
})
