/** Quirks of modems and hosts: survived, not reported. Each ends in success; that each behaviour acts is proven in test/sim. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/index.ts"
import type { Behaviour } from "../../src/sim/index.ts"
import { OperatingMode } from "../../src/sim/ModemState.ts"
import { images9200, images9x15, images9x30, simulate, succeeded } from "../support/simulated-update.ts"

const { behaviour } = Sim
const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

/** Half a DIAG answer and the tail of a Hello: what an earlier user of the port may have left. */
const staleDownload = bytes(0x13, 0x70, 0x00, 0x7e, 0x02, 0x6a, 0xd3, 0x7e, 0x28, 0x00)
/** The end of a frame for somebody else. */
const staleControl = bytes(0x00, 0x02, 0x04, 0x00, 0x01, 0x12, 0x00, 0x80)

const quirks: ReadonlyArray<readonly [string, ReadonlyArray<Behaviour>]> = [
  ["no quirk at all", []],
  ["stale bytes on the download port", [behaviour("staleBytes", { where: "download", bytes: staleDownload })]],
  ["stale bytes on the control port", [behaviour("staleBytes", { where: "control", bytes: staleControl })]],
  ["answers in three reads", [behaviour("splitAnswers", { pieces: 3, delay: 20 })]],
  [
    "answers byte by byte on the download port",
    [behaviour("splitAnswers", { where: "download", pieces: 8, delay: 5 })]
  ],
  ["merged answers", [behaviour("mergedAnswers", { delay: 30 })]],
  ["a DIAG answer first", [behaviour("diagFirst", { times: 3 })]],
  ["a silent DLOAD switch", [behaviour("silentDload", { times: 2 })]],
  ["a silent Hello", [behaviour("silentHello", { times: 2 })]],
  ["Error to Hello of version 6", [behaviour("errorToHello", { versions: [6] })]],
  ["Error to every Hello, accepted all the same", [behaviour("errorToHello", { versions: [4, 5, 6] })]],
  ["a late download port", [behaviour("latePort", { role: "download", delay: 25_000 })]],
  ["a late control port", [behaviour("latePort", { role: "control", delay: 25_000 })]],
  ["another port path in boot-and-hold", [behaviour("otherPortPath", { path: "2-4", on: "boot-and-hold" })]],
  ["the peer port in boot-and-hold", [behaviour("otherPortPath", { path: "1-6", on: "boot-and-hold", peer: true })]],
  ["another port path after the update", [behaviour("otherPortPath", { path: "3-1", on: "application" })]],
  ["QMI slow after boot", [behaviour("qmiNotReadyAfterBoot", { seconds: 95 })]],
  ["a slow boot", [behaviour("slowBoot", { seconds: 200 })]],
  ["a slow last chunk", [behaviour("slowLastChunk", { seconds: 60 })]],
  ["other clients' traffic", [behaviour("foreignTraffic")]],
  ["a modem that serialises DMS", [behaviour("serialisesDms")]],
  ["no client id free at first", [behaviour("clientIdsExhausted", { times: 3 })]],
  [
    "several at once",
    [
      behaviour("foreignTraffic"),
      behaviour("splitAnswers", { pieces: 2, delay: 10 }),
      behaviour("diagFirst", { times: 1 })
    ]
  ]
]

describe("a quirk is survived", () => {
  for (const [name, behaviours] of quirks) {
    it.effect(`by an SWI9X30: ${name}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(Sim.em7455({ behaviours }), { files: images9x30 })
        assert.strictEqual(succeeded(run).result.outcome, "updated")
        assert.strictEqual(run.state.running.firmware, "02.33.03.00")
        assert.strictEqual(run.state.operatingMode, OperatingMode.online)
      })
    )
    // Only on 9x30 an Error to the Hello of its own version may be ignored (qdl.md §3.2, vendor tool).
    if (name.startsWith("Error to")) continue
    it.effect(`by an SWI9X15: ${name}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(Sim.mc7354({ behaviours }), { files: images9x15 })
        assert.strictEqual(succeeded(run).result.outcome, "updated")
        assert.strictEqual(run.state.running.firmware, "05.05.78.00")
        assert.strictEqual(run.state.operatingMode, OperatingMode.online)
      })
    )
    it.effect(`by an SWI9200: ${name}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(Sim.mc7710({ behaviours }), { files: images9200 })
        assert.strictEqual(succeeded(run).result.outcome, "updated")
        assert.strictEqual(run.state.running.firmware, "03.05.29.03")
      })
    )
  }

  for (const code of [71, 94, 25] as const) {
    it.effect(`a 9200 that says "not supported" with error ${String(code)}`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(Sim.mc7710({ behaviours: [behaviour("notSupportedCode", { code })] }), {
          files: images9200
        })
        assert.strictEqual(succeeded(run).result.outcome, "updated")
      })
    )
  }

  const noQmiEntry = [
    behaviour("qmiRefuses", { message: 0x3e, code: 71 }),
    behaviour("qmiRefuses", { message: 0x50, code: 71 })
  ]
  const atQuirks: ReadonlyArray<readonly [string, ReadonlyArray<Behaviour>]> = [
    ["at all", []],
    ["that needs ENTERCND", [behaviour("atNeedsEnterCnd")]],
    ["without echo", [behaviour("atEchoOff")]],
    ["with unsolicited lines", [behaviour("unsolicitedLine", { text: "+CREG: 1" })]],
    ["whose port goes before OK", [behaviour("portGoneBeforeOk")]],
    [
      "with stale text",
      [behaviour("staleBytes", { where: "at", bytes: new TextEncoder().encode("\r\nERROR\r\nAT!GSTA") })]
    ]
  ]
  for (const [name, behaviours] of atQuirks) {
    it.effect(`boot-and-hold by AT ${name}, where QMI knows no way`, () =>
      Effect.gen(function* () {
        const run = yield* simulate(Sim.mc7710({ behaviours: [...noQmiEntry, ...behaviours] }), { files: images9200 })
        assert.strictEqual(succeeded(run).result.outcome, "updated")
        assert.strictEqual(run.state.running.firmware, "03.05.29.03")
        assert.isTrue(
          run.journal.some((entry) => entry._tag === "AtCommand" && entry.command.toUpperCase() === "AT!BOOTHOLD")
        )
      })
    )
  }
})
