/** Which of several modems a command takes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ModemInput } from "../../src/cli/inputs.ts"
import { theModem } from "../../src/cli/modem.ts"
import { errorOf, timed } from "../support/virtual-time.ts"
import { behaviour, em7455, layer, mc7354 } from "../../src/sim/index.ts"

const input = (selector: ModemInput["selector"] = {}): ModemInput => ({ json: false, selector, simulation: undefined })

describe("the modem of a command", () => {
  it.effect("is the only one in the mode that the command needs", () =>
    Effect.gen(function* () {
      const held = yield* theModem(input(), "boot-and-hold")
      assert.strictEqual(held.identity.portPath, "1-3")
      const running = yield* theModem(input(), "application")
      assert.strictEqual(running.identity.portPath, "1-2")
      // What the user says comes first, whatever its mode: the command says what is wrong with it.
      const chosen = yield* theModem(input({ usbPath: "1-2" }), "boot-and-hold")
      assert.strictEqual(chosen.identity.portPath, "1-2")
    }).pipe(Effect.provide(layer([em7455(), em7455({ portPath: "1-3", mode: "boot-and-hold" })])))
  )

  it.effect("is never a guess among several", () =>
    Effect.gen(function* () {
      const error = errorOf((yield* timed(theModem(input(), "application"))).exit)
      assert.strictEqual(error.code, "DEVICE_SEVERAL")
      assert.strictEqual(
        error.message,
        "several modems match: EM7455 1199:9071 at 1-2, serial XX000000000000, application, firmware 02.24.05.06, GENERIC " +
          "002.026_000; MC7354 1199:68c0 at 1-3, serial XX000000000000, application, firmware " +
          "05.05.16.03, GENERIC 005.010_000"
      )
      const chosen = yield* theModem(input({ vidPid: "1199:68c0" }), "application")
      assert.strictEqual(chosen.identity.portPath, "1-3")
    }).pipe(Effect.provide(layer([em7455(), mc7354({ portPath: "1-3" })])))
  )

  it.effect("is told apart also where one of them does not answer, and that soon", () =>
    Effect.gen(function* () {
      const { exit, millis } = yield* timed(theModem(input(), "application"))
      const { message } = errorOf(exit)
      assert.include(message, "firmware 02.24.05.06")
      assert.match(message, /at 1-3, serial XX000000000000, application$/)
      assert.isAtMost(millis, 5500)
    }).pipe(
      Effect.provide(
        layer([em7455(), em7455({ portPath: "1-3", behaviours: [behaviour("hang", { where: "control" })] })])
      )
    )
  )
})
