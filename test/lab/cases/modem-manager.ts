/** ModemManager beside us: it accepts the software modem, shares it, disturbs an update, and leaves it alone when told. */
import assert from "node:assert/strict"
import type { Case, Group } from "../guest/harness.ts"
import { isForeign, startModemManager, transcriptOf } from "../guest/modem-manager.ts"
import type { Manager } from "../guest/modem-manager.ts"
import type { ModemHandle } from "../guest/modem.ts"
import { programs, until } from "../guest/processes.ts"
import type { CaseTools } from "../guest/tools.ts"
import { labCommands } from "./pages.ts"
import { assertRuns, x30 } from "./updates.ts"

const programsOf = (name: string): number => [...programs()].filter(([, words]) => words.includes(name)).length

const old = "02.24.05.06"
const now = x30.set.preference?.firmware ?? ""
const update = ["update", "-d", x30.application, "--override-download", "--yes", "--json"]

/** Bytes on their way when ModemManager says that it is done, and its farewell. */
const settlingMillis = 250

/** Runs an update to its end; what ModemManager said to the modem meanwhile, from when it had said to leave it alone. */
const watched = async (
  tools: CaseTools,
  { manager, modem }: { readonly manager: Manager; readonly modem: ModemHandle },
  ...words: ReadonlyArray<string>
) => {
  const from = Date.now()
  let over = Number.POSITIVE_INFINITY
  const run = tools.startBoothold([...update, ...words, ...x30.set.files])
  const finished = run.says(/"_tag":"Run(?:Finished|Failed)"/).then(
    () => (over = Date.now()),
    () => undefined
  )
  const end = await run.ended
  await finished
  const inhibitions = manager.inhibitions().filter(({ at }) => at >= from)
  const setup = inhibitions.find(({ what }) => what === "setup")
  const start = setup === undefined ? from : setup.at + settlingMillis
  const said = transcriptOf(modem).filter(({ at }) => at >= start && at <= over)
  return {
    ...end,
    inhibitions: inhibitions.map(({ what }) => what),
    said: said.length,
    foreign: said.filter(isForeign)
  }
}

/** As many updates, one right after the other: also while ModemManager is about to look at the modem anew. */
export const undisturbed = (runs: number): Case => ({
  name: `${String(runs)} of ${String(runs)} updates pass with ModemManager told to leave the modem alone, which then has the new firmware`,
  limitSeconds: 300 + 90 * runs,
  body: async (tools) => {
    const manager = await startModemManager(tools)
    const modem = await tools.modem(x30.model)
    for (let run = 1; run <= runs; run++) {
      const { foreign, inhibitions, said, status, stderr, stdout } = await watched(tools, { manager, modem })
      assert.equal(status, 0, `run ${String(run)}\n${stdout}${stderr}`)
      assert.deepEqual(inhibitions, ["setup", "teardown"], "as ModemManager logs it")
      assert(said > 50, "the update was heard")
      assert.match(stdout, /ModemManager leaves this modem alone until the end/)
      assert.deepEqual(foreign, [], `run ${String(run)}: ModemManager used the modem's ports`)
      tools.log.push(`run ${String(run)} passed, undisturbed`)
    }
    await manager.sees(now)
    await manager.end()
    const state = await modem.quit()
    assertRuns(x30, state)
  }
})

export const cases: Group = [
  {
    name: "mmcli shows the software modem; info shares its port by qmi-proxy; an update that tells ModemManager nothing is disturbed",
    limitSeconds: 600,
    body: async (tools) => {
      const manager = await startModemManager(tools)
      const modem = await tools.modem(x30.model)
      const seen = await manager.sees(old)
      for (const word of ["Sierra Wireless, Incorporated", "EM7455", `SWI9X30C_${old}`, "cdc-wdm0 (qmi)"]) {
        assert(seen.includes(word), `${word} in:\n${seen}`)
      }
      // With the option, and without: ModemManager has the port open by the proxy, and that is noticed.
      const commands = labCommands("docs/modem-manager.md")
      assert(commands.length > 1, "the page shows them")
      for (const words of commands) {
        const { status, stderr, stdout } = await tools.boothold(words)
        assert.equal(status, 0, stderr)
        assert(stdout.includes(old), stdout)
      }
      assert((await manager.sees(old, 5)).includes("EM7455"), "ModemManager still has its modem")
      const { foreign, inhibitions, status } = await watched(tools, { manager, modem }, "--ignore-modem-manager")
      assert.deepEqual(inhibitions, [])
      tools.log.push(`without inhibition: status ${String(status)}, ${String(foreign.length)} messages of ModemManager`)
      // It probes the boot loader's port as soon as it is there: seen in the middle of a chunk, which that spoils.
      assert(status !== 0 || foreign.length > 0, "ModemManager has used the modem's ports")
      await manager.end()
      await modem.quit()
    }
  },
  {
    name: "on an MBIM function: info and list share its port by mbim-proxy",
    extended: true,
    limitSeconds: 600,
    body: async (tools) => {
      const manager = await startModemManager(tools)
      const modem = await tools.modem(x30.model, { words: ["--composition", "8"] })
      await until("ModemManager has the port open by mbim-proxy", () =>
        modem.journal().some(({ _tag }) => _tag === "PortOpened") && programsOf("mbim-proxy") > 0 ? true : undefined
      )
      for (const words of labCommands("docs/modem-manager.md")) {
        const { status, stderr, stdout } = await tools.boothold(words)
        assert.equal(status, 0, stderr)
        assert(stdout.includes(old), stdout)
      }
      assert(programsOf("mbim-proxy") > 0, "ModemManager still has its proxy")
      await manager.end()
      await modem.quit()
    }
  },
  undisturbed(3)
]
