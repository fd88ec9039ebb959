/** A run can be broken off at any moment: it ends within its time, and says what was done to the modem. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { breakOff } from "../support/interrupted-update.ts"
import { distinct, scenarios } from "../matrix/scenarios.ts"

/** The grace of a chunk, and the size of a step of the virtual clock. */
const grace = 2000

describe("an update that is broken off", () => {
  for (const { files, name, setup } of scenarios) {
    it.effect(
      `says what was done to the modem, at every event and every moment of the conversation: ${name}`,
      () =>
        Effect.gen(function* () {
          const whole = yield* breakOff(setup(), files, {})
          assert.isTrue(Exit.isSuccess(whole.exit), "nothing breaks it off")
          const moments = distinct(whole.moments).filter(({ number }) => number >= whole.from)
          assert.isAbove(moments.length, 50)
          const cases = [
            ...whole.events
              .slice(0, -1)
              .map(({ _tag }, event) => ({ what: `event ${String(event)} ${_tag}`, when: { event } })),
            ...moments.map(({ number, what }) => ({ what, when: { moment: number } }))
          ]
          const problems: Array<string> = []
          const told = new Set<string>()
          for (const { what, when } of cases) {
            const { exit, last, millis, wasBrokenOff, wrong } = yield* breakOff(setup(), files, when)
            const problem = !wasBrokenOff
              ? "was not reached"
              : last === undefined
                ? "has no RunInterrupted"
                : !(Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause))
                  ? "did not end by it"
                  : millis > grace
                    ? `took ${String(millis)} ms`
                    : wrong === undefined
                      ? undefined
                      : `says ${JSON.stringify(last.condition)}, but ${wrong}`
            if (last !== undefined) told.add(last.condition._tag)
            if (problem !== undefined) problems.push(`${what}: ${problem}`)
          }
          assert.deepStrictEqual(problems, [])
          assert.includeMembers([...told], ["Untouched", "Restarting", "BootAndHold", "HalfWritten", "WrittenNotReset"])
        }),
      240_000
    )
  }
})
