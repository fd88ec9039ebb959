import { assert, describe, it } from "@effect/vitest"
import { expectedProtocol, protocolOfBootIds, protocolOfFamily } from "../../src/device/download-protocol.ts"
import { knownFamilies } from "../../src/device/families/families.ts"
import { swi9x15 } from "../../src/device/families/swi9x15.ts"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"

const ids = (vendorId: number, productId: number) => ({ vendorId, productId })

describe("the protocol of a boot loader", () => {
  it("is told by the family, also by its firmware token", () => {
    for (const [name, wanted] of [
      ["SWI9200", "qdl"],
      ["SWI9X15C", "qdl"],
      ["swi9x30c", "qdl"],
      ["SWI9X50C", "sahara"],
      ["SWIX55C", "sahara"],
      ["SWIX65C", "sahara"],
      ["SWI9X07Y", undefined],
      ["SWIX12C", undefined],
      ["", undefined]
    ] as const) {
      assert.strictEqual(protocolOfFamily(name), wanted, name)
    }
    for (const { downloadProtocol, id } of knownFamilies) assert.strictEqual(protocolOfFamily(id), downloadProtocol)
  })

  it("is told by the ids in boot-and-hold, where all who have them agree", () => {
    assert.strictEqual(protocolOfBootIds(ids(0x1199, 0x9070)), "qdl")
    assert.strictEqual(protocolOfBootIds(ids(0x1199, 0x9074)), "qdl")
    assert.strictEqual(protocolOfBootIds(ids(0x413c, 0x81b5)), "qdl")
    assert.strictEqual(protocolOfBootIds(ids(0x1199, 0x9090)), "sahara")
    assert.strictEqual(protocolOfBootIds(ids(0x1199, 0x90d2)), "sahara")
    // 9x15 and 9x07 share it (devices.md §2.2, §2.5).
    assert.isUndefined(protocolOfBootIds(ids(0x1199, 0x68c0)))
    assert.isUndefined(protocolOfBootIds(ids(0x1199, 0x9999)))
    // An id of application mode says nothing of a boot loader.
    assert.isUndefined(protocolOfBootIds(ids(0x1199, 0x9091)))
  })

  it("of a modem whose family is known needs no listening, unless its boot ids are not that family's", () => {
    assert.strictEqual(expectedProtocol(swi9x30, ids(0x1199, 0x9070)), "qdl")
    assert.strictEqual(expectedProtocol(swi9x15, ids(0x1199, 0x68c0)), "qdl")
    assert.isUndefined(expectedProtocol(swi9x30, ids(0x1199, 0x9999)))
    assert.isUndefined(expectedProtocol(swi9x30, ids(0x1199, 0x9090)))
  })
})
