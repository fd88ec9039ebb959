/** A software modem that `boothold simulate` serves to the kernel of this guest. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { openFiles, until } from "./processes.ts"
import type { Running, StartOptions } from "./processes.ts"

export interface ModemWishes {
  /** Seconds from leaving the bus until it is back, and everything else as quick in proportion. */
  readonly bootSeconds?: number
  /** As `--fault` takes them. */
  readonly faults?: ReadonlyArray<string>
  /** Further words of the command. */
  readonly words?: ReadonlyArray<string>
}

/** What the cases look at of a modem's state (src/sim/ModemState.ts). */
export interface State {
  readonly mode: "off" | "application" | "boot-and-hold"
  readonly running: {
    readonly firmware: string
    readonly config: string
    readonly carrier: string
    readonly slot: number
  }
  readonly preference: { readonly firmware: string; readonly config: string; readonly carrier: string } | null
  readonly operatingMode: number
  readonly slots: ReadonlyArray<{ readonly status: string; readonly firmware: string; readonly sha256?: string }>
  readonly pris: ReadonlyArray<{ readonly firmware: string; readonly carrier: string; readonly config: string }>
}

/** A line of the journal (src/sim/journal.ts); the fields that the cases look at. */
export interface Entry {
  readonly _tag: string
  readonly at?: number
  readonly mode?: string
  readonly sha256?: string
  readonly portPath?: string
  readonly sequence?: number
  readonly name?: string
  readonly command?: string
  readonly why?: string
}

const nodes = (): ReadonlyArray<string> => readdirSync("/dev")

export type Start = (args: ReadonlyArray<string>, options: StartOptions) => Running

export class ModemHandle {
  readonly #process: Running
  readonly #folder: string
  /** Files that its process has open while nothing uses the modem. */
  readonly #base: number
  hasQuit = false

  private constructor(process: Running, folder: string, base: number) {
    this.#process = process
    this.#folder = folder
    this.#base = base
  }

  static async start(
    start: Start,
    { folder, model, wishes }: { readonly model: string; readonly folder: string; readonly wishes: ModemWishes }
  ): Promise<ModemHandle> {
    mkdirSync(folder, { recursive: true })
    const { bootSeconds = 1, faults = [], words = [] } = wishes
    const files = ["state", "journal", "transcript"].flatMap((name) => [`--${name}`, join(folder, `${name}.json`)])
    const process = start(
      [
        ...["simulate", model, "--usbip", "--attach", "--boot-seconds", String(bootSeconds), ...files],
        ...faults.flatMap((fault) => ["--fault", fault]),
        ...words
      ],
      { input: true, limitSeconds: 600 }
    )
    const before = new Set(nodes())
    await process.says(/^ready/m)
    // Its drivers bind after that; the control port comes last.
    const wanted = words.includes("boot-and-hold") ? /^ttyUSB/ : /^cdc-wdm/
    await until("the modem's ports", () => nodes().some((name) => wanted.test(name) && !before.has(name)) || undefined)
    // The device manager names them to programs that ask it.
    if (existsSync("/run/udev/control")) spawnSync("udevadm", ["settle", "--timeout=30"])
    return new ModemHandle(process, folder, openFiles(process.pid).length)
  }

  get transcript(): string {
    return join(this.#folder, "transcript.json")
  }

  journal(): ReadonlyArray<Entry> {
    const path = join(this.#folder, "journal.json")
    if (!existsSync(path)) return []
    // The last line may be on its way.
    return readFileSync(path, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Entry)
  }

  /** Waits for something to happen inside the modem. */
  happens(what: string, test: (entry: Entry) => boolean, seconds = 30): Promise<Entry> {
    return until(`the modem: ${what}`, () => this.journal().find(test), seconds)
  }

  /** SHA-256 of the images that came whole and right, in order. */
  received(): ReadonlyArray<string> {
    return this.journal().flatMap((entry) => (entry._tag === "ImageReceived" ? [entry.sha256 ?? ""] : []))
  }

  tell(command: string): void {
    this.#process.write(`${command}\n`)
  }

  /** Everything that used the modem must have let it go again. */
  async isIdle(): Promise<void> {
    await until("the modem's process has closed what it opened", () => {
      const now = openFiles(this.#process.pid).length
      return now <= this.#base ? true : undefined
    })
  }

  /** Ends the process orderly; yields the state that it saved. */
  async quit(): Promise<State> {
    this.hasQuit = true
    this.tell("quit")
    const { signal, status, stderr } = await this.#process.ended
    assert.deepEqual(
      { status, signal, stderr },
      { status: 0, signal: null, stderr: "" },
      "boothold simulate ends orderly"
    )
    return JSON.parse(readFileSync(join(this.#folder, "state.json"), "utf8")) as State
  }

  /** For the log of a case that failed. */
  story(): ReadonlyArray<string> {
    return ["journal of the modem:", ...this.journal().map((entry) => JSON.stringify(entry))]
  }
}
