/**
 * The native part of `serialport`, loaded when the first port is opened. Only this file of `@serialport/bindings-cpp`:
 * the whole package takes 20 ms to load, `serialport` 40 ms, the native module alone 5 ms.
 */
import { createRequire } from "node:module"
import { isMainThread } from "node:worker_threads"

export const ReadableEvent = 1
export const WritableEvent = 2
export const DisconnectEvent = 4

/**
 * libuv's `uv_poll_t`. Creating one makes the open file non-blocking. `poll` replaces what is waited for; after an
 * event it must be asked again. `destroy` only drops the reference: a collected poller that was not destroyed takes
 * its descriptor's number out of the event loop, also when the number belongs to somebody else by then.
 */
export interface NativePoller {
  readonly poll: (events: number) => void
  readonly stop: () => void
  readonly destroy: () => void
}

interface OpenOptions {
  readonly baudRate: number
  readonly dataBits: 8
  readonly parity: "none"
  readonly stopBits: 1
  readonly rtscts: boolean
  readonly rtsMode: "handshake"
  readonly xon: boolean
  readonly xoff: boolean
  readonly xany: boolean
  /** Drops DTR at the last close. */
  readonly hupcl: boolean
  /** `flock`, exclusive: a second boothold, or another user of serialport, is refused. */
  readonly lock: boolean
  readonly vmin: number
  readonly vtime: number
}

export interface SerialBinding {
  /** Opens without blocking, sets raw mode, throws away what was received before. */
  readonly open: (path: string, options: OpenOptions, done: (error: Error | null, descriptor: number) => void) => void
  /** Sets the line speed; one that is not in the table of standard speeds is set without a flush. */
  readonly update: (
    descriptor: number,
    options: { readonly baudRate: number },
    done: (error: Error | null) => void
  ) => void
  readonly Poller: new (descriptor: number, onEvent: (error: Error | null, events?: number) => void) => NativePoller
}

/** No modem on USB cares for the speed; 8N1, raw, no flow control: a byte is a byte. */
export const lineSettings: OpenOptions = {
  baudRate: 115_200,
  dataBits: 8,
  parity: "none",
  stopBits: 1,
  rtscts: false,
  rtsMode: "handshake",
  xon: false,
  xoff: false,
  xany: false,
  hupcl: true,
  lock: true,
  vmin: 1,
  vtime: 0
}

let loaded: SerialBinding | undefined

/** Throws where there is no native build for this system, and in worker threads: its events reach the main one only. */
export const loadBinding = (): SerialBinding => {
  if (loaded === undefined) {
    if (!isMainThread) throw new Error("serial ports can be used in the main thread only")
    const require = createRequire(import.meta.url)
    const module = require("@serialport/bindings-cpp/dist/serialport-bindings.js") as {
      readonly binding: SerialBinding
    }
    loaded = module.binding
  }
  return loaded
}
