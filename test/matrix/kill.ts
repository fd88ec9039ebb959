/**
 * The update of one simulated modem, ended at one moment: the program killed, the modem's power cut, or all power. Then new
 * programs do what a user is told to do, `recover`, until the modem is home or the patience is over.
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
import { History } from "../../src/journal/history.ts"
import { JournalFiles } from "../../src/journal/JournalFiles.ts"
import { journalLayer } from "../../src/journal/recorder.ts"
import * as Recovery from "../../src/recovery/Recovery.ts"
import * as Sim from "../../src/sim/index.ts"
import { ControlWay } from "../../src/update/ControlWay.ts"
import * as Update from "../../src/update/Update.ts"
import type { Files } from "../support/simulated-update.ts"
import { turnUntilEnd } from "../support/virtual-time.ts"
import { mortalBus } from "./mortal-bus.ts"
import { filesOf, losePower, makeDisk, mortalFiles } from "./mortal-files.ts"
import { makeMortality } from "./mortality.ts"
import type { Moment } from "./mortality.ts"

/** `all power`: the computer's too, so that the program dies and its journal has only what was made durable. */
export type Way = "killed" | "power cut" | "all power cut"

/** What `recover` has to go by: the journal and its images; the images in the user's hand; or nothing but the modem. */
export type Means = "journal" | "images" | "nothing"

export interface Ending {
  /** Number of the moment; -1 where nothing ends it. */
  readonly at: number
  readonly way: Way
  readonly means: Means
}

export interface Outcome {
  readonly moments: ReadonlyArray<Moment>
  /** What was done after the end of the first program, e.g. `Continue`, `Leave Select`, or an error's code. */
  readonly recovery: ReadonlyArray<string>
  readonly state: Sim.ModemState
}

export interface Subject {
  readonly setup: () => Sim.ModemSetup
  readonly files: Files
  readonly byAt?: true
}

/** Longer than every deadline of a flow together; and how far the clock is turned at a time, finer than every retry. */
const limit = "10 hours"
const step = "1 second"

/** Programs that a user starts one after the other before he gives up. */
const patience = 3

const state = (files: JournalFiles["Service"]) =>
  journalLayer.pipe(Layer.provideMerge(History.layer), Layer.provide(Layer.succeed(JournalFiles, files)))

const open = (files: Files) => Image.openSet(Object.keys(files))

const update = (files: Files) =>
  Effect.gen(function* () {
    return yield* Update.run(yield* Update.plan(yield* Modem.select(), yield* open(files)))
  })

const recover = (files: Files, means: Means) =>
  Effect.gen(function* () {
    const modem = yield* Modem.select()
    const images = means === "images" ? { images: yield* open(files) } : {}
    const { tried } = yield* Recovery.run(yield* Recovery.plan(modem, images))
    return tried.length === 0 ? "home" : tried.map(({ remedy }) => remedy._tag).join(" ")
  })

const describe = <E>(cause: Cause.Cause<E>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error && "code" in error ? String(error.code) : Cause.pretty(cause)
}

/** Ends an update at one moment, or lets it through where it has fewer moments. */
export const endAt = ({ byAt, files, setup }: Subject, { at, means, way }: Ending) =>
  Effect.gen(function* () {
    const real = yield* UsbBus
    const { modems } = yield* Sim.SimControl
    const modem = modems[0]!
    const disk = makeDisk()
    const ended = yield* Deferred.make<void>()
    const end = Deferred.succeed(ended, undefined)
    const mortality = makeMortality((here, { die }) => {
      if (here.number !== at) return Effect.void
      switch (way) {
        case "killed":
          return Effect.uninterruptible(Effect.andThen(die, end)).pipe(Effect.andThen(Effect.never))
        case "power cut":
          // The step that is under way may be interrupted for it.
          return Effect.uninterruptible(Effect.andThen(modem.unplug, end))
        case "all power cut":
          return Effect.uninterruptible(
            die.pipe(
              Effect.andThen(Effect.sync(() => losePower(disk))),
              Effect.andThen(modem.unplug),
              Effect.andThen(end)
            )
          ).pipe(Effect.andThen(Effect.never))
      }
    })
    const controlWay = byAt === true ? ("at" as const) : ("auto" as const)
    // Nobody waits for a killed program: it stays where it is, which may be where it cannot be interrupted.
    const first = yield* Effect.forkDetach(
      update(files).pipe(
        Effect.provideService(UsbBus, mortalBus(real, mortality)),
        Effect.provideService(ImageFiles, inMemory(files)),
        Effect.provideService(ControlWay, controlWay),
        Effect.provide(state(mortalFiles(disk, 1, mortality))),
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
        way === "power cut" ? Effect.never : Deferred.await(ended),
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
        recover(files, means).pipe(
          Effect.provideService(ImageFiles, inMemory(means === "nothing" ? {} : files)),
          Effect.provideService(ControlWay, controlWay),
          Effect.provide(state(filesOf(disk, attempt + 2))),
          Effect.scoped
        )
      )
      const exit = yield* turnUntilEnd(next, limit, step)
      recovery.push(Exit.isSuccess(exit) ? exit.value : describe(exit.cause))
      if (Exit.isSuccess(exit)) break
    }
    const outcome: Outcome = { moments: mortality.moments, recovery, state: yield* modem.state }
    return outcome
  }).pipe(Effect.provide(Layer.fresh(Sim.layer(setup()))))

/** What is wrong with a modem that should be home; nothing where it runs old or new firmware as it should. */
export const notHome = (state: Sim.ModemState, versions: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...(state.mode === "application" ? [] : [`it is in ${state.mode}`]),
  ...(versions.includes(state.running.firmware) ? [] : [`it runs ${state.running.firmware}`]),
  ...(state.operatingMode === 0 ? [] : [`its operating mode is ${String(state.operatingMode)}`]),
  ...(state.bootImageDownloadMode === 0 && !state.holdOnce ? [] : ["its next start is told to stop in boot-and-hold"]),
  ...Sim.mismatches(state)
]
