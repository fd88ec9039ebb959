import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Modem from "../../src/device/Modem.ts"
import { usbMode } from "../../src/device/UsbBus.ts"
import type { UsbDevice } from "../../src/device/UsbBus.ts"
import { fakeBus, heldDevice, onBus, portInfo, usbDevice } from "../support/fake-bus.ts"

const em7455 = usbDevice({ portPath: "1-2", serial: "AAA" })
const mc7354 = usbDevice({ portPath: "1-3", productId: 0x68c0, serial: "BBB" })
const held = heldDevice({ portPath: "2-1", serial: "CCC" })
const bus = fakeBus(em7455, mc7354, held)

const selected = (selector: Modem.Selector) => Effect.map(onBus(bus, Modem.select(selector)), ({ device }) => device)
const refused = (selector: Modem.Selector) => Effect.flip(onBus(bus, Modem.select(selector)))

describe("selecting a modem", () => {
  it.effect("takes the only one without being told which", () =>
    Effect.gen(function* () {
      const modem = yield* onBus(fakeBus(em7455), Modem.select())
      assert.strictEqual(modem.device, em7455)
      assert.deepStrictEqual(modem.identity, { portPath: "1-2", serial: "AAA" })
      assert.strictEqual(modem.mode, "application")
      assert.strictEqual(modem.label, "EM7455/MC7455/EM7430/MC7430 1199:9071 at 1-2, serial AAA, application")
    })
  )

  it.effect("finds none on an empty bus, and says what was looked for", () =>
    Effect.gen(function* () {
      const any = yield* Effect.flip(onBus(fakeBus(), Modem.select()))
      assert.deepStrictEqual(any.reason, { _tag: "NoModem", wanted: "any" })
      assert.strictEqual(any.code, "DEVICE_NONE")
      const one = yield* refused({ vidPid: "1199:9041", usbPath: "1-2" })
      assert.deepStrictEqual(one.reason, {
        _tag: "NoModem",
        wanted: "vidPid 1199:9041, usbPath 1-2",
        // What is there instead: most often the id is another one than the user thinks.
        present: [em7455, mc7354, held].map(Modem.describeDevice)
      })
    })
  )

  it.effect("lists all of several with place, serial and mode, and takes none", () =>
    Effect.gen(function* () {
      const error = yield* refused({})
      assert.deepStrictEqual(error.reason, {
        _tag: "SeveralModems",
        found: [
          "EM7455/MC7455/EM7430/MC7430 1199:9071 at 1-2, serial AAA, application",
          "MC7304/MC7354/MC7330/MC7350 1199:68c0 at 1-3, serial BBB, application",
          "EM7455/MC7455/EM7430/MC7430 1199:9070 at 2-1, serial CCC, boot-and-hold"
        ]
      })
    })
  )

  it.effect("goes by vendor and product id, without case", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* selected({ vidPid: "1199:68C0" }), mc7354)
      // A vendor alone is every modem of it.
      assert.strictEqual((yield* refused({ vidPid: "1199" })).reason._tag, "SeveralModems")
      assert.strictEqual((yield* refused({ vidPid: "68c0" })).reason._tag, "NoModem")
    })
  )

  it.effect("goes by USB path, serial and mode, and by all of them together", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* selected({ usbPath: "1-3" }), mc7354)
      assert.strictEqual(yield* selected({ serial: "AAA" }), em7455)
      assert.strictEqual(yield* selected({ mode: "boot-and-hold" }), held)
      assert.strictEqual((yield* refused({ mode: "application" })).reason._tag, "SeveralModems")
      assert.strictEqual((yield* refused({ usbPath: "1-3", serial: "AAA" })).reason._tag, "NoModem")
      // A path is not a prefix.
      assert.strictEqual((yield* refused({ usbPath: "1" })).reason._tag, "NoModem")
    })
  )

  it.effect("goes by bus and device number, as lsusb shows them", () =>
    Effect.gen(function* () {
      const first = usbDevice({ portPath: "1-2", address: { bus: 1, device: 7 } })
      const second = usbDevice({ portPath: "2-2", address: { bus: 2, device: 7 } })
      const both = fakeBus(first, second, usbDevice({ portPath: "3-1" }))
      const at = (busnumDevnum: string) => onBus(both, Modem.select({ busnumDevnum }))
      assert.strictEqual((yield* at("1:7")).device, first)
      assert.strictEqual((yield* at("002:007")).device, second)
      assert.strictEqual((yield* Effect.flip(at("7"))).reason._tag, "SeveralModems")
      for (const text of ["3:7", "1:8", "8", "x", "1:", "", "1:7:1"]) {
        assert.strictEqual((yield* Effect.flip(at(text))).reason._tag, "NoModem", text)
      }
    })
  )

  it.effect("goes by a port's node or name, of the right kind", () =>
    Effect.gen(function* () {
      const node = (device: UsbDevice, ...names: ReadonlyArray<string>): UsbDevice => ({
        ...device,
        ports: names.map((name) => ({
          ...portInfo(name.startsWith("tty") ? "at" : "control", name),
          node: `/dev/${name}`
        }))
      })
      const first = node(usbDevice({ portPath: "1-2" }), "ttyUSB2", "cdc-wdm0")
      const second = node(usbDevice({ portPath: "1-3" }), "ttyUSB22", "cdc-wdm1")
      const on = <A, E, R>(effect: Effect.Effect<A, E, R>) => onBus(fakeBus(first, second), effect)
      assert.strictEqual((yield* on(Modem.select({ tty: "/dev/ttyUSB2" }))).device, first)
      assert.strictEqual((yield* on(Modem.select({ tty: "ttyUSB22" }))).device, second)
      assert.strictEqual((yield* on(Modem.select({ cdcWdm: "/dev/cdc-wdm1" }))).device, second)
      for (const selector of [
        { tty: "/dev/cdc-wdm0" },
        { cdcWdm: "/dev/ttyUSB2" },
        { tty: "/dev/ttyUSB" },
        { tty: "2" }
      ]) {
        assert.strictEqual((yield* Effect.flip(on(Modem.select(selector)))).reason._tag, "NoModem")
      }
    })
  )

  it.effect("goes by the path of the same socket at the other speed", () =>
    Effect.gen(function* () {
      const fast = usbDevice({ portPath: "2-2", peerPath: "1-2" })
      const modem = yield* onBus(fakeBus(fast, usbDevice({ portPath: "1-3" })), Modem.select({ usbPath: "1-2" }))
      assert.strictEqual(modem.device, fast)
    })
  )

  it.effect("prefers a mode among several, and takes what is alone in whatever mode", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* onBus(bus, Modem.select({}, "boot-and-hold"))).device, held)
      assert.strictEqual((yield* Effect.flip(onBus(bus, Modem.select({}, "application")))).reason._tag, "SeveralModems")
      assert.strictEqual((yield* onBus(fakeBus(em7455), Modem.select({}, "boot-and-hold"))).device, em7455)
    })
  )

  const rewritten = usbDevice({
    portPath: "1-5",
    vendorId: 0x1234,
    productId: 0x0001,
    product: "Router",
    roles: ["control"]
  })

  it.effect("takes a modem whose ids were rewritten when it is named, and never by itself", () =>
    Effect.gen(function* () {
      const keyboard = usbDevice({ portPath: "1-4", vendorId: 0x046d, productId: 0xc31c, roles: ["unknown", "at"] })
      const there = fakeBus(keyboard, rewritten)
      const found = yield* onBus(there, Modem.listModems())
      assert.deepStrictEqual(
        found.map(({ label }) => label),
        ["Router 1234:0001 at 1-5, application"]
      )
      const alone = yield* Effect.flip(onBus(there, Modem.select({ mode: "application" })))
      assert.deepStrictEqual(alone.reason, {
        _tag: "NoModem",
        wanted: "mode application",
        present: ["Router 1234:0001 at 1-5, application (ids not known: it has to be named)"]
      })
      assert.strictEqual((yield* onBus(there, Modem.select({ usbPath: "1-5" }))).device, rewritten)
      // Beside a known one it is no rival.
      assert.strictEqual((yield* onBus(fakeBus(rewritten, em7455), Modem.select())).device, em7455)
      assert.strictEqual((yield* Effect.flip(onBus(there, Modem.select({ usbPath: "1-4" })))).reason._tag, "NoModem")
    })
  )

  it.effect("lists what speaks another protocol with the reason, and takes it not even when it is named", () =>
    Effect.gen(function* () {
      const gobi = usbDevice({ portPath: "1-6", productId: 0x9001 })
      const there = fakeBus(gobi, em7455)
      const found = yield* onBus(there, Modem.survey())
      assert.deepStrictEqual(
        found.map(({ standing }) => standing._tag),
        ["refused", "modem"]
      )
      assert.strictEqual((yield* onBus(there, Modem.select({ vidPid: "1199" }))).device, em7455)
      const error = yield* Effect.flip(onBus(there, Modem.select({ usbPath: "1-6" })))
      assert.strictEqual(error.code, "DEVICE_REFUSED")
      assert.include(error.message, "Gobi 2000 1199:9001 at 1-6")
      assert.include(error.message, "another protocol")
      // Alone it is no modem, but it is said that it is there.
      const none = yield* Effect.flip(onBus(fakeBus(gobi), Modem.select()))
      assert.strictEqual(none.code, "DEVICE_NONE")
      assert.include(none.message, "Gobi 2000")
    })
  )

  it("knows words that are no ids and no numbers", () => {
    for (const vidPid of ["1199", "1199:9071", "0x1199:0x9071", "413C:81b6"])
      assert.isUndefined(Modem.unreadable({ vidPid }))
    for (const vidPid of ["", "1199:", ":9071", "11990", "EM7455", "1199:9071:1"]) {
      assert.strictEqual(Modem.unreadable({ vidPid }), "vidPid", vidPid)
    }
    for (const busnumDevnum of ["7", "1:7", "001:007"]) assert.isUndefined(Modem.unreadable({ busnumDevnum }))
    for (const busnumDevnum of ["", "1:", ":7", "1-7", "0x7"]) {
      assert.strictEqual(Modem.unreadable({ busnumDevnum }), "busnumDevnum", busnumDevnum)
    }
  })
})

describe("knowing a modem again", () => {
  const identity = { portPath: "1-2", peerPath: "2-2", serial: "AAA" }

  it("is at the same place at its own port and at the other speed's port, told by either side", () => {
    assert.isTrue(Modem.isSamePlace(identity, usbDevice({ portPath: "1-2" })))
    assert.isTrue(Modem.isSamePlace(identity, usbDevice({ portPath: "2-2" })))
    assert.isTrue(Modem.isSamePlace({ portPath: "1-2" }, usbDevice({ portPath: "2-2", peerPath: "1-2" })))
    assert.isFalse(Modem.isSamePlace({ portPath: "1-2" }, usbDevice({ portPath: "2-2" })))
    assert.isFalse(Modem.isSamePlace(identity, usbDevice({ portPath: "1-3", peerPath: "2-3" })))
  })

  it("has the same serial only where both have one", () => {
    assert.isTrue(Modem.isSameSerial(identity, usbDevice({ serial: "AAA" })))
    assert.isFalse(Modem.isSameSerial(identity, usbDevice({ serial: "AAB" })))
    assert.isFalse(Modem.isSameSerial({ portPath: "1-2" }, usbDevice()))
  })

  it("keeps place, peer and serial of the enumeration it was found in, and nothing else", () => {
    assert.deepStrictEqual(Modem.modemOf(usbDevice({ peerPath: "2-2" })).identity, { portPath: "1-2", peerPath: "2-2" })
  })

  it("is in boot-and-hold with exactly one interface, whatever its product id", () => {
    assert.strictEqual(usbMode(usbDevice({ interfaceCount: 1 })), "boot-and-hold")
    assert.strictEqual(usbMode(usbDevice({ productId: 0x9070, interfaceCount: 2 })), "application")
  })

  it("has the ports of its enumeration", () => {
    assert.strictEqual(Modem.portOf(em7455, "control")?.role, "control")
    assert.isUndefined(Modem.portOf(em7455, "download"))
  })
})
