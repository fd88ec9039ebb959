/** A sample of the matrix, another one for each scenario; `npm run matrix` runs all of it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { distinct, run, scenarios, whole } from "./scenarios.ts"

/** So many of the moments of a scenario are left out for each one that is run. */
const stride = 23

describe("wherever the program is killed or the power fails, the advised commands bring the modem home", () => {
  for (const [offset, scenario] of scenarios.entries()) {
    it.effect(
      scenario.name,
      () =>
        Effect.gen(function* () {
          const { moments, recovery } = yield* whole(scenario)
          assert.deepStrictEqual(recovery, ["update: already-there"], "nothing ended it")
          const all = distinct(moments)
          assert.isAbove(all.length, 60, "moments at which it can end")
          // Also where the modem is left to program what it has: silent for longer than patience with others lasts.
          const sample = all.filter(
            ({ what }, index) => index % stride === offset || what.startsWith("after sim:1-2/download 2702")
          )
          for (const way of ["killed", "power cut"] as const) {
            for (const moment of sample) {
              const { wrong } = yield* run(scenario, moment, way)
              assert.deepStrictEqual(wrong, [], `${way} ${moment.what}`)
            }
          }
        }),
      60_000
    )
  }
})
