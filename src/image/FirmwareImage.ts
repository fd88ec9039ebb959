/** What is known of one image file after it was read from end to end. Data only. */
import type { CweHeader } from "./CweHeader.ts"
import type { ImageReason, ValueName, ValueSource } from "./ImageError.ts"

/** CWE image, or one of the three fixed Gobi names (images.md §1). */
export type ImageKind = "cwe" | "amss-modem" | "amss-application" | "amss-uqcn"

/** The image type byte of the QDL Open request (images.md §1, qdl.md §3.4). */
export const QdlType = { cwe: 0x80, "amss-modem": 0x05, "amss-application": 0x06, "amss-uqcn": 0x0d } as const

/** A stored sum against the one computed; `computed` is undefined where the file ended before the range did. */
export interface CrcCheck {
  readonly stored: number
  readonly computed: number | undefined
  readonly ok: boolean
}

/** A CWE image inside the file; the outermost one has id `0`, its children `0.0`, `0.1`… */
export interface CwePart {
  readonly id: string
  /** Of the header, in bytes from the start of the file. */
  readonly offset: number
  /** Header and content, in bytes. */
  readonly size: number
  readonly header: CweHeader
  readonly psbCrc: CrcCheck
  readonly imageCrc: CrcCheck
  readonly children: ReadonlyArray<CwePart>
  /** What is no further part: the whole content of a leaf, else the tail behind the last child (size 0: none). */
  readonly payload: { readonly offset: number; readonly size: number }
}

/** One of the values, with everything that spoke about it. Undefined where nothing did. */
export interface SourcedValue {
  readonly value: string | undefined
  /** Best first: header, embedded carrier part, file name, embedded boot part. */
  readonly sources: ReadonlyArray<ValueSource>
}

export type ImageValues = { readonly [N in ValueName]: SourcedValue }

/** What an image does to a modem, by the parts inside. */
export type ImageRole = "system" | "carrier" | "combined"

/** Something worth showing that is no fault. */
export interface ImageNote {
  readonly part?: string
  readonly offset?: number
  readonly text: string
}

/** What a scan saw, faults or not. Only {@link FirmwareImage} is fit for sending. */
export interface ScannedImage {
  /** Base name of the file. */
  readonly name: string
  readonly kind: ImageKind
  /** Bytes of the file. */
  readonly size: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly qdlType: number
  /** Appended to QDL Open verbatim: the 400 header bytes of a CWE image, nothing for Gobi images. */
  readonly headerBytes: Uint8Array
  readonly payloadOffset: number
  readonly payloadSize: number
  /** Undefined for Gobi images, whose content is not looked into. */
  readonly root: CwePart | undefined
  readonly values: ImageValues
  readonly role: ImageRole
  /** Product codes of all parts in file order, each once; case does not count. */
  readonly products: ReadonlyArray<string>
  readonly notes: ReadonlyArray<ImageNote>
}

/** An image without any fault: all CRCs of all levels were right. Only `verdict` and its callers make one. */
export interface FirmwareImage extends ScannedImage {
  readonly verified: true
}

/** The outcome of a scan: `image` is undefined where the file is no firmware at all. */
export interface Scan {
  readonly name: string
  readonly image: ScannedImage | undefined
  /** In the order in which they were met; the first one is the one to name. */
  readonly problems: ReadonlyArray<ImageReason>
}

/** All parts of a tree in file order, parents first. Depth is bounded by the scanner. */
export const partsOf = (root: CwePart | undefined): ReadonlyArray<CwePart> => {
  const all: Array<CwePart> = []
  const waiting = root === undefined ? [] : [root]
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    all.push(part)
    for (let index = part.children.length - 1; index >= 0; index--) waiting.push(part.children[index]!)
  }
  return all
}
