/** `boothold plan FILE…`: what `update` would do, and why; the modem is only asked. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Image from "../../file/Image.ts"
import * as Update from "../../update/Update.ts"
import { withFindings } from "../before-writing.ts"
import { exitCodes } from "../exit-codes.ts"
import type { FlowInput, ImagesInput, PlanInput } from "../inputs.ts"
import { onBus, theModem } from "../modem.ts"
import { planReport } from "../render/json.ts"
import { planLines } from "../render/plan.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"

/** The given images, opened and checked. */
export const openImages = (input: ImagesInput) =>
  Image.openSet(input.files, {
    ...(input.firmwareVersion === undefined ? {} : { firmwareVersion: input.firmwareVersion }),
    ...(input.configVersion === undefined ? {} : { configVersion: input.configVersion }),
    ...(input.carrier === undefined ? {} : { carrier: input.carrier }),
    ignoreVersionErrors: input.ignoreVersionErrors
  })

export const flowOptions = ({ modemStorageIndex, overrideDownload, rollbackOnFailure, skipValidation }: FlowInput) => ({
  modemStorageIndex,
  overrideDownload,
  skipValidation,
  rollbackOnFailure: rollbackOnFailure ?? true
})

/** The images are opened first: a bad file is told also where no modem is. */
const planUpdate = Effect.fnUntraced(function* (input: PlanInput) {
  const images = yield* openImages(input)
  const modem = yield* theModem(input, "application")
  return yield* Update.plan(modem, images, flowOptions(input))
})

export const plan = Effect.fn("cli.plan")(function* (input: PlanInput) {
  const planned = Effect.flatMap(planUpdate(input), (made) => withFindings(made, false))
  const made = planReport(yield* Effect.scoped(planned).pipe(onBus(input)))
  const { colors } = yield* Screen
  yield* Console.log(input.json ? JSON.stringify(made, undefined, 2) : planLines(made, styleFor(colors)).join("\n"))
  return exitCodes.ok.exit
})
