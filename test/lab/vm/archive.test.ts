import { assert, describe, it } from "@effect/vitest"
import { archive, file, folder } from "./archive.ts"

describe("archive", () => {
  it("is one record per file, in words of four bytes, with a trailer", () => {
    const text = archive([folder("bin"), file("bin/x", "hello", 0o755)]).toString("latin1")
    const fields = (...values: ReadonlyArray<number>) =>
      values.map((value) => value.toString(16).padStart(8, "0")).join("")
    assert.strictEqual(
      text,
      [
        `070701${fields(1, 0o040755, 0, 0, 2, 0, 0, 0, 0, 0, 0, 4, 0)}bin\0\0\0`,
        `070701${fields(2, 0o100755, 0, 0, 1, 0, 5, 0, 0, 0, 0, 6, 0)}bin/x\0hello\0\0\0`,
        `070701${fields(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0)}TRAILER!!!\0\0\0\0`
      ].join("")
    )
    assert.strictEqual(text.length % 4, 0)
  })
})
