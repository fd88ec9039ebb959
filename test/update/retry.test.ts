/** A failure that can pass: the image is sent again from Hello on, in the same session, and the update goes on. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"
import * as Sim from "../../src/sim/index.ts"
import type { Behaviour, JournalEntry } from "../../src/sim/index.ts"
import { OperatingMode } from "../../src/sim/ModemState.ts"
import { familyLayer, preferenceFamily } from "../../src/update/FamilyFlow.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import { preferenceFlow } from "../../src/update/flows.ts"
import type { UpdateError } from "../../src/update/UpdateError.ts"
import { judge } from "../monitor/monitor.ts"
import type { Trace } from "../monitor/trace.ts"
import { images9200, images9x15, images9x30, simulate, succeeded } from "../support/simulated-update.ts"
import type { Files, RunOptions } from "../support/simulated-update.ts"

const { behaviour } = Sim

/** What the boot loader was asked, one letter each: Hello, Open, chunk by its number, Close, Reset. */
const asked = (journal: ReadonlyArray<JournalEntry>): string =>
  journal
    .flatMap((entry) => {
      if (entry._tag !== "QdlRequest") return []
      const [, sequence = ""] = /sequence (\d+)/.exec(entry.detail) ?? []
      const letters: Readonly<Record<string, string>> = {
        Hello: "H",
        OpenUnframed: "O",
        WriteUnframed: sequence,
        CloseUnframed: "C",
        Reset: "R"
      }
      return letters[entry.request] ?? (entry.request === "DloadSwitch" ? [] : "?")
    })
    .join("")

const retries = (events: ReadonlyArray<UpdateEvent>) =>
  events.flatMap((event) => (event._tag === "TransferRetried" ? [event] : []))

const traced = (modem: Sim.ModemSetup, options: RunOptions) =>
  Effect.gen(function* () {
    const trace: Trace = []
    const run = yield* simulate(modem, {
      ...options,
      trace,
      // What takes it back afterwards is looked at in rollback.test.ts.
      plan: { ...options.plan, rollbackOnFailure: false }
    })
    return { ...run, violations: judge(trace, options.files).violations }
  })

const failure = (run: Effect.Success<ReturnType<typeof traced>>): UpdateError => {
  if (run.exit._tag === "Success") throw new Error("it succeeded")
  return Option.getOrThrow(Cause.findErrorOption(run.exit.cause)) as UpdateError
}

interface Survived {
  readonly name: string
  readonly behaviours: ReadonlyArray<Behaviour>
  /** What is asked of the boot loader for the system image, before the rest. */
  readonly system: string
  readonly step: string
  readonly afterMillis: number
}

const once = { times: 1 } as const
const survived: ReadonlyArray<Survived> = [
  {
    name: "a chunk with status 1",
    behaviours: [behaviour("nakWrite", { image: 0, chunk: 1, status: 1, ...once })],
    system: "HO01HO012C",
    step: "write",
    afterMillis: 1000
  },
  {
    name: "a first chunk with status 2",
    behaviours: [behaviour("nakWrite", { image: 0, chunk: 0, status: 2, ...once })],
    system: "HO0HO012C",
    step: "write",
    afterMillis: 1000
  },
  {
    name: "a last chunk with Error 0x0a, write verify failed",
    behaviours: [behaviour("nakWrite", { image: 0, chunk: 2, code: 0x0a, ...once })],
    system: "HO012HO012C",
    step: "write",
    afterMillis: 1000
  },
  {
    name: "an acknowledgement of another chunk",
    behaviours: [behaviour("wrongSequence", { image: 0, chunk: 1, ...once })],
    system: "HO01HO012C",
    step: "write",
    afterMillis: 1000
  },
  {
    name: "Open out of sequence",
    behaviours: [behaviour("nakOpen", { image: 0, code: 0x0f, ...once })],
    system: "HOHO012C",
    step: "open",
    afterMillis: 1000
  },
  {
    name: "an answer to Open that is lost",
    behaviours: [behaviour("answerLost", { where: "open", image: 0, ...once })],
    system: "HOHO012C",
    step: "open",
    afterMillis: 12_000
  },
  {
    name: "an acknowledgement that is lost",
    behaviours: [behaviour("answerLost", { where: "write", image: 0, chunk: 1, ...once })],
    system: "HO01HO012C",
    step: "write",
    afterMillis: 12_000
  },
  {
    name: "silence to as many Hellos as one try has",
    behaviours: [behaviour("silentHello", { times: 6 })],
    system: "HHHHHHHO012C",
    step: "hello",
    afterMillis: 12_000
  },
  {
    name: "Close with Error 0x10",
    behaviours: [behaviour("nakClose", { image: 0, ...once })],
    system: "HO012CHO012C",
    step: "close",
    afterMillis: 1000
  },
  {
    name: "Close with a status",
    behaviours: [behaviour("nakClose", { image: 0, status: 1, ...once })],
    system: "HO012CHO012C",
    step: "close",
    afterMillis: 1000
  },
  {
    name: "an answer to Close that is lost",
    behaviours: [behaviour("answerLost", { where: "close", image: 0, ...once })],
    system: "HO012CHO012C",
    step: "close",
    afterMillis: 90_000
  },
  {
    name: "a last acknowledgement that is lost",
    behaviours: [behaviour("answerLost", { where: "write", image: 0, chunk: 2, ...once })],
    system: "HO012HO012C",
    step: "write",
    afterMillis: 90_000
  }
]

const families: ReadonlyArray<
  readonly [string, (behaviours: ReadonlyArray<Behaviour>) => Sim.ModemSetup, Files, string, string]
> = [
  ["an SWI9X30", (behaviours) => Sim.em7455({ behaviours }), images9x30, "02.33.03.00", "HO0C"],
  ["an SWI9X15", (behaviours) => Sim.mc7354({ behaviours }), images9x15, "05.05.78.00", "HO0C"],
  ["an SWI9200", (behaviours) => Sim.mc7710({ behaviours }), images9200, "03.05.29.03", ""]
]

describe("a failure that passes is survived", () => {
  for (const [family, modem, files, firmware, rest] of families) {
    for (const { afterMillis, behaviours, name, step, system } of survived) {
      it.effect(`by ${family}: ${name}`, () =>
        Effect.gen(function* () {
          const run = yield* traced(modem(behaviours), { files })
          const { result } = succeeded(run)
          assert.strictEqual(result.outcome, "updated")
          assert.strictEqual(run.state.running.firmware, firmware)
          assert.strictEqual(run.state.operatingMode, OperatingMode.online)
          // Exactly Hello again, Open again, and the chunks from 0.
          assert.strictEqual(asked(run.journal), `${system}${rest}R`)
          assert.deepStrictEqual(run.violations, [])
          const [told, ...more] = retries(run.events)
          assert.deepStrictEqual(more, [])
          const image = Object.keys(files)[0] ?? ""
          assert.deepInclude(told, { step, image, attempt: 2, of: 3, afterMillis })
          assert.include(told?.why, `QDL ${step}`)
          // Sent once, as far as the result says.
          assert.strictEqual(
            run.events.filter((event) => event._tag === "ImageFinished" && event.image === image).length,
            1
          )
          assert.isFalse(run.events.some(({ _tag }) => _tag === "Warning"))
        })
      )
    }
  }

  it.effect("also of the second image, and of each image anew", () =>
    Effect.gen(function* () {
      const behaviours = [
        behaviour("nakWrite", { image: 0, chunk: 0, status: 1, times: 2 }),
        behaviour("nakWrite", { image: 1, chunk: 0, status: 1, times: 2 })
      ]
      const run = yield* traced(Sim.em7455({ behaviours }), { files: images9x30 })
      succeeded(run)
      assert.strictEqual(asked(run.journal), "HO0HO0HO012CHO0HO0HO0CR")
      assert.deepStrictEqual(run.violations, [])
      assert.deepStrictEqual(
        retries(run.events).map(({ afterMillis, attempt }) => [attempt, afterMillis]),
        [
          [2, 1000],
          [3, 3000],
          [2, 1000],
          [3, 3000]
        ]
      )
    })
  )

  it.effect("in boot-and-hold, and by AT", () =>
    Effect.gen(function* () {
      const behaviours = [behaviour("nakWrite", { image: 0, chunk: 1, status: 1, ...once })]
      const held = yield* traced(Sim.em7455({ mode: "boot-and-hold", behaviours }), {
        files: images9x30,
        mode: "download"
      })
      succeeded(held)
      // Then it prefers what it was sent, and is sent that once more: not of interest here.
      assert.isTrue(asked(held.journal).startsWith("HO01HO012CHO0CR"), asked(held.journal))
      const setup = Sim.em7455({ behaviours })
      const withoutControl = {
        ...setup,
        model: {
          ...setup.model,
          compositions: setup.model.compositions.map((one) => ({
            ...one,
            ports: one.ports.filter(({ role }) => role !== "control"),
            otherInterfaces: (one.otherInterfaces ?? 0) + 1
          }))
        }
      }
      const byAt = yield* traced(withoutControl, { files: images9x30 })
      succeeded(byAt)
      assert.strictEqual(asked(byAt.journal), "HO01HO012CHO0CR")
    })
  )

  it.effect("an image that the modem has after all, when the answer to Close was lost, is a success", () =>
    Effect.gen(function* () {
      const behaviours = [behaviour("imageNotRequired"), behaviour("answerLost", { where: "close", image: 0, ...once })]
      const run = yield* traced(Sim.em7455({ behaviours }), { files: images9x30 })
      const { result } = succeeded(run)
      assert.strictEqual(result.outcome, "updated")
      assert.strictEqual(asked(run.journal), "HO012CHOHO0CR")
      assert.strictEqual(run.state.running.firmware, "02.33.03.00")
      assert.deepStrictEqual(run.violations, [])
    })
  )
})

describe("what comes late is not taken for something else", () => {
  // After 180 s the acknowledgement is given up; then silence for 90 s, then Hello for 13 s, then 12 s of silence.
  for (const [when, seconds, hellos] of [
    ["in the pause", 150, 1],
    ["while Hello waits", 211, 2],
    ["in the second try's last moment", 217, 2],
    ["in the pause after that", 227, 2],
    ["in the third try", 235, 2]
  ] as const) {
    it.effect(`the acknowledgement of the last chunk, ${when}`, () =>
      Effect.gen(function* () {
        const behaviours = [behaviour("slowLastChunk", { seconds, ...once })]
        const run = yield* traced(Sim.em7455({ behaviours }), { files: images9x30 })
        assert.strictEqual(succeeded(run).result.outcome, "updated")
        assert.match(asked(run.journal), new RegExp(`^HO012H{${String(hellos)},}O012CHO0CR$`))
        assert.strictEqual(run.state.running.firmware, "02.33.03.00")
        assert.deepStrictEqual(run.violations, [])
        // The image is whole twice, and the same.
        const received = run.journal.flatMap((entry) => (entry._tag === "ImageReceived" ? [entry.sha256] : []))
        assert.strictEqual(received.length, 3)
        assert.strictEqual(received[0], received[1])
      })
    )
  }
})

const refusesImage = [0x02, 0x03, 0x05, 0x0c, 0x12, 0x16, 0x1a]

describe("a failure that does not pass ends the run", () => {
  for (const code of refusesImage) {
    it.effect(`Error 0x${code.toString(16)} to Open or to a chunk, at once`, () =>
      Effect.gen(function* () {
        for (const [behaviours, wanted] of [
          [[behaviour("nakOpen", { image: 0, code, ...once })], "HO"],
          [[behaviour("nakWrite", { image: 0, chunk: 2, code, ...once })], "HO012"]
        ] as const) {
          const run = yield* traced(Sim.em7455({ behaviours }), { files: images9x30 })
          assert.strictEqual(failure(run).code, "QDL_REJECTED")
          assert.strictEqual(asked(run.journal), wanted)
          assert.deepStrictEqual(retries(run.events), [])
        }
      })
    )
  }

  it.effect("one that stays is tried three times, and the first failure is reported", () =>
    Effect.gen(function* () {
      const behaviours = [behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })]
      const run = yield* traced(Sim.em7455({ behaviours }), { files: images9x30 })
      const error = failure(run)
      assert.deepStrictEqual([error.code, error.step], ["QDL_BAD_STATUS", "write"])
      // One chunk of the last try was acknowledged.
      assert.deepInclude(error.condition, { _tag: "HalfWritten", sent: 1_048_576 })
      assert.strictEqual(asked(run.journal), "HO01HO01HO01")
      assert.deepStrictEqual(run.violations, [])
      assert.deepStrictEqual(
        retries(run.events).map(({ attempt }) => attempt),
        [2, 3]
      )
      const warnings = run.events.flatMap((event) => (event._tag === "Warning" ? [event.detail] : []))
      assert.strictEqual(warnings.length, 1)
      assert.include(warnings[0], "was tried 3 times")
    })
  )

  it.effect("a boot loader that takes no second Open does not hide what broke the first try", () =>
    Effect.gen(function* () {
      // The first Open is taken, no other one: Error 0x12 to all that follow.
      const behaviours = [behaviour("nakWrite", { image: 0, chunk: 1, status: 1, ...once })]
      const refusing = [...behaviours, behaviour("nakOpen", { image: 0, code: 0x12, behind: 1 })]
      const run = yield* traced(Sim.em7455({ behaviours: refusing }), { files: images9x30 })
      const error = failure(run)
      assert.deepStrictEqual([error.code, error.step], ["QDL_BAD_STATUS", "write"])
      assert.strictEqual(error.condition._tag, "HalfWritten")
      assert.strictEqual(asked(run.journal), "HO01HO")
      const warnings = run.events.flatMap((event) => (event._tag === "Warning" ? [event.detail] : []))
      assert.strictEqual(warnings.length, 1)
      assert.include(warnings[0], "was tried 2 times")
      assert.include(warnings[0], "out of space")
    })
  )

  it.effect("a modem that hangs after a chunk is asked Hello again, and the chunk is reported", () =>
    Effect.gen(function* () {
      const behaviours = [behaviour("hang", { where: "write", image: 0, chunk: 1 })]
      const run = yield* traced(Sim.em7455({ behaviours }), { files: images9x30 })
      const error = failure(run)
      assert.deepStrictEqual([error.code, error.step], ["QDL_NO_ANSWER", "write"])
      assert.include(error.message, "chunk 1")
      assert.deepStrictEqual(
        retries(run.events).map(({ step }) => step),
        ["write", "hello"]
      )
    })
  )

  it.effect("a modem that leaves in the second try has left", () =>
    Effect.gen(function* () {
      const behaviours = [
        behaviour("nakWrite", { image: 0, chunk: 1, status: 1, ...once }),
        behaviour("disconnectInChunk", { image: 0, chunk: 2, comesBack: false })
      ]
      const run = yield* traced(Sim.em7455({ behaviours }), { files: images9x30 })
      const error = failure(run)
      assert.deepStrictEqual([error.code, error.step], ["TRANSPORT_UNPLUGGED", "write"])
      assert.strictEqual(error.condition._tag, "LeftBus")
      assert.strictEqual(retries(run.events).length, 1)
    })
  )

  it.effect("an interruption in the pause ends it there", () =>
    Effect.gen(function* () {
      const behaviours = [behaviour("nakWrite", { image: 0, chunk: 1, status: 1, ...once })]
      const run = yield* traced(Sim.em7455({ behaviours }), {
        files: images9x30,
        interruptOn: (event) => event._tag === "TransferRetried"
      })
      const last = run.events.at(-1)
      assert.deepInclude(last, { _tag: "RunInterrupted", step: "image" })
      assert.deepInclude(last?._tag === "RunInterrupted" ? last.condition : {}, {
        _tag: "HalfWritten",
        sent: 1_048_576
      })
      assert.strictEqual(asked(run.journal), "HO01")
    })
  )
})

describe("how often is the family's data", () => {
  for (const [tries, wanted] of [
    [1, "HO0"],
    [2, "HO0HO0"],
    [5, "HO0HO0HO0HO0HO0"]
  ] as const) {
    it.effect(`${String(tries)}: so many Hellos and Opens`, () =>
      Effect.gen(function* () {
        const family = { ...swi9x30, qdl: { ...swi9x30.qdl, tries } }
        const behaviours = [behaviour("nakWrite", { image: 0, chunk: 0, status: 1 })]
        const run = yield* traced(Sim.em7455({ behaviours }), { files: images9x30 }).pipe(
          Effect.provide(familyLayer(preferenceFamily(family, preferenceFlow(family))))
        )
        assert.strictEqual(failure(run).code, "QDL_BAD_STATUS")
        assert.strictEqual(asked(run.journal), wanted)
      })
    )
  }
})
