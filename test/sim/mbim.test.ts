/** The MBIM function of a simulated modem, byte by byte: the captured dialogue of qmi.md §5.4, and what it refuses. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { MbimMessage } from "../../src/protocol/mbim/message.ts"
import { MbimReader } from "../../src/protocol/mbim/MbimReader.ts"
import * as Sim from "../../src/sim/index.ts"
import { informationBuffer, text, u32, u64 } from "../../src/sim/mbim/buffer.ts"
import { captures } from "../protocol/mbim/captures.ts"
import { Bytes } from "../protocol/bytes.ts"
import { bytesOf, hexOf, openLine, wait } from "./support.ts"

const { behaviour } = Sim

const qmi = "d1 a3 0b c2 f9 7a 6e 43 bf 65 c7 e2 4f b0 f0 d3"
const basicConnect = "a2 89 cc 33 bc bb 8b 4f b6 b0 13 3e c2 aa e6 df"
const captured = (name: string): string => hexOf(captures.find((one) => one.name === name)!.bytes)

const le32 = (value: number): string => hexOf([value, value >> 8, value >> 16, value >>> 24].map((byte) => byte & 0xff))

const open = (transaction = 1, max = 4096) => `01 00 00 00 10 00 00 00 ${le32(transaction)} ${le32(max)}`
const command = (transaction: number, service: string, cid: number, type: "query" | "set", buffer = "") =>
  `03 00 00 00 ${le32(48 + bytesOf(buffer).length)} ${le32(transaction)} 01 00 00 00 00 00 00 00 ${service} ` +
  `${le32(cid)} ${le32(type === "set" ? 1 : 0)} ${le32(bytesOf(buffer).length)} ${buffer}`
const notOpened = (transaction: number) => `04 00 00 80 10 00 00 00 ${le32(transaction)} 05 00 00 00`
/** Get Version Info. */
const version = "01 0b 00 00 00 00 00 01 21 00 00 00"

const read = (hex: string): ReadonlyArray<MbimMessage> =>
  new MbimReader().push(bytesOf(hex)).map((message) => Result.getOrThrow(message))

const statusOf = (hex: string): number | undefined => {
  const [message] = read(hex)
  return message?._tag === "CommandDone" ? message.status : undefined
}

const start = Effect.fnUntraced(function* (behaviours: ReadonlyArray<Sim.Behaviour> = [], max?: number) {
  const { model } = Sim.em7455()
  const compositions = model.compositions.map((one) => ({
    ...one,
    ports: one.ports.map((port) =>
      port.driver === "cdc_mbim" && max !== undefined ? { ...port, maxControlMessage: max } : port
    )
  }))
  const modem = yield* Sim.make(Sim.setup({ ...model, compositions }, { composition: 8, behaviours }))
  return { modem, line: yield* openLine(modem, "control") }
})

describe("the MBIM function", () => {
  it.effect("answers the captured dialogue byte by byte", () =>
    Effect.gen(function* () {
      const { line } = yield* start()
      assert.strictEqual(yield* line.ask(captured("OPEN")), captured("OPEN_DONE"))
      const list = captured("SUBSCRIBE").slice(48 * 3)
      assert.strictEqual(
        yield* line.ask(captured("SUBSCRIBE")),
        `03 00 00 80 54 00 00 00 02 00 00 00 01 00 00 00 00 00 00 00 ${basicConnect} 13 00 00 00 00 00 00 00 24 00 00 00 ${list}`
      )
      // The scripted modem of the capture gave client 5.
      assert.strictEqual(yield* line.ask(captured("ALLOC DMS")), captured("answer to ALLOC DMS").slice(0, -2) + "01")
      assert.strictEqual(yield* line.ask(captured("CLOSE")), captured("CLOSE_DONE"))
    })
  )

  it.effect("takes nothing before OPEN, and nothing behind CLOSE", () =>
    Effect.gen(function* () {
      const { line } = yield* start()
      assert.strictEqual(yield* line.ask(command(7, qmi, 1, "set", version)), notOpened(7))
      assert.strictEqual(yield* line.ask(captured("CLOSE")), notOpened(6))
      yield* line.ask(open())
      assert.strictEqual(statusOf(yield* line.ask(command(8, qmi, 1, "set", version))), 0)
      yield* line.ask(captured("CLOSE"))
      assert.strictEqual(yield* line.ask(command(9, qmi, 1, "set", version)), notOpened(9))
    })
  )

  it.effect("keeps QMI clients over OPEN and CLOSE: the state of QMI is one", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* start()
      yield* line.ask(open())
      yield* line.ask(captured("ALLOC DMS"))
      yield* line.ask(captured("CLOSE"))
      yield* line.ask(open(2))
      const again = yield* line.ask(captured("ALLOC DMS"))
      assert.strictEqual(again.slice(-2), "02")
      assert.include(
        (yield* modem.journal).map(({ _tag }) => _tag),
        "QmiRequest"
      )
    })
  )

  it.effect("opens afresh on a second OPEN", () =>
    Effect.gen(function* () {
      const { line } = yield* start([behaviour("foreignTraffic")])
      yield* line.ask(open())
      yield* line.ask(captured("SUBSCRIBE"))
      const before = read(yield* line.ask(command(3, qmi, 1, "set", version)))
      assert.deepStrictEqual(
        before.map(({ _tag }) => _tag),
        ["IndicateStatus", "IndicateStatus", "CommandDone"]
      )
      yield* line.ask(open(4))
      // Nobody has asked for indications since.
      const after = read(yield* line.ask(command(5, qmi, 1, "set", version)))
      assert.deepStrictEqual(
        after.map(({ _tag }) => _tag),
        ["CommandDone"]
      )
    })
  )

  it.effect("answers each request in its transaction, also when several are under way", () =>
    Effect.gen(function* () {
      const { line } = yield* start()
      yield* line.ask(open())
      yield* line.ask(captured("ALLOC DMS"))
      // List Stored Images reads flash and takes longer than Get Revision (client 1).
      const slow = command(20, qmi, 1, "set", "01 0c 00 00 02 01 00 01 00 49 00 00 00")
      const fast = command(21, qmi, 1, "set", "01 0c 00 00 02 01 00 02 00 23 00 00 00")
      const answers = read(yield* line.ask(`${slow} ${fast}`))
      assert.deepStrictEqual(
        answers.map(({ transaction }) => transaction),
        [21, 20]
      )
    })
  )

  it.effect("sends transfers of the size that the host asked for, and of its own at most", () =>
    Effect.gen(function* () {
      for (const [own, asked, size] of [
        [4096, 64, 64],
        [100, 4096, 100],
        [100, 10, 64]
      ] as const) {
        const { line } = yield* start([], own)
        yield* line.ask(open(1, asked))
        yield* line.write(bytesOf(command(2, basicConnect, 1, "query")))
        yield* wait("1 second")
        const reads = line.reads()
        assert.isAbove(reads.length, 1)
        for (const transfer of reads) assert.isAtMost(transfer.length, size)
        assert.strictEqual(statusOf(reads.map((bytes) => hexOf(bytes)).join(" ")), 0)
      }
    })
  )

  it.effect("takes fragments in order, and names what is wrong with others", () =>
    Effect.gen(function* () {
      const whole = bytesOf(command(2, qmi, 1, "set", version))
      const first = `03 00 00 00 2c 00 00 00 02 00 00 00 02 00 00 00 00 00 00 00 ${hexOf(whole.slice(20, 44))}`
      const second = `03 00 00 00 24 00 00 00 02 00 00 00 02 00 00 00 01 00 00 00 ${hexOf(whole.slice(44))}`
      const { line } = yield* start([], 64)
      yield* line.ask(open())
      assert.strictEqual(yield* line.ask(first), "")
      assert.strictEqual(statusOf(yield* line.ask(second)), 0)
      assert.strictEqual(yield* line.ask(second), "04 00 00 80 10 00 00 00 02 00 00 00 02 00 00 00")
      // Too long for its control transfers, and a lie about the buffer.
      const long = command(3, qmi, 1, "set", version + " 00".repeat(20))
      assert.strictEqual(yield* line.ask(long), "04 00 00 80 10 00 00 00 03 00 00 00 08 00 00 00")
      const lie = command(4, qmi, 1, "set", version).replace("0c 00 00 00 01 0b", "0d 00 00 00 01 0b")
      assert.strictEqual(yield* line.ask(lie), "04 00 00 80 10 00 00 00 04 00 00 00 03 00 00 00")
    })
  )

  it.effect("answers what it does not know with a status", () =>
    Effect.gen(function* () {
      const { line } = yield* start()
      yield* line.ask(open())
      for (const [question, status] of [
        [command(2, basicConnect, 24, "query"), 9],
        [command(2, basicConnect, 999, "set"), 9],
        [command(2, basicConnect, 1, "set"), 9],
        [command(2, "00 ".repeat(16).trim(), 1, "query"), 9],
        [command(2, qmi, 2, "set", version), 9],
        [command(2, qmi, 1, "query", version), 9],
        [command(2, qmi, 1, "set", "01 02 03"), 21],
        [command(2, basicConnect, 19, "set", "ff ff ff ff"), 21],
        [command(2, basicConnect, 4, "query"), 3]
      ] as const) {
        assert.strictEqual(statusOf(yield* line.ask(question)), status, question)
      }
    })
  )

  it.effect("switches its radio, unless its images hold it in low power", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* start()
      yield* line.ask(open())
      assert.strictEqual(statusOf(yield* line.ask(command(2, basicConnect, 3, "set", "00 00 00 00"))), 0)
      assert.strictEqual((yield* modem.state).operatingMode, 1)
      assert.strictEqual(statusOf(yield* line.ask(command(3, basicConnect, 3, "set", "01 00 00 00"))), 0)
      assert.strictEqual((yield* modem.state).operatingMode, 0)
      assert.strictEqual(statusOf(yield* line.ask(command(4, basicConnect, 3, "set", "02 00 00 00"))), 21)
      const held = yield* Sim.make(
        Sim.em7455({
          composition: 8,
          preference: { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
        })
      )
      const other = yield* openLine(held, "control")
      yield* other.ask(open())
      assert.strictEqual(statusOf(yield* other.ask(command(2, basicConnect, 3, "set", "01 00 00 00"))), 28)
    })
  )

  it.effect("has the QMI service, or says that it has none", () =>
    Effect.gen(function* () {
      for (const [behaviours, count, status] of [
        [[], 2, 0],
        [[behaviour("qmiOverMbimMissing")], 1, 9]
      ] as const) {
        const { line } = yield* start(behaviours)
        yield* line.ask(open())
        const [list] = read(yield* line.ask(command(2, basicConnect, 16, "query")))
        assert.strictEqual(list?._tag === "CommandDone" ? list.buffer[0] : undefined, count)
        assert.strictEqual(statusOf(yield* line.ask(command(3, qmi, 1, "set", version))), status)
      }
    })
  )

  it.effect("forgets once that it is open", () =>
    Effect.gen(function* () {
      const { line } = yield* start([behaviour("mbimForgetsOpen", { after: 1 })])
      yield* line.ask(open())
      assert.strictEqual(statusOf(yield* line.ask(command(2, qmi, 1, "set", version))), 0)
      assert.strictEqual(yield* line.ask(command(3, qmi, 1, "set", version)), notOpened(3))
      assert.strictEqual(yield* line.ask(command(4, qmi, 1, "set", version)), notOpened(4))
      yield* line.ask(open(5))
      assert.strictEqual(statusOf(yield* line.ask(command(6, qmi, 1, "set", version))), 0)
    })
  )

  it.effect("wants a CLOSE first, and closes slowly", () =>
    Effect.gen(function* () {
      const { line } = yield* start([behaviour("mbimNeedsClose"), behaviour("slowMbimClose", { seconds: 3 })])
      assert.strictEqual(yield* line.ask(open()), notOpened(1))
      assert.strictEqual(yield* line.ask(captured("CLOSE"), 2), "")
      yield* wait("2 seconds")
      assert.strictEqual(line.hex(), captured("CLOSE_DONE"))
      assert.strictEqual(yield* line.ask(open(2)), "01 00 00 80 10 00 00 00 02 00 00 00 00 00 00 00")
    })
  )

  it.effect("answers OPEN when it has started, and not before", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ composition: 8, mode: "off" }))
      yield* modem.plug()
      yield* wait("15100 millis")
      const line = yield* openLine(modem, "control")
      assert.strictEqual(yield* line.ask(open(), 5), "")
      yield* wait("1 second")
      assert.strictEqual(line.hex(), captured("OPEN_DONE"))
    })
  )

  it.effect("in its own composition has an id of its own, no AT port, and is in application mode", () =>
    Effect.gen(function* () {
      const attachmentOf = (composition: number) =>
        Effect.flatMap(Sim.make(Sim.em7455({ composition })), ({ attachment }) => attachment)
      const [both, only] = [yield* attachmentOf(8), yield* attachmentOf(9)]
      assert.deepStrictEqual([both?.productId, both?.interfaceCount], [0x9071, 5])
      assert.deepStrictEqual(
        both?.ports.map(({ driver, interfaceNumber, role }) => [role, interfaceNumber, driver]),
        [
          ["diag", 0, "qcserial"],
          ["nmea", 2, "qcserial"],
          ["at", 3, "qcserial"],
          ["control", 12, "cdc_mbim"]
        ]
      )
      assert.deepStrictEqual([only?.productId, only?.interfaceCount, only?.ports.length], [0x68b1, 2, 1])
    })
  )

  it.effect.prop("survives any bytes, and opens behind them", { bytes: Arbitrary.schema(Bytes) }, ({ bytes }) =>
    Effect.gen(function* () {
      const { line } = yield* start()
      yield* line.write(Uint8Array.from(bytes))
      yield* line.write(bytesOf(`03 00 00 00 30 00 00 00 ${hexOf(bytes.slice(0, 40))}`))
      // A header that swallows what follows ends at the longest transfer.
      yield* line.write(new Uint8Array(8192))
      yield* wait("1 second")
      line.hex()
      yield* line.ask(open(1))
      const answers = read(yield* line.ask(open(2)))
      assert.strictEqual(answers.at(-1)?._tag, "OpenDone")
    }).pipe(Effect.scoped)
  )
})

describe("information buffers", () => {
  it("have their texts behind the fields, each at a multiple of 4", () => {
    assert.strictEqual(
      hexOf(informationBuffer([u32(1), text("abc"), text(""), u64(2n), text("d")])),
      "01 00 00 00 24 00 00 00 06 00 00 00 00 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 2c 00 00 00 02 00 00 00 " +
        "61 00 62 00 63 00 00 00 64 00 00 00"
    )
  })
})
