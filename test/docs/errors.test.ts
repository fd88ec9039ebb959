/** docs/errors.md is what the error classes say, and every code is unique and has an exit code of its own choosing. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { textsOf } from "../../scripts/error-texts.mts"
import { catalogues, errorsPage } from "../../scripts/errors-page.mts"

describe("docs/errors.md", () => {
  it("is up to date (`npm run docs` makes it)", () => {
    assert.strictEqual(readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8"), errorsPage())
  })

  it("has no code twice", () => {
    const codes = catalogues.flatMap(([, , catalogue]) => Object.values(catalogue).map(({ code }) => code))
    assert.deepStrictEqual(
      codes.filter((code, index) => codes.indexOf(code) !== index),
      []
    )
  })
  it("tells of every code what happened, as it is printed", () => {
    for (const [errors, , catalogue] of catalogues) {
      assert.deepStrictEqual([...textsOf(errors).keys()].toSorted(), Object.keys(catalogue).toSorted())
    }
    const row = errorsPage()
      .split("\n")
      .find((line) => line.startsWith("| `LOCK_HELD` "))
    assert.include(row, "PROGRAM (pid PID) works on the modem at MODEM since SINCE")
  })
})
