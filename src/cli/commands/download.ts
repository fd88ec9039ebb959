/** `boothold download FILE…`: sends images to a modem that waits in boot-and-hold already. */
import * as Effect from "effect/Effect"
import * as Update from "../../update/Update.ts"
import { withFindings } from "../before-writing.ts"
import { execute } from "../execute.ts"
import type { UpdateInput } from "../inputs.ts"
import { alone, onBus, theModem } from "../modem.ts"
import { recorded } from "../state.ts"
import { wordsOf } from "../words.ts"
import { flowOptions, openImages } from "./plan.ts"

export const download = Effect.fn("cli.download")(function* (input: UpdateInput) {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const images = yield* openImages(input)
      const modem = yield* theModem(input, "boot-and-hold")
      return yield* alone(modem)(
        Effect.gen(function* () {
          const planned = yield* Update.planDownload(modem, images, flowOptions(input))
          const plan = yield* withFindings(planned, !input.ignoreDoctor)
          return yield* execute(plan, { json: input.json, yes: input.yes, words: wordsOf("download", input, modem) })
        })
      )
    })
  ).pipe(recorded(input), onBus(input))
})
