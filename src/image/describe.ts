/** Shows images to people (lines of text, no colours) and to programs (a value with a schema). Pure. */
import * as Schema from "effect/Schema"
import { MiscOption, NoAddress, readPsbDescriptor, TypeCode } from "./CweHeader.ts"
import type { CrcCheck, CwePart, Scan } from "./FirmwareImage.ts"
import { partsOf } from "./FirmwareImage.ts"
import { describeReason, hex, hex32, imageCatalogue, ValueSource } from "./ImageError.ts"
import type { ImageSet } from "./ImageSet.ts"
import { valueNames } from "./values.ts"

const SourcedReport = Schema.Struct({ value: Schema.NullOr(Schema.String), sources: Schema.Array(ValueSource) })
const ValuesReport = Schema.Struct({
  firmware: SourcedReport,
  config: SourcedReport,
  carrier: SourcedReport,
  sku: SourcedReport,
  partNumber: SourcedReport,
  familyToken: SourcedReport
})
const CrcReport = Schema.Struct({ stored: Schema.String, computed: Schema.NullOr(Schema.String), ok: Schema.Boolean })
const NoteReport = Schema.Struct({
  part: Schema.optionalKey(Schema.String),
  offset: Schema.optionalKey(Schema.Int),
  text: Schema.String
})

/** One part; offsets and sizes in bytes, words in hex. */
export const PartReport = Schema.Struct({
  id: Schema.String,
  offset: Schema.Int,
  size: Schema.Int,
  type: Schema.String,
  product: Schema.String,
  version: Schema.String,
  date: Schema.String,
  imageSize: Schema.Int,
  revision: Schema.Int,
  crcIndicator: Schema.String,
  compatibility: Schema.String,
  miscOptions: Schema.Array(Schema.String),
  storageAddress: Schema.NullOr(Schema.String),
  loadAddress: Schema.NullOr(Schema.String),
  entryPoint: Schema.String,
  signature: Schema.String,
  psb: Schema.NullOr(
    Schema.Struct({
      version: Schema.Int,
      componentType: Schema.Int,
      componentFlag: Schema.Int,
      offset: Schema.Int,
      size: Schema.Int,
      sourceVersion: Schema.String
    })
  ),
  psbCrc: CrcReport,
  imageCrc: CrcReport,
  payload: Schema.Struct({ offset: Schema.Int, size: Schema.Int })
})
export type PartReport = typeof PartReport.Type

/** Everything that `boothold inspect` knows of one file. `image` is null where the file is no firmware. */
export const ImageReport = Schema.Struct({
  name: Schema.String,
  ok: Schema.Boolean,
  problems: Schema.Array(
    Schema.Struct({ tag: Schema.String, code: Schema.String, message: Schema.String, help: Schema.String })
  ),
  image: Schema.NullOr(
    Schema.Struct({
      kind: Schema.Literals(["cwe", "amss-modem", "amss-application", "amss-uqcn"]),
      role: Schema.Literals(["system", "carrier", "combined"]),
      size: Schema.Int,
      sha256: Schema.String,
      qdlType: Schema.Int,
      headerSize: Schema.Int,
      payloadOffset: Schema.Int,
      payloadSize: Schema.Int,
      products: Schema.Array(Schema.String),
      values: ValuesReport,
      notes: Schema.Array(NoteReport),
      /** In file order; the id tells the nesting: `0.1` is the second part inside `0`. */
      parts: Schema.Array(PartReport)
    })
  )
})
export type ImageReport = typeof ImageReport.Type

/** What an image set amounts to. */
export const SetReport = Schema.Struct({
  images: Schema.Array(
    Schema.Struct({ name: Schema.String, role: Schema.String, size: Schema.Int, sha256: Schema.String })
  ),
  family: Schema.NullOr(Schema.String),
  products: Schema.Array(Schema.String),
  values: ValuesReport,
  missing: Schema.Array(Schema.Literals(["system", "carrier"])),
  notes: Schema.Array(NoteReport),
  totalBytes: Schema.Int
})
export type SetReport = typeof SetReport.Type

type Sourced = { readonly value: string | undefined; readonly sources: ReadonlyArray<ValueSource> }
type Values = { readonly [N in (typeof valueNames)[number]]: Sourced }

const reportValues = (values: Values): typeof ValuesReport.Type => {
  const one = ({ sources, value }: Sourced) => ({ value: value ?? null, sources })
  return {
    firmware: one(values.firmware),
    config: one(values.config),
    carrier: one(values.carrier),
    sku: one(values.sku),
    partNumber: one(values.partNumber),
    familyToken: one(values.familyToken)
  }
}

const reportCrc = (crc: CrcCheck) => ({
  stored: hex32(crc.stored),
  computed: crc.computed === undefined ? null : hex32(crc.computed),
  ok: crc.ok
})

const miscNames = (bits: number): ReadonlyArray<string> =>
  Object.entries(MiscOption).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]))

const address = (value: number) => (value === NoAddress ? null : hex32(value))

const reportPart = (part: CwePart): PartReport => {
  const { header } = part
  return {
    id: part.id,
    offset: part.offset,
    size: part.size,
    type: header.type,
    product: header.product,
    version: header.version,
    date: header.date,
    imageSize: header.imageSize,
    revision: header.revision,
    crcIndicator: hex32(header.crcIndicator),
    compatibility: hex32(header.compatibility),
    miscOptions: miscNames(header.miscOptions),
    storageAddress: address(header.storageAddress),
    loadAddress: address(header.loadAddress),
    entryPoint: hex32(header.entryPoint),
    signature: hex32(header.signature),
    psb: readPsbDescriptor(header.psb) ?? null,
    psbCrc: reportCrc(part.psbCrc),
    imageCrc: reportCrc(part.imageCrc),
    payload: part.payload
  }
}

/** The scan of one file as plain data. */
export const imageReport = (scan: Scan): ImageReport => {
  const { image, name, problems } = scan
  return {
    name,
    ok: image !== undefined && problems.length === 0,
    problems: problems.map((reason) => ({
      tag: reason._tag,
      ...imageCatalogue[reason._tag],
      message: describeReason(reason)
    })),
    image:
      image === undefined
        ? null
        : {
            kind: image.kind,
            role: image.role,
            size: image.size,
            sha256: image.sha256,
            qdlType: image.qdlType,
            headerSize: image.headerBytes.length,
            payloadOffset: image.payloadOffset,
            payloadSize: image.payloadSize,
            products: image.products,
            values: reportValues(image.values),
            notes: image.notes,
            parts: partsOf(image.root).map(reportPart)
          }
  }
}

export const setReport = (set: ImageSet): SetReport => ({
  images: set.images.map(({ name, role, sha256, size }) => ({ name, role, sha256, size })),
  family: set.family ?? null,
  products: set.products,
  values: reportValues(set.values),
  missing: set.missing,
  notes: set.notes,
  totalBytes: set.totalBytes
})

const titles: { readonly [N in (typeof valueNames)[number]]: string } = {
  firmware: "firmware",
  config: "config",
  carrier: "carrier",
  sku: "SKU",
  partNumber: "part number",
  familyToken: "family"
}

/** Values one per line, those that nobody names left out; behind each the sources, or for a set only the files. */
const valueLines = (values: typeof ValuesReport.Type, of: "file" | "set"): ReadonlyArray<string> =>
  valueNames.flatMap((name) => {
    const { sources, value } = values[name]
    if (value === null) return []
    const from = sources.map((source) => {
      const [file, part] = /^(.*) (part [\d.]+ \(.*\))$/s.exec(source.where)?.slice(1) ?? [source.where, ""]
      const inside = { header: "header", "file-name": "file name", "embedded-part": part ?? "" }[source.from]
      const place = of === "set" ? (file ?? "") : inside
      return source.value === value ? place : `${place} says ${source.value}`
    })
    const behind = from.length === 0 ? "given" : [...new Set(from)].join(", ")
    return [`  ${titles[name].padEnd(12)} ${value}  (${behind})`]
  })

/** File names can hold anything, also terminal control sequences. */
const plain = (line: string) =>
  line.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`
  )

const crcText = (name: string, crc: typeof CrcReport.Type) =>
  crc.ok
    ? `${name} CRC ok`
    : `${name} CRC BAD (stored ${crc.stored}, ${crc.computed === null ? "not computable" : `computed ${crc.computed}`})`

const partLines = (part: PartReport): ReadonlyArray<string> => {
  const indent = "  ".repeat(part.id.split(".").length)
  const meaning = Object.hasOwn(TypeCode, part.type) ? ` ${TypeCode[part.type as TypeCode]}` : ""
  const extra = [
    ...(part.date === "" ? [] : [part.date]),
    crcText("header", part.psbCrc),
    crcText("content", part.imageCrc),
    ...part.miscOptions,
    ...(part.loadAddress === null ? [] : [`load ${part.loadAddress}`]),
    ...(part.psb === null ? [] : [`PSB ${part.psb.sourceVersion}`])
  ]
  return [
    `${indent}${part.id} ${part.type}${meaning}  ${part.product}  ${hex(part.offset)} + ${String(part.size)} bytes`,
    ...(part.version === "" ? [] : [`${indent}    ${part.version}`]),
    `${indent}    ${extra.join(", ")}`
  ]
}

const roleText = {
  system: "system image",
  carrier: "carrier image",
  combined: "combined system and carrier image"
} as const

const noteLines = (notes: ReadonlyArray<typeof NoteReport.Type>): ReadonlyArray<string> =>
  notes.map((note) => `  note: ${note.part === undefined ? "" : `part ${note.part}: `}${note.text}`)

/** A scan as readable lines: values with sources, tree, notes, problems, and the verdict last. */
export const describeScan = (scan: Scan): ReadonlyArray<string> => {
  const { image, name, ok, problems } = imageReport(scan)
  const head =
    image === null
      ? [name]
      : [
          `${name}: ${image.kind === "cwe" ? roleText[image.role] : image.kind}, ${String(image.size)} bytes`,
          `  ${"SHA-256".padEnd(12)} ${image.sha256}`,
          ...(image.products.length === 0 ? [] : [`  ${"product".padEnd(12)} ${image.products.join(", ")}`]),
          ...valueLines(image.values, "file"),
          ...image.parts.flatMap(partLines),
          ...noteLines(image.notes)
        ]
  const faults = problems.flatMap((problem) => [`  problem: ${problem.message}`, `    ${problem.help}`])
  const checked =
    image?.kind === "cwe"
      ? `all CRCs of ${String(image.parts.length)} ${image.parts.length === 1 ? "part" : "parts"} are right`
      : "told by its name; Gobi images carry no checksum"
  const verdict = ok
    ? `  good: ${checked}`
    : `  refused: ${String(problems.length)} ${problems.length === 1 ? "problem" : "problems"}`
  return [...head, ...faults, verdict].map(plain)
}

/** A set as readable lines. */
export const describeSet = (set: ImageSet): ReadonlyArray<string> => {
  const report = setReport(set)
  return [
    `image set${report.family === null ? "" : ` for ${report.family}`}: ${String(report.totalBytes)} bytes`,
    ...report.images.map((image, index) => `  ${String(index + 1)}. ${image.name} (${image.role})`),
    ...valueLines(report.values, "set"),
    ...report.missing.map((role) => `  missing: a ${role} image`),
    ...noteLines(report.notes)
  ].map(plain)
}
