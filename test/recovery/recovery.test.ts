/** Whole recoveries of simulated modems; each is held against the modem's own state at the end. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Modem from "../../src/device/Modem.ts"
import * as Image from "../../src/file/Image.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { buildSystemImage } from "../../src/image/builder.ts"
import type { MemoryContents } from "../../src/journal/memory.ts"
import type { RecoveryError } from "../../src/recovery/RecoveryError.ts"
import * as Recovery from "../../src/recovery/Recovery.ts"
import * as Sim from "../../src/sim/index.ts"
import { ControlWay } from "../../src/update/ControlWay.ts"
import { Journal } from "../../src/update/Journal.ts"
import { JournalError } from "../../src/update/JournalError.ts"
import { LockError } from "../../src/update/LockError.ts"
import { ModemLock } from "../../src/update/ModemLock.ts"
import * as Update from "../../src/update/Update.ts"
import { images9200, images9x15, images9x30 } from "../support/simulated-update.ts"
import type { Files } from "../support/simulated-update.ts"
import { errorOf, timed } from "../support/virtual-time.ts"
import { assertHome, errorIn, inTransfer, journals, killedUpdate, onBus, recover, triedIn } from "./support.ts"

const state = Effect.flatMap(Sim.SimControl, ({ modems }) => modems[0]!.state)

/** The same file with one byte of its payload changed: no sum in it is right. */
const otherThan = (bytes: Uint8Array): Uint8Array => {
  const changed = bytes.slice()
  changed[changed.length - 1]! ^= 1
  return changed
}

interface Case {
  readonly make: (options?: Sim.ModemOptions) => Sim.ModemSetup
  readonly files: Files
  readonly wanted: string
}

const families: { readonly [name: string]: Case } = {
  SWI9X30: { make: Sim.em7455, files: images9x30, wanted: "02.33.03.00" },
  SWI9X15: { make: Sim.mc7354, files: images9x15, wanted: "05.05.78.00" },
  "SWI9X30 in MBIM": {
    make: (options) => Sim.em7455({ ...options, composition: 9 }),
    files: images9x30,
    wanted: "02.33.03.00"
  },
  SWI9200: { make: Sim.mc7710, files: images9200, wanted: "03.05.29.03" }
}

for (const [name, { files, make, wanted }] of Object.entries(families)) {
  const old = make().state.running.firmware
  describe(`recovery of a modem of ${name}`, () => {
    it.effect("does nothing to one that is home", () =>
      Effect.gen(function* () {
        const done = yield* recover()
        assert.strictEqual(done.plan.situation._tag, "Home")
        assert.deepStrictEqual(triedIn(done), [])
        assert.deepStrictEqual(done.events, [])
        assertHome(yield* state, old)
      }).pipe(onBus(make()))
    )

    it.effect("resets one that somebody sent into boot-and-hold, and writes nothing", () =>
      Effect.gen(function* () {
        const done = yield* recover()
        assert.strictEqual(done.plan.situation._tag, "BootAndHold")
        assert.deepStrictEqual(triedIn(done), ["Leave"])
        assertHome(yield* state, old)
        assert.isFalse(done.events.some(({ _tag }) => _tag === "ImageStarted"))
      }).pipe(onBus(make({ mode: "boot-and-hold" })))
    )

    it.effect("goes on with the update that was killed in mid-transfer, by its journal alone", () =>
      Effect.gen(function* () {
        const contents: MemoryContents = new Map()
        yield* killedUpdate(files, contents, inTransfer)
        assert.strictEqual((yield* state).mode, "boot-and-hold")
        const done = yield* recover({ contents, files })
        assert.match(done.plan.about ?? "", /left it so: The modem is in boot-and-hold with .* half written/)
        assert.deepStrictEqual(triedIn(done), ["Continue"])
        assertHome(yield* state, wanted)
        // What its owner had set before the run that was killed is what it is compared with.
        const compared = done.events.find(({ _tag }) => _tag === "SettingsCompared")
        assert(compared?._tag === "SettingsCompared")
        assert.isAbove(compared.diff.compared, 1)
        // What brought it home is the end of it: the next look knows of nothing.
        assert.isUndefined((yield* recover({ contents, files })).plan.about)
      }).pipe(onBus(make()))
    )

    it.effect("sends the images that it is given, whatever the journal says", () =>
      Effect.gen(function* () {
        const contents: MemoryContents = new Map()
        yield* killedUpdate(files, contents, inTransfer)
        const done = yield* recover({ contents, files: {}, given: files })
        assert.deepStrictEqual(triedIn(done), ["Flash"])
        assert.match(done.plan.said.join(), /images that were given/)
        assertHome(yield* state, wanted)
      }).pipe(onBus(make()))
    )

    it.effect("restarts one that was taken offline and left there", () =>
      Effect.gen(function* () {
        const done = yield* recover()
        assert.strictEqual(done.plan.situation._tag, "Offline")
        assert.deepStrictEqual(triedIn(done), ["Restart"])
        assertHome(yield* state, old)
      }).pipe(onBus(make({ state: { ...make().state, operatingMode: 3 } })))
    )

    it.effect("tells one that was told to stop in boot-and-hold at its next start to start", () =>
      Effect.gen(function* () {
        const done = yield* recover()
        assert.strictEqual(done.plan.situation._tag, "Armed")
        assert.deepStrictEqual(triedIn(done), ["Restart"])
        assertHome(yield* state, old)
      }).pipe(onBus(make({ state: { ...make().state, bootImageDownloadMode: 1 } })))
    )

    it.effect("does not go on with images that are not what they were; says so, and does without", () =>
      Effect.gen(function* () {
        const contents: MemoryContents = new Map()
        yield* killedUpdate(files, contents, inTransfer)
        const [first, ...rest] = Object.entries(files)
        const changed = { ...Object.fromEntries(rest), [first![0]]: otherThan(first![1]) }
        const done = yield* recover({ contents, files: changed })
        assert.match(done.plan.said.join(), /not continued: /)
        assert.strictEqual(done.plan.remedies[0]?._tag, "Leave")
        const left = yield* state
        if (name === "SWI9200") {
          // Its one slot was begun: there is nothing to start.
          assert.strictEqual(errorIn(done).code, "RECOVERY_IMAGES_NEEDED")
          assert.strictEqual(left.mode, "boot-and-hold")
          const again = yield* recover({ contents, given: files })
          assert.deepStrictEqual(triedIn(again), ["Flash"])
          assertHome(yield* state, wanted)
        } else {
          assert.deepStrictEqual(triedIn(done), ["Leave", "Select"])
          assertHome(left, old)
        }
      }).pipe(onBus(make()))
    )

    it.effect("refuses images of another family, and leaves the modem as it is", () =>
      Effect.gen(function* () {
        const before = yield* state
        const others = name === "SWI9200" ? images9x30 : images9200
        const error = yield* Effect.flip(recover({ given: others }))
        assert(error._tag === "PlanError")
        assert.include(["WrongFamily", "NoFamily"], error.reason._tag)
        assert.deepStrictEqual(yield* state, before)
      }).pipe(onBus(make({ mode: "boot-and-hold" })))
    )
  })
}

describe("recovery by AT alone", () => {
  const byAt = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(ControlWay, "at"),
      Effect.tap(() =>
        Effect.gen(function* () {
          const { modems } = yield* Sim.SimControl
          assert.isFalse((yield* modems[0]!.journal).some(({ _tag }) => _tag === "QmiRequest"))
        })
      )
    )

  for (const [name, make] of Object.entries({ SWI9X30: Sim.em7455, SWI9X15: Sim.mc7354, SWI9200: Sim.mc7710 })) {
    const old = make().state.running.firmware

    it.effect(`resets a modem of ${name} out of boot-and-hold`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(triedIn(yield* recover()), ["Leave"])
        assertHome(yield* state, old)
      }).pipe(byAt, onBus(make({ mode: "boot-and-hold" })))
    )

    // By AT a 9200 tells only that its radio is off (at.md §5.2), which may be its host's wish.
    if (name === "SWI9200") continue
    it.effect(`restarts a modem of ${name} that is offline`, () =>
      Effect.gen(function* () {
        const done = yield* recover()
        assert.strictEqual(done.plan.situation._tag, "Offline")
        assert.deepStrictEqual(triedIn(done), ["Restart"])
        assertHome(yield* state, old)
      }).pipe(byAt, onBus(make({ state: { ...make().state, operatingMode: 3 } })))
    )
  }

  it.effect("selects what is stored, for one in low power", () =>
    Effect.gen(function* () {
      const done = yield* recover()
      assert.strictEqual(done.plan.situation._tag, "LowPower")
      assert.deepStrictEqual(triedIn(done), ["Select"])
      assertHome(yield* state, "02.24.05.06")
    }).pipe(
      byAt,
      onBus(Sim.em7455({ preference: { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" } }))
    )
  )
})

describe("recovery from low power", () => {
  const preference = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
  const lowPower = Sim.em7455({ preference })

  it.effect("selects what runs, where nothing is known of how it came about", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* state).operatingMode, 1)
      const done = yield* recover()
      assert(done.plan.situation._tag === "LowPower")
      assert.deepStrictEqual(done.plan.situation.preference, preference)
      const [remedy] = done.plan.remedies
      assert(remedy?._tag === "Select")
      assert.strictEqual(remedy.from, "running")
      assert.deepStrictEqual(triedIn(done), ["Select"])
      assertHome(yield* state, "02.24.05.06")
    }).pipe(onBus(lowPower))
  )

  it.effect("selects what was preferred before the run that was cut off, where its images are gone", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      const modem = (yield* Sim.SimControl).modems[0]!
      yield* modem.unplug
      yield* modem.plug()
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* state).operatingMode, 1)
      const done = yield* recover({ contents })
      assert.match(done.plan.said.join(), /not continued: .*SWI9X30C_02.33.03.00/)
      const [remedy] = done.plan.remedies
      assert(remedy?._tag === "Select")
      assert.strictEqual(remedy.from, "before the run")
      assert.deepStrictEqual(triedIn(done), ["Select"])
      assertHome(yield* state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("goes on with the run that was cut off, where its images are there", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      const modem = (yield* Sim.SimControl).modems[0]!
      yield* modem.unplug
      yield* modem.plug()
      yield* TestClock.adjust("2 minutes")
      const done = yield* recover({ contents, files: images9x30 })
      assert.deepStrictEqual(triedIn(done), ["Continue"])
      assertHome(yield* state, "02.33.03.00")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("says which images it takes, where nothing complete is stored", () =>
    Effect.gen(function* () {
      const before = yield* state
      const done = yield* recover()
      const error = errorIn(done)
      assert.strictEqual(error.code, "RECOVERY_NO_REMEDY")
      assert.match(error.message, /images for the family SWI9X30, e\.g\. those of 02\.33\.03\.00, GENERIC 002\.072_000/)
      assert.deepStrictEqual(yield* state, before)
    }).pipe(onBus(Sim.em7455({ state: { ...lowPower.state, pris: [] } })))
  )

  it.effect("takes back a preference that no start has acted on", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(
        images9x30,
        contents,
        ({ event }) => event?._tag === "StepStarted" && event.step === "restart"
      )
      const done = yield* recover({ contents })
      assert.strictEqual(done.plan.situation._tag, "PreferencePending")
      assert.deepStrictEqual(triedIn(done), ["Select"])
      assertHome(yield* state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("is the same for one that died between offline and reset", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, ({ state: { operatingMode } }) => operatingMode === 3)
      assert.strictEqual((yield* state).operatingMode, 3)
      const done = yield* recover()
      assert.strictEqual(done.plan.situation._tag, "PreferencePending")
      assert.deepStrictEqual(triedIn(done), ["Select"])
      assertHome(yield* state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("selects the newest that is stored completely, where what runs is not", () =>
    Effect.gen(function* () {
      const done = yield* recover()
      const [remedy] = done.plan.remedies
      assert(remedy?._tag === "Select")
      assert.deepStrictEqual(remedy.preference, { firmware: "02.20.03.00", config: "002.017_001", carrier: "ATT" })
      assert.deepStrictEqual(triedIn(done), ["Select"])
      assertHome(yield* state, "02.20.03.00")
    }).pipe(
      onBus(
        (() => {
          const options = {
            preference,
            storedFirmware: ["02.08.02.00", "02.20.03.00"],
            storedCarriers: [
              { firmware: "02.08.02.00", config: "002.999_001", carrier: "SPRINT" },
              { firmware: "02.20.03.00", config: "002.017_001", carrier: "ATT" },
              { firmware: "02.30.00.00", config: "002.017_001", carrier: "ATT" }
            ]
          }
          const { state: made } = Sim.em7455(options)
          return Sim.em7455({ state: { ...made, pris: made.pris.slice(1) } })
        })()
      )
    )
  )
})

describe("recovery", () => {
  it.effect("does not send a sound image that has taken the place of the run's", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      const system = "SWI9X30C_02.33.03.00.cwe"
      const other = buildSystemImage({ familyToken: "SWI9X30C", firmware: "02.33.03.00", size: 1_500_000 })
      const done = yield* recover({ contents, files: { ...images9x30, [system]: other } })
      assert.match(done.plan.said.join(), /not continued: SWI9X30C_02\.33\.03\.00\.cwe is not the file that it was/)
      assert.deepStrictEqual(triedIn(done), ["Leave", "Select"])
      assertHome(yield* state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("goes another way, where the first one fails", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      const done = yield* recover({ contents, files: images9x30 })
      assert.deepStrictEqual(triedIn(done), ["Continue: QDL_BAD_STATUS", "Leave", "Select"])
      assertHome(yield* state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455({ behaviours: [Sim.behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })] })))
  )

  for (const given of [undefined, images9x30]) {
    it.effect(
      `brings a modem that runs home first without images that it refused, ${given ? "given" : "of the journal"}`,
      () =>
        Effect.gen(function* () {
          const contents: MemoryContents = new Map()
          const update = Effect.gen(function* () {
            const images = yield* Image.openSet(Object.keys(images9x30))
            return yield* Update.run(yield* Update.plan(yield* Modem.select(), images, { rollbackOnFailure: false }))
          }).pipe(
            Effect.scoped,
            Effect.provideService(ImageFiles, inMemory(images9x30)),
            Effect.provide(journals(contents, 99), { local: true })
          )
          const { exit } = yield* timed(update, "1 hour", "500 millis")
          assert.strictEqual(errorOf(exit).code, "QDL_BAD_STATUS")
          const modem = (yield* Sim.SimControl).modems[0]!
          yield* modem.unplug
          yield* modem.plug()
          yield* TestClock.adjust("2 minutes")
          const done = yield* recover({ contents, files: images9x30, ...(given === undefined ? {} : { given }) })
          assert.strictEqual(done.plan.situation._tag, "LowPower")
          assert.match(done.plan.said.join(), /did not go through last time \(QDL_BAD_STATUS\)/)
          assert.deepStrictEqual(triedIn(done), ["Select"])
          assertHome(yield* state, "02.24.05.06")
        }).pipe(onBus(Sim.em7455({ behaviours: [Sim.behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })] })))
    )
  }

  it.effect("ends where the modem comes back in boot-and-hold, with the command that is needed", () =>
    Effect.gen(function* () {
      const done = yield* recover()
      const error = errorIn(done) as RecoveryError
      assert.strictEqual(error.code, "RECOVERY_IMAGES_NEEDED")
      assert.match(error.message, /it has no firmware that it can start: get images for the family SWI9X30/)
      assert.match(error.next, /^boothold recover .*--images IMAGE…$/)
      assert.strictEqual((yield* state).mode, "boot-and-hold")
      assert.lengthOf(done.looks, 1)
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold", behaviours: [Sim.behaviour("staysInBootAndHold", {})] })))
  )

  it.effect("says of a modem that does not come back what was tried, and what to do", () =>
    Effect.gen(function* () {
      const error = errorIn(yield* recover()) as RecoveryError
      assert.strictEqual(error.code, "RECOVERY_NOT_HOME")
      assert.match(error.message, /did not come home; tried: reset it out of boot-and-hold/)
      assert.match(error.state, /It is not known how it is: .*1-2/)
      assert.match(error.help, /power-cycle/)
      assert.match(error.next, /^boothold recover/)
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold", behaviours: [Sim.behaviour("hang", { where: "boot" })] })))
  )

  it.effect("ends at once where nothing can be written down, and has done nothing", () =>
    Effect.gen(function* () {
      const before = yield* state
      const full = new JournalError({ path: "runs/a", reason: { _tag: "NoSpace" } })
      const recovering = Effect.gen(function* () {
        return yield* Recovery.run(yield* Recovery.plan(yield* Modem.select()))
      }).pipe(
        Effect.scoped,
        Effect.provideService(Journal, () => Effect.fail(full))
      )
      const { exit } = yield* timed(recovering, "1 hour", "500 millis")
      const error = errorOf(exit)
      assert(error._tag === "UpdateError")
      assert.strictEqual(error.code, "JOURNAL_NO_SPACE")
      assert.deepStrictEqual(yield* state, before)
    }).pipe(onBus(Sim.em7455({ preference: { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" } })))
  )

  it.effect("tells firmware in no slot, and does nothing about it", () =>
    Effect.gen(function* () {
      const done = yield* recover()
      assert.strictEqual(done.plan.situation._tag, "Home")
      assert.match(done.plan.notes.join(), /slot 255/)
      assert.deepStrictEqual(triedIn(done), [])
    }).pipe(
      onBus(
        (() => {
          const { state: made } = Sim.em7455({ storedFirmware: ["02.20.03.00"] })
          const [first, ...slots] = made.slots
          return Sim.em7455({
            state: {
              ...made,
              outside: { ...first!, slot: 255 },
              running: { ...made.running, slot: 255 },
              slots: [{ ...first!, status: "EMPTY", firmware: "" }, ...slots]
            }
          })
        })()
      )
    )
  )

  it.effect("does not touch a modem on which another boothold works", () =>
    Effect.gen(function* () {
      const before = yield* state
      const reason = { _tag: "Held", pid: 4711, program: "boothold", since: 0 } as const
      const held = new LockError({ modem: "1-2", path: "locks/port-1-2.lock", reason })
      const done = yield* recover().pipe(Effect.provideService(ModemLock, () => Effect.fail(held)))
      assert.strictEqual(errorIn(done).code, "LOCK_HELD")
      assert.match(errorIn(done).message, /boothold \(pid 4711\)/)
      assert.deepStrictEqual(yield* state, before)
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold" })))
  )

  /** The journal of a run of another modem at the same place. */
  const replaced = (contents: MemoryContents, ...words: ReadonlyArray<readonly [string, string]>): void => {
    for (const [id, bytes] of contents) {
      const text = words.reduce((all, [from, to]) => all.replaceAll(from, to), new TextDecoder().decode(bytes))
      contents.set(id, new TextEncoder().encode(text))
    }
  }
  const otherSerial = ["XX000000000000", "XX999999999999"] as const

  it.effect("unattended, waits for a better proof than the place that it is the modem of the run", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      // Its boot loader tells a serial of its own.
      replaced(contents, otherSerial)
      const done = yield* recover({ contents, files: images9x30, options: { unattended: true } })
      assert.match(done.plan.said.join(), /only the place says/)
      assert.deepStrictEqual(triedIn(done), ["Leave", "Continue"])
      assertHome(yield* state, "02.33.03.00")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("attended, takes the place for proof, and says so", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      replaced(contents, otherSerial)
      const done = yield* recover({ contents, files: images9x30 })
      assert.match(done.plan.about ?? "", /only because it is at the same place/)
      assert.deepStrictEqual(triedIn(done), ["Continue"])
      assertHome(yield* state, "02.33.03.00")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("does not go on with the run of another modem that was at the same place", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      replaced(contents, otherSerial, ["123456789012347", "123456789012354"])
      const done = yield* recover({ contents, files: images9x30, options: { unattended: true } })
      assert.deepStrictEqual(triedIn(done), ["Leave", "Select"])
      // Once it has told its IMEI, that run is none of its history.
      assert.isUndefined(done.looks[0]?.about)
      assertHome(yield* state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("keeps to the modem that is named, of two", () =>
    Effect.gen(function* () {
      const { modems } = yield* Sim.SimControl
      assert.deepStrictEqual(triedIn(yield* recover({ selector: { usbPath: "1-3" } })), ["Leave"])
      assertHome(yield* modems[1]!.state, "05.05.16.03")
      assert.strictEqual((yield* modems[0]!.state).mode, "boot-and-hold")
      assert.deepStrictEqual(triedIn(yield* recover({ selector: { usbPath: "1-2" } })), ["Leave"])
      assertHome(yield* modems[0]!.state, "02.24.05.06")
    }).pipe(
      onBus(
        Sim.em7455({ mode: "boot-and-hold" }),
        Sim.mc7354({ mode: "boot-and-hold", portPath: "1-3", serial: "XX000000000001", imei: "123456789012354" })
      )
    )
  )
})
