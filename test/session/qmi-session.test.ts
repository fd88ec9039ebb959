import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Dms from "../../src/protocol/qmi/dms.ts"
import { QmiError } from "../../src/session/QmiError.ts"
import { openQmiSession, qmiDeadlines } from "../../src/session/QmiSession.ts"
import type { QmiFailure } from "../../src/session/QmiSession.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import { endpoint, script } from "../support/scripted-connection.ts"
import type { Answer } from "../support/scripted-connection.ts"
import { errorOf, pass, settle, timed, valueOf } from "../support/virtual-time.ts"

/** qmi.md §3.1, with the transaction ids of a session that asks Get Version Info instead of Sync. */
const wire = {
  version: "01 0b 00 00 00 00 00 01 21 00 00 00",
  allocate: "01 0f 00 00 00 00 00 02 22 00 04 00 01 01 00 02",
  allocated: "01 17 00 80 00 00 01 02 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05",
  release: "01 10 00 00 00 00 00 03 23 00 05 00 01 02 00 02 05",
  released: "01 17 00 80 00 00 01 03 23 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05",
  /** qmi.md §6.5 layout, client 5. */
  getMode: "01 0c 00 00 02 05 00 01 00 2d 00 00 00"
} as const

const hex = (value: number) => value.toString(16).padStart(2, "0")

/** Answer to Get Version Info: DMS 1.14 (qmi.md §3). */
const versionInfo = (transaction: number): string => {
  const tlvs = "02 04 00 00 00 00 00 01 06 00 01 02 01 00 0e 00"
  const count = tlvs.split(" ").length
  return `01 ${hex(11 + count)} 00 80 00 00 01 ${hex(transaction)} 21 00 ${hex(count)} 00 ${tlvs}`
}

/** A failed CTL answer: no TLV but the result (qmi.md §1.1). */
const ctlRefusal = (message: number, transaction: number, error: number) =>
  `01 12 00 80 00 00 01 ${hex(transaction)} ${hex(message)} 00 07 00 02 04 00 01 00 ${hex(error)} 00`

interface Shape {
  readonly service?: number
  readonly client?: number
  readonly flags?: number
  readonly transaction?: number
  readonly message?: number
}

/** A successful Get Operating Mode answer: mode `mode`, or with another envelope. */
const mode = (value: number, shape: Shape = {}): string => {
  const { client = 5, flags = 2, message = 0x2d, service = 2, transaction = 1 } = shape
  return (
    `01 17 00 80 ${hex(service)} ${hex(client)} ${hex(flags)} ${hex(transaction)} 00 ${hex(message)} 00 ` +
    `0b 00 02 04 00 00 00 00 00 01 01 00 ${hex(value)}`
  )
}

const greeted =
  (...answers: ReadonlyArray<Answer>) =>
  (_written: string, index: number): Answer =>
    [[versionInfo(1)], [wire.allocated], ...answers][index]

const start = (answer: (written: string, index: number) => Answer) =>
  Effect.gen(function* () {
    const port = yield* script(answer)
    return { port, session: yield* openQmiSession(port.connect) }
  })

const qmiError = (error: QmiFailure): QmiError => {
  assert(error instanceof QmiError, `wanted a QmiError, found ${error._tag}: ${error.message}`)
  return error
}

describe("opening a QMI session", () => {
  it.effect("asks for the versions and one client, with the captured bytes, and never sends Sync", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(greeted())
      assert.strictEqual(session.endpoint, endpoint)
      assert.deepStrictEqual(port.written(), [wire.version, wire.allocate])
      // 0x0027 would free the clients of every other program (qmi.md §11.2).
      for (const frame of port.written()) assert.notStrictEqual(frame.slice(24, 29), "27 00")
    })
  )

  it.effect("asks a silent modem again every 150 ms and takes a late answer to an earlier question", () =>
    Effect.gen(function* () {
      const port = yield* script((written) => (written.includes(" 22 00 04 00") ? undefined : []))
      const opening = yield* Effect.forkChild(openQmiSession(port.connect))
      yield* pass("350 millis", "10 millis")
      assert.deepStrictEqual(port.written(), [
        "01 0b 00 00 00 00 00 01 21 00 00 00",
        "01 0b 00 00 00 00 00 02 21 00 00 00",
        "01 0b 00 00 00 00 00 03 21 00 00 00"
      ])
      yield* port.say(versionInfo(1))
      yield* settle
      assert.strictEqual(port.written().length, 4)
      assert.strictEqual(port.written()[3], "01 0f 00 00 00 00 00 04 22 00 04 00 01 01 00 02")
      // Late answers to the other questions are nobody's by now.
      yield* port.say(versionInfo(2), versionInfo(3), wire.allocated.replace("01 02 22", "01 04 22"))
      yield* settle
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(opening)))
    })
  )

  it.effect("gives up after 20 seconds of silence and lets go of the port", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const { exit, millis } = yield* timed(openQmiSession(port.connect))
      const error = qmiError(errorOf(exit))
      assert.strictEqual(error.request, "Get Version Info")
      assert.deepStrictEqual(error.reason, { _tag: "NoAnswer", millis: 20_000 })
      assert.strictEqual(millis, 20_000)
      assert.isFalse(port.isOpen())
    })
  )

  it.effect("takes a refused liveness question for a sign of life", () =>
    Effect.gen(function* () {
      const { port } = yield* start((_, index) => [[ctlRefusal(0x21, 1, 71)], [wire.allocated]][index])
      assert.deepStrictEqual(port.written(), [wire.version, wire.allocate])
    })
  )

  it.effect("asks again for a client while the modem has none to give", () =>
    Effect.gen(function* () {
      const port = yield* script(
        (_, index) =>
          [
            [versionInfo(1)],
            [ctlRefusal(0x22, 2, 5)],
            [ctlRefusal(0x22, 3, 52)],
            [wire.allocated.replace("01 02 22", "01 04 22")]
          ][index]
      )
      const { exit, millis } = yield* timed(openQmiSession(port.connect))
      valueOf(exit)
      assert.strictEqual(port.written().length, 4)
      assert.strictEqual(millis, 1000)
    })
  )

  it.effect("does not ask again when a client is refused for another reason", () =>
    Effect.gen(function* () {
      const port = yield* script((_, index) => [[versionInfo(1)], [ctlRefusal(0x22, 2, 82)]][index])
      const { exit, millis } = yield* timed(openQmiSession(port.connect))
      const error = qmiError(errorOf(exit))
      assert.deepStrictEqual(
        [error.request, error.reason],
        ["Allocate CID", { _tag: "Refused", error: 82, name: "AccessDenied" }]
      )
      assert.strictEqual(port.written().length, 2)
      assert.strictEqual(millis, 0)
      assert.isFalse(port.isOpen())
    })
  )

  it.effect("does not take a client of another service", () =>
    Effect.gen(function* () {
      const port = yield* script(
        (_, index) => [[versionInfo(1)], [wire.allocated.replace("00 02 05", "00 03 05")]][index]
      )
      const error = qmiError(errorOf((yield* timed(openQmiSession(port.connect))).exit))
      assert(error.reason._tag === "Garbled")
      assert.include(error.reason.detail, "service 3 instead of 2")
      assert.isFalse(port.isOpen())
    })
  )

  it.effect("skips stale bytes in front of the first answer", () =>
    Effect.gen(function* () {
      const { port } = yield* start(
        (_, index) => [["41 54 0d 0a 7e 00", `ff ${mode(0)}`, versionInfo(1)], [wire.allocated]][index]
      )
      assert.strictEqual(port.written().length, 2)
    })
  )

  it.effect("reads answers in pieces and glued together", () =>
    Effect.gen(function* () {
      const cut = versionInfo(1)
      const { session } = yield* start(
        (_, index) =>
          [[cut.slice(0, 9), cut.slice(9, 39), cut.slice(39)], [`${versionInfo(1)} ${wire.allocated}`], [mode(0)]][
            index
          ]
      )
      assert.strictEqual((yield* session.request(Dms.GetOperatingMode, {})).mode, "online")
    })
  )

  it.effect("is over at once when the modem leaves", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const opening = yield* Effect.forkChild(openQmiSession(port.connect))
      yield* settle
      yield* port.unplug
      yield* settle
      assert.isDefined(opening.pollUnsafe())
      const error = errorOf(yield* Fiber.await(opening))
      assert(error instanceof TransportError)
      assert.strictEqual(error.reason._tag, "Unplugged")
    })
  )
})

describe("a QMI request", () => {
  it.effect("carries client and transaction, which grows by one", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(greeted([mode(0)], [mode(1, { transaction: 2 })]))
      assert.strictEqual((yield* session.request(Dms.GetOperatingMode, {})).mode, "online")
      assert.strictEqual((yield* session.request(Dms.GetOperatingMode, {})).mode, "low-power")
      assert.deepStrictEqual(port.written().slice(2), [wire.getMode, "01 0c 00 00 02 05 00 02 00 2d 00 00 00"])
    })
  )

  it.effect("sends the captured bytes of Set Operating Mode", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(greeted(["01 13 00 80 02 05 02 01 00 2e 00 07 00 02 04 00 00 00 00 00"]))
      yield* session.request(Dms.SetOperatingMode, { mode: "offline" })
      assert.strictEqual(port.written()[2], "01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 03")
    })
  )

  const strangers: ReadonlyArray<readonly [string, string]> = [
    ["another client", mode(3, { client: 6 })],
    ["another transaction", mode(3, { transaction: 9 })],
    ["another service", mode(3, { service: 3 })],
    ["an indication with our numbers", mode(3, { flags: 4 })],
    ["a request with our numbers", mode(3, { flags: 0 })],
    ["a broadcast indication", mode(3, { client: 0xff, flags: 4, transaction: 0 })],
    ["a CTL answer", versionInfo(1)],
    ["a frame with a broken inside", "01 0f 00 80 02 05 02 01 00 2d 00 03 00 01 ff 00"]
  ]
  for (const [what, frame] of strangers) {
    it.effect(`is not answered by ${what}`, () =>
      Effect.gen(function* () {
        const { session } = yield* start(greeted([frame, mode(0)]))
        assert.strictEqual((yield* session.request(Dms.GetOperatingMode, {})).mode, "online")
      })
    )
  }

  it.effect("is garbled by another message under its own numbers: the modem has rebooted", () =>
    Effect.gen(function* () {
      const { session } = yield* start(greeted([mode(0, { message: 0x47 })]))
      const error = qmiError(yield* Effect.flip(session.request(Dms.GetOperatingMode, {})))
      assert(error.reason._tag === "Garbled")
      assert.include(error.reason.detail, "0x47")
      assert.strictEqual(error.request, "Get Operating Mode")
    })
  )

  it.effect("is garbled by an answer without what it must have", () =>
    Effect.gen(function* () {
      const { session } = yield* start(greeted(["01 13 00 80 02 05 02 01 00 2d 00 07 00 02 04 00 00 00 00 00"]))
      const error = qmiError(yield* Effect.flip(session.request(Dms.GetOperatingMode, {})))
      assert.strictEqual(error.reason._tag, "Garbled")
    })
  )

  it.effect("is refused with number and name, and only 71, 94 and 25 mean that the modem lacks it", () =>
    Effect.gen(function* () {
      const refusal = (transaction: number, error: number) =>
        `01 13 00 80 02 05 02 ${hex(transaction)} 00 3e 00 07 00 02 04 00 01 00 ${hex(error)} 00`
      const { session } = yield* start(greeted([refusal(1, 71)], [refusal(2, 94)], [refusal(3, 25)], [refusal(4, 3)]))
      const said: Array<readonly [string, boolean]> = []
      for (let attempt = 0; attempt < 4; attempt++) {
        const error = qmiError(yield* Effect.flip(session.request(Dms.SetFirmwareId, {})))
        assert(error.reason._tag === "Refused")
        said.push([`${String(error.reason.error)} ${error.reason.name}`, error.isNotSupported])
      }
      assert.deepStrictEqual(said, [
        ["71 InvalidQmiCommand", true],
        ["94 NotSupported", true],
        ["25 DeviceUnsupported", true],
        ["3 Internal", false]
      ])
    })
  )

  it.effect("waits the message's own 10 seconds, or what the caller gives; silence is no refusal", () =>
    Effect.gen(function* () {
      const { session } = yield* start(greeted())
      const own = yield* timed(session.request(Dms.GetFirmwarePreference, {}))
      const error = qmiError(errorOf(own.exit))
      assert.deepStrictEqual(error.reason, { _tag: "NoAnswer", millis: 10_000 })
      assert.isFalse(error.isNotSupported)
      assert.strictEqual(own.millis, 10_000)
      const short = yield* timed(session.request(Dms.GetFirmwarePreference, {}, Duration.seconds(1)))
      assert.deepStrictEqual(qmiError(errorOf(short.exit)).reason, { _tag: "NoAnswer", millis: 1000 })
      assert.strictEqual(short.millis, 1000)
    })
  )

  it.effect("is not answered by the late answer of the one before", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(greeted([], [mode(3), mode(0, { transaction: 2 })]))
      yield* timed(Effect.flip(session.request(Dms.GetOperatingMode, {})))
      assert.strictEqual((yield* session.request(Dms.GetOperatingMode, {})).mode, "online")
      assert.strictEqual(port.written().length, 4)
    })
  )

  it.effect("waits its turn: two at once are asked one after the other", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(greeted())
      const both = yield* Effect.forkChild(
        Effect.all([session.request(Dms.GetOperatingMode, {}), session.request(Dms.GetOperatingMode, {})], {
          concurrency: 2
        })
      )
      yield* settle
      assert.strictEqual(port.written().length, 3)
      yield* port.say(mode(0))
      yield* settle
      assert.strictEqual(port.written().length, 4)
      yield* port.say(mode(1, { transaction: 2 }))
      assert.deepStrictEqual(
        (yield* Fiber.join(both)).map((answer) => answer.mode),
        ["online", "low-power"]
      )
    })
  )

  it.effect("fails at once when the modem leaves", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(greeted())
      const asking = yield* Effect.forkChild(session.request(Dms.GetOperatingMode, {}))
      yield* settle
      yield* port.unplug
      yield* settle
      assert.isDefined(asking.pollUnsafe())
      const error = errorOf(yield* Fiber.await(asking))
      assert(error instanceof TransportError)
      assert.strictEqual(error.reason._tag, "Unplugged")
    })
  )
})

describe("ending a QMI session", () => {
  it.effect("close gives the client back, with the captured bytes, and lets go of the port", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(greeted([wire.released]))
      const { exit, millis } = yield* timed(session.close)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(port.written().slice(2), [wire.release])
      assert.strictEqual(millis, 0)
      assert.isFalse(port.isOpen())
    })
  )

  it.effect("close never fails: refusal, silence and a modem that left are all the same to it", () =>
    Effect.gen(function* () {
      const refused = yield* start(greeted([ctlRefusal(0x23, 3, 7)]))
      yield* refused.session.close
      assert.isFalse(refused.port.isOpen())
      const silent = yield* start(greeted())
      const { exit, millis } = yield* timed(silent.session.close)
      assert.isTrue(Exit.isSuccess(exit))
      assert.strictEqual(millis, Duration.toMillis(qmiDeadlines.release))
      assert.isFalse(silent.port.isOpen())
      const gone = yield* start(greeted())
      yield* gone.port.unplug
      yield* gone.session.close
      assert.isFalse(gone.port.isOpen())
    })
  )

  it.effect("abandon sends nothing: the modem is about to reboot", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(greeted())
      yield* session.abandon
      assert.strictEqual(port.written().length, 2)
      assert.isFalse(port.isOpen())
    })
  )
})
