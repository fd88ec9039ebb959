import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Modem from "../../src/device/Modem.ts"
import { usbMode } from "../../src/device/UsbBus.ts"
import { fakeBus, heldDevice, onBus, usbDevice } from "../support/fake-bus.ts"

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
      assert.deepStrictEqual(one.reason, { _tag: "NoModem", wanted: "vidPid 1199:9041, usbPath 1-2" })
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

  it.effect("does not see other devices, but modems whose ids were rewritten", () =>
    Effect.gen(function* () {
      const keyboard = usbDevice({ portPath: "1-4", vendorId: 0x046d, productId: 0xc31c, roles: ["unknown", "at"] })
      const rewritten = usbDevice({
        portPath: "1-5",
        vendorId: 0x1234,
        productId: 0x0001,
        product: "Router",
        roles: ["control"]
      })
      const found = yield* onBus(fakeBus(keyboard, rewritten), Modem.listModems())
      assert.deepStrictEqual(
        found.map(({ label }) => label),
        ["Router 1234:0001 at 1-5, application"]
      )
    })
  )
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
