/**
 * No byte that changes a modem is sent before the checks that license it: asserted over the bytes of whole runs, by an
 * observer that knows nothing of the program.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { swi9200 } from "../../src/device/families/swi9200.ts"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"
import { select } from "../../src/device/Modem.ts"
import type { Modem } from "../../src/device/Modem.ts"
import type { UsbBus } from "../../src/device/UsbBus.ts"
import { unchecked } from "../../src/flow/Flow.ts"
import * as Flow from "../../src/flow/index.ts"
import type { AnyStep } from "../../src/flow/Step.ts"
import * as Recovery from "../../src/recovery/Recovery.ts"
import * as Sim from "../../src/sim/index.ts"
import { bootAndHoldFamily, familyLayer, preferenceFamily } from "../../src/update/FamilyFlow.ts"
import { runFlow } from "../../src/update/run-flow.ts"
import * as Update from "../../src/update/Update.ts"
import * as Steps from "../../src/update/steps/index.ts"
import type { Delivery } from "../../src/update/steps/index.ts"
import {
  images9200,
  images9x15,
  images9x30,
  drive,
  simulate,
  spk9x15,
  spk9x30,
  succeeded
} from "../support/simulated-update.ts"
import type { RunOptions } from "../support/simulated-update.ts"
import { facts9x30 } from "../support/plan-facts.ts"
import { judge } from "./monitor.ts"
import type { Seen, Trace } from "./trace.ts"

const to9x30 = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
const { behaviour } = Sim

interface Run extends Omit<RunOptions, "trace"> {
  readonly name: string
  readonly modem: Sim.ModemSetup
  readonly fails?: true
}

/** The host has no driver for the control port: everything goes by AT. */
const byAt = (setup: Sim.ModemSetup): Sim.ModemSetup => ({
  ...setup,
  model: {
    ...setup.model,
    compositions: setup.model.compositions.map((one) => ({
      ...one,
      ports: one.ports.filter(({ role }) => role !== "control"),
      otherInterfaces: (one.otherInterfaces ?? 0) + 1
    }))
  }
})

const withState = (setup: Sim.ModemSetup, state: Partial<Sim.ModemState>): Sim.ModemSetup => ({
  ...setup,
  state: { ...setup.state, ...state }
})

/** Every family, every kind of image set, every way into the modem and every mode of the run. */
const runs: ReadonlyArray<Run> = [
  { name: "EM7455, .cwe and .nvu", modem: Sim.em7455(), files: images9x30 },
  { name: "MC7455, .spk", modem: Sim.mc7455(), files: spk9x30 },
  { name: "EM7455 in MBIM", modem: Sim.em7455({ composition: 8 }), files: images9x30 },
  { name: "EM7455 in MBIM alone", modem: Sim.em7455({ composition: 9 }), files: images9x30 },
  { name: "MC7354, .cwe and .nvu", modem: Sim.mc7354(), files: images9x15 },
  { name: "MC7354, .spk", modem: Sim.mc7354(), files: spk9x15 },
  { name: "MC7710, .cwe", modem: Sim.mc7710(), files: images9200 },
  { name: "EM7455 by AT", modem: byAt(Sim.em7455()), files: images9x30 },
  { name: "MC7354 by AT", modem: byAt(Sim.mc7354()), files: images9x15 },
  { name: "MC7710 by AT", modem: byAt(Sim.mc7710()), files: images9200 },
  {
    name: "images that are stored already",
    modem: Sim.em7455({ storedFirmware: ["02.33.03.00"], storedCarriers: [to9x30] }),
    files: images9x30
  },
  { name: "one image of two", modem: Sim.em7455({ storedFirmware: ["02.33.03.00"] }), files: images9x30 },
  { name: "without validation", modem: Sim.em7455(), files: images9x30, plan: { skipValidation: true } },
  {
    name: "EM7455 in boot-and-hold",
    modem: Sim.em7455({ mode: "boot-and-hold" }),
    files: images9x30,
    mode: "download"
  },
  {
    name: "MC7354 in boot-and-hold",
    modem: Sim.mc7354({ mode: "boot-and-hold" }),
    files: images9x15,
    mode: "download"
  },
  {
    name: "MC7710 in boot-and-hold",
    modem: Sim.mc7710({ mode: "boot-and-hold" }),
    files: images9200,
    mode: "download"
  },
  {
    name: "a refused chunk",
    modem: Sim.em7455({ behaviours: [behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })] }),
    files: images9x30,
    fails: true
  },
  ...(
    [
      ["a chunk refused once", [behaviour("nakWrite", { image: 0, chunk: 1, status: 1, times: 1 })]],
      ["an answer to Open that is lost", [behaviour("answerLost", { where: "open", image: 1, times: 1 })]],
      ["an acknowledgement that is lost", [behaviour("answerLost", { where: "write", image: 0, chunk: 1, times: 1 })]],
      ["an answer to Close that is lost", [behaviour("answerLost", { where: "close", image: 0, times: 1 })]],
      ["an acknowledgement that comes too late", [behaviour("slowLastChunk", { seconds: 150, times: 1 })]]
    ] as const
  ).map(([name, behaviours]): Run => ({ name, modem: Sim.em7455({ behaviours }), files: images9x30 })),
  {
    name: "a refused chunk, taken back by AT",
    modem: byAt(Sim.em7455({ behaviours: [behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })] })),
    files: images9x30,
    fails: true
  },
  {
    name: "old firmware back, and the preference put back",
    modem: Sim.mc7354({ behaviours: [behaviour("oldFirmwareComesBack")] }),
    files: images9x15,
    fails: true
  },
  {
    name: "a refused Open",
    modem: Sim.mc7710({ behaviours: [behaviour("nakOpen", { image: 0, code: 0x12 })] }),
    files: images9200,
    fails: true
  }
]

const traced = (modem: Sim.ModemSetup, options: RunOptions) =>
  Effect.gen(function* () {
    const trace: Trace = []
    const run = yield* simulate(modem, { ...options, trace })
    return { run, trace, verdict: judge(trace, options.files) }
  })

describe("every byte that changes the modem has its licence", () => {
  for (const { fails, modem, name, ...options } of runs) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { run, verdict } = yield* traced(modem, options)
        if (fails !== true) succeeded(run)
        assert.deepStrictEqual(verdict.violations, [])
        // What the modem says that happened to it was seen.
        const happened = run.journal.map((entry) => (entry._tag === "QmiRequest" ? entry.name : entry._tag))
        const count = (what: string) => verdict.changes.filter((change) => change.startsWith(what)).length
        assert.strictEqual(count("Set Firmware Preference"), happened.filter((one) => one === "PreferenceSet").length)
        assert.isAtLeast(count("QDL Write"), happened.filter((one) => one === "ChunkWritten").length)
        assert.isNotEmpty(verdict.changes)
      })
    )
  }

  for (const modem of [Sim.em7455(), Sim.mc7354(), Sim.mc7710()]) {
    it.effect(`into boot-and-hold alone: ${modem.model.product}`, () =>
      Effect.gen(function* () {
        const { run, verdict } = yield* traced(modem, { files: images9x30, mode: "hold" })
        succeeded(run)
        assert.deepStrictEqual(verdict.violations, [])
        assert.isNotEmpty(verdict.changes)
      })
    )
  }
})

const atted = { firmware: "02.33.03.00", config: "002.068_000", carrier: "ATT" }
const withStored = (options: Sim.ModemOptions = {}): Sim.ModemSetup =>
  Sim.em7455({ storedFirmware: ["02.08.02.00", "02.33.03.00"], storedCarriers: [atted], ...options })

interface StoredRun {
  readonly name: string
  readonly modem: Sim.ModemSetup
  readonly plan: (modem: Modem) => ReturnType<typeof Update.planSelect>
  readonly change: string
}

const storedRuns: ReadonlyArray<StoredRun> = [
  {
    name: "select",
    modem: withStored(),
    plan: (to) => Update.planSelect(to, atted),
    change: "Set Firmware Preference"
  },
  {
    name: "delete a firmware image",
    modem: withStored(),
    plan: (from) => Update.planDelete(from, { firmware: "02.08.02.00" }),
    change: "Delete Stored Image"
  },
  {
    name: "delete a carrier image over MBIM",
    modem: withStored({ composition: 8 }),
    plan: (from) => Update.planDelete(from, atted),
    change: "Delete Stored Image"
  },
  {
    name: "select by AT",
    modem: byAt(withStored()),
    plan: (to) => Update.planSelect(to, atted),
    change: "AT!IMPREF="
  },
  {
    name: "delete a firmware image by AT",
    modem: byAt(withStored()),
    plan: (from) => Update.planDelete(from, { firmware: "02.08.02.00" }),
    change: "AT!IMAGE=0"
  },
  {
    name: "delete a carrier image by AT",
    modem: byAt(withStored()),
    plan: (from) => Update.planDelete(from, atted),
    change: "AT!IMAGE=0"
  }
]

const tracedStored = ({ modem, plan }: Pick<StoredRun, "modem" | "plan">) =>
  Effect.gen(function* () {
    const trace: Trace = []
    const program = Effect.flatMap(Effect.flatMap(select(), plan), Update.run)
    const run = yield* drive(modem, { files: {}, trace }, program)
    return { run, trace, verdict: judge(trace, {}) }
  })

/** Modems that somebody left half way, with nothing at hand: no journal and no images. */
const leftBehind: ReadonlyArray<{ readonly name: string; readonly modem: Sim.ModemSetup; readonly change: string }> = [
  { name: "EM7455 in boot-and-hold", modem: Sim.em7455({ mode: "boot-and-hold" }), change: "QDL Reset (leave)" },
  { name: "MC7710 in boot-and-hold", modem: Sim.mc7710({ mode: "boot-and-hold" }), change: "QDL Reset (leave)" },
  { name: "EM7455 in low power", modem: Sim.em7455({ preference: to9x30 }), change: "Set Firmware Preference" },
  { name: "MC7354 in low power", modem: Sim.mc7354({ preference: to9x30 }), change: "Set Firmware Preference" },
  { name: "EM7455 taken offline", modem: withState(Sim.em7455(), { operatingMode: 3 }), change: "Set Operating Mode" },
  {
    name: "EM7455 whose next start stops in boot-and-hold",
    modem: withState(Sim.em7455(), { bootImageDownloadMode: 1 }),
    change: "Set Boot Image Download Mode (normal)"
  }
]

describe("a modem is brought home with a licence for every byte", () => {
  for (const { change, modem, name } of leftBehind) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const trace: Trace = []
        const planned = Effect.flatMap(select(), (left) => Recovery.plan(left))
        const program = Effect.scoped(Effect.flatMap(planned, (plan) => Recovery.run(plan)))
        const run = yield* drive(modem, { files: {}, trace }, program)
        succeeded(run)
        const verdict = judge(trace, {})
        assert.deepStrictEqual(verdict.violations, [])
        assert.isTrue(verdict.changes.some((one) => one.startsWith(change)))
        // Without any answer nothing of it has a licence.
        const [place = 0] = verdict.places
        const deaf = trace.filter(({ _tag }, at) => at > place || _tag !== "Heard")
        assert.isNotEmpty(judge(deaf, {}).violations)
      })
    )
  }
})

describe("stored images are changed with their licence", () => {
  for (const one of storedRuns) {
    it.effect(one.name, () =>
      Effect.gen(function* () {
        const { run, trace, verdict } = yield* tracedStored(one)
        succeeded(run)
        assert.deepStrictEqual(verdict.violations, [])
        assert.include(verdict.changes, one.change)
        // The same bytes before anything was asked, and without any answer.
        const [place = 0] = verdict.places
        const first = trace.findIndex(({ _tag }) => _tag === "Opened") + 1
        const early = [...trace.slice(0, first), trace[place]!, ...trace.slice(first, place), ...trace.slice(place + 1)]
        assert.isNotEmpty(judge(early, {}).violations)
        const deaf = trace.filter(({ _tag }, at) => at > place || _tag !== "Heard")
        assert.isNotEmpty(judge(deaf, {}).violations)
      })
    )
  }

  const pretended = (deletable: object): AnyStep =>
    Flow.step({
      name: "pretend",
      title: "pretend",
      risk: "none",
      deadline: Duration.seconds(1),
      run: () => Effect.succeed({ deletable })
    })
  const running = {
    image: { type: "modem", storageIndex: 1, uniqueId: "?_?", buildId: "02.24.05.06_?", running: true }
  }
  const runningCarrier = {
    image: { type: "pri", storageIndex: 255, uniqueId: "002.026_000", buildId: "02.24.05.06_GENERIC", running: true }
  }
  const other = { image: { ...running.image, storageIndex: 2, buildId: "02.08.02.00_?", running: false } }
  const wrongDeletions: ReadonlyArray<Omit<Wrong, "name"> & { readonly name: string; readonly at?: true }> = [
    {
      name: "what runs",
      steps: [Steps.openControl, Steps.identify, pretended(running), Steps.deleteStoredImage],
      says: "Delete Stored Image without leaving alone what runs"
    },
    {
      name: "the carrier image that runs",
      steps: [Steps.openControl, Steps.identify, pretended(runningCarrier), Steps.deleteStoredImage],
      says: "Delete Stored Image without leaving alone what runs"
    },
    {
      name: "before the list",
      steps: [Steps.openControl, pretended(other), Steps.deleteStoredImage],
      says: "Delete Stored Image without the modem's stored"
    },
    {
      name: "what is not listed",
      steps: [
        Steps.openControl,
        Steps.identify,
        pretended({ image: { ...other.image, buildId: "02.05.07.00_?" } }),
        Steps.deleteStoredImage
      ],
      says: "Delete Stored Image without an image that the modem lists"
    },
    {
      name: "what runs, by AT",
      steps: [Steps.openAt, Steps.identifyByAt, pretended(running), Steps.deleteStoredImageByAt],
      says: "AT!IMAGE=0 without leaving alone what runs",
      at: true
    },
    {
      name: "the carrier image that runs, by AT",
      steps: [Steps.openAt, Steps.identifyByAt, pretended(runningCarrier), Steps.deleteStoredImageByAt],
      says: "AT!IMAGE=0 without leaving alone what runs",
      at: true
    },
    {
      name: "before the list, by AT",
      steps: [Steps.openAt, pretended(other), Steps.deleteStoredImageByAt],
      says: "AT!IMAGE=0 without the modem's stored",
      at: true
    }
  ]
  for (const { at, name, says, steps } of wrongDeletions) {
    it.effect(`a deletion of ${name} is seen in its bytes`, () =>
      Effect.gen(function* () {
        const trace: Trace = []
        const flow = unchecked<{ readonly modem: Modem; readonly why: string }, ReadonlyArray<AnyStep>>("delete", steps)
        const program = Effect.flatMap(select(), (modem) => runFlow(flow, { modem, why: "a test" }, "a modem"))
        yield* drive(
          at === true ? byAt(withStored()) : withStored(),
          { files: {}, trace },
          program as Effect.Effect<unknown, unknown, UsbBus>
        )
        assert.include(judge(trace, {}).violations, says)
      })
    )
  }

  it("a deletion of everything has no licence", () => {
    const sent = (text: string): Seen => ({ _tag: "Sent", line: 1, at: 0, bytes: new TextEncoder().encode(text) })
    for (const command of ["AT!IMAGE=0", "AT!IMAGE=0,0", "AT!IMAGE=0,1,FF"]) {
      const trace: Trace = [
        { _tag: "Plugged", held: false },
        { _tag: "Opened", line: 1, role: "at", driver: "qcserial" },
        sent(`${command}\r`)
      ]
      assert.deepStrictEqual(judge(trace, {}).violations, [`${command} without any licence`])
    }
  })
})

/** A step of nobody: says that something is there which nobody did. */
const pretend = (what: object): AnyStep =>
  Flow.step({
    name: "pretend",
    title: "pretend",
    risk: "none",
    deadline: Duration.seconds(1),
    run: () => Effect.succeed(what)
  })

const family = swi9x30
const opened = (item: unknown) => ({ image: item, required: true })

interface Images {
  readonly images: ReadonlyArray<unknown>
}

/** For each image what `steps` do, which are given it as `item`. */
const perImage = (...steps: ReadonlyArray<AnyStep>): AnyStep =>
  Flow.each({
    name: "transfer",
    title: "transfer",
    over: ({ images }: Images) => images,
    flow: unchecked<Images & { readonly item: unknown }, ReadonlyArray<AnyStep>>("image", steps),
    collect: () => ({}),
    as: "transferred"
  })

/** Gives the image at hand under the name that a step that was left out would give. */
const handOn = (name: string, value: (item: unknown) => unknown): AnyStep =>
  Flow.step({
    name: "hand-on",
    title: "hand on",
    risk: "none",
    deadline: Duration.seconds(1),
    run: ({ item }: { readonly item: unknown }) => Effect.succeed({ [name]: value(item) })
  })

const start = [Steps.openControl, Steps.identifyWithPreference, Steps.checkAgainstModem]
const intoTransfer = [...start, Steps.setPreference, Steps.restart, Steps.openDownload(family), Steps.dloadSwitch]
const told = { facts: { ...facts9x30, preference: { _tag: "Supported", value: {} } }, checked: { passed: [] } }

interface Wrong {
  readonly name: string
  readonly steps: ReadonlyArray<AnyStep>
  readonly says: string
  readonly behaviours?: ReadonlyArray<Sim.Behaviour>
}

const refusedOnce = [behaviour("nakWrite", { image: 0, chunk: 1, status: 1, times: 1 })]

/** The steps again, whatever broke them. */
const again = (...steps: ReadonlyArray<AnyStep>): AnyStep =>
  Flow.retry({
    name: "again",
    title: "again",
    flow: unchecked<Images & { readonly item: unknown }, ReadonlyArray<AnyStep>>("again", steps),
    collect: () => ({}),
    times: 2,
    when: () => true,
    pause: () => Duration.seconds(1),
    longestPause: Duration.seconds(1),
    onRetry: () => Effect.void
  })

/** Goes on as if nothing had happened. */
const careless = (step: AnyStep, yields: object): AnyStep => ({
  ...step,
  run: (state, around) =>
    Effect.matchEffect(step.run(state, around), {
      onFailure: () => Effect.succeed(yields),
      onSuccess: Effect.succeed
    })
})

/** The compiler refuses all of these (test/update/order.test.ts); here they were made past it. */
const wrong: ReadonlyArray<Wrong> = [
  {
    name: "the preference before the modem was asked",
    steps: [Steps.openControl, pretend(told), Steps.setPreference],
    says: "Set Firmware Preference without the modem's revision"
  },
  {
    name: "a restart before the preference",
    steps: [...start, pretend({ download: { images: [] } }), Steps.restart],
    says: "Set Operating Mode (offline) without a reason to restart"
  },
  {
    name: "a transfer without Hello",
    steps: [...intoTransfer, perImage(pretend({ greeted: { version: 6 } }), Steps.openImage)],
    says: "QDL Open without Hello"
  },
  {
    name: "data before Open",
    steps: [...intoTransfer, perImage(Steps.hello(family), handOn("opened", opened), Steps.writeImage)],
    says: "QDL Write without an open image"
  },
  {
    name: "Close before the data",
    steps: [
      ...intoTransfer,
      perImage(
        Steps.hello(family),
        Steps.openImage,
        handOn("written", (image) => ({ image, required: true, since: 0 })),
        Steps.closeImage
      )
    ],
    says: "QDL Close without the whole image"
  },
  {
    name: "a second image before the first one is closed",
    steps: [...intoTransfer, perImage(Steps.hello(family), Steps.openImage, Steps.hello(family), Steps.openImage)],
    says: "QDL Open without the end of the image before"
  },
  {
    name: "an image again without Hello",
    steps: [...intoTransfer, perImage(Steps.hello(family), again(Steps.openImage, Steps.writeImage, Steps.closeImage))],
    says: "QDL Open without Hello",
    behaviours: refusedOnce
  },
  {
    name: "an image again whose last try did not fail",
    steps: [
      ...intoTransfer,
      perImage(
        again(Steps.hello(family), Steps.openImage, pretend({}), { ...pretend({}), run: () => Effect.fail("no") })
      )
    ],
    says: "QDL Open without the end of the image before"
  },
  {
    name: "another image after one that failed",
    steps: [...intoTransfer, perImage(Steps.hello(family), Steps.openImage, careless(Steps.writeImage, {}))],
    says: "QDL Open without the end of the image before",
    behaviours: refusedOnce
  },
  {
    name: "a reset after an image that failed",
    steps: [
      ...intoTransfer,
      perImage(Steps.hello(family), Steps.openImage, careless(Steps.writeImage, {}), Steps.hello(family)),
      pretend({ transferred: [] }),
      Steps.resetModem
    ],
    says: "QDL Reset without the end of the image",
    behaviours: refusedOnce
  },
  {
    name: "a reset out of boot-and-hold before the DLOAD switch",
    steps: [
      ...start,
      Steps.setPreference,
      Steps.restart,
      Steps.openDownload(family),
      pretend({ switched: "switched" }),
      Steps.leaveBootAndHold
    ],
    says: "QDL Reset (leave) without an answer to the DLOAD switch"
  },
  {
    name: "a reset in the middle of an image",
    steps: [
      ...intoTransfer,
      perImage(Steps.hello(family), Steps.openImage, pretend({ transferred: [] }), Steps.resetModem)
    ],
    says: "QDL Reset without the end of the image"
  }
]

describe("a flow in the wrong order is seen in its bytes", () => {
  for (const { behaviours = [], name, says, steps } of wrong) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const flow = unchecked<Delivery<"preference">, ReadonlyArray<AnyStep>>("update", steps)
        const { verdict } = yield* traced(Sim.em7455({ behaviours }), { files: images9x30 }).pipe(
          Effect.provide(familyLayer(preferenceFamily(swi9x30, flow)))
        )
        assert.include(verdict.violations, says)
      })
    )
  }

  it.effect("boot-and-hold before the modem was asked", () =>
    Effect.gen(function* () {
      const steps = [Steps.openControl, pretend({ ...told, checked: {} }), Steps.enterBootAndHold]
      const flow = unchecked<Delivery<"boot-and-hold">, ReadonlyArray<AnyStep>>("update", steps)
      const { verdict } = yield* traced(Sim.mc7710(), { files: images9200 }).pipe(
        Effect.provide(familyLayer(bootAndHoldFamily(swi9200, flow)))
      )
      assert.include(verdict.violations, "Set Firmware ID without the modem's revision")
    })
  )
})

describe("questions by AT", () => {
  it("are harmless where they are listed; what nobody lists is not, however much it looks like a question", () => {
    const asked = (command: string) =>
      judge(
        [
          { _tag: "Plugged", held: false },
          { _tag: "Opened", line: 1, role: "at", driver: "qcserial" },
          { _tag: "Sent", line: 1, at: 0, bytes: Buffer.from(`${command}\r`) }
        ],
        {}
      ).violations
    for (const command of ["AT!BAND?", "at!custom?", "AT+CGDCONT?", "AT!UDPID?"])
      assert.deepStrictEqual(asked(command), [])
    for (const command of ["AT!OEMOPEN?", "AT+CUSD?", "AT!BAND=00", "AT!CUSTOM", 'AT+CGDCONT=1,"IP","x"']) {
      assert.isNotEmpty(asked(command), command)
    }
  })
})

describe("a recorded run that went otherwise is seen", () => {
  it.effect("an image again, and no answer to its Hello", () =>
    Effect.gen(function* () {
      const { trace, verdict } = yield* traced(Sim.em7455({ behaviours: refusedOnce }), { files: images9x30 })
      assert.deepStrictEqual(verdict.violations, [])
      const isHello = (seen: Seen): boolean =>
        seen._tag === "Heard" && seen.bytes[0] === 0x7e && seen.bytes[1] === 0x02 && seen.bytes.length > 40
      const hellos = trace.filter(isHello)
      // Of each image one, and of the second try.
      assert.strictEqual(hellos.length, 3)
      const without = trace.filter((seen) => seen !== hellos[1])
      assert.include(judge(without, images9x30).violations, "QDL Open without Hello")
      assert.include(judge(without, images9x30).violations, "QDL Open without the end of the image before")
    })
  )

  const isSent = ({ _tag }: Seen): boolean => _tag === "Sent"

  for (const { modem, name, ...options } of runs) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { trace, verdict } = yield* traced(modem, options)
        const changing = [...new Set(verdict.places)]
        assert.isNotEmpty(changing)
        const first = trace.findIndex(isSent)
        for (const index of changing) {
          const early = [
            ...trace.slice(0, first),
            trace[index]!,
            ...trace.slice(first, index),
            ...trace.slice(index + 1)
          ]
          assert.isNotEmpty(judge(early, options.files).violations, `number ${String(index)} in front of everything`)
        }
        // Without what was heard and read before the first change, it has no licence.
        const licence = trace.filter(({ _tag }, at) => at > changing[0]! || (_tag !== "Heard" && _tag !== "FileRead"))
        assert.isNotEmpty(judge(licence, options.files).violations)
        for (const file of Object.keys(options.files)) {
          const unread = trace.filter((seen) => seen._tag !== "FileRead" || seen.file !== file)
          assert.include(judge(unread, options.files).violations.join(), `a check of ${file}`)
        }
        // A wrong byte in a chunk is not one that was checked.
        const chunk = trace.findIndex((seen) => seen._tag === "Sent" && seen.bytes[0] === 0x27)
        if (chunk === -1) return
        const { at, bytes, line } = trace[chunk] as Seen & { readonly _tag: "Sent" }
        const other = bytes.slice()
        other[100] = (other[100] ?? 0) ^ 1
        const changed = trace.with(chunk, { _tag: "Sent", line, at, bytes: other })
        assert.include(judge(changed, options.files).violations, "QDL Write without the bytes that were checked")
      })
    )
  }
})
