/** The native modules behind pseudo terminals, loaded when the first one is wanted. */
import { createRequire } from "node:module"
import { lineSettings, loadBinding } from "../live/binding.ts"

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

interface BinaryModule {
  readonly requireBinary: (file: "pty.node") => PtyModule
}

/** An optional dependency: throws where it is not installed, or has no build for this system. */
export const loadPty = (): PtyModule => {
  const require = createRequire(import.meta.url)
  const { requireBinary } = require("@lydell/node-pty/requireBinary.js") as BinaryModule
  return requireBinary("pty.node")
}

/** Without blocking, and raw from then on; no lock, as programs lock what they open. */
export const openRaw = (path: string, done: (error: Error | null, descriptor: number) => void): void =>
  loadBinding().open(path, { ...lineSettings, hupcl: false, lock: false }, done)
