/** Under a driver that carries QMI and MBIM nothing tells which one a port speaks: it is tried. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Modem from "../../src/device/Modem.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import type { UsbDevice } from "../../src/device/UsbBus.ts"
import * as Sim from "../../src/sim/index.ts"
import { carrierOf } from "../../src/update/DeviceOpen.ts"
import * as Update from "../../src/update/Update.ts"
import { errorOf, timed, valueOf } from "../support/virtual-time.ts"

/** The modem's control port as a driver shows it that says nothing of the protocol. */
const underUnknownDriver = Layer.effect(
  UsbBus,
  Effect.map(UsbBus, (bus) => {
    const renamed = (device: UsbDevice): UsbDevice => ({
      ...device,
      ports: device.ports.map((port) => (port.role === "control" ? { ...port, driver: "wwan" } : port))
    })
    return UsbBus.of({ ...bus, devices: Effect.map(bus.devices, (devices) => devices.map(renamed)) })
  })
)

const ask = (setup: Sim.ModemSetup) =>
  Effect.gen(function* () {
    const asked = yield* timed(Effect.flatMap(Modem.select(), Update.facts), "10 minutes")
    const [modem] = (yield* Sim.SimControl).modems
    return { ...asked, state: yield* modem!.state, journal: yield* modem!.journal }
  }).pipe(Effect.provide(Layer.fresh(underUnknownDriver.pipe(Layer.provideMerge(Sim.layer(setup))))))

describe("a control port whose protocol nothing tells", () => {
  it("is told by the user or by the driver, where there is one that says it", () => {
    assert.deepStrictEqual(
      [carrierOf("auto", "cdc_mbim"), carrierOf("auto", "qmi_wwan"), carrierOf("auto", "wwan")],
      ["mbim", "qmi", undefined]
    )
    assert.deepStrictEqual([carrierOf("qmi", "cdc_mbim"), carrierOf("mbim", "qmi_wwan")], ["qmi", "mbim"])
  })

  it.effect("is found out: QMI", () =>
    Effect.gen(function* () {
      const { exit } = yield* ask(Sim.em7455())
      assert.strictEqual(valueOf(exit).firmware, "02.24.05.06")
    })
  )

  it.effect("is found out: MBIM, after a try as QMI", () =>
    Effect.gen(function* () {
      const { exit, millis } = yield* ask(Sim.em7455({ composition: 8 }))
      assert.strictEqual(valueOf(exit).firmware, "02.24.05.06")
      assert.isBelow(millis, 4000)
    })
  )

  it.effect("is not given up after the first round with a modem that starts slowly", () =>
    Effect.gen(function* () {
      const slow = Sim.em7455({
        composition: 8,
        mode: "off",
        behaviours: [Sim.behaviour("qmiNotReadyAfterBoot", { seconds: 4 })]
      })
      const program = Effect.gen(function* () {
        const [modem] = (yield* Sim.SimControl).modems
        yield* modem!.plug()
        yield* Effect.sleep("17 seconds")
        return yield* Effect.flatMap(Modem.select(), Update.facts)
      })
      const { exit } = yield* timed(program).pipe(
        Effect.provide(Layer.fresh(underUnknownDriver.pipe(Layer.provideMerge(Sim.layer(slow)))))
      )
      assert.strictEqual(valueOf(exit).firmware, "02.24.05.06")
    })
  )

  it.effect("that answers to neither is named as such, within the deadline", () =>
    Effect.gen(function* () {
      const hangs = [Sim.behaviour("hang", { where: "mbim" }), Sim.behaviour("hang", { where: "control" })]
      for (const composition of [6, 8]) {
        const { exit, millis } = yield* ask(Sim.em7455({ composition, behaviours: hangs }))
        const error = errorOf(exit)
        assert.strictEqual(error.code, "QMI_NO_ANSWER")
        assert.include(error.message, "as QMI, and over MBIM")
        assert.isBelow(millis, 60_000)
      }
    })
  )

  it.effect("that has MBIM without QMI is told apart from silence", () =>
    Effect.gen(function* () {
      // Without an AT port, by which it would be asked else.
      const { exit } = yield* ask(Sim.em7455({ composition: 9, behaviours: [Sim.behaviour("qmiOverMbimMissing")] }))
      assert.strictEqual(errorOf(exit).code, "MBIM_NO_QMI")
    })
  )
})
