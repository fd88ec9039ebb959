/** From the options to a modem: which bus, and which of the modems on it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { realpathSync } from "node:fs"
import { BusError } from "../device/BusError.ts"
import * as Modem from "../device/Modem.ts"
import { UsbBus } from "../device/UsbBus.ts"
import type { UsbMode } from "../device/UsbBus.ts"
import { Host } from "../doctor/Host.ts"
import { factoryPassword } from "../protocol/at/commands.ts"
import { AtPassword } from "../update/AtPassword.ts"
import { ControlWay } from "../update/ControlWay.ts"
import { DeviceOpen, DeviceOpenProxy } from "../update/DeviceOpen.ts"
import { ProtocolChoice } from "../update/download-protocol.ts"
import { reserving } from "../update/ModemLock.ts"
import { Transport } from "../live/Transport.ts"
import type { TransportChoice } from "../live/Transport.ts"
import { refuse } from "./CommandError.ts"
import type { ModemInput, WriteInput } from "./inputs.ts"
import { Surroundings } from "./Surroundings.ts"

/** The real ones: their layer and native modules are loaded when they are wanted. */
const onLiveBus =
  (ignoreModemManager: boolean, transport: TransportChoice) =>
  <A, E, R>(command: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const live = yield* Effect.promise(() =>
        import("../live/index.ts").then(({ host, IgnoreModemManager, layer, SystemBusAddress }) => ({
          host,
          IgnoreModemManager,
          layer,
          SystemBusAddress
        }))
      )
      const address = process.env["DBUS_SYSTEM_BUS_ADDRESS"] ?? (yield* live.SystemBusAddress)
      return yield* command.pipe(
        Effect.provideService(Host, live.host),
        Effect.provideService(live.IgnoreModemManager, ignoreModemManager),
        Effect.provideService(live.SystemBusAddress, address),
        Effect.provide(Layer.provide(live.layer, Layer.succeed(Transport, transport)))
      )
    })

const options = {
  vidPid: { option: "--vid-pid", wanted: "VID[:PID] in hex, e.g. 1199:9071" },
  busnumDevnum: { option: "--busnum-devnum", wanted: "[BUS:]DEV in decimal, e.g. 1:7" }
} as const

/** Provides the bus that the options name, the simulator's or the system's, and how control ports on it are opened. */
export const onBus =
  (input: ModemInput & Partial<WriteInput>) =>
  <A, E, R>(command: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const {
        deviceOpen = "auto",
        ignoreModemManager,
        protocol = "auto",
        proxy,
        selector,
        simulation,
        transport = "auto"
      } = input
      const effect = command.pipe(
        Effect.provideService(DeviceOpen, deviceOpen),
        Effect.provideService(DeviceOpenProxy, proxy === true),
        Effect.provideService(ProtocolChoice, protocol),
        Effect.provideService(ControlWay, input.byAt === true ? "at" : "auto"),
        Effect.provideService(AtPassword, input.atPassword ?? factoryPassword)
      )
      const unreadable = Modem.unreadable(selector)
      if (unreadable !== undefined) {
        return yield* refuse({ _tag: "BadOption", found: selector[unreadable] ?? "", ...options[unreadable] })
      }
      const given = yield* Surroundings
      if (simulation === undefined && given !== undefined) return yield* Effect.provide(effect, given.bus)
      if (simulation === undefined) {
        return yield* onLiveBus(ignoreModemManager === true, transport)(effect)
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

/**
 * The one modem that was meant; among several, the one in the mode that the command needs. Where that is not one either,
 * the error names all of them with what they run.
 */
export const theModem = (input: ModemInput, mode: UsbMode) => {
  const selector = selectorOf(input)
  return Modem.select(selector, mode).pipe(
    Effect.catchReason("BusError", "SeveralModems", ({ found: labels }, error) =>
      Effect.gen(function* () {
        const { firmwareOf, glanceText } = yield* Effect.promise(() => import("./firmware.ts"))
        const found = (yield* Modem.survey(selector)).filter(({ modem }) => labels.includes(modem.label))
        const firmware = yield* firmwareOf(found)
        const told = found.map(({ modem }, index) => {
          const seen = firmware[index]
          return seen?._tag === "Told" ? `${modem.label}, firmware ${glanceText(seen)}` : modem.label
        })
        return yield* new BusError({
          operation: error.operation,
          reason: { _tag: "SeveralModems", found: told.length === labels.length ? told : labels }
        })
      })
    )
  )
}

/**
 * The modem is ours alone while `use` goes on, from before the first question that it is asked: no second boothold, and no
 * ModemManager.
 */
export const alone =
  (modem: Modem.Modem) =>
  <A, E, R>(use: Effect.Effect<A, E, R>) =>
    reserving(modem)(
      Effect.scoped(
        Effect.gen(function* () {
          const bus = yield* UsbBus
          yield* bus.claim(modem.device)
          return yield* use
        })
      )
    )
