/**
 * What goes wrong with real modems, through real drivers, and without udevd: unplugged, moved, late, silent, taken,
 * forbidden, interrupted. Each ends in the error that says so, with a way on that works.
 */
import assert from "node:assert/strict"
import { chmodSync, existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Group } from "../guest/harness.ts"
import type { Entry } from "../guest/modem.ts"
import type { Ended, Running } from "../guest/processes.ts"
import { until } from "../guest/processes.ts"
import type { CaseTools } from "../guest/tools.ts"
import { assertRuns, assertUntouched, assertUpdated, x30, x9200 } from "./updates.ts"

const factory = "02.24.05.06"
const updateWords = ["update", "-d", x30.application, "--yes", ...x30.set.files]

interface Report {
  readonly code: string
  readonly exitCode: number
  readonly message: string
  readonly help: string
  readonly state?: string
  readonly next?: string
}

/** The last line of `--json` when a command has failed; its exit code is the process's. */
const report = (ended: Ended): Report => {
  const last = ended.stdout.trim().split("\n").at(-1) ?? ""
  const found = JSON.parse(last) as Report & { readonly _tag: string }
  assert.equal(found._tag, "Error", last)
  assert.equal(ended.status, found.exitCode)
  return found
}

/** Runs the command that a failed run has advised. */
const followAdvice = async (tools: CaseTools, next: string | undefined): Promise<void> => {
  assert(next?.startsWith("boothold ") === true, `no advice but ${String(next)}`)
  const words = next.split(" ").slice(1)
  const { status, stderr, stdout } = await tools.boothold(words.includes("--yes") ? words : [...words, "--yes"])
  assert.equal(status, 0, `${next}\n${stdout}${stderr}`)
}

/** Orderly within two seconds after it was told to stop; what this emulated machine adds is measured by how Node starts. */
const stopMillis = async (tools: CaseTools): Promise<number> => {
  const { millis } = await tools.run(process.execPath, ["-e", "0"])
  // Beside another guest a second may take ten; that it is two seconds is tested in virtual time.
  return 2000 + 10 * millis
}

/** Sends SIGINT at a moment of the run; what it says, and that it was quick. */
const interrupted = async (
  tools: CaseTools,
  words: ReadonlyArray<string>,
  moment: (running: Running) => Promise<unknown>
): Promise<Ended> => {
  const limit = await stopMillis(tools)
  const running = tools.startBoothold(words)
  await moment(running)
  const from = performance.now()
  running.kill("SIGINT")
  const ended = await running.ended
  const took = performance.now() - from
  assert.equal(ended.status, 130, ended.stderr)
  assert(took < limit, `it took ${took.toFixed(0)} ms to stop, of ${limit.toFixed(0)}`)
  return ended
}

const adviceIn = ({ stderr, stdout }: Ended): string | undefined => /next:\s+(boothold .*)/.exec(stdout + stderr)?.[1]

/** When the modem was last taken off the bus. */
const leftAt = (journal: ReadonlyArray<Entry>): number =>
  journal.findLast(({ _tag }) => _tag === "Unplugged")?.at ?? Number.POSITIVE_INFINITY

export const cases: Group = [
  {
    name: "an update without udevd",
    body: async (tools) => {
      const modem = await tools.modem(x30.model)
      const { status, stderr, stdout } = await tools.boothold(updateWords)
      assert.equal(status, 0, stdout + stderr)
      await modem.isIdle()
      assertUpdated(x30, modem, await modem.quit())
    }
  },
  {
    name: "a modem with one slot leaves in the middle of a chunk and waits in boot-and-hold: the advised command goes on",
    body: async (tools) => {
      const modem = await tools.modem(x9200.model, { faults: ["disconnectInChunk:image=0,chunk=1,times=1"] })
      const words = [
        "update",
        "-d",
        x9200.application,
        "--yes",
        "--json",
        "--no-rollback-on-failure",
        ...x9200.set.files
      ]
      const failed = report(await tools.boothold(words))
      assert.equal(failed.code, "TRANSPORT_UNPLUGGED")
      assert.equal(failed.exitCode, 17)
      assert.match(failed.state ?? "", /left the bus with .* half written/)
      await modem.isBack(leftAt(modem.journal()))
      await until("the download port", () => existsSync("/dev/ttyUSB0") || undefined)
      await followAdvice(tools, failed.next)
      await modem.isIdle()
      assertUpdated(x9200, modem, await modem.quit())
    }
  },
  {
    name: "the plug is pulled during the transfer: noticed at once; plugged in again, the old preference is put back",
    body: async (tools) => {
      const modem = await tools.modem(x30.model)
      const limit = await stopMillis(tools)
      const running = tools.startBoothold([...updateWords, "--json"])
      await modem.happens("the first chunk", ({ _tag }) => _tag === "ChunkWritten")
      await modem.tell("unplug")
      const from = performance.now()
      await running.says(/"_tag":"UndoStarted"/)
      const took = performance.now() - from
      assert(took < limit, `noticed after ${took.toFixed(0)} ms, of ${limit.toFixed(0)}`)
      await modem.tell("plug")
      const failed = report(await running.ended)
      assert.equal(failed.code, "TRANSPORT_UNPLUGGED")
      assert.equal(failed.exitCode, 22)
      assert.match(failed.state ?? "", /runs its old firmware 02\.24\.05\.06 again, and its old preference/)
      await modem.isIdle()
      const state = await modem.quit()
      assert.deepEqual([state.mode, state.operatingMode, state.running.firmware], ["application", 0, factory])
      assert.equal(state.preference?.firmware, factory)
    }
  },
  {
    name: "the plug is pulled while the modem goes into boot-and-hold: it forgets that, and the advised command goes on",
    extended: true,
    body: async (tools) => {
      const modem = await tools.modem(x30.model, { bootSeconds: 4 })
      const running = tools.startBoothold([...updateWords, "--json"])
      await modem.happens("it left the bus", ({ _tag }) => _tag === "Unplugged")
      await modem.tell("unplug")
      await modem.tell("plug")
      const failed = report(await running.ended)
      assert.equal(failed.code, "UPDATE_CAME_BACK_RUNNING")
      assert.equal(failed.exitCode, 22)
      await followAdvice(tools, failed.next)
      assertUpdated(x30, modem, await modem.quit())
    }
  },
  {
    name: "the plug is pulled while the modem starts its new firmware, and put in again: the update goes on",
    extended: true,
    body: async (tools) => {
      const modem = await tools.modem(x30.model, { bootSeconds: 4 })
      const running = tools.startBoothold(updateWords)
      await until(
        "it left the bus for the second time",
        () => {
          const left = modem.journal().filter(({ _tag }) => _tag === "Unplugged")
          return left.length === 2 || undefined
        },
        120
      )
      await modem.tell("unplug")
      await modem.tell("plug")
      const { status, stderr, stdout } = await running.ended
      assert.equal(status, 0, stdout + stderr)
      assertUpdated(x30, modem, await modem.quit())
    }
  },
  {
    name: "the modem comes back at another port, and is known by its serial",
    extended: true,
    body: async (tools) => {
      const modem = await tools.modem(x30.model, { faults: ["otherPortPath:path=1-3,on=boot-and-hold"] })
      const { status, stderr, stdout } = await tools.boothold(updateWords)
      assert.equal(status, 0, stdout + stderr)
      assert(modem.journal().some(({ portPath }) => portPath === "1-3"))
      assertUpdated(x30, modem, await modem.quit())
    }
  },
  {
    name: "the download port comes three seconds after the device",
    extended: true,
    body: async (tools) => {
      const modem = await tools.modem(x30.model, { faults: ["latePort:role=download,delay=3000"] })
      const { status, stderr, stdout } = await tools.boothold(updateWords)
      assert.equal(status, 0, stdout + stderr)
      assertUpdated(x30, modem, await modem.quit())
    }
  },
  {
    name: "a user without rights is told so, and what gives them",
    body: async (tools) => {
      const modem = await tools.modem(x30.model)
      const nobody = 65_534
      const listed = await tools.boothold(["list"], { user: nobody })
      assert.equal(listed.status, 0, "looking at the bus needs no rights")
      assert.match(listed.stdout, /1199:9071/)
      // Whose home is root's here: a folder of his own for what boothold remembers.
      const memory = join(tools.work, "memory")
      mkdirSync(memory)
      chmodSync(memory, 0o777)
      const words = [...updateWords, "--state-dir", memory, "--json"]
      const failed = report(await tools.boothold(words, { user: nobody }))
      assert.equal(failed.code, "TRANSPORT_PERMISSION")
      assert.equal(failed.exitCode, 15)
      assert.match(failed.help, /sudo/)
      assertUntouched(modem, await modem.quit(), factory)
    }
  },
  {
    name: "a second run on a modem that is being updated is refused, and disturbs nothing",
    body: async (tools) => {
      // It stays in the middle of the transfer, however slowly the second program starts.
      const modem = await tools.modem(x30.model, { faults: ["hang:where=write,image=0,chunk=1"] })
      const running = tools.startBoothold(updateWords)
      const second = ({ _tag, detail = "" }: Entry) => _tag === "QdlRequest" && detail.startsWith("sequence 1,")
      await modem.happens("the second chunk", second)
      const written = modem.journal().length
      const other = ["download", "-d", x30.holding, "--yes", "--json", ...x30.set.files]
      const reserved = report(await tools.boothold(other))
      assert.deepEqual([reserved.code, reserved.exitCode], ["LOCK_HELD", 16])
      // One that does not know of the lock meets the port.
      const failed = report(await tools.boothold([...other, "--state-dir", join(tools.work, "elsewhere")]))
      assert.equal(failed.code, "TRANSPORT_BUSY")
      assert.equal(failed.exitCode, 16, "not 7: going on with a download is for when the other program has let go")
      const since = modem.journal().slice(written)
      assert.deepEqual(
        since.filter(({ _tag }) => _tag === "QdlRequest" || _tag === "PortOpened" || _tag === "ImageAbandoned"),
        [],
        "the modem heard of the second one"
      )
      running.kill("SIGINT")
      assert.equal((await running.ended).status, 130)
      await modem.isIdle()
    }
  },
  {
    name: "SIGINT during the transfer: quick, says where the modem is, and the advised command goes on",
    body: async (tools) => {
      const modem = await tools.modem(x30.model)
      const ended = await interrupted(tools, updateWords, () =>
        modem.happens("the first chunk", ({ _tag }) => _tag === "ChunkWritten")
      )
      assert.match(ended.stdout + ended.stderr, /boot-and-hold/)
      await modem.isIdle()
      await followAdvice(tools, adviceIn(ended))
      // The last chunk may have been on its way: then the system image came whole, and once more.
      assertRuns(x30, await modem.quit())
    }
  },
  {
    name: "SIGINT while the modem takes nothing any more, and a write is stuck in the kernel",
    body: async (tools) => {
      const modem = await tools.modem(x30.model, { faults: ["hang:where=write,image=0,chunk=0"] })
      const ended = await interrupted(tools, updateWords, () =>
        modem.happens("the transfer", ({ _tag, request }) => _tag === "QdlRequest" && request === "WriteUnframed")
      )
      assert.match(ended.stdout + ended.stderr, /boot-and-hold/)
      await modem.isIdle()
    }
  },
  {
    name: "SIGINT while waiting for the modem to come back",
    extended: true,
    body: async (tools) => {
      const modem = await tools.modem(x30.model, { faults: ["hang:where=boot"] })
      const ended = await interrupted(tools, updateWords, async (running) => {
        await modem.happens("it left the bus", ({ _tag }) => _tag === "Unplugged")
        await running.says(/✔ restart the modem/)
      })
      assert.match(ended.stdout + ended.stderr, /restart/)
    }
  },
  {
    name: "a modem that never answers: an error within its deadline, and untouched",
    extended: true,
    body: async (tools) => {
      const modem = await tools.modem(x30.model, { faults: ["hang:where=control", "hang:where=at"] })
      const failed = report(await tools.boothold([...updateWords, "--json"], { limitSeconds: 180 }))
      assert.equal(failed.exitCode, 14, JSON.stringify(failed))
      await modem.isIdle()
      assertUntouched(modem, await modem.quit(), factory)
    }
  },
  {
    name: "a boot loader that never answers: an error within its deadline",
    extended: true,
    body: async (tools) => {
      const modem = await tools.modem(x30.model, {
        words: ["--mode", "boot-and-hold"],
        faults: ["hang:where=hello"]
      })
      const words = ["download", "-d", x30.holding, "--yes", "--json", ...x30.set.files]
      const failed = report(await tools.boothold(words))
      assert.equal(failed.code, "QDL_NO_ANSWER")
      assert.equal(failed.exitCode, 7)
      await modem.isIdle()
    }
  },
  {
    name: "ports that begin with somebody else's bytes, and answers in pieces",
    extended: true,
    body: async (tools) => {
      const noise = Buffer.from("garbage ~\x01\x7e\x00").toString("base64")
      const modem = await tools.modem(x30.model, {
        faults: [
          ...["download", "at"].map((where) => JSON.stringify({ _tag: "staleBytes", where, bytes: noise })),
          "splitAnswers:where=download,pieces=3,delay=20",
          "foreignTraffic"
        ]
      })
      const { status, stderr, stdout } = await tools.boothold(updateWords)
      assert.equal(status, 0, stdout + stderr)
      assertUpdated(x30, modem, await modem.quit())
    }
  }
]
