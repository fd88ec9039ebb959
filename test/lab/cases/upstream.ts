/** Debian's own tools, unmodified, on our modem. What they accept is how a modem has to be. */
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import type { Group } from "../guest/harness.ts"
import { programs, until } from "../guest/processes.ts"
import type { CaseTools } from "../guest/tools.ts"
import { flash, onceMoreIfTooSlow, tool } from "./reference.ts"
import { assertUpdated, onlyByAt, updates, x30, x9200 } from "./updates.ts"

/** qmicli on the first control port; its output without blanks that only align it. */
const ask = async (tools: CaseTools, ...words: ReadonlyArray<string>): Promise<string> => {
  const { status, stderr, stdout } = await tools.run("qmicli", ["-d", "/dev/cdc-wdm0", ...words])
  assert.equal(status, 0, stderr)
  return stdout.replaceAll(/[ \t]+/g, " ")
}

/** The proxy stays for the next client; the case ends it. */
const endProxy = async (): Promise<void> => {
  const proxies = () => [...programs()].filter(([, words]) => /qmi-proxy/.test(words))
  for (const [pid] of proxies()) process.kill(pid, "SIGTERM")
  await until("the proxy has ended", () => (proxies().length === 0 ? true : undefined))
}

const reading = (proxy: boolean) => async (tools: CaseTools) => {
  const modem = await tools.modem("em7455")
  const flags = proxy ? ["-p"] : []
  assert.match(await ask(tools, ...flags, "--dms-get-model"), /Model: 'EM7455'/)
  assert.match(await ask(tools, ...flags, "--dms-get-revision"), /Revision: 'SWI9X30C_02\.24\.05\.06 /)
  const stored = await ask(tools, ...flags, "--dms-list-stored-images")
  assert.match(stored, /\[modem0\]\s+Unique ID: '\?_\?'\s+Build ID: '02\.24\.05\.06_\?'/)
  assert.match(stored, /\[pri0\]\s+Unique ID: '002\.026_000'\s+Build ID: '02\.24\.05\.06_GENERIC'/)
  const preference = await ask(tools, ...flags, "--dms-get-firmware-preference")
  assert.match(preference, /\[image 0\]\s+Image type: 'modem'\s+Unique ID: '\?_\?'\s+Build ID: '02\.24\.05\.06_\?'/)
  assert.match(preference, /\[image 1\]\s+Image type: 'pri'\s+Unique ID: '002\.026_000'/)
  if (proxy) await endProxy()
  await modem.isIdle()
}

export const cases: Group = [
  { name: "qmicli reads model, revision, stored images and preference", body: reading(false) },
  { name: "qmicli reads them through its proxy", body: reading(true) },
  ...updates.map((update) => ({
    name: `${tool} --update: ${update.name}`,
    extended: update.extended === true,
    limitSeconds: 480,
    body: onceMoreIfTooSlow(async (tools: CaseTools) => {
      const modem = await tools.modem(update.model, update.wishes)
      const words = ["--update", "-d", update.application, "--ignore-mm-runtime-check", "--verbose"]
      await flash(tools, ...words, ...update.set.files)
      await modem.isIdle()
      const state = await modem.quit()
      tools.keep(modem.transcript, `upstream-update-${update.name}.jsonl`)
      assertUpdated(update, modem, state)
    })
  })),
  {
    name: `${tool} --reset, then --update-download`,
    limitSeconds: 480,
    body: onceMoreIfTooSlow(async (tools) => {
      const modem = await tools.modem(x30.model)
      const reset = await tools.run(tool, ["--reset", "-d", x30.application, "--ignore-mm-runtime-check"])
      assert.equal(reset.status, 0)
      await modem.happens("boot-and-hold", ({ _tag, mode }) => _tag === "Booted" && mode === "boot-and-hold")
      await until("the download port", () => existsSync("/dev/ttyUSB0") || undefined)
      const words = ["--update-download", "-t", "/dev/ttyUSB0", "--ignore-mm-runtime-check", "--verbose"]
      await flash(tools, ...words, ...x30.set.files)
      await modem.happens("running again", ({ _tag, mode }) => _tag === "Booted" && mode === "application")
      await modem.isIdle()
      const state = await modem.quit()
      tools.keep(modem.transcript, "upstream-download-9x30.jsonl")
      assert.deepEqual(modem.received().length, 2)
      assert.equal(state.mode, "application")
    })
  },
  {
    name: `${tool} --reset by AT`,
    body: async (tools) => {
      const modem = await tools.modem(x9200.model, onlyByAt)
      const reset = await tools.run(tool, ["--reset", "-d", x9200.application, "--ignore-mm-runtime-check"])
      assert.equal(reset.status, 0)
      await modem.happens("boot-and-hold", ({ _tag, mode }) => _tag === "Booted" && mode === "boot-and-hold")
      await modem.isIdle()
      await modem.quit()
      tools.keep(modem.transcript, "upstream-reset-by-at.jsonl")
    }
  }
]
