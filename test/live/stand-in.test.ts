/** Which ports the live bus offers: by straight USB when it is asked for, or where a driver does not come. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import { UsbBus } from "../../src/device/UsbBus.ts"
import type { UsbDevice } from "../../src/device/UsbBus.ts"
import { layerOn } from "../../src/live/LiveBus.ts"
import { Roots } from "../../src/live/Roots.ts"
import { Transport } from "../../src/live/Transport.ts"
import type { TransportChoice } from "../../src/live/Transport.ts"
import { UsbDevices } from "../../src/live/usb/NodeUsb.ts"
import { openQdlSession } from "../../src/session/QdlSession.ts"
import * as Sim from "../../src/sim/index.ts"
import { fakeSystem, held, mc7455 } from "../support/fake-sysfs.ts"
import type { FakeDevice, FakeSystem } from "../support/fake-sysfs.ts"
import { fakeWebUsb } from "../support/fake-webusb.ts"
import { pass, timed } from "../support/virtual-time.ts"

const onBus = <A, E, R>(system: FakeSystem, choice: TransportChoice, effect: Effect.Effect<A, E, R>) =>
  Effect.provide(
    effect,
    Layer.provide(layerOn("linux"), [Layer.succeed(Roots, system.roots), Layer.succeed(Transport, choice)])
  )

/** A boot loader that no driver of Linux 6.1 knows (devices.md §2.3: 1199:9074). */
const unknownBoot = (path: string): FakeDevice => ({ path, ids: ["1199", "9074"], interfaces: [{ number: 0 }] })
const shown = ({ ports }: UsbDevice): ReadonlyArray<string> =>
  ports.map(({ driver, name, role }) => `${driver} ${name} ${role}`)

const portsOf = Effect.flatMap(UsbBus, (bus) => Effect.map(bus.devices, (devices) => devices.flatMap(shown)))

describe("ports by straight USB", () => {
  it.effect(
    "a boot loader without a driver gets its port when it has waited for one long enough, and that is told",
    () =>
      Effect.gen(function* () {
        const system = yield* fakeSystem
        yield* onBus(
          system,
          "auto",
          Effect.gen(function* () {
            const bus = yield* UsbBus
            const changes = yield* bus.changes
            system.plug(unknownBoot("1-2"))
            yield* pass("1200 millis", "100 millis")
            assert.strictEqual((yield* Queue.take(changes))._tag, "Plugged")
            assert.deepStrictEqual(yield* portsOf, [])
            const before = yield* Clock.currentTimeMillis
            yield* pass("4 seconds", "100 millis")
            const event = yield* Queue.take(changes)
            assert.strictEqual(event._tag, "Changed")
            assert.deepStrictEqual(shown(event.device), ["usb 1-2:1.0 download"])
            assert.match(event.device.ports[0]?.because ?? "", /interface 0.*no kernel driver.*qcserial.*1199:9074/)
            assert.isAtMost(before, 1200)
          })
        )
      })
  )

  it.effect("is not told where the driver comes in time, and goes where it comes later", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      yield* onBus(
        system,
        "auto",
        Effect.gen(function* () {
          system.plug({ ...unknownBoot("1-2"), ids: ["1199", "9070"] })
          assert.deepStrictEqual(yield* portsOf, [])
          yield* pass("2900 millis", "100 millis")
          assert.deepStrictEqual(yield* portsOf, [])
          yield* pass("100 millis")
          assert.deepStrictEqual(yield* portsOf, ["usb 1-2:1.0 download"])
          system.bind("1-2", { number: 0, driver: "qcserial", node: "ttyUSB0" })
          assert.deepStrictEqual(yield* portsOf, ["qcserial ttyUSB0 download"])
        })
      )
    })
  )

  it.effect("does not make a device wait that has been there before", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(unknownBoot("1-2"))
      system.attribute("1-2", "power/connected_duration", "86400000\n")
      assert.deepStrictEqual(yield* onBus(system, "auto", portsOf), ["usb 1-2:1.0 download"])
      assert.deepStrictEqual(yield* onBus(system, "kernel", portsOf), [])
      system.attribute("1-2", "power/connected_duration", "2999\n")
      assert.deepStrictEqual(yield* onBus(system, "auto", portsOf), [])
    })
  )

  it.effect("a modem whose control port has no driver gets that one, by what it speaks", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      const serial = mc7455("1-2").interfaces.slice(0, 3)
      system.plug(mc7455("1-2", 0, { interfaces: [...serial, { number: 8 }] }))
      system.plug(
        mc7455("1-3", 3, {
          interfaces: [
            { number: 12, class: "02" },
            { number: 13, class: "0a" }
          ]
        })
      )
      system.attribute("1-3", "1-3:1.12/bInterfaceSubClass", "0e\n")
      for (const path of ["1-2", "1-3"]) system.attribute(path, "power/connected_duration", "5000\n")
      yield* onBus(
        system,
        "auto",
        Effect.gen(function* () {
          const [qmi, mbim] = yield* Effect.flatMap(UsbBus, (bus) => bus.devices)
          assert.deepInclude(qmi?.ports.at(-1), { name: "1-2:1.8", role: "control", driver: "usb", speaks: "qmi" })
          assert.strictEqual(qmi?.ports.length, 4)
          assert.strictEqual(mbim?.ports.length, 1)
          assert.deepInclude(mbim?.ports.at(0), { name: "1-3:1.12", role: "control", driver: "usb", speaks: "mbim" })
        })
      )
    })
  )

  it.effect("a driver that has the interface is not passed by, also where it has made no port", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug({ ...unknownBoot("1-2"), interfaces: [{ number: 0, driver: "qcserial" }] })
      system.plug({ ...unknownBoot("1-3"), interfaces: [{ number: 0, driver: "usbfs" }] })
      for (const path of ["1-2", "1-3"]) system.attribute(path, "power/connected_duration", "5000\n")
      yield* onBus(
        system,
        "auto",
        Effect.gen(function* () {
          const [driver, program] = yield* Effect.flatMap(UsbBus, (bus) => bus.devices)
          assert.deepStrictEqual(driver?.ports, [])
          assert.match(program?.ports[0]?.because ?? "", /claimed by a program/)
        })
      )
    })
  )

  it.effect("on demand they take the place of the kernel's, on modems only", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2"))
      system.plug(held("1-3", "ttyUSB7"))
      system.plug(held("1-4", "ttyUSB8", ["0403", "6001"]))
      system.plug({ path: "1-5", ids: ["05c6", "9008"], interfaces: [{ number: 0 }] })
      assert.deepStrictEqual(yield* onBus(system, "usb", portsOf), [
        ...["usb 1-2:1.3 at", "usb 1-2:1.8 control"],
        "usb 1-3:1.0 download"
      ])
    })
  )

  it.effect("are opened on the device that is there", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(held("1-2", "ttyUSB0"))
      const modem = yield* Sim.make(Sim.em7455({ mode: "boot-and-hold", timing: Sim.instant }))
      const fake = yield* fakeWebUsb(modem, { 0: "qcserial" })
      const session = Effect.gen(function* () {
        const bus = yield* UsbBus
        const [device] = yield* bus.devices
        const [port] = device?.ports ?? []
        assert(device !== undefined && port !== undefined)
        const qdl = yield* openQdlSession(bus.open(device, port))
        assert.strictEqual(qdl.endpoint, "usb 1-2:1.0")
        yield* qdl.dloadSwitch
        system.unplug("1-2")
        return yield* Effect.flip(Effect.scoped(bus.open(device, port)))
      })
      const find = Layer.succeed(UsbDevices, () => Effect.succeed({ device: fake.device, isThere: () => true }))
      const run = yield* timed(Effect.scoped(onBus(system, "usb", session).pipe(Effect.provide(find))))
      assert(Exit.isSuccess(run.exit))
      assert.strictEqual(run.exit.value.reason._tag, "NotThere")
      assert.strictEqual(fake.driver(0), "qcserial")
    })
  )
})
