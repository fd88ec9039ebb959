/**
 * The update of one simulated modem, ended at one moment: the program killed, or the modem's power cut. Then what the
 * user is told to do is done by new programs, until the modem is home or the patience is over.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Modem from "../../src/device/Modem.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import * as Image from "../../src/file/Image.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import * as Sim from "../../src/sim/index.ts"
import * as Update from "../../src/update/Update.ts"
import type { Files } from "../support/simulated-update.ts"
import { turnUntilEnd } from "../support/virtual-time.ts"
import { mortalBus } from "./mortal-bus.ts"
import type { Moment } from "./mortal-bus.ts"

export type Way = "killed" | "power cut"

export interface Outcome {
  readonly moments: ReadonlyArray<Moment>
  /** What was done after the end of the first program, e.g. `download: TRANSPORT_…`, `update: updated`. */
  readonly recovery: ReadonlyArray<string>
  readonly state: Sim.ModemState
}

/** Longer than every deadline of a flow together; and how far the clock is turned at a time, finer than every retry. */
const limit = "10 hours"
const step = "1 second"

/** Programs that a user starts one after the other before he gives up. */
const patience = 4

const open = (files: Files) => Image.openSet(Object.keys(files))

const update = (files: Files) =>
  Effect.gen(function* () {
    return yield* Update.run(yield* Update.plan(yield* Modem.select(), yield* open(files)))
  })

const goOn = (files: Files) =>
  Effect.gen(function* () {
    const modem = yield* Modem.select()
    const images = yield* open(files)
    return yield* modem.mode === "boot-and-hold"
      ? Effect.map(Update.run(yield* Update.planDownload(modem, images)), ({ outcome }) => `download: ${outcome}`)
      : Effect.map(Update.run(yield* Update.plan(modem, images)), ({ outcome }) => `update: ${outcome}`)
  })

const describe = <E>(cause: Cause.Cause<E>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error && "code" in error ? String(error.code) : Cause.pretty(cause)
}

/** Ends an update at `moment`, or lets it through where it has fewer moments. */
export const endAt = (setup: Sim.ModemSetup, files: Files, moment: number, way: Way) =>
  Effect.gen(function* () {
    const real = yield* UsbBus
    const { modems } = yield* Sim.SimControl
    const modem = modems[0]!
    const ended = yield* Deferred.make<void>()
    const mortal = mortalBus(real, (here, { die }) => {
      if (here.number !== moment) return Effect.void
      const end = Deferred.succeed(ended, undefined)
      return way === "killed"
        ? die.pipe(Effect.andThen(end), Effect.andThen(Effect.never))
        : Effect.andThen(modem.unplug, end)
    })
    // Nobody waits for a killed program: it stays where it is, which may be where it cannot be interrupted.
    const first = yield* Effect.forkDetach(
      update(files).pipe(
        Effect.provideService(UsbBus, mortal.bus),
        Effect.provideService(ImageFiles, inMemory(files)),
        Effect.scoped
      )
    )
    const plugger = yield* Effect.forkChild(
      way === "killed"
        ? Effect.void
        : Deferred.await(ended).pipe(Effect.andThen(Effect.sleep("20 seconds")), Effect.andThen(modem.plug()))
    )
    const over = yield* Effect.forkChild(
      Effect.raceFirst(
        way === "killed" ? Deferred.await(ended) : Effect.never,
        Effect.andThen(
          Fiber.await(first),
          Effect.flatMap(Deferred.isDone(ended), (was) => (was ? Fiber.join(plugger) : Effect.void))
        )
      )
    )
    yield* turnUntilEnd(over, limit, step)
    const recovery: Array<string> = []
    for (let attempt = 0; attempt < patience; attempt++) {
      // Nobody is at hand within a second: a modem that was on its way out has left, and one that starts is back.
      yield* TestClock.adjust("30 seconds")
      for (let wait = 0; wait < 60 && (yield* modem.attachment) === undefined; wait++)
        yield* TestClock.adjust("5 seconds")
      const next = yield* Effect.forkChild(
        goOn(files).pipe(Effect.provideService(ImageFiles, inMemory(files)), Effect.scoped)
      )
      const exit = yield* turnUntilEnd(next, limit, step)
      recovery.push(Exit.isSuccess(exit) ? exit.value : describe(exit.cause))
      if (Exit.isSuccess(exit)) break
    }
    const outcome: Outcome = { moments: mortal.moments, recovery, state: yield* modem.state }
    return outcome
  }).pipe(Effect.provide(Layer.fresh(Sim.layer(setup))))

/** What is wrong with a modem that should be home; nothing where it runs old or new firmware as it should. */
export const notHome = (state: Sim.ModemState, versions: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...(state.mode === "application" ? [] : [`it is in ${state.mode}`]),
  ...(versions.includes(state.running.firmware) ? [] : [`it runs ${state.running.firmware}`]),
  ...(state.operatingMode === 0 ? [] : [`its operating mode is ${String(state.operatingMode)}`]),
  ...Sim.mismatches(state)
]
