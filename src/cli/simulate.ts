/** `--simulate`: a bus with one simulated modem on it in the place of the system's. */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { UsbBus } from "../device/UsbBus.ts"
import { Checksums } from "../file/Checksums.ts"
import { layer, models, scaleTiming, setup } from "../sim/index.ts"
import type { SimControl, Timing } from "../sim/index.ts"
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

export const simulatedBus = Effect.fn("simulatedBus")(function* (
  simulation: Simulation
): Effect.fn.Return<Layer.Layer<UsbBus | SimControl>, CommandError> {
  const { mode, speed } = simulation
  const model = yield* Effect.fromResult(modelNamed(simulation.model))
  const timing = yield* Effect.fromResult(timingOf("--simulate-speed", model, speed))
  const parse = parseFault("--simulate-behaviour")
  const behaviours = yield* Effect.forEach(simulation.behaviours, (text) => Effect.fromResult(parse(text)))
  const checksums = yield* Checksums
  return layer(setup(models[model], { mode, behaviours, timing, checksums }))
})
