/** Ports that are missing because the kernel has no driver for them. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { missingDriver, missingDrivers } from "../../src/device/drivers.ts"
import { modemOf } from "../../src/device/Modem.ts"
import type { UsbInterface } from "../../src/device/UsbBus.ts"
import { watchBus } from "../../src/device/watch.ts"
import { controlSession } from "../../src/update/steps/control.ts"
import { fakeBus, heldDevice, onBus, usbDevice } from "../support/fake-bus.ts"
import { timed, valueOf } from "../support/virtual-time.ts"

const face = (number: number, driver?: string, kind = 0xff, subclass = 0xff): UsbInterface => ({
  number,
  class: kind,
  subclass,
  protocol: 0xff,
  ...(driver === undefined ? {} : { driver })
})

describe("a missing driver", () => {
  const bare = { roles: [], interfaces: [face(0), face(2), face(3), face(8), face(10)] }

  it("is named for each port that would be of use, with the command that cures it", () => {
    assert.deepStrictEqual(missingDrivers(usbDevice(bare)), [
      {
        role: "control",
        interfaceNumber: 8,
        driver: "qmi_wwan",
        // The driver knows this id: to be told it again would make it take every interface.
        command: "sudo modprobe qmi_wwan"
      },
      { role: "at", interfaceNumber: 3, driver: "qcserial", command: "sudo modprobe qcserial" }
    ])
    assert.deepStrictEqual(missingDrivers(heldDevice({ roles: [], interfaces: [face(0)] })), [
      {
        role: "download",
        interfaceNumber: 0,
        driver: "qcserial",
        command: "sudo modprobe qcserial && echo 1199 9070 | sudo tee /sys/bus/usb-serial/drivers/qcserial/new_id"
      }
    ])
  })

  it("goes by the class for MBIM, and by the composition of the device table", () => {
    const mbim = usbDevice({ interfaces: [face(12, undefined, 0x02, 0x0e), face(13, undefined, 0x0a, 0x00)] })
    assert.deepInclude(missingDriver(mbim, "control"), { driver: "cdc_mbim", interfaceNumber: 12 })
    const usbIf = usbDevice({ productId: 0x90b1, interfaces: [face(2), face(3), face(4)] })
    assert.strictEqual(missingDriver(usbIf, "at")?.interfaceNumber, 2)
    // No QMI in this composition, so no driver is missing for it.
    const serial = usbDevice({ productId: 0x90c3, interfaces: [face(0), face(8)] })
    assert.isUndefined(missingDriver(serial, "control"))
    const rewritten = usbDevice({ vendorId: 0x1234, productId: 1, interfaces: [face(8)] })
    assert.strictEqual(
      missingDriver(rewritten, "control")?.command,
      "sudo modprobe qmi_wwan && echo 1234 0001 | sudo tee /sys/bus/usb/drivers/qmi_wwan/new_id"
    )
  })

  it("is not blamed where drivers are there, or nothing is known of interfaces", () => {
    const complete = [face(0, "qcserial"), face(2, "qcserial"), face(3, "qcserial"), face(8, "qmi_wwan")]
    assert.deepStrictEqual(missingDrivers(usbDevice({ interfaces: complete })), [])
    assert.deepStrictEqual(missingDrivers(usbDevice()), [])
    // A mass storage stick is nobody's boot loader.
    assert.deepStrictEqual(missingDrivers(heldDevice({ interfaces: [face(0, undefined, 0x08)] })), [])
  })

  it.effect("is what is wrong when the download port does not come", () =>
    Effect.gen(function* () {
      const bus = fakeBus(heldDevice({ roles: [], interfaces: [face(0)] }))
      const wait = Effect.scoped(
        Effect.flatMap(watchBus, (watch) =>
          watch.await({
            identity: { portPath: "1-2" },
            awaited: [{ mode: "boot-and-hold", role: "download" }],
            deadline: Duration.minutes(4),
            present: true
          })
        )
      )
      const error = valueOf((yield* timed(Effect.flip(onBus(bus, wait)), "1 hour", "1 second")).exit)
      assert.strictEqual(error.code, "DEVICE_DRIVER_MISSING")
      assert.include(error.message, "interface 0, its download port, has no driver (it is qcserial's)")
      assert.include(error.help, "sudo modprobe qcserial && echo 1199 9070")
    })
  )

  it.effect("is what is wrong when the control port does not come", () =>
    Effect.gen(function* () {
      const device = usbDevice(bare)
      const open = Effect.scoped(controlSession(modemOf(device)))
      const error = valueOf((yield* timed(Effect.flip(onBus(fakeBus(device), open)), "1 hour", "1 second")).exit)
      assert.strictEqual(error.code, "DEVICE_DRIVER_MISSING")
      assert.include(error.help, "sudo modprobe qmi_wwan")
    })
  )
})
