/**
 * Breaks good images on purpose, one fault at a time: the sums of all enclosing parts are put right again, so that
 * exactly the wanted fault is left. For tests and simulated modems. Pure.
 */
import { seededBytes } from "./builder.ts"
import { combine, crc32 } from "./crc32.ts"
import type { TextFieldName } from "./CweHeader.ts"
import { CrcIndicator, encodeHeader, HeaderSize, KnownRevision, NoAddress, Offset, PsbSize } from "./CweHeader.ts"
import { scan } from "./CweScanner.ts"
import type { CwePart } from "./FirmwareImage.ts"
import { partsOf } from "./FirmwareImage.ts"

const find = (image: Uint8Array, id: string): ReadonlyArray<CwePart> => {
  const parts = partsOf(scan("image", image).image?.root)
  if (!parts.some((part) => part.id === id)) throw new RangeError(`the image has no part ${id}`)
  return parts
}

/** Changes part `id` with `change`, given its offset, and corrects the content CRCs of all parts around it. */
const within = (image: Uint8Array, id: string, change: (copy: DataView, offset: number) => void): Uint8Array => {
  const copy = image.slice()
  const view = new DataView(copy.buffer)
  const parts = find(image, id)
  for (const part of parts) if (part.id === id) change(view, part.offset)
  const around = parts.filter((part) => id.startsWith(`${part.id}.`)).reverse()
  for (const part of around) {
    const content = copy.subarray(part.offset + HeaderSize, part.offset + part.size)
    view.setUint32(part.offset + Offset.imageCrc, crc32(content))
  }
  return copy
}

/** Part `id` with the complement of its right PSB CRC. */
export const withWrongPsbCrc = (image: Uint8Array, id = "0"): Uint8Array =>
  within(image, id, (view, offset) => {
    view.setUint32(offset + Offset.psbCrc, ~view.getUint32(offset + Offset.psbCrc))
  })

/** Part `id` with the complement of its right content CRC. */
export const withWrongImageCrc = (image: Uint8Array, id = "0"): Uint8Array =>
  within(image, id, (view, offset) => {
    view.setUint32(offset + Offset.imageCrc, ~view.getUint32(offset + Offset.imageCrc))
  })

/** Part `id` announcing `size` bytes, whatever there is. */
export const withImageSize = (image: Uint8Array, size: number, id = "0"): Uint8Array =>
  within(image, id, (view, offset) => {
    view.setUint32(offset + Offset.imageSize, size)
  })

/** Part `id` with byte `value` at `index` of a text field. */
export const withTextByte = (
  image: Uint8Array,
  field: TextFieldName,
  index: number,
  value: number,
  id = "0"
): Uint8Array =>
  within(image, id, (view, offset) => {
    view.setUint8(offset + Offset[field] + index, value)
  })

/** One bit of the byte at `offset` flipped, all sums left as they were: damage as storage and lines cause it. */
export const withFlippedBit = (image: Uint8Array, offset: number, bit = 0): Uint8Array => {
  const copy = image.slice()
  copy[offset] = (copy[offset] ?? 0) ^ (1 << bit)
  return copy
}

/** Without its last `count` bytes. */
export const truncated = (image: Uint8Array, count: number): Uint8Array =>
  image.slice(0, Math.max(0, image.length - count))

/** With `count` more bytes at the end. */
export const withTrailingBytes = (image: Uint8Array, count: number): Uint8Array => {
  const longer = new Uint8Array(image.length + count)
  longer.set(image)
  longer.set(seededBytes(count, count), image.length)
  return longer
}

const bareHeader = (type: string, imageSize: number, imageCrc: number) =>
  encodeHeader({
    psb: new Uint8Array(PsbSize),
    psbCrc: crc32(new Uint8Array(PsbSize)),
    revision: KnownRevision,
    crcIndicator: CrcIndicator.unset,
    type,
    product: "9X30",
    imageSize,
    imageCrc,
    version: "",
    date: "01/07/16",
    compatibility: 1,
    miscOptions: 0,
    reserved: 0,
    storageAddress: NoAddress,
    loadAddress: NoAddress,
    entryPoint: 0,
    signature: 1
  })

/** `levels` headers inside each other around one byte, every CRC right. 40 000 of them crash the reference (Q4). */
export const nested = (levels: number): Uint8Array => {
  const bytes = new Uint8Array(levels * HeaderSize + 1)
  bytes[bytes.length - 1] = 0x5a
  let crc = crc32(bytes.subarray(bytes.length - 1))
  for (let level = levels - 1; level >= 0; level--) {
    const size = bytes.length - (level + 1) * HeaderSize
    const header = bareHeader("SPKG", size, crc)
    bytes.set(header, level * HeaderSize)
    crc = combine(crc32(header), crc, size)
  }
  return bytes
}

/** One part with `count` smallest parts side by side, every CRC right. */
export const crowded = (count: number): Uint8Array => {
  const each = HeaderSize + 1
  const bytes = new Uint8Array(HeaderSize + count * each)
  const part = new Uint8Array(each)
  part.set(bareHeader("FILE", 1, crc32(part.subarray(HeaderSize))))
  for (let index = 0; index < count; index++) bytes.set(part, HeaderSize + index * each)
  bytes.set(bareHeader("SPKG", count * each, crc32(bytes.subarray(HeaderSize))))
  return bytes
}
