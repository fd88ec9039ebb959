/** A sample of the matrix, another one for each scenario; `npm run matrix` runs all of it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { distinct, means, run, scenarios, ways, whole } from "./scenarios.ts"

/** So many of the moments of a scenario are left out for each one that is run. */
const stride = 61

describe("wherever the program is killed or the power fails, recover brings the modem home", () => {
  for (const [offset, scenario] of scenarios.entries()) {
    it.effect(
      scenario.name,
      () =>
        Effect.gen(function* () {
          const { moments, recovery } = yield* whole(scenario)
          assert.deepStrictEqual(recovery, ["home"], "nothing ended it")
          const all = distinct(moments)
          assert.isAbove(all.length, 150, "moments at which it can end")
          for (const [turn, way] of ways.entries()) {
            for (const [other, by] of means.entries()) {
              const here = (7 * offset + 20 * turn + 13 * other) % stride
              // Also where the modem is left to program what it has: silent for longer than patience with others lasts.
              const sample = all.filter(
                ({ what }, index) =>
                  index % stride === here || (by === "journal" && what.startsWith("after sim:1-2/download 2702"))
              )
              for (const moment of sample) {
                const { wrong } = yield* run(scenario, moment, way, by)
                assert.deepStrictEqual(wrong, [], `${way} ${moment.what}, by ${by}`)
              }
            }
          }
        }),
      120_000
    )
  }
})
