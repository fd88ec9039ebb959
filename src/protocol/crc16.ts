/** CRC-16/X-25, the checksum of HDLC frames and of QDL write headers (qdl.md §2.1). Pure. */

// Reflected polynomial 0x1021, one entry per byte value.
const table = new Uint16Array(256)
for (let value = 0; value < 256; value++) {
  let crc = value
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x8408
  table[value] = crc
}

/** State before the first byte. */
export const crc16Start = 0xffff

/** Feeds `bytes[from, to)` into a running state. */
export const crc16Update = (state: number, bytes: Uint8Array, from = 0, to = bytes.length): number => {
  let crc = state
  for (let i = from; i < to; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0)
  return crc
}

/** The checksum of everything fed so far; sent low byte first. */
export const crc16Finish = (state: number): number => ~state & 0xffff

export const crc16 = (bytes: Uint8Array): number => crc16Finish(crc16Update(crc16Start, bytes))
