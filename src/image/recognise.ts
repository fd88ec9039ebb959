/** Telling headers from payload, and firmware from everything else that people hand to an updater. Pure. */
import * as Result from "effect/Result"
import { crc32 } from "./crc32.ts"
import type { CweHeader, HeaderFault } from "./CweHeader.ts"
import { decodeHeader, HeaderSize, isTypeCode, KnownRevision, Offset, PsbSize } from "./CweHeader.ts"
import type { ImageKind, ImageRole } from "./FirmwareImage.ts"
import type { Looks } from "./ImageError.ts"

/** The fixed names of Gobi images, compared without case; nothing but the name tells them (images.md §1). */
export const GobiName: { readonly [name: string]: Exclude<ImageKind, "cwe"> } = {
  "amss.mbn": "amss-modem",
  "apps.mbn": "amss-application",
  "uqcn.mbn": "amss-uqcn"
}

/** Bytes at the end of `amss.mbn` that are not sent (images.md §1). */
export const AmssTrailer = 8

export const kindOf = (name: string): ImageKind => {
  const lower = name.toLowerCase()
  return Object.hasOwn(GobiName, lower) ? GobiName[lower]! : "cwe"
}

/**
 * What 400 bytes at the place of a header are. The reference takes anything with readable texts for a part; here the
 * CRC of the PSB decides (images.md §7 Q8), and a header that is plainly one but has a wrong CRC is `damaged`, never
 * payload: that would hide the damage.
 */
export type Judgement =
  | { readonly _tag: "part" | "damaged"; readonly header: CweHeader; readonly psbCrc: number }
  | { readonly _tag: "unreadable"; readonly fault: HeaderFault; readonly stored: number; readonly psbCrc: number }
  | { readonly _tag: "payload" }

export const judge = (bytes: Uint8Array): Judgement => {
  if (bytes.length < HeaderSize) return { _tag: "payload" }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const psbCrc = crc32(bytes.subarray(0, PsbSize))
  const stored = view.getUint32(Offset.psbCrc)
  const decoded = decodeHeader(bytes)
  if (Result.isFailure(decoded)) {
    const type = String.fromCharCode(...bytes.subarray(Offset.type, Offset.type + 4))
    const certain = isTypeCode(type) && view.getUint32(Offset.revision) === KnownRevision
    return psbCrc === stored || certain
      ? { _tag: "unreadable", fault: decoded.failure, stored, psbCrc }
      : { _tag: "payload" }
  }
  const header = decoded.success
  if (psbCrc === stored) return { _tag: "part", header, psbCrc }
  const plausible = header.imageSize > 0 && (isTypeCode(header.type) || header.revision === KnownRevision)
  return plausible ? { _tag: "damaged", header, psbCrc } : { _tag: "payload" }
}

const begins = (bytes: Uint8Array, ...wanted: ReadonlyArray<number>) =>
  wanted.every((byte, index) => bytes[index] === byte)

/** What a file that is no CWE image looks like, by its first bytes. */
export const looksLike = (bytes: Uint8Array): Looks => {
  if (bytes.length === 0) return "empty"
  if (begins(bytes, 0x50, 0x4b, 0x03, 0x04) || begins(bytes, 0x50, 0x4b, 0x05, 0x06)) return "zip"
  if (begins(bytes, 0x4d, 0x5a)) return "exe"
  if (begins(bytes, 0x7f, 0x45, 0x4c, 0x46)) return "elf"
  if (begins(bytes, 0x1f, 0x8b)) return "gzip"
  if (begins(bytes, 0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)) return "7z"
  if (begins(bytes, 0x52, 0x61, 0x72, 0x21)) return "rar"
  if (begins(bytes, 0x55, 0x42, 0x49, 0x23)) return "ubi"
  const mark = begins(bytes, 0xef, 0xbb, 0xbf) ? 3 : 0
  const text = bytes
    .subarray(mark)
    .every((byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 9 || byte === 10 || byte === 13)
  const lead = String.fromCharCode(...bytes.subarray(mark, mark + 64)).trimStart()
  if (text && (lead.startsWith("<?xml") || /^<(?:data|rawprogram|patches)\b/.test(lead))) return "xml"
  if (text) return "text"
  return bytes.length < HeaderSize ? "short" : "unknown"
}

/** Types that only a system image has (images.md §2.4). */
const systemTypes = new Set([
  ...["BOOT", "APPL", "MODM", "SYST", "USER", "SBL1", "SBL2", "QPAR", "QRPM", "TZON", "QMBA", "DSP1", "DSP2", "DSP3"],
  ...["QSDI", "AMSS", "APPS", "APBL", "OSBL", "HDAT", "EXEC", "SWOC", "FOTO", "UAPP", "LRAM", "DCFG", "TAOP"]
])

/**
 * What an image does, by the types of all its parts, never by size or extension. `NVUP` is what makes a carrier
 * image; `FILE` is only a wrapper, but nothing else than a carrier image consists of files alone. Undefined where no
 * part says anything.
 */
export const roleOf = (types: Iterable<string>): ImageRole | undefined => {
  const all = new Set(types)
  const system = [...all].some((type) => systemTypes.has(type))
  if (system) return all.has("NVUP") ? "combined" : "system"
  return all.has("NVUP") || all.has("FILE") ? "carrier" : undefined
}
