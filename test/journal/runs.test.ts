/** Whole runs of simulated modems, and what is written down of them: when, and what a journal that fails does to a run. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import * as Flow from "../../src/flow/Flow.ts"
import { step } from "../../src/flow/Step.ts"
import { readJournal } from "../../src/journal/codec.ts"
import type { RunJournal } from "../../src/journal/entry.ts"
import { History } from "../../src/journal/history.ts"
import { JournalFiles } from "../../src/journal/JournalFiles.ts"
import { memoryFiles } from "../../src/journal/memory.ts"
import type { MemoryContents } from "../../src/journal/memory.ts"
import { outcomeOf } from "../../src/journal/outcome.ts"
import { journalLayer } from "../../src/journal/recorder.ts"
import * as Sim from "../../src/sim/index.ts"
import { emit, EventSink } from "../../src/update/events.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import { Journal } from "../../src/update/Journal.ts"
import { JournalError } from "../../src/update/JournalError.ts"
import { LockError } from "../../src/update/LockError.ts"
import { ModemLock } from "../../src/update/ModemLock.ts"
import { Run } from "../../src/update/Run.ts"
import { runFlow } from "../../src/update/run-flow.ts"
import { UpdateError } from "../../src/update/UpdateError.ts"
import { images9200, images9x30, simulate, succeeded } from "../support/simulated-update.ts"
import { start } from "../support/journals.ts"
import { errorOf } from "../support/virtual-time.ts"

const full = new JournalError({ path: "runs/a", reason: { _tag: "NoSpace" } })

/** Journals in memory, where `append` may be watched or fail. */
const recording = (
  contents: MemoryContents,
  watch: (text: string, durable: boolean) => Effect.Effect<void, JournalError> = () => Effect.void
) => {
  const files = memoryFiles(contents)
  const watched: typeof files = {
    ...files,
    create: (id, room) =>
      Effect.map(files.create(id, room), ({ append }) => ({
        append: (bytes, durable) =>
          Effect.andThen(watch(new TextDecoder().decode(bytes), durable), append(bytes, durable))
      }))
  }
  return journalLayer.pipe(Layer.provideMerge(History.layer), Layer.provide(Layer.succeed(JournalFiles, watched)))
}

const only = (contents: MemoryContents): RunJournal => {
  assert.strictEqual(contents.size, 1)
  const [bytes] = contents.values()
  const journal = readJournal("memory", bytes!)
  if (Result.isFailure(journal)) throw journal.failure
  assert.isUndefined(journal.success.damage)
  return journal.success
}

/** What changes the modem. */
const change = (entry: Sim.JournalEntry): ReadonlyArray<string> => {
  switch (entry._tag) {
    case "QdlRequest":
      return entry.request === "Hello" || entry.request === "DloadSwitch" ? [] : [entry.request]
    case "PreferenceSet":
    case "Unplugged":
    case "ChunkWritten":
    case "ImageReceived":
      return [entry._tag]
    default:
      return []
  }
}

describe("a run that is recorded", () => {
  it.effect("tells from beginning to end which modem, which images, and how it went", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      const run = yield* simulate(Sim.em7455(), { files: images9x30 }).pipe(Effect.provide(recording(contents)))
      const { plan } = succeeded(run)
      const journal = only(contents)
      const { begun, entries } = journal
      assert.deepStrictEqual(begun.run.modem, {
        label: plan.modem.label,
        mode: "application",
        vidPid: "1199:9071",
        ...plan.modem.identity
      })
      assert.deepStrictEqual(begun.run.facts, plan.facts)
      assert.deepStrictEqual(
        begun.run.images.map(({ bytes, name, role, sha256 }) => ({ bytes, name, role, sha256 })),
        plan.images!.images.map(({ image }) => ({
          bytes: image.size,
          name: image.name,
          role: image.role,
          sha256: image.sha256
        }))
      )
      assert.deepStrictEqual(begun.run.wanted.preference, plan.wanted.preference)
      // Everything that was told, but for what only a display needs.
      const told = run.events.filter(({ _tag }) => _tag !== "RunStarted" && _tag !== "ImageProgress")
      const written = entries.flatMap((entry) => (entry._tag === "Happened" ? [entry.event] : []))
      assert.deepStrictEqual(
        written.filter(({ _tag }) => _tag !== "ImageProgress"),
        told
      )
      const outcome = outcomeOf(journal)
      assert.deepStrictEqual(
        [outcome.end, outcome.condition._tag, outcome.step, outcome.touched],
        ["finished", "Running", undefined, true]
      )
      assert.deepStrictEqual(outcome.sent, Object.keys(images9x30))
      assert.strictEqual(journal.lost, 0)
    })
  )

  it.effect("has on the disk what it is about to do to the modem, before it does it", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      /** At each line: what the modem had gone through by then. */
      const seen: Array<{ readonly line: string; readonly durable: boolean; readonly done: ReadonlyArray<string> }> = []
      const watch = (line: string, durable: boolean) =>
        Effect.gen(function* () {
          const control = Option.getOrThrow(yield* Effect.serviceOption(Sim.SimControl))
          const entries = yield* control.modems[0]!.journal
          seen.push({ line, durable, done: entries.flatMap(change) })
        })
      succeeded(yield* simulate(Sim.em7455(), { files: images9x30 }).pipe(Effect.provide(recording(contents, watch))))
      const at = (part: string) => {
        const found = seen.find(({ line }) => line.includes(part))
        assert.isDefined(found, part)
        assert.isTrue(found.durable, part)
        return found.done
      }
      assert.deepStrictEqual(at('"Begun"'), [])
      assert.deepStrictEqual(at('"PreferenceChanged"'), [])
      assert.deepStrictEqual(at('"Restarting"'), ["PreferenceSet"])
      assert.deepStrictEqual(at('"HalfWritten"'), ["PreferenceSet", "Unplugged"])
      // Which it then did: the words above are those of the modem.
      assert.deepStrictEqual(
        [...new Set(seen.at(-1)!.done)],
        [
          ...["PreferenceSet", "Unplugged", "OpenUnframed", "WriteUnframed", "ChunkWritten", "ImageReceived"],
          ...["CloseUnframed", "Reset"]
        ]
      )
    })
  )

  it.effect("in which an image is sent again never says that more of it is there than is", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      /** At each line: bytes of the image that the modem has acknowledged since it was last opened. */
      const there: Array<number> = []
      const watch = () =>
        Effect.gen(function* () {
          const control = Option.getOrThrow(yield* Effect.serviceOption(Sim.SimControl))
          let bytes = 0
          for (const entry of yield* control.modems[0]!.journal) {
            if (entry._tag === "QdlRequest" && entry.request === "OpenUnframed") bytes = 0
            if (entry._tag === "ChunkWritten") bytes += entry.bytes
          }
          there.push(bytes)
        })
      const behaviours = [Sim.behaviour("nakWrite", { image: 0, chunk: 2, status: 1, times: 1 })]
      const modem = Sim.em7455({ behaviours })
      succeeded(yield* simulate(modem, { files: images9x30 }).pipe(Effect.provide(recording(contents, watch))))
      const journal = only(contents)
      const retried = journal.entries.findIndex(
        (entry) => entry._tag === "Happened" && entry.event._tag === "TransferRetried"
      )
      assert.isAbove(retried, 0)
      const after = (count: number) => outcomeOf({ ...journal, entries: journal.entries.slice(0, count) })
      const [system] = Object.keys(images9x30)
      for (let count = 1; count < journal.entries.length; count++) {
        const { progress } = after(count)
        // The line that follows is number `count` + 1, behind that of the beginning.
        if (progress?.image === system) assert.isAtMost(progress?.sent ?? 0, there[count + 1]!, String(count))
      }
      // In the pause: what was acknowledged, as far as chunks are written down one by one; and no step inside the retry.
      assert.deepInclude(after(retried + 1).progress, { sent: 1_048_576 })
      assert.strictEqual(after(retried + 1).step, "image")
      // The second try is written down like the first one, from 0 on.
      const sent = journal.entries
        .slice(retried)
        .flatMap((entry) =>
          entry._tag === "Became" && entry.condition._tag === "HalfWritten"
            ? [entry.condition.sent]
            : entry._tag === "Happened" && entry.event._tag === "ImageProgress" && entry.event.image === system
              ? [entry.event.sent]
              : []
        )
      assert.deepStrictEqual(sent.slice(0, 2), [0, 1_048_576])
      const outcome = outcomeOf(journal)
      assert.deepStrictEqual([outcome.end, outcome.sent], ["finished", Object.keys(images9x30)])
    })
  )

  it.effect("that cannot be recorded is refused, and the modem is sent nothing", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      const run = yield* simulate(Sim.em7455(), { files: images9x30 }).pipe(
        Effect.provide(recording(contents, () => Effect.fail(full)))
      )
      const error = errorOf(run.exit)
      assert(error instanceof UpdateError)
      assert.deepStrictEqual([error.code, error.condition._tag], ["JOURNAL_NO_SPACE", "Untouched"])
      assert.deepStrictEqual(
        run.journal.filter(({ _tag }) => _tag === "PreferenceSet" || _tag === "Unplugged"),
        []
      )
      assert.strictEqual(run.events.at(-1)?._tag, "RunFailed")
    })
  )

  it.effect("that cannot be recorded any further goes on to its end, and says so once", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      let half = false
      const watch = (line: string) => {
        half ||= line.includes('"HalfWritten"')
        return half ? Effect.fail(full) : Effect.void
      }
      const run = yield* simulate(Sim.em7455(), { files: images9x30 }).pipe(Effect.provide(recording(contents, watch)))
      assert.strictEqual(succeeded(run).result.outcome, "updated")
      const warnings = run.events.filter((event) => event._tag === "Warning" && event.step === "journal")
      assert.lengthOf(warnings, 1)
      assert.include(JSON.stringify(warnings), "no space is left; the run goes on")
      const outcome = outcomeOf(only(contents))
      assert.deepStrictEqual([outcome.end, outcome.condition._tag], ["open", "BootAndHold"])
    })
  )

  it.effect("of which a few lines could not be written tells so", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      const watch = (line: string) => (line.includes('"ImageStarted"') ? Effect.fail(full) : Effect.void)
      const run = yield* simulate(Sim.mc7710(), { files: images9200 }).pipe(Effect.provide(recording(contents, watch)))
      succeeded(run)
      const journal = only(contents)
      assert.deepStrictEqual([journal.lost, outcomeOf(journal).end], [1, "finished"])
    })
  )

  it.effect("in which a step tells what is no event goes on, and says so", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      const odd = step({
        name: "odd",
        title: "tell nonsense",
        risk: "none",
        deadline: Duration.seconds(1),
        run: (_: { readonly start: number }) =>
          Effect.as(emit({ _tag: "StepFinished", step: 7 as never, millis: 1 }), { done: true })
      })
      const events: Array<UpdateEvent> = []
      const begun = Effect.flatMap(Journal, (journal) =>
        Effect.flatMap(Run, (run) => Effect.flatMap(journal!(start), (record) => Ref.set(run.record, record)))
      )
      yield* runFlow(Flow.make<{ readonly start: number }>("odd")(odd), { start: 1 }, "x", {
        before: Effect.orDie(begun)
      }).pipe(
        Effect.provideService(EventSink, (event) => Effect.sync(() => void events.push(event))),
        Effect.provide(Layer.merge(recording(contents), Sim.layer(Sim.em7455())))
      )
      assert.include(JSON.stringify(events), "no event of a run")
      assert.deepStrictEqual([only(contents).lost, outcomeOf(only(contents)).end], [1, "finished"])
    })
  )

  it.effect("and fails says where, and in which state the modem is", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      const behaviours = [Sim.behaviour("nakWrite", { image: 0, chunk: 0, status: 1 })]
      const run = yield* simulate(Sim.em7455({ behaviours }), { files: images9x30 }).pipe(
        Effect.provide(recording(contents))
      )
      const error = errorOf(run.exit)
      assert(error instanceof UpdateError)
      const outcome = outcomeOf(only(contents))
      assert.deepStrictEqual(
        [outcome.end, outcome.step, outcome.condition, outcome.next, outcome.failure?.code],
        ["failed", "write", error.condition, error.next, error.code]
      )
    })
  )

  it.effect("and is interrupted says so", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* simulate(Sim.em7455(), {
        files: images9x30,
        interruptOn: ({ _tag }) => _tag === "Programming"
      }).pipe(Effect.provide(recording(contents)))
      const outcome = outcomeOf(only(contents))
      assert.deepStrictEqual([outcome.end, outcome.condition._tag], ["interrupted", "HalfWritten"])
    })
  )

  it.effect("on a modem that somebody else works on is refused before anything is written down", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      const held = new LockError({
        modem: "1-2",
        path: "port-1-2.lock",
        reason: { _tag: "Held", pid: 812, program: "boothold", since: 0 }
      })
      const run = yield* simulate(Sim.em7455(), { files: images9x30 }).pipe(
        Effect.provide(recording(contents)),
        Effect.provideService(ModemLock, () => Effect.fail(held))
      )
      const error = errorOf(run.exit)
      assert(error instanceof UpdateError)
      assert.strictEqual(error.code, "LOCK_HELD")
      assert.strictEqual(contents.size, 0)
    })
  )

  it.effect("is not recorded unless somebody provides a journal", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* Journal)
    })
  )
})
