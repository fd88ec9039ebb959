/** What a case has at hand: programs, our command line as a user calls it, software modems, and a log of all of it. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { ModemHandle } from "./modem.ts"
import type { ModemWishes } from "./modem.ts"
import { startProgram } from "./processes.ts"
import type { Ended, Running, StartOptions } from "./processes.ts"

/** Told by the host. */
const told = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: the guest is started by run.ts`)
  return value
}

/** The repository, as the host has it. */
export const root = (): string => told("LAB_ROOT")
const bin = (): string => join(root(), "dist/bin.mjs")
const probe = (): string => pathToFileURL(join(root(), "test/lab/guest/probe.mjs")).href

/** Where the modules of the guest's kernel lie, unpacked. */
export const moduleFolder = (): string => told("LAB_MODULES")

/** Where the images lie that the host made; the same for both tools. */
export const imageFolder = (): string => told("LAB_IMAGES")

/**
 * What a finished command line must not have open: ports, sockets, images. Reading an attribute in sysfs may have been
 * on its way; Node's own insides stay.
 */
const leaks = (open: ReadonlyArray<string>): ReadonlyArray<string> =>
  open.filter((link) => /^(\/dev\/(tty|cdc-wdm|bus)|socket:|.*\.(cwe|nvu|spk)$)/.test(link))

export class CaseTools {
  readonly log: Array<string> = []
  readonly work: string
  readonly #results: string
  readonly #modems: Array<ModemHandle> = []
  readonly #running = new Set<Running>()
  #probes = 0

  constructor(work: string, results: string) {
    this.work = work
    this.#results = results
  }

  /** Starts a program; its end is logged. Killed when the case ends before. */
  start(command: string, args: ReadonlyArray<string>, options: StartOptions = {}): Running {
    const running = startProgram(command, args, { cwd: imageFolder(), ...options })
    this.#running.add(running)
    const ended = running.ended.then((end) => {
      this.#running.delete(running)
      const how = end.signal ?? `status ${String(end.status)}`
      this.log.push(`$ ${end.command}\n${end.stdout}${end.stderr}[${how}, ${(end.millis / 1000).toFixed(2)} s]`)
      return end
    })
    ended.catch(() => undefined)
    return { ...running, ended }
  }

  run(command: string, args: ReadonlyArray<string>, options: StartOptions = {}): Promise<Ended> {
    return this.start(command, args, options).ended
  }

  /** Our command line as it is shipped. At its end it must have closed every port, and have ended by itself. */
  startBoothold(args: ReadonlyArray<string>, options: StartOptions = {}): Running {
    const target = join(this.work, `open-${String(this.#probes++)}.json`)
    // Also another user may write it; empty until then.
    writeFileSync(target, "")
    chmodSync(target, 0o666)
    chmodSync(this.work, 0o755)
    const env = { ...options.env, NODE_OPTIONS: `--import=${probe()}`, LAB_PROBE: target }
    const running = this.start(process.execPath, [bin(), ...args], { ...options, env })
    const ended = running.ended.then((end) => {
      const noted = readFileSync(target, "utf8")
      if (noted === "") throw new Error(`did not end by itself, but by ${String(end.signal)}: ${end.command}`)
      const open = JSON.parse(noted) as ReadonlyArray<string>
      const left = leaks(open)
      if (left.length > 0) throw new Error(`still open at its end: ${left.join(", ")}: ${end.command}`)
      return { ...end, open }
    })
    ended.catch(() => undefined)
    return { ...running, ended }
  }

  boothold(args: ReadonlyArray<string>, options: StartOptions = {}): Promise<Ended> {
    return this.startBoothold(args, options).ended
  }

  /** The same, for a run that is killed: how it ends is its case's business. */
  startUnwatched(args: ReadonlyArray<string>): Running {
    return this.start(process.execPath, [bin(), ...args])
  }

  /** A software modem whose ports nothing waits for; `quit` on its input ends it. */
  startModem(args: ReadonlyArray<string>): Running {
    return this.start(process.execPath, [bin(), "simulate", ...args], { input: true })
  }

  /** A software modem on the bus, ready to be used; or several. */
  async modem(models: string | ReadonlyArray<string>, wishes: ModemWishes = {}): Promise<ModemHandle> {
    const modem = await ModemHandle.start((args, options) => this.start(process.execPath, [bin(), ...args], options), {
      models: typeof models === "string" ? [models] : models,
      folder: join(this.work, `modem-${String(this.#modems.length)}`),
      wishes
    })
    this.#modems.push(modem)
    return modem
  }

  /** Keeps a file of the case for whoever reads the results. */
  keep(file: string, name: string): void {
    mkdirSync(this.#results, { recursive: true })
    copyFileSync(file, join(this.#results, name))
  }

  /** Ends the modems that still run, orderly; what went wrong with that. */
  async endModems(): Promise<Array<string>> {
    const problems: Array<string> = []
    for (const modem of this.#modems) {
      if (!modem.hasQuit) await modem.quit().catch((error: unknown) => problems.push(String(error)))
    }
    return problems
  }

  /** Ends what still runs. A modem ends orderly; after a failure, programs are killed. */
  async finish(failed: boolean): Promise<void> {
    const problems = await this.endModems()
    for (const running of this.#running) {
      if (!failed) problems.push(`still running: ${String(running.pid)}`)
      running.kill("SIGKILL")
      await running.ended.catch(() => undefined)
    }
    if (failed) for (const modem of this.#modems) this.log.push(...modem.story())
    if (problems.length > 0) throw new Error(problems.join("\n"))
  }
}
