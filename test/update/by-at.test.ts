/** Modems whose control port cannot be used: everything by AT and QDL, and only what the modem answers counts. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Sim from "../../src/sim/index.ts"
import type { Behaviour, ModemOptions, ModemSetup } from "../../src/sim/index.ts"
import { OperatingMode } from "../../src/sim/ModemState.ts"
import { mismatches } from "../../src/sim/storage.ts"
import { AtPassword } from "../../src/update/AtPassword.ts"
import { ControlWay } from "../../src/update/ControlWay.ts"
import type { UpdateError } from "../../src/update/UpdateError.ts"
import { images9200, images9x15, images9x30, simulate, succeeded } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"

const { behaviour } = Sim

/** The host has no driver for the control port. */
const withoutDriver = (setup: ModemSetup): ModemSetup => {
  const compositions = setup.model.compositions.map((one) => ({
    ...one,
    ports: one.ports.filter(({ role }) => role !== "control"),
    otherInterfaces: (one.otherInterfaces ?? 0) + 1
  }))
  return { ...setup, model: { ...setup.model, compositions } }
}

const noQmi: Behaviour = behaviour("qmiOverMbimMissing")

interface Kind {
  readonly name: string
  readonly make: (options?: ModemOptions) => ModemSetup
  readonly files: Files
  readonly firmware: string
  readonly preference: { readonly firmware: string; readonly config: string; readonly carrier: string } | null
}

const kinds: ReadonlyArray<Kind> = [
  {
    name: "an SWI9200 without driver for its control port",
    make: (options) => withoutDriver(Sim.mc7710(options)),
    files: images9200,
    firmware: "03.05.29.03",
    preference: null
  },
  {
    name: "an SWI9X15 without driver for its control port",
    make: (options) => withoutDriver(Sim.mc7354(options)),
    files: images9x15,
    firmware: "05.05.78.00",
    preference: { firmware: "05.05.78.00", config: "005.031_001", carrier: "GENEU-4G" }
  },
  {
    name: "an SWI9X30 without driver for its control port",
    make: (options) => withoutDriver(Sim.em7455(options)),
    files: images9x30,
    firmware: "02.33.03.00",
    preference: { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
  },
  {
    name: "an SWI9X30 in MBIM mode without QMI service",
    make: (options) => Sim.em7455({ ...options, composition: 8, behaviours: [noQmi, ...(options?.behaviours ?? [])] }),
    files: images9x30,
    firmware: "02.33.03.00",
    preference: { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
  }
]

const x30 = kinds[2]!

const failureOf = (exit: Exit.Exit<unknown, unknown>): UpdateError => {
  if (exit._tag === "Success") throw new Error("it succeeded")
  return Option.getOrThrowWith(Cause.findErrorOption(exit.cause), () => new Error(Cause.pretty(exit.cause))) as never
}

const commands = (journal: ReadonlyArray<Sim.JournalEntry>): ReadonlyArray<string> =>
  journal.flatMap((entry) => (entry._tag === "AtCommand" ? [entry.command] : []))

describe("a modem that only AT leads to", () => {
  for (const kind of kinds) {
    it.effect(`is updated: ${kind.name}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(kind.make(), { files: kind.files })
        const { plan, result } = succeeded(run)
        assert.strictEqual(result.outcome, "updated")
        assert.strictEqual(result.after?.firmware, kind.firmware)
        assert.include(result.after?.byAt?.port, "/at")
        assert.strictEqual(run.state.running.firmware, kind.firmware)
        assert.strictEqual(run.state.operatingMode, OperatingMode.online)
        assert.deepStrictEqual(run.state.preference, kind.preference)
        assert.deepStrictEqual(mismatches(run.state), [])
        if (kind.preference !== null) assert.notStrictEqual(run.state.running.slot, 255)
        assert.strictEqual(
          run.journal.filter(({ _tag }) => _tag === "ImageReceived").length,
          Object.keys(kind.files).length
        )
        assert.notInclude(
          run.journal.map(({ _tag }) => _tag),
          "QmiRequest"
        )
        // The plan says so, and why.
        assert.match(
          plan.warnings[0] ?? "",
          /^everything goes by AT on sim:1-2\/at: .*(no control port|no QMI service)/
        )
      })
    )

    it.effect(`is sent into boot-and-hold: ${kind.name}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(kind.make(), { files: kind.files, mode: "hold" })
        assert.strictEqual(succeeded(run).result.outcome, "held")
        assert.strictEqual(run.state.mode, "boot-and-hold")
        const tried = run.events.filter(({ _tag }) => _tag === "BootEntryTried")
        assert.deepStrictEqual(
          tried.map((event) => (event._tag === "BootEntryTried" ? [event.way.slice(0, 12), event.accepted] : [])),
          [
            ["QMI Set Firm", false],
            ["QMI Set Boot", false],
            ["AT!BOOTHOLD", true]
          ]
        )
      })
    )

    it.effect(`is told to be up to date when it is: ${kind.name}`, () =>
      Effect.gen(function* () {
        const options = kind.preference ?? ({ firmware: kind.firmware } as const)
        const run = yield* simulate(kind.make(options), { files: kind.files })
        assert.strictEqual(succeeded(run).result.outcome, "already-there")
      })
    )

    it.effect(`is sent images in boot-and-hold and asked by AT afterwards: ${kind.name}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(kind.make({ mode: "boot-and-hold" }), { files: kind.files, mode: "download" }).pipe(
          Effect.provideService(ControlWay, "at")
        )
        assert.strictEqual(succeeded(run).result.outcome, "updated")
        assert.strictEqual(run.state.running.firmware, kind.firmware)
        assert.deepStrictEqual(run.state.preference, kind.preference)
        assert.strictEqual(run.state.operatingMode, OperatingMode.online)
      })
    )

    for (const [name, behaviours] of [
      ["needs the unlock", [behaviour("atNeedsEnterCnd")]],
      ["does not echo", [behaviour("atEchoOff")]],
      ["says things unasked", [behaviour("unsolicitedLine", { text: "$GPGSV,1,1,00*79" })]],
      ["goes before its OK", [behaviour("portGoneBeforeOk")]],
      ["answers in pieces", [behaviour("splitAnswers", { where: "at", pieces: 40, delay: 1 })]],
      ["boots slowly", [behaviour("slowBoot", { seconds: 120 })]],
      ["comes back late", [behaviour("latePort", { role: "at", delay: 20_000 })]]
    ] as const) {
      // The port would be late already when the modem is asked for the plan.
      if (name === "comes back late" && kind.name.includes("MBIM")) continue
      it.effect(`is updated although it ${name}: ${kind.name}`, () =>
        Effect.gen(function* () {
          const run = yield* simulate(kind.make({ behaviours }), { files: kind.files })
          assert.strictEqual(succeeded(run).result.outcome, "updated")
          assert.strictEqual(run.state.running.firmware, kind.firmware)
        })
      )
    }

    it.effect(`is not said to run what it does not: ${kind.name}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(kind.make({ behaviours: [behaviour("oldFirmwareComesBack")] }), {
          files: kind.files
        })
        const error = failureOf(run.exit)
        assert.strictEqual(error.code, "UPDATE_NOT_VALIDATED")
        assert.include(error.message, "firmware is")
      })
    )
  }

  it.effect("is unlocked with the password that was given", () =>
    Effect.gen(function* () {
      const run = yield* simulate(x30.make(), { files: x30.files, mode: "hold" }).pipe(
        Effect.provideService(AtPassword, "Secret 1")
      )
      assert.strictEqual(succeeded(run).result.outcome, "held")
      assert.include(commands(run.journal), 'AT!ENTERCND="Secret 1"')
    })
  )

  it.effect("is sent nothing with a password that would break the command", () =>
    Effect.gen(function* () {
      for (const password of ['A710"', "A710\r", "abc", ""]) {
        const run = yield* simulate(x30.make(), { files: x30.files, mode: "hold" }).pipe(
          Effect.provideService(AtPassword, password)
        )
        assert.strictEqual(failureOf(run.exit).code, "AT_UNSENDABLE")
        assert.isFalse(commands(run.journal).some((command) => command.includes("ENTERCND")))
        assert.strictEqual(run.state.mode, "application")
      }
    })
  )

  it.effect("is told its preference before it is held, and read back", () =>
    Effect.gen(function* () {
      const run = yield* simulate(x30.make(), { files: x30.files })
      succeeded(run)
      const all = commands(run.journal)
      const told = all.indexOf('AT!IMPREF="02.33.03.00","GENERIC","GENERIC_002.072_000"')
      assert.isAbove(told, 0)
      assert.strictEqual(all[told - 1], 'AT!ENTERCND="A710"')
      assert.deepStrictEqual(all.slice(told + 1, told + 4), ["AT!IMPREF?", 'AT!ENTERCND="A710"', "AT!BOOTHOLD"])
    })
  )

  it.effect("that refuses the preference has not been changed", () =>
    Effect.gen(function* () {
      const setup = x30.make({ behaviours: [behaviour("atRefuses", { command: "!IMPREF", form: "set" })] })
      const run = yield* simulate(setup, { files: x30.files })
      const error = failureOf(run.exit)
      assert.strictEqual(error.code, "AT_REFUSED")
      assert.strictEqual(error.condition._tag, "Untouched")
      assert.deepStrictEqual(run.state.preference, setup.state.preference)
      assert.strictEqual(run.state.mode, "application")
    })
  )

  it.effect("that answers OK and keeps its preference is caught by reading it back", () =>
    Effect.gen(function* () {
      const setup = x30.make({ behaviours: [behaviour("atIgnores", { command: "!IMPREF" })] })
      const run = yield* simulate(setup, { files: x30.files })
      const error = failureOf(run.exit)
      assert.strictEqual(error.code, "UPDATE_PREFERENCE_NOT_TAKEN")
      assert.strictEqual(error.condition._tag, "PreferenceRestored")
      assert.strictEqual(run.state.mode, "application")
    })
  )

  it.effect("that refuses boot-and-hold gets its old preference back, and every attempt is told", () =>
    Effect.gen(function* () {
      const setup = x30.make({ behaviours: [behaviour("atRefuses", { command: "!BOOTHOLD" })] })
      const run = yield* simulate(setup, { files: x30.files })
      const error = failureOf(run.exit)
      assert.strictEqual(error.code, "UPDATE_BOOT_AND_HOLD_REFUSED")
      assert.strictEqual(error.condition._tag, "PreferenceRestored")
      assert.deepStrictEqual(run.state.preference, setup.state.preference)
      assert.include(error.message, "QMI Set Firmware ID (0x003E): not tried: the modem offers no control port")
      assert.include(error.message, "AT!BOOTHOLD: sim:1-2/at: AT!BOOTHOLD: the modem answers ERROR")
      assert.match(error.next, /^boothold update/)
    })
  )

  it.effect("is not held for images that are not there: neither given nor stored", () =>
    Effect.gen(function* () {
      const [, carrier] = Object.entries(images9x30)
      const run = yield* simulate(x30.make(), {
        files: Object.fromEntries([carrier!]),
        set: { firmwareVersion: "02.33.03.00" }
      })
      const error = failureOf(run.exit)
      assert.strictEqual(error.code, "UPDATE_IMAGES_MISSING")
      assert.include(error.message, "a system image")
      assert.strictEqual(run.state.mode, "application")
      assert.deepStrictEqual(run.state.preference, x30.make().state.preference)
    })
  )

  it.effect("runs a stored system image with a new carrier image", () =>
    Effect.gen(function* () {
      const [, carrier] = Object.entries(images9x30)
      const run = yield* simulate(x30.make({ storedFirmware: ["02.33.03.00"] }), {
        files: Object.fromEntries([carrier!]),
        set: { firmwareVersion: "02.33.03.00" }
      })
      assert.strictEqual(succeeded(run).result.outcome, "updated")
      assert.deepStrictEqual(run.state.preference, x30.preference)
    })
  )

  it.effect("and that answers on no port is told so, with the control port's cure", () =>
    Effect.gen(function* () {
      const run = yield* simulate(x30.make({ behaviours: [behaviour("hang", { where: "at" })] }), { files: x30.files })
      const error = failureOf(run.exit)
      assert.strictEqual(error.code, "UPDATE_NO_WAY_IN")
      assert.include(error.message, "no control port")
      assert.include(error.message, "ttyUSB2 (at): no answer within 10 s")
      assert.include(error.message, "ttyUSB0 (diag): not asked")
    })
  )

  it.effect("is asked by AT also where QMI would do, when that is wished", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455(), { files: images9x30 }).pipe(Effect.provideService(ControlWay, "at"))
      assert.strictEqual(succeeded(run).result.outcome, "updated")
      assert.notInclude(
        run.journal.map(({ _tag }) => _tag),
        "QmiRequest"
      )
    })
  )

  it.effect("with --skip-validation is only waited for", () =>
    Effect.gen(function* () {
      const run = yield* simulate(x30.make(), { files: x30.files, plan: { skipValidation: true } })
      assert.strictEqual(succeeded(run).result.outcome, "not-validated")
    })
  )
})
