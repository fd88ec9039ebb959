import { expect, it } from "@effect/vitest"
import { ByteBuffer } from "../../src/protocol/ByteBuffer.ts"

it("gives bytes back in order, across growth and reuse", () => {
  const buffer = new ByteBuffer(4)
  const sent = Uint8Array.from({ length: 1000 }, (_, index) => index % 251)
  const got: Array<number> = []
  for (let at = 0, size = 1; at < sent.length; at += size, size = (size * 3) % 17) {
    buffer.append(sent.subarray(at, at + size))
    got.push(...buffer.take(size % 5))
  }
  got.push(...buffer.take(buffer.length))
  expect(got).toEqual(Array.from(sent))
  expect(buffer.length).toBe(0)
})

it("answers 0 beyond its last byte and never takes more than it holds", () => {
  const buffer = new ByteBuffer(8)
  buffer.append(Uint8Array.of(1, 2, 3))
  buffer.drop(2)
  expect([buffer.at(0), buffer.at(1)]).toEqual([3, 0])
  expect(buffer.take(9)).toEqual(Uint8Array.of(3))
  buffer.append(Uint8Array.of(7))
  buffer.clear()
  expect([buffer.length, buffer.at(0)]).toEqual([0, 0])
})

it("hands out copies", () => {
  const buffer = new ByteBuffer(2)
  buffer.append(Uint8Array.of(1, 2))
  const taken = buffer.take(2)
  buffer.append(Uint8Array.of(8, 9))
  expect(taken).toEqual(Uint8Array.of(1, 2))
})
