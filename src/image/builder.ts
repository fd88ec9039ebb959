/**
 * Makes firmware images: the inverse of the scanner (images.md §2, §3.1). For fixtures, the simulator and integrators'
 * tests. Everything is deterministic; payloads come from a seed. Pure.
 */
import { crc32 } from "./crc32.ts"
import type { CweHeader, PsbDescriptor } from "./CweHeader.ts"
import {
  ComponentType,
  CrcIndicator,
  encodeHeader,
  HeaderSize,
  KnownRevision,
  NoAddress,
  PsbSize,
  Signature,
  writePsb
} from "./CweHeader.ts"

export interface PartSpec {
  /** Four characters, e.g. `SPKG`. */
  readonly type: string
  /** Up to four characters, e.g. `9X30`. */
  readonly product: string
  /** Up to 84 characters; empty by default. */
  readonly version?: string
  /** `MM/DD/YY`. */
  readonly date?: string
  /** Further parts, in order: to be built, or built already. */
  readonly children?: ReadonlyArray<PartSpec | Uint8Array>
  /** The content of a leaf; behind the children where there are some. */
  readonly payload?: Uint8Array
  /** 256 zero bytes by default. */
  readonly psb?: Uint8Array | Omit<PsbDescriptor, "size">
  readonly compatibility?: number
  readonly signature?: number
  readonly crcIndicator?: number
  readonly revision?: number
  readonly miscOptions?: number
  readonly storageAddress?: number
  readonly loadAddress?: number
  readonly entryPoint?: number
}

const concat = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Header and content of one part, with right sizes and CRCs. Text that is too long for its field is cut. */
export const buildPart = (spec: PartSpec): Uint8Array => {
  const children = (spec.children ?? []).map((child) => (child instanceof Uint8Array ? child : buildPart(child)))
  const content = concat([...children, spec.payload ?? new Uint8Array(0)])
  const psb =
    spec.psb === undefined
      ? new Uint8Array(PsbSize)
      : spec.psb instanceof Uint8Array
        ? spec.psb
        : writePsb({ ...spec.psb, size: content.length })
  const header: CweHeader = {
    psb,
    psbCrc: crc32(concat([psb, new Uint8Array(Math.max(0, PsbSize - psb.length))]).subarray(0, PsbSize)),
    revision: spec.revision ?? KnownRevision,
    crcIndicator: spec.crcIndicator ?? CrcIndicator.unset,
    type: spec.type,
    product: spec.product,
    imageSize: content.length,
    imageCrc: crc32(content),
    version: spec.version ?? "",
    date: spec.date ?? "01/07/16",
    compatibility: spec.compatibility ?? 1,
    miscOptions: spec.miscOptions ?? 0,
    reserved: 0,
    storageAddress: spec.storageAddress ?? NoAddress,
    loadAddress: spec.loadAddress ?? NoAddress,
    entryPoint: spec.entryPoint ?? 0,
    signature: spec.signature ?? Signature.normal
  }
  return concat([encodeHeader(header), content])
}

/** `count` bytes that look random and are always the same for the same seed (xorshift32). */
export const seededBytes = (count: number, seed: number): Uint8Array => {
  const bytes = new Uint8Array(count)
  // Multiplied first, so that neighbouring seeds do not begin alike; xorshift must not start at zero.
  let state = Math.imul((seed | 0) + 1, 0x9e3779b1) || 0x2545f491
  for (let at = 0; at < count; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[at] = state >>> 24
  }
  return bytes
}

export interface SystemImageSpec {
  /** `SWI9X30C`, `SWI9X15C`, `9200`… */
  readonly familyToken: string
  /** `AA.BB.CC.DD`, with a build suffix where the family has one. */
  readonly firmware: string
  /** Four characters; from the family token by default. */
  readonly product?: string
  /** Bytes of the whole file; at least {@link SmallestSystemImage}, which is also the default. */
  readonly size?: number
  readonly seed?: number
  readonly date?: string
  /** Version string of the outermost header, instead of `INTERNAL_?_<family>_<firmware>_?_?_?_?`. */
  readonly version?: string
}

/** Headers of the six parts of a built system image, and 64 bytes of content in each of the four leaves. */
export const SmallestSystemImage = 6 * HeaderSize + 4 * 64

/** `9X30` of `SWI9X30C`; the first four characters where the token is of another form. */
export const productOf = (familyToken: string): string => familyToken.replace(/^SWI/i, "").slice(0, 4)

const systemParts = (spec: SystemImageSpec, budget: number): ReadonlyArray<PartSpec> => {
  const product = spec.product ?? productOf(spec.familyToken)
  const version = spec.version ?? `INTERNAL_?_${spec.familyToken}_${spec.firmware}_?_?_?_?`
  const date = spec.date ?? "01/07/16"
  const seed = spec.seed ?? 1
  const rest = Math.max(0, budget - (SmallestSystemImage - HeaderSize))
  const quarter = Math.floor(rest / 4)
  const leaf = (type: string, extra: number, index: number): PartSpec => ({
    type,
    product,
    version,
    date,
    payload: seededBytes(64 + extra, seed * 8 + index)
  })
  return [
    { type: "BOOT", product, version, date, children: [leaf("SBL1", 0, 0)] },
    leaf("MODM", quarter, 1),
    leaf("SYST", quarter, 2),
    leaf("APPL", rest - 2 * quarter, 3)
  ]
}

/** A system image (`.cwe`): boot with a second boot loader inside, modem, system and application. */
export const buildSystemImage = (spec: SystemImageSpec): Uint8Array =>
  buildPart({
    type: "SPKG",
    product: spec.product ?? productOf(spec.familyToken),
    version: spec.version ?? `INTERNAL_?_${spec.familyToken}_${spec.firmware}_?_?_?_?`,
    ...(spec.date === undefined ? {} : { date: spec.date }),
    children: systemParts(spec, (spec.size ?? 0) - HeaderSize)
  })

export interface CarrierImageSpec {
  readonly familyToken: string
  readonly firmware: string
  /** As the modem is to store it; the case counts. */
  readonly carrier: string
  /** `NNN.NNN_NNN`. */
  readonly config: string
  readonly product?: string
  /** Seven digits; `9999999` (any) by default. */
  readonly sku?: string
  /** Seven digits; `9904609` by default. */
  readonly partNumber?: string
  /** Bytes of the whole file; at least four headers and 64 bytes, which is also the default. */
  readonly size?: number
  readonly seed?: number
  readonly date?: string
}

/** The long name: SKU, part number, family, firmware, boot block, carrier, config. */
export const longVersion = (spec: CarrierImageSpec): string =>
  [
    spec.sku ?? "9999999",
    spec.partNumber ?? "9904609",
    spec.familyToken,
    spec.firmware,
    "00",
    spec.carrier,
    spec.config
  ].join("_")

const carrierPart = (spec: CarrierImageSpec, budget: number): PartSpec => {
  const product = spec.product ?? productOf(spec.familyToken)
  const common = { product, date: spec.date ?? "01/07/16" }
  const payload = seededBytes(Math.max(64, budget - 3 * HeaderSize), (spec.seed ?? 1) * 8 + 4)
  const nvup: PartSpec = {
    ...common,
    type: "NVUP",
    // Lower case inside, upper case outside: as on real images (images.md §2.5).
    product: product.toLowerCase(),
    version: longVersion(spec),
    crcIndicator: CrcIndicator.good,
    signature: Signature.parsed,
    payload
  }
  const path = `/swir/nvdelta/NVUP_${spec.carrier}.${spec.config.slice(4, 7)}`
  const file: PartSpec = { ...common, type: "FILE", version: path, compatibility: 0x01000000, children: [nvup] }
  return { ...common, type: "FILE", version: longVersion(spec), compatibility: 0, children: [file] }
}

/** The PSB of a carrier image, but for the size (images.md §2.2). */
const carrierPsb = {
  version: 1,
  componentType: ComponentType.carrier,
  componentFlag: 0,
  offset: HeaderSize,
  sourceVersion: "FULL"
}

/** A carrier image (`.nvu`): files around an NV update. */
export const buildCarrierImage = (spec: CarrierImageSpec): Uint8Array =>
  buildPart({
    type: "SPKG",
    product: spec.product ?? productOf(spec.familyToken),
    version: longVersion(spec),
    ...(spec.date === undefined ? {} : { date: spec.date }),
    psb: carrierPsb,
    children: [carrierPart(spec, (spec.size ?? 0) - HeaderSize)]
  })

/** A combined image (`.spk`, and the `.cwe` of the 9200): system parts, then the carrier's. */
export const buildCombinedImage = (spec: CarrierImageSpec): Uint8Array => {
  const { date, familyToken, firmware, product, seed } = spec
  const carrier = buildPart(carrierPart({ ...spec, size: 0 }, 0))
  const version = longVersion(spec)
  const system: SystemImageSpec = {
    familyToken,
    firmware,
    ...(product === undefined ? {} : { product }),
    ...(seed === undefined ? {} : { seed }),
    ...(date === undefined ? {} : { date })
  }
  return buildPart({
    type: "SPKG",
    product: product ?? productOf(familyToken),
    version,
    ...(date === undefined ? {} : { date }),
    children: [...systemParts(system, (spec.size ?? 0) - HeaderSize - carrier.length), carrier]
  })
}
