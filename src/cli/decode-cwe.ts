/** CWE headers for `decode`: the 400 bytes in front of an image, as a QDL Open request carries them too (images.md §2). */
import { crc32 } from "../image/crc32.ts"
import type { TextFieldName } from "../image/CweHeader.ts"
import {
  CrcIndicator,
  HeaderSize,
  isTypeCode,
  KnownRevision,
  MiscOption,
  NoAddress,
  Offset,
  PsbSize,
  readPsbDescriptor,
  TextField,
  TypeCode
} from "../image/CweHeader.ts"
import { judge } from "../image/recognise.ts"
import { field, textOrHex } from "../protocol/decode/Dissector.ts"
import type { DecodedField, DecodedFrame, Dissector } from "../protocol/decode/Dissector.ts"

const hex32 = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`

const named = (value: number, names: Readonly<Record<string, number>>): string => {
  const name = Object.entries(names).find(([, known]) => known === value)?.[0]
  return name === undefined ? hex32(value) : `${hex32(value)} (${name})`
}

const address = (value: number): string => (value === NoAddress ? `${hex32(value)} (not set)` : hex32(value))

const miscText = (bits: number): string => {
  const set = Object.entries(MiscOption).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]))
  return `0x${bits.toString(16).padStart(2, "0")} (${set.length === 0 ? "none" : set.join(", ")})`
}

/** Printable ASCII, then NULs to the end of the field. */
const isTidy = (bytes: Uint8Array): boolean => {
  const end = bytes.indexOf(0)
  const text = end === -1 ? bytes : bytes.subarray(0, end)
  return text.every((byte) => byte >= 0x20 && byte <= 0x7e) && bytes.subarray(text.length).every((byte) => byte === 0)
}

const dissect = (bytes: Uint8Array): ReadonlyArray<DecodedFrame> => {
  const fields: Array<DecodedField> = []
  const problems: Array<string> = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  /** Shows a field that is all there. */
  const show = (name: string, offset: number, size: number, value: () => DecodedField["value"]): boolean => {
    if (offset + size > bytes.length) return false
    fields.push(field(name, bytes, offset, size, value()))
    return true
  }
  const word = (name: string, offset: number, text: (value: number) => string | number) =>
    show(name, offset, 4, () => text(view.getUint32(offset)))
  const text = (name: string, which: TextFieldName, meaning: (found: string) => string = (found) => found) => {
    const offset = Offset[which]
    const part = bytes.subarray(offset, offset + TextField[which])
    const shown = show(name, offset, TextField[which], () => (part[0] === 0 ? "" : meaning(textOrHex(part))))
    if (shown && !isTidy(part)) problems.push(`${name} holds a byte that is neither printable nor padding`)
  }

  show("PSB", Offset.psb, PsbSize, () => {
    const psb = readPsbDescriptor(bytes.subarray(0, PsbSize))
    return psb === undefined ? "empty" : { ...psb }
  })
  const stored = word("PSB CRC", Offset.psbCrc, hex32) ? view.getUint32(Offset.psbCrc) : undefined
  if (stored !== undefined) {
    const computed = crc32(bytes.subarray(0, PsbSize))
    if (computed !== stored) problems.push(`PSB CRC is ${hex32(stored)}, computed ${hex32(computed)}`)
  }
  word("revision", Offset.revision, (value) => value)
  word("CRC indicator", Offset.crcIndicator, (value) => named(value, CrcIndicator))
  text("type", "type", (code) => (isTypeCode(code) ? `${code} (${TypeCode[code]})` : `${code} (unknown)`))
  text("product", "product")
  const sized = word("image size", Offset.imageSize, (value) => value)
  word("image CRC", Offset.imageCrc, hex32)
  text("version", "version")
  text("date", "date")
  word("compatibility", Offset.compatibility, hex32)
  show("misc options", Offset.miscOptions, 1, () => miscText(view.getUint8(Offset.miscOptions)))
  show("reserved", Offset.reserved, 3, () => textOrHex(bytes.subarray(Offset.reserved, Offset.reserved + 3)))
  word("storage address", Offset.storageAddress, address)
  word("load address", Offset.loadAddress, address)
  word("entry point", Offset.entryPoint, hex32)
  word("signature", Offset.signature, hex32)

  if (bytes.length < HeaderSize)
    problems.push(`a header has ${String(HeaderSize)} bytes, found ${String(bytes.length)}`)
  const content = bytes.length - HeaderSize
  if (sized && content > 0) {
    const size = view.getUint32(Offset.imageSize)
    show("content", HeaderSize, content, () => `${String(content)} bytes`)
    if (content !== size) problems.push(`image size says ${String(size)} bytes of content, found ${String(content)}`)
    else {
      const computed = crc32(bytes.subarray(HeaderSize))
      const wanted = view.getUint32(Offset.imageCrc)
      if (computed !== wanted) problems.push(`image CRC is ${hex32(wanted)}, computed ${hex32(computed)}`)
    }
  }
  return [{ name: "CWE header", offset: 0, size: bytes.length, fields, problems }]
}

export const cweDissector: Dissector = {
  protocol: "cwe",
  guess: (bytes) => {
    const judged = judge(bytes)
    switch (judged._tag) {
      case "part":
        // 256 zero bytes and their CRC, which may happen: the rest has to look like a header too.
        return isTypeCode(judged.header.type) || judged.header.revision === KnownRevision ? 1 : 0.6
      case "damaged":
        return 0.7
      case "unreadable":
        return 0.5
      case "payload":
        return 0
    }
  },
  dissect
}
