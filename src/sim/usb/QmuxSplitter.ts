/** Cuts what a modem sends on its control port into whole QMUX messages: a host fetches one at a time. */
import { MARKER } from "../../protocol/qmi/Qmux.ts"

/** A frame that never ends is given out as it is beyond this (QMUX has at most 64 KiB and a marker). */
const maxHeld = 65_536

/** Messages of a control port, one for each answer to the host. */
export interface Splitter {
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Uint8Array>
  /** Drops a message that has begun. */
  readonly clear: () => void
}

export class QmuxSplitter implements Splitter {
  #held: Uint8Array = new Uint8Array(0)

  push(bytes: Uint8Array): ReadonlyArray<Uint8Array> {
    let rest: Uint8Array = bytes
    if (this.#held.length > 0) {
      rest = new Uint8Array(this.#held.length + bytes.length)
      rest.set(this.#held)
      rest.set(bytes, this.#held.length)
    }
    const out: Array<Uint8Array> = []
    while (rest.length > 0) {
      if (rest[0] !== MARKER) {
        // Not QMUX: a modem that sends garbage; the host gets it as one answer, up to where a frame may begin.
        const next = rest.indexOf(MARKER)
        out.push(next < 0 ? rest : rest.subarray(0, next))
        rest = next < 0 ? rest.subarray(rest.length) : rest.subarray(next)
        continue
      }
      const length = rest.length < 3 ? undefined : 1 + (rest[1] ?? 0) + 256 * (rest[2] ?? 0)
      if (length === undefined || length > rest.length) {
        if (rest.length <= maxHeld) break
        out.push(rest)
        rest = rest.subarray(rest.length)
        continue
      }
      out.push(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
    this.#held = rest.slice()
    return out
  }

  clear(): void {
    this.#held = new Uint8Array(0)
  }
}
