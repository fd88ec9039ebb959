/** The examples of the documentation are run, and stand in it word for word. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EventSink, ImageFiles, inMemory } from "boothold"
import type { UpdateEvent } from "boothold"
import * as Sim from "boothold/sim"
import { program } from "../../docs/examples/park-the-vehicle.ts"
import { images9x30 } from "../support/simulated-update.ts"

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")

/** What stands between the region marks of an example. */
const region = (path: string): string => {
  const inside = /\/\/ #region example\n([\s\S]*?)\/\/ #endregion/.exec(read(path))?.[1]
  assert.isDefined(inside)
  return inside
}

describe("the example of an integrator's flow", () => {
  it.live("updates a simulated modem, and parks the vehicle before the restart", () =>
    Effect.gen(function* () {
      const events: Array<UpdateEvent> = []
      const result = yield* program.pipe(
        Effect.provideService(ImageFiles, inMemory(images9x30)),
        Effect.provideService(EventSink, (event) => Effect.sync(() => void events.push(event))),
        Effect.provide(Layer.fresh(Sim.layer(Sim.em7455({ timing: Sim.instant }))))
      )
      assert.strictEqual(result.outcome, "updated")
      const started = events.flatMap((event) => (event._tag === "StepStarted" ? [event.step] : []))
      assert.strictEqual(started.indexOf("park") + 1, started.indexOf("restart"))
      assert.isAbove(started.indexOf("park"), 0)
    })
  )

  it("stands in the README as it is run, in about ten lines", () => {
    const example = region("docs/examples/park-the-vehicle.ts")
    assert.include(read("README.md"), example)
    assert.isAtMost(example.trimEnd().split("\n").length, 14)
  })
})
