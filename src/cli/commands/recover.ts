/** `boothold recover`: finds modems that were left half way, says what is the matter with each, and brings them home. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Modem from "../../device/Modem.ts"
import type { OpenedSet } from "../../file/Image.ts"
import * as Recovery from "../../recovery/Recovery.ts"
import type { Attempt, NextRemedy, RecoveryPlan } from "../../recovery/Recovery.ts"
import { isHome } from "../../recovery/Situation.ts"
import { watch } from "../../recovery/watch.ts"
import { TransportError } from "../../transport/TransportError.ts"
import { CommandWords } from "../../update/advice.ts"
import { reserving } from "../../update/ModemLock.ts"
import { withFindings } from "../before-writing.ts"
import { carryOut } from "../execute.ts"
import { exitCodes } from "../exit-codes.ts"
import { controlObstacle, controlTakenBy, takenBy } from "../firmware.ts"
import type { ImagesInput, ModemInput, WriteInput } from "../inputs.ts"
import { Interruption } from "../Interruption.ts"
import { alone, onBus, selectorOf, theModem } from "../modem.ts"
import {
  attemptLine,
  recoveredReport,
  recoveredText,
  recoverLine,
  recoveryLines,
  recoveryReport,
  watchedLine
} from "../render/recovery.ts"
import { styleFor } from "../render/text.ts"
import type { Style } from "../render/text.ts"
import { Screen } from "../Screen.ts"
import { settle } from "../settle.ts"
import { recorded } from "../state.ts"
import { asPlanned, wordsOf } from "../words.ts"
import { openImages } from "./plan.ts"

export interface RecoverInput extends ModemInput, ImagesInput, WriteInput {
  /** Stays, and does it by itself. */
  readonly watch: boolean
}

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
const planOf = (modem: Modem.Modem, images: OpenedSet | undefined, only: boolean) => {
  const planned = Recovery.plan(modem, images === undefined ? {} : { images })
  return only || images === undefined
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

/** How remedies are carried out and what came of them is told. */
const hooksOf = (input: RecoverInput, style: Style) => ({
  carryOut: ({ plan }: NextRemedy) =>
    Effect.gen(function* () {
      const ready = yield* withFindings(plan, !input.ignoreDoctor)
      const words = wordsOf("recover", asPlanned(input, plan), plan.modem)
      return yield* carryOut(ready, { json: input.json, yes: input.yes || input.watch, words })
    }),
  looked: (found: RecoveryPlan, last: Attempt) =>
    isHome(found.situation)
      ? Effect.void
      : Effect.gen(function* () {
          if (!input.json) yield* Console.log(attemptLine(last, style))
          yield* show(input, found)
        })
})

/** One modem that is not home: explained, asked for, and brought home. */
const bringHome = Effect.fnUntraced(function* (input: RecoverInput, plan: RecoveryPlan) {
  const style = styleFor((yield* Screen).colors)
  yield* show(input, plan)
  const result = yield* Recovery.run(plan, hooksOf(input, style)).pipe(
    Effect.provideService(CommandWords, wordsOf("recover", input, plan.modem))
  )
  yield* Console.log(input.json ? recoverLine(recoveredReport(result)) : recoveredText(result, style))
  return exitCodes.ok.exit
})

/** Until a signal ends it, which is how it is meant to be ended, unless it is at work then. */
const stay = Effect.fnUntraced(function* (input: RecoverInput, images: OpenedSet | undefined) {
  const style = styleFor((yield* Screen).colors)
  const { endsWith } = yield* Interruption
  const hooks = hooksOf(input, style)
  let working = false
  return yield* watch(
    { selector: selectorOf(input), ...(images === undefined ? {} : { images }) },
    {
      ...hooks,
      carryOut: (next) =>
        Effect.suspend(() => {
          working = true
          return Effect.onExit(hooks.carryOut(next), (exit) =>
            Effect.sync(() => {
              // Of one that was interrupted the exit code is to tell.
              working = Exit.hasInterrupts(exit)
            })
          )
        }),
      taken: (modem) =>
        modem.mode === "boot-and-hold"
          ? takenBy({ modem, standing: { _tag: "modem" } })
          : controlTakenBy({ modem, standing: { _tag: "modem" } }),
      tell: (event) => Console.log(input.json ? recoverLine(event) : watchedLine(event, style))
    }
  ).pipe(
    Effect.onInterrupt(() =>
      Effect.sync(() => {
        if (!working) endsWith(exitCodes.ok.exit)
      })
    )
  )
})

/**
 * A modem that is home is not disturbed: it is asked by a proxy where other programs share its control port, and nothing is
 * taken from them. One that they have for themselves is let alone, unless it is named.
 */
const recoverOne = Effect.fnUntraced(function* (
  input: RecoverInput,
  modem: Modem.Modem,
  images: OpenedSet | undefined,
  only: boolean
) {
  const planned = planOf(modem, images, only)
  return yield* reserving(modem)(
    Effect.gen(function* () {
      if (modem.mode === "boot-and-hold") return yield* bringHome(input, yield* planned)
      const obstacle = yield* controlObstacle({ modem, standing: { _tag: "modem" } })
      if (obstacle !== undefined && !isNamed(input)) {
        const { holder, why } = obstacle
        return yield* new TransportError({
          endpoint: modem.label,
          operation: "open",
          reason: holder === undefined ? { _tag: "PermissionDenied", detail: why } : { _tag: "Busy", detail: holder }
        })
      }
      const quiet = obstacle === undefined ? yield* planned : undefined
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
      if (input.watch) return yield* stay(input, images)
      const modems = yield* targets(input)
      const [only, ...others] = modems
      if (only !== undefined && others.length === 0) return yield* recoverOne(input, only, images, true)
      // One that does not come home keeps no other from it.
      const codes = yield* Effect.forEach(modems, (modem) =>
        recoverOne(input, modem, images, false).pipe(settle(input.json))
      )
      return codes.find((code) => code !== exitCodes.ok.exit) ?? exitCodes.ok.exit
    })
  ).pipe(recorded(input), onBus(input))
})
