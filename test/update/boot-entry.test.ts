/** The ways into boot-and-hold, one after the other (flows.md §3.3): each is tried and told, and none leaves a trace. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Sim from "../../src/sim/index.ts"
import type { Behaviour } from "../../src/sim/index.ts"
import { OperatingMode } from "../../src/sim/ModemState.ts"
import type { UpdateError } from "../../src/update/UpdateError.ts"
import { images9200, images9x15, images9x30, simulate, succeeded } from "../support/simulated-update.ts"

const { behaviour } = Sim

const noFirmwareId = behaviour("qmiRefuses", { message: 0x3e, code: 71 })
const noDownloadMode = behaviour("qmiRefuses", { message: 0x50, code: 60 })
const noReset = behaviour("qmiRefuses", { message: 0x2e, code: 60 })
const noBootHold = behaviour("atRefuses", { command: "!BOOTHOLD" })

const models = [
  ["an SWI9200", Sim.mc7710, images9200],
  ["an SWI9X15", Sim.mc7354, images9x15],
  ["an SWI9X30", Sim.em7455, images9x30]
] as const

const hold = (setup: Sim.ModemSetup, files = images9x30) =>
  Effect.map(simulate(setup, { files, mode: "hold" }), (run) => ({
    ...run,
    tried: run.events.flatMap((event) => (event._tag === "BootEntryTried" ? [event] : [])),
    error: () => {
      if (run.exit._tag === "Success") throw new Error("it succeeded")
      return Option.getOrThrow(Cause.findErrorOption(run.exit.cause)) as UpdateError
    }
  }))

describe("the ways into boot-and-hold", () => {
  for (const [name, make, files] of models) {
    it.effect(`are tried in order until one is accepted: ${name}`, () =>
      Effect.gen(function* () {
        for (const [behaviours, accepted] of [
          [[noFirmwareId], "QMI Set Boot Image Download Mode (0x0050) and reset"],
          [[noFirmwareId, noDownloadMode], "AT!BOOTHOLD"],
          [[noFirmwareId, noReset], "AT!BOOTHOLD"]
        ] as const) {
          const run = yield* hold(make({ behaviours: [...behaviours] }), files)
          assert.strictEqual(succeeded(run).result.outcome, "held")
          assert.strictEqual(run.tried.at(-1)?.way, accepted)
          assert.deepStrictEqual(
            run.tried.map((one) => one.accepted),
            run.tried.map((_, index) => index === run.tried.length - 1)
          )
        }
      })
    )

    it.effect(`leave no trace where all are refused, and each is told: ${name}`, () =>
      Effect.gen(function* () {
        for (const second of [noDownloadMode, noReset]) {
          const run = yield* hold(make({ behaviours: [noFirmwareId, second, noBootHold] }), files)
          const error = run.error()
          assert.strictEqual(error.code, "UPDATE_BOOT_AND_HOLD_REFUSED")
          assert.strictEqual(error.condition._tag, "Untouched")
          assert.strictEqual(run.tried.length, 3)
          assert.match(error.message, /0x003E\): .*QMI error 71.*0x0050\).*QMI error 60.*AT!BOOTHOLD: .*ERROR/)
          assert.include(error.message, "/at: AT!BOOTHOLD: the modem answers ERROR (ttyUSB2 (at): ")
          assert.strictEqual(run.state.mode, "application")
          assert.strictEqual(run.state.operatingMode, OperatingMode.online)
          assert.strictEqual(run.state.bootImageDownloadMode, 0)
          assert.isFalse(run.state.holdOnce)
          assert.notInclude(
            run.journal.map(({ _tag }) => _tag),
            "Unplugged"
          )
        }
      })
    )
  }

  const withoutAt: ReadonlyArray<readonly [string, ReadonlyArray<Behaviour>, number, RegExp]> = [
    ["no AT port", [], 9, /AT!BOOTHOLD: the modem has no AT port/],
    [
      "a deaf AT port",
      [behaviour("hang", { where: "at" })],
      6,
      /no AT port answers \(ttyUSB2 \(at\): no answer within 10 s/
    ]
  ]
  for (const [name, behaviours, composition, wanted] of withoutAt) {
    it.effect(`are QMI alone with ${name}, and that is said`, () =>
      Effect.gen(function* () {
        const free = yield* hold(Sim.em7455({ composition, behaviours: [...behaviours] }))
        assert.strictEqual(succeeded(free).result.outcome, "held")
        assert.isFalse(free.journal.some(({ _tag }) => _tag === "AtCommand"))
        const run = yield* hold(Sim.em7455({ composition, behaviours: [noFirmwareId, noDownloadMode, ...behaviours] }))
        assert.match(run.error().message, wanted)
        assert.strictEqual(run.state.mode, "application")
      })
    )
  }
})
