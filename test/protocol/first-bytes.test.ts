import { assert, describe, it } from "@effect/vitest"
import { recogniseFirstBytes } from "../../src/protocol/first-bytes.ts"
import { bytesOf } from "../support/scripted-connection.ts"

describe("what a port says first", () => {
  it("tells which protocol it speaks", () => {
    for (const [hex, wanted] of [
      // sahara-firehose.md §2, the example.
      [`01 00 00 00 30 00 00 00 02 00 00 00 01 00 00 00 00 04 00 00 03 00 00 00 ${"00 ".repeat(24)}`, "sahara"],
      ["01 00 00 00 30 00 00 00", "sahara"],
      ["01 00 00 00 30 00 00", undefined],
      ["01 00 00 00 31 00 00 00", undefined],
      // qdl.md §3.1: DLOAD ack, and the answer of a diagnostic monitor.
      ["7e 02 6a d3 7e", "qdl"],
      ["02 6a d3 7e", "qdl"],
      ["7e 13 70 00 00 6a 9a 7e", "qdl"],
      // at.md §1: CR LF ERROR CR LF.
      ["0d 0a 45 52 52 4f 52 0d 0a", "at"],
      ["0d 0a ff", undefined],
      ["", undefined]
    ] as const) {
      assert.strictEqual(recogniseFirstBytes(bytesOf(hex)), wanted, hex)
    }
  })
})
