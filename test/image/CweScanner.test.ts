import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import {
  buildCarrierImage,
  buildCombinedImage,
  buildPart,
  buildSystemImage,
  longVersion,
  seededBytes
} from "../../src/image/builder.ts"
import { pureChecksums } from "../../src/image/checksums.ts"
import { HeaderSize, Offset } from "../../src/image/CweHeader.ts"
import { makeScanner, parse, scan, verdict } from "../../src/image/CweScanner.ts"
import {
  crowded,
  nested,
  truncated,
  withFlippedBit,
  withImageSize,
  withTextByte,
  withTrailingBytes,
  withWrongImageCrc,
  withWrongPsbCrc
} from "../../src/image/damage.ts"
import type { Scan } from "../../src/image/FirmwareImage.ts"
import { partsOf } from "../../src/image/FirmwareImage.ts"
import type { ImageReason } from "../../src/image/ImageError.ts"

const system = buildSystemImage({ familyToken: "SWI9X30C", firmware: "02.33.03.00", size: 9000, seed: 3 })
const carrierSpec = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_001" }
const carrier = buildCarrierImage(carrierSpec)
const combined = buildCombinedImage({ ...carrierSpec, carrier: "GENEU-4G" })

const tree = (seen: Scan) =>
  partsOf(seen.image?.root).map((part) => `${part.id} ${part.header.type} ${String(part.offset)} ${String(part.size)}`)
const tags = (seen: Scan) => seen.problems.map((problem) => problem._tag)
/** The only problem, which must be the only one. */
const only = (seen: Scan): ImageReason => {
  assert.deepStrictEqual(tags(seen).slice(1), [])
  assert(seen.problems[0] !== undefined)
  return seen.problems[0]
}
const inChunks = (name: string, bytes: Uint8Array, sizes: ReadonlyArray<number>): Scan => {
  const scanner = makeScanner({ name, size: bytes.length })
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? bytes.length)
    // A copy that is wiped afterwards: the scanner must not hold on to what it was given.
    const chunk = bytes.slice(at, at + size)
    const more = scanner.push(chunk)
    chunk.fill(0xee)
    if (!more) break
    at += size
  }
  return scanner.finish()
}

describe("a good system image", () => {
  const seen = scan("SWI9X30C_02.33.03.00.cwe", system)

  it("has no problems and its tree of parts in file order", () => {
    assert.deepStrictEqual(seen.problems, [])
    assert.deepStrictEqual(tree(seen), [
      "0 SPKG 0 9000",
      "0.0 BOOT 400 864",
      "0.0.0 SBL1 800 464",
      "0.1 MODM 1264 2050",
      "0.2 SYST 3314 2050",
      "0.3 APPL 5364 3636"
    ])
  })

  it("tells what QDL needs: type byte, the header verbatim, offset and size of the payload", () => {
    const image = seen.image
    assert(image !== undefined)
    assert.strictEqual(image.kind, "cwe")
    assert.strictEqual(image.qdlType, 0x80)
    assert.deepStrictEqual(image.headerBytes, system.slice(0, 400))
    assert.deepStrictEqual([image.payloadOffset, image.payloadSize, image.size], [400, 8600, 9000])
    assert.strictEqual(image.sha256, createHash("sha256").update(system).digest("hex"))
  })

  it("says what it is for", () => {
    assert.strictEqual(seen.image?.role, "system")
    assert.deepStrictEqual(seen.image?.products, ["9X30"])
    assert.strictEqual(seen.image?.values.firmware.value, "02.33.03.00")
    assert.strictEqual(seen.image?.values.familyToken.value, "SWI9X30C")
    assert.isUndefined(seen.image?.values.carrier.value)
    assert.deepStrictEqual(seen.image?.notes, [])
  })

  it("is the same whatever the chunks are", () => {
    for (const sizes of [[1], [399], [400], [401], [7, 1000, 1, 13], [9000], [100_000]]) {
      assert.deepStrictEqual(inChunks("SWI9X30C_02.33.03.00.cwe", system, sizes), seen)
    }
  })
})

describe("roles are decided by the parts inside, not by name or size", () => {
  it("a carrier image larger than any system image is a carrier image", () => {
    const seen = scan("x.cwe", buildCarrierImage({ ...carrierSpec, size: 50_000 }))
    assert.strictEqual(seen.image?.role, "carrier")
    assert.strictEqual(seen.image?.size, 50_000)
    assert.deepStrictEqual(seen.problems, [])
  })
  it("a combined image has both", () => {
    const seen = scan("x.nvu", combined)
    assert.strictEqual(seen.image?.role, "combined")
    assert.strictEqual(seen.image?.values.carrier.value, "GENEU-4G")
  })
  it("an image that does not say is taken for a system image, with a note", () => {
    const seen = scan("x.cwe", buildPart({ type: "SPKG", product: "9X30", payload: seededBytes(10, 1) }))
    assert.strictEqual(seen.image?.role, "system")
    assert.include(seen.image?.notes[0]?.text, "no part tells")
  })
  it("products in another case are the same product (images.md §2.5)", () => {
    assert.deepStrictEqual(scan("x.nvu", carrier).image?.products, ["9X30"])
  })
})

describe("damage is found at every level", () => {
  const ids = partsOf(scan("x", combined).image?.root).map((part) => part.id)

  it.each(ids)("a wrong content CRC of part %s", (id) => {
    const reason = only(scan("x.spk", withWrongImageCrc(combined, id)))
    assert(reason._tag === "ImageCrcMismatch")
    assert.isTrue(reason.part.startsWith(`${id} (`))
    const part = partsOf(scan("x", combined).image?.root).find((candidate) => candidate.id === id)
    assert.strictEqual(reason.offset, (part?.offset ?? NaN) + Offset.imageCrc)
    assert.strictEqual(Number(reason.found), part?.header.imageCrc)
    assert.strictEqual(Number(reason.wanted), ~(part?.header.imageCrc ?? 0) >>> 0)
  })

  it.each(ids)("a wrong header CRC of part %s, which stays in the tree", (id) => {
    const seen = scan("x.spk", withWrongPsbCrc(combined, id))
    const reason = only(seen)
    assert(reason._tag === "PsbCrcMismatch")
    assert.deepStrictEqual([reason.wanted, reason.found], ["0x0D968558", "0xF2697AA7"])
    assert.deepStrictEqual(tree(seen), tree(scan("x", combined)))
    const bad = partsOf(seen.image?.root).filter((part) => !part.psbCrc.ok)
    assert.deepStrictEqual(
      bad.map((part) => part.id),
      [id]
    )
  })

  it("a flipped bit in any byte that a CRC covers", () => {
    // Not covered by the format: the fields of the outermost header other than PSB, size and the two sums.
    const covered = (offset: number) =>
      offset < Offset.revision || (offset >= Offset.imageSize && offset < Offset.version) || offset >= HeaderSize
    for (let offset = 0; offset < combined.length; offset++) {
      if (!covered(offset)) continue
      const seen = scan("x.spk", withFlippedBit(combined, offset, offset % 8))
      assert.isAbove(seen.problems.length, 0, `byte ${String(offset)}`)
    }
  })

  it("every level when the innermost payload is damaged", () => {
    const seen = scan("x.nvu", withFlippedBit(carrier, carrier.length - 1))
    assert.deepStrictEqual(
      tags(seen),
      Array.from({ length: 4 }, () => "ImageCrcMismatch")
    )
    assert.deepStrictEqual(
      seen.problems.map((problem) => ("part" in problem ? problem.part : "")),
      ["0.0.0.0 (NVUP)", "0.0.0 (FILE)", "0.0 (FILE)", "0 (SPKG)"]
    )
  })
})

describe("structure", () => {
  it("names what is missing from a truncated file and shows what is there", () => {
    const seen = scan("x.cwe", truncated(system, 1000))
    const reason = only(seen)
    assert(reason._tag === "Truncated")
    assert.deepStrictEqual([reason.offset, reason.wanted, reason.found], [8000, "9000 bytes in the file", "8000 bytes"])
    assert.strictEqual(tree(seen).at(-1), "0.3 APPL 5364 2636")
    const [root, , , modem, , application] = partsOf(seen.image?.root)
    assert.isUndefined(root?.imageCrc.computed)
    assert.isUndefined(application?.imageCrc.computed)
    assert.isTrue(modem?.imageCrc.ok)
    assert.isFalse(root?.imageCrc.ok)
  })

  it("truncation at any byte is an error, without an exception", () => {
    for (let size = 0; size < combined.length; size++) {
      const seen = scan("x.spk", combined.slice(0, size))
      const tag = seen.problems[0]?._tag
      assert.strictEqual(tag, size < HeaderSize ? "NotFirmware" : "Truncated")
      assert.isTrue(Result.isFailure(verdict(seen)))
    }
  })

  it("names the place of trailing bytes", () => {
    const reason = only(scan("x.cwe", withTrailingBytes(system, 17)))
    assert(reason._tag === "TrailingBytes")
    assert.deepStrictEqual([reason.offset, reason.wanted, reason.found], [9000, "9000 bytes in the file", "9017 bytes"])
  })

  it("finds a part that reaches beyond its parent, and takes it for payload", () => {
    const seen = scan("x.cwe", withImageSize(system, 100_000, "0.3"))
    const reason = only(seen)
    assert(reason._tag === "PartExceedsParent")
    assert.deepStrictEqual([reason.part, reason.offset], ["0.3 (APPL)", 5364 + Offset.imageSize])
    assert.deepStrictEqual([reason.wanted, reason.found], ["at most 3236 bytes, the rest of part 0", "100000 bytes"])
    assert.deepStrictEqual(seen.image?.root?.payload, { offset: 5364, size: 3636 })
    assert.include(seen.image?.notes[0]?.text, "3636 bytes behind the last part")
  })

  it.each(["0", "0.2"])("refuses the empty part %s", (id) => {
    const seen = scan("x.cwe", withImageSize(system, 0, id))
    const reason = seen.problems[0]
    assert(reason?._tag === "EmptyImage")
    assert.strictEqual(reason.found, "0 bytes")
  })

  it.each(["0", "0.0.0"])("names the byte of part %s that is no text", (id) => {
    const broken = withTextByte(system, "version", 83, 0x80, id)
    const seen = scan("x.cwe", broken)
    const reason = seen.problems[0]
    assert(reason?._tag === "BadText")
    assert.deepStrictEqual([reason.field, reason.found], ["version", "0x80"])
    assert.strictEqual(broken[reason.offset], 0x80)
  })

  it("bytes between or behind parts are payload, and reported", () => {
    const part = buildPart({ type: "FILE", product: "9X30", payload: seededBytes(50, 1) })
    const padded = buildPart({ type: "SPKG", product: "9X30", children: [part], payload: new Uint8Array(600) })
    const seen = scan("x.cwe", padded)
    assert.deepStrictEqual(seen.problems, [])
    assert.deepStrictEqual(tree(seen), ["0 SPKG 0 1450", "0.0 FILE 400 450"])
    assert.deepStrictEqual(seen.image?.root?.payload, { offset: 850, size: 600 })
    assert.deepStrictEqual(seen.image?.notes[0]?.offset, 850)
  })

  it("payload with readable texts but no right CRC, type or revision is no part (Q8)", () => {
    // The reference lists this as a child: printable texts, a size that fits.
    const lookalike = new Uint8Array(900).fill(0x20)
    lookalike.set([0, 0, 0, 4], Offset.imageSize)
    const seen = scan("x.cwe", buildPart({ type: "APPL", product: "9X30", payload: lookalike }))
    assert.deepStrictEqual(seen.problems, [])
    assert.deepStrictEqual(tree(seen), ["0 APPL 0 1300"])
  })

  it("a header that is plainly one is never passed over as payload", () => {
    const part = withWrongPsbCrc(buildPart({ type: "MODM", product: "9X30", payload: seededBytes(50, 1) }))
    const unknownType = withWrongPsbCrc(buildPart({ type: "Q?Q?", product: "9X30", payload: seededBytes(50, 1) }))
    const oldRevision = withWrongPsbCrc(
      buildPart({ type: "MODM", product: "9X30", revision: 2, payload: seededBytes(50, 1) })
    )
    for (const child of [part, unknownType, oldRevision]) {
      const seen = scan("x.cwe", buildPart({ type: "SPKG", product: "9X30", children: [child] }))
      assert.deepStrictEqual(tags(seen), ["PsbCrcMismatch"])
      assert.strictEqual(tree(seen).length, 2)
    }
  })

  it("an unknown type or revision with right CRCs is accepted, with a note", () => {
    const seen = scan("x.cwe", buildPart({ type: "NEW1", product: "X99", revision: 4, payload: seededBytes(5, 1) }))
    assert.deepStrictEqual(seen.problems, [])
    assert.deepStrictEqual(
      seen.image?.notes.map((note) => note.text.slice(0, 15)),
      ['the type "NEW1"', "header revision", "no part tells w"]
    )
  })
})

describe("limits", () => {
  it("eight levels are read, the ninth is an error", () => {
    const eight = scan("x.cwe", nested(8))
    assert.deepStrictEqual(eight.problems, [])
    assert.strictEqual(tree(eight).length, 8)
    const seen = scan("x.cwe", nested(9))
    const reason = only(seen)
    assert(reason._tag === "TooDeep")
    assert.deepStrictEqual([reason.offset, reason.wanted, reason.found], [3200, "at most 8 levels", "level 9"])
    assert.strictEqual(tree(seen).length, 8)
  })

  it("the file that crashes the reference is refused (Q4)", () => {
    assert.strictEqual(only(scan("x.cwe", nested(40_000)))._tag, "TooDeep")
  })

  it("a raised limit is obeyed", () => {
    const seen = scan("x.cwe", nested(30), { limits: { maxDepth: 30 } })
    assert.deepStrictEqual(seen.problems, [])
    assert.strictEqual(tree(seen).at(-1)?.split(" ")[2], String(29 * 400))
  })

  it("4096 parts are read, one more is an error", () => {
    assert.deepStrictEqual(scan("x.cwe", crowded(4095)).problems, [])
    const seen = scan("x.cwe", crowded(4096))
    const reason = only(seen)
    assert(reason._tag === "TooManyParts")
    assert.strictEqual(reason.offset, 400 + 4095 * 401)
    assert.isTrue(seen.image?.root?.imageCrc.ok)
  })

  it("a file that QDL cannot carry is refused before it is read", () => {
    const scanner = makeScanner({ name: "x.cwe", size: 0x1_0000_0000 })
    assert.isFalse(scanner.push(system))
    const reason = only(scanner.finish())
    assert(reason._tag === "TooLarge")
    assert.strictEqual(reason.wanted, "at most 4294967295 bytes")
  })

  it("a file that has another size than announced is refused", () => {
    for (const size of [system.length - 1, system.length + 1, 0]) {
      const scanner = makeScanner({ name: "x.cwe", size })
      scanner.push(system)
      assert.strictEqual(scanner.finish().problems[0]?._tag, "SizeChanged")
    }
  })
})

describe("files that are no firmware", () => {
  const padded = (...bytes: ReadonlyArray<number>) => {
    const file = seededBytes(5000, 1)
    file.set(bytes)
    return file
  }
  const text = (value: string) => new TextEncoder().encode(value)
  it.each([
    ["update.zip", padded(0x50, 0x4b, 0x03, 0x04), "zip", "ZIP archive", "unpack"],
    ["setup.exe", padded(0x4d, 0x5a), "exe", "Windows program", "7-Zip"],
    ["boot.elf", padded(0x7f, 0x45, 0x4c, 0x46), "elf", "ELF", "cannot be sent"],
    ["a.tgz", padded(0x1f, 0x8b), "gzip", "gzip", "unpack"],
    ["a.7z", padded(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), "7z", "7-Zip", "unpack"],
    ["a.rar", padded(0x52, 0x61, 0x72, 0x21), "rar", "RAR", "unpack"],
    ["system.ubi", padded(0x55, 0x42, 0x49, 0x23), "ubi", "UBI", "cannot be sent"],
    ["rawprogram0.xml", text(`<?xml version="1.0" ?>\n<data>${" ".repeat(500)}</data>`), "xml", "XML", "another tool"],
    ["short.xml", text("<data></data>"), "xml", "XML", "another tool"],
    ["index.html", text("<!DOCTYPE html><html>" + "x".repeat(600)), "text", "text file", "web page"],
    ["empty.cwe", new Uint8Array(0), "empty", "empty", "again"],
    ["short.cwe", new Uint8Array(399), "short", "shorter than one CWE header", "again"],
    ["random.cwe", seededBytes(5000, 9), "unknown", "not a firmware image", ".cwe, .nvu or .spk"],
    ["zeros.cwe", new Uint8Array(5000), "unknown", "not a firmware image", ".cwe, .nvu or .spk"]
  ] as const)("%s", (name, bytes, looksLike, what, advice) => {
    const seen = scan(name, bytes)
    assert.isUndefined(seen.image)
    const reason = only(seen)
    assert(reason._tag === "NotFirmware")
    assert.strictEqual(reason.looksLike, looksLike)
    const error = Result.getOrThrow(Result.flip(verdict(seen)))
    assert.include(error.message, `${name}: this is`)
    assert.include(error.message, what)
    assert.include(error.message, advice)
  })

  it("reading can stop after the first 400 bytes", () => {
    const scanner = makeScanner({ name: "a.zip", size: 1e9 })
    assert.isFalse(scanner.push(padded(0x50, 0x4b, 0x03, 0x04)))
    assert.isFalse(scanner.push(new Uint8Array(10)))
    assert.strictEqual(scanner.finish().problems.length, 1)
  })

  it("a CWE image under any other extension is one", () => {
    assert.deepStrictEqual(scan("update.zip", system).problems, [])
  })
})

describe("Gobi images are told by their name (images.md §1)", () => {
  const bytes = seededBytes(2000, 5)
  it.each([
    ["amss.mbn", "amss-modem", 0x05, 1992],
    ["AMSS.MBN", "amss-modem", 0x05, 1992],
    ["apps.mbn", "amss-application", 0x06, 2000],
    ["Uqcn.mbn", "amss-uqcn", 0x0d, 2000]
  ] as const)("%s", (name, kind, qdlType, payloadSize) => {
    const seen = scan(name, bytes)
    assert.deepStrictEqual(seen.problems, [])
    const image = seen.image
    assert(image !== undefined)
    assert.deepStrictEqual(
      [image.kind, image.qdlType, image.payloadSize, image.payloadOffset],
      [kind, qdlType, payloadSize, 0]
    )
    assert.strictEqual(image.headerBytes.length, 0)
    assert.isUndefined(image.root)
    assert.strictEqual(image.sha256, createHash("sha256").update(bytes).digest("hex"))
    assert.deepStrictEqual(inChunks(name, bytes, [1, 500]), seen)
  })

  it("amss.mbn without anything before its 8 trailing bytes is refused (Q6)", () => {
    for (const size of [0, 7, 8]) {
      const seen = scan("amss.mbn", seededBytes(size, 1))
      assert.strictEqual(seen.problems[0]?._tag, "EmptyImage")
      assert.strictEqual(seen.image?.payloadSize, 0)
    }
    assert.deepStrictEqual(scan("amss.mbn", seededBytes(9, 1)).problems, [])
    assert.strictEqual(only(scan("apps.mbn", new Uint8Array(0)))._tag, "EmptyImage")
  })

  it("what is certainly something else is refused under these names too", () => {
    assert.strictEqual(only(scan("amss.mbn", system))._tag, "Misnamed")
    assert.strictEqual(only(scan("apps.mbn", Uint8Array.of(0x50, 0x4b, 3, 4, 5)))._tag, "NotFirmware")
  })

  it("other .mbn names are no Gobi images", () => {
    assert.strictEqual(only(scan("xamss.mbn", bytes))._tag, "NotFirmware")
  })
})

describe("versions of one image", () => {
  it("keeps every source with its place, header first", () => {
    const seen = scan("SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu", carrier)
    assert.deepStrictEqual(seen.image?.values.carrier, {
      value: "GENERIC",
      sources: [
        { from: "header", where: "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu part 0 (SPKG)", value: "GENERIC" },
        {
          from: "embedded-part",
          where: "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu part 0.0.0.0 (NVUP)",
          value: "GENERIC"
        },
        { from: "file-name", where: "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu", value: "GENERIC" }
      ]
    })
  })

  it.each([
    ["SWI9X30C_02.24.05.06_GENERIC_002.072_001.nvu", "firmware"],
    ["SWI9X30C_02.33.03.00_GENERIC_002.026_000.nvu", "config"],
    ["SWI9X30C_02.33.03.00_SPRINT_002.072_001.nvu", "carrier"],
    ["SWI9X15C_02.33.03.00_GENERIC_002.072_001.nvu", "familyToken"]
  ])("a renamed file is refused: %s contradicts the %s inside", (name, value) => {
    const seen = scan(name, carrier)
    const reason = only(seen)
    assert(reason._tag === "SourcesDisagree")
    assert.strictEqual(reason.value, value)
    assert.isTrue(Result.isFailure(verdict(seen)))
    const ignored = Result.getOrThrow(verdict(seen, { ignoreVersionErrors: true }))
    assert.strictEqual(ignored.values.firmware.value, "02.33.03.00")
    assert.include(ignored.notes.at(-1)?.text, "ignored:")
  })

  it("the override does not cover damage", () => {
    const seen = scan("SWI9X30C_02.24.05.06_GENERIC_002.072_001.nvu", withFlippedBit(carrier, 1660))
    assert.isTrue(Result.isFailure(verdict(seen, { ignoreVersionErrors: true })))
  })

  it("the carrier is taken from inside where the file name only differs in case", () => {
    const image = Result.getOrThrow(parse("SWI9X30C_02.33.03.00_Generic_002.072_001.nvu", carrier))
    assert.strictEqual(image.values.carrier.value, "GENERIC")
    assert.include(image.notes[0]?.text, "differs in case")
  })

  it("two spellings inside are a contradiction: the modem would know only one of them", () => {
    const inner = { type: "NVUP", product: "9x30", version: longVersion(carrierSpec), payload: seededBytes(9, 1) }
    const version = longVersion({ ...carrierSpec, carrier: "Generic" })
    const reason = only(scan("x.nvu", buildPart({ type: "SPKG", product: "9X30", version, children: [inner] })))
    assert(reason._tag === "SourcesDisagree")
    assert.strictEqual(reason.value, "carrier")
  })

  it("the file name fills what the header leaves out, after an embedded carrier part", () => {
    const part = (version: string) => buildPart({ type: "NVUP", product: "9x30", version, payload: seededBytes(9, 1) })
    const root = (version: string) => buildPart({ type: "SPKG", product: "9X30", children: [part(version)] })
    const name = "SWI9X30C_02.33.03.00_Generic_002.072_001.nvu"
    assert.strictEqual(Result.getOrThrow(parse(name, root(""))).values.carrier.value, "Generic")
    const both = Result.getOrThrow(parse(name, root("9999999_9904609_SWI9X30C_02.33.03.00_00_GENERIC_002.072_001")))
    assert.strictEqual(both.values.carrier.value, "GENERIC")
  })

  it("a boot loader of another version is only noted", () => {
    const image = (version: string) =>
      buildPart({
        type: "SPKG",
        product: "9X30",
        version,
        children: [
          {
            type: "BOOT",
            product: "9X30",
            version: "INTERNAL_?_SWI9X30C_02.20.03.00_?_?_?_?",
            payload: seededBytes(9, 1)
          }
        ]
      })
    const known = Result.getOrThrow(parse("x.cwe", image("INTERNAL_?_SWI9X30C_02.33.03.00_?_?_?_?")))
    assert.strictEqual(known.values.firmware.value, "02.33.03.00")
    assert.include(known.notes.map((note) => note.text).join(), "says 02.20.03.00")
    assert.strictEqual(Result.getOrThrow(parse("x.cwe", image(""))).values.firmware.value, "02.20.03.00")
  })

  it("a model in the file name does not contradict the family inside", () => {
    const old = buildCombinedImage({
      familyToken: "9200",
      firmware: "03.05.29.03",
      carrier: "generic",
      config: "000.000_001"
    })
    const image = Result.getOrThrow(parse("MC7700_03.05.29.03_00_generic_000.000_001.cwe", old))
    assert.strictEqual(image.values.familyToken.value, "9200")
  })

  it("thousands of contradicting parts do not make a report of thousands of lines", () => {
    const children = Array.from({ length: 500 }, (_, index) => ({
      type: "NVUP",
      product: "9x30",
      version: `9999999_9904609_SWI9X30C_02.33.03.00_00_C${String(index)}X_002.072_001`,
      payload: Uint8Array.of(1)
    }))
    const reason = only(scan("x.nvu", buildPart({ type: "SPKG", product: "9X30", children })))
    assert(reason._tag === "SourcesDisagree")
    assert.isBelow(reason.sources.length, 20)
  })
})

describe("anything at all", () => {
  const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
  const Place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: combined.length - 1 }))
  const Sizes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 900 }))).check(
    Schema.isMinLength(1)
  )

  it.prop(
    "arbitrary bytes never throw and are never accepted",
    [Schema.Array(Byte), Schema.String],
    ([bytes, name]) => {
      const seen = scan(name, Uint8Array.from(bytes))
      if (seen.image?.kind !== undefined && seen.image.kind !== "cwe") return
      assert.isAbove(seen.problems.length, 0)
    }
  )

  it.prop(
    "a mutated image gives the same result in any chunks, and never throws",
    [Schema.Array(Schema.Tuple([Place, Byte])), Sizes],
    ([changes, sizes]) => {
      const bytes = combined.slice()
      for (const [offset, value] of changes) bytes[offset] = value
      assert.deepStrictEqual(inChunks("x.spk", bytes, sizes), scan("x.spk", bytes))
    },
    { arbitrary: { runs: 300 } }
  )

  it("the scan of a mutated header never throws, wherever the change is", () => {
    for (const value of [0x00, 0xff, 0x20, 0x80]) {
      for (let offset = 0; offset < 1600; offset++) {
        const bytes = combined.slice()
        bytes[offset] = value
        scan("x.spk", bytes)
      }
    }
  })

  it("the sums may come from somewhere else", () => {
    let summed = 0
    const seen = scan("x.spk", combined, {
      checksums: {
        sha256: () => ({ update: () => undefined, digestHex: () => "digest" }),
        crc32: (bytes, previous) => {
          summed += bytes.length
          return pureChecksums.crc32(bytes, previous)
        }
      }
    })
    assert.strictEqual(seen.image?.sha256, "digest")
    // Every byte once, whatever the nesting.
    assert.strictEqual(summed, combined.length)
  })
})
