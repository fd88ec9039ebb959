import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { em7455, make } from "../../src/sim/index.ts"
import { openLine, carrierImage, enterSdp, qdl, qmi, sendImage, setPreference, systemImage, wait } from "./support.ts"

describe("a whole update of a simulated EM7455, byte by byte", () => {
  it.effect("goes into boot-and-hold for missing images, takes them, and runs them", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      const control = yield* openLine(modem, "control")
      yield* control.ask(qmi.allocateDms)
      assert.strictEqual(
        yield* control.ask(setPreference("02.33.03.00", "GENERIC", "002.072_001")),
        "01 19 00 80 02 01 02 09 00 48 00 0d 00 02 04 00 00 00 00 00 01 03 00 02 00 01"
      )
      yield* control.ask(qmi.offline)
      yield* control.ask(qmi.reset)
      yield* wait("10 seconds")
      assert.strictEqual(control.ended()?.reason._tag, "Unplugged")
      assert.strictEqual((yield* modem.attachment)?.productId, 0x9070)

      const download = yield* openLine(modem, "download")
      yield* enterSdp(download)
      const system = systemImage("02.33.03.00", { size: 3_000_000 })
      const answers = yield* sendImage(download, system)
      assert.deepStrictEqual(answers[0], qdl.openOk)
      assert.deepStrictEqual(answers[1], qdl.writeOk0)
      assert.strictEqual(answers.length, 5)
      assert.strictEqual(answers[4], qdl.closeOk)
      yield* sendImage(download, carrierImage("02.33.03.00", "GENERIC", "002.072_001"))
      assert.strictEqual(yield* download.ask(qdl.reset), "")
      yield* wait("60 seconds")

      const state = yield* modem.state
      assert.strictEqual(state.mode, "application")
      assert.deepStrictEqual(
        { ...state.running, build: "" },
        { firmware: "02.33.03.00", config: "002.072_001", carrier: "GENERIC", slot: 2, build: "" }
      )
      assert.strictEqual(state.operatingMode, 0)
    })
  )
})
