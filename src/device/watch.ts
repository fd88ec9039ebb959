/**
 * Waiting for a modem to come back: subscribe first, then send what makes it leave, then look, then wait.
 * A watch is armed before the reset, so that no event is missed however fast the modem is (flows.md §9 W11).
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { BusError } from "./BusError.ts"
import { missingDriver } from "./drivers.ts"
import { describeDevice, isSamePlace, isSameSerial, portOf } from "./Modem.ts"
import type { ModemIdentity } from "./Modem.ts"
import { UsbBus, usbMode } from "./UsbBus.ts"
import type { PortInfo, PortRole, UsbDevice, UsbMode } from "./UsbBus.ts"

export interface Arrival {
  readonly device: UsbDevice
  readonly port: PortInfo
  readonly mode: UsbMode
}

/** A mode to wait for, and the port that makes the modem usable in it. */
export interface Awaited {
  readonly mode: UsbMode
  readonly role: PortRole
}

export interface BusWatch {
  /**
   * The modem in one of the awaited modes with its port, as soon as it is there. Only enumerations from after
   * the watch was armed count, unless `present` allows one that was there before.
   */
  readonly await: (options: {
    readonly identity: ModemIdentity
    readonly awaited: ReadonlyArray<Awaited>
    readonly deadline: Duration.Duration
    readonly present?: boolean
  }) => Effect.Effect<Arrival, BusError>
  /** Ends when the enumeration `key` is not on the bus. */
  readonly gone: (key: string) => Effect.Effect<void, BusError>
}

/** Arms a watch; it lives as long as the scope. */
export const watchBus: Effect.Effect<BusWatch, BusError, UsbBus | Scope.Scope> = Effect.gen(function* () {
  const bus = yield* UsbBus
  const changes = yield* bus.changes
  const armed = yield* bus.devices
  const before = new Set(armed.map(({ key }) => key))

  const awaitPort: BusWatch["await"] = Effect.fn("BusWatch.await")(function* (options) {
    const look = Effect.map(bus.devices, (devices) => {
      const candidates = devices.filter(({ key }) => options.present === true || !before.has(key))
      // The place says more than the serial: many modules carry the same factory serial. Where two did, or while the
      // modem is still at its place, the serial somewhere else is a twin's, and the twin would be flashed.
      const twins =
        armed.filter((device) => isSameSerial(options.identity, device)).length > 1 ||
        devices.some((device) => isSamePlace(options.identity, device) && isSameSerial(options.identity, device))
      for (const isSame of twins ? [isSamePlace] : [isSamePlace, isSameSerial]) {
        for (const device of candidates.filter((candidate) => isSame(options.identity, candidate))) {
          for (const { mode, role } of options.awaited) {
            const port = mode === usbMode(device) ? portOf(device, role) : undefined
            if (port !== undefined) return Result.succeed<Arrival>({ device, port, mode })
          }
        }
      }
      return Result.fail(devices)
    })
    const wait = Effect.gen(function* () {
      for (;;) {
        const found = yield* look
        if (Result.isSuccess(found)) return found.success
        // Any change may be the one; several at once are looked at once.
        yield* Queue.takeAll(changes)
      }
    })
    return yield* wait.pipe(
      Effect.timeoutOrElse({
        duration: options.deadline,
        orElse: () =>
          Effect.gen(function* () {
            const seen = yield* bus.devices
            for (const device of seen.filter((one) => isSamePlace(options.identity, one))) {
              const role = options.awaited.find(({ mode }) => mode === usbMode(device))?.role
              const missing = role === undefined ? undefined : missingDriver(device, role)
              if (missing === undefined) continue
              return yield* new BusError({
                operation: "wait",
                reason: { _tag: "DriverMissing", device: describeDevice(device), ...missing }
              })
            }
            return yield* new BusError({
              operation: "wait",
              reason: {
                _tag: "NeverAppeared",
                wanted:
                  `the modem at ${options.identity.portPath} with its ` +
                  options.awaited.map(({ mode, role }) => `${role} port in ${mode} mode`).join(" or "),
                seconds: Duration.toSeconds(options.deadline),
                seen: seen.map(describeDevice)
              }
            })
          })
      })
    )
  })

  const gone: BusWatch["gone"] = Effect.fn("BusWatch.gone")(function* (key) {
    while ((yield* bus.devices).some((device) => device.key === key)) yield* Queue.takeAll(changes)
  })

  return { await: awaitPort, gone }
})
