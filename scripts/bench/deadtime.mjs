/**
 * Dead time of a full update: the spans in which the modem is ready and waits for the host, between the first and the
 * last thing that the host asked, out of the journal of the simulated modem. Both tools in turn, through the kernel's
 * own drivers in the lab's virtual machine (test/lab/cases/deadtime.ts).
 */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ratios, spread } from "./statistics.mjs"
import { root } from "./tools.mjs"

const results = join(root, ".lab/results")
const asked = new Set(["QmiRequest", "AtCommand", "QdlRequest", "ChunkWritten"])

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

/** Milliseconds, and where they were: which question ended the longest waits. */
const deadTime = (Sim, journal) => {
  const questions = journal.filter(({ _tag }) => asked.has(_tag)).toSorted((a, b) => a.at - b.at)
  const idle = (from, to) => Sim.idleMillis(journal, from.at, to.at)
  const waits = questions.slice(1).map((question, index) => ({
    before: question.name ?? question.request ?? question.command ?? question._tag,
    millis: Math.round(idle(questions[index], question))
  }))
  const [first, last] = [questions[0], questions.at(-1)]
  return {
    millis: idle(first, last),
    wholeMillis: last.at - first.at,
    longest: waits.toSorted((a, b) => b.millis - a.millis).slice(0, 5)
  }
}

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
  const seconds = ({ median: value, min, max }) => ({ value, min, max, unit: "s" })
  const ratio = ratios(boothold, upstream, ({ millis }) => millis)
  const figure = (what, runs, of) => ({ what, ...seconds(spread(runs.map((run) => of(run) / 1000))) })
  const results = [
    { what: "full update, dead time, ours / upstream", ...ratio, value: ratio.median, unit: "×", goal: 0.03 },
    figure("  dead time, upstream", upstream, ({ millis }) => millis),
    figure("  dead time, ours", boothold, ({ millis }) => millis),
    figure("  first to last question, upstream", upstream, ({ wholeMillis }) => wholeMillis),
    figure("  first to last question, ours", boothold, ({ wholeMillis }) => wholeMillis)
  ]
  return { results, runs: { upstream, boothold } }
}
