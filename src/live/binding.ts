/**
 * The native part of `serialport`, loaded when the first port is opened. Only the native module of
 * `@serialport/bindings-cpp`, which takes 2 ms: the package around it takes 20 ms to load, `serialport` 40 ms.
 */
import { createRequire } from "node:module"

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

/** Where the package keeps what most systems need. Its own search for the right file takes twice as long as loading it. */
const usualBuilds: Partial<Record<string, string>> = {
  "linux-x64": "@serialport+bindings-cpp.glibc.node",
  "linux-arm64": "@serialport+bindings-cpp.armv8.glibc.node"
}

const load = (): SerialBinding => {
  const require = createRequire(import.meta.url)
  const system = `${process.platform}-${process.arch}`
  const usual = usualBuilds[system]
  if (usual !== undefined) {
    try {
      return require(`@serialport/bindings-cpp/prebuilds/${system}/${usual}`) as SerialBinding
    } catch {
      // Another C library, or a package that was built here: the package knows.
    }
  }
  const searched = require("@serialport/bindings-cpp/dist/serialport-bindings.js") as {
    readonly binding: SerialBinding
  }
  return searched.binding
}

/** As Node marks what worker threads cannot do; loading `node:worker_threads` to ask takes 5 ms. */
const isWorker = (): boolean => (process.chdir as { readonly disabled?: boolean }).disabled === true

let loaded: SerialBinding | undefined

/** Throws where there is no native build for this system, and in worker threads: its events reach the main one only. */
export const loadBinding = (): SerialBinding => {
  if (isWorker()) throw new Error("serial ports can be used in the main thread only")
  return (loaded ??= load())
}
