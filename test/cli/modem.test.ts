/** Which of several modems a command takes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ModemInput } from "../../src/cli/inputs.ts"
import { theModem } from "../../src/cli/modem.ts"
import { em7455, layer, mc7354 } from "../../src/sim/index.ts"

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
      const error = yield* Effect.flip(theModem(input(), "application"))
      assert.strictEqual(error.code, "DEVICE_SEVERAL")
      assert.include(error.message, "1-2")
      assert.include(error.message, "1-3")
      const chosen = yield* theModem(input({ vidPid: "1199:68c0" }), "application")
      assert.strictEqual(chosen.identity.portPath, "1-3")
    }).pipe(Effect.provide(layer([em7455(), mc7354({ portPath: "1-3" })])))
  )
})
