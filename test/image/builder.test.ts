import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import type { PartSpec } from "../../src/image/builder.ts"
import {
  buildCarrierImage,
  buildCombinedImage,
  buildPart,
  buildSystemImage,
  productOf,
  seededBytes,
  SmallestSystemImage
} from "../../src/image/builder.ts"
import { readPsbDescriptor } from "../../src/image/CweHeader.ts"
import { parse, scan } from "../../src/image/CweScanner.ts"
import type { CwePart } from "../../src/image/FirmwareImage.ts"
import { partsOf } from "../../src/image/FirmwareImage.ts"
import { partTree } from "../support/part-tree.ts"

const carrierSpec = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_001" }

/** What a spec should look like after it was built and read again. */
const expected = (spec: PartSpec): unknown => ({
  type: spec.type,
  product: spec.product,
  version: spec.version,
  revision: spec.revision,
  compatibility: spec.compatibility,
  miscOptions: spec.miscOptions,
  payload: spec.payload,
  children: (spec.children ?? []).map((child) => expected(child as PartSpec))
})
const seen = (part: CwePart, file: Uint8Array): unknown => ({
  type: part.header.type,
  product: part.header.product,
  version: part.header.version,
  revision: part.header.revision,
  compatibility: part.header.compatibility,
  miscOptions: part.header.miscOptions,
  payload: file.slice(part.payload.offset, part.payload.offset + part.payload.size),
  children: part.children.map((child) => seen(child, file))
})

describe("buildPart", () => {
  it.prop(
    "builds what the scanner reads back: the same tree, the same fields, the same payload, every CRC right",
    [partTree(4)],
    ([spec]) => {
      const file = buildPart(spec)
      const found = scan("image", file)
      assert.deepStrictEqual(found.problems, [])
      assert(found.image?.root !== undefined)
      assert.deepStrictEqual(seen(found.image.root, file), expected(spec))
      assert.isTrue(partsOf(found.image.root).every((part) => part.psbCrc.ok && part.imageCrc.ok))
    },
    { arbitrary: { runs: 150 } }
  )

  it("takes parts that are built already", () => {
    const inner: PartSpec = { type: "NVUP", product: "9x30", payload: seededBytes(20, 1) }
    const outer = (child: PartSpec | Uint8Array) => buildPart({ type: "FILE", product: "9X30", children: [child] })
    assert.deepStrictEqual(outer(buildPart(inner)), outer(inner))
  })
})

describe("seededBytes", () => {
  it("are the same for the same seed, and others for the next", () => {
    assert.deepStrictEqual(seededBytes(100, 7), seededBytes(100, 7))
    assert.deepStrictEqual(seededBytes(100, 7), seededBytes(300, 7).slice(0, 100))
    assert.notDeepEqual(seededBytes(100, 7), seededBytes(100, 8))
    assert.strictEqual(new Set(seededBytes(20_000, -1)).size, 256)
  })
})

describe("ready-made images", () => {
  const sizes = [SmallestSystemImage, SmallestSystemImage + 1, 4096, 1024 * 1024, 1024 * 1024 + 3]
  it.each(sizes)("a system image of %i bytes has exactly that size and is good", (size) => {
    const file = buildSystemImage({ familyToken: "SWI9X15C", firmware: "05.05.78.00", size })
    assert.strictEqual(file.length, size)
    assert.isTrue(Result.isSuccess(parse("SWI9X15C_05.05.78.00.cwe", file)))
  })

  it.each([
    [undefined, 1664],
    [1000, 1664],
    [1665, 1665],
    [20_000, 20_000]
  ] as const)("a carrier image asked for with %s bytes has %i", (size, bytes) => {
    const file = buildCarrierImage({ ...carrierSpec, ...(size === undefined ? {} : { size }) })
    assert.strictEqual(file.length, bytes)
    assert.isTrue(Result.isSuccess(parse("x.nvu", file)))
  })

  it("a combined image holds the parts of both and has the wanted size", () => {
    const file = buildCombinedImage({ ...carrierSpec, size: 10_001 })
    assert.strictEqual(file.length, 10_001)
    const image = Result.getOrThrow(parse("x.spk", file))
    const types = partsOf(image.root).map((part) => part.header.type)
    assert.deepStrictEqual(types, ["SPKG", "BOOT", "SBL1", "MODM", "SYST", "APPL", "FILE", "FILE", "NVUP"])
  })

  it("a carrier image looks like real ones (images.md §3.1)", () => {
    const [root, outer, inner, update] = partsOf(Result.getOrThrow(parse("x.nvu", buildCarrierImage(carrierSpec))).root)
    assert.deepStrictEqual(readPsbDescriptor(root!.header.psb), {
      version: 1,
      componentType: 2,
      componentFlag: 0,
      offset: 0x190,
      size: root!.header.imageSize,
      sourceVersion: "FULL"
    })
    assert.strictEqual(outer?.header.compatibility, 0)
    assert.strictEqual(inner?.header.compatibility, 0x01000000)
    assert.strictEqual(inner?.header.version, "/swir/nvdelta/NVUP_GENERIC.072")
    assert.strictEqual(update?.header.crcIndicator, 0x474f4f44)
    assert.strictEqual(update?.header.signature, 0x50617273)
    assert.strictEqual(update?.header.product, "9x30")
    assert.strictEqual(update?.header.version, "9999999_9904609_SWI9X30C_02.33.03.00_00_GENERIC_002.072_001")
  })

  it("images of different seeds differ in the payload only", () => {
    const [one, two] = [1, 2].map((seed) =>
      buildSystemImage({ familyToken: "SWI9X30C", firmware: "02.33.03.00", seed })
    )
    assert.notDeepEqual(one, two)
    assert.deepStrictEqual(scan("x", one!).image?.values, scan("x", two!).image?.values)
  })

  it.each([
    ["SWI9X30C", "9X30"],
    ["SWI9200X", "9200"],
    ["9200", "9200"],
    ["SWIX55C", "X55C"]
  ])("the product of %s is %s", (token, product) => {
    assert.strictEqual(productOf(token), product)
  })
})
