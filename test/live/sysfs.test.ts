/** What the kernel draws in sysfs, read as devices and ports. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { PortRole, UsbDevice } from "../../src/device/UsbBus.ts"
import { usbMode } from "../../src/device/UsbBus.ts"
import { Roots } from "../../src/live/Roots.ts"
import { scan } from "../../src/live/Sysfs.ts"
import { fakeSystem, held, mc7455 } from "../support/fake-sysfs.ts"
import type { FakeDevice, FakeSystem } from "../support/fake-sysfs.ts"

const seen = (system: FakeSystem) => Effect.provideService(scan, Roots, system.roots)

const only = (system: FakeSystem): Effect.Effect<UsbDevice> =>
  Effect.map(seen(system), (devices) => {
    assert.strictEqual(devices.length, 1)
    return devices[0] as UsbDevice
  })

const roles = ({ ports }: UsbDevice) => ports.map(({ name, role }) => `${name} ${role}`)

describe("a device in sysfs", () => {
  it.effect("has its place, ids, strings, interfaces and ports", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2", 0, { number: 7 }))
      const device = yield* only(system)
      const { key, ...rest } = device
      assert.match(key, /^1:7\/\d+$/)
      const { dev } = system.roots
      const serial = (number: number, name: string, role: PortRole) => ({
        name,
        role,
        driver: "qcserial",
        interfaceNumber: number,
        node: join(dev, name)
      })
      assert.deepStrictEqual(rest, {
        portPath: "1-2",
        vendorId: 0x1199,
        productId: 0x9071,
        serial: "LQ00000001",
        product: "MC7455",
        manufacturer: "Sierra Wireless, Incorporated",
        address: { bus: 1, device: 7 },
        interfaceCount: 4,
        interfaces: [0, 2, 3, 8].map((number) => ({
          number,
          class: 0xff,
          subclass: 0xff,
          protocol: 0xff,
          driver: number === 8 ? "qmi_wwan" : "qcserial"
        })),
        ports: [
          serial(0, "ttyUSB0", "diag"),
          serial(2, "ttyUSB1", "nmea"),
          serial(3, "ttyUSB2", "at"),
          { name: "cdc-wdm0", role: "control", driver: "qmi_wwan", interfaceNumber: 8, node: join(dev, "cdc-wdm0") }
        ]
      })
    })
  )

  it.effect("tells a tty's purpose by the number of its interface, whatever its own number is", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(
        mc7455("1-2", 0, {
          interfaces: [
            { number: 3, driver: "qcserial", node: "ttyUSB0" },
            { number: 10, driver: "qmi_wwan", node: "cdc-wdm1" },
            { number: 8, driver: "qmi_wwan", node: "cdc-wdm4" },
            { number: 5, driver: "qcserial", node: "ttyUSB1" }
          ]
        })
      )
      // The first control port is the one of the lower interface.
      assert.deepStrictEqual(roles(yield* only(system)), [
        "ttyUSB0 at",
        "ttyUSB1 unknown",
        "cdc-wdm4 control",
        "cdc-wdm1 control"
      ])
    })
  )

  it.effect(
    "follows the composition of the device table: 9x50 in USB-IF MBIM has other numbers (devices.md §2.4)",
    () =>
      Effect.gen(function* () {
        const system = yield* fakeSystem
        system.plug({
          path: "2-1",
          ids: ["1199", "90b1"],
          interfaces: [
            { number: 0, class: "02", driver: "cdc_mbim", node: "cdc-wdm0" },
            { number: 1, class: "0a", driver: "cdc_mbim" },
            { number: 2, driver: "qcserial", node: "ttyUSB0" },
            { number: 3, driver: "qcserial", node: "ttyUSB1" },
            { number: 4, driver: "qcserial", node: "ttyUSB2" }
          ]
        })
        assert.deepStrictEqual(roles(yield* only(system)), [
          "cdc-wdm0 control",
          "ttyUSB0 at",
          "ttyUSB1 nmea",
          "ttyUSB2 diag"
        ])
      })
  )

  it.effect(
    "is in boot-and-hold with one interface, whose tty is the download port, also under the same product id",
    () =>
      Effect.gen(function* () {
        for (const ids of [
          ["1199", "9070"],
          ["1199", "68c0"],
          ["0f3d", "68a2"]
        ] as const) {
          const system = yield* fakeSystem
          system.plug(held("1-2", "ttyUSB0", ids))
          const device = yield* only(system)
          assert.strictEqual(usbMode(device), "boot-and-hold")
          assert.deepStrictEqual(roles(device), ["ttyUSB0 download"])
        }
        const running = yield* fakeSystem
        running.plug(mc7455("1-2", 0, { ids: ["1199", "68c0"] }))
        assert.strictEqual(usbMode(yield* only(running)), "application")
      })
  )

  it.effect("has another key each time it comes back, even with the same number", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2", 0, { number: 7 }))
      const first = yield* only(system)
      assert.strictEqual((yield* only(system)).key, first.key)
      system.unplug("1-2")
      assert.deepStrictEqual(yield* seen(system), [])
      // Another folder takes the number of the first one's away, as the kernel never gives one out twice.
      mkdirSync(join(system.roots.sys, "other"))
      system.plug(mc7455("1-2", 0, { number: 7 }))
      assert.notStrictEqual((yield* only(system)).key, first.key)
    })
  )

  it.effect("is nobody while one leaves and another comes to its place between two reads", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2"))
      const looking = yield* Effect.forkChild(seen(system), { startImmediately: true })
      // The look has seen the ids, and waits for the first attribute.
      system.unplug("1-2")
      mkdirSync(join(system.roots.sys, "other"))
      system.plug(held("1-2", "ttyUSB0", ["1199", "68c0"]))
      assert.deepStrictEqual(yield* Fiber.join(looking), [])
      assert.strictEqual((yield* only(system)).productId, 0x68c0)
    })
  )

  it.effect("knows its socket's other half, behind the root hub and behind hubs", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2"))
      system.plug(mc7455("1-4.3", 4))
      system.plug(mc7455("3-1.2.4", 8))
      system.plug(held("2-7", "ttyUSB20"))
      system.pair("1-2", "2-1")
      system.pair("1-4.3", "2-4.3")
      system.pair("3-1.2.4", "4-1.2.4")
      const peers = (yield* seen(system)).map(({ peerPath, portPath }) => [portPath, peerPath])
      assert.deepStrictEqual(peers, [
        ["1-2", "2-1"],
        ["1-4.3", "2-4.3"],
        ["2-7", undefined],
        ["3-1.2.4", "4-1.2.4"]
      ])
    })
  )

  it.effect("has no peer where the link leads to nonsense", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2"))
      const port = join(system.devices, "1-0:1.0/usb1-port2")
      mkdirSync(port, { recursive: true })
      symlinkSync("../../../usb2-portX", join(port, "peer"))
      assert.isUndefined((yield* only(system)).peerPath)
    })
  )
})

describe("the inventory", () => {
  const keyboard: FakeDevice = {
    path: "1-9",
    ids: ["046d", "c31c"],
    interfaces: [{ number: 0, driver: "usbhid", class: "03" }]
  }
  const adapter: FakeDevice = {
    path: "1-8",
    ids: ["0403", "6001"],
    interfaces: [{ number: 0, driver: "ftdi_sio", node: "ttyUSB9" }]
  }

  it.effect("leaves out what is neither by its ids nor by its drivers a modem", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(keyboard)
      system.plug(adapter)
      // The laptop's own vendor makes keyboards too.
      system.plug({ ...keyboard, path: "1-7", ids: ["413c", "2107"] })
      system.plug({ path: "1-0:1.0", ids: ["1199", "9071"], interfaces: [] })
      system.plug({ path: "usb1", ids: ["1199", "9071"], interfaces: [] })
      assert.deepStrictEqual(yield* seen(system), [])
    })
  )

  it.effect("has devices with rewritten ids by their drivers, and never takes a serial adapter for a boot loader", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2", 0, { ids: ["1234", "0001"] }))
      system.plug(held("1-3", "ttyUSB5", ["1234", "0002"]))
      system.plug({ ...adapter, path: "1-4", ids: ["1199", "ffff"] })
      assert.deepStrictEqual((yield* seen(system)).map(roles), [
        ["ttyUSB0 diag", "ttyUSB1 nmea", "ttyUSB2 at", "cdc-wdm0 control"],
        ["ttyUSB5 download"],
        ["ttyUSB9 unknown"]
      ])
    })
  )

  it.effect("sees interfaces whose driver is missing", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug({ path: "1-2", ids: ["1199", "9070"], interfaces: [{ number: 0 }] })
      const device = yield* only(system)
      assert.deepStrictEqual(device.ports, [])
      assert.deepStrictEqual(device.interfaces, [{ number: 0, class: 255, subclass: 255, protocol: 255 }])
    })
  )

  it.effect("is empty where there is no USB, and is in the order of the ports", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      for (const path of ["1-10", "1-2", "10-1", "1-2.1"]) system.plug(held(path, `ttyUSB${path.replace(/\D/g, "")}`))
      assert.deepStrictEqual(
        (yield* seen(system)).map(({ portPath }) => portPath),
        ["1-2", "1-2.1", "1-10", "10-1"]
      )
      rmSync(join(system.roots.sys, "bus"), { recursive: true })
      assert.deepStrictEqual(yield* seen(system), [])
    })
  )

  it.effect("lives with as little as a test's own /sys: no root hub, no strings, a driver and one tty", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(held("1-1", "ttyUSB90", ["1199", "68a2"]))
      for (const name of ["bInterfaceNumber", "bInterfaceSubClass", "bInterfaceProtocol"]) {
        rmSync(join(system.devices, "1-1/1-1:1.0", name))
      }
      const device = yield* only(system)
      assert.deepStrictEqual(roles(device), ["ttyUSB90 download"])
      assert.isUndefined(device.serial)
      // Without the kernel's count, the interfaces are counted.
      rmSync(join(system.devices, "1-1/bNumInterfaces"))
      assert.strictEqual((yield* only(system)).interfaceCount, 1)
    })
  )

  it.effect("leaves out devices that are not configured, half gone, or not what they claim", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      // The kernel answers with an empty line while the device has no configuration.
      system.plug(mc7455("1-1", 0, { interfaceCount: "" }))
      system.plug(mc7455("1-2", 4, { interfaceCount: "0" }))
      system.plug({ path: "1-3", ids: ["1199", "907"], interfaces: [] })
      system.plug({ path: "1-4", ids: ["11 99", "9071"], interfaces: [] })
      system.plug({ path: "1-5", ids: ["1199", ""], interfaces: [] })
      // A link whose device has vanished.
      system.plug(mc7455("1-6", 8))
      rmSync(join(system.roots.sys, "devices/pci0000:00/1-6"), { recursive: true })
      // A folder in the place of a file.
      system.plug(mc7455("1-7", 12))
      rmSync(join(system.devices, "1-7/idVendor"))
      mkdirSync(join(system.devices, "1-7/idVendor"))
      // 907 is a number too, of a device that has no interface.
      assert.deepStrictEqual(yield* seen(system), [])
    })
  )

  it.effect("bounds and cleans what a device says of itself", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2"))
      system.attribute("1-2", "product", `\u001b]0;owned\u0007MC7455\u009b2J\n${"x".repeat(100_000)}`)
      system.attribute("1-2", "serial", "\n\n")
      system.attribute("1-2", "busnum", "99999999999999999999\n")
      writeFileSync(join(system.devices, "1-2/manufacturer"), new Uint8Array([0xff, 0xfe, 0x00, 0x41]))
      const device = yield* only(system)
      assert.isBelow(device.product?.length ?? 0, 513)
      assert.notMatch(`${device.product ?? ""}${device.manufacturer ?? ""}`, /[\0-\x1f\x7f-\x9f]/)
      assert.isUndefined(device.serial)
      assert.isUndefined(device.address)
      assert.strictEqual(device.interfaceCount, 4)
    })
  )
})
