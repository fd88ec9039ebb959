/** The live line, drawn on a stream that says it is a terminal. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { PassThrough } from "node:stream"
import { styleText } from "node:util"
import { durationText, bytesText, plain, styleFor } from "../../src/cli/render/text.ts"
import { terminalProgress } from "../../src/cli/render/terminal.ts"
import type { UpdateEvent } from "../../src/update/events.ts"

const fakeTerminal = () => {
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 30 })
  let text = ""
  output.on("data", (bytes: Buffer) => (text += bytes.toString()))
  return { output: output as unknown as NodeJS.WriteStream, text: () => text }
}

const started: ReadonlyArray<UpdateEvent> = [
  { _tag: "RunStarted", flow: "update", modem: "EM7455", steps: ["open", "transfer"] },
  { _tag: "StepStarted", step: "open", title: "open the port", risk: "none", deadlineMillis: 1000 },
  { _tag: "StepFinished", step: "open", millis: 20 },
  { _tag: "StepStarted", step: "transfer", title: "send it", risk: "writes-flash", deadlineMillis: 1000 },
  { _tag: "ImageStarted", image: "a.cwe", role: "system", number: 1, of: 2, bytes: 4_000_000 }
]
const half: UpdateEvent = {
  _tag: "ImageProgress",
  image: "a.cwe",
  sent: 2_000_000,
  bytes: 4_000_000,
  bytesPerSecond: 1_048_576,
  secondsLeft: 2
}

/** What is on the terminal after these events, before and after it is given back. */
const drawn = (events: ReadonlyArray<UpdateEvent>, colors = false) =>
  Effect.gen(function* () {
    const { output, text } = fakeTerminal()
    const during = yield* Effect.scoped(
      Effect.gen(function* () {
        const show = yield* terminalProgress(styleFor(colors), output)
        yield* Effect.forEach(events, show)
        yield* Effect.sleep("250 millis")
        return text()
      })
    )
    return { during, after: text().slice(during.length) }
  })

describe("the live line of a run", () => {
  it.live("has a bar, how much is done, the rate and the time left", () =>
    Effect.gen(function* () {
      const { during } = yield* drawn([...started, half])
      assert.match(during, /✔ open the port {2}20 ms/)
      assert.match(during, /image 1 of 2: a\.cwe \(system, 3\.8 MiB\)/)
      assert.match(during, /\[2\/2\] █{12}░{12} {2}50 % of 3\.8 MiB {2}1\.0 MiB\/s {2}2\.0 s left/)
    })
  )

  it.live("says not to unplug while the flash is programmed, with a clock that runs", () =>
    Effect.gen(function* () {
      const { during } = yield* drawn([...started, half, { _tag: "Programming", image: "a.cwe" }], true)
      assert.include(during, styleText("yellow", "a.cwe: programming flash, do not unplug", { validateStream: false }))
      const clocks = new Set(
        [...during.matchAll(/do not unplug\S* {2}\S*?(\d+(?:\.\d)? m?s)/g)].map(([, clock]) => clock)
      )
      assert.isAbove(clocks.size, 1)
    })
  )

  it.live("says that an image is sent again, without a bar, which then begins again at 0", () =>
    Effect.gen(function* () {
      const again: UpdateEvent = {
        _tag: "TransferRetried",
        step: "write",
        image: "a.cwe",
        attempt: 2,
        of: 3,
        why: "CRC failed",
        afterMillis: 3000
      }
      const paused = yield* drawn([...started, half, again])
      assert.include(paused.during, "  warning: a.cwe: CRC failed; again from the beginning in 3.0 s, try 2 of 3")
      assert.match(paused.during, /\[2\/2\] a\.cwe: again from the beginning in 3\.0 s, try 2 of 3/)
      assert.notInclude(paused.during, "50 %")
      const { during } = yield* drawn([...started, half, again, started.at(-1)!])
      assert.match(during, /\[2\/2\] ░{24} {3}0 % of 3\.8 MiB/)
      assert.notInclude(during, "50 %")
    })
  )

  it.live("gives the terminal back when it ends, also by interruption", () =>
    Effect.gen(function* () {
      const hidden = "\u001b[?25l"
      const shown = "\u001b[?25h"
      const { after, during } = yield* drawn(started)
      assert.include(during, hidden)
      assert.include(after, shown)
      const broken = yield* drawn([
        ...started,
        { _tag: "RunInterrupted", step: "write", condition: { _tag: "BootAndHold" }, next: "boothold download" }
      ])
      // At once: what is printed next must not land in the live line.
      assert.include(broken.during, shown)
      assert.notInclude(broken.after, shown)
    })
  )
})

describe("words and numbers", () => {
  it("are of a length that people read", () => {
    const durations = [0, 42, 400, 9_900, 12_400, 60_000, 245_000, 3_600_000, 14_940_000]
    const wanted = ["0 ms", "42 ms", "0.4 s", "9.9 s", "12 s", "1 min", "4 min 05 s", "1 h", "4 h 09 min"]
    assert.deepStrictEqual(durations.map(durationText), wanted)
    assert.deepStrictEqual([1, 1024, 1_048_576].map(bytesText), ["1 byte", "1.0 KiB", "1.0 MiB"])
  })

  it("hold no control characters, whatever a modem says", () => {
    assert.strictEqual(plain("a\u001b[2Jb\u009bc\n"), "a\\x1b[2Jb\\x9bc\\x0a")
  })
})
