/** Facts of the QDL/DLOAD download protocol as values: codes, statuses, limits (qdl.md §3). Pure. */

/** qdl.md §3. `Ack` of DLOAD and `HelloResponse` share their code: their lengths tell them apart (quirk 11). */
export const Command = {
  HelloRequest: 0x01,
  HelloResponse: 0x02,
  DloadAck: 0x02,
  DloadNoop: 0x06,
  Error: 0x0d,
  DiagBadCommand: 0x13,
  OpenRequest: 0x25,
  OpenResponse: 0x26,
  WriteRequest: 0x27,
  WriteResponse: 0x28,
  CloseRequest: 0x29,
  CloseResponse: 0x2a,
  DownloadRequest: 0x2b,
  ResetRequest: 0x2d,
  ImagePreferenceRequest: 0x2e,
  ImagePreferenceResponse: 0x2f,
  DloadSwitch: 0x70
} as const

/** qdl.md §3.2: 28 characters, padded to 32 bytes with NUL. */
export const helloMagic = "QCOM high speed protocol hst"

/** qdl.md §3.2, bits of the last byte of Hello. */
export const Feature = { genericUnframed: 0x10, qdlUnframed: 0x20, barMode: 0x40 } as const

/** What the host says in every Hello (qdl.md §3.2). */
export const helloFeatures = Feature.qdlUnframed | Feature.genericUnframed

/** Versions to try, in this order; Gobi 1000 is 4, Gobi 2000 is 5, Sierra MC77xx and later is 6 (qdl.md §3.2). */
export const helloVersions = [4, 5, 6] as const

/** qdl.md §3.4; the three Gobi types after images.md. */
export const ImageType = { amss: 0x05, apps: 0x06, uqcn: 0x0d, cwe: 0x80 } as const

/** Data bytes of one unframed write (qdl.md §3.5). */
export const maxChunkLength = 1_048_576

/** The sequence number of a write is a u16 and starts at 0 for each image (qdl.md §3.5): more chunks cannot be told apart. */
export const maxChunks = 65_535

/** At most so many entries in an image preference [VEND] (qdl.md §3). */
export const maxImagePreferences = 12

/** qdl.md §3.3. */
export const ErrorCode = {
  None: 0x00,
  InvalidDestinationAddress: 0x02,
  InvalidLength: 0x03,
  UnexpectedEndOfPacket: 0x04,
  InvalidCommand: 0x05,
  OperationFailed: 0x07,
  InvalidFlashId: 0x08,
  InvalidProgrammingVoltage: 0x09,
  WriteVerifyFailed: 0x0a,
  InvalidSecurityCode: 0x0c,
  PowerDownFailed: 0x0d,
  NandProgrammingUnsupported: 0x0e,
  CommandOutOfSequence: 0x0f,
  CloseFailed: 0x10,
  InvalidFeatureBits: 0x11,
  OutOfSpace: 0x12,
  InvalidSecurityMode: 0x13,
  MultiImageNandUnsupported: 0x14,
  PowerOffUnsupported: 0x15,
  CommandNotSupported: 0x16,
  InvalidCrc: 0x17,
  CommandInInvalidState: 0x18,
  ReceiveTimeout: 0x19,
  ImageAuthenticationError: 0x1a
} as const

const errorNames = new Map<number, string>([
  [0x00, "none"],
  [0x01, "reserved"],
  [0x02, "invalid destination address"],
  [0x03, "invalid length"],
  [0x04, "unexpected end of packet"],
  [0x05, "invalid command"],
  [0x06, "reserved"],
  [0x07, "operation failed"],
  [0x08, "invalid flash id"],
  [0x09, "invalid programming voltage"],
  [0x0a, "write verify failed"],
  [0x0b, "reserved"],
  [0x0c, "invalid security code (SPC)"],
  [0x0d, "power-down failed"],
  [0x0e, "NAND programming unsupported"],
  [0x0f, "command out of sequence"],
  [0x10, "close failed"],
  [0x11, "invalid feature bits"],
  [0x12, "out of space"],
  [0x13, "invalid security mode"],
  [0x14, "multi-image NAND unsupported"],
  [0x15, "power-off unsupported"],
  [0x16, "command not supported"],
  [0x17, "invalid CRC"],
  [0x18, "command in invalid state"],
  [0x19, "receive timeout"],
  [0x1a, "image authentication error"]
])

const hexOf = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`

const named = (names: ReadonlyMap<number, string>, code: number): string =>
  `${hexOf(code)} (${names.get(code) ?? "unknown"})`

/** Number and meaning, e.g. `0x16 (command not supported)`: quirk 8 asks for both. */
export const describeError = (code: number): string => named(errorNames, code)

/** Status of Open, qdl.md §3.4. 7 means that the device has this image already [VEND]. */
export const OpenStatus = { ok: 0, imageNotRequired: 7 } as const

/** Status of Write, qdl.md §3.5 [VEND]. */
export const WriteStatus = { ok: 0, crcFailed: 1, parsingFailed: 2 } as const

/** Status of Close, qdl.md §3.6: only success is known. */
export const CloseStatus = { ok: 0 } as const

const openStatusNames = new Map<number, string>([
  [OpenStatus.ok, "ok"],
  [OpenStatus.imageNotRequired, "image not required"]
])
const writeStatusNames = new Map<number, string>([
  [WriteStatus.ok, "ok"],
  [WriteStatus.crcFailed, "CRC failed"],
  [WriteStatus.parsingFailed, "parsing failed"]
])
const closeStatusNames = new Map<number, string>([[CloseStatus.ok, "ok"]])
const imageTypeNames = new Map<number, string>([
  [ImageType.amss, "AMSS"],
  [ImageType.apps, "APPS"],
  [ImageType.uqcn, "UQCN"],
  [ImageType.cwe, "CWE"]
])

export const describeOpenStatus = (status: number): string => named(openStatusNames, status)
export const describeWriteStatus = (status: number): string => named(writeStatusNames, status)
export const describeCloseStatus = (status: number): string => named(closeStatusNames, status)
export const describeImageType = (type: number): string => named(imageTypeNames, type)
