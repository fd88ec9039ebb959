/**
 * `npm run fuzz [-- TARGET… --inputs N --seconds S --seed X --save]`: hostile bytes for every parser, steered by what
 * they reach. `--inputs` and `--seconds` (of the processor's time) are for each target; `--save` keeps the smallest corpus
 * in fixtures/fuzz.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { loadCorpus, saveCorpus } from "./corpus.ts"
import { startCoverage } from "./coverage.ts"
import { fuzz, minimise } from "./engine.ts"
import { hashOf } from "./Random.ts"
import { longestOf } from "./Target.ts"
import type { Target } from "./Target.ts"
import { targets } from "./targets/index.ts"
import { startWatchdog } from "./watchdog.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string", default: "1" },
    save: { type: "boolean", default: false }
  }
})

const numberOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new Error(`not a number of anything: ${text}`)
  return value
}

const unknown = positionals.filter((name) => !targets.some((target) => target.name === name))
if (unknown.length > 0) {
  console.error(`no such target: ${unknown.join(", ")} (known: ${targets.map(({ name }) => name).join(", ")})`)
  process.exit(2)
}
const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const inputs = numberOf(values.inputs) ?? (values.seconds === undefined ? 100_000 : Number.POSITIVE_INFINITY)
const seconds = numberOf(values.seconds)
const seed = numberOf(values.seed) ?? 1

/** What broke a parser is written here. */
const folder = new URL("../../.fuzz", import.meta.url).pathname

// Errors are made by the million and their stacks never read.
Error.stackTraceLimit = 0

let total = 0
let found = 0
const begun = process.cpuUsage()

const row = (cells: ReadonlyArray<string | number>): string =>
  cells.map((cell, index) => (index === 0 ? String(cell).padEnd(16) : String(cell).padStart(11))).join("")

console.log(
  row(["target", "inputs", "inputs/s", "corpus", "functions", "source run", "slowest ms", "largest KiB", "found"])
)

const run = async (target: Target): Promise<void> => {
  const coverage = startCoverage()
  const watchdog = startWatchdog(longestOf(target), folder)
  const report = await fuzz(target, {
    inputs,
    ...(seconds === undefined ? {} : { seconds }),
    seed,
    corpus: loadCorpus(target.name),
    coverage,
    watch: watchdog.watch
  })
  const { characters, functions, ran } = coverage.figures()
  const small = values.save ? await minimise(target, report.corpus, coverage) : report.corpus
  if (values.save) saveCorpus(target.name, small)
  await watchdog.stop()
  coverage.stop()
  total += report.inputs
  found += report.findings.length
  console.log(
    row([
      target.name,
      report.inputs,
      Math.round((1000 * report.inputs) / report.millis),
      small.length,
      functions,
      `${((100 * ran) / Math.max(1, characters)).toFixed(1)} %`,
      report.slowest.toFixed(2),
      Math.round(report.largest / 1024),
      report.findings.length
    ])
  )
  for (const { detail, input, kind } of report.findings) {
    mkdirSync(folder, { recursive: true })
    const file = `${folder}/${target.name}-${hashOf(input).toString(16)}`
    writeFileSync(file, input)
    const shown = Buffer.from(input.subarray(0, 200)).toString("hex")
    console.log(
      `  ${kind}\n    ${String(input.length)} bytes, ${file}: ${shown}\n    ${detail.replaceAll("\n", "\n    ")}`
    )
  }
}

for (const target of chosen) await run(target)

const { system, user } = process.cpuUsage(begun)
const took = (system + user) / 1e6
console.log(
  `fuzz: ${String(total)} inputs in ${took.toFixed(0)} s of processor time, ${String(found)} found, seed ${String(seed)}, Node ${process.versions.node}`
)
process.exitCode = found === 0 ? 0 : 1
