/** From the options to a modem: which bus, and which of the modems on it. */
import * as Effect from "effect/Effect"
import * as Modem from "../device/Modem.ts"
import type { UsbBus, UsbMode } from "../device/UsbBus.ts"
import { refuse } from "./CommandError.ts"
import type { ModemInput } from "./inputs.ts"

/** Provides the bus that the options name. There are no live ones yet; the simulator is loaded when it is wanted. */
export const onBus =
  (input: ModemInput) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const { simulation } = input
      if (simulation === undefined) return yield* refuse({ _tag: "NotLive" })
      const simulatedBus = yield* Effect.promise(() => import("./simulate.ts").then(({ simulatedBus }) => simulatedBus))
      return yield* Effect.provide(effect, yield* simulatedBus(simulation))
    })

/** The one modem that was meant; among several, the one in the mode that the command needs. */
export const theModem = (
  input: ModemInput,
  mode: UsbMode
): Effect.Effect<Modem.Modem, Effect.Error<ReturnType<typeof Modem.select>>, UsbBus> =>
  Effect.gen(function* () {
    const fitting = yield* Modem.listModems({ ...input.selector, mode })
    const [only] = fitting
    return only !== undefined && fitting.length === 1 ? only : yield* Modem.select(input.selector)
  })
