/** Whose bytes these are: what a port says first, or instead of an answer, tells which protocol it speaks. Pure. */
import { Hdlc } from "./hdlc.ts"

/** `qdl`: an HDLC frame, of a boot loader or of a diagnostic monitor. `at`: lines of text. */
export type FirstBytes = "sahara" | "qdl" | "at"

/** Command 1, length 48, both little endian (sahara-firehose.md §2): what a Sahara boot loader begins with, unasked. */
const saharaHello = [0x01, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00]

/** Bytes of a Sahara Hello that have to be there until it is one. */
export const saharaHelloLength = 48

/** A `0x7E` in front of a frame may be missing (qdl.md §2.3), so that one anywhere counts. */
export const recogniseFirstBytes = (bytes: Uint8Array): FirstBytes | undefined => {
  if (bytes.length >= saharaHello.length && saharaHello.every((byte, at) => bytes[at] === byte)) return "sahara"
  if (bytes.includes(Hdlc.flag)) return "qdl"
  const lines = bytes.length >= 4 && bytes[0] === 0x0d && bytes[1] === 0x0a
  return lines && bytes.every((byte) => byte === 0x0d || byte === 0x0a || (byte >= 0x20 && byte < 0x7f))
    ? "at"
    : undefined
}
