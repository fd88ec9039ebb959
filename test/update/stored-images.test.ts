/** Selecting and deleting stored images, whole runs in virtual time; and what an update overwrites when slots are full. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"
import * as Modem from "../../src/device/Modem.ts"
import type { UsbBus } from "../../src/device/UsbBus.ts"
import * as Flow from "../../src/flow/index.ts"
import type { ModemFacts } from "../../src/plan/facts.ts"
import { lossOfFirmware } from "../../src/plan/stored.ts"
import type { StoredWords } from "../../src/plan/stored.ts"
import { QmiError } from "../../src/session/QmiError.ts"
import type { QmiSession } from "../../src/session/QmiSession.ts"
import * as Sim from "../../src/sim/index.ts"
import type { ModemOptions, ModemSetup } from "../../src/sim/index.ts"
import { OperatingMode } from "../../src/sim/ModemState.ts"
import { ControlWay } from "../../src/update/ControlWay.ts"
import * as Flows from "../../src/update/flows.ts"
import { Journal } from "../../src/update/Journal.ts"
import type { RunStart } from "../../src/update/Journal.ts"
import { Run } from "../../src/update/Run.ts"
import { runFlow } from "../../src/update/run-flow.ts"
import * as Steps from "../../src/update/steps/index.ts"
import * as Update from "../../src/update/Update.ts"
import { withLostFirmware } from "../support/lost-firmware.ts"
import { storedModem } from "../support/plan-facts.ts"
import { drive, images9x15, images9x30, simulate, succeeded } from "../support/simulated-update.ts"

const { behaviour } = Sim
const bare: Flow.Around = (_info, _state, effect) => effect

interface Kind {
  readonly name: string
  readonly make: (options?: ModemOptions) => ModemSetup
  /** What it can be made to run instead. */
  readonly other: { readonly firmware: string; readonly config: string; readonly carrier: string }
  /** Stored, and of no use to anybody. */
  readonly idle: string
  readonly byAt?: true
}

const x30 = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
const x15 = { firmware: "05.05.58.00", config: "005.025_002", carrier: "Generic" }

const em7455 = (options: ModemOptions = {}) =>
  Sim.em7455({ storedFirmware: ["02.08.02.00", x30.firmware], storedCarriers: [x30], ...options })
const mc7354 = (options: ModemOptions = {}) =>
  Sim.mc7354({ storedFirmware: ["05.05.02.00", x15.firmware], storedCarriers: [x15], ...options })

const kinds: ReadonlyArray<Kind> = [
  { name: "SWI9X30", make: em7455, other: x30, idle: "02.08.02.00" },
  {
    name: "SWI9X30 in MBIM",
    make: (options) => em7455({ ...options, composition: 8 }),
    other: x30,
    idle: "02.08.02.00"
  },
  { name: "SWI9X30 by AT", make: em7455, other: x30, idle: "02.08.02.00", byAt: true },
  { name: "SWI9X15", make: mc7354, other: x15, idle: "05.05.02.00" }
]

const select = (words: StoredWords) =>
  Effect.flatMap(Modem.select(), (modem) =>
    Effect.gen(function* () {
      const plan = yield* Update.planSelect(modem, words)
      return { plan, result: yield* Update.run(plan) }
    })
  )

const remove = (words: StoredWords) =>
  Effect.flatMap(Modem.select(), (modem) =>
    Effect.gen(function* () {
      const plan = yield* Update.planDelete(modem, words)
      return { plan, result: yield* Update.run(plan) }
    })
  )

const work = <A, E>(setup: ModemSetup, program: Effect.Effect<A, E, UsbBus>, byAt = false) =>
  drive(setup, { files: {} }, byAt ? Effect.provideService(program, ControlWay, "at") : program)

interface Failure {
  readonly _tag: string
  readonly code: string
  readonly message: string
  readonly step?: string
  readonly condition?: { readonly _tag: string }
}

const failureOf = (exit: Exit.Exit<unknown, unknown>): Failure => {
  if (exit._tag === "Success") throw new Error("it succeeded")
  return Option.getOrThrowWith(Cause.findErrorOption(exit.cause), () => new Error(Cause.pretty(exit.cause))) as never
}

/** What changes a modem, as the modem itself wrote it down. */
const changes = (journal: ReadonlyArray<Sim.JournalEntry>): ReadonlyArray<string> =>
  journal.flatMap((entry) => {
    if (entry._tag === "QmiRequest") {
      return [0x0048, 0x004a, 0x002e].includes(entry.message) ? [entry.name] : []
    }
    return entry._tag === "AtCommand" && /=|!RESET/.test(entry.command) && !entry.command.includes("ENTERCND")
      ? [entry.command]
      : []
  })

const storedOf = ({ storedImages }: ModemFacts) =>
  storedImages._tag === "Supported" ? storedImages.value.images.map(({ buildId }) => buildId) : []

describe("selecting what is stored", () => {
  for (const { byAt, make, name, other } of kinds) {
    it.effect(`makes the modem run it, and sends no image: ${name}`, () =>
      Effect.gen(function* () {
        const run = yield* work(make(), select({ firmware: other.firmware.slice(0, 8) }), byAt)
        const { plan, result } = succeeded(run)
        assert.deepStrictEqual([plan.action, result.outcome, result.sent], ["select", "selected", []])
        assert.deepStrictEqual(plan.wanted.preference, other)
        assert.strictEqual(result.after?.firmware, other.firmware)
        const { operatingMode, preference, running } = run.state
        assert.deepStrictEqual(
          [running.firmware, running.carrier, running.config, operatingMode],
          [other.firmware, other.carrier, other.config, OperatingMode.online]
        )
        assert.deepStrictEqual(preference, other)
        assert.deepStrictEqual(
          run.events.flatMap((event) => (event._tag === "ModemSeen" ? [event.mode] : [])),
          ["application"]
        )
      })
    )

    it.effect(`has nothing to do where it runs already: ${name}`, () =>
      Effect.gen(function* () {
        const setup = make()
        const run = yield* work(setup, select(setup.state.running), byAt)
        assert.deepStrictEqual(
          [succeeded(run).plan.action, succeeded(run).result.outcome],
          ["nothing", "already-there"]
        )
        assert.deepStrictEqual(changes(run.journal), [])
      })
    )

    const refused: ReadonlyArray<readonly [what: string, words: StoredWords, code: string]> = [
      ["what is not stored", { firmware: "09.09.09.09" }, "PLAN_NOT_STORED"],
      ["firmware without a carrier image", { firmware: make().state.slots[1]!.firmware }, "PLAN_NOT_STORED"],
      [
        "other capitals",
        { firmware: other.firmware, carrier: other.carrier === "Generic" ? "GENERIC" : "Generic" },
        "PLAN_CARRIER_CASE"
      ]
    ]
    for (const [what, words, code] of refused) {
      it.effect(`sends nothing for ${what}: ${name}`, () =>
        Effect.gen(function* () {
          const setup = make()
          const run = yield* work(setup, select(words), byAt)
          assert.strictEqual(failureOf(run.exit).code, code)
          assert.deepStrictEqual(changes(run.journal), [])
          assert.deepStrictEqual(run.state.preference, setup.state.preference)
        })
      )
    }

    it.effect(`is taken back when the start runs the old firmware again: ${name}`, () =>
      Effect.gen(function* () {
        const setup = make({ behaviours: [behaviour("switchFails")] })
        const run = yield* work(setup, select(other), byAt)
        const { code, condition, step } = failureOf(run.exit)
        assert.deepStrictEqual([code, step, condition?._tag], ["UPDATE_NOT_VALIDATED", "verify", "RolledBack"])
        assert.strictEqual(run.state.running.firmware, setup.state.running.firmware)
        assert.deepStrictEqual([run.state.preference, run.state.operatingMode], [setup.state.preference, 0])
        assert.strictEqual(run.state.slots.find(({ firmware }) => firmware === other.firmware)?.failures.switching, 1)
      })
    )
  }

  it.effect("finds by the run's own check what has gone since the plan", () =>
    Effect.gen(function* () {
      const setup = em7455()
      const program = Effect.gen(function* () {
        const modem = yield* Modem.select()
        const planned = yield* Update.planSelect(modem, x30)
        yield* Update.run(yield* Update.planDelete(modem, x30))
        return yield* Update.run(planned)
      })
      const run = yield* work(setup, program)
      const { code, condition, step } = failureOf(run.exit)
      assert.deepStrictEqual([code, step, condition?._tag], ["PLAN_NOT_STORED", "check", "Untouched"])
      assert.deepStrictEqual(run.state.preference, setup.state.preference)
    })
  )

  it.effect("puts the old preference back where the modem asks for an image all the same", () =>
    Effect.gen(function* () {
      // The carrier image is not stored, and the check that would find that is passed by: what the modem says counts.
      const setup = em7455({ storedCarriers: [] })
      const pretended = Flow.step({
        name: "check",
        title: "pretend",
        risk: "none",
        deadline: Duration.seconds(1),
        run: () =>
          Effect.succeed({
            checked: { imei: undefined, family: swi9x30.id, passed: [] },
            images: [] as ReadonlyArray<never>
          })
      })
      const flow = Flows.selectFlow(swi9x30).pipe(Flow.replace("check", pretended))
      const options = {
        overrideDownload: false,
        modemStorageIndex: undefined,
        skipValidation: false,
        rollbackOnFailure: true
      }
      const program = Effect.flatMap(Modem.select(), (modem) =>
        runFlow(flow, { modem, family: swi9x30, options, wanted: x30 }, modem.label)
      )
      const run = yield* work(setup, program)
      const { code, condition, step } = failureOf(run.exit)
      assert.deepStrictEqual(
        [code, step, condition?._tag],
        ["UPDATE_IMAGES_MISSING", "set-preference", "PreferenceRestored"]
      )
      assert.deepStrictEqual(run.state.preference, setup.state.preference)
      assert.notInclude(changes(run.journal), "Set Operating Mode")
    })
  )

  it.effect("reads back what the modem took, and does not restart it for anything else", () =>
    Effect.gen(function* () {
      for (const [byAt, fault] of [
        [false, behaviour("qmiIgnores", { message: 0x0048 })],
        [true, behaviour("atIgnores", { command: "!IMPREF" })]
      ] as const) {
        const setup = em7455({ behaviours: [fault] })
        const run = yield* work(setup, select(x30), byAt)
        assert.strictEqual(failureOf(run.exit).code, "UPDATE_PREFERENCE_NOT_TAKEN")
        assert.deepStrictEqual(run.state.preference, setup.state.preference)
        assert.isFalse(changes(run.journal).some((change) => /Operating Mode|RESET/.test(change)))
      }
    })
  )

  it.effect("changes nothing where the preference is refused", () =>
    Effect.gen(function* () {
      for (const [byAt, fault, code] of [
        [false, behaviour("qmiRefuses", { message: 0x0048, code: 3 }), "QMI_REFUSED"],
        [true, behaviour("atRefuses", { command: "!IMPREF", form: "set" }), "AT_REFUSED"]
      ] as const) {
        const setup = em7455({ behaviours: [fault] })
        const run = yield* work(setup, select(x30), byAt)
        const { code: found, condition } = failureOf(run.exit)
        assert.deepStrictEqual([found, condition?._tag], [code, "Untouched"])
        assert.deepStrictEqual(run.state.preference, setup.state.preference)
      }
    })
  )

  it.effect("puts the old preference back where AT!RESET is refused", () =>
    Effect.gen(function* () {
      const setup = em7455({ behaviours: [behaviour("atRefuses", { command: "!RESET" })] })
      const run = yield* work(setup, select(x30), true)
      const { code, condition } = failureOf(run.exit)
      assert.deepStrictEqual([code, condition?._tag], ["AT_REFUSED", "PreferenceRestored"])
      assert.deepStrictEqual(run.state.preference, setup.state.preference)
    })
  )

  it.effect("waits for a modem that needs its time, and says when it never comes", () =>
    Effect.gen(function* () {
      const slow = yield* work(em7455({ behaviours: [behaviour("slowBoot", { seconds: 60 })] }), select(x30))
      assert.strictEqual(succeeded(slow).result.outcome, "selected")
      const never = yield* work(em7455({ behaviours: [behaviour("hang", { where: "boot" })] }), select(x30))
      const { code, condition, step } = failureOf(never.exit)
      assert.deepStrictEqual([code, step, condition?._tag], ["DEVICE_NEVER_APPEARED", "wait-for-boot", "Restarting"])
    })
  )

  it.effect("is nothing for a family without preferences, or without a list", () =>
    Effect.gen(function* () {
      const run = yield* work(Sim.mc7710(), select({ firmware: "03.05" }))
      assert.strictEqual(failureOf(run.exit).code, "PLAN_NO_PREFERENCE")
      const removed = yield* work(Sim.mc7710(), remove({ firmware: "03.05.29.03" }))
      assert.strictEqual(failureOf(removed.exit).code, "PLAN_NO_STORED_IMAGES")
      const byAt = yield* work(mc7354(), select(x15), true)
      // AT tells of no stored images on 9x15 (at.md §6): what is not told is not selected.
      assert.strictEqual(failureOf(byAt.exit).code, "PLAN_NO_STORED_IMAGES")
    })
  )
})

describe("deleting what is stored", () => {
  for (const { byAt, idle, make, name, other } of kinds) {
    it.effect(`takes a firmware image and nothing else: ${name}`, () =>
      Effect.gen(function* () {
        const setup = make()
        const run = yield* work(setup, remove({ firmware: idle }), byAt)
        const { plan, result } = succeeded(run)
        assert.deepStrictEqual([plan.action, result.outcome, plan.warnings.length], ["delete", "deleted", byAt ? 1 : 0])
        assert.notInclude(storedOf(result.after!), `${idle}_?`)
        assert.strictEqual(changes(run.journal).length, 1)
        assert.deepStrictEqual(
          run.state.slots.map(({ firmware }) => firmware),
          setup.state.slots.map(({ firmware }) => (firmware === idle ? "" : firmware))
        )
        assert.deepStrictEqual(run.state.pris, setup.state.pris)
        assert.deepStrictEqual(run.state.running, setup.state.running)
      })
    )

    it.effect(`takes a carrier image and nothing else: ${name}`, () =>
      Effect.gen(function* () {
        const setup = make()
        const run = yield* work(setup, remove(other), byAt)
        assert.strictEqual(succeeded(run).result.outcome, "deleted")
        assert.include(succeeded(run).plan.warnings.join(), "stays stored without a carrier image")
        assert.deepStrictEqual(run.state.pris, setup.state.pris.slice(0, 1))
        assert.deepStrictEqual(run.state.slots, setup.state.slots)
      })
    )

    it.effect(`never takes what runs or is preferred, and sends nothing then: ${name}`, () =>
      Effect.gen(function* () {
        const setup = make({ preference: other })
        const { running } = setup.state
        for (const words of [
          { firmware: running.firmware },
          { firmware: running.firmware, carrier: running.carrier, config: running.config },
          { firmware: other.firmware },
          other
        ]) {
          const run = yield* work(setup, remove(words), byAt)
          assert.strictEqual(failureOf(run.exit).code, "PLAN_IMAGE_IN_USE", JSON.stringify(words))
          assert.deepStrictEqual(changes(run.journal), [])
          assert.deepStrictEqual([run.state.slots, run.state.pris], [setup.state.slots, setup.state.pris])
        }
      })
    )

    it.effect(`is refused, or answered and not done, without being called a success: ${name}`, () =>
      Effect.gen(function* () {
        for (const [fault, code] of [
          [
            byAt
              ? behaviour("atRefuses", { command: "!IMAGE", form: "set" })
              : behaviour("qmiRefuses", { message: 0x004a, code: 3 }),
            byAt ? "AT_REFUSED" : "QMI_REFUSED"
          ],
          [
            byAt ? behaviour("atIgnores", { command: "!IMAGE" }) : behaviour("qmiIgnores", { message: 0x004a }),
            "UPDATE_NOT_DELETED"
          ]
        ] as const) {
          const setup = make({ behaviours: [fault] })
          const run = yield* work(setup, remove({ firmware: idle }), byAt)
          const { code: found, condition } = failureOf(run.exit)
          assert.deepStrictEqual([found, condition?._tag], [code, "Untouched"])
          assert.deepStrictEqual(run.state.slots, setup.state.slots)
        }
      })
    )
  }

  it.effect("is checked once more by the run: what runs by then stays", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const modem = yield* Modem.select()
        const planned = yield* Update.planDelete(modem, { firmware: x30.firmware })
        yield* Update.run(yield* Update.planSelect(modem, x30))
        return yield* Update.run({ ...planned, modem: yield* Modem.select() })
      })
      const run = yield* work(em7455(), program)
      const { code, condition, step } = failureOf(run.exit)
      assert.deepStrictEqual([code, step, condition?._tag], ["PLAN_IMAGE_IN_USE", "check", "Untouched"])
      assert.notInclude(changes(run.journal), "Delete Stored Image")
      assert.strictEqual(run.state.running.firmware, x30.firmware)
    })
  )

  it.effect("unlocks first by AT, and names exactly the one", () =>
    Effect.gen(function* () {
      const run = yield* work(em7455(), remove({ firmware: "02.08.02.00" }), true)
      succeeded(run)
      const commands = run.journal.flatMap((entry) => (entry._tag === "AtCommand" ? [entry.command] : []))
      const place = commands.indexOf("AT!IMAGE=0,0,2")
      assert.isAbove(place, commands.indexOf('AT!ENTERCND="A710"'))
      assert.deepStrictEqual(
        commands.filter((command) => /IMAGE=/.test(command)),
        ["AT!IMAGE=0,0,2"]
      )
    })
  )

  it.effect("that brings no answer is not known to be done", () =>
    Effect.gen(function* () {
      const reason = { _tag: "NoAnswer", millis: 10_000 } as const
      const silent = new QmiError({ endpoint: "x", request: "Delete Stored Image", reason })
      const control = { request: () => Effect.fail(silent) } as unknown as QmiSession
      const image = storedModem("02.08.02.00")
      const { condition } = yield* Run
      assert.strictEqual(
        yield* Effect.flip(Steps.deleteStoredImage.run({ control, deletable: { image } }, bare)),
        silent
      )
      assert.deepStrictEqual(yield* Ref.get(condition), { _tag: "DeleteSent", image: "02.08.02.00" })
    }).pipe(Effect.provide(Run.layer))
  )

  it.effect("is refused by a modem that stays locked", () =>
    Effect.gen(function* () {
      const setup = em7455({ behaviours: [behaviour("atPassword", { password: "other" })] })
      const locked = yield* work(setup, remove({ firmware: "02.08.02.00" }), true)
      const { code, condition } = failureOf(locked.exit)
      assert.deepStrictEqual([code, condition?._tag], ["AT_REFUSED", "Untouched"])
    })
  )
})

describe("an update of a modem whose slots are full", () => {
  const full = (options: ModemOptions = {}) =>
    Sim.em7455({ storedFirmware: ["02.20.03.22", "02.08.02.00", "02.14.03.00"], ...options })

  it.effect("names the image that goes, and that one goes", () =>
    Effect.gen(function* () {
      const begun: Array<RunStart> = []
      const run = yield* simulate(full(), { files: images9x30 }).pipe(
        Effect.provideService(Journal, (start) =>
          Effect.sync(() => {
            begun.push(start)
            return { id: "1", warnings: [], event: () => Effect.void, condition: () => Effect.void }
          })
        )
      )
      const { plan } = succeeded(run)
      assert.deepStrictEqual(
        plan.evictions?.map(({ by, images }) => [by, ...images.map(({ buildId }) => buildId)]),
        [["least-recently-used", "02.20.03.22_?"]]
      )
      assert.include(plan.warnings[0], "slot 2, 02.20.03.22, is overwritten, which was used least lately")
      assert.deepStrictEqual(
        run.state.slots.map(({ firmware }) => firmware),
        ["02.24.05.06", "02.33.03.00", "02.08.02.00", "02.14.03.00"]
      )
      assert.deepStrictEqual(begun[0]?.evictions, plan.evictions)
    })
  )

  it.effect("says that the modem chooses where AT does not tell, and waits 5 s at most for it", () =>
    Effect.gen(function* () {
      for (const setup of [
        full({ behaviours: [behaviour("hang", { where: "at" })] }),
        // Every answer is in time, all of them together are not.
        full({ behaviours: [behaviour("splitAnswers", { where: "at", pieces: 2, delay: 1300 })] }),
        full({ behaviours: [behaviour("atRefuses", { command: "!IMAGE" })] }),
        full({ composition: 9 })
      ]) {
        const run = yield* simulate(setup, { files: images9x30 })
        const { plan, planned, started } = succeeded(run)
        assert.deepStrictEqual(
          plan.evictions?.map(({ by, images }) => [by, ...images.map(({ storageIndex }) => storageIndex)]),
          [["modem", 2, 3, 4]]
        )
        assert.isAtMost(planned - started, 6000)
      }
      const run = yield* simulate(Sim.mc7354({ storedFirmware: ["05.05.02.00", "05.05.58.00", "05.05.66.00"] }), {
        files: images9x15
      })
      assert.deepStrictEqual(
        succeeded(run).plan.evictions?.map(({ images }) => images.length),
        [3]
      )
    })
  )

  it.effect("asks nothing by AT where a slot is free", () =>
    Effect.gen(function* () {
      const run = yield* simulate(em7455(), { files: images9x30 })
      assert.deepStrictEqual(succeeded(run).plan.evictions, [])
      const asked = run.journal.flatMap((entry) => (entry._tag === "AtCommand" ? [entry.command] : []))
      assert.isFalse(asked.some((command) => /IMAGE/i.test(command)))
    })
  )

  it.effect("overwrites the slot that was chosen, never the one that runs", () =>
    Effect.gen(function* () {
      const run = yield* simulate(full(), { files: images9x30, plan: { modemStorageIndex: 4 } })
      assert.deepStrictEqual(
        succeeded(run).plan.evictions?.map(({ by, images }) => [by, images[0]?.buildId]),
        [["chosen", "02.14.03.00_?"]]
      )
      assert.strictEqual(run.state.slots[3]?.firmware, "02.33.03.00")
      const refused = yield* simulate(full(), { files: images9x30, plan: { modemStorageIndex: 1 } })
      assert.strictEqual(failureOf(refused.exit).code, "PLAN_SLOT_IN_USE")
      assert.deepStrictEqual(changes(refused.journal), [])
    })
  )

  it.effect("fails at Open where the modem evicts nothing", () =>
    Effect.gen(function* () {
      const run = yield* simulate(full({ behaviours: [behaviour("slotsFull")] }), { files: images9x30 })
      const { code, step } = failureOf(run.exit)
      assert.deepStrictEqual([code, step], ["QDL_REJECTED", "open"])
    })
  )
})

describe("a modem whose running firmware is in no slot", () => {
  const facts = (setup: ModemSetup, byAt: boolean) => work(setup, Effect.flatMap(Modem.select(), Update.facts), byAt)

  it.effect("is recognised by QMI and by AT, and is not where the modem does not tell", () =>
    Effect.gen(function* () {
      for (const byAt of [false, true]) {
        assert.match(lossOfFirmware(succeeded(yield* facts(withLostFirmware(em7455()), byAt)))?.means ?? "", /slot 255/)
        assert.isUndefined(lossOfFirmware(succeeded(yield* facts(em7455(), byAt))))
      }
      assert.match(
        lossOfFirmware(succeeded(yield* facts(withLostFirmware(mc7354()), false)))?.means ?? "",
        /05\.05\.16\.03 runs/
      )
      assert.isUndefined(lossOfFirmware(succeeded(yield* facts(withLostFirmware(mc7354()), true))))
      assert.isUndefined(lossOfFirmware(succeeded(yield* facts(Sim.mc7710(), false))))
    })
  )

  it.effect("is warned of by the plan, and cured by the update", () =>
    Effect.gen(function* () {
      const run = yield* simulate(withLostFirmware(em7455()), { files: images9x30 })
      const { plan, result } = succeeded(run)
      assert.match(plan.warnings[0] ?? "", /^loss of firmware: 02\.24\.05\.06 runs/)
      assert.isUndefined(lossOfFirmware(result.after!))
    })
  )
})
