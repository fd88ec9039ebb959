/** A run without a terminal: enough to follow it in a log, and not more. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestConsole from "effect/testing/TestConsole"
import { linesProgress } from "../../src/cli/render/lines.ts"
import { styleFor } from "../../src/cli/render/text.ts"
import type { UpdateEvent } from "../../src/update/events.ts"

const printed = (events: ReadonlyArray<UpdateEvent>) =>
  Effect.gen(function* () {
    const show = linesProgress(styleFor(false))
    yield* Effect.forEach(events, show)
    return yield* TestConsole.logLines
  })

const started: UpdateEvent = { _tag: "ImageStarted", image: "a.cwe", role: "system", number: 1, of: 1, bytes: 100_000 }
const progress = (sent: number): UpdateEvent => ({
  _tag: "ImageProgress",
  image: "a.cwe",
  sent,
  bytes: 100_000,
  bytesPerSecond: 1024,
  secondsLeft: 30
})

describe("plain lines", () => {
  it.effect("tell an image's progress three times, however many chunks it has", () =>
    Effect.gen(function* () {
      const chunks = Array.from({ length: 97 }, (_, index) => progress((index + 1) * 1000))
      assert.deepStrictEqual(yield* printed([started, ...chunks]), [
        "  image 1 of 1: a.cwe (system, 97.7 KiB)",
        "  25 %, 1.0 KiB/s, 30 s left",
        "  50 %, 1.0 KiB/s, 30 s left",
        "  75 %, 1.0 KiB/s, 30 s left"
      ])
    })
  )

  it.effect("tell an image that is sent again, why, and its progress from the beginning", () =>
    Effect.gen(function* () {
      const again: UpdateEvent = {
        _tag: "TransferRetried",
        step: "write",
        image: "a.cwe",
        attempt: 2,
        of: 3,
        why: "sim: QDL write of chunk 1: status 0x01 (CRC failed)\u001b[31m",
        afterMillis: 1000
      }
      assert.deepStrictEqual(yield* printed([started, progress(60_000), again, started, progress(30_000)]), [
        "  image 1 of 1: a.cwe (system, 97.7 KiB)",
        "  60 %, 1.0 KiB/s, 30 s left",
        "  warning: a.cwe: sim: QDL write of chunk 1: status 0x01 (CRC failed)\\x1b[31m; again from the beginning in 1.0 s, try 2 of 3",
        "  image 1 of 1: a.cwe (system, 97.7 KiB)",
        "  30 %, 1.0 KiB/s, 30 s left"
      ])
    })
  )

  it.effect("tell how much it really is, and nothing of an image of one chunk", () =>
    Effect.gen(function* () {
      const [, line] = yield* printed([started, progress(40_000)])
      assert.strictEqual(line, "  40 %, 1.0 KiB/s, 30 s left")
      assert.lengthOf(yield* printed([started, progress(100_000)]), 3)
    })
  )

  it.effect("tell notes, warnings, skipped images and who comes back, without control characters", () =>
    Effect.gen(function* () {
      const lines = yield* printed([
        { _tag: "Note", step: "a", detail: "all is well" },
        { _tag: "Warning", step: "a", detail: "odd\u001b[31m" },
        { _tag: "ModemSeen", device: "EM7455", mode: "application" },
        { _tag: "ImageSkipped", image: "a.nvu", why: "it is there" }
      ])
      assert.deepStrictEqual(lines, [
        "  all is well",
        "  warning: odd\\x1b[31m",
        "  seen: EM7455",
        "  a.nvu: not sent, it is there"
      ])
    })
  )
})
