/** `--simulate`: a bus with one simulated modem on it in the place of the system's. */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { UsbBus } from "../device/UsbBus.ts"
import { Checksums } from "../file/Checksums.ts"
import { layer, models, scaleTiming, setup } from "../sim/index.ts"
import type { ModemOptions, SimControl, Timing } from "../sim/index.ts"
import { refuse } from "./CommandError.ts"
import type { CommandError } from "./CommandError.ts"
import { parseFault } from "./faults.ts"
import type { Simulation } from "./inputs.ts"

export type SimulatedModel = keyof typeof models

/** The model that a word names. */
export const modelNamed = (word: string): Result.Result<SimulatedModel, CommandError> => {
  const known = Object.keys(models)
  const found = known.find((name) => name === word.toLowerCase())
  return found === undefined
    ? Result.fail(refuse({ _tag: "UnknownModel", wanted: word, known }))
    : Result.succeed(found as SimulatedModel)
}

/** The model's own times, `speed` times faster. */
export const timingOf = (option: string, model: SimulatedModel, speed: number): Result.Result<Timing, CommandError> =>
  speed > 0
    ? Result.succeed(scaleTiming(1 / speed)(models[model].timing))
    : Result.fail(refuse({ _tag: "BadOption", option, found: String(speed), wanted: "a number above 0" }))

/** The option of `ModemOptions`; nothing where the model's own composition is meant. */
export const compositionOf = (
  option: string,
  model: SimulatedModel,
  number: number | undefined
): Result.Result<{ readonly composition?: number }, CommandError> => {
  if (number === undefined) return Result.succeed({})
  const known = models[model].compositions.map((one) => one.number)
  return known.includes(number)
    ? Result.succeed({ composition: number })
    : Result.fail(
        refuse({
          _tag: "BadOption",
          option,
          found: String(number),
          wanted: `one of the USB compositions of ${model}: ${known.join(", ")}`
        })
      )
}

/** The options of `ModemOptions`: each firmware once, in the order in which they were used. */
const storedOf = Effect.fnUntraced(function* (model: SimulatedModel, texts: ReadonlyArray<string>) {
  const known = models[model]
  const images: Array<NonNullable<ModemOptions["preference"]>> = []
  const option = "--simulate-stored"
  for (const text of texts) {
    const [firmware = "", config = known.factory.config, carrier = known.factory.carrier, ...more] = text.split(",")
    if (!/^\d{2}(\.\d{2}){3}$/.test(firmware) || more.length > 0) {
      return yield* refuse({ _tag: "BadOption", option, found: text, wanted: "FIRMWARE or FIRMWARE,CONFIG,CARRIER" })
    }
    images.push({ firmware, config, carrier })
  }
  const storedFirmware = [...new Set(images.map(({ firmware }) => firmware))].filter(
    (firmware) => firmware !== known.factory.firmware
  )
  const surplus = storedFirmware[known.firmwareSlots - 1]
  if (surplus !== undefined) {
    const wanted = `at most ${String(known.firmwareSlots - 1)} versions, which are all the slots that ${model} has free`
    return yield* refuse({ _tag: "BadOption", option, found: surplus, wanted })
  }
  return { storedFirmware, storedCarriers: images.filter((_, index) => texts[index]?.includes(",") === true) }
})

export const simulatedBus = Effect.fn("simulatedBus")(function* (
  simulation: Simulation
): Effect.fn.Return<Layer.Layer<UsbBus | SimControl>, CommandError> {
  const { mode, speed } = simulation
  const model = yield* Effect.fromResult(modelNamed(simulation.model))
  const timing = yield* Effect.fromResult(timingOf("--simulate-speed", model, speed))
  const composition = yield* Effect.fromResult(compositionOf("--simulate-composition", model, simulation.composition))
  const parse = parseFault("--simulate-behaviour")
  const behaviours = yield* Effect.forEach(simulation.behaviours, (text) => Effect.fromResult(parse(text)))
  const checksums = yield* Checksums
  const stored = yield* storedOf(model, simulation.stored ?? [])
  return layer(setup(models[model], { mode, behaviours, timing, checksums, ...stored, ...composition }))
})
