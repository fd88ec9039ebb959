/** docs/doctor.md has every finding that doctor knows, as the catalogue says it. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { doctorPage } from "../../scripts/doctor-page.mts"

/** Widths of columns are the formatter's. */
const narrow = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---")

describe("docs/doctor.md", () => {
  it("is up to date (`npm run docs` makes its table)", () => {
    const page = readFileSync(new URL("../../docs/doctor.md", import.meta.url), "utf8")
    assert.strictEqual(narrow(page), narrow(doctorPage(page)))
  })
})
