/**
 * `npm run bench`: what boothold itself costs. A full update of a simulated modem that takes no time of its own, in one
 * process and through the published entry points, as an integrator runs it; and how long the command line takes to
 * start, side by side with bare Node. Prints a table, then one line of JSON.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import "./build.mjs"

// What was just built, by the name under which it is published.
const { Builder, Image, Modem, Update } = await import("boothold")
const Sim = await import("boothold/sim")

const root = fileURLToPath(new URL("..", import.meta.url))
const bin = join(root, "dist/bin.mjs")
const folder = mkdtempSync(join(tmpdir(), "boothold-bench-"))

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** Median of each, taken in turn so that whatever else the machine does hits all of them. */
const inTurn = async (rounds, cases) => {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const from = performance.now()
      await run()
      times[name].push(performance.now() - from)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]))
}

const write = (name, bytes) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

const spec = { familyToken: "SWI9X30C", firmware: "02.33.03.00" }
const carrier = { carrier: "GENERIC", config: "002.072_000" }

try {
  const paths = [
    write("SWI9X30C_02.33.03.00.cwe", Builder.buildSystemImage({ ...spec, size: 1024 * 1024 })),
    write("SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu", Builder.buildCarrierImage({ ...spec, ...carrier }))
  ]
  const small = write("small.cwe", Builder.buildSystemImage({ ...spec, size: 6000 }))

  const update = Effect.gen(function* () {
    const images = yield* Image.openSet(paths)
    const modem = yield* Modem.select({ vidPid: "1199:9071" })
    const plan = yield* Update.plan(modem, images)
    return yield* Update.run(plan)
  })
  const once = async () => {
    const layer = Layer.fresh(Sim.layer(Sim.em7455({ timing: Sim.instant })))
    const result = await Effect.runPromise(update.pipe(Effect.scoped, Effect.provide(layer)))
    if (result.outcome !== "updated") throw new Error(`the update ended as ${result.outcome}`)
  }
  const first = await inTurn(1, { once })
  const { once: whole } = await inTurn(30, { once })

  const node = (...args) => {
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" })
    if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`)
  }
  const start = await inTurn(21, {
    bare: () => node("-e", "0"),
    version: () => node(bin, "--version"),
    inspect: () => node(bin, "inspect", small)
  })

  const results = [
    { what: "full update of a 1 MiB image, first run", ms: first.once },
    { what: "full update of a 1 MiB image, median of 30", ms: whole, goal: 50 },
    { what: "bare Node, median of 21", ms: start.bare },
    { what: "boothold --version, above bare Node", ms: start.version - start.bare, goal: 45 },
    { what: "boothold inspect of a 6 kB file, above bare Node", ms: start.inspect - start.bare, goal: 70 }
  ].map(({ goal, ms, what }) => ({ what, ms: Math.round(ms * 10) / 10, goal: goal ?? null }))
  console.table(results)
  console.log(JSON.stringify({ node: process.version, results }))
} finally {
  rmSync(folder, { recursive: true })
}
