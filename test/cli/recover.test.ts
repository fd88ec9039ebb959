/** `boothold recover`, as a user and a script see it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Interruption } from "../../src/cli/Interruption.ts"
import { RecoverLine } from "../../src/cli/render/recovery.ts"
import { Surroundings } from "../../src/cli/Surroundings.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import type { MemoryContents } from "../../src/journal/memory.ts"
import * as Sim from "../../src/sim/index.ts"
import { LockError } from "../../src/update/LockError.ts"
import { ModemLock } from "../../src/update/ModemLock.ts"
import { assertHome, inTransfer, journals, killedUpdate, onBus } from "../recovery/support.ts"
import { images9200, images9x15, images9x30 } from "../support/simulated-update.ts"
import { pass } from "../support/virtual-time.ts"
import { begin, boothold, carrier, contains, system } from "./support.ts"
import type { Circumstances } from "./support.ts"

const decodeLine = Schema.decodeUnknownSync(Schema.toCodecJson(RecoverLine), { onExcessProperty: "error" })

/** Every line is JSON of the promised form, or the test fails. */
const recoverLines = (out: string): ReadonlyArray<RecoverLine> =>
  out.split("\n").map((line) => decodeLine(JSON.parse(line) as unknown))

const tagsOf = (out: string): ReadonlyArray<string> =>
  recoverLines(out)
    .map(({ _tag }) => _tag)
    .filter((tag) => ["Recovery", "Plan", "Result", "Recovered", "Error"].includes(tag))

/** Commands on the simulated bus that is here, with these journals. */
const here =
  (contents: MemoryContents = new Map()) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(UsbBus, (bus) =>
      Effect.provideService(effect, Surroundings, {
        bus: Layer.succeed(UsbBus, bus),
        state: journals(contents, 1)
      })
    )

const recover = (
  words: ReadonlyArray<string>,
  circumstances: Circumstances & { readonly contents?: MemoryContents } = {}
) => boothold(["recover", ...words], circumstances).pipe(here(circumstances.contents))

const modem = (number = 0) => Effect.map(Sim.SimControl, ({ modems }) => modems[number]!)

const lowPower = { preference: { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" } }

describe("boothold recover", () => {
  it.effect("says of a modem that is home why it is, asks nobody, and ends well", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* recover([])
      assert.deepStrictEqual([code, err], [0, ""])
      contains(out, "EM7455 1199:9071 at 1-2", "It is home: it runs 02.24.05.06, is online, and prefers what it runs.")
      const json = yield* recover(["--json"])
      const [line, ...more] = recoverLines(json.out)
      assert(line?._tag === "Recovery")
      assert.strictEqual(line.situation._tag, "Home")
      assert.deepStrictEqual([line.remedies, line.needs, more], [[], null, []])
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("does nothing to a modem that is home even where it is given images", () =>
    Effect.gen(function* () {
      const { code } = yield* recover(["--yes", "--images", system, carrier])
      assert.strictEqual(code, 0)
      assertHome(yield* (yield* modem()).state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("explains, asks, and resets a modem out of boot-and-hold", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const confirm = (question: string) => Effect.sync(() => asked.push(question) > 0)
      const { code, out } = yield* recover([], { screen: { confirm } })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(asked, ["Reset this modem out of boot-and-hold?"])
      contains(
        out,
        "It waits in boot-and-hold for images, and does nothing else.",
        "reset it out of boot-and-hold, without writing anything",
        "✔ the modem has left boot-and-hold, and runs 02.24.05.06",
        "✔ It is home: it runs 02.24.05.06"
      )
      assertHome(yield* (yield* modem()).state, "02.24.05.06")
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold" })))
  )

  it.effect("leaves it as it is where the user says no, or nobody can be asked", () =>
    Effect.gen(function* () {
      const no = yield* recover([], { screen: { confirm: () => Effect.succeed(false) } })
      assert.strictEqual(no.code, 9)
      const nobody = yield* recover(["--json"])
      assert.strictEqual(nobody.code, 2)
      const last = recoverLines(nobody.out).at(-1)
      assert(last?._tag === "Error")
      assert.strictEqual(last.code, "CLI_CANNOT_ASK")
      assert.strictEqual((yield* (yield* modem()).state).mode, "boot-and-hold")
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold" })))
  )

  it.effect("goes on with the run of the journal, and tells it line by line", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      const { code, out } = yield* recover(["--yes", "--json"], { contents })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(tagsOf(out), ["Recovery", "Plan", "Result", "Recovered"])
      const lines = recoverLines(out)
      const first = lines[0]
      assert(first?._tag === "Recovery")
      assert.match(first.about ?? "", /^Run .* left it so: .* half written/)
      assert.deepStrictEqual(
        first.remedies.map(({ _tag }) => _tag),
        ["Continue", "Leave"]
      )
      const last = lines.at(-1)
      assert(last?._tag === "Recovered")
      assert.deepStrictEqual([last.before._tag, last.after._tag], ["BootAndHold", "Home"])
      assert.deepStrictEqual(
        last.tried.map(({ code: failed, remedy }) => [remedy._tag, failed]),
        [["Continue", null]]
      )
      assertHome(yield* (yield* modem()).state, "02.33.03.00")
    }).pipe(onBus(Sim.em7455()))
  )

  it.effect("goes another way where that fails, and says so", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9x30, contents, inTransfer)
      const { code, out } = yield* recover(["--yes"], { contents })
      assert.strictEqual(code, 0)
      contains(out, "warning: it did not work to go on with run", "✔ It is home: it runs 02.24.05.06")
    }).pipe(onBus(Sim.em7455({ behaviours: [Sim.behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })] })))
  )

  it.effect("takes images with --images, behind it, and alone", () =>
    Effect.gen(function* () {
      const ways = [
        ["--images", system, "--images", carrier],
        ["--images", system, carrier],
        [system, carrier]
      ]
      for (const [index, way] of ways.entries()) {
        const { code, out } = yield* recover(["--usb-path", `1-${String(index + 1)}`, "--yes", ...way])
        assert.strictEqual(code, 0, out)
        assertHome(yield* (yield* modem(index)).state, "02.33.03.00")
      }
    }).pipe(
      onBus(
        Sim.em7455({ mode: "boot-and-hold", portPath: "1-1", serial: "A" }),
        Sim.em7455({ mode: "boot-and-hold", portPath: "1-2", serial: "B" }),
        Sim.em7455({ mode: "boot-and-hold", portPath: "1-3", serial: "C" })
      )
    )
  )

  it.effect("does what a failed run advised, as it is printed", () =>
    Effect.gen(function* () {
      const failed = yield* boothold(["update", "--yes", "--no-rollback-on-failure", system, carrier]).pipe(here())
      const next = /^next: {2}boothold (.*)$/m.exec(failed.err)?.[1]?.split(" ")
      assert.deepStrictEqual(next?.slice(0, 3), ["recover", "--usb-path", "1-2"])
      const { code, err } = yield* boothold(next ?? []).pipe(here())
      assert.deepStrictEqual([code, err], [0, ""])
      assertHome(yield* (yield* modem()).state, "02.33.03.00")
    }).pipe(onBus(Sim.em7455({ behaviours: [Sim.behaviour("nakWrite", { image: 0, chunk: 1, status: 2, times: 3 })] })))
  )

  it.effect("names the command that is needed where a modem has nothing to start, which works as it is printed", () =>
    Effect.gen(function* () {
      const contents: MemoryContents = new Map()
      yield* killedUpdate(images9200, contents, inTransfer)
      const { code, err } = yield* recover(["--yes"], { contents, files: {} })
      assert.strictEqual(code, 12)
      contains(
        err,
        "it has no firmware that it can start: get images for the family SWI9200",
        "state: It waits in boot-and-hold"
      )
      const next = /^next: {2}boothold (.*)$/m.exec(err)?.[1]
      assert.strictEqual(next, "recover --usb-path 1-2 --yes --images IMAGE…")
      const words = next?.split(" ").slice(0, -1) ?? []
      const done = yield* boothold([...words, Object.keys(images9200)[0]!], { files: images9200 }).pipe(here(contents))
      assert.strictEqual(done.code, 0, done.err)
      assertHome(yield* (yield* modem()).state, "03.05.29.03")
    }).pipe(onBus(Sim.mc7710()))
  )

  it.effect("refuses images of another family, and sends nothing", () =>
    Effect.gen(function* () {
      const before = yield* (yield* modem()).state
      const files = { ...images9200 }
      const { code, out } = yield* recover(["--usb-path", "1-2", "--yes", "--json", ...Object.keys(files)], { files })
      assert.strictEqual(code, 11)
      assert.deepStrictEqual(tagsOf(out), ["Error"])
      assert.deepStrictEqual(yield* (yield* modem()).state, before)
    }).pipe(onBus(Sim.em7455(lowPower)))
  )

  it.effect(
    "helps all modems that need it, one after the other, and keeps the images from those of other families",
    () =>
      Effect.gen(function* () {
        const { code, out } = yield* recover(["--yes", ...Object.keys(images9x30)])
        assert.strictEqual(code, 0)
        contains(out, "the images that were given are not for it: ")
        assertHome(yield* (yield* modem(0)).state, "02.33.03.00")
        assertHome(yield* (yield* modem(1)).state, "05.05.16.03")
        assertHome(yield* (yield* modem(2)).state, "02.24.05.06")
      }).pipe(
        onBus(
          Sim.em7455(lowPower),
          Sim.mc7354({ mode: "boot-and-hold", portPath: "1-3", serial: "B" }),
          Sim.em7455({ portPath: "1-4", serial: "C" })
        )
      )
  )

  it.effect("goes on with the others where one does not come home, and ends with its code", () =>
    Effect.gen(function* () {
      const { code, out } = yield* recover(["--yes", "--json"])
      assert.strictEqual(code, 12)
      const lines = recoverLines(out)
      const error = lines.find(({ _tag }) => _tag === "Error")
      assert(error?._tag === "Error")
      assert.deepStrictEqual(
        [error.code, error.exitCode, error.situation],
        ["RECOVERY_IMAGES_NEEDED", 12, { _tag: "BootAndHold" }]
      )
      assertHome(yield* (yield* modem(1)).state, "05.05.16.03")
    }).pipe(
      onBus(
        Sim.em7455({ mode: "boot-and-hold", behaviours: [Sim.behaviour("staysInBootAndHold", {})] }),
        Sim.mc7354({ mode: "boot-and-hold", portPath: "1-3", serial: "B" })
      )
    )
  )

  it.effect("asks a modem nothing on which another boothold works", () =>
    Effect.gen(function* () {
      const reason = { _tag: "Held", pid: 4711, program: "boothold", since: 0 } as const
      const held = new LockError({ modem: "1-2", path: "locks/port-1-2.lock", reason })
      const bus = yield* UsbBus
      const { code, err } = yield* boothold(["recover", "--yes"]).pipe(
        Effect.provideService(Surroundings, {
          bus: Layer.succeed(UsbBus, bus),
          state: Layer.merge(
            journals(new Map(), 1),
            Layer.succeed(ModemLock, () => Effect.fail(held))
          )
        })
      )
      assert.strictEqual(code, 16)
      contains(err, "boothold (pid 4711) works on the modem at 1-2")
      assert.deepStrictEqual(
        (yield* (yield* modem()).journal).map(({ _tag }) => _tag),
        ["Plugged"]
      )
    }).pipe(onBus(Sim.em7455(lowPower)))
  )

  it.effect("finds no modem: that is an error", () =>
    Effect.gen(function* () {
      const { code } = yield* recover([])
      assert.strictEqual(code, 3)
    }).pipe(onBus(Sim.em7455({ mode: "off" })))
  )

  it.effect("works on a simulated modem that begins in boot-and-hold", () =>
    Effect.gen(function* () {
      for (const name of ["em7455", "mc7354", "mc7710", "em7455-lenovo"]) {
        const words = ["recover", "--simulate", name, "--simulate-mode", "boot-and-hold", "--yes"]
        const { code, out } = yield* boothold(words, { files: images9x15 })
        assert.strictEqual(code, 0, out)
        contains(out, "It is home")
      }
    })
  )

  it.effect("is what info advises for a modem in boot-and-hold", () =>
    Effect.gen(function* () {
      const { out } = yield* boothold(["info", "--usb-path", "1-2", "--json"]).pipe(here())
      assert.strictEqual((JSON.parse(out) as { readonly next: string }).next, "boothold recover --usb-path 1-2 --json")
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold" })))
  )
})

describe("boothold recover --watch", () => {
  it.effect("brings home what is there and what falls later, without asking, until a signal ends it well", () =>
    Effect.gen(function* () {
      const codes: Array<number> = []
      const { command, printed } = yield* begin(["recover", "--watch", "--json"])
      const fiber = yield* Effect.forkChild(
        command.pipe(
          here(),
          Effect.provideService(Interruption, {
            endsWith: (code) => void codes.push(code),
            says: () => undefined
          })
        )
      )
      yield* pass("10 minutes", "2 seconds")
      assertHome(yield* (yield* modem()).state, "02.24.05.06")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(codes, [0])
      const tags = recoverLines((yield* printed).out).map(({ _tag }) => _tag)
      assert.includeMembers(tags, ["WatchedStuck", "WatchedWaits", "WatchedBegins", "Plan", "Result", "WatchedHome"])
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold" })))
  )

  it.effect("does not end well by a signal while it is at work", () =>
    Effect.gen(function* () {
      const codes: Array<number> = []
      const { command, printed } = yield* begin(["recover", "--watch", "--json", ...Object.keys(images9x30)])
      const fiber = yield* Effect.forkChild(
        command.pipe(
          here(),
          Effect.provideService(Interruption, {
            endsWith: (code) => void codes.push(code),
            says: () => undefined
          })
        )
      )
      for (let second = 0; second < 600 && !(yield* printed).out.includes("ImageProgress"); second++)
        yield* pass("1 second", "200 millis")
      // What lets go of the port takes its time.
      const ending = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* pass("1 minute", "1 second")
      yield* Fiber.join(ending)
      assert.deepStrictEqual(codes, [])
      const last = recoverLines((yield* printed).out).at(-1)
      assert(last?._tag === "RunInterrupted")
      assert.match(last.next, /^boothold recover /)
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold" })))
  )

  it.effect("says for people what it does", () =>
    Effect.gen(function* () {
      const { command, printed } = yield* begin(["recover", "--watch"])
      const fiber = yield* Effect.forkChild(command.pipe(here()))
      yield* pass("2 hours", "10 seconds")
      yield* Fiber.interrupt(fiber)
      contains(
        (yield* printed).out,
        "nothing is done for 1 min: somebody else may be at work on it",
        "it is brought home now",
        "that did not work: ",
        "it is given up for 24 h, or until it is plugged in anew and starts"
      )
    }).pipe(onBus(Sim.em7455({ mode: "boot-and-hold", behaviours: [Sim.behaviour("staysInBootAndHold", {})] })))
  )
})
