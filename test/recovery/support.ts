/** Simulated modems that a program left half way, and their recovery by another one; in virtual time. */
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import * as Modem from "../../src/device/Modem.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import * as Image from "../../src/file/Image.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { History } from "../../src/journal/history.ts"
import { JournalFiles } from "../../src/journal/JournalFiles.ts"
import { memoryFiles } from "../../src/journal/memory.ts"
import type { MemoryContents } from "../../src/journal/memory.ts"
import { journalLayer } from "../../src/journal/recorder.ts"
import * as Recovery from "../../src/recovery/Recovery.ts"
import * as Sim from "../../src/sim/index.ts"
import { EventSink } from "../../src/update/events.ts"
import type { UpdateEvent } from "../../src/update/events.ts"
import * as Update from "../../src/update/Update.ts"
import { notHome } from "../matrix/kill.ts"
import { mortalBus } from "../matrix/mortal-bus.ts"
import { makeMortality } from "../matrix/mortality.ts"
import type { Files } from "../support/simulated-update.ts"
import { turnUntilEnd } from "../support/virtual-time.ts"

export const journals = (contents: MemoryContents, pid: number, isDead = () => false) => {
  const files = memoryFiles(contents, { pid, program: "boothold" })
  const mortal: typeof files = {
    ...files,
    create: (id, room) =>
      Effect.map(files.create(id, room), ({ append }) => ({
        append: (bytes, durable) => Effect.suspend(() => (isDead() ? Effect.void : append(bytes, durable)))
      }))
  }
  return journalLayer.pipe(Layer.provideMerge(History.layer), Layer.provide(Layer.succeed(JournalFiles, mortal)))
}

/** When a program dies. */
export type Cut = (seen: {
  readonly event: UpdateEvent | undefined
  readonly state: Sim.ModemState
  /** Counts everything that the program does to the modem. */
  readonly moment: number | undefined
}) => boolean

/** When the first half of the system image is out. */
export const inTransfer: Cut = ({ event }) => event?._tag === "ImageProgress" && event.sent > 0

/** An update that is killed, as by SIGKILL; what it wrote down until then is in `contents`. */
export const killedUpdate = Effect.fnUntraced(function* (files: Files, contents: MemoryContents, cut: Cut) {
  const real = yield* UsbBus
  const { modems } = yield* Sim.SimControl
  const modem = modems[0]!
  const ended = yield* Deferred.make<void>()
  let dead = false
  const end = (die: Effect.Effect<void>) =>
    Effect.suspend(() => {
      dead = true
      return die.pipe(Effect.andThen(Deferred.succeed(ended, undefined)), Effect.andThen(Effect.never))
    })
  const mortality = makeMortality(({ number }, { die }) =>
    Effect.flatMap(modem.state, (state) =>
      !dead && cut({ event: undefined, state, moment: number }) ? end(die) : Effect.void
    )
  )
  const update = Effect.gen(function* () {
    const target = yield* Modem.select()
    const images = yield* Image.openSet(Object.keys(files))
    return yield* Update.run(yield* Update.plan(target, images))
  })
  yield* Effect.forkDetach(
    update.pipe(
      Effect.scoped,
      Effect.provideService(UsbBus, mortalBus(real, mortality)),
      Effect.provideService(ImageFiles, inMemory(files)),
      Effect.provideService(EventSink, (event) =>
        Effect.flatMap(modem.state, (state) =>
          !dead && cut({ event, state, moment: undefined }) ? end(mortality.die) : Effect.void
        )
      ),
      Effect.provide(
        journals(contents, 99, () => dead),
        { local: true }
      )
    )
  )
  const over = yield* Effect.forkChild(Deferred.await(ended))
  yield* turnUntilEnd(over, "2 hours", "1 second")
  // What was on its way when it died arrives, and a modem that was on its way out has left.
  yield* TestClock.adjust("30 seconds")
})

export interface Recovering {
  readonly files?: Files
  readonly given?: Files
  readonly contents?: MemoryContents
  readonly options?: Omit<Recovery.RecoveryOptions, "images">
  readonly selector?: Modem.Selector
}

/** What came of it. */
export interface Recovered {
  readonly plan: Recovery.RecoveryPlan
  readonly exit: Exit.Exit<Recovery.RecoveryResult, unknown>
  readonly events: ReadonlyArray<UpdateEvent>
  readonly looks: ReadonlyArray<Recovery.RecoveryPlan>
}

const tagOf = ({ remedy }: { readonly remedy: { readonly _tag: string } }): string => remedy._tag

export const triedIn = ({ exit }: Recovered): ReadonlyArray<string> => {
  if (Exit.isFailure(exit)) throw new Error(Cause.pretty(exit.cause))
  return exit.value.tried.map(
    (attempt) => tagOf(attempt) + (attempt.error === undefined ? "" : `: ${attempt.error.code}`)
  )
}

export const errorIn = ({ exit }: Recovered) => {
  if (Exit.isSuccess(exit)) throw new Error(`it came home: ${JSON.stringify(exit.value.tried)}`)
  return Option.getOrThrowWith(Cause.findErrorOption(exit.cause), () => new Error(Cause.pretty(exit.cause))) as {
    readonly code: string
    readonly message: string
  }
}

/** Looks at the modem, and brings it home. */
export const recover = Effect.fnUntraced(function* ({
  contents = new Map(),
  files = {},
  given,
  options = {},
  selector = {}
}: Recovering = {}) {
  const events: Array<UpdateEvent> = []
  const looks: Array<Recovery.RecoveryPlan> = []
  const work = Effect.gen(function* () {
    const modem = yield* Modem.select(selector)
    const images = given === undefined ? undefined : yield* Image.openSet(Object.keys(given))
    const plan = yield* Recovery.plan(modem, images === undefined ? options : { ...options, images })
    const exit = yield* Effect.exit(
      Recovery.run(plan, { looked: (found) => Effect.sync(() => void looks.push(found)) })
    )
    const done: Recovered = { plan, exit, events, looks }
    return done
  }).pipe(
    Effect.scoped,
    Effect.provideService(ImageFiles, inMemory({ ...files, ...given })),
    Effect.provideService(EventSink, (event) => Effect.sync(() => void events.push(event))),
    Effect.provide(journals(contents, 1), { local: true })
  )
  const fiber = yield* Effect.forkChild(work)
  const exit = yield* turnUntilEnd(fiber, "10 hours", "500 millis")
  if (Exit.isFailure(exit)) return yield* Effect.failCause(exit.cause)
  return exit.value
})

/** In application mode, online, running one of these versions, which its preference names. */
export const assertHome = (state: Sim.ModemState, ...versions: ReadonlyArray<string>): void => {
  assert.deepStrictEqual(notHome(state, versions), [])
  assert.strictEqual(state.bootImageDownloadMode, 0)
  assert.isFalse(state.holdOnce)
}

export const onBus =
  (...setups: readonly [Sim.ModemSetup, ...Array<Sim.ModemSetup>]) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provide(effect, Layer.fresh(Sim.layer(setups)))
