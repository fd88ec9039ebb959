import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { encodeFrame } from "../../src/protocol/hdlc.ts"
import { Behaviour, behaviour, em7455, idleMillis, make, mc7710 } from "../../src/sim/index.ts"
import type { ModemOptions, SimModem } from "../../src/sim/index.ts"
import {
  ackFrame,
  bytesOf,
  carrierImage,
  chunkBytes,
  enterSdp,
  errorFrame,
  hexOf,
  holdFor,
  openAnswer,
  openFrame,
  openLine,
  qdl,
  qmi,
  sendImage,
  systemImage,
  wait
} from "./support.ts"

const held = Effect.fnUntraced(function* (behaviours: ReadonlyArray<Behaviour>, options: ModemOptions = {}) {
  const modem = yield* make(em7455({ mode: "boot-and-hold", behaviours, ...options }))
  return { modem, line: yield* openLine(modem, "download") }
})

const running = Effect.fnUntraced(function* (behaviours: ReadonlyArray<Behaviour>, role: "control" | "at" = "control") {
  const modem = yield* make(em7455({ behaviours }))
  const line = yield* openLine(modem, role)
  if (role === "control") yield* line.ask(qmi.allocateDms)
  return { modem, line }
})

const image = systemImage("02.33.03.00", { size: 3_000_000 })
const chunkOf = (sequence: number) =>
  chunkBytes(sequence, image.subarray(400 + sequence * 1_048_576, 400 + (sequence + 1) * 1_048_576))

/** A whole update of a modem in application mode, faults or not; gives back the answers to the system image. */
const update = Effect.fnUntraced(function* (modem: SimModem) {
  const line = yield* holdFor(modem)
  yield* enterSdp(line)
  const answers = yield* sendImage(line, systemImage("02.33.03.00"))
  yield* sendImage(line, carrierImage("02.33.03.00", "GENERIC", "002.072_001"))
  yield* line.ask(qdl.reset)
  yield* wait("2 minutes")
  return answers
})

const framed = (payload: string): string => hexOf(encodeFrame(bytesOf(payload)))

const helloAccepted = (answer: string): boolean => answer.startsWith("7e 02 51 43 4f 4d")

describe("behaviours of the boot loader", () => {
  it.effect("silentHello: the first Hellos get no answer", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("silentHello", { times: 2 })])
      yield* line.ask(qdl.dload)
      assert.strictEqual(yield* line.ask(qdl.hello6), "")
      assert.strictEqual(yield* line.ask(qdl.hello6), "")
      assert.isTrue(helloAccepted(yield* line.ask(qdl.hello6)))
    })
  )

  it.effect("silentDload: the first switches get no answer", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("silentDload", { times: 1 })])
      assert.strictEqual(yield* line.ask(qdl.dload), "")
      assert.strictEqual(yield* line.ask(qdl.dload), qdl.dloadAck)
    })
  )

  it.effect("diagFirst: the diagnostic monitor answers the first switches", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("diagFirst", { times: 2 })])
      assert.strictEqual(yield* line.ask(qdl.dload), "7e 13 70 00 00 6a 9a 7e")
      assert.strictEqual(yield* line.ask(qdl.dload), "7e 13 70 00 00 6a 9a 7e")
      assert.strictEqual(yield* line.ask(qdl.dload), qdl.dloadAck)
    })
  )

  it.effect("errorToHello: an Error answers, and Open is accepted all the same", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("errorToHello", { versions: [4, 5, 6] })])
      yield* line.ask(qdl.dload)
      assert.strictEqual(yield* line.ask(qdl.hello6), qdl.error05)
      assert.strictEqual(yield* line.ask(hexOf(openFrame(image))), qdl.openOk)
    })
  )

  it.effect("staleBytes: come before the first answer, once", () =>
    Effect.gen(function* () {
      const stale = bytesOf("12 34 7e 02 7e")
      const { line, modem } = yield* held([behaviour("staleBytes", { where: "download", bytes: stale, times: 1 })])
      assert.strictEqual(yield* line.ask(qdl.dload), `12 34 7e 02 7e ${qdl.dloadAck}`)
      yield* modem.unplug
      yield* modem.plug()
      yield* wait("30 seconds")
      const at = yield* openLine(modem, "at")
      assert.strictEqual(yield* at.askText("AT\r"), "AT\r\r\nOK\r\n")
    })
  )

  it.effect("splitAnswers: an answer in pieces, some time apart", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("splitAnswers", { where: "download", pieces: 3, delay: 300 })])
      yield* line.write(bytesOf(qdl.dload))
      yield* wait("250 millis")
      assert.deepStrictEqual(line.reads().map(hexOf), ["7e 02"])
      yield* wait("1 second")
      assert.deepStrictEqual(line.reads().map(hexOf), ["6a d3", "7e"])
    })
  )

  it.effect("mergedAnswers: answers of a while in one read", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("mergedAnswers", { delay: 500 })])
      yield* line.write(bytesOf(qdl.dload))
      yield* line.write(bytesOf(qdl.hello4))
      yield* wait("2 seconds")
      assert.deepStrictEqual(line.reads().map(hexOf), [`${qdl.dloadAck} ${qdl.error05}`])
    })
  )

  it.effect("nakOpen: with a code or with a status, for one image", () =>
    Effect.gen(function* () {
      const { line } = yield* held([
        behaviour("nakOpen", { image: 0, code: 0x07, times: 1 }),
        behaviour("nakOpen", { image: 1, status: 3 })
      ])
      yield* enterSdp(line)
      const small = systemImage("02.33.03.00")
      assert.strictEqual(yield* line.ask(hexOf(openFrame(small))), errorFrame(0x07))
      assert.deepStrictEqual(yield* sendImage(line, small), [qdl.openOk, qdl.writeOk0, qdl.closeOk])
      yield* line.ask(qdl.hello6)
      assert.strictEqual(yield* line.ask(hexOf(openFrame(small))), openAnswer(3))
    })
  )

  it.effect("nakWrite: one chunk is refused and the image lost", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* held([behaviour("nakWrite", { image: 0, chunk: 1, status: 2 })])
      yield* enterSdp(line)
      yield* line.ask(hexOf(openFrame(image)))
      yield* line.write(chunkOf(0))
      assert.strictEqual(yield* line.ask("", 5), ackFrame(0))
      yield* line.write(chunkOf(1))
      assert.strictEqual(yield* line.ask("", 5), ackFrame(1, 2))
      yield* line.write(chunkOf(2))
      assert.strictEqual(yield* line.ask("", 5), errorFrame(0x0f))
      assert.strictEqual((yield* modem.state).received.length, 0)
    })
  )

  it.effect("nakWrite: with Error code, and the image lost", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("nakWrite", { image: 0, chunk: 0, code: 0x0a, times: 1 })])
      yield* enterSdp(line)
      yield* line.ask(hexOf(openFrame(image)))
      yield* line.write(chunkOf(0))
      assert.strictEqual(yield* line.ask("", 5), errorFrame(0x0a))
      yield* line.write(chunkOf(1))
      assert.strictEqual(yield* line.ask("", 5), errorFrame(0x0f))
      // Hello begins anew, and it happens once.
      yield* line.ask(qdl.hello6)
      yield* line.ask(hexOf(openFrame(image)))
      yield* line.write(chunkOf(0))
      assert.strictEqual(yield* line.ask("", 5), ackFrame(0))
    })
  )

  it.effect("nakOpen: behind so many that are taken", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("nakOpen", { image: 0, code: 0x0f, behind: 1 })])
      yield* enterSdp(line)
      assert.strictEqual(yield* line.ask(hexOf(openFrame(image))), qdl.openOk)
      yield* line.ask(qdl.hello6)
      assert.strictEqual(yield* line.ask(hexOf(openFrame(image))), errorFrame(0x0f))
    })
  )

  it.effect("nakClose: the image is there, Close is refused", () =>
    Effect.gen(function* () {
      for (const [fields, wanted] of [
        [{ code: 0x10 }, errorFrame(0x10)],
        [{}, errorFrame(0x10)],
        [{ status: 1 }, framed("2a 01 00 80 00")]
      ] as const) {
        const { line, modem } = yield* held([behaviour("nakClose", { image: 0, ...fields })])
        yield* enterSdp(line)
        assert.strictEqual((yield* sendImage(line, systemImage("02.33.03.00"))).at(-1), wanted)
        assert.strictEqual((yield* modem.state).received.length, 1)
      }
    })
  )

  it.effect("answerLost: what was asked is done, without an answer", () =>
    Effect.gen(function* () {
      for (const where of ["open", "write", "close"] as const) {
        const { line, modem } = yield* held([behaviour("answerLost", { where, image: 0, times: 1 })])
        yield* enterSdp(line)
        const answers = yield* sendImage(line, systemImage("02.33.03.00"))
        assert.strictEqual(answers.filter((answer) => answer === "").length, 1, where)
        assert.strictEqual((yield* modem.state).received.length, 1, where)
      }
    })
  )

  it.effect("wrongSequence: one acknowledgement is for another chunk", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("wrongSequence", { image: 0, chunk: 0 })])
      yield* enterSdp(line)
      yield* line.ask(hexOf(openFrame(image)))
      yield* line.write(chunkOf(0))
      assert.strictEqual(yield* line.ask("", 5), ackFrame(1))
    })
  )

  it.effect("disconnectInChunk: leaves the bus in the middle and boots what is whole", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ behaviours: [behaviour("disconnectInChunk", { image: 0, chunk: 1 })] }))
      const line = yield* holdFor(modem)
      yield* enterSdp(line)
      yield* line.ask(hexOf(openFrame(image)))
      yield* line.write(chunkOf(0))
      yield* wait("5 seconds")
      const failure = yield* Effect.result(line.write(chunkOf(1)))
      yield* wait("0 seconds")
      void failure
      assert.strictEqual(line.ended()?.reason._tag, "Unplugged")
      assert.strictEqual((yield* modem.state).slots[1]?.status, "BAD")
      yield* wait("1 minute")
      const { mode, operatingMode } = yield* modem.state
      assert.deepStrictEqual([mode, operatingMode], ["application", 1])
    })
  )

  it.effect("disconnectInChunk: a 9200 is back in boot-and-hold, or gone for good", () =>
    Effect.gen(function* () {
      const nine200 = systemImage("03.05.29.03", { token: "9200", size: 3_000_000 })
      for (const comesBack of [true, false]) {
        const behaviours = [behaviour("disconnectInChunk", { image: 0, chunk: 0, comesBack })]
        const modem = yield* make(mc7710({ mode: "boot-and-hold", behaviours }))
        const line = yield* openLine(modem, "download")
        yield* enterSdp(line)
        yield* line.ask(hexOf(openFrame(nine200)))
        yield* Effect.ignore(line.write(chunkBytes(0, nine200.subarray(400, 400 + 1_048_576))))
        yield* wait("2 minutes")
        assert.strictEqual((yield* modem.state).mode, comesBack ? "boot-and-hold" : "off")
      }
    })
  )

  const hangs = [
    ["dload", 0],
    ["hello", 1],
    ["open", 2],
    ["write", 3],
    ["close", 4]
  ] as const
  for (const [where, answered] of hangs) {
    it.effect(`hang in ${where}: nothing more until the power cycle`, () =>
      Effect.gen(function* () {
        const { line, modem } = yield* held([behaviour("hang", { where })])
        const small = systemImage("02.33.03.00")
        const requests = [
          bytesOf(qdl.dload),
          bytesOf(qdl.hello6),
          openFrame(small),
          chunkBytes(0, small.subarray(400)),
          bytesOf(qdl.close)
        ]
        let answers = 0
        for (const request of requests) {
          yield* line.write(request)
          yield* wait("3 minutes")
          if (line.reads().length > 0) answers++
        }
        assert.strictEqual(answers, answered)
        yield* modem.unplug
        yield* modem.plug()
        yield* wait("1 minute")
        assert.strictEqual((yield* modem.state).mode, "application")
      })
    )
  }

  it.effect("slotsFull: out of space", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("slotsFull")])
      yield* enterSdp(line)
      assert.strictEqual(yield* line.ask(hexOf(openFrame(image))), errorFrame(0x12))
    })
  )

  it.effect("slowLastChunk: the last chunk takes longer than the others", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("slowLastChunk", { seconds: 20 })])
      yield* enterSdp(line)
      yield* line.ask(hexOf(openFrame(image)))
      for (const sequence of [0, 1]) {
        yield* line.write(chunkOf(sequence))
        assert.strictEqual(yield* line.ask("", 1), ackFrame(sequence))
      }
      yield* line.write(chunkOf(2))
      assert.strictEqual(yield* line.ask("", 84), "")
      assert.strictEqual(yield* line.ask("", 3), ackFrame(2))
    })
  )

  it.effect("slowLastChunk: so many times", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("slowLastChunk", { seconds: 20, times: 1 })])
      yield* enterSdp(line)
      for (const seconds of [86, 66]) {
        yield* line.ask(qdl.hello6)
        yield* line.ask(hexOf(openFrame(image)))
        for (const sequence of [0, 1]) {
          yield* line.write(chunkOf(sequence))
          yield* line.ask("", 1)
        }
        yield* line.write(chunkOf(2))
        assert.strictEqual(yield* line.ask("", seconds - 2), "")
        assert.strictEqual(yield* line.ask("", 3), ackFrame(2))
      }
    })
  )

  it.effect("imageNotRequired: status 7 for what is stored, and only for that", () =>
    Effect.gen(function* () {
      const { line } = yield* held([behaviour("imageNotRequired")])
      yield* enterSdp(line)
      const notRequired = openAnswer(7)
      assert.strictEqual(yield* line.ask(hexOf(openFrame(systemImage("02.24.05.06")))), notRequired)
      assert.strictEqual(
        yield* line.ask(hexOf(openFrame(carrierImage("02.24.05.06", "GENERIC", "002.026_000")))),
        notRequired
      )
      assert.strictEqual(
        yield* line.ask(hexOf(openFrame(carrierImage("02.24.05.06", "Generic", "002.026_000")))),
        qdl.openOk
      )
    })
  )
})

describe("behaviours around the reset", () => {
  it.effect("oldFirmwareComesBack: everything was accepted, the old image runs in low power", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ behaviours: [behaviour("oldFirmwareComesBack")] }))
      assert.deepStrictEqual(yield* update(modem), [qdl.openOk, qdl.writeOk0, qdl.closeOk])
      const { mode, operatingMode, preference, running, slots } = yield* modem.state
      assert.deepStrictEqual(
        [mode, operatingMode, running.firmware, preference?.firmware, slots[1]?.status],
        ["application", 1, "02.24.05.06", "02.33.03.00", "EMPTY"]
      )
    })
  )

  it.effect("oldFirmwareComesBack: what was deleted before the download does not come back", () =>
    Effect.gen(function* () {
      const modem = yield* make(
        em7455({ storedFirmware: ["02.08.02.00"], behaviours: [behaviour("oldFirmwareComesBack")] })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const at = yield* openLine(modem, "at")
          yield* at.askText('AT!ENTERCND="A710"\r')
          yield* at.askText("AT!IMAGE=0\r")
        })
      )
      yield* update(modem)
      assert.deepStrictEqual(
        (yield* modem.state).slots.map(({ firmware }) => firmware),
        ["02.24.05.06", "", "", ""]
      )
    })
  )

  it.effect("carrierNotApplied: the firmware runs, the carrier does not", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ behaviours: [behaviour("carrierNotApplied")] }))
      yield* update(modem)
      const { operatingMode, running } = yield* modem.state
      assert.deepStrictEqual([operatingMode, running.firmware, running.config], [1, "02.33.03.00", "002.026_000"])
    })
  )

  it.effect("staysInBootAndHold: the reset leads back to boot-and-hold, as often as said", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ behaviours: [behaviour("staysInBootAndHold", { times: 1 })] }))
      yield* update(modem)
      assert.strictEqual((yield* modem.state).mode, "boot-and-hold")
      const line = yield* openLine(modem, "download")
      yield* line.ask(qdl.reset)
      yield* wait("1 minute")
      const { mode, operatingMode, running } = yield* modem.state
      assert.deepStrictEqual([mode, operatingMode, running.firmware], ["application", 0, "02.33.03.00"])
    })
  )

  it.effect("hang in boot: it never comes back", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* held([behaviour("hang", { where: "boot" })])
      yield* line.ask(qdl.reset)
      yield* wait("1 hour")
      assert.strictEqual((yield* modem.state).mode, "off")
      assert.isUndefined(yield* modem.attachment)
    })
  )

  it.effect("slowBoot: the application takes longer to come", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* held([behaviour("slowBoot", { seconds: 100 })])
      yield* line.ask(qdl.reset)
      yield* wait("100 seconds")
      assert.strictEqual((yield* modem.state).mode, "off")
      yield* wait("20 seconds")
      assert.strictEqual((yield* modem.state).mode, "application")
    })
  )

  it.effect(
    "otherPortPath: it comes back elsewhere in the mode that was named, with its peer when the host knows it",
    () =>
      Effect.gen(function* () {
        const modem = yield* make(
          em7455({ behaviours: [behaviour("otherPortPath", { path: "2-1", on: "boot-and-hold", peer: true })] })
        )
        assert.strictEqual((yield* modem.attachment)?.portPath, "1-2")
        yield* holdFor(modem)
        const attachment = yield* modem.attachment
        assert.deepStrictEqual([attachment?.portPath, attachment?.peerPath], ["2-1", "1-2"])
      })
  )
})

describe("behaviours of the control port", () => {
  it.effect("preferenceQueryUnanswered: only 0x0047 stays silent", () =>
    Effect.gen(function* () {
      const { line } = yield* running([behaviour("preferenceQueryUnanswered", { times: 1 })])
      assert.strictEqual(yield* line.ask(qmi.getPreference, 20), "")
      assert.notStrictEqual(yield* line.ask(qmi.listImages), "")
      assert.notStrictEqual(yield* line.ask(qmi.getPreference), "")
    })
  )

  it.effect("qmiNotReadyAfterBoot: requests are lost for so long after a boot, not before", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* running([behaviour("qmiNotReadyAfterBoot", { seconds: 30 })])
      yield* line.ask(qmi.offline)
      yield* line.ask(qmi.reset)
      yield* wait("20 seconds")
      const again = yield* openLine(modem, "control")
      const sync = "01 0b 00 00 00 00 00 01 27 00 00 00"
      assert.strictEqual(yield* again.ask(sync, 25), "")
      yield* wait("10 seconds")
      assert.strictEqual(again.hex(), "")
      assert.notStrictEqual(yield* again.ask(sync), "")
    })
  )

  it.effect("clientIdsExhausted: allocation is refused so often", () =>
    Effect.gen(function* () {
      const { line } = yield* running([behaviour("clientIdsExhausted", { times: 2 })])
      assert.strictEqual(yield* line.ask(qmi.allocateDms), "01 12 00 80 00 00 01 02 22 00 07 00 02 04 00 01 00 05 00")
      assert.isTrue((yield* line.ask(qmi.allocateDms)).endsWith("01 02 00 02 01"))
    })
  )

  it.effect("qmiRefuses: one message fails with a code of choice", () =>
    Effect.gen(function* () {
      const { line } = yield* running([behaviour("qmiRefuses", { message: 0x47, code: 52 })])
      assert.isTrue((yield* line.ask(qmi.getPreference)).endsWith("02 04 00 01 00 34 00"))
      assert.isFalse((yield* line.ask(qmi.listImages)).endsWith("02 04 00 01 00 34 00"))
    })
  )

  it.effect("foreignTraffic: others' answers and indications come before the own answer", () =>
    Effect.gen(function* () {
      const { line } = yield* running([behaviour("foreignTraffic")])
      yield* line.write(bytesOf(qmi.getMode))
      yield* wait("1 second")
      const [foreign, indication, own] = line.reads().map(hexOf)
      // Same service and transaction, another client.
      assert.strictEqual(foreign, "01 13 00 80 02 7e 02 03 00 22 00 07 00 02 04 00 01 00 04 00")
      assert.strictEqual(indication, "01 11 00 80 03 ff 04 00 00 02 00 05 00 10 02 00 a9 08")
      assert.isTrue(own?.startsWith("01 1b 00 80 02 01 02 03 00 2d 00"))
    })
  )

  it.effect("serialisesDms: a slow query holds back the quick ones behind it", () =>
    Effect.gen(function* () {
      const ids = (reads: ReadonlyArray<Uint8Array>) => reads.map((bytes) => bytes[9])
      for (const [behaviours, order] of [
        [[], [0x2d, 0x49]],
        [[behaviour("serialisesDms")], [0x49, 0x2d]]
      ] as const) {
        const { line } = yield* running(behaviours)
        yield* line.write(bytesOf(`${qmi.listImages} ${qmi.getMode}`))
        yield* wait("1 second")
        assert.deepStrictEqual(ids(line.reads()), [...order])
      }
    })
  )

  it.effect("hang in control: nothing is answered any more", () =>
    Effect.gen(function* () {
      const { line } = yield* running([behaviour("hang", { where: "control" })])
      assert.strictEqual(yield* line.ask(qmi.getMode, 60), "")
    })
  )

  it.effect("latePort: the port is there later than the device", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ behaviours: [behaviour("latePort", { role: "control", delay: 5000 })] }))
      assert.strictEqual((yield* Effect.flip(modem.connect("control"))).reason._tag, "NotThere")
      yield* modem.connect("at")
      yield* wait("5 seconds")
      yield* modem.connect("control")
      assert.strictEqual((yield* modem.attachment)?.ports.length, 4)
    })
  )
})

describe("behaviours of the AT port", () => {
  it.effect("atNeedsEnterCnd: BOOTHOLD is refused until the unlock", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* running([behaviour("atNeedsEnterCnd")], "at")
      assert.strictEqual(yield* line.askText("AT!BOOTHOLD\r", 5), "AT!BOOTHOLD\r\r\nERROR\r\n")
      assert.strictEqual((yield* modem.state).mode, "application")
      yield* line.askText('AT!ENTERCND="A710"\r')
      assert.include(yield* line.askText("AT!BOOTHOLD\r", 0.5), "OK")
      yield* wait("10 seconds")
      assert.strictEqual((yield* modem.state).mode, "boot-and-hold")
    })
  )

  it.effect("atPassword: no other one unlocks", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* running([behaviour("atPassword", { password: "Secret 1" })], "at")
      assert.strictEqual(yield* line.askText('AT!ENTERCND="A710"\r'), 'AT!ENTERCND="A710"\r\r\nERROR\r\n')
      assert.isFalse((yield* modem.state).settings.unlocked)
      assert.strictEqual(yield* line.askText('AT!ENTERCND="Secret 1"\r'), 'AT!ENTERCND="Secret 1"\r\r\nOK\r\n')
      assert.isTrue((yield* modem.state).settings.unlocked)
    })
  )

  it.effect("atRefuses and atIgnores: ERROR, and OK without doing", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* running(
        [
          behaviour("atRefuses", { command: "!gstatus", times: 1 }),
          behaviour("atRefuses", { command: "!IMPREF", form: "query" }),
          behaviour("atIgnores", { command: "!IMPREF" })
        ],
        "at"
      )
      assert.strictEqual(yield* line.askText("AT!GSTATUS?\r"), "AT!GSTATUS?\r\r\nERROR\r\n")
      assert.include(yield* line.askText("AT!GSTATUS?\r"), "Mode:        ONLINE")
      assert.strictEqual(yield* line.askText("AT!IMPREF?\r"), "AT!IMPREF?\r\r\nERROR\r\n")
      const before = (yield* modem.state).preference
      const command = 'AT!IMPREF="02.33.03.00","GENERIC","GENERIC_002.072_000"'
      assert.strictEqual(yield* line.askText(`${command}\r`), `${command}\r\r\nOK\r\n`)
      assert.deepStrictEqual((yield* modem.state).preference, before)
    })
  )

  it.effect("portGoneBeforeOk: the port ends without OK, and the modem holds", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* running([behaviour("portGoneBeforeOk")], "at")
      assert.strictEqual(yield* line.askText("AT!BOOTHOLD\r", 0.5), "")
      assert.strictEqual(line.ended()?.reason._tag, "Unplugged")
      yield* wait("10 seconds")
      assert.strictEqual((yield* modem.state).mode, "boot-and-hold")
    })
  )

  it.effect("atEchoOff and unsolicitedLine", () =>
    Effect.gen(function* () {
      const { line } = yield* running(
        [behaviour("atEchoOff"), behaviour("unsolicitedLine", { text: "+CREG: 1" })],
        "at"
      )
      assert.strictEqual(yield* line.askText("AT+CGSN\r"), "\r\n+CREG: 1\r\n\r\n123456789012347\r\n\r\nOK\r\n")
      assert.strictEqual(yield* line.askText("ATE1\r"), "\r\n+CREG: 1\r\n\r\nOK\r\n")
      assert.strictEqual(yield* line.askText("AT\r"), "AT\r\r\n+CREG: 1\r\n\r\nOK\r\n")
    })
  )

  it.effect("hang in at: silence", () =>
    Effect.gen(function* () {
      const { line } = yield* running([behaviour("hang", { where: "at" })], "at")
      assert.strictEqual(yield* line.askText("AT\r", 60), "")
    })
  )
})

describe("a switch to stored firmware", () => {
  const other = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
  const told = (behaviours: ReadonlyArray<Behaviour>) =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ storedFirmware: [other.firmware], storedCarriers: [other], behaviours }))
      const line = yield* openLine(modem, "at")
      assert.include(yield* line.askText('AT!IMPREF="GENERIC"\r'), "OK")
      yield* line.askText("AT!RESET\r")
      yield* wait("2 minutes")
      return yield* modem.state
    })

  it.effect("switchFails: the old one runs again, in low power, and the failure is counted", () =>
    Effect.gen(function* () {
      const good = yield* told([])
      assert.deepStrictEqual([good.running.firmware, good.running.slot, good.operatingMode], [other.firmware, 2, 0])
      const failed = yield* told([behaviour("switchFails")])
      assert.deepStrictEqual(
        [failed.running.firmware, failed.running.slot, failed.operatingMode, failed.preference],
        ["02.24.05.06", 1, 1, other]
      )
      assert.deepStrictEqual(failed.slots[1]?.failures, { programming: 0, switching: 1 })
      const once = yield* told([behaviour("switchFails", { times: 0 })])
      assert.strictEqual(once.running.firmware, other.firmware)
    })
  )
})

describe("behaviours as data", () => {
  it("survive JSON", () => {
    const all = [
      behaviour("slotsFull"),
      behaviour("staleBytes", { where: "at", bytes: bytesOf("01 02") }),
      behaviour("hang", { where: "write", chunk: 2 })
    ]
    const codec = Schema.fromJsonString(Schema.toCodecJson(Schema.Array(Behaviour)))
    assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(all)), all)
  })

  it.effect("compose: several quirks at once still lead to an updated modem", () =>
    Effect.gen(function* () {
      const behaviours = [
        behaviour("foreignTraffic"),
        behaviour("splitAnswers", { pieces: 2, delay: 20 }),
        behaviour("staleBytes", { where: "download", bytes: bytesOf("7e 00 7e") }),
        behaviour("otherPortPath", { path: "3-1", on: "application" }),
        behaviour("slowBoot", { seconds: 10 })
      ]
      const modem = yield* make(em7455({ behaviours }))
      yield* update(modem)
      const { operatingMode, running: now } = yield* modem.state
      assert.deepStrictEqual([operatingMode, now.firmware, now.config], [0, "02.33.03.00", "002.072_001"])
      assert.strictEqual((yield* modem.attachment)?.portPath, "3-1")
    })
  )

  it.effect("the journal tells how long the modem was busy, so that the rest is the host's", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      yield* update(modem)
      const journal = yield* modem.journal
      const programming = journal.flatMap((entry) =>
        entry._tag === "Busy" && entry.doing === "programming" ? [Math.round(entry.to - entry.from)] : []
      )
      assert.strictEqual(programming.length, 2)
      assert.isAtLeast(programming[0] ?? 0, 65_000)
      assert.strictEqual(idleMillis(journal, 0, 0), 0)
      const two: typeof journal = [
        { _tag: "Busy", from: 10, to: 30, doing: "a" },
        { _tag: "Busy", from: 20, to: 40, doing: "b" }
      ]
      assert.strictEqual(idleMillis(two, 0, 50), 20)
      assert.strictEqual(idleMillis(two, 15, 35), 0)
      assert.strictEqual(idleMillis(two, 60, 70), 10)
      assert.strictEqual(idleMillis([], 5, 7), 2)
    })
  )
})
