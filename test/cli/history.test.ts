/** Runs that are recorded, as processes: one that is killed, one that comes second, and what `history` says of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { historyIn } from "../../src/live/state.ts"
import { History } from "../../src/journal/history.ts"
import { HistoryReport, RunReport } from "../../src/cli/render/history-json.ts"
import { stateFolder } from "../../src/cli/state.ts"
import type { Host } from "../../src/cli/state.ts"
import { encodeLine } from "../../src/journal/codec.ts"
import { begunOf, bytesOf, entriesOf, start, stepStarted } from "../support/journals.ts"
import { bin } from "../support/command-line.ts"
import { boothold as inProcess } from "./support.ts"

const root = new URL("../../", import.meta.url)
const images = new URL("fixtures/images/", root)
const files = ["SWI9X30C_02.33.03.00.cwe", "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu"]

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** `until` is asked whenever something is printed; then the process is killed. */
const boothold = (
  args: ReadonlyArray<string>,
  until?: (out: string) => Promise<boolean> | boolean,
  env: NodeJS.ProcessEnv = {}
) =>
  new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: images,
      env: { PATH: process.env["PATH"], ...env }
    })
    let out = ""
    let err = ""
    child.stdout.on("data", (bytes: Buffer) => {
      out += bytes.toString()
      void Promise.resolve(until?.(out)).then((kill) => {
        if (kill === true) child.kill("SIGKILL")
      })
    })
    child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, out, err }))
    child.stdin.end()
  })

const inFolder = async (use: (state: string) => Promise<void>): Promise<void> => {
  const state = mkdtempSync(join(tmpdir(), "boothold-"))
  try {
    await use(state)
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

const decodeHistory = Schema.decodeUnknownSync(Schema.toCodecJson(HistoryReport), { onExcessProperty: "error" })
const decodeRun = Schema.decodeUnknownSync(Schema.toCodecJson(RunReport), { onExcessProperty: "error" })

const lastUnfinished = (state: string) =>
  Effect.runPromise(
    Effect.flatMap(History, (history) => history.lastUnfinished({ portPath: "1-2" })).pipe(
      Effect.provide(historyIn(state))
    )
  )

/** On a simulated modem, which takes the time of a real one. */
const slow = ["update", "--simulate", "em7455", "--json", "--yes", ...files]

describe("a run that was killed in the middle of its transfer", () => {
  it(
    "is known to the next process: how far it was, with what, and that nobody is at it any more",
    () =>
      inFolder(async (state) => {
        const rival: { ended?: Promise<Ended>; running?: Promise<Ended> } = {}
        // It never answers the chunk: so it is still being written when the others have come and gone.
        const hold = ["--simulate-speed", "1000", "--simulate-behaviour", "hang:where=write,image=0,chunk=0"]
        const { code } = await boothold([...slow, ...hold, "--state-dir", state], async (out) => {
          if (!out.includes('"Programming"') || rival.ended !== undefined) return false
          rival.ended = boothold([...slow, "--state-dir", state])
          rival.running = boothold(["history", "--json", "--state-dir", state])
          await Promise.all([rival.ended, rival.running])
          return true
        })
        assert.isNull(code)

        // While it ran, the second one was refused by name and number, without asking the modem.
        const second = await rival.ended!
        assert.strictEqual(second.code, 16)
        assert.match(second.out, /"code":"LOCK_HELD".*boothold \(pid \d+\) works on the modem at 1-2/)
        const [running] = decodeHistory(JSON.parse((await rival.running!).out))
        assert(running?._tag === "Run")
        assert.deepStrictEqual([running.state, running.unfinished], ["running", false])

        const [killed, ...others] = decodeHistory(
          JSON.parse((await boothold(["history", "--json", "--state-dir", state])).out)
        )
        assert(killed?._tag === "Run")
        assert.deepStrictEqual(others, [])
        assert.deepStrictEqual(
          [killed.state, killed.unfinished, killed.step, killed.condition._tag],
          ["open", true, "write", "HalfWritten"]
        )
        const unfinished = await lastUnfinished(state)
        assert(unfinished !== undefined)
        assert.deepStrictEqual([unfinished.id, unfinished.by], [killed.id, "place"])
        const { run } = unfinished.journal.begun
        assert.deepStrictEqual(
          run.images.map(({ path }) => path),
          files.map((file) => new URL(file, images).pathname)
        )
        assert.deepStrictEqual(run.wanted.preference, {
          firmware: "02.33.03.00",
          config: "002.072_001",
          carrier: "GENERIC"
        })
        assert.strictEqual(run.facts?.preference._tag, "Supported")

        // Its lock is a dead owner's: the modem can be had again. And then nothing is unfinished any more.
        const again = await boothold([...slow, "--simulate-speed", "1000", "--state-dir", state])
        assert.strictEqual(again.code, 0, again.err)
        assert.deepStrictEqual(readdirSync(join(state, "locks")), [])
        assert.isUndefined(await lastUnfinished(state))
        const text = await boothold(["history", "--state-dir", state])
        assert.match(
          text.out,
          /^\S+ {2}update {2}finished .*\n\S+ {2}update {2}cut off .*\n {2}The modem is in boot-and-hold with .*half written/
        )
      }),
    60_000
  )
})

describe("history", () => {
  const run = bytesOf(
    begunOf({ ...start, modem: { ...start.modem, label: "EM\u001b[31m7455" } }, Date.UTC(2026, 10, 23, 1, 15)),
    entriesOf(
      stepStarted("write", "writes-flash"),
      { becomes: { _tag: "HalfWritten", image: "\u001b]0;x\u0007.cwe", sent: 0, bytes: 5 } },
      { _tag: "ImageProgress", image: "a.cwe", sent: 3, bytes: 5, bytesPerSecond: 1, secondsLeft: 2 }
    )
  )

  const withRun = (use: (state: string) => Effect.Effect<void>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const state = mkdtempSync(join(tmpdir(), "boothold-"))
        mkdirSync(join(state, "runs"))
        writeFileSync(join(state, "runs", "20261123-011500-00000001.jsonl"), run)
        return state
      }),
      use,
      (state) => Effect.sync(() => rmSync(state, { recursive: true }))
    )

  it.effect("shows one run as a timeline, whatever control characters were in it", () =>
    withRun((state) =>
      Effect.gen(function* () {
        const { code, out } = yield* inProcess(["history", "show", "20261123", "--state-dir", state])
        assert.strictEqual(code, 0)
        assert.notMatch(out, /[\u0000-\u0009\u000b-\u001f]/)
        assert.include(out, "20261123-011500-00000001  update  cut off")
        assert.match(out, /modem +EM\\x1b\[31m7455/)
        assert.match(out, /started +2026-11-23 01:15:00 UTC, boothold pid 4711/)
        assert.match(out, /came to +a\.cwe: 3 bytes of 5 bytes acknowledged/)
        assert.match(out, /▸ do write\n/)
      })
    )
  )

  it.effect("tells the settings that were read, and what became of them", () =>
    withRun((state) =>
      Effect.gen(function* () {
        const from = "AT+CGDCONT?"
        const settings = { values: [{ key: "apn.1", value: "IP \u001b", from }], answered: [from], untold: [] }
        const diff = {
          compared: 1,
          differences: [{ kind: "gone" as const, key: "apn.1", from, before: "IP \u001b", expected: false }],
          incomparable: [],
          untold: []
        }
        const bytes = bytesOf(
          begunOf(),
          entriesOf(
            { _tag: "SettingsRead", step: "snapshot-settings", when: "before", settings },
            { _tag: "SettingsCompared", step: "compare-settings", diff }
          )
        )
        writeFileSync(join(state, "runs", "20261124-000000-00000001.jsonl"), bytes)
        const { code, out } = yield* inProcess(["history", "show", "20261124", "--state-dir", state])
        assert.strictEqual(code, 0)
        assert.match(out, /\n {2}\+0\.0 s {2}1 settings before the first write: apn\.1 IP \\x1b\n/)
        // Each line below the first one, behind the column of times.
        assert.match(
          out,
          /\n {2}\+0\.0 s {2}warning: settings changed: 1 \(1 compared\)\n {12}apn\.1 was IP \\x1b, is not set/
        )
        const json = yield* inProcess(["history", "show", "20261124", "--json", "--state-dir", state])
        const { entries } = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.toCodecJson(RunReport)))(json.out)
        assert.deepStrictEqual(
          entries.map((entry) =>
            entry._tag === "Happened" && entry.event._tag === "SettingsCompared" ? entry.event.diff : 0
          ),
          [0, diff]
        )
      })
    )
  )

  it.effect("prints JSON that is as promised", () =>
    withRun((state) =>
      Effect.gen(function* () {
        const { out } = yield* inProcess(["history", "show", "2026", "--json", "--state-dir", state])
        const report = decodeRun(JSON.parse(out))
        assert.deepStrictEqual(report.progress, { image: "a.cwe", sent: 3, bytes: 5 })
        assert.lengthOf(report.entries, 3)
      })
    )
  )

  it.effect("tells a run that cannot be read among the others, and names line and content when it is asked for", () =>
    withRun((state) =>
      Effect.gen(function* () {
        writeFileSync(join(state, "runs", "20261123-020000-00000002.jsonl"), "hello\n")
        const cut = encodeLine(begunOf())
        writeFileSync(join(state, "runs", "20261123-030000-00000003.jsonl"), cut.subarray(0, 99))
        const list = yield* inProcess(["history", "--state-dir", state])
        assert.strictEqual(list.code, 0)
        assert.match(
          list.out,
          /^\S+3 {2}unreadable .*\n\S+2 {2}unreadable .*line 1 is "hello" \(5 bytes\)\n\S+1 {2}update/
        )
        const shown = yield* inProcess(["history", "show", "20261123-02", "--state-dir", state])
        assert.strictEqual(shown.code, 18)
        assert.include(shown.err, "is no journal: line 1 is")
      })
    )
  )

  it.effect("says where it looked when there is nothing", () =>
    Effect.gen(function* () {
      const { code, out } = yield* inProcess(["history", "--state-dir", "/nowhere/at/all"])
      assert.deepStrictEqual([code, out], [0, "no runs are recorded in /nowhere/at/all/runs"])
    })
  )
})

describe("the folder of the runs", () => {
  const found = (env: Host["env"], host: Pick<Host, "platform" | "root">) => stateFolder(undefined, { ...host, env })

  it.effect("is where each system keeps such things", () =>
    Effect.gen(function* () {
      const linux = { platform: "linux", root: false }
      assert.strictEqual(yield* found({ HOME: "/home/a" }, linux), "/home/a/.local/state/boothold")
      assert.strictEqual(yield* found({ HOME: "/home/a", XDG_STATE_HOME: "/s" }, linux), "/s/boothold")
      // A relative one means nothing.
      assert.strictEqual(yield* found({ HOME: "/home/a", XDG_STATE_HOME: "s" }, linux), "/home/a/.local/state/boothold")
      assert.strictEqual(yield* found({ XDG_STATE_HOME: "/s" }, { ...linux, root: true }), "/s/boothold")
      assert.strictEqual(yield* found({ HOME: "/root" }, { ...linux, root: true }), "/var/lib/boothold")
      assert.strictEqual(
        yield* found({ HOME: "/Users/a" }, { platform: "darwin", root: true }),
        "/Users/a/Library/Application Support/boothold"
      )
      assert.strictEqual(yield* found({ LOCALAPPDATA: "C:\\A" }, { platform: "win32", root: false }), "C:\\A\\boothold")
      const error = yield* Effect.flip(found({}, linux))
      assert.strictEqual(error.code, "CLI_NO_STATE_FOLDER")
    })
  )
})

describe("a simulated modem", () => {
  it(
    "is recorded only where a folder is named",
    () =>
      inFolder(async (state) => {
        const reset = ["reset", "--simulate", "em7455", "--simulate-speed", "1000", "--yes"]
        const none = { XDG_STATE_HOME: join(state, "xdg") }
        assert.strictEqual((await boothold(reset, undefined, none)).code, 0)
        assert.deepStrictEqual(readdirSync(state), [])
        const named = await boothold([...reset, "--state-dir", join(state, "named")])
        assert.strictEqual(named.code, 0, named.err)
        const [run] = readdirSync(join(state, "named", "runs"))
        assert.include(readFileSync(join(state, "named", "runs", run!), "utf8"), '"flow":"reset"')
      }),
    60_000
  )

  it.effect("is left alone where the folder cannot be used: exit 18", () =>
    Effect.gen(function* () {
      const { code, err } = yield* inProcess(["reset", "--simulate", "em7455", "--yes", "--state-dir", "/dev/null"])
      assert.strictEqual(code, 18)
      assert.include(err, "cannot be reserved with /dev/null/locks/port-1-2.lock: ENOTDIR")
    })
  )
})
