/**
 * Real SIGKILL, on real kernel drivers: an update is killed at one moment, and `recover` brings the modem home by what was
 * written down. Every moment of an update is tried in virtual time (`npm run matrix`); here a few are tried for real.
 */
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import type { Case, Group } from "../guest/harness.ts"
import type { Entry, ModemHandle } from "../guest/modem.ts"
import { until } from "../guest/processes.ts"
import type { CaseTools } from "../guest/tools.ts"
import { assertRuns, x30, x9200 } from "./updates.ts"
import type { Update } from "./updates.ts"

interface Killed {
  readonly name: string
  readonly update: Update
  /** The first entry of the modem's journal for which this is so. */
  readonly at: (entry: Entry) => boolean
  /** The modem loses its power too. */
  readonly power?: true
  readonly extended?: true
}

const killed: ReadonlyArray<Killed> = [
  { name: "when the preference has been set", update: x30, at: ({ _tag }) => _tag === "PreferenceSet", extended: true },
  {
    name: "when the modem has left for boot-and-hold",
    update: x30,
    at: ({ _tag }) => _tag === "Unplugged",
    extended: true
  },
  { name: "after the first chunk", update: x30, at: ({ _tag }) => _tag === "ChunkWritten" },
  { name: "after the system image", update: x30, at: ({ _tag }) => _tag === "ImageReceived", extended: true },
  {
    name: "after the first chunk, and the modem loses its power",
    update: x30,
    at: ({ _tag }) => _tag === "ChunkWritten",
    power: true,
    extended: true
  },
  { name: "in the only slot of a 9200", update: x9200, at: ({ _tag }) => _tag === "ChunkWritten" }
]

/** In either mode, with a port that can be opened. */
const isReachable = (): true | undefined => existsSync("/dev/ttyUSB0") || existsSync("/dev/cdc-wdm0") || undefined

const home = async (tools: CaseTools, modem: ModemHandle, update: Update): Promise<void> => {
  const { status, stderr, stdout } = await tools.boothold(["recover", "--yes"])
  assert.equal(status, 0, stdout + stderr)
  await modem.isIdle()
  assertRuns(update, await modem.quit())
}

const killedCase = ({ at, extended, name, power, update }: Killed): Case => ({
  name: `SIGKILL ${name}: recover goes on`,
  ...(extended === undefined ? {} : { extended }),
  body: async (tools) => {
    const modem = await tools.modem(update.model)
    const running = tools.startUnwatched(["update", "-d", update.application, "--yes", ...update.set.files])
    await modem.happens(name, at)
    running.kill("SIGKILL")
    await running.ended
    if (power === true) {
      await modem.tell("unplug")
      await modem.tell("plug")
    }
    await until("the modem's ports", isReachable, 60)
    const runs = await tools.boothold(["history"])
    assert.match(runs.stdout, /cut off/)
    await home(tools, modem, update)
  }
})

export const cases: Group = [
  ...killed.map(killedCase),
  {
    name: "recover without anything written down: out of boot-and-hold, and the old preference fits again",
    extended: true,
    body: async (tools) => {
      const modem = await tools.modem(x30.model, { words: ["--mode", "boot-and-hold"] })
      const { status, stderr, stdout } = await tools.boothold(["recover", "--yes"])
      assert.equal(status, 0, stdout + stderr)
      const state = await modem.quit()
      assert.deepEqual([state.mode, state.operatingMode, state.running.firmware], ["application", 0, "02.24.05.06"])
    }
  },
  {
    name: "recover --watch finds a modem that was left half way, and brings it home unasked",
    extended: true,
    limitSeconds: 420,
    body: async (tools) => {
      const modem = await tools.modem(x30.model)
      const watching = tools.startBoothold(["recover", "--watch"])
      const running = tools.startUnwatched(["update", "-d", x30.application, "--yes", ...x30.set.files])
      await modem.happens("the first chunk", ({ _tag }) => _tag === "ChunkWritten")
      running.kill("SIGKILL")
      await running.ended
      await modem.happens("it runs again", ({ _tag, mode }) => _tag === "Booted" && mode === "application", 300)
      await watching.says(/It is home: it runs 02\.33\.03\.00/)
      watching.kill("SIGINT")
      assert.equal((await watching.ended).status, 0)
      await modem.isIdle()
      assertRuns(x30, await modem.quit())
    }
  }
]
