/**
 * A full update of a simulated modem that takes no time of its own, in one process and through the published entry
 * points, as an integrator runs it.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { carrierImage, systemImage } from "./images.mjs"
import { median } from "./statistics.mjs"

export const simulated = async ({ Builder, Image, Modem, Sim, Update, folder }) => {
  const paths = [systemImage(Builder, folder, 1), carrierImage(Builder, folder)]
  const update = Effect.gen(function* () {
    const images = yield* Image.openSet(paths)
    const modem = yield* Modem.select({ vidPid: "1199:9071" })
    const plan = yield* Update.plan(modem, images)
    return yield* Update.run(plan)
  })
  const once = async () => {
    const layer = Layer.fresh(Sim.layer(Sim.em7455({ timing: Sim.instant })))
    const from = performance.now()
    const result = await Effect.runPromise(update.pipe(Effect.scoped, Effect.provide(layer)))
    if (result.outcome !== "updated") throw new Error(`the update ended as ${result.outcome}`)
    return performance.now() - from
  }
  const first = await once()
  const runs = []
  while (runs.length < 30) runs.push(await once())
  const results = [
    { what: "full simulated update of 1 MiB, first run", value: first, unit: "ms" },
    { what: "the same, median of 30", value: median(runs), unit: "ms", goal: 50 }
  ]
  return { results, runs: { first, runs } }
}
