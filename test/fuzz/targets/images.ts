/** Firmware images and their names (images.md). */
import { crc32 as zlibCrc32 } from "node:zlib"
import * as Result from "effect/Result"
import * as Builder from "../../../src/image/builder.ts"
import * as Damage from "../../../src/image/damage.ts"
import { decodeHeader, encodeHeader, HeaderSize, Offset, readPsbDescriptor } from "../../../src/image/CweHeader.ts"
import { makeScanner, parse, verdict } from "../../../src/image/CweScanner.ts"
import { describeScan, describeSet, imageReport, setReport } from "../../../src/image/describe.ts"
import type { CwePart, FirmwareImage, Scan } from "../../../src/image/FirmwareImage.ts"
import { partsOf } from "../../../src/image/FirmwareImage.ts"
import { describeReason } from "../../../src/image/ImageError.ts"
import { makeSet } from "../../../src/image/ImageSet.ts"
import { judge, looksLike } from "../../../src/image/recognise.ts"
import { familyOf, parseFileName, parseVersion } from "../../../src/image/version.ts"
import { equal, hold, pieces, readable } from "../invariants.ts"
import type { Random } from "../Random.ts"
import { hashOf } from "../Random.ts"
import type { Target } from "../Target.ts"

const names = [
  "SWI9X30C_02.33.03.00.cwe",
  "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu",
  "9999999_9902674_SWI9X15C_05.05.58.00_00_GENEU-4G_005.026_000-field.spk",
  "MC7700_03.05.29.03_00_generic_000.000_001.cwe",
  "amss.mbn",
  "uqcn.mbn",
  "a.cwe"
]

const carrier = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_000" }
const tiny = Builder.buildPart({
  type: "SPKG",
  product: "9X30",
  version: "9999999_9904609_SWI9X30C_02.33.03.00_00_GENERIC_002.072_000",
  children: [
    { type: "BOOT", product: "9X30", version: "SWI9X30C_02.33.03.00", payload: Uint8Array.of(1, 2, 3) },
    {
      type: "FILE",
      product: "9x30",
      version: "/nvu",
      children: [{ type: "NVUP", product: "9X30", payload: Uint8Array.of(4) }]
    }
  ]
})

const images = (): ReadonlyArray<Uint8Array> => [
  tiny,
  Builder.buildPart({ type: "BOOT", product: "9200", payload: Uint8Array.of(0x5a) }),
  Builder.buildSystemImage({ familyToken: "SWI9X30C", firmware: "02.33.03.00", size: Builder.SmallestSystemImage }),
  Builder.buildCarrierImage(carrier),
  Damage.nested(7),
  Damage.crowded(3),
  Damage.withWrongPsbCrc(tiny, "0.1"),
  Damage.withImageSize(tiny, 0xffffffff, "0.1"),
  Uint8Array.of(0x50, 0x4b, 3, 4),
  new TextEncoder().encode('<?xml version="1.0"?><data>'),
  new Uint8Array(0)
]

/** zlib's, which is not ours: the register of an image CRC is its complement (images.md §3). */
const crcOf = (bytes: Uint8Array): number => ~zlibCrc32(bytes) >>> 0

const isHeader = (bytes: Uint8Array, at: number, end: number): boolean =>
  at + HeaderSize < end &&
  bytes.subarray(at + Offset.type, at + Offset.type + 4).every((byte) => byte >= 0x20 && byte < 0x7f)

/** Sums, and mostly sizes, of everything that looks like a part, from the inside out. */
const repairPart = (bytes: Uint8Array, at: number, end: number, random: Random, level: number): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = at + HeaderSize
  let size = view.getUint32(at + Offset.imageSize)
  if (size === 0 || start + size > end || (level === 0 && !random.once(8))) {
    size = end - start
    if (!random.once(16)) view.setUint32(at + Offset.imageSize, size)
  }
  const stop = Math.min(end, start + size)
  if (level < 12) {
    for (let child = start; isHeader(bytes, child, stop);) child = repairPart(bytes, child, stop, random, level + 1)
  }
  if (!random.once(24)) view.setUint32(at + Offset.psbCrc, crcOf(bytes.subarray(at, at + Offset.psbCrc)))
  if (!random.once(24)) view.setUint32(at + Offset.imageCrc, crcOf(bytes.subarray(start, stop)))
  return Math.max(stop, start + 1)
}

const repair = (input: Uint8Array, random: Random): Uint8Array => {
  const out = input.slice()
  if (isHeader(out, 0, out.length)) repairPart(out, 0, out.length, random, 0)
  return out
}

/** An image that was found good is good by a second opinion. */
const checkAccepted = (image: FirmwareImage, input: Uint8Array): void => {
  if (image.kind !== "cwe") return
  const { root } = image
  hold("an accepted image has a root", root !== undefined)
  if (root === undefined) return
  hold("it is the whole file", root.offset === 0 && root.size === input.length && image.size === input.length)
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const check = (part: CwePart, level: number): void => {
    const end = part.offset + part.size
    hold("levels are bounded", level <= 8)
    hold("a part has content", part.size > HeaderSize)
    hold("the size is the header's", view.getUint32(part.offset + Offset.imageSize) === part.size - HeaderSize)
    const psb = input.subarray(part.offset, part.offset + Offset.psbCrc)
    hold("the PSB's sum is right", view.getUint32(part.offset + Offset.psbCrc) === crcOf(psb))
    const sum = crcOf(input.subarray(part.offset + HeaderSize, end))
    hold("the content's sum is right", view.getUint32(part.offset + Offset.imageCrc) === sum)
    let at = part.offset + HeaderSize
    for (const child of part.children) {
      hold("parts lie side by side", child.offset === at)
      at += child.size
      hold("parts lie inside", at <= end)
      check(child, level + 1)
    }
    hold("the rest is payload", part.payload.offset === at && part.payload.size === end - at)
  }
  check(root, 1)
}

const scanned = (name: string, input: Uint8Array, parts: ReadonlyArray<Uint8Array>): Scan => {
  const scanner = makeScanner({ name, size: input.length })
  for (const part of parts) if (!scanner.push(part)) break
  return scanner.finish()
}

const show = (scan: Scan): void => {
  hold("it can be shown", describeScan(scan).length > 0)
  hold("as JSON too", JSON.stringify(imageReport(scan)).length > 0)
  for (const problem of scan.problems) hold("a problem has words", describeReason(problem).length > 0)
}

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

export const imageTargets: ReadonlyArray<Target> = [
  {
    name: "cwe-header",
    longest: 512,
    seeds: () => images().map((image) => image.slice(0, HeaderSize)),
    repair,
    run: (input) => {
      const decoded = decodeHeader(input)
      hold("short ones are refused", input.length >= HeaderSize || Result.isFailure(decoded))
      if (Result.isSuccess(decoded)) {
        equal("a header survives", encodeHeader(decoded.success), input.slice(0, HeaderSize))
        readPsbDescriptor(decoded.success.psb)
      }
      readPsbDescriptor(input)
      judge(input)
      looksLike(input)
    }
  },
  {
    name: "image",
    seeds: images,
    tokens: ["NVUP", "FILE", "BOOT", "SPKG", "USER", "9X30", "_02.33.03.00", "GENERIC", "PK\u0003\u0004", "<?xml"],
    repair,
    run: (input) => {
      const name = names[hashOf(input.subarray(0, 300)) % names.length]!
      const whole = scanned(name, input, [input])
      equal("in pieces it is the same", scanned(name, input, pieces(input)), whole)
      hold("parts are bounded", partsOf(whole.image?.root).length <= 4096)
      show(whole)
      const judged = verdict(whole)
      readable(judged)
      if (Result.isSuccess(judged)) checkAccepted(judged.success, input)
    }
  },
  {
    // Cut in two at the place that the first two bytes name.
    name: "image-set",
    seeds: () =>
      [
        [tiny, tiny],
        [
          Builder.buildPart({
            type: "BOOT",
            product: "9X30",
            version: "SWI9X30C_02.33.03.00",
            payload: Uint8Array.of(1)
          }),
          Builder.buildCarrierImage(carrier)
        ],
        [Builder.buildPart({ type: "MODM", product: "9X15", payload: Uint8Array.of(1) }), tiny]
      ].map(([a, b]) => Uint8Array.of(a!.length >> 8, a!.length & 0xff, ...a!, ...b!)),
    tokens: ["NVUP", "_02.33.03.00", "_GENERIC_002.072_000", "9200", "SWI9X15C"],
    repair: (input, random) => {
      const cut = 2 + (((input[0] ?? 0) << 8) | (input[1] ?? 0))
      const parts = [input.subarray(2, cut), input.subarray(cut)].map((part) => repair(part, random))
      return Uint8Array.of(...input.subarray(0, 2), ...parts[0]!, ...parts[1]!)
    },
    run: (input) => {
      const cut = 2 + (((input[0] ?? 0) << 8) | (input[1] ?? 0))
      const given = [input.subarray(2, cut), input.subarray(cut)].flatMap((bytes, index) => {
        const image = parse(names[(hashOf(bytes) + index) % names.length]!, bytes)
        return Result.isSuccess(image) ? [image.success] : []
      })
      for (const ignoreVersionErrors of [false, true]) {
        const set = makeSet(given, { ignoreVersionErrors })
        readable(set)
        if (Result.isFailure(set)) continue
        hold("a set can be shown", describeSet(set.success).length > 0)
        JSON.stringify(setReport(set.success))
        const { images: ordered } = set.success
        hold(
          "the system comes first",
          ordered.every((one, at) => at === 0 || one.kind !== "cwe" || one.role !== "system")
        )
        equal("the order given means nothing", makeSet(given.toReversed(), { ignoreVersionErrors })._tag, set._tag)
      }
    }
  },
  {
    name: "version",
    longest: 1024,
    seeds: () =>
      [...names, "SWIX55C_03.09.15.00-001", "MC7700_ATT_03.05.10.02", "TMO (Generic)"].map((name) =>
        new TextEncoder().encode(name)
      ),
    tokens: ["_", "02.33.03.00", "_00_", "-001", "002.072", "SWI9X30C", "9999999", ".spk", "-field", "INTERNAL"],
    run: (input) => {
      const name = text(input)
      const fields = parseVersion(name)
      parseFileName(name)
      familyOf(name)
      for (const [field, value] of Object.entries(fields))
        hold(`${field} is of the text`, field === "config" || field === "suffix" || name.includes(value as string))
      if (fields.firmware !== undefined) hold("a version is one", /^\d\d\.\d\d\.\d\d\.\d\d$/.test(fields.firmware))
      if (fields.config !== undefined) hold("a config version is one", /^\d{3}\.\d{3}_\d{3}$/.test(fields.config))
      hold("config and carrier come together", (fields.config === undefined) === (fields.carrier === undefined))
    }
  }
]
