/** Updates that fail and are taken back: the modem runs what it ran, with its old preference, or it is said why not. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/index.ts"
import type { Behaviour } from "../../src/sim/index.ts"
import { UpdateError } from "../../src/update/UpdateError.ts"
import { errorOf } from "../support/virtual-time.ts"
import { images9200, images9x15, images9x30, simulate } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"
import { ControlWay } from "../../src/update/ControlWay.ts"

const { behaviour } = Sim

const failed = (run: Effect.Success<ReturnType<typeof simulate>>): UpdateError => {
  const error = errorOf(run.exit)
  assert(error instanceof UpdateError)
  return error
}

interface Case {
  readonly name: string
  readonly behaviours: ReadonlyArray<Behaviour>
  readonly code: string
}

/** The modem answers again afterwards, and its old firmware is in a slot of its own. */
const survivable: ReadonlyArray<Case> = [
  { name: "Error to Open", behaviours: [behaviour("nakOpen", { image: 0, code: 0x12 })], code: "QDL_REJECTED" },
  {
    name: "the carrier image refused after the system image",
    behaviours: [behaviour("nakOpen", { image: 1, code: 0x1a })],
    code: "QDL_REJECTED"
  },
  {
    name: "a failure status to a chunk",
    behaviours: [behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })],
    code: "QDL_BAD_STATUS"
  },
  {
    name: "an acknowledgement of another chunk",
    behaviours: [behaviour("wrongSequence", { image: 0, chunk: 1 })],
    code: "QDL_WRONG_SEQUENCE"
  },
  {
    name: "a modem that leaves in the middle of a chunk and is back by itself",
    behaviours: [behaviour("disconnectInChunk", { image: 0, chunk: 1 })],
    code: "TRANSPORT_UNPLUGGED"
  },
  { name: "no room for the image", behaviours: [behaviour("slotsFull")], code: "QDL_REJECTED" },
  {
    name: "the old firmware back after the update",
    behaviours: [behaviour("oldFirmwareComesBack")],
    code: "UPDATE_NOT_VALIDATED"
  },
  {
    name: "a carrier image that is not applied",
    behaviours: [behaviour("carrierNotApplied")],
    code: "UPDATE_NOT_VALIDATED"
  }
]

type Make = (behaviours: ReadonlyArray<Behaviour>) => Sim.ModemSetup
const withPreference: ReadonlyArray<readonly [string, Make, Files]> = [
  ["an SWI9X30", (behaviours) => Sim.em7455({ behaviours }), images9x30],
  ["an SWI9X30 in MBIM mode", (behaviours) => Sim.em7455({ behaviours, composition: 8 }), images9x30],
  ["an SWI9X15", (behaviours) => Sim.mc7354({ behaviours }), images9x15]
]

const isHome = (state: Sim.ModemState, before: Sim.ModemState): void => {
  assert.deepStrictEqual(
    [state.mode, state.operatingMode, state.running.firmware, state.running.carrier, state.running.config],
    ["application", 0, before.running.firmware, before.running.carrier, before.running.config]
  )
  assert.deepStrictEqual(state.preference, before.preference)
  assert.deepStrictEqual(Sim.mismatches(state), [])
}

describe("an update that fails after the preference was set is taken back", () => {
  for (const [family, make, files] of withPreference) {
    for (const { behaviours, code, name } of survivable) {
      it.effect(`on ${family}: ${name}`, () =>
        Effect.gen(function* () {
          const before = make(behaviours)
          const run = yield* simulate(before, { files })
          const error = failed(run)
          assert.strictEqual(error.code, code, error.message)
          assert(error.condition._tag === "RolledBack")
          assert.strictEqual(error.condition.firmware, before.state.running.firmware)
          assert.deepStrictEqual(error.condition.preference, before.state.preference ?? undefined)
          assert.match(error.next, /^boothold update/)
          isHome(run.state, before.state)
          const tags = run.events.map(({ _tag }) => _tag).slice(-2)
          assert.deepStrictEqual(tags, ["UndoFinished", "RunFailed"])
        })
      )
    }

    it.effect(`not on ${family} where that is not wanted`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(make([behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })]), {
          files,
          plan: { rollbackOnFailure: false }
        })
        assert.strictEqual(failed(run).condition._tag, "HalfWritten")
        assert.strictEqual(run.state.mode, "boot-and-hold")
        assert.isFalse(run.events.some(({ _tag }) => _tag.startsWith("Undo")))
      })
    )

    it.effect(`not on ${family} where the user broke off: who interrupts does not want to wait`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(make([]), { files, interruptOn: ({ _tag }) => _tag === "ImageProgress" })
        assert.isFalse(run.events.some(({ _tag }) => _tag.startsWith("Undo")))
        assert.strictEqual(run.state.mode, "boot-and-hold")
      })
    )

    it.effect(`on ${family} that does not come back: it is said that it could not be, and what goes on`, () =>
      Effect.gen(function* () {
        const gone = behaviour("disconnectInChunk", { image: 0, chunk: 1, comesBack: false })
        const run = yield* simulate(make([gone]), { files })
        const error = failed(run)
        assert.deepStrictEqual([error.code, error.condition._tag], ["TRANSPORT_UNPLUGGED", "LeftBus"])
        assert.match(error.next, /^boothold recover/)
        const undo = run.events.find(({ _tag }) => _tag === "UndoFailed")
        assert(undo?._tag === "UndoFailed")
        assert.strictEqual(undo.code, "DEVICE_NEVER_APPEARED")
      })
    )

    it.effect(`on ${family} that stays in boot-and-hold: what is known of it stays known`, () =>
      Effect.gen(function* () {
        const stuck = [behaviour("nakWrite", { image: 0, chunk: 1, status: 2 }), behaviour("staysInBootAndHold")]
        const run = yield* simulate(make(stuck), { files })
        const error = failed(run)
        assert.deepStrictEqual([error.code, error.condition._tag], ["QDL_BAD_STATUS", "HalfWritten"])
        assert.strictEqual(run.state.mode, "boot-and-hold")
        assert.isTrue(run.events.some((event) => event._tag === "UndoFailed"))
      })
    )
  }

  it.effect("by AT, where QMI cannot be used", () =>
    Effect.gen(function* () {
      const before = Sim.em7455({ behaviours: [behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })] })
      const run = yield* simulate(before, { files: images9x30 }).pipe(Effect.provideService(ControlWay, "at"))
      const error = failed(run)
      assert.deepStrictEqual([error.code, error.condition._tag], ["QDL_BAD_STATUS", "RolledBack"])
      isHome(run.state, before.state)
      // Nothing of it went over the control port.
      assert.isFalse(run.journal.some(({ _tag }) => _tag === "QmiRequest"))
    })
  )
})

describe("a modem without preferences", () => {
  it.effect("leaves boot-and-hold again where nothing of an image was written", () =>
    Effect.gen(function* () {
      const before = Sim.mc7710({ behaviours: [behaviour("nakOpen", { image: 0, code: 0x12 })] })
      const run = yield* simulate(before, { files: images9200 })
      const error = failed(run)
      assert.deepStrictEqual([error.code, error.condition._tag], ["QDL_REJECTED", "RolledBack"])
      isHome(run.state, before.state)
    })
  )

  it.effect("whose only slot is half written stays in boot-and-hold, and that is said", () =>
    Effect.gen(function* () {
      const broken = Sim.mc7710({ behaviours: [behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })] })
      const run = yield* simulate(broken, { files: images9200 })
      const error = failed(run)
      assert.deepStrictEqual([error.code, error.condition._tag], ["QDL_BAD_STATUS", "HalfWritten"])
      const undo = run.events.find(({ _tag }) => _tag === "UndoFailed")
      assert(undo?._tag === "UndoFailed")
      assert.strictEqual(undo.code, "UPDATE_STAYED_IN_BOOT_AND_HOLD")
      assert.strictEqual(run.state.mode, "boot-and-hold")
    })
  )
})
