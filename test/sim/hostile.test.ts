import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { em7455, make, mc7354, mc7710 } from "../../src/sim/index.ts"
import type { ModemSetup } from "../../src/sim/index.ts"
import { encodeFrame } from "../../src/protocol/hdlc.ts"
import { openLine, qdl, qmi, wait } from "./support.ts"

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Bytes = Schema.Array(Byte)
const setups: ReadonlyArray<(options?: Parameters<typeof em7455>[0]) => ModemSetup> = [em7455, mc7354, mc7710]

/** Body of a QMI request: any message of DMS or CTL with any TLVs. */
const qmiFrame = (service: number, message: number, tlvs: ReadonlyArray<number>): Uint8Array => {
  const sdu = service === 0 ? [0, 1, message, 0] : [0, 1, 0, message, 0]
  const rest = [service, service === 0 ? 0 : 1, ...sdu, tlvs.length & 0xff, tlvs.length >> 8, ...tlvs]
  const length = rest.length + 3
  return Uint8Array.of(1, length & 0xff, length >> 8, 0, ...rest)
}

describe("a simulated modem survives whatever it is sent", () => {
  it.effect.prop(
    "any bytes on the control port, then it still answers",
    { noise: Bytes, message: Byte, service: Schema.Literals([0, 2]), tlvs: Bytes },
    ({ message, noise, service, tlvs }) =>
      Effect.gen(function* () {
        const modem = yield* make(em7455())
        const line = yield* openLine(modem, "control")
        yield* line.ask(qmi.allocateDms)
        yield* line.write(Uint8Array.from(noise))
        // Whatever the noise was the beginning of, this fills it up.
        yield* line.write(new Uint8Array(70_000))
        yield* line.write(qmiFrame(service, message, tlvs))
        yield* wait("1 minute")
        if ((yield* modem.state).mode !== "application" || (yield* modem.attachment)?.enumeration !== 1) return
        line.reads()
        assert.isTrue(
          (yield* line.ask("01 0b 00 00 00 00 00 01 27 00 00 00")).startsWith("01 12 00 80 00 00 01 01 27 00")
        )
      }),
    { arbitrary: { runs: 60 } }
  )

  it.effect.prop(
    "any bytes on the AT port, then it still answers",
    [Bytes, Schema.String],
    ([noise, text]) =>
      Effect.gen(function* () {
        for (const setup of setups) {
          const modem = yield* make(setup())
          const line = yield* openLine(modem, "at")
          yield* line.write(Uint8Array.of(...noise, 13))
          for (const command of [text, `AT!IMPREF=${text}`, `AT!IMAGE=0,${text}`, `AT${text}`]) {
            yield* line.write(new TextEncoder().encode(`${command.replaceAll(/[\r\n]/g, "")}\r`))
          }
          yield* wait("10 seconds")
          if ((yield* modem.attachment)?.enumeration !== 1) continue
          line.reads()
          assert.isTrue((yield* line.askText("ATE1\r")).endsWith("\r\nOK\r\n"))
        }
      }),
    { arbitrary: { runs: 40 } }
  )

  it.effect.prop(
    "any bytes and frames on the download port, then it still takes a session",
    { noise: Bytes, frames: Schema.Array(Schema.NonEmptyArray(Byte)) },
    ({ frames, noise }) =>
      Effect.gen(function* () {
        const modem = yield* make(em7455({ mode: "boot-and-hold" }))
        const line = yield* openLine(modem, "download")
        yield* line.write(Uint8Array.from(noise))
        for (const frame of frames) yield* line.write(encodeFrame(Uint8Array.from(frame)))
        yield* wait("1 minute")
        if ((yield* modem.attachment)?.enumeration !== 1) return
        // Ends a frame that was begun; the silence ends a write.
        yield* line.ask("7e 7e", 20)
        yield* line.ask(qdl.dload)
        assert.isTrue((yield* line.ask(qdl.hello6)).startsWith("7e 02 51 43"))
      }),
    { arbitrary: { runs: 100 } }
  )
})
