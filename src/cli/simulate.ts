/** `--simulate`: a bus with one simulated modem on it in the place of the system's. */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { UsbBus } from "../device/UsbBus.ts"
import { Checksums } from "../file/Checksums.ts"
import { Behaviour, layer, models, scaleTiming, setup } from "../sim/index.ts"
import type { SimControl } from "../sim/index.ts"
import { refuse } from "./CommandError.ts"
import type { CommandError } from "./CommandError.ts"
import type { Simulation } from "./inputs.ts"

const decodeBehaviour = Schema.decodeUnknownResult(Schema.toCodecJson(Behaviour))

const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** `{"_tag":"silentHello","times":2}`, or the same as `silentHello:times=2`. */
const fieldsOf = (text: string): unknown => {
  if (text.trimStart().startsWith("{")) return jsonOr(text)
  const [name = "", ...rest] = text.split(":")
  const pairs = rest
    .join(":")
    .split(",")
    .filter((pair) => pair !== "")
  const fields = pairs.map((pair): [string, unknown] => {
    const cut = pair.indexOf("=")
    return cut === -1 ? [pair, true] : [pair.slice(0, cut), jsonOr(pair.slice(cut + 1))]
  })
  return { ...Object.fromEntries(fields), _tag: name }
}

const names = Object.keys(Behaviour.cases)

/** A behaviour as it is written on the command line. */
export const parseBehaviour = (text: string): Result.Result<Behaviour, CommandError> => {
  const value = fieldsOf(text)
  const tag = (value as { readonly _tag?: unknown } | null)?._tag
  const wanted = (what: string) =>
    Result.fail(refuse({ _tag: "BadOption", option: "--simulate-behaviour", found: text, wanted: what }))
  if (typeof tag !== "string" || !names.includes(tag)) return wanted(`one of ${names.join(", ")}`)
  const decoded = decodeBehaviour(value)
  return Result.isSuccess(decoded)
    ? Result.succeed(decoded.success)
    : wanted(`NAME:KEY=VALUE,… (${tag}: ${decoded.failure.message.replaceAll(/\s*\n\s*/g, " ")})`)
}

export const simulatedBus = Effect.fn("simulatedBus")(function* (
  simulation: Simulation
): Effect.fn.Return<Layer.Layer<UsbBus | SimControl>, CommandError> {
  const { mode, model, speed } = simulation
  const known = Object.keys(models)
  const found = known.find((name) => name === model.toLowerCase()) as keyof typeof models | undefined
  if (found === undefined) return yield* refuse({ _tag: "UnknownModel", wanted: model, known })
  if (!(speed > 0)) {
    const wanted = "a number above 0"
    return yield* refuse({ _tag: "BadOption", option: "--simulate-speed", found: String(speed), wanted })
  }
  const behaviours = yield* Effect.forEach(simulation.behaviours, (text) => Effect.fromResult(parseBehaviour(text)))
  const checksums = yield* Checksums
  const timing = scaleTiming(1 / speed)(models[found].timing)
  return layer(setup(models[found], { mode, behaviours, timing, checksums }))
})
