import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { crc32 as zlibCrc32 } from "node:zlib"
import { seededBytes } from "../../src/image/builder.ts"
import { pureChecksums } from "../../src/image/checksums.ts"
import { combine, crc32, rangeCrc, shift, Start, update } from "../../src/image/crc32.ts"
import { writePsb } from "../../src/image/CweHeader.ts"

const Length = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 }))
const Seed = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0x7fffffff }))

describe("CRC-32/JAMCRC", () => {
  it("has the values of images.md §2.3", () => {
    assert.strictEqual(crc32(new TextEncoder().encode("123456789")), 0x340bc6d9)
    assert.strictEqual(crc32(new Uint8Array(256)), 0xf2697aa7)
    const psb = (componentType: number, size: number) =>
      writePsb({ version: 1, componentType, componentFlag: 0, offset: 0x190, size, sourceVersion: "FULL" })
    assert.strictEqual(crc32(psb(2, 0x2b40)), 0x82d92888)
    assert.strictEqual(crc32(psb(3, 0x2ec8)), 0x69d98b86)
    assert.strictEqual(crc32(Uint8Array.of(0xde, 0xad, 0xbe, 0xef)), 0x83635ca5)
    assert.strictEqual(crc32(new Uint8Array(0)), 0xffffffff)
  })

  it.prop("is the complement of zlib's CRC-32, at every length", [Length, Seed], ([length, seed]) => {
    const bytes = seededBytes(length, seed)
    assert.strictEqual(crc32(bytes), ~zlibCrc32(bytes) >>> 0)
    assert.strictEqual(pureChecksums.crc32(bytes, 0x12345678), zlibCrc32(bytes, 0x12345678))
  })

  it.prop("can be continued at any place", [Length, Length, Seed], ([cut, length, seed]) => {
    const bytes = seededBytes(length, seed)
    assert.strictEqual(update(update(Start, bytes.subarray(0, cut)), bytes.subarray(cut)), crc32(bytes))
  })

  it.prop("of a range comes out of the register at its two ends", [Length, Length, Length, Seed], ([a, b, c, seed]) => {
    const bytes = seededBytes(a + b + c, seed)
    const before = update(seed, bytes.subarray(0, a))
    const after = update(before, bytes.subarray(a, a + b))
    assert.strictEqual(rangeCrc(before, after, b), crc32(bytes.subarray(a, a + b)))
  })

  it.prop("of two pieces comes from the CRCs of the pieces", [Length, Length, Seed], ([a, b, seed]) => {
    const bytes = seededBytes(a + b, seed)
    assert.strictEqual(combine(crc32(bytes.subarray(0, a)), crc32(bytes.subarray(a)), b), crc32(bytes))
  })

  it("shifts over more zero bytes than 32 bits can count", () => {
    const zeros = 5 * 2 ** 32 + 77
    const half = Math.floor(zeros / 2)
    assert.strictEqual(shift(shift(0x12345678, half), zeros - half), shift(0x12345678, zeros))
    assert.strictEqual(shift(0xdeadbeef, 300), update(0xdeadbeef, new Uint8Array(300)))
  })
})
