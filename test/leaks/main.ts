/**
 * `npm run leaks [-- --updates N --first N]`: many updates of simulated modems in one process, good ones, refused ones
 * and interrupted ones; what the process holds after the first hundred and after all of them must be the same. `--leak`
 * keeps something of every update on purpose: to see that it is seen.
 */
import { openSync, readdirSync } from "node:fs"
import { parseArgs } from "node:util"
import { queryObjects, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Modem from "../../src/device/Modem.ts"
import * as Image from "../../src/file/Image.ts"
import { ImageFiles, inMemory } from "../../src/file/ImageSource.ts"
import { buildCarrierImage, buildCombinedImage, buildSystemImage } from "../../src/image/builder.ts"
import * as Sim from "../../src/sim/index.ts"
import { EventSink } from "../../src/update/events.ts"
import * as Update from "../../src/update/Update.ts"

const { values } = parseArgs({
  options: {
    updates: { type: "string", default: "1000" },
    first: { type: "string", default: "100" },
    leak: { type: "string", multiple: true, default: [] }
  }
})
const updates = Number(values.updates)
const first = Number(values.first)
if (!Number.isInteger(updates) || !Number.isInteger(first) || first < 1 || updates <= first) {
  console.error("usage: npm run leaks [-- --updates N --first N]")
  process.exit(2)
}

const size = 65_536
const files9x30 = {
  "SWI9X30C_02.33.03.00.cwe": buildSystemImage({ familyToken: "SWI9X30C", firmware: "02.33.03.00", size }),
  "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu": buildCarrierImage({
    familyToken: "SWI9X30C",
    firmware: "02.33.03.00",
    carrier: "GENERIC",
    config: "002.072_000"
  })
}
const files9x15 = {
  "9999999_9902674_SWI9X15C_05.05.78.00_00_GENEU-4G_005.031_001-field.spk": buildCombinedImage({
    familyToken: "SWI9X15C",
    firmware: "05.05.78.00",
    carrier: "GENEU-4G",
    config: "005.031_001",
    size
  })
}
const files9200 = {
  "9999999_9999999_9200_03.05.29.03_00_generic_000.000_001_SPKG_MC.cwe": buildCombinedImage({
    familyToken: "9200",
    firmware: "03.05.29.03",
    carrier: "generic",
    config: "000.000_001",
    size
  })
}

type Ending = "updated" | "failed" | "interrupted"

interface Kind {
  readonly setup: (options: Sim.ModemOptions) => Sim.ModemSetup
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly options?: Sim.ModemOptions
  readonly ending: Ending
}

const kinds: ReadonlyArray<Kind> = [
  { setup: Sim.em7455, files: files9x30, ending: "updated" },
  { setup: Sim.em7455, files: files9x30, options: { composition: 8 }, ending: "updated" },
  { setup: Sim.mc7354, files: files9x15, ending: "updated" },
  { setup: Sim.mc7710, files: files9200, ending: "updated" },
  {
    setup: Sim.em7455,
    files: files9x30,
    options: { behaviours: [Sim.behaviour("nakOpen", { image: 0, code: 0x12 })] },
    ending: "failed"
  },
  { setup: Sim.mc7710, files: files9200, ending: "interrupted" }
]

const one = Effect.fnUntraced(function* ({ ending, files, options, setup }: Kind) {
  const reached = yield* Deferred.make<void>()
  const program = Effect.gen(function* () {
    const images = yield* Image.openSet(Object.keys(files))
    const plan = yield* Update.plan(yield* Modem.select(), images)
    return yield* Update.run(plan)
  }).pipe(
    Effect.scoped,
    Effect.provideService(ImageFiles, inMemory(files)),
    Effect.provideService(EventSink, ({ _tag }) =>
      _tag === "ImageStarted" ? Effect.asVoid(Deferred.succeed(reached, undefined)) : Effect.void
    ),
    Effect.provide(Layer.fresh(Sim.layer(setup({ ...options, timing: Sim.instant }))))
  )
  const fiber = yield* Effect.forkChild(program)
  if (ending === "interrupted") {
    yield* Deferred.await(reached)
    yield* Fiber.interrupt(fiber)
  }
  const exit = yield* Fiber.await(fiber)
  const ended: Ending = exit._tag === "Success" ? "updated" : ending === "interrupted" ? "interrupted" : "failed"
  if (ended !== ending) throw new Error(`wanted ${ending}: ${JSON.stringify(exit)}`)
})

const kept: Array<unknown> = []
const leaks: Readonly<Record<string, () => void>> = {
  descriptors: () => void openSync("/dev/null", "r"),
  handles: () => void setTimeout(() => undefined, 600_000),
  listeners: () => void process.setMaxListeners(0).on("SIGUSR2", () => undefined),
  fibers: () => void kept.push(Effect.runFork(Effect.never)),
  heap: () => void kept.push(new Array(20_000).fill(0.5))
}
const chosen = values.leak.map((name) => leaks[name])
if (chosen.includes(undefined)) {
  console.error(`--leak: one of ${Object.keys(leaks).join(", ")}`)
  process.exit(2)
}

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void
const fiberClass = Effect.runFork(Effect.void).constructor

interface Held {
  readonly descriptors: number
  readonly handles: number
  readonly listeners: number
  readonly fibers: number
  readonly heapBytes: number
}

const countListeners = (): number =>
  [process, process.stdout, process.stderr].reduce(
    (sum, emitter) => sum + emitter.eventNames().reduce((all, name) => all + emitter.listenerCount(name), 0),
    0
  )

const held = async (): Promise<Held> => {
  // Finalizers and timers of the last update come to their end.
  await new Promise((resolve) => setTimeout(resolve, 50))
  for (let i = 0; i < 4; i++) collect()
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    handles: process.getActiveResourcesInfo().length,
    listeners: countListeners(),
    // Those that can still be reached: running, suspended, or kept by somebody.
    fibers: queryObjects(fiberClass, { format: "count" }),
    heapBytes: process.memoryUsage().heapUsed
  }
}

const show = (after: number, { descriptors, fibers, handles, heapBytes, listeners }: Held): void => {
  const cells = [after, descriptors, handles, listeners, fibers, `${(heapBytes / 1024 / 1024).toFixed(2)} MiB`]
  console.log(cells.map((cell) => String(cell).padStart(13)).join(""))
}

console.log(["updates", "descriptors", "handles", "listeners", "fibers", "heap"].map((c) => c.padStart(13)).join(""))
let before: Held | undefined
for (let done = 1; done <= updates; done++) {
  await Effect.runPromise(one(kinds[done % kinds.length]!))
  for (const leak of chosen) leak?.()
  if (done === first || done === updates || done % 250 === 0) {
    const now = await held()
    show(done, now)
    if (done === first) before = now
    if (done !== updates || before === undefined) continue
    const faults = (["descriptors", "handles", "listeners", "fibers"] as const)
      .filter((what) => now[what] !== before?.[what])
      .map((what) => `${what}: ${String(before?.[what])} after ${String(first)}, ${String(now[what])} now`)
    const growth = now.heapBytes / before.heapBytes - 1
    if (growth > 0.05) faults.push(`heap: ${(100 * growth).toFixed(1)} % more`)
    for (const fault of faults) console.error(`leak: ${fault}`)
    console.log(
      `leaks: ${String(updates)} updates, ${String(faults.length)} found, heap ${(100 * growth).toFixed(1)} %`
    )
    process.exit(faults.length === 0 ? 0 : 1)
  }
}
