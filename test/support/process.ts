/** A program of ours as a process that is sent signals: what it says, how and when it ends. */
import { spawn } from "node:child_process"

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
  /** From the first and from the last signal to the end; NaN without one. */
  readonly sinceFirst: number
  readonly sinceLast: number
}

export interface Signals {
  /** As soon as the output has this text. */
  readonly at: string
  readonly signal: NodeJS.Signals
  /** Of further ones: milliseconds after the first, and which. */
  readonly then?: ReadonlyArray<readonly [millis: number, signal: NodeJS.Signals]>
}

export interface ProcessOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** The signals are for the process that the output names so, and not for the one that was started. */
  readonly named?: RegExp
}

export const signalled = (
  command: ReadonlyArray<string>,
  { at, signal, then = [] }: Signals,
  options: ProcessOptions = {}
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const [program = "", ...args] = command
    const child = spawn(program, args, {
      env: { PATH: process.env["PATH"], ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd })
    })
    let out = ""
    let err = ""
    let first = Number.NaN
    let last = Number.NaN
    const send = (which: NodeJS.Signals): void => {
      last = performance.now()
      const pid = options.named?.exec(out)?.[1]
      if (pid === undefined) child.kill(which)
      else process.kill(Number(pid), which)
    }
    child.stdout.on("data", (bytes: Buffer) => {
      out += bytes.toString()
      if (!Number.isNaN(first) || !out.includes(at)) return
      send(signal)
      first = last
      for (const [millis, which] of then) setTimeout(() => send(which), millis)
    })
    child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()))
    child.on("error", reject)
    child.on("close", (code, ended) => {
      const now = performance.now()
      resolve({ code, signal: ended, out, err, sinceFirst: now - first, sinceLast: now - last })
    })
  })
