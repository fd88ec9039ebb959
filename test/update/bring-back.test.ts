/** What the modem has become is looked at before it is taken back: only what the update changed is changed again. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Modem from "../../src/device/Modem.ts"
import { swi9200 } from "../../src/device/families/swi9200.ts"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"
import * as Sim from "../../src/sim/index.ts"
import { bringBack } from "../../src/update/bring-back.ts"
import type { Bringing } from "../../src/update/bring-back.ts"
import type { Condition } from "../../src/update/condition.ts"
import { FlowError } from "../../src/update/FlowError.ts"
import { byQmi } from "../../src/update/roads.ts"
import { nowIs, Run } from "../../src/update/Run.ts"
import * as Update from "../../src/update/Update.ts"
import { UpdateError } from "../../src/update/UpdateError.ts"
import { drive, images9200, images9x30, simulate, succeeded } from "../support/simulated-update.ts"
import { errorOf } from "../support/virtual-time.ts"

/** Takes back what never was: the modem is as `setup` says, and of the update is known what `known` says. */
const takeBack = (
  setup: Sim.ModemSetup,
  left: Condition,
  known: (facts: Effect.Success<ReturnType<typeof Update.facts>>) => Partial<Bringing>
) =>
  drive(
    setup,
    { files: {} },
    Effect.gen(function* () {
      const modem = yield* Modem.select()
      const before = yield* Update.facts(modem)
      const { condition } = yield* Run
      yield* nowIs(left)
      if (left._tag === "Restarting") yield* Effect.scoped(Effect.flatMap(byQmi.open(modem), ({ restart }) => restart))
      const family = before.token === "9200" ? swi9200 : swi9x30
      const bringing = { modem, family, before, road: byQmi, wanted: { firmware: undefined }, ...known(before) }
      yield* bringBack(bringing)
      return yield* Ref.get(condition)
    }).pipe(Effect.provide(Run.layer, { local: true }), Effect.scoped)
  )

const told = (run: { readonly journal: ReadonlyArray<Sim.JournalEntry> }) =>
  run.journal.filter(({ _tag }) => _tag === "PreferenceSet" || _tag === "Unplugged")

const notes = (run: { readonly events: ReadonlyArray<{ readonly _tag: string; readonly detail?: string }> }) =>
  run.events.flatMap(({ _tag, detail }) => (_tag === "Note" ? [detail] : []))

describe("a modem that is there later than the update waits for it", () => {
  const late = [
    ["an SWI9X30", () => Sim.em7455({ behaviours: [Sim.behaviour("slowBoot", { seconds: 500 })] }), images9x30],
    ["an SWI9200", () => Sim.mc7710({ behaviours: [Sim.behaviour("slowBoot", { seconds: 390 })] }), images9200]
  ] as const
  for (const [name, make, files] of late) {
    it.effect(`${name}: with the new firmware it is left there, and that is said`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(make(), { files })
        const error = errorOf(run.exit)
        assert(error instanceof UpdateError)
        const { firmware } = run.state.running
        assert.deepStrictEqual([error.code, error.condition], ["DEVICE_NEVER_APPEARED", { _tag: "Running", firmware }])
        assert.notStrictEqual(firmware, make().state.running.firmware)
        assert.deepStrictEqual(notes(run).slice(-1), [`the modem runs ${firmware}, as was wanted: it is left there`])
        assert.deepStrictEqual(Sim.mismatches(run.state), [])
      })
    )
  }
})

describe("nothing is changed of a modem", () => {
  const changed: Condition = { _tag: "RunningOther", found: "it is not what was wanted" }

  it.effect("that is another one than was updated", () =>
    Effect.gen(function* () {
      const run = yield* takeBack(Sim.em7455(), changed, (before) => ({
        before: { ...before, imei: "490154203237518" }
      }))
      const error = errorOf(run.exit)
      assert(error instanceof FlowError)
      assert.strictEqual(error.reason._tag, "AnotherModem")
      assert.deepStrictEqual(told(run), [])
    })
  )

  it.effect("that has overwritten what it ran, and prefers nothing", () =>
    Effect.gen(function* () {
      const run = yield* takeBack(Sim.mc7710(), changed, (before) => ({
        before: { ...before, firmware: "03.05.10.00" }
      }))
      assert.deepStrictEqual(succeeded(run), changed)
      assert.deepStrictEqual(told(run), [])
      assert.match(String(notes(run)[0]), /nothing that it could go back to/)
    })
  )

  for (const settled of [{ _tag: "Untouched" }, { _tag: "Running", firmware: "02.33.03.00" }] as const) {
    it.effect(`that is ${settled._tag}: it is not even asked`, () =>
      Effect.gen(function* () {
        const run = yield* takeBack(Sim.em7455(), settled, () => ({}))
        assert.deepStrictEqual(succeeded(run), settled)
        assert.isFalse(run.events.some(({ _tag }) => _tag === "ModemSeen"))
      })
    )
  }
})

it.effect("a modem that was told to restart a moment ago is asked once it is back", () =>
  Effect.gen(function* () {
    const run = yield* takeBack(Sim.em7455(), { _tag: "Restarting" }, () => ({}))
    const condition = succeeded(run)
    assert(condition._tag === "RolledBack")
    assert.strictEqual(condition.firmware, run.state.running.firmware)
    assert.strictEqual(told(run).length, 1)
  })
)

it.effect("a boot loader is reset after it was asked whether it listens: it may still be programming", () =>
  Effect.gen(function* () {
    const refuses = Sim.behaviour("nakOpen", { image: 0, code: 0x12 })
    const run = yield* simulate(Sim.em7455({ behaviours: [refuses] }), { files: images9x30 })
    const requests = run.journal.flatMap((entry) => (entry._tag === "QdlRequest" ? [entry.request] : []))
    assert.deepStrictEqual(requests.slice(requests.lastIndexOf("OpenUnframed") + 1), ["DloadSwitch", "Reset"])
  })
)
