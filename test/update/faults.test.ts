/** Real faults: each ends in the promised typed error, which tells in which state the modem is and what to run next. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { buildCarrierImage, buildSystemImage } from "../../src/image/builder.ts"
import * as Sim from "../../src/sim/index.ts"
import type { Behaviour, ModemState } from "../../src/sim/index.ts"
import { CommandWords } from "../../src/update/advice.ts"
import { UpdateError } from "../../src/update/UpdateError.ts"
import { images9200, images9x15, images9x30, simulate } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"

const { behaviour } = Sim

/** The typed error of a failed run; anything else is a failed test. */
const failure = (
  exit: Exit.Exit<unknown, unknown>
): { readonly _tag: string; readonly code: string; readonly message: string } => {
  assert.strictEqual(exit._tag, "Failure")
  if (exit._tag !== "Failure") throw new Error("unreachable")
  const error = Option.getOrThrowWith(Cause.findErrorOption(exit.cause), () => new Error(Cause.pretty(exit.cause)))
  return error as never
}

interface Fault {
  readonly name: string
  readonly behaviours: ReadonlyArray<Behaviour>
  /** Code of the error. */
  readonly code: string
  readonly step: string
  readonly condition: UpdateError["condition"]["_tag"]
  /** First words of the command that goes on. */
  readonly next: string
  readonly mode: ModemState["mode"]
}

const shared: ReadonlyArray<Fault> = [
  {
    name: "Error to Open",
    behaviours: [behaviour("nakOpen", { image: 0, code: 0x12 })],
    code: "QDL_REJECTED",
    step: "open",
    condition: "HalfWritten",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "a failure status to Open",
    behaviours: [behaviour("nakOpen", { image: 0, status: 3 })],
    code: "QDL_BAD_STATUS",
    step: "open",
    condition: "HalfWritten",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "a failure status to a chunk",
    behaviours: [behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })],
    code: "QDL_BAD_STATUS",
    step: "write",
    condition: "HalfWritten",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "an acknowledgement of another chunk",
    behaviours: [behaviour("wrongSequence", { image: 0, chunk: 1 })],
    code: "QDL_WRONG_SEQUENCE",
    step: "write",
    condition: "HalfWritten",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "a modem that leaves in the middle of a chunk",
    behaviours: [behaviour("disconnectInChunk", { image: 0, chunk: 1, comesBack: false })],
    code: "TRANSPORT_UNPLUGGED",
    step: "write",
    condition: "LeftBus",
    next: "boothold recover",
    mode: "off"
  },
  {
    name: "no answer to the DLOAD switch",
    behaviours: [behaviour("hang", { where: "dload" })],
    code: "QDL_NO_ANSWER",
    step: "dload-switch",
    condition: "BootAndHold",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "no answer to Hello",
    behaviours: [behaviour("hang", { where: "hello" })],
    code: "QDL_NO_ANSWER",
    step: "hello",
    condition: "BootAndHold",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "no answer to Open",
    behaviours: [behaviour("hang", { where: "open", image: 0 })],
    code: "QDL_NO_ANSWER",
    step: "open",
    condition: "HalfWritten",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "no acknowledgement of a chunk",
    behaviours: [behaviour("hang", { where: "write", image: 0, chunk: 2 })],
    code: "QDL_NO_ANSWER",
    step: "write",
    condition: "HalfWritten",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "no answer to Close",
    behaviours: [behaviour("hang", { where: "close", image: 0 })],
    code: "QDL_NO_ANSWER",
    step: "close",
    condition: "HalfWritten",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "a port that stays a diagnostic port",
    behaviours: [behaviour("diagFirst", { times: 1000 })],
    code: "QDL_STILL_DIAGNOSTIC",
    step: "dload-switch",
    condition: "BootAndHold",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "the old firmware back after the update",
    behaviours: [behaviour("oldFirmwareComesBack")],
    code: "UPDATE_NOT_VALIDATED",
    step: "verify",
    condition: "RunningOther",
    next: "boothold recover",
    mode: "application"
  },
  {
    name: "a modem that stays in boot-and-hold after the update",
    behaviours: [behaviour("staysInBootAndHold")],
    code: "UPDATE_STAYED_IN_BOOT_AND_HOLD",
    step: "wait-for-boot",
    condition: "BootAndHold",
    next: "boothold recover",
    mode: "boot-and-hold"
  },
  {
    name: "a modem that never comes back from the first restart",
    behaviours: [behaviour("hang", { where: "boot" })],
    code: "DEVICE_NEVER_APPEARED",
    step: "wait-for-boot-and-hold",
    condition: "Restarting",
    next: "boothold recover",
    mode: "off"
  },
  {
    name: "no room for the image",
    behaviours: [behaviour("slotsFull")],
    code: "QDL_REJECTED",
    step: "open",
    condition: "HalfWritten",
    next: "boothold recover",
    mode: "boot-and-hold"
  }
]

const words = { images: ["a dir/system.cwe", "carrier.nvu"], selection: ["--usb-path", "1-2"] }

const families: ReadonlyArray<readonly [string, (behaviours: ReadonlyArray<Behaviour>) => Sim.ModemSetup, Files]> = [
  ["an SWI9X30", (behaviours) => Sim.em7455({ behaviours }), images9x30],
  ["an SWI9X15", (behaviours) => Sim.mc7354({ behaviours }), images9x15],
  ["an SWI9200", (behaviours) => Sim.mc7710({ behaviours }), images9200]
]

describe("a fault ends in a typed error with the modem's state", () => {
  for (const [family, modem, files] of families) {
    for (const fault of shared) {
      it.effect(`of ${family}: ${fault.name}`, () =>
        Effect.gen(function* () {
          // What takes it back afterwards is looked at in rollback.test.ts.
          const run = yield* simulate(modem(fault.behaviours), { files, plan: { rollbackOnFailure: false } })
          const error = failure(run.exit)
          assert.instanceOf(error, UpdateError)
          if (!(error instanceof UpdateError)) return
          const wasSlotless = fault.name === "no room for the image" && family === "an SWI9200"
          assert.strictEqual(error.code, wasSlotless ? "QDL_REJECTED" : fault.code, error.message)
          assert.strictEqual(error.step, fault.step)
          // A 9200 has no preference to be changed; the others know theirs by now.
          assert.strictEqual(error.condition._tag, fault.condition)
          assert.isTrue(error.next.startsWith(fault.next), error.next)
          const named =
            fault.next === "boothold recover" ? "--images 'a dir/system.cwe' --images" : "'a dir/system.cwe'"
          assert.include(error.next, `${named} carrier.nvu`)
          assert.strictEqual(run.state.mode, fault.mode)
          // The same news reached whoever listens.
          const failed = run.events.at(-1)
          assert.strictEqual(failed?._tag, "RunFailed")
        }).pipe(Effect.provideService(CommandWords, words))
      )
    }
  }

  for (const [family, modem, files] of families.slice(0, 2)) {
    it.effect(`of ${family}: the preference query unanswered is an error, never "not supported"`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(modem([behaviour("preferenceQueryUnanswered", {})]), { files })
        const error = failure(run.exit)
        assert.strictEqual(error.code, "QMI_NO_ANSWER")
        assert.include(error.message, "Get Firmware Preference")
        // Nothing that changes it was sent: it never left the bus, it was told nothing.
        const names = run.journal.flatMap((entry) => (entry._tag === "QmiRequest" ? [entry.message] : []))
        for (const forbidden of [0x3e, 0x48, 0x50, 0x2e]) assert.notInclude(names, forbidden)
        assert.strictEqual(run.state.mode, "application")
      })
    )

    it.effect(`of ${family}: a preference that is accepted but not kept is noticed before the restart`, () =>
      Effect.gen(function* () {
        const forgetful = modem([behaviour("qmiIgnores", { message: 0x48 })])
        const run = yield* simulate(forgetful, { files })
        const error = failure(run.exit)
        assert.strictEqual(error.code, "UPDATE_PREFERENCE_NOT_TAKEN")
        assert.strictEqual((error as UpdateError).condition._tag, "PreferenceRestored")
        assert.notInclude(
          run.journal.map(({ _tag }) => _tag),
          "Unplugged"
        )
      })
    )

    it.effect(`of ${family}: a refused preference leaves the modem as it was`, () =>
      Effect.gen(function* () {
        const refusing = modem([behaviour("qmiRefuses", { message: 0x48, code: 51 })])
        const run = yield* simulate(refusing, { files })
        const error = failure(run.exit)
        assert.instanceOf(error, UpdateError)
        assert.strictEqual(error.code, "QMI_REFUSED")
        assert.include(error.message, "DeviceStorageFull")
        assert.strictEqual(error.condition._tag, "Untouched")
        assert.deepStrictEqual(run.state.preference, refusing.state.preference)
      })
    )

    it.effect(`of ${family}: a refused restart puts the old preference back`, () =>
      Effect.gen(function* () {
        const refusing = modem([behaviour("qmiRefuses", { message: 0x2e, code: 60 })])
        const run = yield* simulate(refusing, { files })
        const error = failure(run.exit) as UpdateError
        assert.strictEqual(error.step, "restart")
        assert.strictEqual(error.condition._tag, "PreferenceRestored")
        assert.deepStrictEqual(run.state.preference, refusing.state.preference)
      })
    )

    it.effect(`of ${family}: a modem that asks for an image that was not given keeps its old preference`, () =>
      Effect.gen(function* () {
        const system = Object.fromEntries(Object.entries(files).filter(([name]) => name.endsWith(".cwe")))
        const values = family.endsWith("30")
          ? { configVersion: "002.072_000", carrier: "GENERIC" }
          : { configVersion: "005.031_001", carrier: "GENEU-4G" }
        const before = modem([])
        const run = yield* simulate(before, { files: system, set: values })
        const error = failure(run.exit)
        assert.oneOf(error.code, ["UPDATE_IMAGES_MISSING", "PLAN_INCOMPLETE"])
        assert.deepStrictEqual(run.state.preference, before.state.preference)
        assert.strictEqual(run.state.mode, "application")
      })
    )
  }

  for (const [family, modem, files] of families.slice(1)) {
    it.effect(`of ${family}: Error to every Hello, which only the 9x30 may mean otherwise`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(modem([behaviour("errorToHello", { versions: [4, 5, 6] })]), {
          files,
          plan: { rollbackOnFailure: false }
        })
        const error = failure(run.exit) as UpdateError
        assert.strictEqual(error.code, "QDL_REJECTED")
        assert.strictEqual(error.step, "hello")
        assert.strictEqual(error.condition._tag, "BootAndHold")
      })
    )
  }

  it.effect("a carrier image that is not applied is no success", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455({ behaviours: [behaviour("carrierNotApplied")] }), { files: images9x30 })
      const error = failure(run.exit) as UpdateError
      assert.strictEqual(error.code, "UPDATE_NOT_VALIDATED")
      assert.include(error.message, "config")
    })
  )

  it.effect("a dead control port is named within its deadline", () =>
    Effect.gen(function* () {
      const dead = Sim.em7455({ behaviours: [behaviour("hang", { where: "control" })] })
      const run = yield* simulate(dead, { files: images9x30 })
      assert.strictEqual(failure(run.exit).code, "QMI_NO_ANSWER")
    })
  )
})

describe("images that are not for this modem", () => {
  const never = (run: { readonly journal: ReadonlyArray<Sim.JournalEntry> }) => {
    for (const entry of run.journal) {
      assert.notInclude(["PreferenceSet", "Unplugged", "QdlRequest"], entry._tag)
    }
  }

  it.effect("are refused before anything is sent: another family", () =>
    Effect.gen(function* () {
      for (const [modem, files] of [
        [Sim.em7455(), images9x15],
        [Sim.mc7354(), images9x30],
        [Sim.mc7710(), images9x30],
        [Sim.em7455(), images9200]
      ] as const) {
        const run = yield* simulate(modem, { files })
        assert.oneOf(failure(run.exit).code, ["PLAN_WRONG_FAMILY"])
        never(run)
      }
    })
  )

  it.effect("are refused before anything is sent: another product code inside the right name", () =>
    Effect.gen(function* () {
      const files = {
        "SWI9X30C_02.33.03.00.cwe": buildSystemImage({
          familyToken: "SWI9X30C",
          firmware: "02.33.03.00",
          product: "9X50"
        }),
        "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu":
          images9x30["SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu"] ?? new Uint8Array(0)
      }
      const run = yield* simulate(Sim.em7455(), { files })
      assert.strictEqual(failure(run.exit).code, "PLAN_WRONG_FAMILY")
      never(run)
    })
  )

  it.effect("are refused in boot-and-hold too", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455({ mode: "boot-and-hold" }), { files: images9x15, mode: "download" })
      assert.oneOf(failure(run.exit).code, ["PLAN_WRONG_FAMILY", "PLAN_NO_FAMILY"])
      never(run)
    })
  )

  it.effect("a carrier with other capitals than the image's is refused", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455(), {
        files: images9x30,
        set: { carrier: "Generic", ignoreVersionErrors: true }
      })
      assert.strictEqual(failure(run.exit).code, "PLAN_CARRIER_CASE")
      never(run)
    })
  )

  it.effect("a system image alone is refused as incomplete", () =>
    Effect.gen(function* () {
      const files = Object.fromEntries(Object.entries(images9x30).filter(([name]) => name.endsWith(".cwe")))
      const run = yield* simulate(Sim.em7455(), { files })
      assert.strictEqual(failure(run.exit).code, "PLAN_INCOMPLETE")
      never(run)
    })
  )

  it.effect("a slot that does not exist is refused", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455(), { files: images9x30, plan: { modemStorageIndex: 5 } })
      assert.strictEqual(failure(run.exit).code, "PLAN_STORAGE_INDEX")
      never(run)
    })
  )

  it.effect("options of the preference are refused where there is none", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.mc7710(), { files: images9200, set: { carrier: "generic" } })
      assert.strictEqual(failure(run.exit).code, "PLAN_OPTION_WITHOUT_PREFERENCE")
      never(run)
    })
  )

  it.effect("images of two versions are refused", () =>
    Effect.gen(function* () {
      const files = {
        ...Object.fromEntries(Object.entries(images9x30).slice(0, 1)),
        "SWI9X30C_02.24.05.06_GENERIC_002.026_000.nvu": buildCarrierImage({
          familyToken: "SWI9X30C",
          firmware: "02.24.05.06",
          carrier: "GENERIC",
          config: "002.026_000"
        })
      }
      const run = yield* simulate(Sim.em7455(), { files })
      assert.strictEqual(failure(run.exit).code, "IMAGE_SOURCES_DISAGREE")
      never(run)
    })
  )
})

describe("an interruption", () => {
  it.effect("between chunks lets the modem acknowledge, and names the state", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455(), {
        files: images9x30,
        interruptOn: (event) => event._tag === "ImageProgress" && event.sent > 2_000_000
      })
      assert.isTrue(run.exit._tag === "Failure" && Cause.hasInterrupts(run.exit.cause))
      const last = run.events.at(-1)
      assert.strictEqual(last?._tag, "RunInterrupted")
      if (last?._tag !== "RunInterrupted") return
      assert.strictEqual(last.condition._tag, "HalfWritten")
      assert.strictEqual(last.next, "boothold recover")
      assert.strictEqual(run.state.mode, "boot-and-hold")
      // The old system is untouched, the begun slot is not good.
      assert.strictEqual(run.state.slots.filter(({ status }) => status === "GOOD").length, 1)
    })
  )

  it.effect("between two images names the one that is not written", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455(), {
        files: images9x30,
        interruptOn: (event) => event._tag === "ImageFinished"
      })
      const last = run.events.at(-1)
      assert.strictEqual(last?._tag, "RunInterrupted")
      if (last?._tag !== "RunInterrupted") return
      const carrier = Object.keys(images9x30).slice(1)
      assert.deepStrictEqual(last.condition, { _tag: "WrittenNotReset", left: carrier })
    })
  )

  it.effect("before the preference is written leaves the modem untouched", () =>
    Effect.gen(function* () {
      const before = Sim.em7455()
      const run = yield* simulate(before, {
        files: images9x30,
        interruptOn: (event) => event._tag === "StepStarted" && event.step === "check"
      })
      const last = run.events.at(-1)
      assert.strictEqual(last?._tag, "RunInterrupted")
      if (last?._tag !== "RunInterrupted") return
      assert.strictEqual(last.condition._tag, "Untouched")
      assert.deepStrictEqual(run.state.preference, before.state.preference)
    })
  )
})
