import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { buildSystemImage } from "../../src/image/builder.ts"
import { HeaderSize } from "../../src/image/CweHeader.ts"
import { encodeFrame } from "../../src/protocol/hdlc.ts"
import { QdlError } from "../../src/session/QdlError.ts"
import { openQdlSession, qdlDeadlines } from "../../src/session/QdlSession.ts"
import type { QdlDeadlines } from "../../src/session/QdlSession.ts"
import * as Sim from "../../src/sim/index.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import { chunkBytes, enterSdp, openFrame, openLine, wait } from "../sim/support.ts"
import { bytesOf, endpoint, hexOf, inOrder, script } from "../support/scripted-connection.ts"
import type { Answer } from "../support/scripted-connection.ts"
import { errorOf, pass, settle, timed, turnUntilEnd, valueOf } from "../support/virtual-time.ts"
import { dloadSwitch as dloadStep } from "../../src/update/steps/index.ts"

/** Frames byte for byte from qdl.md §3. */
const wire = {
  dload: "7e 70 00 00 14 46 7e",
  ack: "7e 02 6a d3 7e",
  diag: "7e 13 70 00 00 6a 9a 7e",
  error05: "7e 0d 05 00 00 00 00 04 e4 7e",
  error16: "7e 0d 16 00 00 00 00 88 4d 7e",
  hello4:
    "7e 01 51 43 4f 4d 20 68 69 67 68 20 73 70 65 65 64 20 70 72 6f 74 6f 63 6f 6c 20 68 73 74 00 00 00 00 04 04 30 03 0b 7e",
  hello5:
    "7e 01 51 43 4f 4d 20 68 69 67 68 20 73 70 65 65 64 20 70 72 6f 74 6f 63 6f 6c 20 68 73 74 00 00 00 00 05 05 30 07 48 7e",
  hello6:
    "7e 01 51 43 4f 4d 20 68 69 67 68 20 73 70 65 65 64 20 70 72 6f 74 6f 63 6f 6c 20 68 73 74 00 00 00 00 06 06 30 0b 8d 7e",
  openOk: "7e 26 00 00 01 00 00 10 00 e7 b6 7e",
  writeOk0: "7e 28 00 00 00 00 00 00 00 00 14 39 7e",
  writeOk7d: "7e 28 7d 5d 00 00 00 00 00 00 00 b0 0b 7e",
  close: "7e 29 bb 4c 7e",
  closeOk: "7e 2a 00 00 80 00 82 6f 7e",
  reset: "7e 2d 9f 0a 7e"
} as const

/** A framed message that qdl.md gives no literal bytes for; the framing itself is tested in protocol/hdlc. */
const framed = (...payload: ReadonlyArray<number>): string => hexOf(encodeFrame(Uint8Array.from(payload)))
const errorFrame = (code: number, text = 0) => framed(0x0d, code, 0, 0, 0, text)
/** 49 bytes as in §3.2: code, magic, versions, 13 reserved bytes, features. */
const helloAnswer = framed(0x02, ...Array.from({ length: 32 }, () => 0x51), 6, 4, ...new Uint8Array(13), 0x30)

const start = (
  answer: (written: string, index: number) => Answer = () => undefined,
  deadlines: QdlDeadlines = qdlDeadlines
) =>
  Effect.gen(function* () {
    const port = yield* script(answer)
    const session = yield* openQdlSession(port.connect, deadlines)
    return { port, session }
  })

const qdlError = (error: QdlError | TransportError): QdlError => {
  assert(error instanceof QdlError, `wanted a QdlError, found ${error._tag}: ${error.message}`)
  return error
}

const transportError = (error: QdlError | TransportError): TransportError => {
  assert(error instanceof TransportError, `wanted a TransportError, found ${error._tag}: ${error.message}`)
  return error
}

const tolerant = { version: 6, toleratesError: true }
const strict = { version: 6, toleratesError: false }

describe("the DLOAD switch", () => {
  it.effect("is switched by an acknowledgement, with the captured bytes", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([wire.ack]))
      assert.strictEqual(yield* session.dloadSwitch, "switched")
      assert.deepStrictEqual(port.written(), [wire.dload])
    })
  )

  it.effect("takes Error 0x16 for a boot loader that is there already", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([wire.error16]))
      assert.strictEqual(yield* session.dloadSwitch, "already")
      assert.strictEqual(port.written().length, 1)
    })
  )

  it.effect("is refused by any other Error, at once and without asking again", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([errorFrame(0x0f, 3)]))
      const { exit, millis } = yield* timed(session.dloadSwitch)
      const error = qdlError(errorOf(exit))
      assert.strictEqual(error.step, "dload")
      assert.strictEqual(error.endpoint, endpoint)
      assert.deepStrictEqual(error.reason, { _tag: "Rejected", error: 0x0f, text: 3 })
      assert.strictEqual(error.code, "QDL_REJECTED")
      assert.strictEqual(port.written().length, 1)
      assert.strictEqual(millis, 0)
    })
  )

  it.effect("asks a port that still speaks DIAG again, until it is a boot loader", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([wire.diag], [wire.diag], [wire.ack]))
      const { exit, millis } = yield* timed(session.dloadSwitch)
      assert.strictEqual(valueOf(exit), "switched")
      assert.deepStrictEqual(port.written(), [wire.dload, wire.dload, wire.dload])
      assert.strictEqual(millis, 500)
    })
  )

  it.effect("gives up on a port that goes on speaking DIAG", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(() => [wire.diag])
      const { exit } = yield* timed(session.dloadSwitch)
      assert.deepStrictEqual(qdlError(errorOf(exit)).reason, { _tag: "StillDiagnostic" })
      assert.strictEqual(port.written().length, 6)
    })
  )

  it.effect(
    "asks a silent port `greetingTries` times, now and then once more, and then says that nothing was heard",
    () =>
      Effect.gen(function* () {
        const { port, session } = yield* start(undefined, { ...qdlDeadlines, greetingTries: 3, programmingTries: 2 })
        const { exit, millis } = yield* timed(session.dloadSwitch)
        assert.deepStrictEqual(qdlError(errorOf(exit)).reason, { _tag: "NoAnswer", millis: 2000, heard: [] })
        assert.strictEqual(port.written().length, 5)
        // Five times 2 s; 250 ms after the first two, 10 s before the last two.
        assert.strictEqual(millis, 10_000 + 500 + 20_000)
      })
  )

  it.effect("is silent after the third try, so that a boot loader in the middle of a chunk can give up", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([], [], [], [], [wire.error16]))
      const { exit, millis } = yield* timed(session.dloadSwitch)
      assert.strictEqual(valueOf(exit), "already")
      assert.strictEqual(port.written().length, 5)
      // Four times 2 s without an answer; in between 250 ms three times, and 12 s.
      assert.strictEqual(millis, 4 * 2000 + 3 * 250 + 12_000)
    })
  )

  it.effect("finds a modem that programs its flash for two minutes, for a program that is no more", () =>
    Effect.gen(function* () {
      const silent = Array.from({ length: 14 }, () => [])
      const { session } = yield* start(inOrder(...silent, [wire.error16]))
      const { exit, millis } = yield* timed(session.dloadSwitch)
      assert.strictEqual(valueOf(exit), "already")
      assert.isAbove(millis, 120_000)
      // The step that asks has a deadline of its own.
      assert.isBelow(millis, Duration.toMillis(dloadStep.deadline))
    })
  )

  it.effect("is not answered by the receive timeout of somebody else's chunk", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([errorFrame(0x19), wire.error16]))
      assert.strictEqual(yield* session.dloadSwitch, "already")
    })
  )

  it.effect("reaches a simulated boot loader that was left in the middle of a chunk", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ mode: "boot-and-hold", timing: Sim.instant }))
      const image = buildSystemImage({ familyToken: "SWI9X30C", firmware: "02.33.03.00", size: 20_000 })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const line = yield* openLine(modem, "download")
          yield* enterSdp(line)
          yield* line.write(openFrame(image))
          yield* wait("1 second")
          assert.strictEqual(line.hex(), wire.openOk)
          yield* line.write(chunkBytes(0, image.subarray(HeaderSize)).subarray(0, 10_000))
          yield* wait("1 second")
        })
      )
      const session = yield* openQdlSession(modem.connect("download"))
      const { exit } = yield* timed(session.dloadSwitch)
      assert.strictEqual(valueOf(exit), "already")
    })
  )

  it.effect("says what it heard instead of an answer", () =>
    Effect.gen(function* () {
      const { session } = yield* start(() => ["7e 01 02 03 04 7e", wire.closeOk], {
        ...qdlDeadlines,
        greetingTries: 1
      })
      const { exit } = yield* timed(session.dloadSwitch)
      const error = qdlError(errorOf(exit))
      assert(error.reason._tag === "NoAnswer")
      assert.strictEqual(error.reason.heard.length, 2)
      assert.include(error.reason.heard[0], "CRC mismatch")
      assert.strictEqual(error.reason.heard[1], "Close")
      assert.include(error.message, "heard: HDLC frame")
    })
  )

  it.effect("names an Error that is no answer by its code", () =>
    Effect.gen(function* () {
      const { session } = yield* start(() => [wire.error16], { ...qdlDeadlines, greetingTries: 1 })
      const error = qdlError(errorOf((yield* timed(session.hello(strict))).exit))
      assert.deepStrictEqual(error.reason, { _tag: "NoAnswer", millis: 2000, heard: ["Error 0x16"] })
    })
  )
})

describe("Hello", () => {
  it.effect("sends the captured bytes of version 6 and settles on it", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([helloAnswer]))
      assert.strictEqual(yield* session.hello(strict), 6)
      assert.deepStrictEqual(port.written(), [wire.hello6])
    })
  )

  it.effect("falls back from 6 to 5 to 4, with the captured bytes of each", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([wire.error05], [wire.error05], [helloAnswer]))
      assert.strictEqual(yield* session.hello(strict), 4)
      assert.deepStrictEqual(port.written(), [wire.hello6, wire.hello5, wire.hello4])
    })
  )

  it.effect("asks the family's version first, each version once", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(() => [wire.error05])
      yield* Effect.flip(session.hello({ version: 5, toleratesError: false }))
      assert.deepStrictEqual(port.written(), [wire.hello5, wire.hello6, wire.hello4])
    })
  )

  it.effect("asks the version that was accepted first when the next image begins", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([wire.error05], [helloAnswer], [helloAnswer]))
      assert.strictEqual(yield* session.hello(strict), 5)
      assert.strictEqual(yield* session.hello(strict), 5)
      assert.deepStrictEqual(port.written(), [wire.hello6, wire.hello5, wire.hello5])
    })
  )

  it.effect("is refused with the Error to the first version when none is accepted", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([errorFrame(0x11, 7)], [wire.error05], [wire.error05]))
      const error = qdlError(errorOf((yield* timed(session.hello(strict))).exit))
      assert.strictEqual(error.step, "hello")
      assert.deepStrictEqual(error.reason, { _tag: "Rejected", error: 0x11, text: 7 })
      assert.strictEqual(port.written().length, 3)
    })
  )

  it.effect("goes on with the family's version where an Error to every Hello is tolerated", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(() => [wire.error05])
      assert.strictEqual(yield* session.hello(tolerant), 6)
      assert.strictEqual(port.written().length, 3)
    })
  )

  it.effect("tolerates Errors, but not silence", () =>
    Effect.gen(function* () {
      const { session } = yield* start(undefined, { ...qdlDeadlines, greetingTries: 1 })
      const error = qdlError(errorOf((yield* timed(session.hello(tolerant))).exit))
      assert.strictEqual(error.reason._tag, "NoAnswer")
    })
  )

  it.effect("overhears a late Error 0x16, which answers an earlier DLOAD switch", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([wire.error16, helloAnswer]))
      assert.strictEqual(yield* session.hello(strict), 6)
      assert.deepStrictEqual(port.written(), [wire.hello6])
    })
  )

  it.effect("overhears what answers an image that was given up: late, in front of the answer to Hello", () =>
    Effect.gen(function* () {
      const late = [errorFrame(0x19), wire.writeOk0, wire.openOk, wire.closeOk]
      const { port, session } = yield* start(inOrder([...late, helloAnswer]))
      assert.strictEqual(yield* session.hello(strict), 6)
      assert.deepStrictEqual(port.written(), [wire.hello6])
    })
  )

  it.effect("asks for no other version once one was accepted: an Error is then no word about versions", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([helloAnswer], [errorFrame(0x0f)]))
      assert.strictEqual(yield* session.hello(strict), 6)
      const error = qdlError(errorOf((yield* timed(session.hello(strict))).exit))
      assert.deepStrictEqual(error.reason, { _tag: "Rejected", error: 0x0f, text: 0 })
      assert.deepStrictEqual(port.written(), [wire.hello6, wire.hello6])
    })
  )

  it.effect("takes a late DLOAD acknowledgement, which has the same code, for no Hello answer", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([wire.ack]), { ...qdlDeadlines, greetingTries: 1 })
      const error = qdlError(errorOf((yield* timed(session.hello(strict))).exit))
      assert.deepStrictEqual(error.reason, { _tag: "NoAnswer", millis: 2000, heard: ["DloadAck"] })
    })
  )

  it.effect("asks the same version again on silence", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([], [helloAnswer]))
      const { exit, millis } = yield* timed(session.hello(strict))
      assert.strictEqual(valueOf(exit), 6)
      assert.deepStrictEqual(port.written(), [wire.hello6, wire.hello6])
      assert.strictEqual(millis, 2250)
    })
  )

  it.effect("reads an answer in pieces, and one glued to another", () =>
    Effect.gen(function* () {
      const whole = bytesOf(helloAnswer)
      const { session } = yield* start(
        inOrder([whole.slice(0, 1), whole.slice(1, 20), whole.slice(20)], [`${wire.error16} ${helloAnswer}`])
      )
      assert.strictEqual(yield* session.hello(strict), 6)
      assert.strictEqual(yield* session.hello(strict), 6)
    })
  )
})

describe("Open", () => {
  const image = { imageType: 0x80, length: 5200, chunkSize: 4800, header: new Uint8Array(0) }

  it.effect("writes the fixed part of qdl.md §3.4 and then the image's header, framed", () =>
    Effect.gen(function* () {
      const header = Uint8Array.from({ length: 400 }, (_, index) => index & 0xff)
      const { port, session } = yield* start(inOrder([wire.openOk]))
      assert.strictEqual(yield* session.open({ ...image, header }), "opened")
      const fixed = bytesOf("25 80 50 14 00 00 01 c0 12 00 00 00 00")
      assert.deepStrictEqual(port.written(), [hexOf(encodeFrame(Uint8Array.from([...fixed, ...header])))])
      assert.isTrue(port.written()[0]?.startsWith("7e 25 80 50 14 00 00 01 c0 12 00 00 00 00 00 01 02 03"))
    })
  )

  it.effect("takes status 7 for an image that the modem has already", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([framed(0x26, 7, 0, 1, 0, 0, 0x10, 0)]))
      assert.strictEqual(yield* session.open(image), "not-required")
    })
  )

  it.effect("is refused by any other status, high byte included", () =>
    Effect.gen(function* () {
      const { session } = yield* start(
        inOrder([framed(0x26, 3, 0, 1, 0, 0, 0x10, 0)], [framed(0x26, 7, 1, 1, 0, 0, 0x10, 0)])
      )
      const statuses: Array<QdlError["reason"]> = []
      for (let attempt = 0; attempt < 2; attempt++) {
        const error = qdlError(yield* Effect.flip(session.open(image)))
        assert.strictEqual(error.step, "open")
        statuses.push(error.reason)
      }
      assert.deepStrictEqual(statuses, [
        { _tag: "BadStatus", status: 3 },
        { _tag: "BadStatus", status: 0x107 }
      ])
    })
  )

  it.effect("is refused by an Error, 0x16 too", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([errorFrame(0x12)], [wire.error16]))
      assert.deepStrictEqual(qdlError(yield* Effect.flip(session.open(image))).reason, {
        _tag: "Rejected",
        error: 0x12,
        text: 0
      })
      assert.deepStrictEqual(qdlError(yield* Effect.flip(session.open(image))).reason, {
        _tag: "Rejected",
        error: 0x16,
        text: 0
      })
    })
  )

  it.effect("skips broken frames and late answers in front of its own", () =>
    Effect.gen(function* () {
      const { session } = yield* start(
        inOrder(["ff fe 7e", "7e 26 00 00 01 00 00 10 00 e7 b7 7e", helloAnswer, "7e 7e", wire.openOk])
      )
      assert.strictEqual(yield* session.open(image), "opened")
    })
  )

  it.effect("throws away what came before it was asked", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([framed(0x26, 0, 0, 1, 0, 0, 0x10, 0)]))
      // A late refusal of an earlier Open must not answer this one.
      yield* port.say(framed(0x26, 3, 0, 1, 0, 0, 0x10, 0))
      yield* settle
      assert.strictEqual(yield* session.open(image), "opened")
    })
  )

  it.effect("is asked once and waits 30 seconds", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start()
      const { exit, millis } = yield* timed(session.open(image))
      assert.deepStrictEqual(qdlError(errorOf(exit)).reason, { _tag: "NoAnswer", millis: 30_000, heard: [] })
      assert.strictEqual(millis, 30_000)
      assert.strictEqual(port.written().length, 1)
    })
  )
})

describe("Write", () => {
  const data = Uint8Array.of(0x7e, 0x7d, 0x00, 0xff)

  it.effect("sends header and data raw: no flags, no escapes, the sequence and the CRC of the header", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([wire.writeOk0]))
      yield* session.write(0, data)
      const [written] = port.written()
      assert.isTrue(written?.startsWith("27 00 00 00 00 00 00 04 00 00 00 "))
      assert.strictEqual(written?.length, (13 + 4) * 3 - 1)
      assert.isTrue(written?.endsWith(" 7e 7d 00 ff"))
    })
  )

  it.effect("has the header of qdl.md §3.5 in front of a whole chunk and of a short one", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([wire.writeOk0], [framed(0x28, 4, 0, 0, 0, 0, 0, 0, 0)]))
      yield* session.write(0, new Uint8Array(1_048_576))
      yield* session.write(4, new Uint8Array(605_680))
      const [whole, short] = port.written()
      assert.strictEqual(whole?.slice(0, 13 * 3 - 1), "27 00 00 00 00 00 00 00 00 10 00 29 d8")
      assert.strictEqual(short?.slice(0, 13 * 3 - 1), "27 04 00 00 00 00 00 f0 3d 09 00 c6 24")
      assert.strictEqual(whole?.length, (13 + 1_048_576) * 3 - 1)
      assert.strictEqual(short?.length, (13 + 605_680) * 3 - 1)
    })
  )

  it.effect("takes an acknowledgement whose sequence is escaped", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([wire.writeOk7d]))
      yield* session.write(0x7d, data)
    })
  )

  it.effect("is refused by a failure status, which counts before the sequence", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([framed(0x28, 9, 0, 0, 0, 0, 0, 2, 0)]))
      const error = qdlError(yield* Effect.flip(session.write(3, data)))
      assert.deepStrictEqual(error.reason, { _tag: "BadStatus", status: 2 })
      assert.strictEqual(error.chunk, 3)
      assert.include(error.message, "QDL write of chunk 3: status 0x02")
    })
  )

  it.effect("is refused by the acknowledgement of another chunk, high byte included", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([framed(0x28, 3, 1, 0, 0, 0, 0, 0, 0)]))
      assert.deepStrictEqual(qdlError(yield* Effect.flip(session.write(3, data))).reason, {
        _tag: "WrongSequence",
        wanted: 3,
        found: 0x103
      })
    })
  )

  it.effect("is refused by an Error", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([errorFrame(0x1a)]))
      const error = qdlError(yield* Effect.flip(session.write(1, data)))
      assert.deepStrictEqual(error.reason, { _tag: "Rejected", error: 0x1a, text: 0 })
      assert.strictEqual(error.step, "write")
      assert.include(error.message, "image authentication error")
    })
  )

  it.effect("is sent once and waits three minutes for its acknowledgement", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start()
      const { exit, millis } = yield* timed(session.write(2, data), "10 minutes", "500 millis")
      const error = qdlError(errorOf(exit))
      assert.deepStrictEqual(error.reason, { _tag: "NoAnswer", millis: 180_000, heard: [] })
      assert.strictEqual(error.chunk, 2)
      assert.strictEqual(millis, 180_000)
      assert.strictEqual(port.written().length, 1)
    })
  )

  it.effect("survives an acknowledgement that comes late, behind broken frames", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start()
      const fiber = yield* Effect.forkChild(session.write(0, data))
      yield* pass("2 minutes", "1 second")
      assert.isUndefined(fiber.pollUnsafe())
      yield* port.say("7e 28 00 00 00 00 00 00 01 00 14 39 7e", wire.closeOk, wire.writeOk0)
      yield* settle
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(fiber)))
    })
  )
})

describe("an interrupted Write", () => {
  const interruptedWrite = Effect.gen(function* () {
    const { port, session } = yield* start()
    let later = false
    const fiber = yield* Effect.forkChild(
      Effect.andThen(
        session.write(0, Uint8Array.of(1)),
        Effect.sync(() => {
          later = true
        })
      )
    )
    yield* settle
    assert.strictEqual(port.written().length, 1)
    const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber))
    yield* settle
    return { port, session, fiber, stopping, later: () => later }
  })

  it.effect("waits for the outstanding acknowledgement at most the grace", () =>
    Effect.gen(function* () {
      const { fiber, later, session, stopping } = yield* interruptedWrite
      yield* pass(Duration.toMillis(qdlDeadlines.grace) - 50)
      assert.isUndefined(stopping.pollUnsafe())
      yield* pass(100)
      assert.isDefined(stopping.pollUnsafe())
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.isFalse(later())
      // Nothing reads on: the port is free for whoever is next.
      yield* session.release
    })
  )

  it.effect("ends with the acknowledgement when it comes within the grace", () =>
    Effect.gen(function* () {
      const { fiber, later, port, stopping } = yield* interruptedWrite
      yield* pass("1 second")
      assert.isUndefined(stopping.pollUnsafe())
      yield* port.say(wire.writeOk0)
      yield* settle
      assert.isDefined(stopping.pollUnsafe())
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      // Interrupted is interrupted: the next chunk is not sent.
      assert.isFalse(later())
      assert.strictEqual(port.written().length, 1)
    })
  )

  it.effect("ends at once when the modem is unplugged meanwhile", () =>
    Effect.gen(function* () {
      const { port, stopping } = yield* interruptedWrite
      yield* port.unplug
      yield* settle
      assert.isDefined(stopping.pollUnsafe())
    })
  )
})

describe("Close and Reset", () => {
  it.effect("send the captured bytes; Close waits for its status, Reset for nothing", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(inOrder([wire.closeOk]))
      yield* session.closeImage
      yield* session.reset
      assert.deepStrictEqual(port.written(), [wire.close, wire.reset])
    })
  )

  it.effect("Close is refused by a status or an Error", () =>
    Effect.gen(function* () {
      const { session } = yield* start(inOrder([framed(0x2a, 1, 0, 0x80, 0)], [errorFrame(0x10)]))
      const refused = qdlError(yield* Effect.flip(session.closeImage))
      assert.strictEqual(refused.step, "close")
      assert.deepStrictEqual(refused.reason, { _tag: "BadStatus", status: 1 })
      assert.deepStrictEqual(qdlError(yield* Effect.flip(session.closeImage)).reason, {
        _tag: "Rejected",
        error: 0x10,
        text: 0
      })
    })
  )

  it.effect("Close waits longer than the flash needs", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start()
      const fiber = yield* Effect.forkChild(session.closeImage)
      yield* pass("110 seconds", "1 second")
      yield* port.say(wire.closeOk)
      assert.isTrue(Exit.isSuccess(yield* turnUntilEnd(fiber, "1 second", "50 millis")))
    })
  )
})

describe("an unplugged modem", () => {
  for (const what of ["dloadSwitch", "hello", "open", "write", "closeImage"] as const) {
    it.effect(`is told as Unplugged at once, not after a deadline: ${what}`, () =>
      Effect.gen(function* () {
        const { port, session } = yield* start()
        const calls = {
          dloadSwitch: Effect.asVoid(session.dloadSwitch),
          hello: Effect.asVoid(session.hello(tolerant)),
          open: Effect.asVoid(
            session.open({ imageType: 0x80, length: 400, chunkSize: 0, header: new Uint8Array(400) })
          ),
          write: session.write(0, Uint8Array.of(1)),
          closeImage: session.closeImage
        }
        const fiber = yield* Effect.forkChild(calls[what])
        yield* settle
        assert.strictEqual(port.written().length, 1)
        yield* port.unplug
        // No time passes here at all.
        yield* settle
        assert.isDefined(fiber.pollUnsafe())
        const error = transportError(errorOf(yield* Fiber.await(fiber)))
        assert.strictEqual(error.reason._tag, "Unplugged")
        // And what is asked afterwards fails as fast.
        const next = yield* Effect.forkChild(calls[what])
        yield* settle
        assert.strictEqual(transportError(errorOf(yield* Fiber.await(next))).reason._tag, "Unplugged")
        assert.strictEqual(transportError(yield* Effect.flip(session.reset)).reason._tag, "Unplugged")
      })
    )
  }
})

describe("a flood of garbage", () => {
  it.effect("is kept within bounds, and the answer behind it is still found", () =>
    Effect.gen(function* () {
      const garbage = bytesOf(Array.from({ length: 400 }, () => "7e 01 02 03 04 7e").join(" "))
      const { session } = yield* start(inOrder([...Array.from({ length: 5 }, () => garbage), wire.openOk]))
      assert.strictEqual(
        yield* session.open({ imageType: 0x80, length: 400, chunkSize: 0, header: new Uint8Array(400) }),
        "opened"
      )
    })
  )

  it.effect("leaves only its last five lines in the error", () =>
    Effect.gen(function* () {
      const garbage = bytesOf(Array.from({ length: 100 }, () => "7e 01 02 03 04 7e").join(" "))
      const { session } = yield* start(inOrder([garbage, wire.ack, wire.ack]))
      const { exit } = yield* timed(
        session.open({ imageType: 0x80, length: 400, chunkSize: 0, header: new Uint8Array(400) })
      )
      const error = qdlError(errorOf(exit))
      assert(error.reason._tag === "NoAnswer")
      assert.strictEqual(error.reason.heard.length, 5)
      assert.deepStrictEqual(error.reason.heard.slice(-2), ["DloadAck", "DloadAck"])
    })
  )
})

describe("releasing the port", () => {
  it.effect("closes it, so that it can be opened again", () =>
    Effect.gen(function* () {
      const { port, session } = yield* start(() => [wire.ack])
      assert.isTrue(port.isOpen())
      const busy = yield* Effect.flip(openQdlSession(port.connect))
      assert.strictEqual(busy.reason._tag, "Busy")
      yield* session.release
      assert.isFalse(port.isOpen())
      assert.strictEqual(yield* (yield* openQdlSession(port.connect)).dloadSwitch, "switched")
    })
  )
})
