/** `boothold reset`: sends a modem into boot-and-hold, where it waits for images. */
import * as Effect from "effect/Effect"
import * as Update from "../../update/Update.ts"
import { withFindings } from "../before-writing.ts"
import { execute } from "../execute.ts"
import type { ModemInput, WriteInput } from "../inputs.ts"
import { alone, onBus, theModem } from "../modem.ts"
import { recorded } from "../state.ts"
import { asPlanned, wordsOf } from "../words.ts"

export interface ResetInput extends ModemInput, WriteInput {}

export const reset = Effect.fn("cli.reset")(function* (input: ResetInput) {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const modem = yield* theModem(input, "application")
      return yield* alone(modem)(
        Effect.gen(function* () {
          const plan = yield* withFindings(yield* Update.planHold(modem), !input.ignoreDoctor)
          return yield* execute(plan, {
            json: input.json,
            yes: input.yes,
            words: wordsOf("reset", asPlanned(input, plan), modem)
          })
        })
      )
    })
  ).pipe(recorded(input), onBus(input))
})
