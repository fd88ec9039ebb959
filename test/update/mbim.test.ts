/** A modem in MBIM mode is updated exactly as in QMI mode, and what goes wrong in MBIM is named. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { MbimReader } from "../../src/protocol/mbim/MbimReader.ts"
import { ServiceId } from "../../src/protocol/mbim/codes.ts"
import * as Sim from "../../src/sim/index.ts"
import { mismatches } from "../../src/sim/storage.ts"
import { Tap } from "../../src/transport/Connection.ts"
import type { TapRecord } from "../../src/transport/Connection.ts"
import * as Modem from "../../src/device/Modem.ts"
import { DeviceOpen } from "../../src/update/DeviceOpen.ts"
import * as Update from "../../src/update/Update.ts"
import { hexOf } from "../support/scripted-connection.ts"
import { images9x30, simulate, succeeded } from "../support/simulated-update.ts"
import { timed, valueOf } from "../support/virtual-time.ts"
import type { RunOptions } from "../support/simulated-update.ts"

const { behaviour } = Sim

const to = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }

const em7455 = (behaviours: ReadonlyArray<Sim.Behaviour> = [], options: Sim.ModemOptions = {}) =>
  Sim.em7455({ composition: 8, behaviours, ...options })

const failure = (exit: Exit.Exit<unknown, unknown>): { readonly code: string; readonly message: string } => {
  if (exit._tag === "Success") throw new Error("it succeeded")
  return Option.getOrThrowWith(Cause.findErrorOption(exit.cause), () => new Error(Cause.pretty(exit.cause))) as never
}

/** A run, with every byte that was written to the modem. */
const tappedRun = (setup: Sim.ModemSetup, options: RunOptions) =>
  Effect.gen(function* () {
    const records: Array<TapRecord> = []
    const run = yield* simulate(setup, options).pipe(
      Effect.provideService(Tap, (record) => Effect.sync(() => void records.push(record)))
    )
    return { ...run, records }
  })

const controlWrites = (records: ReadonlyArray<TapRecord>) =>
  records.filter(({ direction, endpoint }) => direction === "to-modem" && endpoint.endsWith("/control"))

/** The QMUX frames inside the MBIM commands that the host wrote. */
const qmuxInside = (records: ReadonlyArray<TapRecord>): ReadonlyArray<string> => {
  const reader = new MbimReader()
  return controlWrites(records).flatMap(({ bytes }) =>
    reader.push(bytes).flatMap((read) => {
      const message = Result.getOrThrow(read)
      return message._tag === "Command" && message.service === ServiceId.qmi ? [hexOf(message.buffer)] : []
    })
  )
}

/** A boot takes longer than one liveness question: how often it is repeated is a matter of time alone. */
const withoutRepeats = (frames: ReadonlyArray<string>): ReadonlyArray<string> => {
  // Get Version Info, with the transaction left out; CTL transactions behind it count the questions.
  const plain = frames.map((frame) => (frame.startsWith("01 0b 00 00 00 00 00") ? "version" : frame))
  const named = plain.map((frame) =>
    frame.slice(9, 17) === "00 00 00" ? `${frame.slice(0, 20)} .. ${frame.slice(24)}` : frame
  )
  return named.filter((frame, at) => frame !== "version" || named[at - 1] !== "version")
}

const expectUpdated = (run: { readonly state: Sim.ModemState }): void => {
  assert.strictEqual(run.state.mode, "application")
  assert.strictEqual(run.state.running.firmware, to.firmware)
  assert.strictEqual(run.state.running.config, to.config)
  assert.deepStrictEqual(run.state.preference, to)
  assert.deepStrictEqual(mismatches(run.state), [])
}

describe("a modem in MBIM mode", () => {
  for (const composition of [8, 9]) {
    it.effect(`is updated as in QMI mode: composition ${String(composition)}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(Sim.em7455({ composition }), { files: images9x30 })
        const { ended, planned, result } = succeeded(run)
        assert.strictEqual(result.outcome, "updated")
        assert.strictEqual(result.after?.firmware, to.firmware)
        expectUpdated(run)
        assert.strictEqual(run.state.composition, composition)
        assert.isAtMost(Sim.idleMillis(run.journal, planned, ended), 300)
      })
    )
  }

  it.effect("hears the very QMUX messages that it hears in QMI mode", () =>
    Effect.gen(function* () {
      const qmi = yield* tappedRun(Sim.em7455(), { files: images9x30 })
      const mbim = yield* tappedRun(em7455(), { files: images9x30 })
      succeeded(qmi)
      succeeded(mbim)
      const plain = withoutRepeats(controlWrites(qmi.records).map(({ bytes }) => hexOf(bytes)))
      assert.isAbove(plain.length, 20)
      assert.deepStrictEqual(withoutRepeats(qmuxInside(mbim.records)), plain)
      // And the download port the same bytes.
      const download = (records: ReadonlyArray<TapRecord>) =>
        records
          .filter(({ direction, endpoint }) => direction === "to-modem" && endpoint.endsWith("/download"))
          .map(({ bytes }) => Buffer.from(bytes).toString("base64"))
      assert.deepStrictEqual(download(mbim.records), download(qmi.records))
    })
  )

  it.effect("is left with its MBIM function closed, before each reboot and at the end", () =>
    Effect.gen(function* () {
      const run = yield* simulate(em7455(), { files: images9x30 })
      succeeded(run)
      const mbim = run.journal.flatMap((entry) =>
        entry._tag === "MbimRequest" && entry.request !== "Command" ? [entry.request] : []
      )
      // Planning, the run up to the restart, the verification; while the modem starts, OPEN is repeated.
      const once = mbim.filter((request, at) => request !== mbim[at - 1])
      assert.deepStrictEqual(once, ["Open", "Close", "Open", "Close", "Open", "Close"])
      assert.deepStrictEqual(
        run.journal.flatMap((entry) =>
          entry._tag === "MbimAnswer" && entry.answer === "FunctionError" ? [entry] : []
        ),
        []
      )
    })
  )

  it.effect("with small control transfers takes and gives fragments", () =>
    Effect.gen(function* () {
      const { model } = Sim.em7455()
      const compositions = model.compositions.map((one) => ({
        ...one,
        ports: one.ports.map((port) => (port.driver === "cdc_mbim" ? { ...port, maxControlMessage: 64 } : port))
      }))
      const run = yield* tappedRun(Sim.setup({ ...model, compositions }, { composition: 8 }), { files: images9x30 })
      succeeded(run)
      expectUpdated(run)
      for (const { bytes } of run.records.filter(({ endpoint }) => endpoint.endsWith("/control"))) {
        assert.isAtMost(bytes.length, 64)
      }
    })
  )

  for (const [name, behaviours] of [
    ["forgets that it is open", [behaviour("mbimForgetsOpen", { after: 7 })]],
    ["needs a CLOSE before OPEN", [behaviour("mbimNeedsClose")]],
    ["closes slowly", [behaviour("slowMbimClose", { seconds: 4 })]],
    ["answers in many reads", [behaviour("splitAnswers", { where: "control", pieces: 5, delay: 2 })]],
    ["answers several at once", [behaviour("mergedAnswers", { where: "control", delay: 20 })]],
    ["starts slowly", [behaviour("qmiNotReadyAfterBoot", { seconds: 70 })]],
    [
      "has stale bytes",
      [behaviour("staleBytes", { where: "control", bytes: Uint8Array.of(0x41, 0x54, 0x0d, 3, 0, 0) })]
    ],
    ["hears other programs", [behaviour("foreignTraffic")]],
    ["appears late", [behaviour("latePort", { role: "control", delay: 3000 })]]
  ] as const) {
    it.effect(`is updated all the same when it ${name}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(em7455(behaviours), { files: images9x30 })
        assert.strictEqual(succeeded(run).result.outcome, "updated")
        expectUpdated(run)
      })
    )
  }

  it.effect("without a QMI service and without an AT port is not touched", () =>
    Effect.gen(function* () {
      const before = em7455([behaviour("qmiOverMbimMissing")], { composition: 9 })
      const run = yield* simulate(before, { files: images9x30 })
      const error = failure(run.exit)
      assert.strictEqual(error.code, "MBIM_NO_QMI")
      assert.include(error.message, "no QMI service")
      assert.deepStrictEqual(run.state.preference, before.state.preference)
      assert.notInclude(
        run.journal.map(({ _tag }) => _tag),
        "Unplugged"
      )
      // The function was closed all the same.
      assert.strictEqual(
        run.journal.findLast(({ _tag }) => _tag === "MbimRequest" || _tag === "QmiRequest")?._tag,
        "MbimRequest"
      )
    })
  )

  it.effect("that takes longer for every answer than one question waits is heard all the same", () =>
    Effect.gen(function* () {
      const timing = { ...Sim.realistic, qmiAnswer: 400 }
      const program = Effect.flatMap(Modem.select(), Update.facts)
      const ask = (behaviours: ReadonlyArray<Sim.Behaviour>, composition = 8) =>
        timed(program).pipe(Effect.provide(Sim.layer(em7455(behaviours, { timing, composition }))))
      const { exit, millis } = yield* ask([])
      assert.strictEqual(valueOf(exit).firmware, "02.24.05.06")
      assert.isBelow(millis, 10_000)
      // Without an AT port, by which it would be asked else.
      const refused = yield* ask([behaviour("qmiOverMbimMissing")], 9)
      assert.strictEqual(failure(refused.exit).code, "MBIM_NO_QMI")
      assert.isBelow(refused.millis, 3000)
    })
  )

  it.effect("that does not answer is named within its deadline", () =>
    Effect.gen(function* () {
      const run = yield* simulate(em7455([behaviour("hang", { where: "mbim" })]), { files: images9x30 })
      assert.strictEqual(failure(run.exit).code, "MBIM_NO_ANSWER")
    })
  )

  it.effect("with a dead QMI service is named as such", () =>
    Effect.gen(function* () {
      const run = yield* simulate(em7455([behaviour("hang", { where: "control" })]), { files: images9x30 })
      assert.strictEqual(failure(run.exit).code, "QMI_NO_ANSWER")
    })
  )

  it.effect("gets its old preference back when it refuses to restart", () =>
    Effect.gen(function* () {
      const before = em7455([behaviour("qmiRefuses", { message: 0x2e, code: 60 })])
      const run = yield* simulate(before, { files: images9x30 })
      assert.strictEqual(failure(run.exit).code, "QMI_REFUSED")
      assert.deepStrictEqual(run.state.preference, before.state.preference)
    })
  )

  it.effect("is sent into boot-and-hold", () =>
    Effect.gen(function* () {
      for (const composition of [8, 9]) {
        const run = yield* simulate(Sim.em7455({ composition }), { files: images9x30, mode: "hold" })
        assert.strictEqual(succeeded(run).result.outcome, "held")
        assert.strictEqual(run.state.mode, "boot-and-hold")
      }
    })
  )

  it.effect("switched to another composition is found in it after its restart", () =>
    Effect.gen(function* () {
      const run = yield* simulate(Sim.em7455({ composition: 9 }), { files: images9x30, mode: "hold" })
      assert.strictEqual(run.state.composition, 9)
      const modem = yield* run.modem.attachment
      assert.isUndefined(modem?.ports.find(({ role }) => role === "at"))
    })
  )
})

describe("which protocol a control port is spoken to in", () => {
  it.effect("is what the user says, whatever the driver", () =>
    Effect.gen(function* () {
      const wrong = yield* simulate(em7455(), { files: images9x30 }).pipe(Effect.provideService(DeviceOpen, "qmi"))
      assert.strictEqual(failure(wrong.exit).code, "QMI_NO_ANSWER")
      const alsoWrong = yield* simulate(Sim.em7455(), { files: images9x30 }).pipe(
        Effect.provideService(DeviceOpen, "mbim")
      )
      assert.strictEqual(failure(alsoWrong.exit).code, "MBIM_NO_ANSWER")
      const right = yield* simulate(em7455(), { files: images9x30 }).pipe(Effect.provideService(DeviceOpen, "mbim"))
      assert.strictEqual(succeeded(right).result.outcome, "updated")
    })
  )
})
