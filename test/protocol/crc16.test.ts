import { assert, describe, it } from "@effect/vitest"
import { crc16, crc16Finish, crc16Start, crc16Update } from "../../src/protocol/crc16.ts"
import { Bytes, Cuts, hex, split, text } from "./bytes.ts"

/** The definition, bit by bit: independent of the table in the source. */
const byDefinition = (bytes: Uint8Array): number => {
  let crc = 0xffff
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const mix = (crc ^ (byte >> bit)) & 1
      crc >>>= 1
      if (mix === 1) crc ^= 0x8408
    }
  }
  return crc ^ 0xffff
}

describe("crc16", () => {
  it("has the check value of CRC-16/X-25 (qdl.md §2.1)", () => {
    assert.strictEqual(crc16(text("123456789")), 0x906e)
  })

  it("matches the write headers of qdl.md §3.5", () => {
    assert.strictEqual(crc16(hex("27 00 00 00 00 00 00 00 00 10 00")), 0xd829)
    assert.strictEqual(crc16(hex("27 04 00 00 00 00 00 F0 3D 09 00")), 0x24c6)
  })

  it.prop("equals the definition, fed in any pieces", [Bytes, Cuts], ([input, cuts]) => {
    const bytes = Uint8Array.from(input)
    let state = crc16Start
    for (const piece of split(bytes, cuts)) state = crc16Update(state, piece)
    assert.strictEqual(crc16Finish(state), byDefinition(bytes))
  })
})
