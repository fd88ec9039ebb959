import { assert, describe, it } from "@effect/vitest"
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex } from "@noble/hashes/utils.js"
import * as Effect from "effect/Effect"
import { buildCombinedImage } from "../../src/image/builder.ts"
import { encodeFrame } from "../../src/protocol/hdlc.ts"
import { em7455, make, mc7354, mc7710 } from "../../src/sim/index.ts"
import type { ModemSetup } from "../../src/sim/index.ts"
import {
  ackFrame,
  bytesOf,
  carrierImage,
  chunkBytes,
  enterSdp,
  errorFrame,
  helloFrame,
  hexOf,
  holdFor,
  openFrame,
  openLine,
  qdl,
  sendImage,
  systemImage,
  wait
} from "./support.ts"

const held = Effect.fnUntraced(function* (setup: ModemSetup = em7455({ mode: "boot-and-hold" })) {
  const modem = yield* make(setup)
  return { modem, line: yield* openLine(modem, "download") }
})

const helloResponse = hexOf(
  encodeFrame(
    bytesOf(
      "02 51 43 4f 4d 20 68 69 67 68 20 73 70 65 65 64 20 70 72 6f 74 6f 63 6f 6c 20 68 73 74 00 00 00 00 06 06 " +
        "00 00 00 00 00 00 00 00 00 00 00 00 00 30"
    )
  )
)

const framed = (payload: string): string => hexOf(encodeFrame(bytesOf(payload)))

describe("the order of a download session", () => {
  it.effect("runs as in the observed session of qdl.md §5.1", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* held()
      assert.strictEqual(yield* line.ask(qdl.dload), qdl.dloadAck)
      assert.strictEqual(yield* line.ask(qdl.dload), qdl.error16)
      assert.strictEqual(yield* line.ask(qdl.hello4), qdl.error05)
      assert.strictEqual(yield* line.ask(qdl.hello5), qdl.error05)
      assert.strictEqual(yield* line.ask(qdl.hello6), helloResponse)
      const big = systemImage("02.33.03.00", { size: 2_597_552 })
      assert.deepStrictEqual(yield* sendImage(line, big), [
        qdl.openOk,
        qdl.writeOk0,
        ackFrame(1),
        ackFrame(2),
        qdl.closeOk
      ])
      const small = carrierImage("02.33.03.00", "GENERIC", "002.072_001")
      assert.deepStrictEqual(yield* sendImage(line, small), [qdl.openOk, qdl.writeOk0, qdl.closeOk])
      assert.strictEqual(yield* line.ask(qdl.reset), "")
      const journal = yield* modem.journal
      assert.deepStrictEqual(
        journal.flatMap((entry) =>
          entry._tag === "ImageReceived" ? [[entry.sha256, entry.headerBytes, entry.payloadBytes]] : []
        ),
        [
          [bytesToHex(sha256(big)), 400, 2_597_152],
          [bytesToHex(sha256(small)), 400, small.length - 400]
        ]
      )
    })
  )

  it.effect("is already in SDP where the model says so", () =>
    Effect.gen(function* () {
      const setup = em7455({ mode: "boot-and-hold" })
      const { line } = yield* held({
        ...setup,
        model: { ...setup.model, qdl: { ...setup.model.qdl, starts: "sdp" } }
      })
      assert.strictEqual(yield* line.ask(qdl.dload), qdl.error16)
      assert.strictEqual(yield* line.ask(qdl.hello6), helloResponse)
    })
  )

  it.effect("refuses every command out of its order", () =>
    Effect.gen(function* () {
      const { line } = yield* held()
      const image = systemImage("02.33.03.00")
      const sequence = errorFrame(0x0f)
      assert.strictEqual(yield* line.ask(qdl.hello6), sequence)
      yield* line.ask(qdl.dload)
      assert.strictEqual(yield* line.ask(hexOf(openFrame(image))), sequence)
      assert.strictEqual(yield* line.ask(qdl.close), sequence)
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(0, image.subarray(400)))), sequence)
      yield* line.ask(qdl.hello6)
      assert.strictEqual(yield* line.ask(qdl.close), sequence)
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(0, image.subarray(400)))), sequence)
      assert.strictEqual(yield* line.ask(hexOf(openFrame(image))), qdl.openOk)
      // A second Open in the middle of an image.
      assert.strictEqual(yield* line.ask(hexOf(openFrame(image))), sequence)
      // Close before the last byte: close failed.
      assert.strictEqual(yield* line.ask(qdl.close), errorFrame(0x10))
    })
  )

  it.effect("answers the DLOAD no-op, and refuses unknown commands and wrong lengths", () =>
    Effect.gen(function* () {
      const { line } = yield* held()
      assert.strictEqual(yield* line.ask(framed("06")), qdl.dloadAck)
      yield* enterSdp(line)
      assert.strictEqual(yield* line.ask(framed("06")), qdl.error16)
      assert.strictEqual(yield* line.ask(framed("2b")), qdl.error05)
      assert.strictEqual(yield* line.ask(framed("99 00")), qdl.error05)
      assert.strictEqual(yield* line.ask(framed("29 00")), errorFrame(0x03))
      assert.strictEqual(yield* line.ask(framed("70 00")), errorFrame(0x03))
      assert.strictEqual(yield* line.ask(framed("01 51 43")), errorFrame(0x03))
      // Another magic, no unframed writes, a framed write.
      assert.strictEqual(yield* line.ask(framed("01 " + "41 ".repeat(32) + "06 06 30")), qdl.error05)
      assert.strictEqual(
        yield* line.ask(
          framed(
            "01 51 43 4f 4d 20 68 69 67 68 20 73 70 65 65 64 20 70 72 6f 74 6f 63 6f 6c 20 68 73 74 00 00 00 00 06 06 00"
          )
        ),
        errorFrame(0x11)
      )
      assert.strictEqual(yield* line.ask(framed("27 00 00 00 00 00 00 00 00 10 00 29 d8")), qdl.error05)
    })
  )

  it.effect("refuses broken frames and goes on; noise before the switch gets no answer", () =>
    Effect.gen(function* () {
      const { line } = yield* held()
      assert.strictEqual(yield* line.ask("41 54 0d 7e"), "")
      assert.strictEqual(yield* line.ask(`7e 7e 7e ${qdl.dload}`), qdl.dloadAck)
      assert.strictEqual(yield* line.ask("7e 29 bb 4d 7e"), errorFrame(0x17))
      assert.strictEqual(yield* line.ask("7e 29 7e"), errorFrame(0x04))
      assert.strictEqual(yield* line.ask(qdl.hello6.slice(0, 50)), "")
      assert.strictEqual(yield* line.ask(qdl.hello6.slice(51)), helloResponse)
    })
  )

  it.effect("tells its image preference", () =>
    Effect.gen(function* () {
      const { line } = yield* held()
      yield* enterSdp(line)
      assert.strictEqual(
        yield* line.ask(framed("2e")),
        framed(
          "2f 02 00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 01 30 30 32 2e 30 32 36 5f 30 30 30 00 00 00 00 00"
        )
      )
    })
  )

  it.effect("opens the next image without Close and Hello, as the vendor's tool does", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      const line = yield* holdFor(modem)
      yield* enterSdp(line)
      const system = systemImage("02.33.03.00")
      const carrier = carrierImage("02.33.03.00", "GENERIC", "002.072_001")
      // Its chunks are cut on file offsets: the first one is shorter (qdl.md §3.5).
      yield* line.ask(hexOf(openFrame(system)))
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(0, system.subarray(400, 4096)))), qdl.writeOk0)
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(1, system.subarray(4096))), 120), ackFrame(1))
      assert.strictEqual(yield* line.ask(hexOf(openFrame(carrier))), qdl.openOk)
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(0, carrier.subarray(400))), 120), qdl.writeOk0)
      assert.strictEqual(yield* line.ask(qdl.close), qdl.closeOk)
      yield* line.ask(qdl.reset)
      yield* wait("60 seconds")
      assert.strictEqual((yield* modem.state).running.firmware, "02.33.03.00")
      assert.strictEqual((yield* modem.state).running.config, "002.072_001")
    })
  )
})

describe("what a boot loader checks when an image is opened", () => {
  const cases: ReadonlyArray<readonly [string, () => Uint8Array, string]> = [
    ["a Gobi image type", () => openFrame(systemImage("02.33.03.00"), { type: 0x05 }), errorFrame(0x02)],
    [
      "a length that is not header and payload",
      () => openFrame(systemImage("02.33.03.00"), { length: 5001 }),
      errorFrame(0x03)
    ],
    [
      "a payload size that is not the header's",
      () => openFrame(systemImage("02.33.03.00"), { chunk: 1_048_576 }),
      errorFrame(0x03)
    ],
    ["a header that is cut off", () => encodeFrame(openPayload().subarray(0, 412)), errorFrame(0x03)],
    ["a header that is too long", () => encodeFrame(Uint8Array.of(...openPayload(), 0)), errorFrame(0x03)],
    [
      "a wrong CRC of the product specific buffer",
      () => openFrame(changed(systemImage("02.33.03.00"), 5)),
      errorFrame(0x17)
    ],
    ["text that is no text", () => openFrame(changed(systemImage("02.33.03.00"), 268)), errorFrame(0x07)],
    [
      "an image for another product",
      () => openFrame(systemImage("05.05.58.00", { token: "SWI9X15C" })),
      errorFrame(0x1a)
    ]
  ]
  const changed = (image: Uint8Array, at: number) => {
    const copy = image.slice()
    copy[at] = (copy[at] ?? 0) ^ 0x80
    return copy
  }
  const openPayload = () => {
    const image = systemImage("02.33.03.00")
    return Uint8Array.of(0x25, 0x80, 0x88, 0x13, 0, 0, 1, 0xf8, 0x11, 0, 0, 0, 0, ...image.subarray(0, 400))
  }
  for (const [what, request, answer] of cases) {
    it.effect(`refuses ${what}`, () =>
      Effect.gen(function* () {
        const { line, modem } = yield* held()
        const before = (yield* modem.state).slots
        yield* enterSdp(line)
        assert.strictEqual(yield* line.ask(hexOf(request())), answer)
        assert.deepStrictEqual((yield* modem.state).slots, before)
        // Nothing is lost: the right image may follow.
        assert.strictEqual(yield* line.ask(hexOf(encodeFrame(openPayload()))), qdl.openOk)
      })
    )
  }

  it.effect("takes its product in either case", () =>
    Effect.gen(function* () {
      const { line } = yield* held()
      yield* enterSdp(line)
      const image = carrierImage("02.33.03.00", "GENERIC", "002.072_001")
      image.set([0x39, 0x78, 0x33, 0x30], 272)
      assert.strictEqual(yield* line.ask(hexOf(openFrame(image))), qdl.openOk)
    })
  )
})

describe("what a boot loader checks when chunks are written", () => {
  const opened = Effect.fnUntraced(function* (other?: Uint8Array) {
    const image: Uint8Array = other ?? systemImage("02.33.03.00")
    const { line, modem } = yield* held()
    yield* enterSdp(line)
    yield* line.ask(hexOf(openFrame(image)))
    return { line, modem, image }
  })

  it.effect("a wrong header CRC is status 1, and the same chunk may come again", () =>
    Effect.gen(function* () {
      const { image, line } = yield* opened()
      const chunk = chunkBytes(0, image.subarray(400))
      const broken = chunk.slice()
      broken[11] = (broken[11] ?? 0) ^ 1
      assert.strictEqual(yield* line.ask(hexOf(broken)), ackFrame(0, 1))
      assert.strictEqual(yield* line.ask(hexOf(chunk), 120), qdl.writeOk0)
    })
  )

  it.effect("a wrong sequence number, no data and data beyond the image are status 2", () =>
    Effect.gen(function* () {
      const { image, line } = yield* opened()
      const data = image.subarray(400)
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(1, data))), ackFrame(1, 2))
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(0, new Uint8Array(0)))), ackFrame(0, 2))
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(0, Uint8Array.of(...data, 0)))), ackFrame(0, 2))
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(0, data)), 120), qdl.writeOk0)
    })
  )

  it.effect("a length beyond 1 MiB is status 2, and what follows it is not taken for requests", () =>
    Effect.gen(function* () {
      const { line } = yield* opened(systemImage("02.33.03.00", { size: 3_000_000 }))
      assert.strictEqual(
        yield* line.ask(hexOf(chunkBytes(0, new Uint8Array(1_048_577)).subarray(0, 5000))),
        ackFrame(0, 2)
      )
      assert.strictEqual(yield* line.ask("7e 01 02 03 7e"), "")
      assert.strictEqual(yield* line.ask(hexOf(helloFrame(6))), helloResponse)
    })
  )

  it.effect("sequence numbers begin at 0 for each image", () =>
    Effect.gen(function* () {
      const { line } = yield* held()
      yield* enterSdp(line)
      const answers = yield* sendImage(line, systemImage("02.33.03.00", { size: 5000 }), 1000)
      assert.deepStrictEqual(
        answers.slice(1, -1),
        [0, 1, 2, 3, 4].map((sequence) => ackFrame(sequence))
      )
      const next = yield* sendImage(line, carrierImage("02.33.03.00", "GENERIC", "002.072_001"), 1000)
      assert.strictEqual(next[1], qdl.writeOk0)
    })
  )

  it.effect("a payload with a wrong CRC is no authentic image, and its slot cannot run", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      const line = yield* holdFor(modem)
      yield* enterSdp(line)
      const image = systemImage("02.33.03.00")
      image[4000] = (image[4000] ?? 0) ^ 1
      const answers = yield* sendImage(line, image)
      assert.deepStrictEqual(answers, [qdl.openOk, errorFrame(0x1a), errorFrame(0x0f)])
      const { slots } = yield* modem.state
      assert.deepStrictEqual(
        slots.map(({ failures, status }) => [status, failures.programming]),
        [
          ["GOOD", 0],
          ["BAD", 1],
          ["EMPTY", 0],
          ["EMPTY", 0]
        ]
      )
    })
  )

  it.effect("gives up half a chunk after a silence, and takes the image again from Hello", () =>
    Effect.gen(function* () {
      const { image, line, modem } = yield* opened()
      const chunk = chunkBytes(0, image.subarray(400))
      yield* line.write(chunk.subarray(0, 3000))
      assert.strictEqual(yield* line.ask("", 9), "")
      assert.strictEqual(yield* line.ask("", 2), errorFrame(0x19))
      assert.deepStrictEqual(yield* sendImage(line, image), [qdl.openOk, qdl.writeOk0, qdl.closeOk])
      const abandoned = (yield* modem.journal).filter(({ _tag }) => _tag === "ImageAbandoned")
      assert.strictEqual(abandoned.length, 1)
    })
  )

  it.effect("a Hello in the middle of an image begins anew: the image is lost and counted as a failure", () =>
    Effect.gen(function* () {
      const { image, line, modem } = yield* opened(systemImage("02.33.03.00", { size: 20_000 }))
      yield* line.ask(hexOf(chunkBytes(0, image.subarray(400, 10_000))), 5)
      assert.strictEqual(yield* line.ask(qdl.hello6), helloResponse)
      assert.deepStrictEqual(
        (yield* modem.journal).flatMap((entry) =>
          entry._tag === "ImageAbandoned" ? [[entry.received, entry.wanted]] : []
        ),
        [[9600, 19_600]]
      )
      assert.strictEqual((yield* modem.state).outside?.failures.programming, 1)
    })
  )

  it.effect("forgets the beginning of a write header after a silence, without a word", () =>
    Effect.gen(function* () {
      const { line } = yield* held()
      assert.strictEqual(yield* line.ask("27 00", 11), "")
      assert.strictEqual(yield* line.ask(qdl.dload), qdl.dloadAck)
      assert.strictEqual(yield* line.ask(qdl.hello6), helloResponse)
    })
  )

  it.effect("takes the bytes of a chunk in any pieces", () =>
    Effect.gen(function* () {
      const { image, line } = yield* opened()
      const chunk = chunkBytes(0, image.subarray(400))
      for (let at = 0; at < chunk.length; at += 7) yield* line.write(chunk.subarray(at, at + 7))
      assert.strictEqual(yield* line.ask("", 120), qdl.writeOk0)
    })
  )

  it.effect("has taken the bytes when the write is done: the writer may reuse its buffer", () =>
    Effect.gen(function* () {
      const { image, line } = yield* opened()
      const chunk = chunkBytes(0, image.subarray(400))
      yield* line.write(chunk)
      chunk.fill(0)
      assert.strictEqual(yield* line.ask("", 120), qdl.writeOk0)
    })
  )

  it.effect("hears the holder of the port only: a second one is refused until the first one closes", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ mode: "boot-and-hold" }))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* modem.connect("download")
          const error = yield* Effect.flip(modem.connect("download"))
          assert.strictEqual(error.reason._tag, "Busy")
        })
      )
      yield* modem.connect("download")
      assert.strictEqual((yield* Effect.flip(modem.connect("control"))).reason._tag, "NotThere")
    })
  )
})

describe("what is in flash afterwards", () => {
  it.effect("a half written slot cannot run; the old image does, in low power", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      const line = yield* holdFor(modem)
      yield* enterSdp(line)
      const image = systemImage("02.33.03.00", { size: 20_000 })
      yield* line.ask(hexOf(openFrame(image)))
      yield* line.ask(hexOf(chunkBytes(0, image.subarray(400, 10_000))))
      assert.strictEqual((yield* modem.state).slots[1]?.status, "BAD")
      yield* line.ask(qdl.reset)
      yield* wait("60 seconds")
      const state = yield* modem.state
      assert.deepStrictEqual(
        [state.mode, state.running.firmware, state.operatingMode, state.slots[1]?.status],
        ["application", "02.24.05.06", 1, "BAD"]
      )
      assert.strictEqual(state.slots[1]?.failures.programming, 1)
      assert.strictEqual(state.resetCounter, 2)
    })
  )

  it.effect("a 9200 whose only slot is half written stays in boot-and-hold until it is whole", () =>
    Effect.gen(function* () {
      const modem = yield* make(mc7710({ mode: "boot-and-hold" }))
      const line = yield* openLine(modem, "download")
      yield* enterSdp(line)
      const image = buildCombinedImage({
        familyToken: "9200",
        firmware: "03.05.29.03",
        carrier: "generic",
        config: "000.000_001"
      })
      yield* line.ask(hexOf(openFrame(image)))
      yield* line.ask(hexOf(chunkBytes(0, image.subarray(400, 1200))))
      yield* line.ask(qdl.reset)
      yield* wait("60 seconds")
      assert.strictEqual(line.ended()?.reason._tag, "Unplugged")
      assert.strictEqual((yield* modem.state).mode, "boot-and-hold")
      yield* modem.unplug
      yield* modem.plug()
      yield* wait("60 seconds")
      assert.strictEqual((yield* modem.state).mode, "boot-and-hold")

      const again = yield* openLine(modem, "download")
      yield* enterSdp(again)
      yield* sendImage(again, image)
      yield* again.ask(qdl.reset)
      yield* wait("60 seconds")
      const { mode, operatingMode, running } = yield* modem.state
      assert.deepStrictEqual(
        [mode, operatingMode, running.firmware, running.carrier],
        ["application", 0, "03.05.29.03", "generic"]
      )
      assert.isTrue(running.build.startsWith("ap r6485"))
    })
  )

  it.effect("a carrier image alone leaves the firmware; without its firmware the modem runs in low power", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      const line = yield* holdFor(modem)
      yield* enterSdp(line)
      yield* sendImage(line, carrierImage("02.33.03.00", "GENERIC", "002.072_001"))
      yield* line.ask(qdl.reset)
      yield* wait("60 seconds")
      const state = yield* modem.state
      assert.deepStrictEqual([state.running.firmware, state.operatingMode], ["02.24.05.06", 1])
      assert.strictEqual(state.pris.length, 2)
    })
  )

  it.effect("a combined image of a 9x15 brings firmware and carrier", () =>
    Effect.gen(function* () {
      const modem = yield* make(mc7354())
      const line = yield* holdFor(modem, "05.05.58.00", "GENEU-4G", "005.026_000")
      yield* enterSdp(line)
      const image = buildCombinedImage({
        familyToken: "SWI9X15C",
        firmware: "05.05.58.00",
        carrier: "GENEU-4G",
        config: "005.026_000"
      })
      assert.deepStrictEqual(yield* sendImage(line, image), [qdl.openOk, qdl.writeOk0, qdl.closeOk])
      yield* line.ask(qdl.reset)
      yield* wait("60 seconds")
      const { operatingMode, running } = yield* modem.state
      assert.deepStrictEqual(
        [operatingMode, running.firmware, running.carrier, running.config],
        [0, "05.05.58.00", "GENEU-4G", "005.026_000"]
      )
    })
  )

  it.effect("the least recently used slot is evicted, never the one that runs", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ storedFirmware: ["02.05.07.00", "02.08.02.00", "02.20.03.22"] }))
      const line = yield* holdFor(modem)
      yield* enterSdp(line)
      yield* sendImage(line, systemImage("02.33.03.00"))
      yield* sendImage(line, carrierImage("02.33.03.00", "GENERIC", "002.072_001"))
      yield* line.ask(qdl.reset)
      yield* wait("60 seconds")
      assert.deepStrictEqual(
        (yield* modem.state).slots.map(({ firmware, lru }) => [firmware, lru]),
        [
          ["02.24.05.06", 4],
          ["02.33.03.00", 5],
          ["02.08.02.00", 2],
          ["02.20.03.22", 3]
        ]
      )
    })
  )

  it.effect("spares the slot that runs even when it was used least", () =>
    Effect.gen(function* () {
      const { state } = em7455({ storedFirmware: ["02.05.07.00", "02.08.02.00", "02.20.03.22"] })
      const slots = state.slots.map((slot) => (slot.slot === 1 ? { ...slot, lru: 0 } : slot))
      const modem = yield* make(em7455({ state: { ...state, slots } }))
      const line = yield* holdFor(modem)
      yield* enterSdp(line)
      yield* sendImage(line, systemImage("02.33.03.00"))
      assert.deepStrictEqual(
        (yield* modem.state).slots.map(({ firmware }) => firmware),
        ["02.24.05.06", "02.33.03.00", "02.08.02.00", "02.20.03.22"]
      )
    })
  )

  it.effect("writes to the slot that the host chose", () =>
    Effect.gen(function* () {
      const { state } = em7455({
        mode: "boot-and-hold",
        preference: { firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_001" }
      })
      const modem = yield* make(em7455({ state: { ...state, storageIndex: 4 } }))
      const line = yield* openLine(modem, "download")
      yield* enterSdp(line)
      yield* sendImage(line, systemImage("02.33.03.00"))
      assert.deepStrictEqual(
        (yield* modem.state).slots.map(({ firmware }) => firmware),
        ["02.24.05.06", "", "", "02.33.03.00"]
      )
    })
  )

  it.effect("a small carrier image is programmed in seconds, a system image in a minute", () =>
    Effect.gen(function* () {
      const { line } = yield* held()
      yield* enterSdp(line)
      const carrier = carrierImage("02.33.03.00", "GENERIC", "002.072_001")
      yield* line.ask(hexOf(openFrame(carrier)))
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(0, carrier.subarray(400))), 4), qdl.writeOk0)
      const system = systemImage("02.33.03.00")
      yield* line.ask(hexOf(openFrame(system)))
      assert.strictEqual(yield* line.ask(hexOf(chunkBytes(0, system.subarray(400))), 60), "")
      assert.strictEqual(yield* line.ask("", 10), qdl.writeOk0)
    })
  )

  it.effect("a full list of carrier images takes no other one", () =>
    Effect.gen(function* () {
      const storedCarriers = Array.from({ length: 49 }, (_, index) => ({
        firmware: "02.24.05.06",
        carrier: `C${String(index)}`,
        config: "002.000_000"
      }))
      const { line, modem } = yield* held(em7455({ mode: "boot-and-hold", storedCarriers }))
      yield* enterSdp(line)
      const answers = yield* sendImage(line, carrierImage("02.33.03.00", "GENERIC", "002.072_001"))
      assert.strictEqual(answers[1], errorFrame(0x12))
      // One that replaces another fits.
      const again = yield* sendImage(line, carrierImage("02.24.05.06", "GENERIC", "002.026_000"))
      assert.strictEqual(again[1], qdl.writeOk0)
      assert.strictEqual((yield* modem.state).pris.length, 50)
    })
  )

  it.effect("firmware that no preference names runs from outside of the slots (slot 255)", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* held()
      yield* enterSdp(line)
      yield* sendImage(line, systemImage("02.33.03.00"))
      yield* line.ask(qdl.reset)
      yield* wait("60 seconds")
      const state = yield* modem.state
      assert.deepStrictEqual(
        [state.running.firmware, state.running.slot, state.operatingMode, state.slots[1]?.status],
        ["02.33.03.00", 255, 1, "EMPTY"]
      )
    })
  )

  it.effect("a reset without any image boots what was there", () =>
    Effect.gen(function* () {
      const { line, modem } = yield* held()
      yield* line.ask(qdl.reset)
      yield* wait("30 seconds")
      const state = yield* modem.state
      assert.deepStrictEqual(
        [state.mode, state.running.firmware, state.operatingMode],
        ["application", "02.24.05.06", 0]
      )
    })
  )
})
