/** What simulated modems remember from one run to the next. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { startSimulation } from "../../src/serve/Simulation.ts"
import type { SavedModem } from "../../src/serve/StateFile.ts"
import * as Sim from "../../src/sim/index.ts"
import { temporaryFolder } from "../support/simulate-process.ts"

const setups = (options: Sim.ModemOptions = {}) => [
  { id: "em7455", setup: Sim.em7455({ timing: Sim.instant, portPath: "1-1", ...options }) }
]

const saved = (file: string): ReadonlyArray<SavedModem> =>
  (JSON.parse(readFileSync(file, "utf8")) as { readonly modems: ReadonlyArray<SavedModem> }).modems

const theModem = Effect.fnUntraced(function* (stateFile: string, options?: Sim.ModemOptions) {
  const simulation = yield* startSimulation(setups(options), { stateFile })
  yield* Effect.forkScoped(Effect.ignore(simulation.broken))
  const [one] = simulation.modems
  assert(one !== undefined)
  return { ...simulation, modem: one.modem }
})

/** Into boot-and-hold, as a program does it. */
const hold = Effect.fnUntraced(function* (modem: Sim.SimModem) {
  const at = yield* modem.connect("at")
  yield* at.write(new TextEncoder().encode("AT!BOOTHOLD\r"))
  while ((yield* modem.state).mode !== "boot-and-hold") yield* Effect.sleep("2 millis")
})

describe("a state file", () => {
  it.live("is there from the beginning, and has every change soon after", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "state.json")
      const { modem } = yield* theModem(file)
      assert.deepStrictEqual(saved(file)[0]?.state, yield* modem.state)
      yield* Effect.scoped(hold(modem))
      while (saved(file)[0]?.state.mode !== "boot-and-hold") yield* Effect.sleep("2 millis")
      assert.deepStrictEqual(saved(file)[0]?.state, yield* modem.state)
    })
  )

  it.live("lets the next run go on where the last one ended", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = join(folder, "state.json")
      const before = yield* Effect.scoped(
        Effect.gen(function* () {
          const { modem } = yield* theModem(file, { firmware: "02.20.03.00", serial: "ABC", imei: "123456789012354" })
          yield* Effect.scoped(hold(modem))
          yield* modem.unplug
          yield* modem.plug("1-3")
          return yield* modem.state
        })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { modem } = yield* theModem(file)
          assert.deepStrictEqual([modem.serial, modem.imei], ["ABC", "123456789012354"])
          assert.strictEqual((yield* modem.attachment)?.portPath, "1-3")
          assert.deepStrictEqual((yield* modem.state).slots, before.slots)
          assert.strictEqual((yield* modem.state).running.firmware, "02.20.03.00")
        })
      )
      assert.deepStrictEqual(readdirSync(folder), ["state.json"])
    })
  )

  it.live("that was saved off the bus is that of a modem which is switched on", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "state.json")
      yield* Effect.scoped(Effect.flatMap(theModem(file), ({ modem }) => modem.unplug))
      assert.strictEqual(saved(file)[0]?.state.mode, "off")
      const { modem, powerOn } = yield* theModem(file)
      assert.isUndefined(yield* modem.attachment)
      yield* powerOn
      while ((yield* modem.attachment) === undefined) yield* Effect.sleep("2 millis")
      assert.deepStrictEqual(
        (yield* modem.journal).map(({ _tag }) => _tag),
        ["Booted", "Plugged"]
      )
    })
  )

  it.live("of a version without its owner's settings is loaded: they are the factory's", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "state.json")
      yield* Effect.scoped(theModem(file))
      const now = JSON.parse(readFileSync(file, "utf8")) as { modems: Array<{ state: { owner?: unknown } }> }
      assert.isDefined(now.modems[0]!.state.owner)
      delete now.modems[0]!.state.owner
      writeFileSync(file, JSON.stringify(now))
      const { modem } = yield* theModem(file)
      const at = yield* modem.connect("at")
      yield* at.write(new TextEncoder().encode("AT+CGDCONT?\r"))
      let heard = ""
      while (!heard.includes("OK")) heard += new TextDecoder().decode(yield* at.read)
      assert.include(heard, '+CGDCONT: 1,"IPV4V6","",')
    })
  )

  it.live("that is none is refused with the field that is wrong, and is left alone", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "state.json")
      yield* Effect.scoped(theModem(file))
      const good = readFileSync(file, "utf8")
      const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
        ["", ["JSON"]],
        ["{}", ['"modems"']],
        [good.slice(0, 100), ["JSON"]],
        [good.replace('"mode": "application"', '"mode": "flying"'), ["mode", "boot-and-hold"]],
        [good.replace('"storageIndex": 0', '"storageIndex": "none"'), ["storageIndex"]],
        [good.replace('"id": "em7455"', '"id": "mc7354"'), ["mc7354", "em7455"]]
      ]
      for (const [text, words] of cases) {
        writeFileSync(file, text)
        const error = yield* Effect.flip(Effect.scoped(startSimulation(setups(), { stateFile: file })))
        assert.strictEqual(error.code, "SERVE_STATE_BAD")
        for (const word of [file, ...words]) assert.include(error.message, word)
        assert.strictEqual(readFileSync(file, "utf8"), text)
      }
    })
  )

  it.live("that cannot be read or written is an error, at once or as soon as that happens", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      for (const file of ["/dev/zero", folder, join(folder, "missing", "state.json")]) {
        const error = yield* Effect.flip(Effect.scoped(startSimulation(setups(), { stateFile: file })))
        assert.strictEqual(error.code, "SERVE_PATH_UNUSABLE", file)
      }
      const inside = join(folder, "inside")
      mkdirSync(inside)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { broken, modems } = yield* startSimulation(setups(), { stateFile: join(inside, "state.json") })
          rmSync(inside, { recursive: true })
          const failure = yield* Effect.forkChild(Effect.flip(broken), { startImmediately: true })
          for (const { modem } of modems) yield* modem.unplug
          assert.strictEqual((yield* Fiber.join(failure)).code, "SERVE_PATH_UNUSABLE")
        })
      )
    })
  )
})

describe("the other files", () => {
  it.live("have every entry and every transfer, whole at the end", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const options = { journalFile: join(folder, "journal"), transcriptFile: join(folder, "transcript") }
      const heard: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { modems } = yield* startSimulation(setups(), {
            ...options,
            onEntry: (id, entry) => Effect.sync(() => void heard.push(`${id} ${entry._tag}`))
          })
          for (const { modem } of modems) yield* Effect.scoped(hold(modem))
        })
      )
      const lines = (file: string) =>
        readFileSync(file, "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Record<string, unknown>)
      const journal = lines(options.journalFile)
      assert.deepStrictEqual(
        journal.map(({ _tag, modem }) => `${String(modem)} ${String(_tag)}`),
        heard
      )
      assert.strictEqual(heard[0], "em7455 Plugged")
      assert.include(heard, "em7455 AtCommand")
      const transcript = lines(options.transcriptFile)
      const said = (direction: string) =>
        transcript
          .filter((line) => line["direction"] === direction)
          .map(({ bytes }) => Buffer.from(String(bytes), "hex").toString())
          .join("")
      assert.strictEqual(said("to-modem"), "AT!BOOTHOLD\r")
      assert.deepStrictEqual(
        [...new Set(transcript.map(({ enumeration, modem, port }) => [modem, enumeration, port].join()))],
        ["em7455,1,at"]
      )
    })
  )
})
