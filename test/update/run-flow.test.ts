import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { each, withUndo } from "../../src/flow/index.ts"
import * as Flow from "../../src/flow/Flow.ts"
import { step } from "../../src/flow/Step.ts"
import { QdlError } from "../../src/session/QdlError.ts"
import { CommandWords } from "../../src/update/advice.ts"
import { EventSink } from "../../src/update/events.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import { runFlow } from "../../src/update/run-flow.ts"
import { nowIs } from "../../src/update/Run.ts"
import { UpdateError } from "../../src/update/UpdateError.ts"
import { errorOf, pass, settle, timed, turnUntilEnd, valueOf } from "../support/virtual-time.ts"

const refused = new QdlError({
  endpoint: "sim:1-2/download",
  step: "open",
  reason: { _tag: "Rejected", error: 0x12, text: 0 }
})

const look = step({
  name: "look",
  title: "look at it",
  risk: "reads",
  deadline: Duration.seconds(10),
  run: ({ start }: { readonly start: number }) => Effect.as(Effect.sleep("2 seconds"), { seen: start + 1 })
})

const hold = step({
  name: "hold",
  title: "send it away",
  risk: "reboots",
  deadline: Duration.seconds(30),
  run: (_: { readonly seen: number }) => Effect.as(nowIs({ _tag: "BootAndHold" }), { held: true })
})

const fails = step({
  name: "write",
  title: "write it",
  risk: "writes-flash",
  deadline: Duration.seconds(30),
  run: (_: { readonly held: boolean }) =>
    Effect.andThen(nowIs({ _tag: "HalfWritten", image: "a.cwe", sent: 1, bytes: 2 }), Effect.fail(refused))
})

const hangs = step({
  name: "hang",
  title: "wait for ever",
  risk: "none",
  deadline: Duration.seconds(45),
  run: (_: { readonly held: boolean }) => Effect.as(Effect.never, { never: true })
})

const recorded = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const events: Array<UpdateEvent> = []
  const recording = effect.pipe(
    Effect.provideService(EventSink, (event) => Effect.sync(() => void events.push(event))),
    Effect.provideService(CommandWords, { images: ["my images/a.cwe"], selection: ["--usb-path", "1-2"] })
  )
  return { events, recording }
}

const tags = (events: ReadonlyArray<UpdateEvent>): ReadonlyArray<string> =>
  events.map((event) => ("step" in event ? `${event._tag} ${event.step}` : event._tag))

describe("a run that ends well", () => {
  it.effect("tells every step with its risk, deadline and time, and gives back the state", () =>
    Effect.gen(function* () {
      const flow = Flow.make<{ readonly start: number }>("update")(look, hold)
      const { events, recording } = recorded(runFlow(flow, { start: 1 }, "EM7455 at 1-2"))
      const run = valueOf((yield* timed(recording)).exit)
      assert.deepStrictEqual(run, { state: { start: 1, seen: 2, held: true }, millis: 2000 })
      assert.deepStrictEqual(events, [
        { _tag: "RunStarted", flow: "update", modem: "EM7455 at 1-2", steps: ["look", "hold"] },
        { _tag: "StepStarted", step: "look", title: "look at it", risk: "reads", deadlineMillis: 10_000 },
        { _tag: "StepFinished", step: "look", millis: 2000 },
        { _tag: "StepStarted", step: "hold", title: "send it away", risk: "reboots", deadlineMillis: 30_000 },
        { _tag: "StepFinished", step: "hold", millis: 0 },
        { _tag: "RunFinished", millis: 2000, summary: "The modem waits in boot-and-hold; no image was written." }
      ])
    })
  )

  it.effect("knows its own modem only: a run beside it changes nothing in what it tells", () =>
    Effect.gen(function* () {
      const away = Flow.make<{ readonly seen: number; readonly start: number }>("away")(hold, look)
      const stays = Flow.make<{ readonly start: number }>("stays")(look)
      const { events, recording } = recorded(
        Effect.all([runFlow(away, { seen: 1, start: 1 }, "x"), runFlow(stays, { start: 1 }, "y")], { concurrency: 2 })
      )
      valueOf((yield* timed(recording)).exit)
      assert.deepStrictEqual(events.flatMap((event) => (event._tag === "RunFinished" ? [event.summary] : [])).sort(), [
        "The modem waits in boot-and-hold; no image was written.",
        "The modem was not changed."
      ])
    })
  )
})

describe("a run that fails", () => {
  it.effect("carries the step, its error, the modem's state and the command that goes on", () =>
    Effect.gen(function* () {
      const flow = Flow.make<{ readonly start: number }>("update")(look, hold, fails)
      const { events, recording } = recorded(runFlow(flow, { start: 1 }, "x"))
      const error = errorOf((yield* timed(recording)).exit)
      assert(error instanceof UpdateError)
      const condition = { _tag: "HalfWritten", image: "a.cwe", sent: 1, bytes: 2 } as const
      const next = "boothold recover --usb-path 1-2 --images 'my images/a.cwe'"
      assert.strictEqual(error.flow, "update")
      assert.strictEqual(error.step, "write")
      assert.strictEqual(error.cause, refused)
      assert.deepStrictEqual(error.condition, condition)
      assert.strictEqual(error.next, next)
      assert.strictEqual(error.code, "QDL_REJECTED")
      assert.include(error.state, "a.cwe half written")
      assert.deepStrictEqual(events.at(-1), {
        _tag: "RunFailed",
        step: "write",
        code: "QDL_REJECTED",
        message: `write: ${refused.message}`,
        help: refused.help,
        condition,
        next
      })
      assert.deepStrictEqual(tags(events).slice(-3), ["StepFinished hold", "StepStarted write", "RunFailed write"])
    })
  )

  it.effect("names the inner step of a loop, not the loop", () =>
    Effect.gen(function* () {
      const loop = each({
        name: "images",
        title: "for each",
        over: (_: { readonly held: boolean }) => [1, 2],
        flow: Flow.make<{ readonly held: boolean; readonly item: number }>("image")(fails),
        collect: () => 0,
        as: "done"
      })
      const flow = Flow.make<{ readonly held: boolean }>("update")(loop)
      const { recording } = recorded(runFlow(flow, { held: true }, "x"))
      const error = errorOf((yield* timed(recording)).exit)
      assert(error instanceof UpdateError)
      assert.strictEqual(error.step, "write")
    })
  )

  it.effect("takes too long when a step exceeds its deadline, and says which one and how long", () =>
    Effect.gen(function* () {
      const flow = Flow.make<{ readonly start: number }>("update")(look, hold, hangs)
      const { events, recording } = recorded(runFlow(flow, { start: 1 }, "x"))
      const { exit, millis } = yield* timed(recording)
      const error = errorOf(exit)
      assert(error instanceof UpdateError && error.cause._tag === "FlowError")
      assert.deepStrictEqual(error.cause.reason, { _tag: "TookTooLong", step: "hang", seconds: 45 })
      assert.deepStrictEqual(
        [error.step, error.code, error.condition],
        ["hang", "UPDATE_TOOK_TOO_LONG", { _tag: "BootAndHold" }]
      )
      assert.strictEqual(millis, 47_000)
      assert.strictEqual(tags(events).at(-1), "RunFailed hang")
    })
  )

  it.effect("does not cut off a loop at its own deadline: those of its steps count", () =>
    Effect.gen(function* () {
      const loop = each({
        name: "images",
        title: "for each",
        over: (_: { readonly start: number }) => [1, 2, 3, 4, 5, 6, 7, 8],
        flow: Flow.make<{ readonly start: number; readonly item: number }>("image")(look),
        collect: ({ seen }) => seen,
        as: "all"
      })
      const flow = Flow.make<{ readonly start: number }>("update")(loop)
      const { recording } = recorded(runFlow(flow, { start: 1 }, "x"))
      const { exit, millis } = yield* timed(recording)
      assert.strictEqual(valueOf(exit).state.all.length, 8)
      // Longer than the 10 s of the one step inside.
      assert.strictEqual(millis, 16_000)
    })
  )
})

describe("a run that is taken back", () => {
  const undoable = (run: Effect.Effect<void>) =>
    withUndo(hold, { title: "take it back", deadline: Duration.seconds(60), run: () => run })

  it.effect("tells what is taken back, then what it failed with, in the state that the modem is in by then", () =>
    Effect.gen(function* () {
      const flow = Flow.make<{ readonly start: number }>("update")(look, undoable(Effect.sleep("3 seconds")), fails)
      const { events, recording } = recorded(runFlow(flow, { start: 1 }, "x"))
      errorOf((yield* timed(recording)).exit)
      assert.deepStrictEqual(events.slice(-3, -1), [
        { _tag: "UndoStarted", step: "hold", title: "take it back", deadlineMillis: 60_000 },
        { _tag: "UndoFinished", step: "hold", millis: 3000 }
      ])
      assert.strictEqual(tags(events).at(-1), "RunFailed write")
    })
  )

  it.effect("does not wait for a compensation beyond its deadline", () =>
    Effect.gen(function* () {
      const flow = Flow.make<{ readonly start: number }>("update")(look, undoable(Effect.never), fails)
      const { events, recording } = recorded(runFlow(flow, { start: 1 }, "x"))
      const { exit, millis } = yield* timed(recording)
      const error = errorOf(exit)
      assert(error instanceof UpdateError)
      assert.strictEqual(error.code, "QDL_REJECTED")
      assert.strictEqual(millis, 62_000)
      const undone = events.at(-2)
      assert(undone?._tag === "UndoFailed")
      assert.deepStrictEqual([undone.step, undone.code], ["hold", "UPDATE_TOOK_TOO_LONG"])
    })
  )

  it.effect("is not, where that is not wanted", () =>
    Effect.gen(function* () {
      const flow = Flow.make<{ readonly start: number }>("update")(look, undoable(Effect.never), fails)
      const { events, recording } = recorded(runFlow(flow, { start: 1 }, "x", { rollback: false }))
      errorOf((yield* timed(recording)).exit)
      assert.isFalse(events.some(({ _tag }) => _tag.startsWith("Undo")))
    })
  )
})

describe("a run that is interrupted", () => {
  it.effect("names the step it was in, the modem's state and the command that goes on", () =>
    Effect.gen(function* () {
      const flow = Flow.make<{ readonly start: number }>("update")(look, hold, hangs)
      const { events, recording } = recorded(runFlow(flow, { start: 1 }, "x"))
      const fiber = yield* Effect.forkChild(recording)
      yield* pass("10 seconds")
      const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* turnUntilEnd(stopping, "1 second", "50 millis")
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.deepStrictEqual(events.at(-1), {
        _tag: "RunInterrupted",
        step: "hang",
        condition: { _tag: "BootAndHold" },
        next: "boothold recover --usb-path 1-2 --images 'my images/a.cwe'"
      })
      assert.notInclude(
        events.map(({ _tag }) => _tag),
        "RunFailed"
      )
    })
  )

  it.effect("is untouched when it is interrupted in a step that only reads", () =>
    Effect.gen(function* () {
      const flow = Flow.make<{ readonly start: number }>("update")(look, hold)
      const { events, recording } = recorded(runFlow(flow, { start: 1 }, "x"))
      const fiber = yield* Effect.forkChild(recording)
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(events.at(-1), {
        _tag: "RunInterrupted",
        step: "look",
        condition: { _tag: "Untouched" },
        next: "boothold update --usb-path 1-2 'my images/a.cwe'"
      })
    })
  )
})
