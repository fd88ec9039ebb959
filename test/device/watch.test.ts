import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { watchBus } from "../../src/device/watch.ts"
import type { BusWatch } from "../../src/device/watch.ts"
import { errorOf, pass, settle, timed, valueOf } from "../support/virtual-time.ts"
import { fakeBus, heldDevice, onBus, portInfo, usbDevice } from "../support/fake-bus.ts"
import type { FakeBus } from "../support/fake-bus.ts"

const held = { mode: "boot-and-hold", role: "download" } as const
const running = { mode: "application", role: "control" } as const
const identity = { portPath: "1-2", serial: "AAA" }

const options = (change: Partial<Parameters<BusWatch["await"]>[0]> = {}): Parameters<BusWatch["await"]>[0] => ({
  identity,
  awaited: [held],
  deadline: Duration.minutes(4),
  ...change
})

const arm = (bus: FakeBus) => onBus(bus, watchBus)

describe("waiting for a modem to come back", () => {
  const before = usbDevice({ serial: "AAA" })
  const after = heldDevice({ serial: "AAA" })

  it.effect("ends with the event, not with a poll", () =>
    Effect.gen(function* () {
      const bus = fakeBus(before)
      const watch = yield* arm(bus)
      const waiting = yield* Effect.forkChild(watch.await(options()))
      yield* settle
      const looks = bus.looks()
      yield* pass("30 seconds", "1 second")
      assert.strictEqual(bus.looks(), looks)
      yield* bus.unplug(before)
      yield* bus.plug(after)
      yield* settle
      const arrival = yield* Fiber.join(waiting)
      assert.deepStrictEqual(arrival, { device: after, port: portInfo("download"), mode: "boot-and-hold" })
    })
  )

  it.effect("does not miss a modem that came back before anybody waited", () =>
    Effect.gen(function* () {
      const bus = fakeBus(before)
      const watch = yield* arm(bus)
      yield* bus.unplug(before)
      yield* bus.plug(after)
      const { exit, millis } = yield* timed(watch.await(options()))
      assert.strictEqual(valueOf(exit).device, after)
      assert.strictEqual(millis, 0)
    })
  )

  it.effect("does not miss one that comes between looking and waiting", () =>
    Effect.gen(function* () {
      const bus = fakeBus(before)
      const watch = yield* arm(bus)
      bus.afterNextLook(Effect.andThen(bus.unplug(before), bus.plug(after)))
      const { exit, millis } = yield* timed(watch.await(options()))
      assert.strictEqual(valueOf(exit).device, after)
      assert.strictEqual(millis, 0)
    })
  )

  it.effect("does not miss one that comes right behind the look that arms the watch", () =>
    Effect.gen(function* () {
      const bus = fakeBus(before)
      bus.afterNextLook(Effect.andThen(bus.unplug(before), bus.plug(after)))
      const watch = yield* arm(bus)
      const { exit } = yield* timed(watch.await(options()))
      assert.strictEqual(valueOf(exit).device, after)
    })
  )

  it.effect("does not take an enumeration from before for a return", () =>
    Effect.gen(function* () {
      const bus = fakeBus(after)
      const watch = yield* arm(bus)
      const { exit } = yield* timed(watch.await(options({ deadline: Duration.seconds(5) })))
      const error = errorOf(exit)
      assert.strictEqual(error.reason._tag, "NeverAppeared")
    })
  )

  it.effect("takes one from before when told that it may be there already", () =>
    Effect.gen(function* () {
      const bus = fakeBus(after)
      const watch = yield* arm(bus)
      const { exit, millis } = yield* timed(watch.await(options({ present: true })))
      assert.strictEqual(valueOf(exit).device, after)
      assert.strictEqual(millis, 0)
    })
  )

  it.effect("waits for the port too, which a driver may bring later", () =>
    Effect.gen(function* () {
      const bus = fakeBus()
      const watch = yield* arm(bus)
      const waiting = yield* Effect.forkChild(watch.await(options()))
      const bare = { ...after, ports: [] }
      yield* bus.plug(bare)
      yield* settle
      assert.isUndefined(waiting.pollUnsafe())
      yield* bus.change(after)
      yield* settle
      assert.strictEqual((yield* Fiber.join(waiting)).device, after)
    })
  )

  it.effect("ends in whichever of the awaited modes comes, and tells which", () =>
    Effect.gen(function* () {
      const bus = fakeBus()
      const watch = yield* arm(bus)
      const back = usbDevice({ serial: "AAA" })
      yield* bus.plug(back)
      const { exit } = yield* timed(watch.await(options({ awaited: [held, running] })))
      const arrival = valueOf(exit)
      assert.strictEqual(arrival.mode, "application")
      assert.strictEqual(arrival.port.role, "control")
    })
  )

  it.effect("does not end in another mode", () =>
    Effect.gen(function* () {
      const bus = fakeBus()
      const watch = yield* arm(bus)
      // A download port in a device with several interfaces is no boot-and-hold.
      yield* bus.plug(usbDevice({ serial: "AAA", roles: ["control", "download"] }))
      const { exit } = yield* timed(watch.await(options({ deadline: Duration.seconds(5) })))
      assert.strictEqual(errorOf(exit).reason._tag, "NeverAppeared")
    })
  )
})

describe("which device is the modem", () => {
  it.effect("is the one at the same place, not one with the same serial somewhere else", () =>
    Effect.gen(function* () {
      const bus = fakeBus()
      const watch = yield* arm(bus)
      const elsewhere = heldDevice({ portPath: "1-3", serial: "AAA" })
      const here = heldDevice({ portPath: "1-2", serial: "BBB" })
      yield* bus.plug(elsewhere)
      yield* bus.plug(here)
      assert.strictEqual((yield* watch.await(options())).device, here)
    })
  )

  it.effect("is the one at the companion port of the other USB speed", () =>
    Effect.gen(function* () {
      const bus = fakeBus()
      const watch = yield* arm(bus)
      const peer = heldDevice({ portPath: "2-2" })
      yield* bus.plug(heldDevice({ portPath: "2-3" }))
      yield* bus.plug(peer)
      assert.strictEqual((yield* watch.await(options({ identity: { portPath: "1-2", peerPath: "2-2" } }))).device, peer)
    })
  )

  it.effect("is the one with its serial when it has moved to another port", () =>
    Effect.gen(function* () {
      const bus = fakeBus(usbDevice({ serial: "AAA" }))
      const watch = yield* arm(bus)
      const [before] = yield* bus.service.devices
      assert(before !== undefined)
      yield* bus.unplug(before)
      const moved = heldDevice({ portPath: "1-4", serial: "AAA" })
      yield* bus.plug(heldDevice({ portPath: "1-3", serial: "BBB" }))
      yield* bus.plug(moved)
      assert.strictEqual((yield* watch.await(options())).device, moved)
    })
  )

  it.effect("is nobody else: a stranger in boot-and-hold is left alone", () =>
    Effect.gen(function* () {
      const bus = fakeBus()
      const watch = yield* arm(bus)
      yield* bus.plug(heldDevice({ portPath: "1-3", serial: "BBB" }))
      yield* bus.plug(heldDevice({ portPath: "1-4" }))
      const { exit } = yield* timed(watch.await(options({ deadline: Duration.seconds(5) })))
      assert.strictEqual(errorOf(exit).reason._tag, "NeverAppeared")
    })
  )

  it.effect("is not its twin with the same factory serial, which re-enumerates at the same time", () =>
    Effect.gen(function* () {
      const mine = usbDevice({ portPath: "1-2", serial: "AAA" })
      const twin = usbDevice({ portPath: "1-3", serial: "AAA" })
      const bus = fakeBus(mine, twin)
      const watch = yield* arm(bus)
      const waiting = yield* Effect.forkChild(watch.await(options()))
      yield* bus.unplug(mine)
      yield* bus.unplug(twin)
      yield* bus.plug(heldDevice({ portPath: "1-3", serial: "AAA" }))
      yield* settle
      assert.isUndefined(waiting.pollUnsafe())
      const back = heldDevice({ portPath: "1-2", serial: "AAA" })
      yield* bus.plug(back)
      assert.strictEqual((yield* Fiber.join(waiting)).device, back)
    })
  )

  it.effect("is not a twin that comes while the modem itself is still at its place", () =>
    Effect.gen(function* () {
      const mine = usbDevice({ portPath: "1-2", serial: "AAA" })
      const bus = fakeBus(mine)
      const watch = yield* arm(bus)
      const waiting = yield* Effect.forkChild(watch.await(options()))
      yield* bus.plug(heldDevice({ portPath: "1-3", serial: "AAA" }))
      yield* settle
      assert.isUndefined(waiting.pollUnsafe())
      yield* Fiber.interrupt(waiting)
    })
  )
})

describe("a modem that does not come back", () => {
  it.effect("is told at the deadline, with what is on the bus instead", () =>
    Effect.gen(function* () {
      const bus = fakeBus(usbDevice({ portPath: "1-3", productId: 0x68c0, serial: "BBB" }))
      const watch = yield* arm(bus)
      const { exit, millis } = yield* timed(
        watch.await(options({ awaited: [held, running], deadline: Duration.seconds(90) })),
        "10 minutes",
        "1 second"
      )
      const error = errorOf(exit)
      assert.deepStrictEqual(error.reason, {
        _tag: "NeverAppeared",
        wanted: "the modem at 1-2 with its download port in boot-and-hold mode or control port in application mode",
        seconds: 90,
        seen: ["MC7304/MC7354/MC7330/MC7350 1199:68c0 at 1-3, serial BBB, application"]
      })
      assert.strictEqual(millis, 90_000)
      assert.strictEqual(error.code, "DEVICE_NEVER_APPEARED")
    })
  )

  it.effect("says that nothing is on an empty bus", () =>
    Effect.gen(function* () {
      const watch = yield* arm(fakeBus())
      const { exit } = yield* timed(watch.await(options({ deadline: Duration.seconds(1) })))
      assert.include(errorOf(exit).message, "did not appear within 1 s; on the bus: nothing")
    })
  )
})

describe("waiting for an enumeration to end", () => {
  it.effect("ends when that very one has left, not when another one has", () =>
    Effect.gen(function* () {
      const mine = usbDevice()
      const other = usbDevice({ portPath: "1-3" })
      const bus = fakeBus(mine, other)
      const watch = yield* arm(bus)
      const leaving = yield* Effect.forkChild(watch.gone(mine.key))
      yield* bus.unplug(other)
      yield* settle
      assert.isUndefined(leaving.pollUnsafe())
      yield* bus.unplug(mine)
      yield* settle
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(leaving)))
    })
  )

  it.effect("is over at once for one that is not there", () =>
    Effect.gen(function* () {
      const watch = yield* arm(fakeBus(usbDevice()))
      yield* watch.gone("9:9")
    })
  )
})
