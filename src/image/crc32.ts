/**
 * The CRC of CWE images: CRC-32/JAMCRC, i.e. reflected polynomial 0xEDB88320, start value 0xFFFFFFFF and no final
 * inversion: the complement of the CRC-32 of zip and zlib (images.md §2.3). Pure.
 *
 * Nested parts would need the same bytes summed once per level. Instead one register runs over the whole file, its
 * value is noted where a part begins and ends, and {@link rangeCrc} derives the CRC of the range from the two.
 */

const Polynomial = 0xedb88320

/** Value of the register before the first byte. */
export const Start = 0xffffffff

let made: Int32Array | undefined

/** Eight tables of 256: entry `256 * k + b` is byte `b` followed by `k` zero bytes. Where the host sums they are not needed. */
const makeTables = (): Int32Array => {
  const all = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ Polynomial : value >>> 1
    all[byte] = value
  }
  for (let index = 256; index < all.length; index++) {
    const before = all[index - 256] ?? 0
    all[index] = (before >>> 8) ^ (all[before & 0xff] ?? 0)
  }
  return all
}

/** Runs the register over `bytes`: `update(Start, all)` is the CRC of all. */
export const update = (register: number, bytes: Uint8Array): number => {
  const t = (made ??= makeTables())
  const end = bytes.length
  let crc = register | 0
  let at = 0
  // Slicing by eight: eight bytes per turn. The `!` cost nothing at run time, `?? 0` would.
  for (const last = end - 7; at < last; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      t[1792 + (low & 0xff)]! ^
      t[1536 + ((low >>> 8) & 0xff)]! ^
      t[1280 + ((low >>> 16) & 0xff)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = t[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return crc >>> 0
}

/** CRC-32/JAMCRC of `bytes`, as stored (big endian) in CWE headers. */
export const crc32 = (bytes: Uint8Array): number => update(Start, bytes)

/** Product of two polynomials modulo the CRC polynomial; bit 31 is the coefficient of x^0. */
const multiply = (a: number, b: number): number => {
  let product = 0
  let shifted = b
  for (let bit = 31; bit >= 0; bit--) {
    if (((a >>> bit) & 1) === 1) product ^= shifted
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ Polynomial : shifted >>> 1
  }
  return product >>> 0
}

/** Entry `k` is x^(8 * 2^k): the operator of 2^k zero bytes. As many as were needed so far. */
const operators = [0x00800000]

const zeroBytes = (k: number): number => {
  while (operators.length <= k) {
    const last = operators[operators.length - 1]!
    operators.push(multiply(last, last))
  }
  return operators[k]!
}

/** The register after `count` further zero bytes, in O(log count). */
export const shift = (register: number, count: number): number => {
  let value = register >>> 0
  for (let left = count, k = 0; left > 0; left = Math.floor(left / 2), k++) {
    if (left % 2 === 1) value = multiply(zeroBytes(k), value)
  }
  return value
}

/**
 * CRC of a range out of one long run: `before` and `after` are the register at the two ends of the range, whatever the
 * run began with. Summing is linear over GF(2), so what came before the range can be taken out again.
 */
export const rangeCrc = (before: number, after: number, length: number): number =>
  (after ^ shift((before ^ Start) >>> 0, length)) >>> 0

/** CRC of A followed by B, from the CRCs of both and the length of B. */
export const combine = (crcA: number, crcB: number, lengthB: number): number =>
  (crcB ^ shift((crcA ^ Start) >>> 0, lengthB)) >>> 0
