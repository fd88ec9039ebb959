/**
 * Dead time of a full update, both tools in turn, through the kernel's own drivers in the lab's virtual machine
 * (test/lab/cases/deadtime.ts). The machine is emulated: what a program computes takes many times as long in there, and
 * JavaScript longest, so that the ratio says little about real machines; `simulated` has our own dead time without it.
 */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { deadTime } from "./journal.mjs"
import { ratios, spread, valued } from "./statistics.mjs"
import { root } from "./tools.mjs"

const results = join(root, ".lab/results")

const journalsOf = (tool) =>
  readdirSync(results)
    .filter((name) => name.startsWith(`deadtime-${tool}-`) && name.endsWith(".jsonl"))
    .toSorted()
    .map((name) =>
      readFileSync(join(results, name), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line))
    )

const runLab = () =>
  new Promise((resolve, reject) => {
    const lab = spawn(process.execPath, [join(root, "test/lab/run.ts"), "--group", "deadtime", "--required"], {
      cwd: root,
      stdio: ["ignore", 2, 2]
    })
    lab.on("error", reject)
    lab.on("close", (status) => (status === 0 ? resolve() : reject(new Error(`the lab ended with ${status}`))))
  })

export const deadtime = async ({ Sim }) => {
  await runLab()
  const [upstream, boothold] = ["upstream", "boothold"].map((tool) =>
    journalsOf(tool).map((journal) => deadTime(Sim, journal))
  )
  if (upstream.length === 0 || upstream.length !== boothold.length) throw new Error("the lab left no pairs of journals")
  const ratio = ratios(boothold, upstream, ({ millis }) => millis)
  const figure = (what, runs, of) => ({ what, ...valued(spread(runs.map((run) => of(run) / 1000))), unit: "s" })
  const results = [
    { what: "full update, dead time, ours / upstream", ...valued(ratio), unit: "×", goal: 0.03 },
    figure("  dead time, upstream", upstream, ({ millis }) => millis),
    figure("  dead time, ours", boothold, ({ millis }) => millis),
    figure("  first to last question, upstream", upstream, ({ wholeMillis }) => wholeMillis),
    figure("  first to last question, ours", boothold, ({ wholeMillis }) => wholeMillis)
  ]
  return { results, runs: { upstream, boothold } }
}
