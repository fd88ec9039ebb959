/** Modems by AT, through the kernel's `qcserial`: no AT port, a deaf one, two of the same kind, and no driver for QMI. */
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import type { Group } from "../guest/harness.ts"
import type { Ended } from "../guest/processes.ts"
import { until } from "../guest/processes.ts"
import type { CaseTools } from "../guest/tools.ts"
import { assertUntouched, assertUpdated, onlyByAt, x30, x9200 } from "./updates.ts"

const lines = ({ stdout }: Ended): ReadonlyArray<{ readonly _tag: string; readonly [key: string]: unknown }> =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly _tag: string })

const last = (ended: Ended) => {
  const report = lines(ended).at(-1)
  assert.equal(report?._tag, "Error", ended.stdout + ended.stderr)
  return report as unknown as { readonly code: string; readonly message: string; readonly state: string }
}

const ok = async (tools: CaseTools, ...words: ReadonlyArray<string>): Promise<Ended> => {
  const ended = await tools.boothold(words)
  assert.equal(ended.status, 0, `boothold ${words.join(" ")}\n${ended.stdout}${ended.stderr}`)
  return ended
}

export const cases: Group = [
  {
    name: "a composition without AT port: QMI is all there is, and it is said so where that is refused",
    body: async (tools) => {
      const modem = await tools.modem(x30.model, { ...onlyByAt, words: ["--composition", "9"] })
      const ended = await tools.boothold(["reset", "--yes", "--json"])
      assert.equal(ended.status, 6, ended.stdout + ended.stderr)
      const { code, message, state } = last(ended)
      assert.equal(code, "UPDATE_BOOT_AND_HOLD_REFUSED")
      assert.match(message, /AT!BOOTHOLD: the modem has no AT port/)
      assert.equal(state, "The modem was not changed.")
      await modem.isIdle()
      assertUntouched(modem, await modem.quit(), "02.24.05.06")
    }
  },
  {
    name: "a deaf AT port: it costs nothing where QMI knows a way, and 10 s where it was the last one",
    body: async (tools) => {
      const modem = await tools.modem(x9200.model, { faults: [...(onlyByAt.faults ?? []), "hang:where=at"] })
      const ended = await tools.boothold(["reset", "-d", x9200.application, "--yes", "--json"])
      assert.equal(ended.status, 6, ended.stdout + ended.stderr)
      const tried = lines(ended).filter(({ _tag }) => _tag === "BootEntryTried")
      assert.deepEqual(
        tried.map(({ accepted }) => accepted),
        [false, false, false]
      )
      assert.match(JSON.stringify(tried.at(-1)), /ttyUSB2 \(at\)","answer":"no answer within 10 s/)
      assert.match(JSON.stringify(tried.at(-1)), /ttyUSB0 \(diag\)","answer":"not asked/)
      tools.log.push(`the whole command: ${(ended.millis / 1000).toFixed(1)} s`)
      await modem.isIdle()
      assertUntouched(modem, await modem.quit(), "03.05.19.04")
    }
  },
  {
    name: "two modems of the same id by AT: the one that was meant is updated, the other is not touched",
    body: async (tools) => {
      const modem = await tools.modem(["em7455", "em7455"], { words: ["--serial", "AA01", "--serial", "AA02"] })
      const several = await tools.boothold(["update", "--by-at", "-d", x30.application, "--yes", ...x30.set.files])
      assert.equal(several.status, 10, several.stderr)
      // Each was asked which firmware it runs, for the list in the error; from here on only one is meant.
      const asked = modem.journal("em7455").length
      await ok(tools, "update", "--by-at", "--serial", "AA02", "--yes", ...x30.set.files)
      await modem.isIdle()
      const saved = await modem.quitAll()
      assertUpdated(x30, modem, modem.stateOf("em7455-2", saved), "em7455-2")
      assertUntouched(modem, modem.stateOf("em7455", saved), "02.24.05.06")
      const since = modem.journal("em7455").slice(asked)
      assert.deepEqual(
        since.filter(({ _tag }) => _tag === "AtCommand" || _tag === "QmiRequest"),
        []
      )
    }
  },
  {
    // The last one: the driver stays away.
    name: "a 9200 without driver for its control port is updated by AT, and the plan says why",
    body: async (tools) => {
      const modem = await tools.modem(x9200.model)
      assert.equal((await tools.run("rmmod", ["qmi_wwan"])).status, 0)
      await until("the control port is gone", () => !existsSync("/dev/cdc-wdm0") || undefined)
      const words = ["update", "-d", x9200.application, "--transport", "kernel", "--yes", "--json", ...x9200.set.files]
      const ended = await ok(tools, ...words)
      assert.match(JSON.stringify(lines(ended)[0]), /"byAt":\{"port":"\/dev\/ttyUSB2","why":"[^"]*has no driver/)
      await modem.isIdle()
      const state = await modem.quit()
      assertUpdated(x9200, modem, state)
      assert(!modem.journal().some(({ _tag }) => _tag === "QmiRequest"))
      tools.keep(modem.transcript, "boothold-update-9200-by-at.jsonl")
    }
  }
]
