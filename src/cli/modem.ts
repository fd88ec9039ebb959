/** From the options to a modem: which bus, and which of the modems on it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { realpathSync } from "node:fs"
import * as Modem from "../device/Modem.ts"
import { Host } from "../doctor/Host.ts"
import type { UsbBus, UsbMode } from "../device/UsbBus.ts"
import { DeviceOpen, DeviceOpenProxy } from "../update/DeviceOpen.ts"
import { Transport } from "../live/Transport.ts"
import type { TransportChoice } from "../live/Transport.ts"
import { refuse } from "./CommandError.ts"
import type { CommandError } from "./CommandError.ts"
import type { ModemInput, WriteInput } from "./inputs.ts"

/** The real ones: their layer and native modules are loaded when they are wanted. */
const liveBus = Effect.fnUntraced(function* (
  checksModemManager: boolean,
  transport: TransportChoice
): Effect.fn.Return<{ readonly layer: Layer.Layer<UsbBus>; readonly host: Host }, CommandError> {
  const live = yield* Effect.promise(() =>
    import("../live/index.ts").then(({ host, layer, modemManager }) => ({ host, layer, modemManager }))
  )
  const pid = checksModemManager ? yield* live.modemManager : undefined
  if (pid !== undefined) return yield* refuse({ _tag: "ModemManagerRuns", pid })
  return { layer: Layer.provide(live.layer, Layer.succeed(Transport, transport)), host: live.host }
})

const options = {
  vidPid: { option: "--vid-pid", wanted: "VID[:PID] in hex, e.g. 1199:9071" },
  busnumDevnum: { option: "--busnum-devnum", wanted: "[BUS:]DEV in decimal, e.g. 1:7" }
} as const

/**
 * Provides the bus that the options name, the simulator's or the system's, and how control ports on it are opened.
 * Commands that write to a real modem do not begin while ModemManager runs.
 */
export const onBus =
  (input: ModemInput & Partial<WriteInput>) =>
  <A, E, R>(command: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const { deviceOpen = "auto", ignoreModemManager, proxy, selector, simulation, transport = "auto" } = input
      const effect = command.pipe(
        Effect.provideService(DeviceOpen, deviceOpen),
        Effect.provideService(DeviceOpenProxy, proxy === true)
      )
      const unreadable = Modem.unreadable(selector)
      if (unreadable !== undefined) {
        return yield* refuse({ _tag: "BadOption", found: selector[unreadable] ?? "", ...options[unreadable] })
      }
      if (simulation === undefined) {
        const { host, layer } = yield* liveBus(ignoreModemManager === false, transport)
        return yield* Effect.provide(Effect.provideService(effect, Host, host), layer)
      }
      if (input.transport !== undefined) {
        const detail = "--transport is for real modems: a simulated one has no USB"
        return yield* refuse({ _tag: "BadUsage", command: "boothold", detail })
      }
      const simulatedBus = yield* Effect.promise(() => import("./simulate.ts").then(({ simulatedBus }) => simulatedBus))
      return yield* Effect.provide(effect, yield* simulatedBus(simulation))
    })

/** `/dev/serial/by-id/…` leads to the node that the system knows; what is no path at all stays as it is. */
export const nodeOf = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** What the user has said, with names of device nodes as the kernel has them. */
export const selectorOf = ({ selector }: ModemInput): Modem.Selector => {
  const { cdcWdm, tty } = selector
  return {
    ...selector,
    ...(cdcWdm === undefined ? {} : { cdcWdm: nodeOf(cdcWdm) }),
    ...(tty === undefined ? {} : { tty: nodeOf(tty) })
  }
}

/** The one modem that was meant; among several, the one in the mode that the command needs. */
export const theModem = (input: ModemInput, mode: UsbMode) => Modem.select(selectorOf(input), mode)
