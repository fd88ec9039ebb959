/** Information buffers of MBIM: fixed fields, then what offsets point to, each part at a multiple of 4 (MBIM 1.0 §10.3). */

export type Part =
  | { readonly _tag: "u32"; readonly value: number }
  | { readonly _tag: "u64"; readonly value: bigint }
  | { readonly _tag: "bytes"; readonly value: Uint8Array }
  /** Offset and size of text in UTF-16LE; both 0 when empty. */
  | { readonly _tag: "text"; readonly value: string }

export const u32 = (value: number): Part => ({ _tag: "u32", value })
export const u64 = (value: bigint): Part => ({ _tag: "u64", value })
export const bytes = (value: Uint8Array): Part => ({ _tag: "bytes", value })
export const text = (value: string): Part => ({ _tag: "text", value })

const sizeOf = (part: Part): number => (part._tag === "u32" ? 4 : part._tag === "bytes" ? part.value.length : 8)

const aligned = (size: number): number => 4 * Math.ceil(size / 4)

export const informationBuffer = (parts: ReadonlyArray<Part>): Uint8Array => {
  const fixed = parts.reduce((sum, part) => sum + sizeOf(part), 0)
  const texts = parts.reduce((sum, part) => sum + (part._tag === "text" ? aligned(2 * part.value.length) : 0), 0)
  const out = new Uint8Array(fixed + texts)
  const view = new DataView(out.buffer)
  let at = 0
  let data = fixed
  for (const part of parts) {
    switch (part._tag) {
      case "u32":
        view.setUint32(at, part.value, true)
        break
      case "u64":
        view.setBigUint64(at, part.value, true)
        break
      case "bytes":
        out.set(part.value, at)
        break
      case "text": {
        const size = 2 * part.value.length
        view.setUint32(at, size === 0 ? 0 : data, true)
        view.setUint32(at + 4, size, true)
        for (let unit = 0; unit < part.value.length; unit++) {
          view.setUint16(data + 2 * unit, part.value.charCodeAt(unit), true)
        }
        data += aligned(size)
      }
    }
    at += sizeOf(part)
  }
  return out
}
