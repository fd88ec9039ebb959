import { assert, describe, it } from "@effect/vitest"
import { hasPreference } from "../../src/device/families/Family.ts"
import {
  familiesOfDevice,
  familyOfModel,
  familyOfProduct,
  familyOfToken,
  knownFamilies,
  labelOfDevice,
  parseRevision
} from "../../src/device/families/families.ts"
import { swi9200 } from "../../src/device/families/swi9200.ts"
import { swi9x15 } from "../../src/device/families/swi9x15.ts"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"
import { usbDevice } from "../support/fake-bus.ts"

describe("a family", () => {
  it("is found by its firmware token, without case and not by a part of it", () => {
    assert.strictEqual(familyOfToken("SWI9X30C"), swi9x30)
    assert.strictEqual(familyOfToken("swi9x15c"), swi9x15)
    assert.strictEqual(familyOfToken("SWI9200X"), swi9200)
    assert.strictEqual(familyOfToken("9200"), swi9200)
    assert.isUndefined(familyOfToken("SWI9X30"))
    assert.isUndefined(familyOfToken("SWI9X50C"))
    assert.isUndefined(familyOfToken(""))
  })

  it("is found by its product code, whose case varies inside one file", () => {
    assert.strictEqual(familyOfProduct("9X30"), swi9x30)
    assert.strictEqual(familyOfProduct("9x30"), swi9x30)
    assert.strictEqual(familyOfProduct("9X15"), swi9x15)
    assert.strictEqual(familyOfProduct("9200"), swi9200)
    assert.isUndefined(familyOfProduct("9X50"))
  })

  it("is found by the model's name, with the letter that OEM cards add", () => {
    assert.strictEqual(familyOfModel("EM7455"), swi9x30)
    assert.strictEqual(familyOfModel("EM7455B"), swi9x30)
    assert.strictEqual(familyOfModel("mc7354"), swi9x15)
    assert.strictEqual(familyOfModel("MC7710"), swi9200)
    assert.isUndefined(familyOfModel("EM7565"))
  })

  it("is hinted at by the USB ids of both modes, and never by the product id alone", () => {
    assert.deepStrictEqual(familiesOfDevice(usbDevice({ productId: 0x9071 })), [swi9x30])
    assert.deepStrictEqual(familiesOfDevice(usbDevice({ productId: 0x9070 })), [swi9x30])
    assert.deepStrictEqual(familiesOfDevice(usbDevice({ vendorId: 0x413c, productId: 0x81a6 })), [swi9x15])
    assert.deepStrictEqual(familiesOfDevice(usbDevice({ vendorId: 0x0f3d, productId: 0x68a2 })), [swi9200])
    assert.deepStrictEqual(familiesOfDevice(usbDevice({ vendorId: 0x413c, productId: 0x9071 })), [])
    assert.strictEqual(labelOfDevice(usbDevice({ productId: 0x9078 })), "EM7455 (Lenovo)")
    assert.isUndefined(labelOfDevice(usbDevice({ productId: 0x0001 })))
  })

  it("shares no USB id, token or product code with another one", () => {
    for (const names of [
      knownFamilies.map(({ usb }) => [
        ...new Set(
          usb.flatMap(({ bootProductIds, productId, vendorId }) =>
            [productId, ...bootProductIds].map((id) => vendorId * 0x10000 + id)
          )
        )
      ]),
      knownFamilies.map(({ firmwareTokens }) => firmwareTokens.map((token) => token.toUpperCase())),
      knownFamilies.map(({ products }) => products.map((product) => product.toUpperCase())),
      knownFamilies.map(({ models }) => models)
    ] as ReadonlyArray<ReadonlyArray<ReadonlyArray<string | number>>>) {
      const all = names.flat()
      assert.strictEqual(new Set(all).size, all.length)
    }
  })

  it("has preferences or must be held, and only 9x30 overlooks an Error to Hello (flows.md §4.5, qdl.md §3.2)", () => {
    assert.deepStrictEqual(
      knownFamilies.map((family) => [family.id, hasPreference(family), family.needsCarrier, family.qdl]),
      [
        ["SWI9200", false, false, { version: 6, toleratesHelloError: false }],
        ["SWI9X15", true, true, { version: 6, toleratesHelloError: false }],
        ["SWI9X30", true, true, { version: 6, toleratesHelloError: true }]
      ]
    )
  })
})

describe("a revision text", () => {
  it("starts with the family token and the firmware version (at.md §2.1)", () => {
    const revisions: ReadonlyArray<readonly [string, string, string]> = [
      ["SWI9X30C_02.33.03.00 r8209 CARMD-EV-FRMWR2 2019/08/28 20:59:30", "SWI9X30C", "02.33.03.00"],
      ["SWI9X15C_05.05.58.00 r27038 carmd-fwbuild1", "SWI9X15C", "05.05.58.00"],
      // 9200 has `ap` behind the version.
      ["SWI9200X_03.05.19.04ap r5475 carmd-en-10527 2012/09/17 17:57:14", "SWI9200X", "03.05.19.04"],
      ["  SWI9X50C_01.00.02.00 6ff48a jenkins", "SWI9X50C", "01.00.02.00"]
    ]
    for (const [text, token, firmware] of revisions) assert.deepStrictEqual(parseRevision(text), { token, firmware })
  })

  it("is nothing else", () => {
    for (const text of [
      "",
      "EM7455",
      "SWI9X30C",
      "SWI9X30C_2.33.03.00",
      "SWI9X30C_02.33.03.001",
      "x SWI9X30C_02.33.03.00",
      "T77W968.F0.0.0.1.8"
    ])
      assert.isUndefined(parseRevision(text), text)
  })
})
