/**
 * An IN endpoint: what the modem sends, cut into the host's requests the way a device and its controller do it.
 * On a bulk endpoint each write of the modem is one USB transfer: it ends with a short packet, and where its length is a
 * multiple of the packet size with an empty one, so that the host never waits for more (as Linux' own serial gadget does
 * it). On an interrupt endpoint each write is one notification, and nothing follows it.
 */
import { Status, TransferFlag } from "../../protocol/usbip/message.ts"

/** A host's request for data that waits. */
export interface InRequest {
  readonly id: number
  readonly length: number
  readonly flags: number
}

export type Complete = (id: number, status: number, length: number, data: Uint8Array | undefined) => void

export class InPipe {
  readonly #packet: number
  readonly #emptyPackets: boolean
  readonly #waiting: Array<InRequest> = []
  readonly #data: Array<Uint8Array> = []
  #held = 0
  /** Of the first piece. */
  #sent = 0

  constructor(transfer: "bulk" | "interrupt", packetSize: number) {
    this.#packet = packetSize
    this.#emptyPackets = transfer === "bulk"
  }

  /** Bytes that no request has fetched yet. */
  get held(): number {
    return this.#held
  }

  get waiting(): number {
    return this.#waiting.length
  }

  request(one: InRequest, complete: Complete): void {
    this.#waiting.push(one)
    this.#run(complete)
  }

  send(bytes: Uint8Array, complete: Complete): void {
    if (bytes.length === 0) return
    this.#data.push(bytes)
    this.#held += bytes.length
    this.#run(complete)
  }

  cancel(id: number): boolean {
    const at = this.#waiting.findIndex((one) => one.id === id)
    if (at >= 0) this.#waiting.splice(at, 1)
    return at >= 0
  }

  /** All that waits ends with this status. */
  fail(status: number, complete: Complete): void {
    for (const { id } of this.#waiting.splice(0)) complete(id, status, 0, undefined)
  }

  clear(): void {
    this.#waiting.length = 0
    this.forget()
  }

  /** Drops what nobody has fetched. */
  forget(): void {
    this.#data.length = 0
    this.#held = 0
    this.#sent = 0
  }

  #run(complete: Complete): void {
    for (;;) {
      const piece = this.#data[0]
      const one = piece === undefined ? undefined : this.#waiting.shift()
      if (piece === undefined || one === undefined) return
      const rest = piece.length - this.#sent
      const length = Math.min(rest, one.length)
      const data = piece.subarray(this.#sent, this.#sent + length)
      // A packet that does not fit into what is left of the buffer is lost as a whole, and the request fails.
      const fits = length === rest || length % this.#packet === 0
      const used = fits ? length : Math.min(rest, Math.ceil(length / this.#packet) * this.#packet)
      this.#sent += used
      this.#held -= used
      // Filled to the last byte by whole packets: the empty packet that ends the transfer meets the next request.
      const emptyFollows = this.#emptyPackets && used > 0 && length === one.length && length % this.#packet === 0
      if (this.#sent === piece.length && !emptyFollows) {
        this.#data.shift()
        this.#sent = 0
      }
      const short = length < one.length && (one.flags & TransferFlag.shortNotOk) !== 0
      complete(one.id, fits ? (short ? Status.short : Status.ok) : Status.overflow, length, data)
    }
  }
}
