import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { ImageReport, SetReport } from "../../src/image/describe.ts"
import { boothold, carrier, contains, system } from "./support.ts"

const fixture = (name: string): Uint8Array => readFileSync(new URL(`../../fixtures/images/${name}`, import.meta.url))

const Inspected = Schema.Struct({
  ok: Schema.Boolean,
  images: Schema.Array(ImageReport),
  set: Schema.NullOr(SetReport),
  setProblem: Schema.NullOr(
    Schema.Struct({ tag: Schema.String, code: Schema.String, message: Schema.String, help: Schema.String })
  )
})
const decode = (out: string) =>
  Schema.decodeUnknownSync(Inspected, { onExcessProperty: "error" })(JSON.parse(out) as unknown)

describe("boothold inspect", () => {
  it.effect("shows tree, verdict and the set of several files", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* boothold(["inspect", system, carrier])
      assert.deepStrictEqual([code, err], [0, ""])
      contains(out, `${system}: system image`, "good: all CRCs of 6 parts are right", "image set for 9X30")
    })
  )

  it.effect("has a JSON form", () =>
    Effect.gen(function* () {
      const report = decode((yield* boothold(["inspect", "--json", system, carrier])).out)
      assert.isTrue(report.ok)
      assert.deepStrictEqual(
        report.images.map(({ name, ok }) => [name, ok]),
        [
          [system, true],
          [carrier, true]
        ]
      )
      assert.strictEqual(report.set?.family, "9X30")
    })
  )

  it.effect("says what a ZIP, an EXE or an empty file is, and what to do", () =>
    Effect.gen(function* () {
      const files = {
        "archive.zip": fixture("broken/archive.zip"),
        "setup.exe": fixture("broken/setup.exe"),
        "empty.cwe": fixture("broken/empty.cwe")
      }
      const told = { "archive.zip": "ZIP", "setup.exe": "Windows program", "empty.cwe": "empty" }
      for (const [name, what] of Object.entries(told)) {
        const { code, out } = yield* boothold(["inspect", name], { files })
        assert.strictEqual(code, 4)
        assert.match(out, new RegExp(`this is .*${what}`, "i"))
        contains(out, "refused: 1 problem")
      }
    })
  )

  it.effect("goes on after a bad file, and ends with its exit code", () =>
    Effect.gen(function* () {
      const bad = "bad.nvu"
      const files = { [system]: fixture(system), [bad]: fixture("broken/content-crc.nvu") }
      const crc = yield* boothold(["inspect", bad, "missing.cwe", system], { files })
      assert.strictEqual(crc.code, 4)
      contains(
        crc.out,
        "CRC mismatch in the content",
        "missing.cwe: cannot open the file: there is none",
        "good: all CRCs"
      )
      assert.notInclude(crc.out, "image set")
      assert.strictEqual((yield* boothold(["inspect", "missing.cwe", bad], { files })).code, 18)
      const report = decode((yield* boothold(["inspect", "--json", "missing.cwe", bad], { files })).out)
      assert.isFalse(report.ok)
      assert.deepStrictEqual(
        report.images.flatMap(({ problems }) => problems.slice(0, 1).map((problem) => problem.code)),
        ["FILE_NOT_FOUND", "IMAGE_CRC"]
      )
    })
  )

  it.effect("says when good images do not go together", () =>
    Effect.gen(function* () {
      const other = "SWI9X15C_05.05.58.00_GENEU-4G_005.026_000.nvu"
      const files = { [system]: fixture(system), [other]: fixture(other) }
      const { code, out } = yield* boothold(["inspect", system, other], { files })
      assert.strictEqual(code, 4)
      contains(out, "refused: these images do not go together")
      const report = decode((yield* boothold(["inspect", "--json", system, other], { files })).out)
      assert.strictEqual(report.setProblem?.code, "IMAGE_SET_FAMILIES_DISAGREE")
    })
  )

  it.effect("colours the verdict only where there are colours, and never lets a file name draw", () =>
    Effect.gen(function* () {
      const name = "\u001b[2Jevil.cwe"
      const files = { [name]: fixture(system) }
      assert.notInclude((yield* boothold(["inspect", name], { files })).out, "\u001b")
      const colored = yield* boothold(["inspect", system], { screen: { colors: true } })
      contains(colored.out, "\u001b[32m  good:")
    })
  )
})
