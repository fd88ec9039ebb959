/** The runs of the past: which one left this modem half way, what is told, what is kept. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { History } from "../../src/journal/history.ts"
import { JournalFiles } from "../../src/journal/JournalFiles.ts"
import { memoryFiles } from "../../src/journal/memory.ts"
import type { MemoryContents } from "../../src/journal/memory.ts"
import type { ModemOfRun } from "../../src/journal/history.ts"
import type { Condition } from "../../src/update/condition.ts"
import type { RunStart } from "../../src/update/Journal.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import { begunOf, bytesOf, entriesOf, owner, start, stepStarted } from "../support/journals.ts"

const half: Condition = { _tag: "HalfWritten", image: "a.cwe", sent: 0, bytes: 9 }
const writes = stepStarted("write", "writes-flash")
const finished: UpdateEvent = { _tag: "RunFinished", millis: 1, summary: "" }
const failed = (condition: Condition): UpdateEvent => ({
  _tag: "RunFailed",
  step: "write",
  code: "X",
  message: "",
  help: "",
  condition,
  next: "boothold download a.cwe"
})

const cutOff = entriesOf(writes, { becomes: half })
const good = entriesOf(writes, { becomes: half }, { becomes: { _tag: "Running", firmware: "1" } }, finished)

/** Nobody lives of those who wrote these, but for `alive`. */
const historyOf = (runs: Readonly<Record<string, Uint8Array>>, alive = -1) => {
  const contents: MemoryContents = new Map(Object.entries(runs))
  const files = memoryFiles(contents, { ...owner, pid: alive })
  return { contents, layer: History.layer.pipe(Layer.provide(Layer.succeed(JournalFiles, files))) }
}

const startWith = (change: Partial<RunStart["modem"]>, imei?: string): RunStart => {
  const { facts, ...rest } = start
  const modem = { ...start.modem, ...change }
  return imei === undefined ? { ...rest, modem } : { ...rest, modem, facts: { ...facts!, imei } }
}

const lastUnfinished = (runs: Readonly<Record<string, Uint8Array>>, modem: ModemOfRun, alive?: number) =>
  Effect.gen(function* () {
    const found = yield* (yield* History).lastUnfinished(modem)
    return found === undefined ? undefined : `${found.id} by ${found.by}`
  }).pipe(Effect.provide(historyOf(runs, alive).layer))

const here: ModemOfRun = { portPath: "1-2", serial: "LF001" }

describe("the run that left a modem half way", () => {
  const a = bytesOf(begunOf(), cutOff)
  const done = bytesOf(begunOf(), good)

  it.effect("is the latest of this modem", () =>
    Effect.gen(function* () {
      const other = bytesOf(begunOf(startWith({ portPath: "7-7", serial: "LF777" })), good)
      assert.strictEqual(yield* lastUnfinished({ "2020-a": a, "2021-b": a, "2022-c": other }, here), "2021-b by serial")
    })
  )

  it.effect("is none when a later one came to a good end", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* lastUnfinished({ "2020": a, "2021": done }, here))
      assert.isUndefined(yield* lastUnfinished({ "2021": done }, here))
      assert.isUndefined(yield* lastUnfinished({}, here))
    })
  )

  it.effect("is one behind later ones that did nothing to the modem", () =>
    Effect.gen(function* () {
      const asked = bytesOf(begunOf(), entriesOf(stepStarted("identify", "reads"), failed({ _tag: "Untouched" })))
      const never = bytesOf(begunOf(), [])
      const runs = { "2020": a, "2021": asked, "2022": never, "2023": new Uint8Array([1, 2, 3]) }
      assert.strictEqual(yield* lastUnfinished(runs, here), "2020 by serial")
    })
  )

  it.effect("is not hidden by a run that only had the modem start, unless that brought it home", () =>
    Effect.gen(function* () {
      const reboots: UpdateEvent = {
        _tag: "StepStarted",
        step: "restart",
        title: "",
        risk: "reboots",
        deadlineMillis: 1
      }
      const started = (flow: string, condition: Condition, end: UpdateEvent) =>
        bytesOf(begunOf({ ...start, flow, images: [] }), entriesOf(reboots, { becomes: condition }, end))
      const low: Condition = { _tag: "RunningOther", found: "it is held in low power" }
      const after = (later: Uint8Array) => lastUnfinished({ "2020": a, "2021": later }, here)
      assert.strictEqual(yield* after(started("leave", low, finished)), "2020 by serial")
      assert.strictEqual(
        yield* after(started("leave", { _tag: "BootAndHold" }, failed({ _tag: "BootAndHold" }))),
        "2020 by serial"
      )
      assert.strictEqual(yield* after(started("restart", low, failed(low))), "2020 by serial")
      assert.isUndefined(yield* after(started("leave", { _tag: "Running", firmware: "1" }, finished)))
      assert.strictEqual(yield* after(started("update", low, failed(low))), "2021 by serial")
    })
  )

  it.effect("is told by how it ended: put back is not half way, a step that had begun to write is", () =>
    Effect.gen(function* () {
      const preference = { firmware: "1", config: "2", carrier: "3" }
      const found = (...said: ReadonlyArray<UpdateEvent>) =>
        lastUnfinished({ "2020": bytesOf(begunOf(), entriesOf(...said)) }, here)
      assert.isUndefined(yield* found(writes, failed({ _tag: "PreferenceRestored", preference })))
      assert.isUndefined(yield* found(writes, failed({ _tag: "Untouched" })))
      assert.isDefined(yield* found(writes, failed({ _tag: "RunningOther", found: "it" })))
      assert.isDefined(yield* found(writes, failed(half)))
      assert.isDefined(yield* found(writes))
      assert.isUndefined(yield* found(stepStarted("identify", "reads")))
    })
  )

  it.effect("is none while its process goes on", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* lastUnfinished({ "2020": a }, here, owner.pid))
    })
  )

  it.effect("knows its modem by IMEI, then by serial, then by the place", () =>
    Effect.gen(function* () {
      const find = (run: RunStart, modem: ModemOfRun) => lastUnfinished({ r: bytesOf(begunOf(run), cutOff) }, modem)
      const known = startWith({ serial: "S" }, "1")
      assert.strictEqual(yield* find(known, { portPath: "9-9", imei: "1" }), "r by imei")
      assert.isUndefined(yield* find(known, { portPath: "1-2", serial: "S", imei: "2" }))
      assert.strictEqual(yield* find(known, { portPath: "9-9", serial: "S" }), "r by serial")
      assert.strictEqual(yield* find(known, { portPath: "1-2" }), "r by place")
      assert.strictEqual(yield* find(known, { portPath: "2-2", peerPath: "1-2" }), "r by place")
      assert.isUndefined(yield* find(known, { portPath: "9-9" }))
      // A boot loader's serial may be another one.
      assert.isUndefined(yield* find(known, { portPath: "1-2", serial: "T", mode: "application" }))
      assert.strictEqual(yield* find(known, { portPath: "1-2", serial: "T", mode: "boot-and-hold" }), "r by place")
    })
  )
})

describe("the list of runs", () => {
  it.effect("is told newest first, with those that cannot be read", () =>
    Effect.gen(function* () {
      const runs = yield* (yield* History).runs
      assert.deepStrictEqual(
        runs.map((run) => [run.id, "error" in run ? run.error.code : run.outcome.end]),
        [
          ["3", "finished"],
          ["2", "HISTORY_NO_JOURNAL"],
          ["1", "open"]
        ]
      )
    }).pipe(
      Effect.provide(
        historyOf({ "1": bytesOf(begunOf(), cutOff), "3": bytesOf(begunOf(), good), "2": new Uint8Array(9) }).layer
      )
    )
  )

  it.effect("has each run by its id or the beginning of it", () =>
    Effect.gen(function* () {
      const { show } = yield* History
      assert.strictEqual((yield* show("ab1")).id, "ab1")
      assert.strictEqual((yield* show("a")).id, "a")
      assert.strictEqual((yield* show("b")).id, "b1")
      assert.strictEqual((yield* Effect.flip(show("ab"))).code, "HISTORY_SEVERAL_RUNS")
      assert.strictEqual((yield* Effect.flip(show("x"))).code, "HISTORY_NO_SUCH_RUN")
      assert.strictEqual((yield* Effect.flip(show(""))).code, "HISTORY_NO_SUCH_RUN")
    }).pipe(
      Effect.provide(
        historyOf(Object.fromEntries(["a", "ab1", "ab2", "b1"].map((id) => [id, bytesOf(begunOf(), good)]))).layer
      )
    )
  )

  it.effect("keeps the latest hundred, and the older ones that a modem may need", () =>
    Effect.gen(function* () {
      const runs = Object.fromEntries(
        Array.from({ length: 105 }, (_, index) => {
          const unfinished = index === 2
          return [`r${String(index).padStart(3, "0")}`, bytesOf(begunOf(), unfinished ? cutOff : good)]
        })
      )
      const { contents, layer } = historyOf(runs)
      assert.deepStrictEqual(yield* Effect.flatMap(History, ({ prune }) => prune).pipe(Effect.provide(layer)), [])
      assert.deepStrictEqual([...contents.keys()].slice(0, 3), ["r002", "r005", "r006"])
      assert.strictEqual(contents.size, 101)
    })
  )
})
