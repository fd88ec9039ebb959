/** What one control transfer of MBIM holds, from the descriptors of a device that may say anything. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Roots } from "../../src/live/Roots.ts"
import { scan } from "../../src/live/Sysfs.ts"
import { maxControlMessageOf } from "../../src/live/usb-descriptors.ts"
import { configurationDescriptor, deviceDescriptor } from "../../src/sim/usb/descriptors.ts"
import { Bytes, concat, hex } from "../protocol/bytes.ts"
import { fakeSystem, mc7455 } from "../support/fake-sysfs.ts"
import { describeModel } from "../sim/usb/support.ts"

const bytesOf = (composition: number, maxControlMessage?: number): Uint8Array => {
  const device = describeModel("em7455", "application", composition, maxControlMessage)
  return concat(deviceDescriptor(device), configurationDescriptor(device))
}

const mbim = "0c 24 1b 00 01 00 02 20 80 dc 05 20"
const interfaceOf = (number: string): string => `09 04 ${number} 00 01 02 0e 00 00`
const configuration = (value: string): string => `09 02 00 00 01 ${value} 00 e0 00`

describe("wMaxControlMessage", () => {
  it("is read from the interface that is asked for", () => {
    assert.strictEqual(maxControlMessageOf(bytesOf(8), 1, 12), 4096)
    assert.strictEqual(maxControlMessageOf(bytesOf(9, 512), 1, 0), 512)
    assert.strictEqual(maxControlMessageOf(bytesOf(8), 1, 13), undefined, "the data interface")
    assert.strictEqual(maxControlMessageOf(bytesOf(8), 1, 3), undefined, "the AT port")
    assert.strictEqual(maxControlMessageOf(bytesOf(6), 1, 8), undefined, "QMI")
  })

  it("is read from the active configuration: MC7710 has MBIM in one of its own", () => {
    const both = hex(
      [configuration("01"), interfaceOf("00"), configuration("02"), interfaceOf("00"), mbim, configuration("03")].join(
        " "
      )
    )
    assert.strictEqual(maxControlMessageOf(both, 1, 0), undefined)
    assert.strictEqual(maxControlMessageOf(both, 2, 0), 512)
    assert.strictEqual(maxControlMessageOf(both, 3, 0), undefined)
  })

  it("is not there in descriptors that end too soon, and is not read beyond their end", () => {
    const whole = hex([configuration("01"), interfaceOf("00"), mbim].join(" "))
    for (let length = 0; length < whole.length; length++) {
      assert.strictEqual(maxControlMessageOf(whole.subarray(0, length), 1, 0), undefined, String(length))
    }
    assert.strictEqual(maxControlMessageOf(whole, 1, 0), 512)
    for (const broken of ["00 04 00", "01 02 01", "ff 24 1b 00 01 00 02", "06 24 1b 00 01 00", "02 04 02 02"]) {
      const bytes = hex([configuration("01"), interfaceOf("00"), broken].join(" "))
      assert.strictEqual(maxControlMessageOf(bytes, 1, 0), undefined, broken)
    }
  })

  it.prop("is a number of two bytes or nothing, whatever the bytes are", [Bytes, Bytes], ([front, behind]) => {
    for (const bytes of [
      Uint8Array.from(front),
      concat(hex(configuration("01")), hex(interfaceOf("00")), Uint8Array.from(front)),
      concat(Uint8Array.from(front), bytesOf(8), Uint8Array.from(behind))
    ]) {
      for (const number of [0, 12]) {
        const found = maxControlMessageOf(bytes, 1, number)
        assert.isTrue(found === undefined || (found >= 0 && found <= 0xffff))
      }
    }
  })

  it.effect("comes with the control port", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      const interfaces = [
        { number: 3, driver: "qcserial", node: "ttyUSB0" },
        { number: 12, driver: "cdc_mbim", node: "cdc-wdm0" },
        { number: 13, driver: "cdc_mbim" }
      ]
      // As long as a page and more: nothing behind a page is lost.
      const padding = hex(configuration("02").concat(" ff ff".padEnd(3 * 255, " 00")))
      const descriptors = concat(padding, ...Array<Uint8Array>(20).fill(padding.subarray(9)), bytesOf(8, 512))
      system.plug(mc7455("1-2", 0, { interfaces, descriptors }))
      system.plug(mc7455("1-3", 1, { interfaces }))
      const devices = yield* Effect.provideService(scan, Roots, system.roots)
      assert.deepStrictEqual(
        devices.map(({ ports }) => ports.map(({ driver, maxControlMessage }) => [driver, maxControlMessage])),
        [
          [
            ["qcserial", undefined],
            ["cdc_mbim", 512]
          ],
          [
            ["qcserial", undefined],
            ["cdc_mbim", undefined]
          ]
        ]
      )
    })
  )
})
