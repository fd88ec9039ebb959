/** From the words of `boothold simulate` to modems as they are before they are switched on. */
import * as Effect from "effect/Effect"
import { Checksums } from "../file/Checksums.ts"
import type { NamedSetup } from "../serve/Simulation.ts"
import { instant, models, setup, usbIdsOf, withUsbId } from "../sim/index.ts"
import type { Behaviour, ModemOptions, Timing } from "../sim/index.ts"
import { refuse } from "./CommandError.ts"
import { parseFault } from "./faults.ts"
import { compositionOf, modelNamed, timingOf } from "./simulate.ts"
import type { SimulatedModel } from "./simulate.ts"

export interface SetupsInput {
  readonly models: ReadonlyArray<string>
  /** The first is the first modem's, and so on; the others get one. */
  readonly serials: ReadonlyArray<string>
  readonly usbPaths: ReadonlyArray<string>
  /** Ids in application mode; the same ones for several modems are no mistake. */
  readonly usbIds: ReadonlyArray<string>
  /** `FAULT` is every modem's, `ID/FAULT` one's. */
  readonly faults: ReadonlyArray<string>
  readonly speed: number
  readonly instant: boolean
  /** Seconds from leaving the bus to coming back, whatever the speed. */
  readonly bootSeconds: number | undefined
  readonly mode: "application" | "boot-and-hold"
  /** Swi composition number of all of them. */
  readonly composition: number | undefined
  readonly firmware: string | undefined
  readonly config: string | undefined
  readonly carrier: string | undefined
  /** `FIRMWARE,CONFIG,CARRIER`, or `none`. */
  readonly preference: string | undefined
}

/** ISO/IEC 7812-1 check digit: every second digit from the right counts double. */
const luhnDigit = (digits: string): string => {
  const sum = [...digits].toReversed().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return String((10 - (sum % 10)) % 10)
}

/** Like the placeholders of the first modem, and different for each. */
const identityOf = (index: number): { readonly serial: string; readonly imei: string } => {
  const digits = String(12_345_678_901_234 + index)
  return { serial: `XX${String(index).padStart(12, "0")}`, imei: `${digits}${luhnDigit(digits)}` }
}

/** `em7455`, and `em7455-2` for the second of the kind. */
const idsOf = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.map((name, index) => {
    const before = names.slice(0, index).filter((other) => other === name).length
    return before === 0 ? name : `${name}-${String(before + 1)}`
  })

const preferenceOf = Effect.fnUntraced(function* (text: string | undefined) {
  if (text === undefined) return {}
  if (text === "none") return { preference: null }
  const [firmware, config, carrier, ...more] = text.split(",")
  if (firmware === undefined || config === undefined || carrier === undefined || more.length > 0) {
    const wanted = "FIRMWARE,CONFIG,CARRIER or none"
    return yield* refuse({ _tag: "BadOption", option: "--preference", found: text, wanted })
  }
  return { preference: { firmware, config, carrier } }
})

const timesOf = Effect.fnUntraced(function* (input: SetupsInput, model: SimulatedModel) {
  const usual: Timing = input.instant ? instant : yield* Effect.fromResult(timingOf("--speed", model, input.speed))
  const { bootSeconds } = input
  if (bootSeconds === undefined) return usual
  if (bootSeconds < 0) {
    const found = String(bootSeconds)
    return yield* refuse({ _tag: "BadOption", option: "--boot-seconds", found, wanted: "seconds, 0 or more" })
  }
  return { ...usual, boot: bootSeconds * 1000, bootLoader: bootSeconds * 1000, applyImage: 0 }
})

const checkedPath = (option: string, path: string) =>
  /^\d{1,3}-\d{1,3}(\.\d{1,3})*$/.test(path)
    ? Effect.succeed(path)
    : Effect.fail(refuse({ _tag: "BadOption", option, found: path, wanted: "a USB port such as 1-2" }))

/** More values than modems, or the same one twice, is a mistake of whoever typed them. */
const checkedList = Effect.fnUntraced(function* (option: string, values: ReadonlyArray<string>, count: number) {
  const double = values.find((value, index) => values.indexOf(value) !== index)
  const surplus = values[count]
  const found = surplus ?? double
  if (found !== undefined) {
    return yield* refuse({ _tag: "BadOption", option, found, wanted: "one value for each modem, all different" })
  }
})

const modelOf = Effect.fnUntraced(function* (name: SimulatedModel, usbId: string | undefined) {
  const model = models[name]
  if (usbId === undefined) return model
  const other = withUsbId(model, usbId)
  if (other !== undefined) return other
  const wanted = `one of the ids of this family: ${usbIdsOf(model).join(", ")}`
  return yield* refuse({ _tag: "BadOption", option: "--usb-id", found: usbId, wanted })
})

/** The modems in the order of the words, each with a name, a USB port and a serial number of its own. */
export const namedSetups = Effect.fnUntraced(function* (input: SetupsInput) {
  const names = yield* Effect.forEach(input.models, (word) => Effect.fromResult(modelNamed(word)))
  const ids = idsOf(names)
  yield* checkedList("--serial", input.serials, names.length)
  yield* checkedList("--usb-path", input.usbPaths, names.length)
  const surplusId = input.usbIds[names.length]
  if (surplusId !== undefined) {
    const wanted = "one value for each modem"
    return yield* refuse({ _tag: "BadOption", option: "--usb-id", found: surplusId, wanted })
  }
  const parse = parseFault("--fault")
  const behaviours = new Map<string, Array<Behaviour>>(ids.map((id) => [id, []]))
  for (const text of input.faults) {
    const cut = text.indexOf("/")
    const id = cut === -1 ? undefined : ids.find((one) => one === text.slice(0, cut))
    const fault = yield* Effect.fromResult(parse(id === undefined ? text : text.slice(cut + 1)))
    for (const one of id === undefined ? ids : [id]) behaviours.get(one)?.push(fault)
  }
  const checksums = yield* Checksums
  const preference = yield* preferenceOf(input.preference)
  const taken = new Set(input.usbPaths)
  const free = (): string => {
    let port = 1
    while (taken.has(`1-${String(port)}`)) port++
    taken.add(`1-${String(port)}`)
    return `1-${String(port)}`
  }
  const setups: Array<NamedSetup> = []
  for (const [index, name] of names.entries()) {
    const id = ids[index] ?? name
    const { imei, serial } = identityOf(index)
    const options: ModemOptions = {
      mode: input.mode,
      timing: yield* timesOf(input, name),
      behaviours: behaviours.get(id) ?? [],
      portPath: yield* checkedPath("--usb-path", input.usbPaths[index] ?? free()),
      serial: input.serials[index] ?? serial,
      imei,
      checksums,
      ...(yield* Effect.fromResult(compositionOf("--composition", name, input.composition))),
      ...(input.firmware === undefined ? {} : { firmware: input.firmware }),
      ...(input.config === undefined ? {} : { config: input.config }),
      ...(input.carrier === undefined ? {} : { carrier: input.carrier }),
      ...preference
    }
    setups.push({ id, setup: setup(yield* modelOf(name, input.usbIds[index]), options) })
  }
  return setups
})
