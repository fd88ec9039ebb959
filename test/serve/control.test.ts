/** Commands for simulated modems: what they do, and that no input does harm. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PassThrough } from "node:stream"
import { obey, Reply } from "../../src/serve/control.ts"
import { lineCutter, obeyLines } from "../../src/serve/lines.ts"
import { startSimulation } from "../../src/serve/Simulation.ts"
import * as Sim from "../../src/sim/index.ts"

const setups = [
  { id: "em7455", setup: Sim.em7455({ timing: Sim.instant, portPath: "1-1" }) },
  { id: "mc7354", setup: Sim.mc7354({ timing: Sim.instant, portPath: "1-2" }) }
]

const controlled = (count: number) =>
  Effect.map(startSimulation(setups.slice(0, count)), ({ modems }) => {
    const served = (id: string) => Effect.succeed({ at: `/ports/${id}/at` })
    return { modems, ask: (line: string) => obey(line, { modems, served }) }
  })

describe("a command", () => {
  it.effect("unplugs the modem and plugs it in, also somewhere else", () =>
    Effect.gen(function* () {
      const { ask, modems } = yield* controlled(1)
      const [one] = modems
      assert(one !== undefined)
      assert.deepStrictEqual(yield* ask("unplug"), { _tag: "Done", command: "unplug", modem: "em7455" })
      assert.isUndefined(yield* one.modem.attachment)
      yield* ask("plug 1-4.2")
      yield* Effect.yieldNow
      assert.strictEqual((yield* one.modem.attachment)?.portPath, "1-4.2")
    })
  )

  it.effect("tells the state of all modems or of one, with where they are served", () =>
    Effect.gen(function* () {
      const { ask } = yield* controlled(2)
      const all = yield* ask("state")
      assert(all?._tag === "State")
      assert.deepStrictEqual(
        all.modems.map(({ id, served, usbPath, vidPid }) => [id, usbPath, vidPid, served["at"]]),
        [
          ["em7455", "1-1", "1199:9071", "/ports/em7455/at"],
          ["mc7354", "1-2", "1199:68c0", "/ports/mc7354/at"]
        ]
      )
      const one = yield* ask("  state   mc7354 ")
      assert(one?._tag === "State")
      assert.deepStrictEqual(one.modems, all.modems.slice(1))
      yield* ask("unplug mc7354")
      const gone = yield* ask("state mc7354")
      assert(gone?._tag === "State")
      assert.deepStrictEqual([gone.modems[0]?.usbPath, gone.modems[0]?.vidPid], [null, null])
    })
  )

  it.effect("needs to say which of several modems it means", () =>
    Effect.gen(function* () {
      const { ask, modems } = yield* controlled(2)
      for (const line of ["unplug", "plug", "plug 1-5", "journal"]) {
        const reply = yield* ask(line)
        assert(reply?._tag === "Refused")
        assert.include(reply.why, "em7455, mc7354")
      }
      assert.isDefined(yield* modems[0]?.modem.attachment ?? Effect.undefined)
      const journal = yield* ask("journal mc7354")
      assert(journal?._tag === "Journal")
      assert.deepStrictEqual(
        journal.entries.map(({ _tag }) => _tag),
        ["Plugged"]
      )
    })
  )

  it.effect("is refused with a reason when it is none, and changes nothing", () =>
    Effect.gen(function* () {
      const { ask, modems } = yield* controlled(1)
      for (const line of ["fly", "unplug other", "unplug em7455 now", "plug ../1", "plug 1-2 3", "quit now", "STATE"]) {
        assert.strictEqual((yield* ask(line))?._tag, "Refused", line)
      }
      assert.strictEqual((yield* modems[0]?.modem.journal ?? Effect.succeed([])).length, 1)
      assert.isUndefined(yield* ask("   "))
    })
  )

  it.effect.prop("of any text has an answer that is a reply and JSON", [Schema.String], ([text]) =>
    Effect.gen(function* () {
      const { ask } = yield* controlled(1)
      const reply = yield* ask(text.replace("quit", ""))
      if (reply === undefined) return
      const encoded = Schema.encodeSync(Schema.toCodecJson(Reply))(reply)
      assert.isBelow(JSON.stringify(encoded).length, 10_000)
    })
  )
})

describe("lines", () => {
  const bytes = (text: string) => new TextEncoder().encode(text)

  it.prop(
    "are the same however the bytes are cut",
    [Schema.Array(Schema.String), Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 7 }))],
    ([texts, size]) => {
      const clean = texts.map((text) => text.replaceAll(/[\n\ud800-\udfff\ufeff]/g, ""))
      const all = bytes(clean.map((text) => `${text}\n`).join(""))
      const cut = lineCutter()
      const lines: Array<string> = []
      for (let at = 0; at < all.length; at += size) lines.push(...cut(all.subarray(at, at + size)))
      assert.deepStrictEqual(lines, clean)
    }
  )

  it("that never end take no memory, and the next one is heard", () => {
    const cut = lineCutter()
    const flood = new Uint8Array(1 << 20).fill(0x61)
    for (let round = 0; round < 8; round++) assert.deepStrictEqual(cut(flood), [])
    const [long, next] = cut(bytes("\nstate\n"))
    assert.strictEqual(long?.length, 4096)
    assert.strictEqual(next, "state")
  })

  it.effect("are obeyed one after the other, and whoever sends too many is held back", () =>
    Effect.gen(function* () {
      const source = new PassThrough()
      const seen: Array<string> = []
      const lines = Array.from({ length: 500 }, (_, index) => `line ${String(index)}`)
      source.end(lines.map((line) => `${line}\n`).join(""))
      yield* obeyLines(source, (line) =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => void seen.push(line))
        )
      )
      assert.deepStrictEqual(seen, lines)
      assert.strictEqual(source.listenerCount("data"), 0)
    })
  )
})
