import { assert, describe, it } from "@effect/vitest"
import { payloadOf } from "./kernel.ts"

/** Two sectors of set-up code behind the boot sector, then protected-mode code with the payload 16 bytes into it. */
const packed = (payload: Buffer): Buffer => {
  const image = Buffer.alloc(3 * 512 + 16)
  image[0x1f1] = 2
  image.write("HdrS", 0x202)
  image.writeUInt32LE(16, 0x248)
  image.writeUInt32LE(payload.length + 4, 0x24c)
  return Buffer.concat([image, payload, Buffer.from([1, 2, 3, 4])])
}

describe("payloadOf", () => {
  it("takes the packed kernel out of a boot image, without the size behind it", () => {
    assert.strictEqual(payloadOf(packed(Buffer.from("payload"))).toString(), "payload")
  })

  it("says so when a file is no kernel, or not all of it", () => {
    assert.throws(() => payloadOf(Buffer.alloc(4096)), "not a Linux kernel")
    assert.throws(() => payloadOf(packed(Buffer.from("payload")).subarray(0, -5)), "cut off")
  })
})
