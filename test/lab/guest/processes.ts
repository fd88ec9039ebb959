/** Programs that a case starts: their output as it comes, their end, and what is left of them. */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

export interface Ended {
  readonly command: string
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly millis: number
  /** Open at the end, where the program was watched. */
  readonly open: ReadonlyArray<string>
}

export interface Running {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Waits until the output so far fits, and fails when the program ends before. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly write: (text: string) => void
  readonly kill: (signal: NodeJS.Signals) => void
}

export interface StartOptions {
  readonly env?: { readonly [name: string]: string }
  readonly cwd?: string
  /** Runs as this user and group, with no other groups. */
  readonly user?: number
  /** Given an input that stays open, for `write`. */
  readonly input?: boolean
  /** Killed after so many seconds, which fails the case. */
  readonly limitSeconds?: number
}

export class TookTooLong extends Error {}

export const startProgram = (command: string, args: ReadonlyArray<string>, options: StartOptions = {}): Running => {
  const { cwd, env, input = false, limitSeconds = 200, user } = options
  const from = performance.now()
  const child = spawn(command, args, {
    stdio: [input ? "pipe" : "ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(user === undefined ? {} : { uid: user, gid: user })
  })
  const line = [command, ...args].join(" ")
  let stdout = ""
  let stderr = ""
  let over = false
  let late = false
  const waiting = new Set<() => void>()
  const look = () => {
    for (const check of [...waiting]) check()
  }
  child.stdout?.on("data", (text: Buffer) => {
    stdout += text.toString()
    look()
  })
  child.stderr?.on("data", (text: Buffer) => {
    stderr += text.toString()
    look()
  })
  child.stdin?.on("error", () => undefined)
  const limit = setTimeout(() => {
    late = true
    child.kill("SIGKILL")
  }, limitSeconds * 1000)
  const ended = new Promise<Ended>((resolve, reject) => {
    const finish = (act: () => void) => {
      clearTimeout(limit)
      over = true
      act()
      look()
    }
    child.on("error", (error) => finish(() => reject(error)))
    child.on("close", (status, signal) =>
      finish(() =>
        late
          ? reject(new TookTooLong(`still running after ${String(limitSeconds)} s: ${line}\n${stdout}${stderr}`))
          : resolve({ command: line, status, signal, stdout, stderr, millis: performance.now() - from, open: [] })
      )
    )
  })
  // Whoever waits for it hears of it; a case that failed before does not.
  ended.catch(() => undefined)
  return {
    pid: child.pid ?? -1,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = pattern.exec(stdout) ?? pattern.exec(stderr)
          if (found === null && !over) return
          waiting.delete(check)
          if (found === null) reject(new Error(`ended without saying ${String(pattern)}: ${line}\n${stdout}${stderr}`))
          else resolve(found)
        }
        waiting.add(check)
        check()
      }),
    write: (text) => void child.stdin?.write(text),
    kill: (signal) => void child.kill(signal)
  }
}

/** Waits until `look` finds something, or for so many seconds; fails with `what` then. */
export const until = async <A>(
  what: string,
  look: () => A | undefined | Promise<A | undefined>,
  seconds = 20
): Promise<A> => {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) throw new TookTooLong(`not within ${String(seconds)} s: ${what}`)
    await sleep(20)
  }
}

const numbers = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name))

/** Programs that run, by number; threads of the kernel have no words. */
export const programs = (): ReadonlyMap<number, string> =>
  new Map(
    numbers().flatMap((name): ReadonlyArray<[number, string]> => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim()
        return words === "" ? [] : [[Number(name), words]]
      } catch {
        // It has just ended.
        return []
      }
    })
  )

/** What a process has open. */
export const openFiles = (pid: number): ReadonlyArray<string> => readdirSync(`/proc/${String(pid)}/fd`)
