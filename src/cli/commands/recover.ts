/** `boothold recover`: finds modems that were left half way, says what is the matter with each, and brings them home. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Modem from "../../device/Modem.ts"
import type { OpenedSet } from "../../file/Image.ts"
import * as Recovery from "../../recovery/Recovery.ts"
import type { RecoveryPlan } from "../../recovery/Recovery.ts"
import { isHome } from "../../recovery/Situation.ts"
import { TransportError } from "../../transport/TransportError.ts"
import { CommandWords } from "../../update/advice.ts"
import { reserving } from "../../update/ModemLock.ts"
import { withFindings } from "../before-writing.ts"
import { carryOut } from "../execute.ts"
import { exitCodes } from "../exit-codes.ts"
import { controlTakenBy } from "../firmware.ts"
import type { ImagesInput, ModemInput, WriteInput } from "../inputs.ts"
import { alone, onBus, selectorOf, theModem } from "../modem.ts"
import {
  attemptLine,
  recoveredReport,
  recoveredText,
  recoverLine,
  recoveryLines,
  recoveryReport
} from "../render/recovery.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"
import { settle } from "../settle.ts"
import { recorded } from "../state.ts"
import { asPlanned, wordsOf } from "../words.ts"
import { openImages } from "./plan.ts"

export interface RecoverInput extends ModemInput, ImagesInput, WriteInput {}

const isNamed = ({ selector }: ModemInput): boolean => Object.keys(selector).length > 0

/** The one that is named; else all that are known as modems. None at all is an error. */
const targets = Effect.fnUntraced(function* (input: RecoverInput) {
  if (isNamed(input)) return [yield* theModem(input, "boot-and-hold")]
  const found = (yield* Modem.survey(selectorOf(input))).filter(({ standing }) => standing._tag === "modem")
  return found.length === 0 ? [yield* Modem.select()] : found.map(({ modem }) => modem)
})

const show = Effect.fnUntraced(function* (input: RecoverInput, plan: RecoveryPlan) {
  const style = styleFor((yield* Screen).colors)
  yield* Console.log(input.json ? recoverLine(recoveryReport(plan)) : recoveryLines(plan, style).join("\n"))
})

/** Among several modems, those of another family than the images are helped without them. */
const planOf = (input: RecoverInput, modem: Modem.Modem, images: OpenedSet | undefined) => {
  const planned = Recovery.plan(modem, images === undefined ? {} : { images })
  return isNamed(input) || images === undefined
    ? planned
    : planned.pipe(
        Effect.catchTag("PlanError", (error) =>
          Effect.map(Recovery.plan(modem), (plan) => ({
            ...plan,
            said: [`the images that were given are not for it: ${error.message}`, ...plan.said]
          }))
        )
      )
}

/** One modem that is not home: explained, asked for, and brought home. */
const bringHome = Effect.fnUntraced(function* (input: RecoverInput, plan: RecoveryPlan) {
  const style = styleFor((yield* Screen).colors)
  yield* show(input, plan)
  const result = yield* Recovery.run(plan, {
    carryOut: ({ plan: next }) =>
      Effect.gen(function* () {
        const ready = yield* withFindings(next, !input.ignoreDoctor)
        const words = wordsOf("recover", asPlanned(input, next), next.modem)
        return yield* carryOut(ready, { json: input.json, yes: input.yes, words })
      }),
    looked: (found, last) =>
      isHome(found.situation)
        ? Effect.void
        : Effect.gen(function* () {
            if (!input.json) yield* Console.log(attemptLine(last, style))
            yield* show(input, found)
          })
  }).pipe(Effect.provideService(CommandWords, wordsOf("recover", input, plan.modem)))
  yield* Console.log(input.json ? recoverLine(recoveredReport(result)) : recoveredText(result, style))
  return exitCodes.ok.exit
})

/**
 * A modem that is home is not disturbed: it is asked by a proxy where other programs share its control port, and nothing is
 * taken from them. One that they have for themselves is let alone, unless it is named.
 */
const recoverOne = Effect.fnUntraced(function* (
  input: RecoverInput,
  modem: Modem.Modem,
  images: OpenedSet | undefined
) {
  const planned = planOf(input, modem, images)
  return yield* reserving(modem)(
    Effect.gen(function* () {
      if (modem.mode === "boot-and-hold") return yield* bringHome(input, yield* planned)
      const why = yield* controlTakenBy({ modem, standing: { _tag: "modem" } })
      if (why !== undefined && !isNamed(input)) {
        return yield* new TransportError({
          endpoint: modem.label,
          operation: "open",
          reason: { _tag: "Busy", detail: why }
        })
      }
      const quiet = why === undefined ? yield* planned : undefined
      if (quiet !== undefined && isHome(quiet.situation)) {
        yield* show(input, quiet)
        return exitCodes.ok.exit
      }
      return yield* alone(modem)(
        Effect.gen(function* () {
          const plan = quiet ?? (yield* planned)
          if (!isHome(plan.situation)) return yield* bringHome(input, plan)
          yield* show(input, plan)
          return exitCodes.ok.exit
        })
      )
    })
  )
})

export const recover = Effect.fn("cli.recover")(function* (input: RecoverInput) {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const images = input.files.length === 0 ? undefined : yield* openImages(input)
      const modems = yield* targets(input)
      const [only, ...others] = modems
      if (only !== undefined && others.length === 0) return yield* recoverOne(input, only, images)
      // One that does not come home keeps no other from it.
      const codes = yield* Effect.forEach(modems, (modem) => recoverOne(input, modem, images).pipe(settle(input.json)))
      return codes.find((code) => code !== exitCodes.ok.exit) ?? exitCodes.ok.exit
    })
  ).pipe(recorded(input), onBus(input))
})
