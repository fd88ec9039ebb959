import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { buildCarrierImage, buildPart, buildSystemImage, seededBytes } from "../../src/image/builder.ts"
import { parse, scan } from "../../src/image/CweScanner.ts"
import { truncated, withFlippedBit, withTextByte } from "../../src/image/damage.ts"
import { describeScan, describeSet, ImageReport, imageReport, SetReport, setReport } from "../../src/image/describe.ts"
import { imageCatalogue, ImageError } from "../../src/image/ImageError.ts"
import { makeSet } from "../../src/image/ImageSet.ts"

const spec = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_001" }
const name = "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu"
const carrier = buildCarrierImage(spec)
const system = buildSystemImage(spec)

describe("describeScan", () => {
  it("shows a good image: values with sources, tree, sums, verdict", () => {
    const seen = scan(name, carrier)
    assert.deepStrictEqual(describeScan(seen), [
      `${name}: carrier image, 1664 bytes`,
      `  SHA-256      ${seen.image?.sha256 ?? ""}`,
      "  product      9X30",
      "  firmware     02.33.03.00  (header, part 0.0.0.0 (NVUP), file name)",
      "  config       002.072_001  (header, part 0.0.0.0 (NVUP), file name)",
      "  carrier      GENERIC  (header, part 0.0.0.0 (NVUP), file name)",
      "  SKU          9999999  (header, part 0.0.0.0 (NVUP))",
      "  part number  9904609  (header, part 0.0.0.0 (NVUP))",
      "  family       SWI9X30C  (header, part 0.0.0.0 (NVUP), file name)",
      "  0 SPKG super package  9X30  0x0 + 1664 bytes",
      "      9999999_9904609_SWI9X30C_02.33.03.00_00_GENERIC_002.072_001",
      "      01/07/16, header CRC ok, content CRC ok, PSB FULL",
      "    0.0 FILE file (the version field is its path)  9X30  0x190 + 1264 bytes",
      "        9999999_9904609_SWI9X30C_02.33.03.00_00_GENERIC_002.072_001",
      "        01/07/16, header CRC ok, content CRC ok",
      "      0.0.0 FILE file (the version field is its path)  9X30  0x320 + 864 bytes",
      "          /swir/nvdelta/NVUP_GENERIC.072",
      "          01/07/16, header CRC ok, content CRC ok",
      "        0.0.0.0 NVUP NV update  9x30  0x4B0 + 464 bytes",
      "            9999999_9904609_SWI9X30C_02.33.03.00_00_GENERIC_002.072_001",
      "            01/07/16, header CRC ok, content CRC ok",
      "  good: all CRCs of 4 parts are right"
    ])
  })

  it("shows a damaged image all the same, with each problem and what to do", () => {
    const lines = describeScan(scan(name, withFlippedBit(carrier, 1663)))
    assert.strictEqual(lines.filter((line) => line.includes("content CRC BAD")).length, 4)
    assert.include(
      lines.join("\n"),
      "CRC mismatch in the content (part 0.0.0.0 (NVUP) at 0x5C8, CRC of 0x640..0x680: wanted 0x"
    )
    assert.strictEqual(lines.at(-1), "  refused: 4 problems")
    assert.include(lines.at(-2), "get the file again")
  })

  it("says that a sum cannot be computed where the file ends too early", () => {
    const lines = describeScan(scan("x.cwe", truncated(system, 10))).join("\n")
    assert.include(lines, "not computable")
    assert.include(
      lines,
      "the file ends too early (part 0 (SPKG) at 0xA56, end of the file: wanted 2656 bytes in the file, found 2646 bytes)"
    )
  })

  it("says what to do with a ZIP", () => {
    const zip = seededBytes(500, 1)
    zip.set([0x50, 0x4b, 0x03, 0x04])
    assert.deepStrictEqual(describeScan(scan("a.zip", zip)), [
      "a.zip",
      "  problem: this is a ZIP archive, no firmware image; unpack it and give the .cwe, .nvu or .spk files inside" +
        " (at 0x0, header: wanted a CWE header, found 50 4B 03 04 " +
        [...zip.subarray(4, 8)].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ") +
        ")",
      "    Give the .cwe, .nvu or .spk file; see the message for what this file is.",
      "  refused: 1 problem"
    ])
  })

  it("shows Gobi images without claiming a check", () => {
    const lines = describeScan(scan("amss.mbn", seededBytes(100, 1)))
    assert.strictEqual(lines[0], "amss.mbn: amss-modem, 100 bytes")
    assert.include(lines.at(-1), "no checksum")
  })

  it("lets no control character of a file name through to the terminal", () => {
    const text = describeScan(scan("a\u001b[2J\u0007\u009b\n.cwe", system)).join("")
    assert.notMatch(text, /[\u0000-\u001f\u007f-\u009f]/)
    assert.include(text, "a\\x1b[2J\\x07\\x9b\\x0a.cwe")
  })
})

describe("imageReport", () => {
  const cases = [
    scan(name, carrier),
    scan(name, withFlippedBit(carrier, 1663)),
    scan("x.cwe", withTextByte(system, "date", 0, 1)),
    scan("amss.mbn", seededBytes(100, 1)),
    scan("a.zip", Uint8Array.of(0x50, 0x4b, 3, 4)),
    scan(
      "x.cwe",
      buildPart({ type: "SPKG", product: "9X30", miscOptions: 3, loadAddress: 0x80000000, payload: seededBytes(9, 1) })
    )
  ]
  it.each(cases.map((seen) => [seen.name, seen] as const))(
    "of %s keeps to its schema, also through JSON",
    (_, seen) => {
      const report = imageReport(seen)
      const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(ImageReport)(report)))
      assert.deepStrictEqual(Schema.decodeUnknownSync(ImageReport)(json), report)
      assert.strictEqual(report.ok, seen.problems.length === 0)
    }
  )

  it("has words in hex, flags by name and unset addresses as null", () => {
    const part = imageReport(cases[5]!).image?.parts[0]
    assert.deepStrictEqual(part?.miscOptions, ["compressed", "encrypted"])
    assert.deepStrictEqual([part?.loadAddress, part?.storageAddress], ["0x80000000", null])
    assert.deepStrictEqual(part?.psbCrc, { stored: "0xF2697AA7", computed: "0xF2697AA7", ok: true })
  })

  it("has code, sentence and help of each problem", () => {
    const [problem] = imageReport(cases[1]!).problems
    assert.strictEqual(problem?.tag, "ImageCrcMismatch")
    assert.strictEqual(problem?.code, "IMAGE_CRC")
    assert.include(problem?.message, "wanted 0x")
  })
})

describe("sets", () => {
  const set = Result.getOrThrow(
    makeSet([Result.getOrThrow(parse(name, carrier)), Result.getOrThrow(parse("SWI9X30C_02.33.03.00.cwe", system))])
  )
  it("are shown in the order of the transfer, with the file behind each value", () => {
    assert.deepStrictEqual(describeSet(set), [
      "image set for 9X30: 4320 bytes",
      "  1. SWI9X30C_02.33.03.00.cwe (system)",
      `  2. ${name} (carrier)`,
      `  firmware     02.33.03.00  (SWI9X30C_02.33.03.00.cwe, ${name})`,
      `  config       002.072_001  (${name})`,
      `  carrier      GENERIC  (${name})`,
      `  SKU          INTERNAL  (SWI9X30C_02.33.03.00.cwe, ${name} says 9999999)`,
      `  part number  9904609  (${name})`,
      `  family       SWI9X30C  (SWI9X30C_02.33.03.00.cwe, ${name})`
    ])
  })
  it("keep to their schema", () => {
    const report = setReport(set)
    assert.deepStrictEqual(Schema.decodeUnknownSync(SetReport)(JSON.parse(JSON.stringify(report))), report)
  })
  it("say what is missing", () => {
    const alone = Result.getOrThrow(makeSet([Result.getOrThrow(parse("SWI9X30C_02.33.03.00.cwe", system))]))
    assert.include(describeSet(alone), "  missing: a carrier image")
  })
})

describe("ImageError", () => {
  it("has a code of its own for each reason, and one sentence of help", () => {
    const problems = Object.values(imageCatalogue)
    assert.strictEqual(new Set(problems.map((problem) => problem.code)).size, problems.length)
    for (const { code, help } of problems) {
      assert.match(code, /^IMAGE_[A-Z_]+$/)
      assert.match(help, /^[A-Z].*[.]$/)
    }
  })
  it("crosses a process boundary", () => {
    const error = new ImageError({ file: "x.cwe", reason: scan("x.cwe", withFlippedBit(system, 2000)).problems[0]! })
    const codec = Schema.toCodecJson(ImageError)
    const back = Schema.decodeUnknownSync(codec)(JSON.parse(JSON.stringify(Schema.encodeSync(codec)(error))))
    assert.strictEqual(back.message, error.message)
    assert.strictEqual(back.code, "IMAGE_CRC")
  })
})
