/** Why a firmware image, or a set of them, is refused. Every reason names where, what was wanted and what was found. */
import * as Schema from "effect/Schema"
import type { Catalogue } from "../protocol/problem.ts"

/** The four strings that must agree wherever they are found. */
export const ValueName = Schema.Literals(["firmware", "config", "carrier", "sku", "partNumber", "familyToken"])
export type ValueName = typeof ValueName.Type

/** Where a value came from, as shown to the user. */
export const ValueSource = Schema.Struct({
  from: Schema.Literals(["header", "file-name", "embedded-part"]),
  /** File name, with the part for embedded sources. */
  where: Schema.String,
  value: Schema.String
})
export type ValueSource = typeof ValueSource.Type

export const Looks = Schema.Literals([
  "zip",
  "exe",
  "elf",
  "gzip",
  "7z",
  "rar",
  "xml",
  "ubi",
  "text",
  "empty",
  "short",
  "unknown"
])
export type Looks = typeof Looks.Type

/** The place of a fault: part id (`0` is the outermost), file offset in bytes, field, and the two values as shown. */
const place = {
  part: Schema.String,
  offset: Schema.Int,
  field: Schema.String,
  wanted: Schema.String,
  found: Schema.String
}

/** Not a CWE image at all. */
export const NotFirmware = Schema.TaggedStruct("NotFirmware", { ...place, looksLike: Looks })
/** A text field of a header holds a byte that is neither printable ASCII nor part of the NUL padding. */
export const BadText = Schema.TaggedStruct("BadText", place)
/** A header that announces zero bytes, or a file with nothing to send. */
export const EmptyImage = Schema.TaggedStruct("EmptyImage", place)
export const PsbCrcMismatch = Schema.TaggedStruct("PsbCrcMismatch", place)
export const ImageCrcMismatch = Schema.TaggedStruct("ImageCrcMismatch", place)
export const Truncated = Schema.TaggedStruct("Truncated", place)
export const TrailingBytes = Schema.TaggedStruct("TrailingBytes", place)
export const PartExceedsParent = Schema.TaggedStruct("PartExceedsParent", place)
export const TooDeep = Schema.TaggedStruct("TooDeep", place)
export const TooManyParts = Schema.TaggedStruct("TooManyParts", place)
export const TooLarge = Schema.TaggedStruct("TooLarge", place)
/** The scanner got another number of bytes than the file was said to have. */
export const SizeChanged = Schema.TaggedStruct("SizeChanged", place)
/** A CWE image under one of the fixed Gobi names, which would be sent as something else. */
export const Misnamed = Schema.TaggedStruct("Misnamed", place)
export const SourcesDisagree = Schema.TaggedStruct("SourcesDisagree", {
  value: ValueName,
  sources: Schema.Array(ValueSource)
})

/** What a set of images can have against itself. */
export const NoImages = Schema.TaggedStruct("NoImages", {})
export const SameImageTwice = Schema.TaggedStruct("SameImageTwice", { other: Schema.String })
export const DuplicateRole = Schema.TaggedStruct("DuplicateRole", { role: Schema.String, other: Schema.String })
export const MixedKinds = Schema.TaggedStruct("MixedKinds", {
  kind: Schema.String,
  other: Schema.String,
  otherKind: Schema.String
})
export const FamiliesDisagree = Schema.TaggedStruct("FamiliesDisagree", {
  family: Schema.String,
  other: Schema.String,
  otherFamily: Schema.String
})
/** A value given by the user contradicts what the images say. */
export const OverrideDisagrees = Schema.TaggedStruct("OverrideDisagrees", {
  value: ValueName,
  given: Schema.String,
  sources: Schema.Array(ValueSource)
})

export const ImageReason = Schema.Union([
  NotFirmware,
  BadText,
  EmptyImage,
  PsbCrcMismatch,
  ImageCrcMismatch,
  Truncated,
  TrailingBytes,
  PartExceedsParent,
  TooDeep,
  TooManyParts,
  TooLarge,
  SizeChanged,
  Misnamed,
  SourcesDisagree,
  NoImages,
  SameImageTwice,
  DuplicateRole,
  MixedKinds,
  FamiliesDisagree,
  OverrideDisagrees
])
export type ImageReason = typeof ImageReason.Type

export const imageCatalogue: Catalogue<ImageReason["_tag"]> = {
  NotFirmware: {
    code: "IMAGE_NOT_FIRMWARE",
    help: "Give the .cwe, .nvu or .spk file; see the message for what this file is."
  },
  BadText: { code: "IMAGE_BAD_TEXT", help: "The header is damaged: get the file again from where it came." },
  EmptyImage: { code: "IMAGE_EMPTY", help: "There is nothing to send: get the file again from where it came." },
  PsbCrcMismatch: { code: "IMAGE_PSB_CRC", help: "The header is damaged: get the file again from where it came." },
  ImageCrcMismatch: { code: "IMAGE_CRC", help: "The content is damaged: get the file again from where it came." },
  Truncated: { code: "IMAGE_TRUNCATED", help: "The file is incomplete: download or copy it again." },
  TrailingBytes: {
    code: "IMAGE_TRAILING_BYTES",
    help: "Something was appended to the file: get it again from where it came."
  },
  PartExceedsParent: {
    code: "IMAGE_PART_EXCEEDS_PARENT",
    help: "The nesting is damaged: get the file again from where it came."
  },
  TooDeep: { code: "IMAGE_TOO_DEEP", help: "No real image nests this deep: do not trust this file." },
  TooManyParts: { code: "IMAGE_TOO_MANY_PARTS", help: "No real image has this many parts: do not trust this file." },
  TooLarge: {
    code: "IMAGE_TOO_LARGE",
    help: "The download protocol cannot carry a file of this size; check that it is the right one."
  },
  SizeChanged: {
    code: "IMAGE_SIZE_CHANGED",
    help: "Another program is still writing the file: wait until it is done, then try again."
  },
  Misnamed: {
    code: "IMAGE_MISNAMED",
    help: "Give the file its own name back: this one stands for another kind of image."
  },
  SourcesDisagree: {
    code: "IMAGE_SOURCES_DISAGREE",
    help: "Check that the file was not renamed and belongs here; --ignore-version-errors takes the first value."
  },
  NoImages: { code: "IMAGE_SET_EMPTY", help: "Name at least one image file." },
  SameImageTwice: { code: "IMAGE_SET_SAME_TWICE", help: "Name each file once." },
  DuplicateRole: {
    code: "IMAGE_SET_DUPLICATE_ROLE",
    help: "Give one system image and one carrier image, or one combined image."
  },
  MixedKinds: {
    code: "IMAGE_SET_MIXED_KINDS",
    help: "Gobi .mbn files and CWE images belong to different modems: give only one kind."
  },
  FamiliesDisagree: {
    code: "IMAGE_SET_FAMILIES_DISAGREE",
    help: "Give only files for one modem family: a wrong image can disable a modem."
  },
  OverrideDisagrees: {
    code: "IMAGE_SET_OVERRIDE_DISAGREES",
    help: "Leave the option out, or use --ignore-version-errors to let it win over the files."
  }
}

const looks: { readonly [L in Looks]: { readonly what: string; readonly advice: string } } = {
  zip: { what: "a ZIP archive", advice: "unpack it and give the .cwe, .nvu or .spk files inside" },
  exe: {
    what: "a Windows program",
    advice: "if it is a self-extractor, unpack it with 7-Zip and give the .cwe, .nvu or .spk files inside"
  },
  elf: {
    what: "an ELF program",
    advice: "loaders and raw partitions cannot be sent; give the .cwe, .nvu or .spk file"
  },
  gzip: { what: "a gzip archive", advice: "unpack it and give the .cwe, .nvu or .spk files inside" },
  "7z": { what: "a 7-Zip archive", advice: "unpack it and give the .cwe, .nvu or .spk files inside" },
  rar: { what: "a RAR archive", advice: "unpack it and give the .cwe, .nvu or .spk files inside" },
  xml: {
    what: "an XML file, as in packages for raw flashing",
    advice: "such packages are for another tool; give the .cwe, .nvu or .spk file"
  },
  ubi: { what: "a UBI flash image", advice: "raw partitions cannot be sent; give the .cwe, .nvu or .spk file" },
  text: { what: "a text file", advice: "give the .cwe, .nvu or .spk file; a failed download is often a web page" },
  empty: { what: "empty", advice: "download or copy it again" },
  short: {
    what: "shorter than one CWE header",
    advice: "download or copy it again, or give the .cwe, .nvu or .spk file"
  },
  unknown: { what: "not a firmware image that is known here", advice: "give the .cwe, .nvu or .spk file" }
}

/** `0x` and hex digits: file offsets. */
export const hex = (value: number): string => `0x${value.toString(16).toUpperCase()}`
/** `0x` and eight hex digits: sums and words. */
export const hex32 = (value: number): string => `0x${(value >>> 0).toString(16).toUpperCase().padStart(8, "0")}`

const label: { readonly [N in ValueName]: string } = {
  firmware: "firmware version",
  config: "config version",
  carrier: "carrier",
  sku: "SKU",
  partNumber: "part number",
  familyToken: "family"
}

const shown = (sources: ReadonlyArray<ValueSource>) =>
  sources
    .map((source) => `${source.value} (${source.from === "file-name" ? "name of" : "inside"} ${source.where})`)
    .join(", ")

/** The sentence of a reason, without the file. */
export const describeReason = (reason: ImageReason): string => {
  switch (reason._tag) {
    case "NotFirmware": {
      const { what, advice } = looks[reason.looksLike]
      return `this is ${what}, no firmware image; ${advice} (at ${hex(reason.offset)}, ${reason.field}: wanted ${reason.wanted}, found ${reason.found})`
    }
    case "SourcesDisagree":
      return `the ${label[reason.value]} is contradictory: ${shown(reason.sources)}`
    case "NoImages":
      return "no image file was given"
    case "SameImageTwice":
      return `the same image as ${reason.other}, byte for byte`
    case "DuplicateRole":
      return `a second ${reason.role} image beside ${reason.other}`
    case "MixedKinds":
      return `${reason.kind} cannot go together with ${reason.other} (${reason.otherKind})`
    case "FamiliesDisagree":
      return `made for ${reason.family}, but ${reason.other} is made for ${reason.otherFamily}`
    case "OverrideDisagrees":
      return `the given ${label[reason.value]} ${reason.given} contradicts the images: ${shown(reason.sources)}`
    default:
      return `${faults[reason._tag]} (part ${reason.part} at ${hex(reason.offset)}, ${reason.field}: wanted ${reason.wanted}, found ${reason.found})`
  }
}

const faults = {
  BadText: "unreadable text in a header",
  EmptyImage: "an image without content",
  PsbCrcMismatch: "CRC mismatch in a header",
  ImageCrcMismatch: "CRC mismatch in the content",
  Truncated: "the file ends too early",
  TrailingBytes: "bytes after the end of the image",
  PartExceedsParent: "a part reaches beyond the part that holds it",
  TooDeep: "nested too deep",
  TooManyParts: "too many parts",
  TooLarge: "too large to be sent",
  SizeChanged: "the file changed its size while it was read",
  Misnamed: "a CWE image under the name of a Gobi image"
} as const

/** One image, or the set, is refused. `file` is the name of the file, or of all files of the set joined by a comma. */
export class ImageError extends Schema.TaggedError<ImageError>()("ImageError", {
  file: Schema.String,
  reason: ImageReason
}) {
  get code(): string {
    return imageCatalogue[this.reason._tag].code
  }
  get help(): string {
    return imageCatalogue[this.reason._tag].help
  }
  override get message(): string {
    return this.file === "" ? describeReason(this.reason) : `${this.file}: ${describeReason(this.reason)}`
  }
}
