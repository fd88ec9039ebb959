/**
 * The 400-byte header of a CWE image and of every part inside it (images.md §2): all fields, both ways.
 * All integers are big endian. Pure.
 */
import * as Result from "effect/Result"

export const HeaderSize = 400
export const PsbSize = 256

/** Byte offsets inside the header (images.md §2). */
export const Offset = {
  psb: 0,
  psbCrc: 256,
  revision: 260,
  crcIndicator: 264,
  type: 268,
  product: 272,
  imageSize: 276,
  imageCrc: 280,
  version: 284,
  date: 368,
  compatibility: 376,
  miscOptions: 380,
  reserved: 381,
  storageAddress: 384,
  loadAddress: 388,
  entryPoint: 392,
  signature: 396
} as const

/** The four text fields and their sizes in bytes; text may fill its field, there is no terminator then. */
export const TextField = { type: 4, product: 4, version: 84, date: 8 } as const
export type TextFieldName = keyof typeof TextField

/** The revision on every known image (images.md §2). */
export const KnownRevision = 3

/** Seen values of the CRC-valid indicator; the image CRC is right with both (images.md §2). */
export const CrcIndicator = { unset: 0xffffffff, good: 0x474f4f44 } as const

/** Seen values of the application signature (images.md §2): normal, and ASCII `Pars` on `NVUP`. */
export const Signature = { normal: 0x00000001, parsed: 0x50617273 } as const

/** An address field that is not set. */
export const NoAddress = 0xffffffff

/** Bits of the misc options byte (images.md §2.6). */
export const MiscOption = { compressed: 0x01, encrypted: 0x02, signed: 0x04, delta: 0x08 } as const

/** Image type codes and what they stand for (images.md §2.4). */
export const TypeCode = {
  SPKG: "super package",
  BOOT: "boot composite",
  APPL: "application composite",
  MODM: "modem composite",
  SYST: "system partition",
  USER: "user-data partition",
  FILE: "file (the version field is its path)",
  NVUP: "NV update",
  SBL1: "second boot loader 1",
  SBL2: "second boot loader 2",
  QPAR: "partition table",
  QRPM: "resource power manager",
  TZON: "TrustZone",
  QMBA: "modem boot authenticator",
  DSP1: "QDSP 1",
  DSP2: "QDSP 2",
  DSP3: "QDSP 3",
  QSDI: "system debug image",
  AMSS: "Qualcomm modem stage",
  APPS: "Qualcomm application stage",
  APBL: "application boot loader",
  OSBL: "operating system boot loader",
  NVBF: "NV backup, factory",
  NVBO: "NV backup, OEM",
  NVBU: "NV backup, user",
  NVBC: "NV backup, carrier",
  HDAT: "host-data partition",
  EXEC: "executable",
  SWOC: "software on card",
  FOTO: "firmware over the air",
  SPLA: "splash screen",
  ARCH: "archive",
  UAPP: "user application",
  LRAM: "Linux RAM image",
  CUS0: "customer image 0",
  CUS1: "customer image 1",
  CUS2: "customer image 2",
  CUSG: "customer image",
  HASH: "hashes",
  META: "metadata",
  KEYS: "keys",
  DCFG: "device configuration",
  TAOP: "trusted application"
} as const
export type TypeCode = keyof typeof TypeCode

export const isTypeCode = (code: string): code is TypeCode => Object.hasOwn(TypeCode, code)

export interface CweHeader {
  /** Product specific buffer, 256 bytes, kept as they are. */
  readonly psb: Uint8Array
  readonly psbCrc: number
  readonly revision: number
  readonly crcIndicator: number
  /** Four characters, e.g. `SPKG`. */
  readonly type: string
  /** Up to four characters, e.g. `9X30`; upper and lower case vary inside one file. */
  readonly product: string
  /** Bytes that follow this header, without the header. */
  readonly imageSize: number
  readonly imageCrc: number
  readonly version: string
  /** `MM/DD/YY`. */
  readonly date: string
  /** Backward-compatibility word. */
  readonly compatibility: number
  readonly miscOptions: number
  /** Three reserved bytes as one number. */
  readonly reserved: number
  readonly storageAddress: number
  readonly loadAddress: number
  readonly entryPoint: number
  readonly signature: number
}

/** Why 400 bytes are no header. `offset` counts from the start of the header. */
export type HeaderFault =
  | { readonly _tag: "TooShort"; readonly found: number }
  | { readonly _tag: "BadText"; readonly field: TextFieldName; readonly offset: number; readonly found: number }

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Printable ASCII, then NUL up to the end of the field (images.md §3 step 4): the text, or the offset of the first other byte. */
const readText = (bytes: Uint8Array, field: TextFieldName): string | number => {
  const start = Offset[field]
  const end = start + TextField[field]
  let text = ""
  let at = start
  for (; at < end && bytes[at] !== 0; at++) {
    const byte = bytes[at]!
    if (byte < 0x20 || byte > 0x7e) return at
    text += String.fromCharCode(byte)
  }
  for (; at < end; at++) if (bytes[at] !== 0) return at
  return text
}

/**
 * Reads the header at the beginning of `bytes`. Checks the length and the four texts; sizes and sums are the
 * scanner's business. The PSB of the result is a copy.
 */
export const decodeHeader = (bytes: Uint8Array): Result.Result<CweHeader, HeaderFault> => {
  if (bytes.length < HeaderSize) return Result.fail({ _tag: "TooShort", found: bytes.length })
  const text = { type: "", product: "", version: "", date: "" }
  for (const field of ["type", "product", "version", "date"] as const) {
    const value = readText(bytes, field)
    if (typeof value === "number") return Result.fail({ _tag: "BadText", field, offset: value, found: bytes[value]! })
    text[field] = value
  }
  const view = viewOf(bytes)
  return Result.succeed({
    psb: bytes.slice(0, PsbSize),
    psbCrc: view.getUint32(Offset.psbCrc),
    revision: view.getUint32(Offset.revision),
    crcIndicator: view.getUint32(Offset.crcIndicator),
    ...text,
    imageSize: view.getUint32(Offset.imageSize),
    imageCrc: view.getUint32(Offset.imageCrc),
    compatibility: view.getUint32(Offset.compatibility),
    miscOptions: view.getUint8(Offset.miscOptions),
    reserved: (view.getUint8(Offset.reserved) << 16) | view.getUint16(Offset.reserved + 1),
    storageAddress: view.getUint32(Offset.storageAddress),
    loadAddress: view.getUint32(Offset.loadAddress),
    entryPoint: view.getUint32(Offset.entryPoint),
    signature: view.getUint32(Offset.signature)
  })
}

/**
 * The inverse of {@link decodeHeader}, byte for byte. Text longer than its field is cut and characters beyond one
 * byte lose their high bits: the builder must be able to write headers that no parser accepts.
 */
export const encodeHeader = (header: CweHeader): Uint8Array => {
  const bytes = new Uint8Array(HeaderSize)
  const view = viewOf(bytes)
  bytes.set(header.psb.subarray(0, PsbSize), Offset.psb)
  view.setUint32(Offset.psbCrc, header.psbCrc)
  view.setUint32(Offset.revision, header.revision)
  view.setUint32(Offset.crcIndicator, header.crcIndicator)
  for (const field of ["type", "product", "version", "date"] as const) {
    const text = header[field].slice(0, TextField[field])
    for (let index = 0; index < text.length; index++) bytes[Offset[field] + index] = text.charCodeAt(index)
  }
  view.setUint32(Offset.imageSize, header.imageSize)
  view.setUint32(Offset.imageCrc, header.imageCrc)
  view.setUint32(Offset.compatibility, header.compatibility)
  view.setUint8(Offset.miscOptions, header.miscOptions)
  view.setUint8(Offset.reserved, header.reserved >>> 16)
  view.setUint16(Offset.reserved + 1, header.reserved & 0xffff)
  view.setUint32(Offset.storageAddress, header.storageAddress)
  view.setUint32(Offset.loadAddress, header.loadAddress)
  view.setUint32(Offset.entryPoint, header.entryPoint)
  view.setUint32(Offset.signature, header.signature)
  return bytes
}

/** First descriptor of the PSB, as `.nvu` files carry it (images.md §2.2). */
export interface PsbDescriptor {
  /** Descriptor version or "valid" flag: 1. */
  readonly version: number
  /** 2 carrier, 3 OEM. */
  readonly componentType: number
  readonly componentFlag: number
  /** Offset of the component in the package: 0x190. */
  readonly offset: number
  readonly size: number
  /** Up to 16 characters, `FULL`. */
  readonly sourceVersion: string
}

/** Component types seen in PSB descriptors (images.md §2.2). */
export const ComponentType = { carrier: 2, oem: 3 } as const

/** The first descriptor, or undefined where the PSB is empty (first byte 0: the normal case of `.cwe`). */
export const readPsbDescriptor = (psb: Uint8Array): PsbDescriptor | undefined => {
  if (psb.length < 32 || psb[0] === 0) return undefined
  const view = viewOf(psb)
  let sourceVersion = ""
  for (let at = 12; at < 28 && psb[at] !== 0; at++) {
    const byte = psb[at]!
    sourceVersion += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : "."
  }
  return {
    version: view.getUint8(0),
    componentType: view.getUint8(1),
    componentFlag: view.getUint8(2),
    offset: view.getUint32(4),
    size: view.getUint32(8),
    sourceVersion
  }
}

/** A PSB of 256 bytes with this first descriptor, the rest zero. */
export const writePsb = (descriptor: PsbDescriptor): Uint8Array => {
  const psb = new Uint8Array(PsbSize)
  const view = viewOf(psb)
  view.setUint8(0, descriptor.version)
  view.setUint8(1, descriptor.componentType)
  view.setUint8(2, descriptor.componentFlag)
  view.setUint32(4, descriptor.offset)
  view.setUint32(8, descriptor.size)
  const text = descriptor.sourceVersion.slice(0, 16)
  for (let index = 0; index < text.length; index++) psb[12 + index] = text.charCodeAt(index)
  return psb
}
