/**
 * Writes fixtures/images: small image files made with the builder. Run with Node 24: `node scripts/make-fixtures.mts`.
 * A test compares the committed files with what this makes.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { buildCarrierImage, buildCombinedImage, buildSystemImage } from "../src/image/builder.ts"
import {
  nested,
  truncated,
  withFlippedBit,
  withImageSize,
  withTextByte,
  withTrailingBytes,
  withWrongPsbCrc
} from "../src/image/damage.ts"
import type { ImageReason } from "../src/image/ImageError.ts"

const x30 = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_001" }
const x15 = { familyToken: "SWI9X15C", firmware: "05.05.58.00", carrier: "GENEU-4G", config: "005.026_000" }

const system = buildSystemImage({ ...x30, date: "06/02/19", size: 6000, seed: 30 })
const carrier = buildCarrierImage({ ...x30, date: "06/02/19", size: 3000, seed: 31 })

/** By path below fixtures/images. */
export const goodImages: { readonly [path: string]: Uint8Array } = {
  "SWI9X30C_02.33.03.00.cwe": system,
  "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu": carrier,
  "SWI9X15C_05.05.58.00.cwe": buildSystemImage({ ...x15, date: "03/05/15", size: 6000, seed: 15 }),
  "SWI9X15C_05.05.58.00_GENEU-4G_005.026_000.nvu": buildCarrierImage({
    ...x15,
    partNumber: "9902674",
    date: "03/05/15",
    size: 3000,
    seed: 16
  }),
  "9999999_9902674_SWI9X15C_05.05.58.00_00_GENEU-4G_005.026_000-field.spk": buildCombinedImage({
    ...x15,
    partNumber: "9902674",
    date: "03/05/15",
    size: 8000,
    seed: 17
  }),
  "MC7700_03.05.29.03_00_generic_000.000_001.cwe": buildSystemImage({
    familyToken: "9200",
    firmware: "03.05.29.03",
    version: "9999999_9999999_9200_03.05.29.03_00_generic_000.000_001_SPKG_MC",
    date: "12/12/13",
    size: 5000,
    seed: 92
  })
}

/** By path below fixtures/images: the file and why it is refused. */
export const brokenImages: { readonly [path: string]: readonly [ImageReason["_tag"], Uint8Array] } = {
  "broken/header-crc.cwe": ["PsbCrcMismatch", withWrongPsbCrc(system, "0.2")],
  "broken/content-crc.nvu": ["ImageCrcMismatch", withFlippedBit(carrier, 2500)],
  "broken/truncated.cwe": ["Truncated", truncated(system, 1500)],
  "broken/trailing-bytes.cwe": ["TrailingBytes", withTrailingBytes(system, 100)],
  "broken/part-exceeds-parent.cwe": ["PartExceedsParent", withImageSize(system, 100_000, "0.3")],
  "broken/empty-part.cwe": ["EmptyImage", withImageSize(system, 0, "0.1")],
  "broken/bad-text.cwe": ["BadText", withTextByte(system, "version", 3, 0x80)],
  "broken/nine-levels.cwe": ["TooDeep", nested(9)],
  "broken/SWI9X30C_02.24.05.06_GENERIC_002.026_000.nvu": ["SourcesDisagree", carrier],
  // The smallest ZIP there is: the end record of an archive without files.
  "broken/archive.zip": ["NotFirmware", Uint8Array.of(0x50, 0x4b, 0x05, 0x06, ...new Uint8Array(18))],
  "broken/setup.exe": ["NotFirmware", Uint8Array.of(0x4d, 0x5a, ...new Uint8Array(510))],
  "broken/empty.cwe": ["NotFirmware", new Uint8Array(0)]
}

/** Where they are kept. */
export const fixtureFolder = new URL("../fixtures/images/", import.meta.url)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const write = (path: string, bytes: Uint8Array) => {
    const target = fileURLToPath(new URL(path, fixtureFolder))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, bytes)
    console.log(`${path}: ${String(bytes.length)} bytes`)
  }
  for (const [path, bytes] of Object.entries(goodImages)) write(path, bytes)
  for (const [path, [, bytes]] of Object.entries(brokenImages)) write(path, bytes)
}
