/**
 * `npm run bench`: what boothold costs, side by side with Debian's unmodified `qmi-firmware-update` where both can do
 * it (docs/benchmarks.md). Prints a table, then one line of JSON with every single run. Fails when something does not
 * work, never because it was slow.
 *
 *   npm run bench -- [--only NAME,…] [--no-build] [--json FILE]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { content, startup } from "./bench/startup.mjs"
import { deadtime } from "./bench/deadtime.mjs"
import { download } from "./bench/download.mjs"
import { simulated } from "./bench/simulated.mjs"
import { digits } from "./bench/statistics.mjs"
import { compile, missing, missingForLab } from "./bench/tools.mjs"

/** In this order; those that need upstream's program say what they need. */
const cases = {
  simulated: {},
  startup: {},
  content: {},
  download: { needs: missing },
  deadtime: { needs: missingForLab }
}
const run = { simulated, startup, content, download, deadtime }

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    "no-build": { type: "boolean", default: false },
    json: { type: "string" }
  }
})
const wanted = options.only?.split(",") ?? Object.keys(cases)
const unknown = wanted.filter((name) => !Object.hasOwn(cases, name))
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(", ")}; there are ${Object.keys(cases).join(", ")}`)

if (!options["no-build"]) await import("./build.mjs")
// What was just built, by the name under which it is published.
const { Builder, Image, Modem, Update } = await import("boothold")
const Sim = await import("boothold/sim")

const folder = mkdtempSync(join(tmpdir(), "boothold-bench-"))
const report = { node: process.version, load: loadavg(), cases: {} }

const row = ({ goal, max, min, unit, value, what }) => ({
  what,
  value: `${digits(value)}${unit === "×" ? "" : " "}${unit}`,
  range: min === undefined ? "" : `${digits(min)} – ${digits(max)}`,
  goal: goal === undefined ? "" : `≤ ${goal}`,
  met: goal === undefined ? "" : value <= goal ? "yes" : "NO"
})

try {
  const bench = { Builder, Image, Modem, Sim, Update, folder, helpers: compile(folder) }
  for (const name of wanted) {
    const lacking = (await cases[name].needs?.()) ?? []
    if (lacking.length > 0) {
      console.warn(`SKIPPED: ${name}; it needs ${lacking.join(", ")}`)
      report.cases[name] = { skipped: lacking }
      continue
    }
    report.cases[name] = await run[name](bench)
    console.log(name)
    console.table(report.cases[name].results.map(row))
  }
  const text = JSON.stringify(report)
  console.log(text)
  if (options.json !== undefined) writeFileSync(options.json, `${text}\n`)
} finally {
  rmSync(folder, { recursive: true })
}
