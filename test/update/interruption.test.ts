/** A run can be broken off at any moment: it ends within its time, and says what was done to the modem. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Sim from "../../src/sim/index.ts"
import { breakOff } from "../support/interrupted-update.ts"
import { distinct, scenarios } from "../matrix/scenarios.ts"
import { images9x30 } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"
import { ControlWay } from "../../src/update/ControlWay.ts"

/** The grace of a chunk, and the size of a step of the virtual clock. */
const grace = 2000

/** Scenarios of which every moment is tried. */
const thorough = new Set(["9200 .cwe", "9x30 .cwe .nvu"])

/** Breaks it off at every event, and at the moments of the conversation that `sampled` lets through. */
const everywhere = Effect.fnUntraced(function* (
  setup: () => Sim.ModemSetup,
  files: Files,
  sampled: (index: number) => boolean,
  mode: "update" | "hold" = "update"
) {
  const whole = yield* breakOff(setup(), files, {}, mode)
  assert.isTrue(Exit.isSuccess(whole.exit), "nothing breaks it off")
  const moments = distinct(whole.moments).filter(({ number }) => number >= whole.from)
  assert.isAbove(moments.length, 20)
  const cases = [
    ...whole.events.slice(0, -1).map(({ _tag }, event) => ({
      what: `event ${String(event)} ${_tag}`,
      when: { event }
    })),
    ...moments.filter((_, index) => sampled(index)).map(({ number, what }) => ({ what, when: { moment: number } }))
  ]
  const problems: Array<string> = []
  const told = new Set<string>()
  for (const { what, when } of cases) {
    const { exit, last, millis, wasBrokenOff, wrong } = yield* breakOff(setup(), files, when, mode)
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
  return [...told]
})

const transferred = ["Untouched", "Restarting", "BootAndHold", "HalfWritten", "WrittenNotReset"]

describe("what was done to a modem is said at every event and every moment of the conversation", () => {
  for (const { files, name, setup } of scenarios) {
    it.effect(
      `of an update: ${name}`,
      () =>
        Effect.gen(function* () {
          // A sample where another scenario of the same kind has all of them.
          const told = yield* everywhere(setup, files, (index) => thorough.has(name) || index % 4 === 0)
          assert.includeMembers(told, transferred)
        }),
      240_000
    )
  }

  for (const { files, name, setup } of scenarios.filter(({ name }) => name !== "9x15 .spk")) {
    it.effect(
      `of an update by AT: ${name}`,
      () =>
        Effect.gen(function* () {
          const told = yield* everywhere(setup, files, (index) => index % 3 === 0)
          assert.includeMembers(told, transferred)
        }).pipe(Effect.provideService(ControlWay, "at")),
      240_000
    )
  }

  it.effect("of a way into boot-and-hold", () =>
    Effect.gen(function* () {
      for (const setup of [Sim.em7455, Sim.mc7710]) {
        const told = yield* everywhere(
          () => setup(),
          {},
          () => true,
          "hold"
        )
        assert.includeMembers(told, ["Untouched", "Restarting"])
      }
    })
  )
})

describe("an update that is broken off", () => {
  const hangs: ReadonlyArray<{
    readonly where: "control" | "mbim" | "dload" | "hello" | "open" | "write" | "close" | "boot"
    readonly seconds: number
    readonly composition?: number
    /** Of letting go: of the client id, of the MBIM function. */
    readonly more?: number
  }> = [
    { where: "control", seconds: 5 },
    { where: "mbim", seconds: 5, composition: 8, more: 1000 },
    { where: "dload", seconds: 15 },
    { where: "hello", seconds: 15 },
    { where: "open", seconds: 15 },
    { where: "write", seconds: 15 },
    { where: "close", seconds: 90 },
    { where: "boot", seconds: 150 }
  ]
  for (const { composition, more = 0, seconds, where } of hangs) {
    it.effect(`ends within its time where the modem hangs: ${where}`, () =>
      Effect.gen(function* () {
        const setup = Sim.em7455({
          behaviours: [Sim.behaviour("hang", { where })],
          ...(composition === undefined ? {} : { composition })
        })
        const { exit, millis, wasBrokenOff, wrong } = yield* breakOff(setup, images9x30, { seconds })
        assert.isTrue(wasBrokenOff && Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause), "it hangs there")
        assert.isAtMost(millis, grace + more)
        assert.isUndefined(wrong)
      })
    )
  }
})
