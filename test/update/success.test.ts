/** Each family and kind of image set, as a whole flow in virtual time: the modem's final state is asserted, not the exit. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Sim from "../../src/sim/index.ts"
import { OperatingMode } from "../../src/sim/ModemState.ts"
import { parse } from "../../src/image/CweScanner.ts"
import * as Result from "effect/Result"
import type { Files } from "../support/simulated-update.ts"
import {
  images9200,
  images9x15,
  images9x30,
  simulate,
  spk9x15,
  spk9x30,
  succeeded
} from "../support/simulated-update.ts"

const sha256Of = (files: Files): ReadonlyArray<string> =>
  Object.entries(files).map(([name, bytes]) => Result.getOrThrow(parse(name, bytes)).sha256)

interface Case {
  readonly name: string
  readonly modem: Sim.ModemSetup
  readonly files: Files
  readonly firmware: string
  readonly config?: string
  readonly carrier?: string
}

const to9x30 = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
const to9x15 = { firmware: "05.05.78.00", config: "005.031_001", carrier: "GENEU-4G" }
const cases: ReadonlyArray<Case> = [
  { name: "EM7455, .cwe and .nvu", modem: Sim.em7455(), files: images9x30, ...to9x30 },
  { name: "MC7455, .cwe and .nvu", modem: Sim.mc7455(), files: images9x30, ...to9x30 },
  { name: "EM7455, .spk", modem: Sim.em7455(), files: spk9x30, ...to9x30 },
  { name: "MC7354, .cwe and .nvu", modem: Sim.mc7354(), files: images9x15, ...to9x15 },
  { name: "MC7354, .spk", modem: Sim.mc7354(), files: spk9x15, ...to9x15 },
  { name: "MC7710, .cwe", modem: Sim.mc7710(), files: images9200, firmware: "03.05.29.03" }
]

describe("a full update", () => {
  for (const { carrier, config, files, firmware, modem, name } of cases) {
    it.effect(`ends with the modem running what was wanted: ${name}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(modem, { files })
        const { ended, planned, result } = succeeded(run)
        assert.strictEqual(result.outcome, "updated")
        assert.strictEqual(run.state.mode, "application")
        assert.strictEqual(run.state.running.firmware, firmware)
        assert.strictEqual(run.state.operatingMode, OperatingMode.online)
        if (config !== undefined) {
          assert.strictEqual(run.state.running.config, config)
          assert.strictEqual(run.state.running.carrier, carrier)
          assert.deepStrictEqual(run.state.preference, { firmware, config, carrier: carrier! })
          assert.deepStrictEqual(Sim.mismatches(run.state), [])
        }
        assert.strictEqual(result.after?.firmware, firmware)
        // The very bytes of the files arrived, in the order of the transfer.
        const received = run.journal.flatMap((entry) => (entry._tag === "ImageReceived" ? [entry.sha256] : []))
        assert.deepStrictEqual(received, sha256Of(files))
        // What the host adds to the modem's own time (issue: at most 0.3 s).
        assert.isAtMost(Sim.idleMillis(run.journal, planned, ended), 300)
      })
    )
  }

  it.effect("sends nothing to a modem that runs it already, and does not restart it", () =>
    Effect.gen(function* () {
      for (const [modem, files] of [
        [Sim.em7455(to9x30), images9x30],
        [Sim.mc7354(to9x15), images9x15],
        [Sim.mc7710({ firmware: "03.05.29.03" }), images9200]
      ] as const) {
        const run = yield* simulate(modem, { files })
        assert.strictEqual(succeeded(run).result.outcome, "already-there")
        const tags = run.journal.map(({ _tag }) => _tag)
        assert.notInclude(tags, "Unplugged")
        assert.notInclude(tags, "PreferenceSet")
        assert.notInclude(tags, "QdlRequest")
      }
    })
  )

  it.effect("sends it all the same when the user insists", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455(to9x30), { files: images9x30, plan: { overrideDownload: true } })
      assert.strictEqual(succeeded(run).result.outcome, "updated")
      assert.strictEqual(run.journal.filter(({ _tag }) => _tag === "ImageReceived").length, 2)
    })
  )

  it.effect("only switches when the modem stores the images, without any transfer", () =>
    Effect.gen(function* () {
      const stored = Sim.em7455({ storedFirmware: ["02.33.03.00"], storedCarriers: [to9x30] })
      const run = yield* simulate(stored, { files: images9x30 })
      assert.strictEqual(succeeded(run).result.outcome, "updated")
      assert.strictEqual(run.state.running.firmware, "02.33.03.00")
      assert.strictEqual(run.state.running.slot, 2)
      assert.notInclude(
        run.journal.map(({ _tag }) => _tag),
        "QdlRequest"
      )
    })
  )

  it.effect("sends only what the modem asks for", () =>
    Effect.gen(function* () {
      const stored = Sim.em7455({ storedFirmware: ["02.33.03.00"] })
      const run = yield* simulate(stored, { files: images9x30 })
      const { result } = succeeded(run)
      assert.deepStrictEqual(
        result.sent.map(({ image }) => image),
        ["SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu"]
      )
      assert.strictEqual(run.state.running.config, "002.072_000")
    })
  )

  it.effect("writes to the slot that the user chose", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455(), { files: images9x30, plan: { modemStorageIndex: 3 } })
      succeeded(run)
      assert.strictEqual(run.state.running.slot, 3)
    })
  )

  it.effect("does not ask the modem anything after the restart when the user wishes so", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455(), { files: images9x30, plan: { skipValidation: true } })
      const { result } = succeeded(run)
      assert.strictEqual(result.outcome, "not-validated")
      assert.isUndefined(result.after)
      const back = run.journal.findLastIndex(({ _tag }) => _tag === "Plugged")
      assert.notInclude(
        run.journal.slice(back).map(({ _tag }) => _tag),
        "QmiRequest"
      )
    })
  )

  it.effect("sees then too that the modem stays in boot-and-hold, a minute after it is back there", () =>
    Effect.gen(function* () {
      const setup = Sim.em7455({ behaviours: [Sim.behaviour("staysInBootAndHold")], timing: Sim.instant })
      const run = yield* simulate(setup, { files: images9x30, plan: { skipValidation: true } })
      assert(run.exit._tag === "Failure")
      const error = Option.getOrThrow(Cause.findErrorOption(run.exit.cause))
      assert(error._tag === "UpdateError")
      assert.strictEqual(error.code, "UPDATE_STAYED_IN_BOOT_AND_HOLD")
      assert.strictEqual(error.condition._tag, "BootAndHold")
    })
  )

  it.effect("goes on with a modem that waits in boot-and-hold", () =>
    Effect.gen(function* () {
      for (const [modem, files, firmware] of [
        [Sim.em7455({ mode: "boot-and-hold" }), images9x30, "02.33.03.00"],
        [Sim.mc7354({ mode: "boot-and-hold" }), images9x15, "05.05.78.00"],
        [Sim.mc7710({ mode: "boot-and-hold" }), images9200, "03.05.29.03"]
      ] as const) {
        const run = yield* simulate(modem, { files, mode: "download" })
        const { result } = succeeded(run)
        assert.strictEqual(result.after?.firmware, firmware)
        assert.strictEqual(run.state.running.firmware, firmware)
      }
    })
  )

  it.effect("sends a modem into boot-and-hold and waits until it is there", () =>
    Effect.gen(function* () {
      for (const modem of [Sim.em7455(), Sim.mc7354(), Sim.mc7710()]) {
        const run = yield* simulate(modem, { files: images9x30, mode: "hold" })
        assert.strictEqual(succeeded(run).result.outcome, "held")
        assert.strictEqual(run.state.mode, "boot-and-hold")
      }
    })
  )
})
