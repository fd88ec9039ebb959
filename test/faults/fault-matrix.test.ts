/** A sample of the fault matrix, and that it is whole; `npm run faults` runs all of it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { behaviours } from "../../src/sim/behaviours.ts"
import { instances } from "./instances.ts"
import { columns, runCase } from "./matrix.ts"

it("every behaviour of the simulated modem has its rows", () => {
  const rows = new Set(instances.map(({ behaviour }) => behaviour._tag))
  assert.deepStrictEqual(
    behaviours.map(({ name }) => name).filter((name) => !rows.has(name)),
    []
  )
})

/** One column for each row, another one for the next. */
describe("whatever a modem does, a command ends, tells the truth, and what it prints brings the modem home", () => {
  for (const [index, instance] of instances.entries()) {
    const column = columns[index % columns.length]!
    it.effect(
      `${column.name}: ${instance.name}`,
      () =>
        Effect.gen(function* () {
          const { story, wrong } = yield* runCase(column, instance)
          assert.deepStrictEqual(wrong, [], story.join(" → "))
        }),
      60_000
    )
  }
})
