/**
 * `npm run faults [-- WORD…]`: every behaviour of the simulated modem, at every phase, under every command; what the command
 * prints is run as it is printed. A table, and an exit code. WORD: only rows whose names contain it.
 */
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { instances } from "./instances.ts"
import { columns, runCase } from "./matrix.ts"

const words = process.argv.slice(2)
const rows = instances.filter(({ name }) => words.every((word) => name.includes(word)))
const width = Math.max(...rows.map(({ name }) => name.length)) + 2

console.log(columns.map(({ name }, index) => `${String(index + 1)} ${name}`).join(", "))
console.log("".padEnd(width) + columns.map((_, index) => String(index + 1).padEnd(11)).join(""))
const counts = new Map<string, number>()
let exceptions = 0
for (const instance of rows) {
  const cells: Array<string> = []
  const told: Array<string> = []
  for (const column of columns) {
    const { ending, story, wrong } = await Effect.runPromise(
      Effect.provide(runCase(column, instance), TestClock.layer())
    )
    counts.set(ending, (counts.get(ending) ?? 0) + 1)
    cells.push((wrong.length > 0 ? `!${ending}` : ending).padEnd(11))
    if (wrong.length === 0) continue
    exceptions++
    told.push(`    ${column.name}: ${wrong.join("; ")} (${story.join(" → ")})`)
  }
  console.log(instance.name.padEnd(width) + cells.join(""))
  for (const line of told) console.log(line)
}
const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
console.log([...counts].map(([ending, count]) => `${ending} ${String(count)}`).join(", "))
console.log(`${String(total)} cases, ${String(exceptions)} exceptions`)
process.exitCode = exceptions > 0 ? 1 : 0
