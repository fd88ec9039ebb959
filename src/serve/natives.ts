/** The native modules behind pseudo terminals, loaded when the first one is wanted. */
import { createRequire } from "node:module"
import type { ReadStream } from "node:tty"

/** The part of `@lydell/node-pty` that its types leave out. */
interface PtyModule {
  readonly open: (options: { readonly encoding: null }) => {
    readonly master: ReadStream
    readonly slave: ReadStream
    /** Of the master. */
    readonly fd: number
    readonly ptsName: string
  }
}

/** Of `@serialport/bindings-cpp`: opens a tty without blocking, and makes it raw. */
interface SerialModule {
  readonly binding: {
    readonly open: (
      path: string,
      options: Readonly<Record<string, unknown>>,
      done: (error: Error | null, descriptor: number) => void
    ) => void
  }
}

/** An optional dependency: throws where it is not installed, or has no build for this system. */
export const loadPty = (): PtyModule => createRequire(import.meta.url)("@lydell/node-pty") as PtyModule

/** Raw, 8N1; no lock, as programs lock what they open. */
const settings = {
  baudRate: 115_200,
  dataBits: 8,
  parity: "none",
  stopBits: 1,
  rtscts: false,
  rtsMode: "handshake",
  xon: false,
  xoff: false,
  xany: false,
  hupcl: false,
  lock: false,
  vmin: 1,
  vtime: 0
}

export const openRaw = (path: string, done: (error: Error | null, descriptor: number) => void): void => {
  const require = createRequire(import.meta.url)
  const { binding } = require("@serialport/bindings-cpp/dist/serialport-bindings.js") as SerialModule
  binding.open(path, settings, done)
}
