/** Software modems that `boothold simulate` serves to the kernel of this guest. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { openFiles, until } from "./processes.ts"
import type { Running, StartOptions } from "./processes.ts"

export interface ModemWishes {
  /** Seconds from leaving the bus until it is back, in either mode. */
  readonly bootSeconds?: number
  /** As `--fault` takes them. */
  readonly faults?: ReadonlyArray<string>
  /** Further words of the command. */
  readonly words?: ReadonlyArray<string>
  /** No driver of this kernel offers a port of it: then it is ready when it is on the bus. */
  readonly withoutPorts?: true
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
  readonly settings: { readonly echo: boolean; readonly unlocked: boolean }
  readonly slots: ReadonlyArray<{ readonly status: string; readonly firmware: string; readonly sha256?: string }>
  readonly pris: ReadonlyArray<{ readonly firmware: string; readonly carrier: string; readonly config: string }>
}

/** A line of the journal (src/sim/journal.ts); the fields that the cases look at. */
export interface Entry {
  readonly _tag: string
  /** Which modem; several may be served at once. */
  readonly modem: string
  readonly at?: number
  readonly mode?: string
  readonly sha256?: string
  readonly portPath?: string
  readonly sequence?: number
  readonly name?: string
  readonly command?: string
  readonly request?: string
  readonly detail?: string
  readonly why?: string
}

interface Saved {
  readonly modems: ReadonlyArray<{ readonly id: string; readonly state: State }>
}

export type Start = (args: ReadonlyArray<string>, options: StartOptions) => Running

const nodes = (wanted: RegExp, folder = "/dev"): number =>
  readdirSync(folder).filter((name) => wanted.test(name)).length

/** First interfaces of devices, as the kernel calls them. */
const [usbDevices, firstInterface] = ["/sys/bus/usb/devices", /^\d+-[\d.]+:1\.0$/]

/** Everything as much faster than a real one, except how long it is off the bus. */
const speed = 100

/** One process with one modem, or several; the first one is meant where none is named. */
export class ModemHandle {
  readonly #process: Running
  readonly #folder: string
  readonly #first: string
  /** Files that its process has open while nothing uses the modem. */
  readonly #base: number
  hasQuit = false
  #told = 0

  private constructor(process: Running, folder: string, first: string, base: number) {
    this.#process = process
    this.#folder = folder
    this.#first = first
    this.#base = base
  }

  static async start(
    start: Start,
    options: { readonly models: ReadonlyArray<string>; readonly folder: string; readonly wishes: ModemWishes }
  ): Promise<ModemHandle> {
    const { folder, models, wishes } = options
    mkdirSync(folder, { recursive: true })
    const { bootSeconds = 1, faults = [], withoutPorts, words = [] } = wishes
    const files = ["state", "journal", "transcript"].flatMap((name) => [`--${name}`, join(folder, `${name}.json`)])
    // The drivers bind after it is ready; the control port comes last.
    const wanted = words.includes("boot-and-hold") ? /^ttyUSB/ : /^cdc-wdm/
    const ports = () => (withoutPorts === true ? nodes(firstInterface, usbDevices) : nodes(wanted))
    const before = ports()
    const process = start(
      [
        ...["simulate", ...models, "--usbip", "--attach"],
        ...["--speed", String(speed), "--boot-seconds", String(bootSeconds), ...files],
        ...faults.flatMap((fault) => ["--fault", fault]),
        ...words
      ],
      { input: true, limitSeconds: 900 }
    )
    await process.says(/^ready/m)
    await until("the ports of every modem", () => ports() >= before + models.length || undefined)
    // The device manager names them to programs that ask it.
    if (existsSync("/run/udev/control")) spawnSync("udevadm", ["settle", "--timeout=30"])
    return new ModemHandle(process, folder, models[0] ?? "", openFiles(process.pid).length)
  }

  get transcript(): string {
    return join(this.#folder, "transcript.json")
  }

  get journalFile(): string {
    return join(this.#folder, "journal.json")
  }

  journal(id = this.#first): ReadonlyArray<Entry> {
    const path = join(this.#folder, "journal.json")
    if (!existsSync(path)) return []
    // The last line may be on its way.
    return readFileSync(path, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Entry)
      .filter(({ modem }) => modem === id)
  }

  /** Waits for something to happen inside the modem. */
  happens(what: string, test: (entry: Entry) => boolean, seconds = 120): Promise<Entry> {
    return until(`the modem: ${what}`, () => this.journal().find(test), seconds)
  }

  /** Waits until it is on the bus, after it has left it since `then`. */
  isBack(then: number): Promise<Entry> {
    return this.happens("it is back", ({ _tag, at = 0 }) => _tag === "Plugged" && at > then)
  }

  /** SHA-256 of the images that came whole and right, in order. */
  received(id = this.#first): ReadonlyArray<string> {
    return this.journal(id).flatMap((entry) => (entry._tag === "ImageReceived" ? [entry.sha256 ?? ""] : []))
  }

  /** Says a command and waits until it is obeyed. */
  async tell(command: string): Promise<void> {
    this.#process.write(`${command}\n`)
    await this.#process.says(new RegExp(`(^.*"_tag":"Done"[^]*){${String(++this.#told)}}`, "m"))
  }

  /** Everything that used the modem must have let it go again. */
  async isIdle(): Promise<void> {
    await until("the modem's process has closed what was opened", () =>
      openFiles(this.#process.pid).length <= this.#base ? true : undefined
    )
  }

  /** Ends the process orderly; yields the state that it saved. */
  async quit(): Promise<State> {
    return this.stateOf(this.#first, await this.quitAll())
  }

  stateOf(id: string, saved: Saved): State {
    const found = saved.modems.find((modem) => modem.id === id)
    assert(found !== undefined, `${id} in the saved state`)
    return found.state
  }

  async quitAll(): Promise<Saved> {
    this.hasQuit = true
    await this.tell("quit")
    const { signal, status, stderr } = await this.#process.ended
    assert.deepEqual(
      { status, signal, stderr },
      { status: 0, signal: null, stderr: "" },
      "boothold simulate ends orderly"
    )
    return JSON.parse(readFileSync(join(this.#folder, "state.json"), "utf8")) as Saved
  }

  /** For the log of a case that failed. */
  story(): ReadonlyArray<string> {
    const path = join(this.#folder, "journal.json")
    return ["journal of the modem:", existsSync(path) ? readFileSync(path, "utf8") : "(none)"]
  }
}
