/** The fastest checksums that the host offers: Node's own where there are any, else JavaScript. */
import * as Context from "effect/Context"
import type { Checksums as ChecksumFunctions } from "../image/checksums.ts"
import { pureChecksums } from "../image/checksums.ts"

/** What {@link Checksums} is by default: for those who call the scanner themselves. */
export const hostChecksums = (): ChecksumFunctions => {
  const host = (globalThis as { readonly process?: Partial<NodeJS.Process> }).process
  const crypto = host?.getBuiltinModule?.("node:crypto")
  const zlib = host?.getBuiltinModule?.("node:zlib")
  return {
    sha256:
      crypto === undefined
        ? pureChecksums.sha256
        : () => {
            const hash = crypto.createHash("sha256")
            return { update: (bytes) => void hash.update(bytes), digestHex: () => hash.digest("hex") }
          },
    // In Node since 22.2; other hosts imitate the module without it.
    crc32: typeof zlib?.crc32 === "function" ? (bytes, previous) => zlib.crc32(bytes, previous) : pureChecksums.crc32
  }
}

export const Checksums = Context.Reference<ChecksumFunctions>("boothold/file/Checksums", {
  defaultValue: hostChecksums
})
