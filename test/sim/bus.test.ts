import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import { UsbBus, usbMode } from "../../src/device/UsbBus.ts"
import type { BusEvent } from "../../src/device/UsbBus.ts"
import {
  behaviour,
  em7455,
  layer,
  make,
  mc7354,
  mc7455,
  mc7710,
  mismatches,
  ModemState,
  models,
  offlineReason,
  scaleTiming,
  SimControl
} from "../../src/sim/index.ts"
import type * as Scope from "effect/Scope"
import type { ModemSetup } from "../../src/sim/index.ts"
import { bytesOf, qmi, wait } from "./support.ts"

const on = <A, E>(
  modems: ModemSetup | ReadonlyArray<ModemSetup>,
  test: Effect.Effect<A, E, UsbBus | SimControl | Scope.Scope>
) => Effect.provide(test, layer(modems))

const brief = (event: BusEvent): string =>
  `${event._tag} ${event.device.portPath} ${usbMode(event.device)} ${event.device.ports.map(({ name }) => name).join(",")}`

const reset = Effect.gen(function* () {
  const [modem] = (yield* SimControl).modems
  const connection = yield* (modem ?? assert.fail("no modem")).connect("at")
  yield* connection.write(new TextEncoder().encode("AT!BOOTHOLD\r"))
})

describe("the simulated USB bus", () => {
  it.effect("shows a modem with the ports of its family", () =>
    on(
      em7455(),
      Effect.gen(function* () {
        const devices = yield* (yield* UsbBus).devices
        assert.deepStrictEqual(devices, [
          {
            key: "1:1",
            portPath: "1-2",
            vendorId: 0x1199,
            productId: 0x9071,
            serial: "XX000000000000",
            product: "EM7455",
            interfaceCount: 4,
            ports: [
              { name: "ttyUSB0", role: "diag", driver: "qcserial", interfaceNumber: 0 },
              { name: "ttyUSB1", role: "nmea", driver: "qcserial", interfaceNumber: 2 },
              { name: "ttyUSB2", role: "at", driver: "qcserial", interfaceNumber: 3 },
              { name: "cdc-wdm0", role: "control", driver: "qmi_wwan", interfaceNumber: 8 }
            ]
          }
        ])
      })
    )
  )

  it.effect("re-enumerates: unplugged, then plugged with another key and PID and one interface", () =>
    on(
      em7455(),
      Effect.gen(function* () {
        const bus = yield* UsbBus
        const changes = yield* bus.changes
        const [before] = yield* bus.devices
        yield* reset
        yield* wait("10 seconds")
        assert.deepStrictEqual((yield* Queue.takeAll(changes)).map(brief), [
          "Unplugged 1-2 application ttyUSB0,ttyUSB1,ttyUSB2,cdc-wdm0",
          "Plugged 1-2 boot-and-hold ttyUSB0"
        ])
        const [after] = yield* bus.devices
        assert.deepStrictEqual([before?.key, after?.key, after?.productId], ["1:1", "1:2", 0x9070])
        const [old] = before?.ports ?? []
        assert(before !== undefined && old !== undefined)
        assert.strictEqual((yield* Effect.flip(bus.open(before, old))).reason._tag, "NotThere")
      })
    )
  )

  it.effect("keeps the PID of a 9200 in boot-and-hold", () =>
    on(
      mc7710(),
      Effect.gen(function* () {
        yield* reset
        yield* wait("10 seconds")
        const [device] = yield* (yield* UsbBus).devices
        assert.deepStrictEqual([device?.productId, device?.interfaceCount], [0x68a2, 1])
      })
    )
  )

  it.effect("holds several modems apart: names, places, keys", () =>
    on(
      [
        em7455(),
        mc7354({ portPath: "1-3", serial: "B" }),
        mc7710({ portPath: "2-1", serial: "C", mode: "boot-and-hold" })
      ],
      Effect.gen(function* () {
        const bus = yield* UsbBus
        const devices = yield* bus.devices
        assert.deepStrictEqual(
          devices.map(({ key, portPath, ports }) => [key, portPath, ports.map(({ name }) => name).join(",")]),
          [
            ["1:1", "1-2", "ttyUSB0,ttyUSB1,ttyUSB2,cdc-wdm0"],
            ["1:2", "1-3", "ttyUSB3,ttyUSB4,ttyUSB5,cdc-wdm1"],
            ["2:3", "2-1", "ttyUSB6"]
          ]
        )
        yield* reset
        yield* wait("10 seconds")
        // The lowest free number is given again.
        assert.deepStrictEqual(
          (yield* bus.devices).map(({ portPath, ports }) => [portPath, ports.map(({ name }) => name).join(",")]),
          [
            ["1-3", "ttyUSB3,ttyUSB4,ttyUSB5,cdc-wdm1"],
            ["2-1", "ttyUSB6"],
            ["1-2", "ttyUSB0"]
          ]
        )
      })
    )
  )

  it.effect("tells of a port that appears late as a change of the same device", () =>
    on(
      em7455({ behaviours: [behaviour("latePort", { role: "download", delay: 3000 })] }),
      Effect.gen(function* () {
        const bus = yield* UsbBus
        const changes = yield* bus.changes
        yield* reset
        yield* wait("20 seconds")
        const events = yield* Queue.takeAll(changes)
        assert.deepStrictEqual(events.map(brief), [
          "Unplugged 1-2 application ttyUSB0,ttyUSB1,ttyUSB2,cdc-wdm0",
          "Plugged 1-2 boot-and-hold ",
          "Changed 1-2 boot-and-hold ttyUSB0"
        ])
        assert.strictEqual(events[1]?.device.key, events[2]?.device.key)
      })
    )
  )

  it.effect("keeps the names of the ports that are there when another one appears", () =>
    on(
      em7455({ behaviours: [behaviour("latePort", { role: "control", delay: 3000 })] }),
      Effect.gen(function* () {
        const bus = yield* UsbBus
        const names = Effect.map(bus.devices, ([device]) => device?.ports.map(({ name }) => name).join(","))
        assert.strictEqual(yield* names, "ttyUSB0,ttyUSB1,ttyUSB2")
        yield* wait("3 seconds")
        assert.strictEqual(yield* names, "ttyUSB0,ttyUSB1,ttyUSB2,cdc-wdm0")
      })
    )
  )

  it.effect("feels the plug being pulled and put in elsewhere", () =>
    on(
      em7455(),
      Effect.gen(function* () {
        const bus = yield* UsbBus
        const changes = yield* bus.changes
        const [modem] = (yield* SimControl).modems
        const [device] = yield* bus.devices
        const port = device?.ports.find(({ role }) => role === "control")
        assert(modem !== undefined && device !== undefined && port !== undefined)
        const connection = yield* bus.open(device, port)
        const read = yield* Effect.forkChild(Effect.flip(connection.read), { startImmediately: true })
        yield* modem.unplug
        assert.deepStrictEqual(yield* bus.devices, [])
        assert.strictEqual((yield* Effect.flip(connection.write(bytesOf(qmi.getMode)))).reason._tag, "Unplugged")
        assert.strictEqual((yield* Fiber.join(read)).reason._tag, "Unplugged")
        yield* modem.plug("1-4")
        yield* modem.plug("1-5")
        yield* wait("1 minute")
        assert.deepStrictEqual(
          (yield* Queue.takeAll(changes)).map(({ _tag, device: one }) => [_tag, one.portPath]),
          [
            ["Unplugged", "1-2"],
            ["Plugged", "1-4"]
          ]
        )
      })
    )
  )
})

describe("setting up simulated modems", () => {
  it("knows every model by name", () => {
    assert.deepStrictEqual(Object.keys(models).sort(), ["em7455", "em7455-lenovo", "mc7354", "mc7455", "mc7710"])
    for (const [name, model] of Object.entries(models)) assert.strictEqual(model.name.toLowerCase(), name.split("-")[0])
  })

  it("gives every model a placeholder IMEI with a right check digit", () => {
    const luhn = (digits: string) =>
      [...digits].reverse().reduce((sum, digit, index) => {
        const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
        return sum + (value > 9 ? value - 9 : value)
      }, 0) % 10
    for (const setup of [mc7710(), mc7354(), mc7455(), em7455()]) {
      assert.strictEqual(setup.imei.length, 15)
      assert.strictEqual(luhn(setup.imei), 0)
    }
  })

  it("saves a state as JSON and takes it again", () => {
    const { state } = em7455({ preference: { firmware: "02.33.03.00", carrier: "ATT", config: "002.072_001" } })
    const codec = Schema.fromJsonString(Schema.toCodecJson(ModemState))
    const again = Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(state))
    assert.deepStrictEqual(em7455({ state: again }).state, state)
    assert.strictEqual(state.operatingMode, 1)
  })

  it("is in low power when a preference differs only in case", () => {
    const { state } = em7455({ preference: { firmware: "02.24.05.06", carrier: "Generic", config: "002.026_000" } })
    assert.deepStrictEqual(mismatches(state), ["carrier name", "config name"])
    assert.strictEqual(offlineReason(state), 2)
    assert.strictEqual(state.operatingMode, 1)
  })

  it("scales latencies but not the receive timeout", () => {
    const half = scaleTiming(0.5)(models.em7455.timing)
    assert.strictEqual(half.boot, models.em7455.timing.boot / 2)
    assert.strictEqual(half.receiveTimeout, models.em7455.timing.receiveTimeout)
  })

  it.effect("starts off when told, and boots when plugged", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ mode: "off" }))
      assert.isUndefined(yield* modem.attachment)
      yield* modem.plug()
      yield* wait("14 seconds")
      assert.isUndefined(yield* modem.attachment)
      yield* wait("2 seconds")
      assert.strictEqual((yield* modem.attachment)?.mode, "application")
    })
  )

  it.effect("diag and NMEA ports take everything and say nothing", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      for (const role of ["diag", "nmea"] as const) {
        const connection = yield* modem.connect(role)
        yield* connection.write(new TextEncoder().encode("AT\r"))
        const read = yield* Effect.forkChild(Effect.timeoutOption(connection.read, "1 minute"))
        yield* wait("1 minute")
        assert.strictEqual((yield* Fiber.join(read))._tag, "None")
      }
    })
  )
})
