/** The native modules behind pseudo terminals, loaded when the first one is wanted. */
import { createRequire } from "node:module"

/**
 * The native part of `@lydell/node-pty`. Its JavaScript makes streams of both sides, of which the program's would read
 * what is the program's, and leaves a descriptor open.
 */
export interface PtyModule {
  /** A new terminal: descriptors of both sides, and the path of the program's side. */
  readonly open: (
    columns: number,
    rows: number
  ) => {
    readonly master: number
    readonly slave: number
    readonly pty: string
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

interface BinaryModule {
  readonly requireBinary: (file: "pty.node") => PtyModule
}

/** An optional dependency: throws where it is not installed, or has no build for this system. */
export const loadPty = (): PtyModule => {
  const require = createRequire(import.meta.url)
  const { requireBinary } = require("@lydell/node-pty/requireBinary.js") as BinaryModule
  return requireBinary("pty.node")
}

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
