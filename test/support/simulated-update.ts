/** Whole updates of simulated modems in virtual time: everything a test asks of them afterwards. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Modem from "../../src/device/Modem.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import * as Image from "../../src/file/Image.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { buildCarrierImage, buildCombinedImage, buildSystemImage } from "../../src/image/builder.ts"
import type { SetOptions } from "../../src/image/ImageSet.ts"
import type { Settings } from "../../src/plan/settings.ts"
import * as Sim from "../../src/sim/index.ts"
import { EventSink } from "../../src/update/events.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import * as Update from "../../src/update/Update.ts"
import { watchedBus, watchedFiles } from "../monitor/trace.ts"
import type { Seen, Trace } from "../monitor/trace.ts"

export type Files = { readonly [name: string]: Uint8Array }

/** Two and a half chunks of system image: first, middle and short last chunk all happen. */
const size = 2_621_440

export const firmware = { old: "02.24.05.06", new: "02.33.03.00" } as const

export const images9x30: Files = {
  "SWI9X30C_02.33.03.00.cwe": buildSystemImage({ familyToken: "SWI9X30C", firmware: "02.33.03.00", size }),
  "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu": buildCarrierImage({
    familyToken: "SWI9X30C",
    firmware: "02.33.03.00",
    carrier: "GENERIC",
    config: "002.072_000"
  })
}
export const images9x15: Files = {
  "SWI9X15C_05.05.78.00.cwe": buildSystemImage({ familyToken: "SWI9X15C", firmware: "05.05.78.00", size }),
  "SWI9X15C_05.05.78.00_GENEU-4G_005.031_001.nvu": buildCarrierImage({
    familyToken: "SWI9X15C",
    firmware: "05.05.78.00",
    carrier: "GENEU-4G",
    config: "005.031_001"
  })
}
export const spk9x15: Files = {
  "9999999_9902674_SWI9X15C_05.05.78.00_00_GENEU-4G_005.031_001-field.spk": buildCombinedImage({
    familyToken: "SWI9X15C",
    firmware: "05.05.78.00",
    carrier: "GENEU-4G",
    config: "005.031_001",
    partNumber: "9902674",
    size
  })
}
export const spk9x30: Files = {
  "9999999_9904609_SWI9X30C_02.33.03.00_00_GENERIC_002.072_000.spk": buildCombinedImage({
    familyToken: "SWI9X30C",
    firmware: "02.33.03.00",
    carrier: "GENERIC",
    config: "002.072_000",
    size
  })
}
export const images9200: Files = {
  "9999999_9999999_9200_03.05.29.03_00_generic_000.000_001_SPKG_MC.cwe": buildCombinedImage({
    familyToken: "9200",
    firmware: "03.05.29.03",
    carrier: "generic",
    config: "000.000_001",
    size
  })
}

export interface RunOptions {
  readonly files: Files
  readonly plan?: Update.PlanOptions
  readonly set?: SetOptions
  readonly mode?: "update" | "download" | "hold"
  /** Notes what passes at the ports, the files and the bus. */
  readonly trace?: Trace
  /** What an earlier run read. */
  readonly settingsBefore?: Settings
  /** Interrupts the run when this event has come. */
  readonly interruptOn?: (event: UpdateEvent) => boolean
  /** How far the virtual clock is turned at most; longer than every deadline of a flow together. */
  readonly patienceMinutes?: number
}

/** Lets everything that can go on without time go on: sleeps must be set before the clock is turned. */
const settle = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Turns the virtual clock minute by minute until the fiber has ended. One that never ends is a failed test. */
export const turnUntilDone = <A, E>(fiber: Fiber.Fiber<A, E>, minutes: number) =>
  Effect.gen(function* () {
    for (let minute = 0; minute < minutes; minute++) {
      yield* Effect.repeat(settle, { times: 5 })
      if (fiber.pollUnsafe() !== undefined) return
      yield* TestClock.adjust("1 minute")
    }
    yield* Effect.repeat(settle, { times: 5 })
    if (fiber.pollUnsafe() === undefined) {
      yield* Fiber.interrupt(fiber)
      return yield* Effect.die(new Error(`the update did not end within ${String(minutes)} virtual minutes`))
    }
  })

const pluggedIn = (attachment: Sim.Attachment | undefined): Seen => ({
  _tag: "Plugged",
  held: attachment?.mode === "boot-and-hold"
})

/** Runs one update of one simulated modem and tells everything that can be asserted about it. */
export const simulate = (setup: Sim.ModemSetup, options: RunOptions) =>
  drive(
    setup,
    options,
    Effect.gen(function* () {
      const set = yield* Image.openSet(Object.keys(options.files), options.set ?? {})
      const target = yield* Modem.select()
      const started = yield* Clock.currentTimeMillis
      const plan =
        options.mode === "hold"
          ? yield* Update.planHold(target)
          : options.mode === "download"
            ? yield* Update.planDownload(target, set, options.plan)
            : yield* Update.plan(target, set, options.plan)
      const planned = yield* Clock.currentTimeMillis
      const { settingsBefore } = options
      const result = yield* Update.run(settingsBefore === undefined ? plan : { ...plan, settingsBefore })
      return { plan, result, started, planned, ended: yield* Clock.currentTimeMillis }
    }).pipe(Effect.scoped)
  )

/** The same with any program that works on the modem. */
export const drive = <A, E>(
  setup: Sim.ModemSetup,
  options: Omit<RunOptions, "plan" | "set" | "mode">,
  program: Effect.Effect<A, E, UsbBus>
) =>
  Effect.gen(function* () {
    const control = yield* Sim.SimControl
    const modem = control.modems[0]!
    const events: Array<UpdateEvent> = []
    const { trace } = options
    const bus = yield* UsbBus
    const files = inMemory(options.files)
    if (trace !== undefined) {
      if ((yield* modem.attachment) !== undefined) trace.push(pluggedIn(yield* modem.attachment))
      yield* modem.listen((signal) =>
        Effect.sync(() => {
          if (signal._tag === "Plugged") trace.push(pluggedIn(signal.attachment))
          if (signal._tag === "Unplugged") trace.push({ _tag: "Unplugged" })
        })
      )
    }
    const stop = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkChild(
      program.pipe(
        Effect.provideService(UsbBus, trace === undefined ? bus : watchedBus(bus, trace)),
        Effect.provideService(ImageFiles, trace === undefined ? files : watchedFiles(files, trace)),
        Effect.provideService(EventSink, (event) =>
          Effect.suspend(() => {
            events.push(event)
            return options.interruptOn?.(event) === true ? Deferred.succeed(stop, undefined) : Effect.void
          })
        )
      )
    )
    yield* Effect.forkChild(Effect.andThen(Deferred.await(stop), Fiber.interrupt(fiber)))
    yield* turnUntilDone(fiber, options.patienceMinutes ?? 600)
    const exit = yield* Fiber.await(fiber)
    return { exit, events, state: yield* modem.state, journal: yield* modem.journal, modem }
  }).pipe(Effect.provide(Layer.fresh(Sim.layer(setup))))

/** The value of a run that must have succeeded, or the test's failure with the whole cause. */
export const succeeded = <A, E>(run: { readonly exit: Exit.Exit<A, E> }): A => {
  if (run.exit._tag === "Success") return run.exit.value
  throw new Error(`the update failed: ${JSON.stringify(run.exit.cause, null, 1)}`)
}
