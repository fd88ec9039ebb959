/** What keeps a run from harm besides the checks of the images: pinned bytes, the right one of two modems, one event stream. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Modem from "../../src/device/Modem.ts"
import * as Image from "../../src/file/Image.ts"
import { fromBytes, ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import * as Sim from "../../src/sim/index.ts"
import * as Update from "../../src/update/Update.ts"
import { UpdateError } from "../../src/update/UpdateError.ts"
import { images9x30, turnUntilDone } from "../support/simulated-update.ts"

const [systemName] = Object.keys(images9x30)
const system = images9x30[systemName!]!

describe("the bytes that were checked are those that are sent", () => {
  it.effect("a file that changes between check and transfer never becomes a valid image", () =>
    Effect.gen(function* () {
      const { modems } = yield* Sim.SimControl
      const modem = modems[0]!
      let checked = false
      const files = inMemory(images9x30)
      // After the set was opened and checked, one byte in the middle of the payload reads differently.
      const changing = {
        open: (path: string) =>
          path !== systemName
            ? files.open(path)
            : Effect.succeed({
                ...fromBytes(path, system),
                readInto: (offset: number, into: Uint8Array) =>
                  Effect.sync(() => {
                    into.set(system.subarray(offset, offset + into.length))
                    const target = 1_500_000 - offset
                    if (checked && target >= 0 && target < into.length) into[target] = (into[target] ?? 0) ^ 1
                  })
              })
      }
      const program = Effect.gen(function* () {
        const set = yield* Image.openSet(Object.keys(images9x30))
        checked = true
        const plan = yield* Update.plan(yield* Modem.select(), set)
        return yield* Update.run(plan)
      }).pipe(Effect.scoped, Effect.provideService(ImageFiles, changing))
      const fiber = yield* Effect.forkChild(program)
      yield* turnUntilDone(fiber, 600)
      const exit = yield* Fiber.await(fiber)
      assert.strictEqual(exit._tag, "Failure")
      if (exit._tag === "Success") return
      const error = Option.getOrThrow(Cause.findErrorOption(exit.cause))
      assert.instanceOf(error, UpdateError)
      assert.strictEqual(error.code, "QDL_IMAGE_CHANGED")
      const journal = yield* modem.journal
      assert.notInclude(
        journal.map(({ _tag }) => _tag),
        "ImageReceived"
      )
      // The last chunk was withheld.
      assert.strictEqual(journal.filter(({ _tag }) => _tag === "ChunkWritten").length, 2)
    }).pipe(Effect.provide(Layer.fresh(Sim.layer(Sim.em7455()))))
  )
})

describe("two modems at once", () => {
  const two = () => [
    Sim.em7455({ portPath: "1-1", serial: "AAAA", imei: "123456789012347" }),
    Sim.em7455({ portPath: "1-2", serial: "BBBB", imei: "490154203237518" })
  ]

  it.effect("are listed, and none is taken by guess", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Modem.select())
      assert.strictEqual(error.code, "DEVICE_SEVERAL")
      assert.include(error.message, "AAAA")
      assert.include(error.message, "BBBB")
    }).pipe(Effect.provide(Layer.fresh(Sim.layer(two()))))
  )

  it.effect("the one that was chosen is updated, the other one untouched", () =>
    Effect.gen(function* () {
      const { modems } = yield* Sim.SimControl
      const program = Effect.gen(function* () {
        const set = yield* Image.openSet(Object.keys(images9x30))
        return yield* Update.run(yield* Update.plan(yield* Modem.select({ serial: "BBBB" }), set))
      }).pipe(Effect.scoped, Effect.provideService(ImageFiles, inMemory(images9x30)))
      const fiber = yield* Effect.forkChild(program)
      yield* turnUntilDone(fiber, 600)
      assert.strictEqual((yield* Fiber.join(fiber)).outcome, "updated")
      const [first, second] = yield* Effect.all(modems.map(({ state }) => state))
      assert.strictEqual(second?.running.firmware, "02.33.03.00")
      assert.strictEqual(first?.running.firmware, "02.24.05.06")
      const tags = (yield* modems[0]!.journal).map(({ _tag }) => _tag)
      assert.notInclude(tags, "QmiRequest")
      assert.notInclude(tags, "Unplugged")
    }).pipe(Effect.provide(Layer.fresh(Sim.layer(two()))))
  )
})

describe("a run as a stream", () => {
  it.live("begins with RunStarted, ends with RunFinished, and counts every byte", () =>
    Effect.gen(function* () {
      const set = yield* Image.openSet(Object.keys(images9x30))
      const plan = yield* Update.plan(yield* Modem.select(), set)
      const events = yield* Stream.runCollect(Update.events(plan))
      assert.strictEqual(events[0]?._tag, "RunStarted")
      assert.strictEqual(events.at(-1)?._tag, "RunFinished")
      const progress = events.flatMap((event) => (event._tag === "ImageProgress" ? [event] : []))
      assert.deepStrictEqual(
        progress.map(({ sent }) => sent),
        [1_048_576, 2_097_152, system.length - 400, 1264]
      )
    }).pipe(
      Effect.scoped,
      Effect.provideService(ImageFiles, inMemory(images9x30)),
      Effect.provide(Layer.fresh(Sim.layer(Sim.em7455({ timing: Sim.instant }))))
    )
  )

  it.live("fails as the run fails, behind its RunFailed", () =>
    Effect.gen(function* () {
      const set = yield* Image.openSet(Object.keys(images9x30))
      const plan = yield* Update.plan(yield* Modem.select(), set)
      const seen: Array<string> = []
      const error = yield* Update.events(plan).pipe(
        Stream.runForEach((event) => Effect.sync(() => void seen.push(event._tag))),
        Effect.flip
      )
      assert.strictEqual(error.code, "QDL_REJECTED")
      assert.strictEqual(seen.at(-1), "RunFailed")
    }).pipe(
      Effect.scoped,
      Effect.provideService(ImageFiles, inMemory(images9x30)),
      Effect.provide(
        Layer.fresh(
          Sim.layer(
            Sim.em7455({ timing: Sim.instant, behaviours: [Sim.behaviour("nakOpen", { image: 0, code: 0x12 })] })
          )
        )
      )
    )
  )
})
