/** Signals to processes of ours: what the first one does, how long that takes, and what the second one does. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runLines } from "./support.ts"
import { openPty } from "../../src/serve/Pty.ts"
import { bin } from "../support/command-line.ts"
import { signalled } from "../support/process.ts"
import type { Signals } from "../support/process.ts"

const cwd = fileURLToPath(new URL("../../fixtures/images", import.meta.url))
const images = ["SWI9X30C_02.33.03.00.cwe", "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu"]
const all = ["SIGINT", "SIGTERM", "SIGHUP"] as const

const boothold = (args: ReadonlyArray<string>, signals: Signals, env: NodeJS.ProcessEnv = {}) =>
  signalled([process.execPath, bin, ...args], signals, { cwd, env })

const update = (...more: ReadonlyArray<string>) => ["update", "--simulate", "em7455", "--yes", ...more, ...images]
/** Faster than a modem, and slow enough to be met in the middle. */
const brisk = ["--simulate-speed", "20"]
/** The modem never acknowledges a chunk. */
const deaf = [...brisk, "--simulate-behaviour", "hang:where=write"]
/** Said when that chunk is out. */
const chunkIsOut = '"_tag":"Programming"'

/** What is promised of the first signal; and of the second one, on a machine that is busy with other tests. */
const bound = 7500
const atOnce = 1500

const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "boothold-signals-"))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const journalIn = (folder: string): string => {
  const runs = join(folder, "runs")
  const [name] = readdirSync(runs)
  return readFileSync(join(runs, name ?? ""), "utf8")
}

const lastLine = (out: string) => runLines(out.trimEnd()).at(-1)

const interruption = (out: string) => {
  const last = lastLine(out)
  assert(last?._tag === "RunInterrupted", out.slice(-400))
  return last
}

describe("the first signal", () => {
  it.each(all)("%s ends a run, which says the modem's state and the next command, as text", async (signal) => {
    const { code, err, sinceFirst } = await boothold(update(), { at: "check family", signal })
    assert.strictEqual(code, 130)
    assert.match(
      err,
      /^stopping, within 7 s; .*once more leaves at once\ninterrupted\nstate: The modem .+\nnext: {2}boothold \w+ --simulate em7455 .+\n$/
    )
    assert.isBelow(sinceFirst, bound)
  })

  it.each(all)(
    "%s ends a run that prints JSON with whole lines of JSON",
    async (signal) => {
      // What may be the case until the signal is there, too.
      const moments = [
        ['"step":"open-control"', ["Untouched", "PreferenceChanged", "Restarting"]],
        ['"step":"dload-switch"', ["BootAndHold", "HalfWritten"]],
        ['"_tag":"ImageFinished"', ["WrittenNotReset", "HalfWritten"]],
        ['"step":"wait-for-boot"', ["Restarting"]]
      ] as const
      await Promise.all(
        moments.map(async ([at, conditions]) => {
          const { code, err, out, sinceFirst } = await boothold(update("--json", ...brisk), { at, signal })
          assert.deepStrictEqual([code, err], [130, ""], at)
          assert.include<string>(conditions.join(), interruption(out).condition._tag)
          assert.isBelow(sinceFirst, bound)
        })
      )
    },
    60_000
  )

  it("lets a chunk be acknowledged for 2 s; two of one Ctrl+C are one", async () => {
    const { code, out, sinceFirst } = await boothold(update("--json", ...deaf), {
      at: chunkIsOut,
      signal: "SIGINT",
      then: [[15, "SIGTERM"]]
    })
    assert.strictEqual(code, 130)
    assert.strictEqual(interruption(out).condition._tag, "HalfWritten")
    assert.isAtLeast(sinceFirst, 1900)
    assert.isBelow(sinceFirst, bound)
  })

  it("ends a question that is not answered", () => {
    const args = ["info", "--simulate", "em7455", "--simulate-behaviour", "hang:where=control"]
    // Nothing is printed that it could be timed by.
    const started = performance.now()
    const child = spawnSync("timeout", ["-s", "INT", "1", process.execPath, bin, ...args], { cwd })
    assert.isBelow(performance.now() - started, 1000 + bound)
    assert.strictEqual(child.status, 124)
    assert.strictEqual(child.stderr.toString(), "")
  })

  it.each(all)("%s is how some commands are meant to be ended", async (signal) => {
    for (const args of [
      ["list", "--watch", "--simulate", "em7455"],
      ["simulate", "em7455"]
    ]) {
      const { code, err } = await boothold(args, { at: "\n", signal })
      assert.deepStrictEqual([code, err], [0, ""], args.join(" "))
    }
  })
})

describe("the second signal", () => {
  it.each(all)(
    "%s leaves at once with the modem's state, and another program may go on",
    async (signal) => {
      await inFolder(async (folder) => {
        for (const json of [true, false]) {
          const state = ["--state-dir", join(folder, String(json))]
          const at = json ? chunkIsOut : "restart the modem"
          const { code, err, out, sinceLast } = await boothold(update(...deaf, ...state, ...(json ? ["--json"] : [])), {
            at: json ? chunkIsOut : "programming flash",
            signal,
            then: [[400, signal]]
          })
          assert.strictEqual(code, 130, at)
          assert.isBelow(sinceLast, atOnce)
          if (json) assert.strictEqual(interruption(out).condition._tag, "HalfWritten")
          else
            assert.match(
              err,
              /^stopping.*\ninterrupted\nstate: The modem .*half written.*\nnext: {2}boothold recover .*\n$/
            )
          assert.notInclude(journalIn(state[1] ?? ""), "RunInterrupted")
          const history = execFileSync(process.execPath, [bin, "history", ...state]).toString()
          assert.include(history, "cut off")
          // The lock of the dead program keeps nobody out.
          const next = spawnSync(
            process.execPath,
            [bin, "reset", "--simulate", "em7455", "--simulate-speed", "1000", "--yes", ...state],
            { cwd }
          )
          assert.strictEqual(next.status, 0, next.stderr.toString())
        }
      })
    },
    60_000
  )
})

const stuck = fileURLToPath(new URL("stuck-program.ts", import.meta.url))

describe("a command that no interruption ends", () => {
  it("is left by the second signal, last words first, the terminal as it was", async () => {
    for (const [first, second] of [
      ["SIGINT", "SIGINT"],
      ["SIGTERM", "SIGHUP"],
      ["SIGHUP", "SIGTERM"]
    ] as const) {
      const { code, err, sinceLast } = await signalled([process.execPath, stuck, "never"], {
        at: "begun",
        signal: first,
        then: [[200, second]]
      })
      assert.deepStrictEqual([code, err], [130, "stopping\nrestored\nlast words\n"])
      assert.isBelow(sinceLast, atOnce)
    }
  })

  it("also where the system itself does not return", async () => {
    await inFolder(async (folder) => {
      const fifo = join(folder, "fifo")
      execFileSync("mkfifo", [fifo])
      const { code, err, sinceLast } = await signalled([process.execPath, stuck, "file", fifo], {
        at: "begun",
        signal: "SIGINT",
        then: [[200, "SIGINT"]]
      })
      assert.deepStrictEqual([code, err], [130, "stopping\nrestored\nlast words\n"])
      assert.isBelow(sinceLast, atOnce)
    })
  })

  it.live("also where the modem takes nothing of a chunk", () =>
    Effect.gen(function* () {
      // Nobody reads what it is sent: some 256 KiB are taken, and no more.
      const pty = yield* openPty("a modem")
      const { code, err, sinceLast } = yield* Effect.promise(() =>
        signalled([process.execPath, stuck, "chunk", pty.path], {
          at: "begun",
          signal: "SIGINT",
          then: [[200, "SIGINT"]]
        })
      )
      assert.deepStrictEqual([code, err], [130, "stopping\nrestored\nlast words\n"])
      assert.isBelow(sinceLast, atOnce)
    }).pipe(Effect.scoped)
  )

  it("ends by itself after 7 s", async () => {
    const { code, err, sinceFirst } = await signalled([process.execPath, stuck, "never"], {
      at: "begun",
      signal: "SIGTERM"
    })
    assert.deepStrictEqual([code, err], [130, "stopping\nrestored\nlast words\n"])
    assert.approximately(sinceFirst, 7000, 1500)
  }, 30_000)
})

describe("a hangup that is to be ignored", () => {
  it.each([
    ["nohup, all redirected", "nohup"],
    ["a shell that ignores it", "trap '' HUP;"]
  ])(
    "by %s is no end",
    async (_, prefix) => {
      const words = [process.execPath, bin, ...update("--json", ...brisk)].map((word) => `'${word}'`).join(" ")
      const script = `${prefix} ${words} & echo pid $!; wait $!; echo code $?`
      const hangup = { at: '"step":"identify"', signal: "SIGHUP" } as const
      const { out } = await signalled(["bash", "-c", script], hangup, { cwd, named: /^pid (\d+)$/m })
      assert.include(out, "code 0")
      assert.include(out, '"_tag":"Result"')
    },
    60_000
  )
})

describe("on a terminal", () => {
  it("the second Ctrl+C gives back cursor and long lines, and leaves no half line", async () => {
    const { spawn } = await import("@lydell/node-pty")
    const terminal = spawn(process.execPath, [bin, ...update(...deaf)], {
      cwd,
      env: { PATH: process.env["PATH"], TERM: "xterm" },
      cols: 100,
      rows: 30
    })
    let out = ""
    let pressed = false
    const code = await new Promise<number>((resolve) => {
      terminal.onExit(({ exitCode }) => resolve(exitCode))
      terminal.onData((text) => {
        out += text
        if (pressed || !out.includes("programming flash")) return
        pressed = true
        terminal.write("\u0003")
        setTimeout(() => terminal.write("\u0003"), 500)
      })
    })
    assert.strictEqual(code, 130)
    const [, first = "", second = ""] = out.split("^C")
    assert.match(first, /^[^\n]*\r\u001b\[Kstopping, within 7 s[^\n]*\n/)
    for (const [off, on] of [
      ["\u001b[?25l", "\u001b[?25h"],
      ["\u001b[?7l", "\u001b[?7h"]
    ] as const) {
      assert.include(out, off)
      assert.notInclude(second, off)
      assert.include(second, on)
    }
    // The line that was drawn is erased before the last words.
    assert.match(
      second,
      /^\r\u001b\[K[^\n]*interrupted[^\n]*\n[^\n]*state:[^\n]*half written[^\n]*\n[^\n]*next:[^\n]*\n$/
    )
  })
})

/** A terminal whose other end is closed at `at`: a lost SSH connection. Returns the journal of the run in it. */
const lostTerminal = async (folder: string, prefix: ReadonlyArray<string>) => {
  const { spawn } = await import("@lydell/node-pty")
  const files = images.map((name) => join(cwd, name))
  const words = ["update", "--simulate", "em7455", "--yes", ...brisk, "--state-dir", folder, ...files]
  const [program = "", ...args] = [...prefix, process.execPath, bin, ...words]
  const terminal = spawn(program, args, {
    // Where nohup puts its file.
    cwd: folder,
    env: { PATH: process.env["PATH"] },
    cols: 100,
    rows: 30
  })
  const ends = (text: string): boolean => /RunFinished|RunInterrupted|RunFailed/.test(text)
  const until = async (is: (text: string) => boolean): Promise<string> => {
    const limit = performance.now() + 60_000
    while (performance.now() < limit) {
      const text =
        existsSync(join(folder, "runs")) && readdirSync(join(folder, "runs")).length > 0 ? journalIn(folder) : ""
      if (is(text)) return text
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error("not within a minute")
  }
  await until((text) => text.includes('"identify"'))
  ;(terminal as unknown as { readonly destroy: () => void }).destroy()
  return until(ends)
}

describe("a terminal that is lost", () => {
  it("is a hangup, which ends the run in order", async () => {
    await inFolder(async (folder) => {
      assert.include(await lostTerminal(folder, []), "RunInterrupted")
    })
  }, 120_000)

  it("does not end a run under nohup, nor does writing to it", async () => {
    await inFolder(async (folder) => {
      assert.include(await lostTerminal(folder, ["nohup"]), "RunFinished")
      // Started by something that only keeps the signal away: everything that is written fails.
      const kept = ["bash", "-c", "trap '' HUP; \"$@\"; true", "bash"]
      mkdirSync(join(folder, "kept"))
      assert.include(await lostTerminal(join(folder, "kept"), kept), "RunFinished")
    })
  }, 180_000)
})

describe("a reader that goes away", () => {
  it("ends no run", async () => {
    await inFolder(async (folder) => {
      const words = [process.execPath, bin, ...update("--json", ...brisk, "--state-dir", folder)]
      const script = `${words.map((word) => `'${word}'`).join(" ")} 2>&1 | head -n 3`
      spawnSync("bash", ["-c", script], { cwd })
      assert.include(journalIn(folder), "RunFinished")
      return Promise.resolve()
    })
  }, 60_000)
})
