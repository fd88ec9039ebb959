/** Our command line as it is shipped, on the same modems, through the same drivers. */
import assert from "node:assert/strict"
import { join } from "node:path"
import type { Group } from "../guest/harness.ts"
import { root } from "../guest/tools.ts"
import type { CaseTools } from "../guest/tools.ts"
import { labCommands } from "./pages.ts"
import { assertRuns, assertUntouched, assertUpdated, hashes, onlyByAt, updates, x30, x9200 } from "./updates.ts"

const ok = async (tools: CaseTools, ...words: ReadonlyArray<string>): Promise<string> => {
  const { status, stderr, stdout } = await tools.boothold(words)
  assert.equal(status, 0, `boothold ${words.join(" ")}\n${stdout}${stderr}`)
  return stdout
}

export const cases: Group = [
  {
    name: "list and info tell what is plugged in",
    body: async (tools) => {
      const modem = await tools.modem("em7455")
      const list = await ok(tools, "list")
      for (const word of ["1199:9071", "cdc-wdm0", "ttyUSB2"]) assert(list.includes(word), `${word} in:\n${list}`)
      const info = await ok(tools, "info")
      for (const word of ["02.24.05.06", "GENERIC", "002.026_000"]) assert(info.includes(word), `${word} in:\n${info}`)
      await modem.isIdle()
    }
  },
  ...updates.map((update) => ({
    name: `update: ${update.name}`,
    extended: update.extended === true,
    body: async (tools: CaseTools) => {
      const modem = await tools.modem(update.model, update.wishes)
      await ok(tools, "update", "-d", update.application, "--yes", ...update.set.files)
      await modem.isIdle()
      const state = await modem.quit()
      tools.keep(modem.transcript, `boothold-update-${update.name}.jsonl`)
      assertUpdated(update, modem, state)
    }
  })),
  {
    name: "reset, what list and info say then, and download",
    body: async (tools) => {
      const modem = await tools.modem(x30.model)
      await ok(tools, "reset", "-d", x30.application, "--yes")
      const list = await ok(tools, "list")
      assert.match(list, /1199:9070/)
      assert.match(list, /boot-and-hold/)
      assert.match(await ok(tools, "info"), /boot-and-hold/)
      await ok(tools, "download", "-d", x30.holding, "--yes", ...x30.set.files)
      await modem.isIdle()
      const state = await modem.quit()
      tools.keep(modem.transcript, "boothold-download-9x30.jsonl")
      const [system, carrier] = hashes(x30)
      // What was flashed without a preference that names it lies outside of the slots (at.md §4.4): told to run it, the
      // modem asks for the system image once more.
      assert.deepEqual(modem.received(), [system, carrier, system])
      assertRuns(x30, state)
    }
  },
  {
    name: "reset by AT, where QMI knows no way",
    body: async (tools) => {
      const modem = await tools.modem(x9200.model, onlyByAt)
      await ok(tools, "reset", "-d", x9200.application, "--yes")
      assert.match(await ok(tools, "list"), /boot-and-hold/)
      await modem.isIdle()
      await modem.quit()
      tools.keep(modem.transcript, "boothold-reset-by-at.jsonl")
    }
  },
  {
    name: "two modems of the same kind: told apart, the one that was meant is updated, the other is not touched",
    body: async (tools) => {
      const [first, second] = ["em7455", "em7455-2"] as const
      const modem = await tools.modem(["em7455", "em7455"], { words: ["--serial", "AA01", "--serial", "AA02"] })
      const list = await ok(tools, "list")
      for (const word of ["AA01", "AA02", "1-1", "1-2"]) assert(list.includes(word), `${word} in:\n${list}`)
      const several = await tools.boothold(["update", "-d", x30.application, "--yes", ...x30.set.files])
      assert.equal(several.status, 10, several.stderr)
      for (const word of ["AA01", "AA02"]) assert(several.stderr.includes(word), several.stderr)
      await ok(tools, "update", "--serial", "AA02", "--yes", ...x30.set.files)
      await modem.isIdle()
      const saved = await modem.quitAll()
      assertUpdated(x30, modem, modem.stateOf(second, saved), second)
      assertUntouched(modem, modem.stateOf(first, saved), "02.24.05.06")
    }
  },
  {
    name: "the README's first update of a real modem, word for word",
    body: async (tools) => {
      const commands = labCommands("README.md")
      assert(commands.length >= 4, "the README shows them")
      const modem = await tools.modem("em7455")
      const folder = join(root(), "fixtures/images")
      for (const words of commands) {
        const { status, stderr, stdout } = await tools.boothold(words, { cwd: folder })
        assert.equal(status, 0, `boothold ${words.join(" ")}\n${stdout}${stderr}`)
      }
      const state = await modem.quit()
      assert.equal(state.running.firmware, "02.33.03.00")
      assert.equal(state.running.config, "002.072_001")
      assert.equal(modem.received().length, 2)
    }
  }
]
