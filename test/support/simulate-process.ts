/** `boothold simulate` as a process of its own, as another program meets it: its lines, its answers, its end. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Reply } from "../../src/serve/control.ts"
import { JournalEntry } from "../../src/sim/index.ts"
import { bin } from "./command-line.ts"

export interface Ended {
  readonly code: number | null
  readonly err: string
}

interface ReadyModem {
  readonly id: string
  readonly serial: string
  readonly usbPath: string | null
  readonly vidPid: string | null
  readonly served: Readonly<Record<string, string>>
}

const decodeReply = Schema.decodeUnknownSync(Schema.toCodecJson(Reply))
const decodeEntry = Schema.decodeUnknownSync(JournalEntry)

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "boothold-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

interface Line {
  readonly _tag: string
}

/** Runs it with `--json` until the scope ends; it is ready when this returns, or has ended. */
export const simulateProcess = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [bin, "simulate", "--json", ...args], {
        env: { PATH: process.env["PATH"], ...env }
      })
    ),
    // Already ended in most tests; then this does nothing.
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )
  const lines: Array<Line> = []
  const waiting = new Set<() => void>()
  const ended = yield* Deferred.make<Ended>()
  const end: { value: Ended | undefined } = { value: undefined }
  let err = ""
  const wake = (): void => {
    for (const one of [...waiting]) one()
  }
  child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()))
  child.stdin.on("error", () => undefined)
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as Line)
    wake()
  })
  child.on("close", (code) => {
    end.value = { code, err }
    Deferred.doneUnsafe(ended, Effect.succeed(end.value))
    wake()
  })
  /** The first line from `from` on that fits; dies when the process ends without it. */
  const line = (fits: (line: Line) => boolean, from = 0): Effect.Effect<Line> =>
    Effect.callback((resume) => {
      const look = (): void => {
        const found = lines.slice(from).find(fits)
        if (found === undefined && end.value === undefined) return
        waiting.delete(look)
        resume(
          found === undefined
            ? Effect.die(new Error(`ended without it: ${JSON.stringify(end.value)}`))
            : Effect.succeed(found)
        )
      }
      waiting.add(look)
      look()
      return Effect.sync(() => void waiting.delete(look))
    })
  const isReply = ({ _tag }: Line): boolean => Object.hasOwn(Reply.cases, _tag)
  const send = (text: string) =>
    Effect.suspend(() => {
      const from = lines.length
      child.stdin.write(`${text}\n`)
      return Effect.map(line(isReply, from), (reply) => decodeReply(reply))
    })
  const first = yield* Effect.raceFirst(
    Effect.exit(line(({ _tag }) => _tag === "Ready" || _tag === "Error")),
    Effect.exit(Deferred.await(ended))
  )
  void first
  const ready = lines[0] as { readonly modems?: ReadonlyArray<ReadyModem> } | undefined
  return {
    pid: child.pid ?? 0,
    ready: ready?.modems ?? [],
    lines: (): ReadonlyArray<Line> => lines,
    line,
    send,
    /** A line without a wait for the reply. */
    say: (text: string): void => void child.stdin.write(text),
    closeInput: (): void => void child.stdin.end(),
    kill: (signal: NodeJS.Signals): void => void child.kill(signal),
    ended: Deferred.await(ended)
  }
})

/** What a `--journal` file has. */
export const journalOf = (path: string): ReadonlyArray<JournalEntry> =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => decodeEntry(JSON.parse(line)))

interface Transfer {
  readonly port: string
  readonly direction: "to-modem" | "from-modem"
  readonly bytes: string
}

/** All bytes in one direction at a port, of a `--transcript` file. */
export const bytesIn = (path: string, port: string, direction: Transfer["direction"]): Buffer =>
  Buffer.concat(
    readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Transfer)
      .filter((transfer) => transfer.port === port && transfer.direction === direction)
      .map(({ bytes }) => Buffer.from(bytes, "hex"))
  )
