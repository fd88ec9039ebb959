/** A USB host over TCP for tests: what a kernel does with a USB/IP server, as promises. */
import { connect } from "node:net"
import type { Socket } from "node:net"
import {
  decodeAnswer,
  encodeImportRequest,
  encodeListRequest,
  encodeSubmit,
  encodeUnlink,
  importReplySize,
  TransferCommand,
  transferHeaderSize
} from "../../src/protocol/usbip/message.ts"

export interface Ended {
  readonly status: number
  readonly length: number
  readonly data: Uint8Array
}

const none = new Uint8Array(0)

export class UsbIpHost {
  readonly socket: Socket
  #held: Uint8Array = none
  #waiting: { readonly length: number; readonly resume: (bytes: Uint8Array) => void } | undefined
  #sequence = 0
  readonly #pending = new Map<number, { readonly isIn: boolean; readonly resume: (ended: Ended) => void }>()
  #transfers = false
  /** Settles when the server has closed the connection. */
  readonly closed: Promise<void>

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port, noDelay: true })
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()))
    this.socket.on("error", () => undefined)
    this.socket.on("data", (chunk: Uint8Array) => {
      this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
      if (this.#transfers) this.#answers()
      else this.#raw()
    })
  }

  #raw(): void {
    const waiting = this.#waiting
    if (waiting === undefined || this.#held.length < waiting.length) return
    this.#waiting = undefined
    const bytes = this.#held.subarray(0, waiting.length)
    this.#held = this.#held.subarray(waiting.length)
    waiting.resume(bytes)
  }

  #answers(): void {
    for (;;) {
      const head = decodeAnswer(this.#held)
      if (head === undefined) return
      const pending = this.#pending.get(head.sequence)
      const isIn = head.command === TransferCommand.submitted && pending?.isIn === true
      const size = transferHeaderSize + (isIn ? head.length : 0)
      if (this.#held.length < size) return
      const data = this.#held.slice(transferHeaderSize, size)
      this.#held = this.#held.subarray(size)
      this.#pending.delete(head.sequence)
      pending?.resume({ status: head.status, length: head.length, data })
    }
  }

  /** The next bytes before an import; fails when the server closes first. */
  async read(length: number): Promise<Uint8Array> {
    const bytes = new Promise<Uint8Array>((resume) => {
      this.#waiting = { length, resume }
      this.#raw()
    })
    return Promise.race([
      bytes,
      this.closed.then(() => {
        throw new Error("closed")
      })
    ])
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  async list(): Promise<Uint8Array> {
    this.write(encodeListRequest())
    return this.read(12)
  }

  async import(busId: string): Promise<Uint8Array> {
    this.write(encodeImportRequest(busId))
    const reply = await this.read(importReplySize)
    this.#transfers = true
    return reply
  }

  submit(endpoint: number, direction: "in" | "out", data: Uint8Array | number, setup = new Uint8Array(8)) {
    const sequence = ++this.#sequence
    const bytes = typeof data === "number" ? none : data
    const length = typeof data === "number" ? data : data.length
    const ended = new Promise<Ended>((resume) => this.#pending.set(sequence, { isIn: direction === "in", resume }))
    this.write(encodeSubmit({ sequence, device: 0x10001, direction, endpoint, flags: 0, length, setup, data: bytes }))
    return { sequence, ended }
  }

  control(requestType: number, request: number, value: number, index: number, data: Uint8Array | number) {
    const length = typeof data === "number" ? data : data.length
    const setup = new Uint8Array(8)
    const view = new DataView(setup.buffer)
    setup[0] = requestType
    setup[1] = request
    view.setUint16(2, value, true)
    view.setUint16(4, index, true)
    view.setUint16(6, length, true)
    return this.submit(0, (requestType & 0x80) !== 0 ? "in" : "out", data, setup).ended
  }

  async unlink(victim: number): Promise<number> {
    const sequence = ++this.#sequence
    const ended = new Promise<Ended>((resume) => this.#pending.set(sequence, { isIn: false, resume }))
    this.write(encodeUnlink({ sequence, device: 0x10001, victim }))
    return (await ended).status
  }

  close(): void {
    this.socket.destroy()
  }
}
