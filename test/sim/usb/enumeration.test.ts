import { assert, describe, it } from "@effect/vitest"
import { layoutOf } from "../../../src/sim/usb/compositions.ts"
import { attachHost, configured, describeModel } from "./support.ts"
import type { Answer } from "./support.ts"

const stall = { status: -32, length: 0, data: undefined }
const ok: Answer = { status: 0, length: 0, data: undefined }

const hex = (bytes: Uint8Array | undefined): string =>
  Array.from(bytes ?? [], (byte) => byte.toString(16).padStart(2, "0")).join(" ")

const textOf = (answer: Answer | undefined): string => Buffer.from(answer?.data?.subarray(2) ?? []).toString("utf16le")

describe("what a modem tells about itself on USB", () => {
  it("is a USB 2.00 device with the ids of its mode", () => {
    const application = attachHost(describeModel("em7455"))
    assert.strictEqual(
      hex(application.control(0x80, 6, 0x0100, 0, 64)?.data),
      "12 01 00 02 00 00 00 40 99 11 71 90 06 00 01 02 03 01"
    )
    const boot = attachHost(describeModel("em7455", "boot-and-hold"))
    assert.strictEqual(hex(boot.control(0x80, 6, 0x0100, 0, 64)?.data).slice(24, 35), "99 11 70 90")
    for (const name of ["mc7710", "mc7354"] as const) {
      const [one, other] = [describeModel(name), describeModel(name, "boot-and-hold")]
      assert.strictEqual(one.productId, other.productId, "MC7710 and MC7354 keep their id in boot-and-hold")
    }
  })

  it("gives as much of a descriptor as the host asks for", () => {
    const host = attachHost(describeModel("em7455"))
    assert.strictEqual(hex(host.control(0x80, 6, 0x0100, 0, 8)?.data), "12 01 00 02 00 00 00 40")
    assert.strictEqual(host.control(0x80, 6, 0x0200, 0, 9)?.data?.length, 9)
    const whole = host.control(0x80, 6, 0x0200, 0, 0xffff)?.data
    assert.strictEqual(whole?.length, (whole?.[2] ?? 0) + 256 * (whole?.[3] ?? 0))
  })

  it("shows in boot-and-hold one interface ff/ff/ff with bulk IN first, bulk OUT second, and nothing else", () => {
    const host = attachHost(describeModel("em7455", "boot-and-hold"))
    assert.strictEqual(
      hex(host.control(0x80, 6, 0x0200, 0, 255)?.data),
      "09 02 20 00 01 01 00 e0 00 09 04 00 00 02 ff ff ff 00 07 05 81 02 00 02 00 07 05 01 02 00 02 00"
    )
  })

  it("shows an EM7455 in composition 6 with DM, NMEA, AT and QMI, the serial ones with CDC descriptors", () => {
    const host = attachHost(describeModel("em7455"))
    assert.strictEqual(
      hex(host.control(0x80, 6, 0x0200, 0, 255)?.data),
      [
        "09 02 a0 00 04 01 00 e0 00",
        "09 04 00 00 02 ff ff ff 00 07 05 81 02 00 02 00 07 05 01 02 00 02 00",
        "09 04 02 00 03 ff 00 00 00 05 24 00 10 01 05 24 01 00 00 04 24 02 02 05 24 06 02 02",
        "07 05 83 03 0a 00 09 07 05 82 02 00 02 00 07 05 02 02 00 02 00",
        "09 04 03 00 03 ff 00 00 00 05 24 00 10 01 05 24 01 00 00 04 24 02 02 05 24 06 03 03",
        "07 05 85 03 0a 00 09 07 05 84 02 00 02 00 07 05 03 02 00 02 00",
        "09 04 08 00 03 ff ff ff 00 07 05 87 03 08 00 09 07 05 86 02 00 02 00 07 05 04 02 00 02 00"
      ].join(" ")
    )
  })

  it("shows a MC7710 as a public listing has it: 115 bytes, four interfaces, strings in its own order", () => {
    const host = attachHost(describeModel("mc7710"))
    const configuration = host.control(0x80, 6, 0x0200, 0, 255)?.data
    assert.strictEqual(hex(configuration?.subarray(0, 9)), "09 02 73 00 04 01 01 e0 00")
    assert.strictEqual(textOf(host.control(0x80, 6, 0x0301, 0x0409, 255)), "Sierra Configuration")
    assert.strictEqual(textOf(host.control(0x80, 6, 0x0302, 0x0409, 255)), "MC7710")
    assert.strictEqual(textOf(host.control(0x80, 6, 0x0303, 0x0409, 255)), "Sierra Wireless, Incorporated")
    assert.strictEqual(textOf(host.control(0x80, 6, 0x0304, 0x0409, 255)), "LF91628890031028")
  })

  it("has strings for manufacturer, product and serial, English only, and stalls the others", () => {
    const host = attachHost(describeModel("em7455"))
    assert.strictEqual(hex(host.control(0x80, 6, 0x0300, 0, 255)?.data), "04 03 09 04")
    assert.strictEqual(textOf(host.control(0x80, 6, 0x0301, 0x0409, 255)), "Sierra Wireless, Incorporated")
    assert.strictEqual(textOf(host.control(0x80, 6, 0x0302, 0x0409, 255)), "EM7455")
    assert.strictEqual(textOf(host.control(0x80, 6, 0x0303, 0x0409, 255)), "LF91628890031028")
    assert.deepStrictEqual(host.control(0x80, 6, 0x0304, 0x0409, 255), stall)
  })

  it("has no serial string, and says so, when the modem has none", () => {
    const host = attachHost({ ...describeModel("em7455"), serial: undefined })
    assert.strictEqual(host.control(0x80, 6, 0x0100, 0, 18)?.data?.[16], 0)
    assert.deepStrictEqual(host.control(0x80, 6, 0x0303, 0x0409, 255), stall)
    assert.strictEqual(hex(host.control(0x80, 6, 0x0300, 0, 255)?.data), "04 03 09 04")
  })

  it("numbers its endpoints without a double, each within its packet size", () => {
    for (const name of ["mc7710", "mc7354", "em7455", "mc7455"] as const) {
      for (const mode of ["application", "boot-and-hold"] as const) {
        const ends = describeModel(name, mode).interfaces.flatMap(({ endpoints }) => endpoints)
        assert.strictEqual(new Set(ends.map(({ address }) => address)).size, ends.length, name)
        for (const end of ends) if (end.transfer === "bulk") assert.strictEqual(end.packetSize, 512)
      }
    }
  })

  it("says nothing about compositions that cannot be served", () => {
    assert.strictEqual(layoutOf({ family: "SWI9X15" }, "application", 8), undefined)
    assert.strictEqual(layoutOf({ family: "SWI9X50" }, "boot-and-hold", 6), undefined)
  })
})

describe("standard requests", () => {
  it("are stalled where the device has nothing: qualifier, other speed, BOS, unknown ones", () => {
    const host = attachHost(describeModel("em7455"))
    for (const value of [0x0600, 0x0700, 0x0f00, 0x0201, 0x2100]) {
      assert.deepStrictEqual(host.control(0x80, 6, value, 0, 64), stall)
    }
    assert.deepStrictEqual(host.control(0x80, 12, 0, 0, 2), stall)
    assert.deepStrictEqual(host.control(0xc0, 1, 0, 0, 2), stall, "a vendor request")
    assert.deepStrictEqual(host.control(0x81, 6, 0x0100, 0, 18), stall, "a descriptor of an interface")
  })

  it("configure it with 1 or 0 only", () => {
    const host = attachHost(describeModel("em7455"))
    assert.strictEqual(hex(host.control(0x80, 8, 0, 0, 1)?.data), "00")
    assert.deepStrictEqual(host.control(0x00, 9, 2, 0, 0), stall)
    assert.deepStrictEqual(host.control(0x00, 9, 1, 0, 0), ok)
    assert.strictEqual(hex(host.control(0x80, 8, 0, 0, 1)?.data), "01")
    assert.deepStrictEqual(host.control(0x00, 9, 0, 0, 0), ok)
    assert.strictEqual(hex(host.control(0x80, 8, 0, 0, 1)?.data), "00")
  })

  it("choose alternate setting 0 of an interface that is there, once it is configured", () => {
    const host = attachHost(describeModel("em7455"))
    assert.deepStrictEqual(host.control(0x01, 11, 0, 8, 0), stall)
    host.control(0x00, 9, 1, 0, 0)
    assert.deepStrictEqual(host.control(0x01, 11, 0, 8, 0), ok)
    assert.deepStrictEqual(host.control(0x01, 11, 1, 8, 0), stall)
    assert.deepStrictEqual(host.control(0x01, 11, 0, 1, 0), stall)
    assert.strictEqual(hex(host.control(0x81, 10, 0, 8, 1)?.data), "00")
    assert.deepStrictEqual(host.control(0x81, 10, 0, 7, 1), stall)
  })

  it("tell and set self power, remote wakeup and halts", () => {
    const host = configured(describeModel("em7455"))
    assert.strictEqual(hex(host.control(0x80, 0, 0, 0, 2)?.data), "01 00")
    host.control(0x00, 3, 1, 0, 0)
    assert.strictEqual(hex(host.control(0x80, 0, 0, 0, 2)?.data), "03 00")
    host.control(0x00, 1, 1, 0, 0)
    assert.strictEqual(hex(host.control(0x80, 0, 0, 0, 2)?.data), "01 00")
    assert.strictEqual(hex(host.control(0x82, 0, 0, 0x81, 2)?.data), "00 00")
    assert.deepStrictEqual(host.control(0x82, 0, 0, 0x8e, 2), stall)
    assert.strictEqual(hex(host.control(0x81, 0, 0, 8, 2)?.data), "00 00")
    assert.deepStrictEqual(host.control(0x02, 3, 0, 0x8e, 0), stall)
  })

  it("halt an endpoint: what waits there and what comes is stalled until the halt is cleared", () => {
    const host = configured(describeModel("em7455"))
    const waiting = host.submit(1, "in", 512)
    host.control(0x02, 3, 0, 0x81, 0)
    assert.deepStrictEqual(host.answers.get(waiting), stall)
    assert.deepStrictEqual(host.answers.get(host.submit(1, "in", 512)), stall)
    assert.strictEqual(hex(host.control(0x82, 0, 0, 0x81, 2)?.data), "01 00")
    host.control(0x02, 1, 0, 0x81, 0)
    assert.strictEqual(host.answers.get(host.submit(1, "in", 512)), undefined)
    host.control(0x02, 3, 0, 0x01, 0)
    assert.deepStrictEqual(host.answers.get(host.submit(1, "out", Uint8Array.of(1))), stall)
    host.control(0x01, 11, 0, 0, 0)
    assert.deepStrictEqual(host.answers.get(host.submit(1, "out", Uint8Array.of(1)))?.status, 0)
  })

  it("are stalled when setup packet and request disagree about the direction", () => {
    const host = attachHost(describeModel("em7455"))
    const id = host.submit(0, "out", 0, { setup: Uint8Array.of(0x80, 6, 0, 1, 0, 0, 18, 0) })
    assert.deepStrictEqual(host.answers.get(id), stall)
  })
})
