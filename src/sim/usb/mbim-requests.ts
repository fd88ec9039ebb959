/**
 * What an MBIM function answers on endpoint 0 about its network side (MBIM 1.0 §8; NCM 1.0 §6.2): so much that a driver
 * takes it. There is no network behind it. Pure.
 */
import { viewOf } from "../../protocol/layout.ts"

export const MbimRequest = {
  resetFunction: 0x05,
  getNtbParameters: 0x80,
  getNtbInputSize: 0x85,
  setNtbInputSize: 0x86
} as const

/** Bytes of one transfer block, either way: what drivers take by default (inferred). */
const ntbSize = 16_384
/** NCM 1.0 table 6-4. */
const smallestNtb = 2048

export const defaultNtbInputSize: Uint8Array = Uint8Array.of(ntbSize & 0xff, ntbSize >> 8, 0, 0, 0, 0, 0, 0)

/** NCM 1.0 table 6-3: blocks of 16 bits only, divisor and alignment 4, any number of datagrams. */
export const ntbParameters = (): Uint8Array => {
  const out = new Uint8Array(28)
  const view = viewOf(out)
  view.setUint16(0, out.length, true)
  view.setUint16(2, 1, true)
  for (const at of [4, 16]) {
    view.setUint32(at, ntbSize, true)
    view.setUint16(at + 4, 4, true)
    view.setUint16(at + 8, 4, true)
  }
  return out
}

/** The size in the form with a limit of datagrams, which the descriptor offers; `undefined` for a stall. */
export const ntbInputSize = (data: Uint8Array): Uint8Array | undefined => {
  if (data.length !== 4 && data.length !== 8) return undefined
  const size = viewOf(data).getUint32(0, true)
  if (size < smallestNtb || size > ntbSize) return undefined
  const out = new Uint8Array(8)
  out.set(data)
  return out
}
