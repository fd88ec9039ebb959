import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { UsbBus } from "../../src/device/UsbBus.ts"
import type { PortRole } from "../../src/device/UsbBus.ts"
import * as Dms from "../../src/protocol/qmi/dms.ts"
import { openAtSession } from "../../src/session/AtSession.ts"
import { makeMailbox } from "../../src/session/exchange.ts"
import { openQdlSession } from "../../src/session/QdlSession.ts"
import { openQmiSession } from "../../src/session/QmiSession.ts"
import { em7455, instant, layer } from "../../src/sim/index.ts"
import type { ModemOptions, SimControl } from "../../src/sim/index.ts"
import { Tap } from "../../src/transport/Connection.ts"
import type { TapRecord } from "../../src/transport/Connection.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import { endpoint, hexOf, script } from "../support/scripted-connection.ts"
import { pass, settle, timed, valueOf } from "../support/virtual-time.ts"

/** Opens a port of the only simulated modem through the bus, as the steps of a flow do. */
const connectTo = (role: PortRole) =>
  Effect.gen(function* () {
    const bus = yield* UsbBus
    const [device] = yield* bus.devices
    const port = device?.ports.find((one) => one.role === role)
    assert(device !== undefined && port !== undefined, `no ${role} port`)
    return bus.open(device, port)
  })

const recorded = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const records: Array<TapRecord> = []
  return Effect.map(
    Effect.provideService(effect, Tap, (record) => Effect.sync(() => void records.push(record))),
    (value) => ({ value, records })
  )
}

const bytesOfDirection = (records: ReadonlyArray<TapRecord>, direction: TapRecord["direction"]): string =>
  hexOf(records.filter((record) => record.direction === direction).flatMap(({ bytes }) => [...bytes]))

describe("the tap", () => {
  const onModem = <A, E>(options: ModemOptions, test: Effect.Effect<A, E, UsbBus | SimControl>) =>
    Effect.provide(test, layer(em7455({ timing: instant, ...options })))

  it.effect("sees every byte of an AT session on the simulated bus once, with direction, port and time", () =>
    onModem(
      {},
      Effect.gen(function* () {
        yield* pass("3 seconds")
        const { records } = yield* recorded(
          Effect.scoped(
            Effect.gen(function* () {
              const session = yield* openAtSession(yield* connectTo("at"))
              const { exit } = yield* timed(session.ask("AT"))
              assert.deepStrictEqual(valueOf(exit), [])
            })
          )
        )
        assert.strictEqual(bytesOfDirection(records, "to-modem"), "41 54 0d")
        // Echo, and OK between line ends (at.md §1).
        assert.strictEqual(bytesOfDirection(records, "from-modem"), "41 54 0d 0d 0a 4f 4b 0d 0a")
        assert.deepStrictEqual([...new Set(records.map((record) => record.endpoint))], ["sim:1-2/at"])
        for (const { at } of records) assert.isTrue(at >= 3000 && at < 4000, `at ${String(at)}`)
      })
    )
  )

  it.effect("sees every byte of a QMI session once", () =>
    onModem(
      {},
      Effect.gen(function* () {
        const { records } = yield* recorded(
          Effect.scoped(
            Effect.gen(function* () {
              const connect = yield* connectTo("control")
              const { exit } = yield* timed(
                Effect.gen(function* () {
                  const session = yield* openQmiSession(connect)
                  yield* session.request(Dms.GetOperatingMode, {})
                  yield* session.close
                })
              )
              valueOf(exit)
            })
          )
        )
        assert.strictEqual(
          bytesOfDirection(records, "to-modem"),
          [
            "01 0b 00 00 00 00 00 01 21 00 00 00",
            "01 0f 00 00 00 00 00 02 22 00 04 00 01 01 00 02",
            "01 0c 00 00 02 01 00 01 00 2d 00 00 00",
            "01 10 00 00 00 00 00 03 23 00 05 00 01 02 00 02 01"
          ].join(" ")
        )
        assert.deepStrictEqual(
          records.map(({ direction }) => direction).filter((direction) => direction === "from-modem").length,
          4
        )
      })
    )
  )

  it.effect("sees every byte of a QDL session once, also those that nobody waited for", () =>
    onModem(
      { mode: "boot-and-hold" },
      Effect.gen(function* () {
        const { records } = yield* recorded(
          Effect.scoped(
            Effect.gen(function* () {
              const session = yield* openQdlSession(yield* connectTo("download"))
              const { exit } = yield* timed(
                Effect.andThen(session.dloadSwitch, session.hello({ version: 6, toleratesError: false }))
              )
              assert.strictEqual(valueOf(exit), 6)
              yield* session.reset
            })
          )
        )
        const sent = bytesOfDirection(records, "to-modem")
        assert.isTrue(sent.startsWith("7e 70 00 00 14 46 7e 7e 01 51"))
        assert.isTrue(sent.endsWith("30 0b 8d 7e 7e 2d 9f 0a 7e"))
        assert.strictEqual(sent.split(" ").length, 7 + 40 + 5)
        const heard = bytesOfDirection(records, "from-modem")
        assert.isTrue(heard.startsWith("7e 02 6a d3 7e 7e 02 51 43 4f 4d"))
        assert.strictEqual(heard.split(" 7e 7e ").length, 2)
      })
    )
  )

  it.effect("keeps its own copy: what a writer does with its buffer later changes nothing", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const buffer = Uint8Array.of(1, 2, 3)
      const { records } = yield* recorded(
        Effect.gen(function* () {
          const { connection } = yield* makeMailbox(port.connect, (bytes) => [bytes])
          yield* connection.write(buffer)
          buffer.fill(0)
        })
      )
      assert.deepStrictEqual(
        records.map(({ bytes, ...rest }) => ({ ...rest, bytes: hexOf(bytes) })),
        [{ endpoint, direction: "to-modem", at: 0, bytes: "01 02 03" }]
      )
    })
  )

  it.effect("is not there unless somebody provides it: the connection is used as it is", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const opened = yield* Effect.scoped(port.connect)
      const { connection } = yield* makeMailbox(port.connect, (bytes) => [bytes])
      assert.strictEqual(connection, opened)
    })
  )
})

describe("the mailbox", () => {
  it.effect("keeps the latest 256 messages of a flood and reads on", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const { mailbox } = yield* makeMailbox(port.connect, (bytes) => [...bytes])
      const flood = Uint8Array.from({ length: 1000 }, (_, index) => index & 0xff)
      for (let chunk = 0; chunk < 20; chunk++) yield* port.say(flood)
      yield* port.say(Uint8Array.of(0xaa))
      // The reader gives way to others after each read.
      yield* Effect.repeat(settle, { times: 10 })
      assert.strictEqual(port.bytesRead(), 20_001)
      const kept: Array<number> = []
      for (let taken = 0; taken < 256; taken++) kept.push(yield* mailbox.take)
      assert.strictEqual(kept.at(-1), 0xaa)
      assert.deepStrictEqual(kept.slice(0, -1), [...flood.slice(-255)])
      const more = yield* Effect.forkChild(mailbox.take)
      yield* settle
      assert.isUndefined(more.pollUnsafe())
    })
  )

  it.effect("forgets on `clear` what came before, and nothing that comes after", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const { mailbox } = yield* makeMailbox(port.connect, (bytes) => [...bytes])
      yield* port.say("01 02 03")
      yield* settle
      yield* mailbox.clear
      yield* port.say("04")
      assert.strictEqual(yield* mailbox.take, 4)
    })
  )

  it.effect("hands out what came before the modem left, and then the reason", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const { mailbox } = yield* makeMailbox(port.connect, (bytes) => [...bytes])
      yield* port.say("01")
      yield* port.unplug
      yield* settle
      assert.strictEqual(yield* mailbox.take, 1)
      assert.strictEqual((yield* Effect.flip(mailbox.take)).reason._tag, "Unplugged")
      yield* mailbox.clear
      assert.strictEqual((yield* Effect.flip(mailbox.take)).reason._tag, "Unplugged")
    })
  )

  it.effect("stops reading and lets go of the port on `close`, and with its scope", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const { mailbox } = yield* makeMailbox(port.connect, (bytes) => [...bytes])
      assert.isTrue(port.isOpen())
      yield* mailbox.close
      assert.isFalse(port.isOpen())
      yield* port.say("01 02")
      yield* settle
      assert.strictEqual(port.bytesRead(), 0)
      yield* Effect.scoped(makeMailbox(port.connect, (bytes) => [...bytes]))
      assert.isFalse(port.isOpen())
    })
  )

  it.effect("fails as opening fails, and holds nothing then", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const failing = Effect.andThen(
        port.connect,
        Effect.fail(new TransportError({ endpoint, operation: "open", reason: { _tag: "PermissionDenied" } }))
      )
      const error = yield* Effect.flip(makeMailbox(failing, (bytes) => [bytes]))
      assert.strictEqual(error.reason._tag, "PermissionDenied")
      assert.isFalse(port.isOpen())
    })
  )

  it.effect("does not leave a taker waiting when it is closed under it", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const { mailbox } = yield* makeMailbox(port.connect, (bytes) => [...bytes])
      const taker = yield* Effect.forkChild(mailbox.take)
      yield* settle
      yield* mailbox.close
      yield* settle
      assert.isTrue(Exit.isFailure(yield* Fiber.await(taker)))
    })
  )
})
