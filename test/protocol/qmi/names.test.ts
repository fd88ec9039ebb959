import { assert, describe, it } from "@effect/vitest"
import { firmwarePreference, ListStoredImages, runningImage } from "../../../src/protocol/qmi/dms.ts"
import type { ImageId, StoredImageList } from "../../../src/protocol/qmi/dms.ts"
import { allMessages, findMessages, messageName } from "../../../src/protocol/qmi/names.ts"
import { qmiCodecCatalogue } from "../../../src/protocol/qmi/QmiCodecError.ts"
import { usbComposition } from "../../../src/protocol/qmi/vendor-sierra.ts"

describe("names of messages", () => {
  it("come by service and id", () => {
    assert.strictEqual(messageName(0x02, 0x0049), "List Stored Images")
    assert.strictEqual(messageName(0x00, 0x0022), "Allocate CID")
    assert.strictEqual(messageName(0x00, 0xff22), "Internal Allocate CID (16-bit service)")
    assert.strictEqual(messageName(0x02, 0xff22), "message 0xff22")
    assert.strictEqual(messageName(0x01, 0x0020), "message 0x0020")
    assert.deepStrictEqual(findMessages(0x02, 0x0049), [ListStoredImages])
  })

  it("are all meanings of a vendor id, or the maker's only", () => {
    assert.strictEqual(messageName(0x02, 0x5556), "Swi Get Current Firmware or HP Change Device Mode")
    assert.strictEqual(messageName(0x02, 0x5556, 0x1199), "Swi Get Current Firmware")
    assert.strictEqual(messageName(0x02, 0x5556, 0x03f0), "HP Change Device Mode")
    assert.strictEqual(messageName(0x02, 0x5556, 0x1bc7), "message 0x5556")
    assert.strictEqual(messageName(0x02, 0x0023, 0x1bc7), "Get Revision")
  })

  it("tell two messages of one maker and id apart", () => {
    const keys = allMessages.map(({ id, name, service }) => `${String(service)}/${String(id)}/${name}`)
    assert.strictEqual(new Set(keys).size, keys.length)
  })
})

describe("USB compositions", () => {
  it("are spelled out as in qmi.md §8", () => {
    assert.strictEqual(usbComposition(6), "DM,NMEA,AT,QMI")
    assert.strictEqual(usbComposition(9), "MBIM")
    assert.strictEqual(usbComposition(13), "DM,NMEA,AT,QMI + DM,NMEA,AT,MBIM")
    assert.strictEqual(usbComposition(17), "DM,NMEA,AT,QMI + DM,NMEA,MBIM")
    assert.strictEqual(usbComposition(18), "DM,NMEA,AT,RMNET1-3 + DM,NMEA,AT,MBIM")
    assert.strictEqual(usbComposition(22), "DM,NMEA,AT,RMNET1-3 + DM,NMEA,MBIM")
    assert.strictEqual(usbComposition(23), "unknown")
  })
})

describe("firmware preference and stored images", () => {
  const modem: ImageId = { type: "modem", uniqueId: new Uint8Array(16), buildId: "a" }
  const pri: ImageId = { type: "pri", uniqueId: new Uint8Array(16), buildId: "b" }

  it("names modem then PRI, and options only where they say something", () => {
    assert.deepStrictEqual(firmwarePreference(modem, pri), { images: [modem, pri] })
    assert.deepStrictEqual(firmwarePreference(modem, pri, { modemStorageIndex: 0, downloadOverride: false }), {
      images: [modem, pri]
    })
    assert.deepStrictEqual(firmwarePreference(modem, pri, { modemStorageIndex: 2, downloadOverride: true }), {
      modemStorageIndex: 2,
      downloadOverride: true,
      images: [modem, pri]
    })
  })

  it("finds the running image by its position, not by its slot", () => {
    const image = (storageIndex: number) => ({
      storageIndex,
      failureCount: undefined,
      uniqueId: new Uint8Array(16),
      buildId: String(storageIndex)
    })
    const list: StoredImageList = { type: "modem", maximum: 4, running: 1, images: [image(1), image(4)] }
    assert.strictEqual(runningImage(list)?.storageIndex, 4)
    assert.strictEqual(runningImage({ ...list, running: undefined }), undefined)
    assert.strictEqual(runningImage({ ...list, running: 2 }), undefined)
  })
})

describe("what codec errors say", () => {
  it("has a code of its own per reason and a help sentence", () => {
    const problems = Object.values(qmiCodecCatalogue)
    assert.strictEqual(new Set(problems.map(({ code }) => code)).size, problems.length)
    for (const { code, help } of problems) {
      assert.match(code, /^QMI_[A-Z_]+$/)
      assert.match(help, /^[A-Z].*\.$/)
    }
  })
})
