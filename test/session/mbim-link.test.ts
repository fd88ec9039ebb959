import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { mbimDeadlines, openMbimLink } from "../../src/session/MbimLink.ts"
import type { MbimOptions } from "../../src/session/MbimLink.ts"
import { MbimError } from "../../src/session/MbimError.ts"
import { openQmiSession } from "../../src/session/QmiSession.ts"
import { Tap } from "../../src/transport/Connection.ts"
import type { TapRecord } from "../../src/transport/Connection.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import { bytesOf, hexOf, script } from "../support/scripted-connection.ts"
import type { Answer } from "../support/scripted-connection.ts"
import { errorOf, pass, settle, timed, valueOf } from "../support/virtual-time.ts"

const le32 = (value: number): string => hexOf([value, value >> 8, value >> 16, value >>> 24].map((byte) => byte & 0xff))

const qmi = "d1 a3 0b c2 f9 7a 6e 43 bf 65 c7 e2 4f b0 f0 d3"
const basicConnect = "a2 89 cc 33 bc bb 8b 4f b6 b0 13 3e c2 aa e6 df"

/** qmi.md §5.1 and §5.4. */
const wire = {
  open: (transaction: number, max = 4096) => `01 00 00 00 10 00 00 00 ${le32(transaction)} ${le32(max)}`,
  openDone: (transaction: number, status = 0) => `01 00 00 80 10 00 00 00 ${le32(transaction)} ${le32(status)}`,
  subscribe: (transaction: number) =>
    `03 00 00 00 54 00 00 00 ${le32(transaction)} 01 00 00 00 00 00 00 00 ${basicConnect} ` +
    `13 00 00 00 01 00 00 00 24 00 00 00 01 00 00 00 0c 00 00 00 18 00 00 00 ${qmi} 01 00 00 00 01 00 00 00`,
  subscribed: (transaction: number, status = 0) =>
    `03 00 00 80 30 00 00 00 ${le32(transaction)} 01 00 00 00 00 00 00 00 ${basicConnect} ` +
    `13 00 00 00 ${le32(status)} 00 00 00 00`,
  close: (transaction: number) => `02 00 00 00 0c 00 00 00 ${le32(transaction)}`,
  closeDone: (transaction: number) => `02 00 00 80 10 00 00 00 ${le32(transaction)} 00 00 00 00`,
  functionError: (transaction: number, error: number) => `04 00 00 80 10 00 00 00 ${le32(transaction)} ${le32(error)}`,
  command: (transaction: number, qmux: string) =>
    `03 00 00 00 ${le32(48 + bytesOf(qmux).length)} ${le32(transaction)} 01 00 00 00 00 00 00 00 ${qmi} ` +
    `01 00 00 00 01 00 00 00 ${le32(bytesOf(qmux).length)} ${qmux}`,
  done: (transaction: number, qmux: string, status = 0) =>
    (
      `03 00 00 80 ${le32(48 + bytesOf(qmux).length)} ${le32(transaction)} 01 00 00 00 00 00 00 00 ${qmi} ` +
      `01 00 00 00 ${le32(status)} ${le32(bytesOf(qmux).length)} ${qmux}`
    ).trim(),
  indication: (qmux: string) =>
    `07 00 00 80 ${le32(44 + bytesOf(qmux).length)} 00 00 00 00 01 00 00 00 00 00 00 00 ${qmi} ` +
    `01 00 00 00 ${le32(bytesOf(qmux).length)} ${qmux}`,
  /** qmi.md §3.1. */
  allocate: "01 0f 00 00 00 00 00 01 22 00 04 00 01 01 00 02",
  allocated: "01 17 00 80 00 00 01 01 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05"
} as const

const transactionOf = (written: string): number => Number.parseInt(written.split(" ")[8]!, 16)
const typeOf = (written: string): string => written.slice(0, 2)

/** A function in order: OPEN, subscribe list and CLOSE answered; commands as `answer` says, by their number from 0. */
const function_ = (answer: (transaction: number, index: number, written: string) => Answer = () => undefined) => {
  let commands = 0
  return (written: string): Answer => {
    const transaction = transactionOf(written)
    switch (typeOf(written)) {
      case "01":
        return [wire.openDone(transaction)]
      case "02":
        return [wire.closeDone(transaction)]
      default:
        return written === wire.subscribe(transaction)
          ? [wire.subscribed(transaction)]
          : answer(transaction, commands++, written)
    }
  }
}

const start = (answer: (written: string, index: number) => Answer, options?: MbimOptions) =>
  Effect.gen(function* () {
    const port = yield* script(answer)
    const scope = yield* Scope.make()
    const opening = yield* timed(openMbimLink(port.connect, options).pipe(Scope.provide(scope)))
    return { port, scope, opening }
  })

const started = (answer: (written: string, index: number) => Answer, options?: MbimOptions) =>
  Effect.map(start(answer, options), ({ opening, port, scope }) => ({ port, scope, link: valueOf(opening.exit) }))

const reasonOf = (error: unknown) => {
  assert(error instanceof MbimError)
  return error.reason
}

describe("opening an MBIM link", () => {
  it.effect("sends the captured OPEN and subscribe list, and CLOSE at the end (qmi.md §5.4)", () =>
    Effect.gen(function* () {
      const { link, port, scope } = yield* started(function_((transaction) => [wire.done(transaction, wire.allocated)]))
      yield* link.write(bytesOf(wire.allocate))
      assert.strictEqual(hexOf(yield* link.read), wire.allocated)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(port.written(), [
        wire.open(1),
        wire.subscribe(2),
        wire.command(3, wire.allocate),
        wire.close(4)
      ])
      assert.isFalse(port.isOpen())
    })
  )

  it.effect("asks for the control transfer size of the port, and for 4096 at most", () =>
    Effect.gen(function* () {
      for (const [given, wanted] of [
        [512, 512],
        [65_535, 4096],
        [undefined, 4096]
      ] as const) {
        const { port } = yield* started(function_(), { maxControlTransfer: given })
        assert.strictEqual(port.written()[0], wire.open(1, wanted))
      }
    })
  )

  it.effect("sends OPEN again after 5 s of silence, and takes the answer to either", () =>
    Effect.gen(function* () {
      let opens = 0
      const answered = function_()
      const { opening, port } = yield* start((written) => {
        if (typeOf(written) !== "01") return answered(written)
        // The second OPEN makes the function answer the first one.
        return ++opens < 2 ? undefined : [wire.openDone(1)]
      })
      assert(Exit.isSuccess(opening.exit))
      assert.strictEqual(opening.millis, 5000)
      assert.deepStrictEqual(port.written().slice(0, 2), [wire.open(1), wire.open(2)])
    })
  )

  it.effect("gives up after all its time, says CLOSE, and lets go of the port", () =>
    Effect.gen(function* () {
      const { opening, port, scope } = yield* start(() => undefined)
      assert.deepStrictEqual(reasonOf(errorOf(opening.exit)), { _tag: "NoAnswer", millis: 10_000 })
      assert.strictEqual(opening.millis, 10_000)
      const closing = yield* timed(Scope.close(scope, Exit.void))
      assert.strictEqual(closing.millis, 0)
      assert.deepStrictEqual(port.written().map(typeOf), ["01", "01", "02"])
      assert.isFalse(port.isOpen())
    })
  )

  for (const [name, error] of [
    ["NotOpened", 5],
    ["Unknown", 6]
  ] as const) {
    it.effect(`closes and opens a function that answers OPEN with ${name}`, () =>
      Effect.gen(function* () {
        let opens = 0
        const answered = function_()
        const { opening, port } = yield* start((written) =>
          typeOf(written) === "01" && ++opens === 1
            ? [wire.functionError(transactionOf(written), error)]
            : answered(written)
        )
        assert(Exit.isSuccess(opening.exit))
        assert.deepStrictEqual(port.written().map(typeOf), ["01", "02", "01", "03"])
      })
    )
  }

  it.effect("opens once more a function that was closed before it could be told of indications", () =>
    Effect.gen(function* () {
      const closedFor = (times: number) => {
        const answer = function_()
        let left = times
        return (written: string): Answer =>
          typeOf(written) === "03" && left-- > 0 ? [wire.functionError(transactionOf(written), 5)] : answer(written)
      }
      const { port } = yield* started(closedFor(1))
      assert.deepStrictEqual(port.written(), [wire.open(1), wire.subscribe(2), wire.open(3), wire.subscribe(4)])
      const error = errorOf((yield* start(closedFor(2))).opening.exit)
      assert.deepStrictEqual(reasonOf(error), { _tag: "FunctionFailed", error: 5, name: "NotOpened" })
    })
  )

  it.effect("does not open and close for ever", () =>
    Effect.gen(function* () {
      const { opening, port } = yield* start((written) =>
        typeOf(written) === "01"
          ? [wire.functionError(transactionOf(written), 5)]
          : [wire.closeDone(transactionOf(written))]
      )
      assert.deepStrictEqual(reasonOf(errorOf(opening.exit)), { _tag: "FunctionFailed", error: 5, name: "NotOpened" })
      assert.isBelow(port.written().length, 10)
    })
  )

  it.effect("names the status of a refused OPEN; asks again where it is only busy", () =>
    Effect.gen(function* () {
      const refusing = yield* start((written) => [wire.openDone(transactionOf(written), 2)])
      const error = errorOf(refusing.opening.exit)
      assert.deepStrictEqual(reasonOf(error), { _tag: "Refused", status: 2, name: "Failure" })
      assert.match(error.message, /script:port: OPEN: .*MBIM status 2 \(Failure\)/)

      let opens = 0
      const answered = function_()
      const busy = yield* start((written) =>
        typeOf(written) === "01" && ++opens < 4 ? [wire.openDone(transactionOf(written), 1)] : answered(written)
      )
      assert(Exit.isSuccess(busy.opening.exit))
      assert.strictEqual(busy.opening.millis, 1500)
    })
  )

  it.effect("needs no indications, but an answer to the wish for them", () =>
    Effect.gen(function* () {
      const answered = function_()
      const refused = yield* start((written) => {
        const transaction = transactionOf(written)
        return written === wire.subscribe(transaction) ? [wire.subscribed(transaction, 9)] : answered(written)
      })
      assert(Exit.isSuccess(refused.opening.exit))
      const silent = yield* start((written) => (typeOf(written) === "03" ? undefined : answered(written)))
      const error = errorOf(silent.opening.exit)
      assert.deepStrictEqual(reasonOf(error), { _tag: "NoAnswer", millis: 10_000 })
      assert.include(error.message, "device service subscribe list")
    })
  )

  it.effect("fails at once when the modem leaves", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const fiber = yield* Effect.forkChild(Effect.scoped(openMbimLink(port.connect)))
      yield* port.nextWrite
      yield* port.unplug
      const error = errorOf(yield* Fiber.await(fiber))
      assert(error instanceof TransportError)
      assert.strictEqual(error.reason._tag, "Unplugged")
      assert.isFalse(port.isOpen())
    })
  )

  it.effect("says CLOSE when it is interrupted on the way", () =>
    Effect.gen(function* () {
      const port = yield* script()
      const fiber = yield* Effect.forkChild(Effect.scoped(openMbimLink(port.connect)))
      yield* port.nextWrite
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(port.written().map(typeOf), ["01", "02"])
      assert.isFalse(port.isOpen())
    })
  )
})

describe("QMUX through an MBIM link", () => {
  it.effect("is cut into transfers of the port's size, and put together again", () =>
    Effect.gen(function* () {
      const frame = `01 57 00 00 00 00 00 01 22 00 4c 00 ${"ab ".repeat(76).trim()}`
      const answer = bytesOf(wire.done(3, wire.allocated))
      const { link, port } = yield* started(
        function_((_, index) =>
          // The answer in two fragments, in reads that are cut elsewhere.
          index === 0
            ? undefined
            : [
                `03 00 00 80 40 00 00 00 03 00 00 00 02 00 00 00 00 00 00 00 ${hexOf(answer.slice(20, 50))}`,
                `${hexOf(answer.slice(50, 64))} 03 00 00 80 1c 00 00 00 03 00 00 00 02 00 00 00 01 00 00 00 ${hexOf(answer.slice(64))}`
              ]
        ),
        { maxControlTransfer: 100 }
      )
      yield* link.write(bytesOf(frame))
      assert.strictEqual(hexOf(yield* link.read), wire.allocated)
      const [first, second] = port.written().slice(2)
      const whole = bytesOf(wire.command(3, frame))
      assert.strictEqual(
        first,
        `03 00 00 00 64 00 00 00 03 00 00 00 02 00 00 00 00 00 00 00 ${hexOf(whole.slice(20, 100))}`
      )
      assert.strictEqual(
        second,
        `03 00 00 00 38 00 00 00 03 00 00 00 02 00 00 00 01 00 00 00 ${hexOf(whole.slice(100))}`
      )
    })
  )

  it.effect("may come as an indication, and late", () =>
    Effect.gen(function* () {
      const { link, port } = yield* started(function_((transaction) => [wire.done(transaction, "")]))
      yield* link.write(bytesOf(wire.allocate))
      yield* port.say(wire.indication(wire.allocated))
      assert.strictEqual(hexOf(yield* link.read), wire.allocated)
      // To a command that nobody waits for any more.
      yield* port.say(wire.done(99, wire.allocated))
      assert.strictEqual(hexOf(yield* link.read), wire.allocated)
    })
  )

  it.effect("is not what other services say", () =>
    Effect.gen(function* () {
      const { link, port } = yield* started(function_())
      const other = wire.indication(wire.allocated).replace(qmi, basicConnect)
      yield* port.say(other, wire.subscribed(77), "41 54 0d 0a", wire.indication("01 02 03"))
      assert.strictEqual(hexOf(yield* link.read), "01 02 03")
    })
  )

  it.effect("fails by name where the modem has no QMI service", () =>
    Effect.gen(function* () {
      const { link, scope } = yield* started(function_((transaction) => [wire.done(transaction, "", 9)]))
      const error = errorOf(yield* Effect.exit(link.write(bytesOf(wire.allocate))))
      assert.deepStrictEqual(reasonOf(error), { _tag: "ServiceMissing", status: 9, name: "NoDeviceSupport" })
      assert.include(error.message, "no QMI service")
      assert(error instanceof MbimError)
      assert.strictEqual(error.code, "MBIM_NO_QMI")
      assert.include(error.help, "AT!BOOTHOLD")
      yield* Scope.close(scope, Exit.void)
    })
  )

  it.effect("fails the request that was refused, and no other", () =>
    Effect.gen(function* () {
      const { link } = yield* started(
        function_((transaction, index) => [
          index === 0 ? wire.done(transaction, "", 2) : wire.done(transaction, wire.allocated)
        ])
      )
      const error = errorOf(yield* Effect.exit(link.write(bytesOf(wire.allocate))))
      assert.deepStrictEqual(reasonOf(error), { _tag: "Refused", status: 2, name: "Failure" })
      yield* link.write(bytesOf(wire.allocate))
      assert.strictEqual(hexOf(yield* link.read), wire.allocated)
    })
  )

  it.effect("is not what comes with a refusal", () =>
    Effect.gen(function* () {
      const { link, port } = yield* started(function_((transaction) => [wire.done(transaction, wire.allocated, 2)]))
      errorOf(yield* Effect.exit(link.write(bytesOf(wire.allocate))))
      yield* port.say(wire.indication("01 02 03"))
      assert.strictEqual(hexOf(yield* link.read), "01 02 03")
    })
  )

  it.effect("opens a function again that was closed meanwhile, once, and repeats the command", () =>
    Effect.gen(function* () {
      const { link, port } = yield* started(
        function_((transaction, index) => [
          index === 0 ? wire.functionError(transaction, 5) : wire.done(transaction, wire.allocated)
        ])
      )
      yield* link.write(bytesOf(wire.allocate))
      assert.deepStrictEqual(port.written().slice(2), [
        wire.command(3, wire.allocate),
        wire.open(4),
        wire.subscribe(5),
        wire.command(6, wire.allocate)
      ])
      const stubborn = yield* started(function_((transaction) => [wire.functionError(transaction, 5)]))
      const error = errorOf(yield* Effect.exit(stubborn.link.write(bytesOf(wire.allocate))))
      assert.deepStrictEqual(reasonOf(error), { _tag: "FunctionFailed", error: 5, name: "NotOpened" })
      assert.strictEqual(stubborn.port.written().filter((one) => typeOf(one) === "01").length, 2)
    })
  )

  it.effect("opens it once for all requests that met it closed, and repeats each of them", () =>
    Effect.gen(function* () {
      const { link, port } = yield* started(
        function_((transaction, index) => [
          index < 2 ? wire.functionError(transaction, 5) : wire.done(transaction, wire.allocated)
        ])
      )
      yield* Effect.all([link.write(bytesOf(wire.allocate)), link.write(bytesOf(wire.allocate))], { concurrency: 2 })
      assert.deepStrictEqual(port.written().slice(2).map(typeOf), ["03", "03", "01", "03", "03", "03"])
    })
  )

  it.effect("is not repeated for any other error of the function", () =>
    Effect.gen(function* () {
      const { link, port } = yield* started(function_((transaction) => [wire.functionError(transaction, 8)]))
      const error = errorOf(yield* Effect.exit(link.write(bytesOf(wire.allocate))))
      assert.deepStrictEqual(reasonOf(error), { _tag: "FunctionFailed", error: 8, name: "MaxTransfer" })
      assert.strictEqual(port.written().length, 3)
    })
  )

  it.effect("says what is wrong with an answer that cannot be read", () =>
    Effect.gen(function* () {
      const { link } = yield* started(
        function_((transaction) => [
          wire.done(transaction, wire.allocated).replace(/18 00 00 00 01 17/, "19 00 00 00 01 17")
        ])
      )
      const error = errorOf(yield* Effect.exit(link.write(bytesOf(wire.allocate))))
      assert.match(error.message, /COMMAND_DONE: .*buffer length says 25 bytes, found 24/)
    })
  )

  it.effect("ends with the modem: writes that wait, later writes, and reads", () =>
    Effect.gen(function* () {
      const { link, port } = yield* started(function_())
      const writing = yield* Effect.forkChild(link.write(bytesOf(wire.allocate)))
      const reading = yield* Effect.forkChild(link.read)
      yield* settle
      yield* port.unplug
      for (const exit of [
        yield* Fiber.await(writing),
        yield* Fiber.await(reading),
        yield* Effect.exit(link.write(bytesOf(wire.allocate)))
      ]) {
        const error = errorOf<unknown, unknown>(exit)
        assert(error instanceof TransportError)
        assert.strictEqual(error.reason._tag, "Unplugged")
      }
    })
  )

  it.effect("is seen by the tap once, as it is on the wire", () =>
    Effect.gen(function* () {
      const seen: Array<TapRecord> = []
      const port = yield* script(function_((transaction) => [wire.done(transaction, wire.allocated)]))
      const session = openQmiSession(openMbimLink(port.connect)).pipe(
        Effect.provideService(Tap, (record) => Effect.sync(() => void seen.push(record))),
        Effect.ignore,
        Effect.scoped
      )
      yield* timed(session, "2 minutes")
      assert.deepStrictEqual(
        seen.filter(({ direction }) => direction === "to-modem").map(({ bytes }) => hexOf(bytes)),
        port.written()
      )
    })
  )
})

describe("closing an MBIM link", () => {
  it.effect("waits for a slow function, within its deadline", () =>
    Effect.gen(function* () {
      const answered = function_()
      const { port, scope } = yield* started((written) => (typeOf(written) === "02" ? undefined : answered(written)))
      const fiber = yield* Effect.forkChild(timed(Scope.close(scope, Exit.void)))
      yield* pass("3 seconds")
      assert.isTrue(port.isOpen())
      yield* port.say(wire.closeDone(transactionOf(port.written().at(-1)!)))
      yield* pass("1 second")
      assert.isFalse(port.isOpen())
      yield* Fiber.interrupt(fiber)

      const silent = yield* started((written) => (typeOf(written) === "02" ? undefined : function_()(written)))
      const closing = yield* timed(Scope.close(silent.scope, Exit.void))
      assert.strictEqual(closing.millis, Duration.toMillis(mbimDeadlines.close))
      assert.isFalse(silent.port.isOpen())
    })
  )

  it.effect("does not wait long for it where it is interrupted", () =>
    Effect.gen(function* () {
      const silent = yield* started((written) => (typeOf(written) === "02" ? undefined : function_()(written)))
      const closing = yield* timed(Scope.close(silent.scope, Exit.interrupt()))
      assert.strictEqual(closing.millis, Duration.toMillis(mbimDeadlines.closeFirst))
      assert.isFalse(silent.port.isOpen())
    })
  )

  it.effect("before a reboot says CLOSE once and waits for nothing", () =>
    Effect.gen(function* () {
      const answered = function_()
      const { link, port, scope } = yield* started((written) =>
        typeOf(written) === "02" ? undefined : answered(written)
      )
      yield* link.abandon
      const closing = yield* timed(Scope.close(scope, Exit.void))
      assert.strictEqual(closing.millis, 0)
      assert.deepStrictEqual(port.written().map(typeOf), ["01", "03", "02"])
    })
  )

  it.effect("is what a QMI session waits for at its end, and not before a reboot", () =>
    Effect.gen(function* () {
      for (const [end, millis] of [
        ["close", 10_000],
        ["abandon", 0]
      ] as const) {
        const port = yield* script((written) => {
          const transaction = transactionOf(written)
          // Get Version Info, Allocate CID, Release CID: each answered as itself.
          const qmux = written.slice(48 * 3)
          const answer = qmux.startsWith("01 0b")
            ? `01 12 00 80 00 00 01 ${qmux.slice(21, 23)} 21 00 07 00 02 04 00 00 00 00 00`
            : `01 17 00 80 00 00 01 ${qmux.slice(21, 23)} ${qmux.slice(24, 29)} 0c 00 02 04 00 00 00 00 00 01 02 00 02 05`
          return typeOf(written) === "02" ? undefined : function_(() => [wire.done(transaction, answer)])(written)
        })
        const scope = yield* Scope.make()
        const session = yield* openQmiSession(openMbimLink(port.connect)).pipe(Scope.provide(scope))
        const ended = yield* timed(session[end])
        assert.strictEqual(ended.millis, millis, end)
        assert.strictEqual(typeOf(port.written().at(-1)!), "02")
        assert.isFalse(port.isOpen())
      }
    })
  )

  it.effect("needs no word to a modem that has left", () =>
    Effect.gen(function* () {
      const { port, scope } = yield* started(function_())
      yield* port.unplug
      yield* settle
      const closing = yield* timed(Scope.close(scope, Exit.void))
      assert.strictEqual(closing.millis, 0)
      assert.strictEqual(port.written().length, 2)
    })
  )
})
