/** What a modem tells on its AT port, as typed values. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Modem from "../../src/device/Modem.ts"
import { AtFacts, lowPowerReasons } from "../../src/plan/at-facts.ts"
import * as Sim from "../../src/sim/index.ts"
import { openAtSession } from "../../src/session/AtSession.ts"
import { modemFactsOf } from "../../src/update/at-modem-facts.ts"
import { atFactsOf, readAtFacts } from "../../src/update/read-at-facts.ts"
import { script } from "../support/scripted-connection.ts"
import { timed, valueOf } from "../support/virtual-time.ts"

const { behaviour } = Sim

const read = (setup: Sim.ModemSetup) =>
  Effect.gen(function* () {
    const modem = yield* Modem.select()
    const { exit, millis } = yield* timed(atFactsOf(modem))
    return { ...valueOf(exit), millis }
  }).pipe(Effect.provide(Layer.fresh(Sim.layer(setup))))

describe("the facts that a modem tells over AT", () => {
  it.effect("of a 9x30 that runs other images than it prefers: what differs, and the voter that holds it", () =>
    Effect.gen(function* () {
      const { facts, ports } = yield* read(
        Sim.mc7455({
          firmware: "02.08.02.00",
          carrier: "GENERIC",
          config: "002.007_001",
          preference: { firmware: "02.24.05.06", carrier: "VERIZON", config: "002.034_000" }
        })
      )
      assert(facts !== undefined)
      assert.strictEqual(facts.model, "MC7455")
      assert.strictEqual(facts.revision, "SWI9X30C_02.08.02.00 r5428 CARMD-EV-FRMWR2 2016/01/06 20:38:53")
      assert.strictEqual(facts.imei, "123456789012347")
      assert.deepStrictEqual(facts.preference, {
        command: "IMPREF",
        preferred: { firmware: "02.24.05.06", carrier: "VERIZON", config: "VERIZON_002.034_000" },
        current: { firmware: "02.08.02.00", carrier: "GENERIC", config: "GENERIC_002.007_001" },
        mismatches: ["firmware", "carrier", "config"]
      })
      assert.deepStrictEqual([facts.power?.state, facts.power?.lowPower], ["Low Power Mode", true])
      assert.deepStrictEqual(
        lowPowerReasons(facts).map(({ voter }) => voter),
        ["IMSWITCH"]
      )
      assert.deepStrictEqual([facts.status?.mode, facts.status?.temperature], ["LOW POWER MODE", 29])
      assert.deepStrictEqual([facts.images?.activeSlot, facts.images?.images.length], [1, 5])
      assert.deepStrictEqual(facts.refused, [])
      assert.deepStrictEqual(ports, [
        { port: "ttyUSB2 (at)", answer: "MC7455" },
        { port: "ttyUSB0 (diag)", answer: "not asked: it is the diag port" },
        { port: "ttyUSB1 (nmea)", answer: "not asked: it is the nmea port" }
      ])
    })
  )

  it.effect("of a 9x15 under its own names, and of a 9200 what little there is: the rest is told as refused", () =>
    Effect.gen(function* () {
      const x15 = (yield* read(Sim.mc7354())).facts
      assert(x15 !== undefined)
      assert.strictEqual(x15.preference?.command, "GOBIIMPREF")
      assert.deepStrictEqual([x15.power?.state, x15.power?.lowPower], ["Online", false])
      assert.deepStrictEqual(lowPowerReasons(x15), [])
      assert.deepStrictEqual(
        x15.refused.map(({ answer, command }) => `${command} ${answer}`),
        ["AT!IMPREF? ERROR", "AT!IMAGE? ERROR"]
      )
      const x9200 = (yield* read(Sim.mc7710())).facts
      assert(x9200 !== undefined)
      assert.strictEqual(x9200.revision, "SWI9200X_03.05.19.04ap r5475 carmd-en-10527 2012/09/17 17:57:14")
      assert.strictEqual(x9200.status?.mode, "ONLINE")
      assert.deepStrictEqual(
        [x9200.preference, x9200.power, x9200.images, x9200.pri],
        [undefined, undefined, undefined, undefined]
      )
      assert.strictEqual(x9200.refused.length, 5)
    })
  )

  it.effect("survive a trip through JSON", () =>
    Effect.gen(function* () {
      const { facts } = yield* read(Sim.em7455())
      assert(facts !== undefined)
      const codec = Schema.toCodecJson(AtFacts)
      assert.deepStrictEqual(
        Schema.decodeSync(codec)(JSON.parse(JSON.stringify(Schema.encodeSync(codec)(facts))) as never),
        facts
      )
    })
  )

  it.effect("change nothing: no unlock, no preference, no restart", () =>
    Effect.gen(function* () {
      const control = yield* Sim.SimControl
      yield* timed(atFactsOf(yield* Modem.select()))
      const commands = (yield* control.modems[0]!.journal).flatMap((entry) =>
        entry._tag === "AtCommand" ? [entry.command] : []
      )
      assert.deepStrictEqual(commands, [
        "ATE1",
        "ATI",
        "AT!IMPREF?",
        "AT!PRIID?",
        "AT!IMAGE?",
        "AT!PCINFO?",
        "AT!GSTATUS?"
      ])
      assert.isFalse((yield* control.modems[0]!.state).settings.unlocked)
    }).pipe(Effect.provide(Layer.fresh(Sim.layer(Sim.em7455()))))
  )

  it.effect("of a modem that answers anything at all are read or refused, never a crash", () =>
    Effect.gen(function* () {
      const ours = [
        "!IMPREF: ",
        " preferred fw version:    02.33.03.00",
        " current fw version:",
        "State: Low Power Mode",
        "LPM voters - Temp:0, IMSWITCH:99999, :1,,",
        "TYPE SLOT STATUS LRU FAILURES UNIQUE_ID   BUILD_ID",
        "FW   1    GOOD   4   0 0      ?_?         02.20.03.22_?",
        "PRI Part Number: ",
        "Current Time:  x\t\tMode: ",
        "Active FW image is at slot 999",
        "\u0000\u0001",
        "$GPGGA,",
        ":::"
      ]
      // Every pair of lines, in the answer to every command.
      for (const first of ours) {
        for (const second of ours) {
          const port = yield* script(() => [
            new TextEncoder().encode(`\r\nModel: X\r\nRevision: Y\r\n${first}\r\n${second}\r\n\r\nOK\r\n`)
          ])
          const facts = yield* Effect.scoped(Effect.flatMap(openAtSession(port.connect), (at) => readAtFacts(at)))
          assert.deepStrictEqual([facts.model, facts.revision], ["X", "Y"])
          assert.isTrue(Result.isFailure(modemFactsOf(facts, "why")))
        }
      }
    })
  )

  it.effect("are none where no port answers: it costs the patience of one question, and each port is named", () =>
    Effect.gen(function* () {
      const { facts, millis, ports } = yield* read(Sim.em7455({ behaviours: [behaviour("hang", { where: "at" })] }))
      assert.isUndefined(facts)
      assert.deepStrictEqual(ports[0], { port: "ttyUSB2 (at)", answer: "no answer within 3 s" })
      assert.isAtMost(millis, 4000)
      const none = yield* read(Sim.em7455({ composition: 9 }))
      assert.deepStrictEqual([none.facts, none.ports], [undefined, []])
    })
  )

  for (const [name, behaviours] of [
    ["without echo", [behaviour("atEchoOff")]],
    ["with unsolicited lines", [behaviour("unsolicitedLine", { text: "+CREG: 1" })]],
    ["with NMEA lines", [behaviour("unsolicitedLine", { text: "$GPGGA,,,,,,0,,,,,,,,*66" })]],
    ["byte by byte", [behaviour("splitAnswers", { where: "at", pieces: 5000, delay: 0 })]],
    ["in merged reads", [behaviour("mergedAnswers", { where: "at", delay: 100 })]],
    [
      "behind stale text and a foreign echo",
      [
        behaviour("staleBytes", {
          where: "at",
          bytes: new TextEncoder().encode("\r\nERROR\r\nAT!GSTATUS?\r\r\nfoo\r\nAT!G")
        })
      ]
    ]
  ] as const) {
    it.effect(`are the same ${name}`, () =>
      Effect.gen(function* () {
        const wanted = (yield* read(Sim.em7455())).facts
        const { facts } = yield* read(Sim.em7455({ behaviours }))
        assert.deepStrictEqual({ ...facts, status: undefined }, { ...wanted, status: undefined })
      })
    )
  }
})
