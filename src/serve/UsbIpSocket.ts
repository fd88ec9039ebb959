/** One client of the USB/IP server: its requests to the device that it imported, the device's answers to it. */
import * as Result from "effect/Result"
import type { Socket } from "node:net"
import {
  encodeImportReply,
  encodeListReply,
  encodeSubmitted,
  encodeUnlinked,
  Status
} from "../protocol/usbip/message.ts"
import type { DeviceRecord, Submit } from "../protocol/usbip/message.ts"
import { UsbIpReader } from "../protocol/usbip/UsbIpReader.ts"
import type { UsbIpRequest } from "../protocol/usbip/UsbIpReader.ts"
import type { UsbDevice } from "../sim/usb/UsbDevice.ts"

/** What a client may leave unanswered: far more than any driver has on its way. */
const maxPending = 4096
const maxPendingBytes = 32 * 1024 * 1024
/** Answers that the client does not fetch; then nothing more is read from it. */
const maxUnsent = 1024 * 1024

/** A device that can be imported, by at most one client at a time. */
export interface Exported {
  readonly record: DeviceRecord
  readonly device: UsbDevice
  client: UsbIpSocket | undefined
}

/** One transfer as it ended: where its boundaries were. */
export interface UrbRecord {
  readonly busId: string
  readonly endpoint: number
  readonly direction: "in" | "out"
  /** Room of the host's buffer, or the bytes it sent. */
  readonly length: number
  /** Negated errno. */
  readonly status: number
  /** What was moved: the host's data, or the device's. Valid during the call only. */
  readonly data: Uint8Array
  /** Of control transfers. */
  readonly setup?: Uint8Array
}

export interface SocketOptions {
  readonly exported: () => ReadonlyArray<Exported>
  /** The answer to an import has gone out. */
  readonly importAnswered: (remotePort: number | undefined) => void
  readonly observe: ((urb: UrbRecord) => void) | undefined
  readonly closed: (socket: UsbIpSocket) => void
  /** The client does not keep to the protocol. */
  readonly dropped: (why: string) => void
}

export class UsbIpSocket {
  readonly #socket: Socket
  readonly #options: SocketOptions
  readonly #reader = new UsbIpReader()
  /** Length that each unanswered request holds. */
  readonly #pending = new Map<number, Submit>()
  #pendingBytes = 0
  #exported: Exported | undefined
  /** Answers of one turn: they go out in one system call. */
  readonly #unsent: Array<Uint8Array> = []
  #reading = false

  constructor(socket: Socket, options: SocketOptions) {
    this.#socket = socket
    this.#options = options
    socket.on("data", (chunk: Uint8Array) => this.#onData(chunk))
    socket.on("drain", () => socket.resume())
    socket.on("end", () => socket.end())
    // A host that goes away in the middle has pulled the plug; 'close' follows.
    socket.on("error", () => undefined)
    socket.on("close", () => {
      this.#leave()
      options.closed(this)
    })
  }

  /** Unplugs the device: what is written already still goes out. */
  end(): void {
    this.#leave()
    this.#flush()
    this.#socket.end()
  }

  /** At once, whatever is on its way. */
  destroy(): void {
    this.#leave()
    this.#socket.destroy()
  }

  #leave(): void {
    const exported = this.#exported
    this.#exported = undefined
    if (exported === undefined) return
    exported.client = undefined
    this.#pending.clear()
  }

  #fail(why: string): void {
    this.#options.dropped(why)
    this.destroy()
  }

  #write(bytes: Uint8Array): void {
    this.#unsent.push(bytes)
    if (!this.#reading && this.#unsent.length === 1) process.nextTick(() => this.#flush())
  }

  #flush(): void {
    const [first] = this.#unsent
    if (first === undefined) return
    const all = this.#unsent.length === 1 ? first : Buffer.concat(this.#unsent)
    this.#unsent.length = 0
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(all)
  }

  #onData(chunk: Uint8Array): void {
    this.#reader.push(chunk)
    this.#reading = true
    while (!this.#socket.destroyed) {
      const next = this.#reader.next()
      if (Result.isFailure(next)) return this.#fail(next.failure.message)
      if (next.success === undefined) break
      this.#onRequest(next.success)
    }
    this.#reading = false
    this.#flush()
    if (this.#socket.writableLength > maxUnsent) this.#socket.pause()
  }

  #onRequest(request: UsbIpRequest): void {
    switch (request._tag) {
      case "List":
        // One question per connection, as `usbip list` uses it.
        this.#socket.end(encodeListReply(this.#options.exported().map(({ record }) => record)))
        return
      case "Import":
        return this.#import(request.busId)
      case "Submit":
        return this.#submit(request)
      case "Unlink": {
        const pending = this.#pending.has(request.victim) && this.#exported?.device.function.unlink(request.victim)
        if (pending === true) this.#forget(request.victim)
        return this.#write(encodeUnlinked(request.sequence, pending === true ? Status.unlinked : Status.ok))
      }
    }
  }

  #import(busId: string): void {
    const found = this.#options.exported().find(({ client, record }) => record.busId === busId && client === undefined)
    const answer = encodeImportReply(found?.record)
    const { remotePort } = this.#socket
    const answered = () => this.#options.importAnswered(remotePort)
    if (found === undefined) {
      this.#socket.end(answer, answered)
      return
    }
    found.client = this
    this.#exported = found
    this.#reader.enterTransfers()
    found.device.carry((id, status, length, data) => this.#complete(found, id, status, length, data))
    this.#socket.write(answer, answered)
  }

  #forget(id: number): Submit | undefined {
    const submit = this.#pending.get(id)
    if (submit === undefined) return undefined
    this.#pending.delete(id)
    this.#pendingBytes -= submit.data.length
    return submit
  }

  #submit(submit: Submit): void {
    const exported = this.#exported
    if (exported === undefined) return
    if (this.#pending.has(submit.sequence)) return this.#fail("a sequence number is used twice")
    this.#pending.set(submit.sequence, submit)
    this.#pendingBytes += submit.data.length
    if (this.#pending.size > maxPending || this.#pendingBytes > maxPendingBytes) {
      return this.#fail("more requests at once than any host has")
    }
    const { data, direction, endpoint, flags, length, setup } = submit
    exported.device.function.submit({ id: submit.sequence, endpoint, direction, flags, length, setup, data })
  }

  #complete(exported: Exported, id: number, status: number, length: number, data: Uint8Array | undefined): void {
    const submit = this.#forget(id)
    if (submit === undefined || this.#exported !== exported) return
    this.#write(encodeSubmitted(id, status, length, data))
    const { observe } = this.#options
    if (observe === undefined) return
    const { direction, endpoint, setup } = submit
    observe({
      busId: exported.record.busId,
      endpoint,
      direction,
      length: submit.length,
      status,
      data: data ?? submit.data,
      ...(endpoint === 0 ? { setup } : {})
    })
  }
}
