/**
 * A full update of a simulated modem that takes no time of its own, in one process and through the published entry
 * points, as an integrator runs it.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { carrierImage, systemImage } from "./images.mjs"
import { deadTime } from "./journal.mjs"
import { median, spread, valued } from "./statistics.mjs"

export const simulated = async ({ Builder, Image, Modem, Sim, Update, folder }) => {
  const paths = [systemImage(Builder, folder, 1), carrierImage(Builder, folder)]
  const update = Effect.gen(function* () {
    const images = yield* Image.openSet(paths)
    const modem = yield* Modem.select({ vidPid: "1199:9071" })
    const plan = yield* Update.plan(modem, images)
    const result = yield* Update.run(plan)
    if (result.outcome !== "updated") throw new Error(`the update ended as ${result.outcome}`)
    const [simulated] = (yield* Sim.SimControl).modems
    return yield* simulated.journal
  })
  const run = (timing) =>
    Effect.runPromise(update.pipe(Effect.scoped, Effect.provide(Layer.fresh(Sim.layer(Sim.em7455({ timing }))))))
  const once = async () => {
    const from = performance.now()
    await run(Sim.instant)
    return performance.now() - from
  }
  const first = await once()
  const runs = []
  while (runs.length < 30) runs.push(await once())
  const dead = []
  while (dead.length < 3) dead.push(deadTime(Sim, await run({ ...Sim.instant, bootLoader: 2000, boot: 2000 })))
  const seconds = dead.map(({ millis }) => millis / 1000)
  const results = [
    { what: "full simulated update of 1 MiB, first run", value: first, unit: "ms" },
    { what: "the same, median of 30", value: median(runs), unit: "ms", goal: 50 },
    { what: "dead time of it where each restart takes 2 s", ...valued(spread(seconds)), unit: "s", goal: 0.3 }
  ]
  return { results, runs: { first, runs, dead } }
}
