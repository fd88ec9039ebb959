import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { brokenImages, fixtureFolder, goodImages } from "../../scripts/make-fixtures.mts"
import { scan } from "../../src/image/CweScanner.ts"
import { baseName } from "../../src/file/ImageSource.ts"

const stored = (path: string) => new Uint8Array(readFileSync(new URL(path, fixtureFolder)))

describe("fixtures/images", () => {
  it.each(Object.entries(goodImages))("%s is what the script makes, and good", (path, bytes) => {
    assert.deepStrictEqual(stored(path), bytes)
    const seen = scan(path, bytes)
    assert.deepStrictEqual(seen.problems, [])
    assert.deepStrictEqual(seen.image?.notes, [])
  })

  it.each(Object.entries(brokenImages))(
    "%s is what the script makes, and refused for its fault",
    (path, [tag, bytes]) => {
      assert.deepStrictEqual(stored(path), bytes)
      assert.strictEqual(scan(baseName(path), bytes).problems[0]?._tag, tag)
    }
  )

  it("has no other files, all listed in the README", () => {
    const made = [...Object.keys(goodImages), ...Object.keys(brokenImages)]
    const files = readdirSync(fixtureFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const names = files.map((entry) => entry.name).filter((name) => name !== "README.md")
    assert.deepStrictEqual(names.sort(), made.map(baseName).sort())
    const readme = readFileSync(new URL("README.md", fixtureFolder), "utf8")
    for (const name of names) assert.include(readme, `\`${name}\``)
  })
})
