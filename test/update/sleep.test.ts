/** The computer is kept awake from before the first write to the end of a run, however it ends. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Sim from "../../src/sim/index.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import { SleepInhibitor } from "../../src/update/SleepInhibitor.ts"
import type { Wakefulness } from "../../src/update/SleepInhibitor.ts"
import { images9x30, simulate } from "../support/simulated-update.ts"

/** A run with an inhibitor that answers `kept`; at which events it was there, and gone. */
const run = (kept: Wakefulness, interruptOn?: (event: UpdateEvent) => boolean) =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const inhibitor = Effect.acquireRelease(
      Effect.sync(() => {
        seen.push("kept")
        return kept
      }),
      () => Effect.sync(() => void seen.push("let go"))
    )
    const note = (event: UpdateEvent): false => {
      seen.push(event._tag)
      return false
    }
    const done = yield* simulate(Sim.em7455(), {
      files: images9x30,
      interruptOn: (event) => note(event) || interruptOn?.(event) === true
    }).pipe(Effect.provideService(SleepInhibitor, inhibitor))
    const notes = done.events.flatMap((event) =>
      event._tag === "Note" && event.step === "start" ? [event.detail] : []
    )
    return { ...done, notes, seen }
  })

describe("a run keeps the computer awake", () => {
  it.effect("from before its first step to its end", () =>
    Effect.gen(function* () {
      const { exit, notes, seen } = yield* run({ _tag: "Kept" })
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(seen.slice(0, 4), ["RunStarted", "kept", "Note", "StepStarted"])
      assert.deepStrictEqual(seen.slice(-2), ["RunFinished", "let go"])
      assert.deepStrictEqual(notes, ["this computer is kept awake until the end"])
    })
  )

  it.effect("also where it is broken off", () =>
    Effect.gen(function* () {
      const { seen } = yield* run({ _tag: "Kept" }, ({ _tag }) => _tag === "ImageProgress")
      assert.deepStrictEqual(seen.slice(-2), ["RunInterrupted", "let go"])
    })
  )

  it.effect("and goes on where it cannot, which is said where somebody could have been asked", () =>
    Effect.gen(function* () {
      const refused = yield* run({ _tag: "NotKept", detail: "Access denied" })
      assert.isTrue(Exit.isSuccess(refused.exit))
      assert.match(refused.notes.join(), /may fall asleep.*Access denied/)
      const unmanaged = yield* run({ _tag: "Unmanaged" })
      assert.isTrue(Exit.isSuccess(unmanaged.exit))
      assert.deepStrictEqual(unmanaged.notes, [])
    })
  )
})
