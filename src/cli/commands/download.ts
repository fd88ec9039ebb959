/** `boothold download FILE…`: sends images to a modem that waits in boot-and-hold already. */
import * as Effect from "effect/Effect"
import * as Update from "../../update/Update.ts"
import { withFindings } from "../before-writing.ts"
import { execute } from "../execute.ts"
import type { UpdateInput } from "../inputs.ts"
import { onBus, theClaimedModem } from "../modem.ts"
import { wordsOf } from "../words.ts"
import { flowOptions, openImages } from "./plan.ts"

export const download = Effect.fn("cli.download")(function* (input: UpdateInput) {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const images = yield* openImages(input)
      const modem = yield* theClaimedModem(input, "boot-and-hold")
      const planned = yield* Update.planDownload(modem, images, flowOptions(input))
      const plan = yield* withFindings(planned, !input.ignoreDoctor)
      return yield* execute(plan, { json: input.json, yes: input.yes, words: wordsOf("download", input, plan.modem) })
    })
  ).pipe(onBus(input))
})
