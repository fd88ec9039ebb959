/** `boothold list`: what the modems run, asked only where nobody is disturbed; and who comes and goes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { firmwareOf, glanceText } from "../../src/cli/firmware.ts"
import { Interruption } from "../../src/cli/Interruption.ts"
import { ListReport, WatchReport } from "../../src/cli/render/json.ts"
import * as Modem from "../../src/device/Modem.ts"
import { Host } from "../../src/doctor/Host.ts"
import { Roots } from "../../src/live/Roots.ts"
import { em7455, layer, SimControl } from "../../src/sim/index.ts"
import type { ModemSetup } from "../../src/sim/index.ts"
import { node, soundFacts, soundHost } from "../doctor/support.ts"
import { fakeSystem, held, mc7455 } from "../support/fake-sysfs.ts"
import { pass, timed, valueOf } from "../support/virtual-time.ts"
import { begin, boothold, contains } from "./support.ts"

const decodeList = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(ListReport)), {
  onExcessProperty: "error"
})

describe("boothold list", () => {
  it.effect("tells what each modem runs, by QMI and by MBIM, and names OEM identities", () =>
    Effect.gen(function* () {
      for (const composition of ["6", "8"]) {
        const { code, out } = yield* boothold(["list", "--simulate", "em7455", "--simulate-composition", composition])
        assert.strictEqual(code, 0)
        contains(out, "family    SWI9X30", "firmware  02.24.05.06, GENERIC 002.026_000")
      }
      const [one] = decodeList((yield* boothold(["list", "--simulate", "mc7710", "--json"])).out)
      assert.deepStrictEqual(one?.families, ["SWI9200"])
      // This family has no message that tells carrier and config.
      assert.deepStrictEqual(one?.firmware, {
        version: "03.05.19.04",
        revision: "SWI9200X_03.05.19.04ap r5475 carmd-en-10527 2012/09/17 17:57:14",
        carrier: null,
        config: null
      })
    })
  )

  it.effect("asks nothing with --no-firmware, and nothing of a modem in boot-and-hold", () =>
    Effect.gen(function* () {
      const { out } = yield* boothold(["list", "--simulate", "em7455", "--no-firmware"])
      assert.notInclude(out, "firmware")
      const held = ["list", "--simulate", "em7455", "--simulate-mode", "boot-and-hold", "--json"]
      const [one] = decodeList((yield* boothold(held)).out)
      assert.deepStrictEqual([one?.firmware, one?.firmwareNote], [null, "it waits in boot-and-hold"])
    })
  )

  it.effect("does not wait long for a deaf modem", () =>
    Effect.gen(function* () {
      const args = ["list", "--simulate", "em7455", "--simulate-behaviour", "hang:where=control"]
      const { command, printed } = yield* begin(args)
      const { exit, millis } = yield* timed(command, "1 hour", "200 millis")
      assert.strictEqual(valueOf(exit), 0)
      assert.isAtMost(millis, 5500)
      contains((yield* printed).out, "firmware  not told:")
    })
  )

  it.effect("names the OEM of an identity: Dell, Lenovo", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2", 0, { ids: ["413c", "81b6"], product: "Dell Wireless 5811e" }))
      system.plug(held("1-3", "ttyUSB9", ["1199", "9078"]))
      const { out } = yield* boothold(["list", "--no-firmware"]).pipe(Effect.provideService(Roots, system.roots))
      contains(out, "Dell DW5811e", "413c:81b6 at 1-2", "EM7455 (Lenovo) 1199:9078 at 1-3")
    })
  )
})

/** Two modems; who else uses which port. */
const asked = (setups: ReadonlyArray<ModemSetup>, host: Partial<Host>) =>
  Effect.gen(function* () {
    const found = yield* Modem.survey()
    const { exit } = yield* timed(firmwareOf(found))
    const control = yield* SimControl
    const journals = yield* Effect.forEach(control.modems, ({ journal }) => journal)
    return {
      texts: valueOf(exit).map(glanceText),
      questions: journals.map((entries) => entries.filter(({ _tag }) => _tag === "QmiRequest").length)
    }
  }).pipe(
    Effect.provideService(Host, {
      facts: Effect.succeed(soundHost),
      device: () => Effect.succeed(soundFacts),
      ...host
    }),
    Effect.provide(layer(setups))
  )

const two = [em7455(), em7455({ portPath: "1-3", firmware: "02.33.03.00" })]

describe("a modem that another program uses", () => {
  it.effect("is not asked, and it is said why; the other one is", () =>
    Effect.gen(function* () {
      const holders = [{ pid: 812, program: "ModemManager" }]
      const { questions, texts } = yield* asked(two, {
        device: ({ portPath }) =>
          Effect.succeed({
            ...soundFacts,
            nodes: portPath === "1-3" ? [node("/dev/ttyUSB2"), node("/dev/cdc-wdm1", { holders })] : soundFacts.nodes
          })
      })
      assert.deepStrictEqual(texts, [
        "02.24.05.06, GENERIC 002.026_000",
        "not asked: ModemManager (pid 812) uses /dev/cdc-wdm1"
      ])
      assert.isAbove(questions[0] ?? 0, 0)
      assert.strictEqual(questions[1], 0)
    })
  )

  it.effect("is asked by the proxy that has its control port open already, whoever has its serial ports", () =>
    Effect.gen(function* () {
      const manager = [{ pid: 812, program: "ModemManager" }]
      const proxy = [{ pid: 900, program: "qmi-proxy" }]
      const stranger = [...proxy, { pid: 7, program: "cat" }]
      const of = (control: typeof proxy) =>
        asked(two, {
          device: () =>
            Effect.succeed({
              ...soundFacts,
              nodes: [node("/dev/ttyUSB2", { holders: manager }), node("/dev/cdc-wdm0", { holders: control })]
            })
        })
      assert.deepStrictEqual((yield* of(proxy)).texts, [
        "02.24.05.06, GENERIC 002.026_000",
        "02.33.03.00, GENERIC 002.026_000"
      ])
      // Not where somebody else reads it too, nor where only a serial port is used.
      assert.strictEqual((yield* of(stranger)).texts[0], "not asked: cat (pid 7) uses /dev/cdc-wdm0")
      assert.strictEqual((yield* of([])).texts[0], "not asked: ModemManager (pid 812) uses /dev/ttyUSB2")
    })
  )

  it.effect("is taken for ModemManager's where it cannot be seen whose it is", () =>
    Effect.gen(function* () {
      const { questions, texts } = yield* asked(two, {
        facts: Effect.succeed({ ...soundHost, root: false, modemManager: 812 })
      })
      assert.deepStrictEqual(questions, [0, 0])
      assert.strictEqual(texts[0], "not asked: ModemManager (pid 812) uses its ports")
    })
  )

  it.effect("is not waited for where this user may not open its port", () =>
    Effect.gen(function* () {
      const { questions, texts } = yield* asked(two, {
        device: () => Effect.succeed({ ...soundFacts, nodes: [node("/dev/cdc-wdm0", { state: "denied" })] })
      })
      assert.deepStrictEqual(questions, [0, 0])
      assert.strictEqual(texts[0], "not asked: this user may not open /dev/cdc-wdm0")
    })
  )
})

const decodeLine = Schema.decodeUnknownSync(Schema.fromJsonString(WatchReport), { onExcessProperty: "error" })

describe("boothold list --watch", () => {
  it.effect("tells who is there, who comes and who goes, and ends with 0 when it is interrupted", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2", 0, { number: 7 }))
      let code: number | undefined
      const { command, printed } = yield* begin(["list", "--watch", "--json"])
      const fiber = yield* Effect.forkChild(
        command.pipe(
          Effect.provideService(Roots, system.roots),
          Effect.provideService(Interruption, { endsWith: (exit) => (code = exit), says: () => undefined })
        )
      )
      const lines = Effect.map(printed, ({ out }) => (out === "" ? [] : out.split("\n").map((one) => decodeLine(one))))
      const until = Effect.fnUntraced(function* (count: number) {
        for (let turn = 0; turn < 200 && (yield* lines).length < count; turn++) yield* pass("200 millis")
      })
      yield* until(1)
      system.unplug("1-2")
      yield* until(2)
      system.plug(held("1-2", "ttyUSB5"))
      yield* until(3)
      yield* pass("3 seconds")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(
        (yield* lines).map(({ _tag, modem }) => [_tag, modem.vidPid, modem.mode]),
        [
          ["Present", "1199:9071", "application"],
          ["Unplugged", "1199:9071", "application"],
          ["Plugged", "1199:9070", "boot-and-hold"]
        ]
      )
      assert.strictEqual(code, 0)
    })
  )

  it.effect("says it in words too", () =>
    Effect.gen(function* () {
      const { command, printed } = yield* begin(["list", "--watch", "--simulate", "mc7710"])
      const fiber = yield* Effect.forkChild(command)
      yield* pass("2 seconds")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(
        (yield* printed).out,
        "= MC7710 1199:68a2 at 1-2, serial XX000000000000, application  ttyUSB0 (diag), ttyUSB1 (nmea), ttyUSB2 (at), cdc-wdm0 (control)"
      )
    })
  )
})
