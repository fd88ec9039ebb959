/** Cuts what a modem sends on its control port into what a host fetches one at a time: QMUX frames, MBIM messages or fragments. */
import { readHeader } from "../../protocol/mbim/message.ts"
import { MARKER } from "../../protocol/qmi/Qmux.ts"

/** The most that is held for one: QMUX has at most 64 KiB and a marker, and a control transfer holds less. */
const maxHeld = 65_536

/** How long the next one is, of bytes that are there; undefined while more of it has to come. */
type NextSize = (rest: Uint8Array) => number | undefined

export class Splitter {
  readonly #next: NextSize
  #held: Uint8Array = new Uint8Array(0)

  constructor(next: NextSize) {
    this.#next = next
  }

  push(bytes: Uint8Array): ReadonlyArray<Uint8Array> {
    let rest: Uint8Array = bytes
    if (this.#held.length > 0) {
      rest = new Uint8Array(this.#held.length + bytes.length)
      rest.set(this.#held)
      rest.set(bytes, this.#held.length)
    }
    const out: Array<Uint8Array> = []
    while (rest.length > 0) {
      const size = this.#next(rest)
      if (size === undefined) break
      out.push(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
    this.#held = rest.slice()
    return out
  }

  /** Drops a message that has begun. */
  clear(): void {
    this.#held = new Uint8Array(0)
  }
}

/** QMUX: marker, then a length. What is not QMUX is one answer up to where a frame may begin: a modem that sends garbage. */
export const qmuxSplitter = () =>
  new Splitter((rest) => {
    if (rest[0] !== MARKER) {
      const next = rest.indexOf(MARKER)
      return next < 0 ? rest.length : next
    }
    const length = rest.length < 3 ? undefined : 1 + (rest[1] ?? 0) + 256 * (rest[2] ?? 0)
    if (length !== undefined && length <= rest.length) return length
    // A frame that never ends is given out as it is.
    return rest.length <= maxHeld ? undefined : rest.length
  })

/** Type, length and transaction of an MBIM message (qmi.md §5.1). */
const mbimHead = 12

/** MBIM: by its length field. No message: nothing says where the next one begins, so the host gets what there is. */
export const mbimSplitter = () =>
  new Splitter((rest) => {
    if (rest.length < mbimHead) return undefined
    const { length } = readHeader(rest)
    if (length < mbimHead || length > maxHeld) return rest.length
    return length <= rest.length ? length : undefined
  })
