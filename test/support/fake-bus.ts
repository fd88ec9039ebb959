/** A USB bus whose devices the test plugs and unplugs by hand. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { UsbBus } from "../../src/device/UsbBus.ts"
import type { BusEvent, PortInfo, PortRole, UsbDevice } from "../../src/device/UsbBus.ts"
import { TransportError } from "../../src/transport/TransportError.ts"

export const portInfo = (role: PortRole, name = `node-${role}`): PortInfo => ({
  name,
  role,
  driver: role === "control" ? "qmi_wwan" : "qcserial",
  interfaceNumber: 0
})

let devices = 0

/** An EM7455 in application mode with a control port at 1-2, unless told otherwise. */
export const usbDevice = (
  change: Partial<UsbDevice> & { readonly roles?: ReadonlyArray<PortRole> } = {}
): UsbDevice => {
  const { roles = ["at", "control"], ...rest } = change
  return {
    key: `1:${String(++devices)}`,
    portPath: "1-2",
    vendorId: 0x1199,
    productId: 0x9071,
    interfaceCount: 4,
    ports: roles.map((role) => portInfo(role)),
    ...rest
  }
}

/** The same modem in boot-and-hold. */
export const heldDevice = (change: Parameters<typeof usbDevice>[0] = {}): UsbDevice =>
  usbDevice({ productId: 0x9070, interfaceCount: 1, roles: ["download"], ...change })

export interface FakeBus {
  readonly service: UsbBus["Service"]
  readonly plug: (device: UsbDevice) => Effect.Effect<void>
  readonly unplug: (device: UsbDevice) => Effect.Effect<void>
  /** Replaces the device of the same key. */
  readonly change: (device: UsbDevice) => Effect.Effect<void>
  /** How often somebody looked at the devices. */
  readonly looks: () => number
  /** Runs once, right after the next look has been taken: for events in the gap between looking and waiting. */
  readonly afterNextLook: (effect: Effect.Effect<void>) => void
}

export const fakeBus = (...present: ReadonlyArray<UsbDevice>): FakeBus => {
  let all: ReadonlyArray<UsbDevice> = present
  const listeners = new Set<Queue.Queue<BusEvent>>()
  let looks = 0
  let after: Effect.Effect<void> | undefined
  const tell = (event: BusEvent) =>
    Effect.forEach([...listeners], (queue) => Queue.offer(queue, event), { discard: true })
  const plug: FakeBus["plug"] = (device) =>
    Effect.suspend(() => {
      all = [...all, device]
      return tell({ _tag: "Plugged", device })
    })
  const unplug: FakeBus["unplug"] = (device) =>
    Effect.suspend(() => {
      all = all.filter(({ key }) => key !== device.key)
      return tell({ _tag: "Unplugged", device })
    })
  return {
    service: {
      devices: Effect.suspend(() => {
        looks++
        const seen = all
        const then = after
        after = undefined
        return then === undefined ? Effect.succeed(seen) : Effect.as(then, seen)
      }),
      changes: Effect.acquireRelease(
        Effect.tap(Queue.unbounded<BusEvent>(), (queue) => Effect.sync(() => void listeners.add(queue))),
        (queue) => Effect.sync(() => void listeners.delete(queue))
      ),
      open: (device, port) =>
        Effect.fail(
          new TransportError({
            endpoint: `${device.portPath}/${port.role}`,
            operation: "open",
            reason: { _tag: "NotThere" }
          })
        ),
      claim: () => Effect.void
    },
    plug,
    unplug,
    change: (device) =>
      Effect.suspend(() => {
        all = all.map((one) => (one.key === device.key ? device : one))
        return tell({ _tag: "Changed", device })
      }),
    looks: () => looks,
    afterNextLook: (effect) => {
      after = effect
    }
  }
}

export const onBus = <A, E, R>(bus: FakeBus, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, UsbBus>> =>
  Effect.provideService(effect, UsbBus, bus.service)
