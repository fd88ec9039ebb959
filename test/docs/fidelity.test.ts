/** docs/fidelity.md is what the list of allowed differences says, and the list is one that can be checked. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { fidelityPage } from "../../scripts/fidelity-page.mts"
import { allowedDifferences } from "../fidelity/licences.ts"

describe("docs/fidelity.md", () => {
  it("is up to date (`npm run docs` makes it)", () => {
    assert.strictEqual(readFileSync(new URL("../../docs/fidelity.md", import.meta.url), "utf8"), fidelityPage())
  })

  it("names for each licence a section of a document, a reason, and how often", () => {
    const ids = allowedDifferences.allowed.map(({ id }) => id)
    assert.deepStrictEqual([...new Set(ids)], ids)
    for (const { id, names, source, times, why } of allowedDifferences.allowed) {
      assert.match(source, /^(qdl|qmi|at|flows|images)\.md §\d/, id)
      assert.isAbove(why.length, 20, id)
      assert.isAbove(times, 0, id)
      assert.isNotEmpty(names, id)
    }
  })
})
