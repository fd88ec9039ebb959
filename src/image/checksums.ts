/**
 * The two sums that a scan needs, so that a platform can hand in its own faster ones. Pure: the default is JavaScript
 * only and runs anywhere.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex } from "@noble/hashes/utils.js"
import { update } from "./crc32.ts"

export interface Sha256 {
  readonly update: (bytes: Uint8Array) => void
  /** Lower-case hex, 64 characters; called once, at the end. */
  readonly digestHex: () => string
}

export interface Checksums {
  readonly sha256: () => Sha256
  /** The CRC-32 of zip and zlib, continued from `previous` (0 at the start): the signature of `zlib.crc32`. */
  readonly crc32: (bytes: Uint8Array, previous: number) => number
}

export const pureChecksums: Checksums = {
  sha256: () => {
    const state = sha256.create()
    return {
      update: (bytes) => {
        state.update(bytes)
      },
      digestHex: () => bytesToHex(state.digest())
    }
  },
  crc32: (bytes, previous) => ~update(~previous >>> 0, bytes) >>> 0
}
