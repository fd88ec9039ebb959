/** Cuts what an MBIM function sends into whole messages or fragments: a host fetches one at a time (qmi.md §5.1). */
import { readHeader } from "../../protocol/mbim/message.ts"
import type { Splitter } from "./QmuxSplitter.ts"

/** Type and length. */
const head = 12
/** The most that a length may say before it counts as garbage; a control transfer holds less. */
const maxHeld = 65_536

export class MbimSplitter implements Splitter {
  #held: Uint8Array = new Uint8Array(0)

  push(bytes: Uint8Array): ReadonlyArray<Uint8Array> {
    let rest: Uint8Array = bytes
    if (this.#held.length > 0) {
      rest = new Uint8Array(this.#held.length + bytes.length)
      rest.set(this.#held)
      rest.set(bytes, this.#held.length)
    }
    const out: Array<Uint8Array> = []
    while (rest.length >= head) {
      const { length } = readHeader(rest)
      // No message: nothing says where the next one begins, so the host gets what there is.
      const size = length < head || length > maxHeld ? rest.length : length
      if (size > rest.length) break
      out.push(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
    this.#held = rest.slice()
    return out
  }

  clear(): void {
    this.#held = new Uint8Array(0)
  }
}
