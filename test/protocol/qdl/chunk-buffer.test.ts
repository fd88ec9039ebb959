import { assert, describe, it } from "@effect/vitest"
import { ChunkBuffer } from "../../../src/protocol/qdl/ChunkBuffer.ts"
import { hexOf } from "../../support/scripted-connection.ts"

describe("ChunkBuffer", () => {
  it("has the headers of qdl.md §3.5 in front of what was put into it", () => {
    const chunk = new ChunkBuffer()
    chunk.take(1_048_576).fill(0xaa)
    const whole = chunk.message(0)
    assert.strictEqual(whole.length, 13 + 1_048_576)
    assert.strictEqual(hexOf(whole.subarray(0, 14)), "27 00 00 00 00 00 00 00 00 10 00 29 d8 aa")
    chunk.take(605_680).fill(0xbb)
    const short = chunk.message(4)
    assert.strictEqual(short.length, 13 + 605_680)
    assert.strictEqual(hexOf(short.subarray(0, 14)), "27 04 00 00 00 00 00 f0 3d 09 00 c6 24 bb")
    assert.strictEqual(short.at(-1), 0xbb)
  })

  it("is one piece of memory for all its chunks", () => {
    const chunk = new ChunkBuffer(16)
    chunk.take(16)
    const first = chunk.message(0)
    chunk.take(3).set([1, 2, 3])
    assert.strictEqual(chunk.message(1).buffer, first.buffer)
    assert.strictEqual(hexOf(first.subarray(13, 16)), "01 02 03")
  })
})
