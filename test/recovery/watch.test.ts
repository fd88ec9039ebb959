/** `recover --watch` over days of virtual time. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import type { MemoryContents } from "../../src/journal/memory.ts"
import { watch } from "../../src/recovery/watch.ts"
import type { WatchEvent, WatchHooks, WatchOptions } from "../../src/recovery/watch.ts"
import * as Sim from "../../src/sim/index.ts"
import { LockError } from "../../src/update/LockError.ts"
import { ModemLock } from "../../src/update/ModemLock.ts"
import { images9x30 } from "../support/simulated-update.ts"
import { pass } from "../support/virtual-time.ts"
import { assertHome, inTransfer, journals, killedUpdate, onBus } from "./support.ts"

interface Told {
  readonly event: WatchEvent
  /** Virtual minutes since it began. */
  readonly minute: number
}

/** A watch in the background, and what it tells. */
const begin = Effect.fnUntraced(function* (
  hooks: Partial<WatchHooks<never, never>> = {},
  contents: MemoryContents = new Map(),
  options: WatchOptions = {}
) {
  const told: Array<Told> = []
  const started = yield* Clock.currentTimeMillis
  const fiber = yield* Effect.forkChild(
    watch(options, {
      tell: (event) =>
        Effect.map(Clock.currentTimeMillis, (now) => void told.push({ event, minute: (now - started) / 60_000 })),
      ...hooks
    }).pipe(
      Effect.scoped,
      Effect.provideService(ImageFiles, inMemory(images9x30)),
      Effect.provide(journals(contents, 1), { local: true })
    )
  )
  const tags = () => told.map(({ event }) => event._tag)
  const minutes = (tag: WatchEvent["_tag"]) =>
    told.filter(({ event }) => event._tag === tag).map(({ minute }) => minute)
  return { told, tags, minutes, fiber }
})

const modems = Effect.map(Sim.SimControl, ({ modems: all }) => all)

const resets = (modem: Sim.SimModem) =>
  Effect.map(modem.journal, (all) => all.filter((one) => one._tag === "QdlRequest" && one.request === "Reset").length)

const stuck = Sim.behaviour("staysInBootAndHold", {})

describe("a watch that recovers", () => {
  it.effect("looks at a modem that is home once, and never again", () =>
    Effect.gen(function* () {
      const [modem] = yield* modems
      const { tags } = yield* begin()
      yield* pass("1 hour", "10 seconds")
      assert.deepStrictEqual(tags(), ["WatchedHome"])
      const asked = (yield* modem!.journal).length
      yield* pass("1 day", "10 minutes")
      assert.strictEqual((yield* modem!.journal).length, asked)
      assert.deepStrictEqual(tags(), ["WatchedHome"])
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("leaves a modem in boot-and-hold alone for a minute, then brings it home", () =>
    Effect.gen(function* () {
      const [modem] = yield* modems
      const { minutes, tags } = yield* begin()
      yield* pass("55 seconds", "5 seconds")
      assert.strictEqual(yield* resets(modem!), 0)
      assert.deepStrictEqual(tags(), ["WatchedStuck", "WatchedWaits"])
      yield* pass("10 minutes", "5 seconds")
      assert.deepStrictEqual(tags(), ["WatchedStuck", "WatchedWaits", "WatchedBegins", "WatchedHome"])
      assert.deepStrictEqual(minutes("WatchedBegins"), [1])
      assertHome(yield* modem!.state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold" })))
  )

  it.effect("tries one that never comes back three times in a day, and says once that it is given up", () =>
    Effect.gen(function* () {
      const [modem] = yield* modems
      const { minutes, tags } = yield* begin()
      yield* pass("24 hours", "10 seconds")
      const begun = minutes("WatchedBegins")
      assert.lengthOf(begun, 3)
      assert.strictEqual(begun[0], 1)
      // From the end of one attempt, which takes as long as the modem needs to show that it stays.
      assert.isAtLeast(begun[1]! - begun[0]!, 5)
      assert.isAtLeast(begun[2]! - begun[1]!, 30)
      assert.isBelow(begun[2]!, 60)
      assert.strictEqual(yield* resets(modem!), 3)
      assert.lengthOf(minutes("WatchedGivenUp"), 1)
      assert.lengthOf(minutes("WatchedFailed"), 3)
      const told = tags().length
      assert.isBelow(told, 25)
      yield* pass("20 hours", "1 minute")
      // The next day it is tried again, and not more.
      assert.lengthOf(minutes("WatchedBegins"), 6)
      assert.lengthOf(minutes("WatchedGivenUp"), 2)
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold", behaviours: [stuck] })))
  )

  it.effect("says so once, however often it leaves and comes back in boot-and-hold", () =>
    Effect.gen(function* () {
      const [modem] = yield* modems
      const { minutes } = yield* begin()
      yield* pass("2 hours", "10 seconds")
      assert.lengthOf(minutes("WatchedGivenUp"), 1)
      for (let plugged = 0; plugged < 5; plugged++) {
        yield* modem!.unplug
        yield* pass("1 minute", "5 seconds")
        yield* modem!.plug()
        yield* pass("10 minutes", "5 seconds")
      }
      assert.strictEqual((yield* modem!.state).mode, "boot-and-hold")
      assert.lengthOf(minutes("WatchedGone"), 5)
      assert.lengthOf(minutes("WatchedGivenUp"), 1)
      assert.lengthOf(minutes("WatchedBegins"), 3)
    }).pipe(
      onBus(
        (() => {
          const { state } = Sim.mc7710({ mode: "boot-and-hold" })
          return Sim.mc7710({
            state: { ...state, slots: state.slots.map((slot) => ({ ...slot, status: "BAD" as const })) }
          })
        })()
      )
    )
  )

  it.effect("keeps others from nothing: six attempts an hour on all of them", () =>
    Effect.gen(function* () {
      const all = yield* modems
      const { minutes } = yield* begin()
      yield* pass("30 minutes", "10 seconds")
      assert.lengthOf(minutes("WatchedBegins"), 6)
      yield* pass("90 minutes", "10 seconds")
      assert.lengthOf(minutes("WatchedBegins"), 8)
      for (const modem of all) assertHome(yield* modem.state, "02.24.05.06")
    }).pipe(
      onBus(
        Sim.em7455({ mode: "boot-and-hold" }),
        ...[1, 2, 3, 4, 5, 6, 7].map((number) =>
          Sim.em7455({ mode: "boot-and-hold", portPath: `2-${String(number)}`, serial: `XX${String(number)}` })
        )
      )
    )
  )

  it.effect("goes on with the run that was killed, and with nothing of another program's that is alive", () =>
    Effect.gen(function* () {
      const [modem] = yield* modems
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      const { tags } = yield* begin({}, contents)
      yield* pass("20 minutes", "5 seconds")
      assert.strictEqual(tags().at(-1), "WatchedHome")
      assertHome(yield* modem!.state, "02.33.03.00")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("does not touch a modem that another boothold has, and counts that for nothing", () =>
    Effect.gen(function* () {
      const [modem] = yield* modems
      let held = true
      const reason = { _tag: "Held", pid: 4711, program: "boothold", since: 0 } as const
      const lock = () =>
        Effect.suspend(() =>
          held ? Effect.fail(new LockError({ modem: "1-2", path: "locks/port-1-2.lock", reason })) : Effect.void
        )
      const { minutes, tags } = yield* begin().pipe(Effect.provideService(ModemLock, lock))
      yield* pass("3 hours", "10 seconds")
      assert.strictEqual(yield* resets(modem!), 0)
      assert.lengthOf(minutes("WatchedTaken"), 1)
      assert.notInclude(tags(), "WatchedGivenUp")
      held = false
      yield* pass("40 minutes", "5 seconds")
      assert.strictEqual(tags().at(-1), "WatchedHome")
      assertHome(yield* modem!.state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold" })))
  )

  it.effect("does not touch a boot loader whose port somebody has open, and counts that for nothing", () =>
    Effect.gen(function* () {
      const [modem] = yield* modems
      const { minutes, tags } = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* modem!.connect("download")
          const begun = yield* begin()
          yield* pass("3 hours", "10 seconds")
          assert.lengthOf(begun.minutes("WatchedTaken"), 1)
          assert.notInclude(begun.tags(), "WatchedGivenUp")
          assert.strictEqual((yield* modem!.state).mode, "boot-and-hold")
          return begun
        })
      )
      yield* pass("40 minutes", "5 seconds")
      assert.strictEqual(tags().at(-1), "WatchedHome")
      assert.isAbove(minutes("WatchedHome")[0]!, 180)
      assertHome(yield* modem!.state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold" })))
  )

  it.effect("asks no modem that others use, and looks again later", () =>
    Effect.gen(function* () {
      const [modem] = yield* modems
      let why: string | undefined = "ModemManager (pid 7) uses /dev/cdc-wdm0"
      const { minutes, tags } = yield* begin({ taken: () => Effect.sync(() => why) })
      yield* pass("1 hour", "10 seconds")
      assert.deepStrictEqual(tags(), ["WatchedTaken"])
      assert.isFalse((yield* modem!.journal).some(({ _tag }) => _tag === "QmiRequest"))
      why = undefined
      yield* pass("40 minutes", "10 seconds")
      assert.strictEqual(tags().at(-1), "WatchedHome")
      assert.lengthOf(minutes("WatchedBegins"), 1)
      assertHome(yield* modem!.state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455({ preference: { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" } })))
  )

  it.effect("sees a modem that falls into boot-and-hold later, and one that is plugged in", () =>
    Effect.gen(function* () {
      const [modem] = yield* modems
      const { minutes, tags } = yield* begin()
      yield* pass("10 minutes", "10 seconds")
      yield* modem!.unplug
      yield* pass("1 minute", "10 seconds")
      yield* modem!.plug()
      yield* pass("10 minutes", "10 seconds")
      assert.deepStrictEqual(tags(), ["WatchedHome", "WatchedGone", "WatchedHome"])
      assert.lengthOf(minutes("WatchedBegins"), 0)
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("ends when it is interrupted", () =>
    Effect.gen(function* () {
      const { fiber } = yield* begin()
      yield* pass("10 minutes", "1 minute")
      yield* Fiber.interrupt(fiber)
    }).pipe(onBus(Sim.em7455()))
  )
})
