/** An update of a simulated modem that is broken off, and whether what it then says of the modem is true. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Modem from "../../src/device/Modem.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import * as Image from "../../src/file/Image.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import * as Sim from "../../src/sim/index.ts"
import type { Condition } from "../../src/update/condition.ts"
import { EventSink } from "../../src/update/events.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import * as Update from "../../src/update/Update.ts"
import { mortalBus } from "../matrix/mortal-bus.ts"
import { makeMortality } from "../matrix/mortality.ts"
import type { Files } from "./simulated-update.ts"
import { turnUntilEnd } from "./virtual-time.ts"

/** When it is broken off: at a moment of the conversation, at an event, or so many seconds after the program's beginning. */
export interface When {
  readonly moment?: number
  readonly event?: number
  readonly seconds?: number
}

/** What was done to the modem since `from`, from its own journal; what it did a while later belongs to it. */
interface Deeds {
  readonly before: Sim.ModemState
  readonly after: Sim.ModemState
  readonly boots: number
  /** Images that were announced and not given up for another try, and those that came complete. */
  readonly opened: number
  readonly complete: number
  readonly resets: number
}

const images = (files: Files) => Object.keys(files).length

/** What is wrong with what was said; it may say more than was done, never less. */
const understates = (condition: Condition, files: Files, deeds: Deeds): string | undefined => {
  const { after, before, boots, complete, opened, resets } = deeds
  const samePreference = JSON.stringify(before.preference) === JSON.stringify(after.preference)
  const held = after.mode === "boot-and-hold"
  const wrong = (is: boolean, what: string): string | undefined => (is ? what : undefined)
  switch (condition._tag) {
    case "Untouched":
      return (
        wrong(!samePreference, "the preference is another") ??
        wrong(boots > 0 || after.mode !== before.mode, "it restarted") ??
        wrong(after.bootImageDownloadMode !== before.bootImageDownloadMode || after.holdOnce, "it is armed") ??
        wrong(after.operatingMode !== before.operatingMode, "its operating mode is another")
      )
    case "PreferenceRestored":
      return wrong(!samePreference || boots > 0, "the old preference is not back")
    case "PreferenceChanged":
      return wrong(boots > 0 || opened > 0, "it restarted")
    case "Restarting":
      return (
        wrong(held && opened > complete && resets === 0, "it is being written to") ??
        wrong(boots === 0 && (after.bootImageDownloadMode !== 0 || after.holdOnce), "it is armed and did not restart")
      )
    case "BootAndHold":
      return wrong(opened > 0 || !held, "it is being written to, or has left")
    case "HalfWritten":
      return wrong(resets > 0 || !held, "it has left boot-and-hold")
    case "WrittenNotReset": {
      const left = condition.left?.length ?? 0
      return (
        wrong(resets > 0 || !held, "it has left boot-and-hold") ??
        wrong(opened > images(files) - left, "another image was begun") ??
        wrong(complete < images(files) - left, "not all of it is written")
      )
    }
    case "Running":
      return wrong(after.running.firmware !== condition.firmware, "it runs something else")
    case "RunningOther":
      return wrong(held, "it waits in boot-and-hold")
    case "LeftBus":
      return "nobody has unplugged it"
  }
}

/** Runs one update until it is broken off, or to its end. */
export const breakOff = (setup: Sim.ModemSetup, files: Files, when: When, mode: "update" | "hold" = "update") =>
  Effect.gen(function* () {
    const real = yield* UsbBus
    const { modems } = yield* Sim.SimControl
    const modem = modems[0]!
    const now = Deferred.makeUnsafe<void>()
    const events: Array<UpdateEvent> = []
    let begun = Number.POSITIVE_INFINITY
    let ended = Number.NaN
    let from = 0
    const before = yield* modem.state
    // A turn for the interruption: it comes exactly here, as where the system takes its time.
    const breaks = Effect.andThen(Deferred.succeed(now, undefined), Effect.repeat(Effect.yieldNow, { times: 5 }))
    const mortality = makeMortality(({ number }) => (number === when.moment ? breaks : Effect.void))
    const fiber = yield* Effect.forkChild(
      Effect.gen(function* () {
        const target = yield* Modem.select()
        const plan =
          mode === "hold"
            ? yield* Update.planHold(target)
            : yield* Update.plan(target, yield* Image.openSet(Object.keys(files)))
        from = mortality.moments.length
        return yield* Update.run(plan)
      }).pipe(
        Effect.scoped,
        Effect.provideService(UsbBus, mortalBus(real, mortality)),
        Effect.provideService(ImageFiles, inMemory(files)),
        Effect.provideService(EventSink, (event) =>
          Effect.suspend(() => {
            events.push(event)
            return events.length - 1 === when.event ? breaks : Effect.void
          })
        ),
        Effect.onExit(() => Effect.map(Clock.currentTimeMillis, (at) => void (ended = at)))
      )
    )
    yield* Effect.forkChild(
      Effect.gen(function* () {
        yield* Deferred.await(now)
        begun = yield* Clock.currentTimeMillis
        fiber.interruptUnsafe()
      })
    )
    if (when.seconds !== undefined) {
      yield* Effect.forkChild(Effect.delay(Deferred.succeed(now, undefined), when.seconds * 1000))
    }
    const exit = yield* turnUntilEnd(fiber, "10 hours", "1 second")
    // What it was told before the end it may still do.
    yield* TestClock.adjust("1 minute")
    const after = yield* modem.state
    const journal = yield* modem.journal
    const last = events.findLast((event) => event._tag === "RunInterrupted")
    const wasBrokenOff = begun !== Number.POSITIVE_INFINITY
    const qdl = (request: string): number =>
      journal.filter((entry) => entry._tag === "QdlRequest" && entry.request === request).length
    const deeds: Deeds = {
      before,
      after,
      boots: journal.filter(({ _tag }) => _tag === "Booted").length,
      opened: qdl("OpenUnframed") - journal.filter(({ _tag }) => _tag === "ImageAbandoned").length,
      complete: journal.filter(({ _tag }) => _tag === "ImageReceived").length,
      resets: qdl("Reset")
    }
    return {
      exit,
      events,
      moments: mortality.moments,
      /** The number of the first moment of the run itself. */
      from,
      wasBrokenOff,
      /** From the interruption to the end, virtual. */
      millis: ended - begun,
      last,
      wrong: last === undefined ? undefined : understates(last.condition, files, deeds)
    }
  }).pipe(Effect.provide(Layer.fresh(Sim.layer(setup))))
