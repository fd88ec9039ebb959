/** The client side of the simulator's tests: raw bytes on a port, virtual time, nothing of src/session. */
import * as Effect from "effect/Effect"
import type * as Duration from "effect/Duration"
import * as TestClock from "effect/testing/TestClock"
import type { PortRole } from "../../src/device/UsbBus.ts"
import { buildCarrierImage, buildSystemImage } from "../../src/image/builder.ts"
import { encodeFrame } from "../../src/protocol/hdlc.ts"
import { encodeRequest, hello, writeHeader } from "../../src/protocol/qdl/request.ts"
import type { SimModem } from "../../src/sim/SimModem.ts"
import type { TransportError } from "../../src/transport/TransportError.ts"

export const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from((hex.match(/[0-9a-fA-F]{2}/g) ?? []).map((pair) => Number.parseInt(pair, 16)))

export const hexOf = (bytes: Iterable<number>): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ")

export const textOf = (bytes: Iterable<number>): string => String.fromCharCode(...bytes)

/** Lets the modem see what was written before time passes. */
const settle = Effect.gen(function* () {
  for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
})

/** Time passes, for everything that is under way. */
export const wait = (duration: Duration.Input) => Effect.andThen(settle, TestClock.adjust(duration))

export interface Line {
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, TransportError>
  /** Everything that came since the last look, one entry per read. */
  readonly reads: () => ReadonlyArray<Uint8Array>
  /** The same as one run of bytes in hex. */
  readonly hex: () => string
  readonly text: () => string
  /** Writes, lets `seconds` pass, and gives back what came, in hex. */
  readonly ask: (hex: string, seconds?: number) => Effect.Effect<string, TransportError>
  readonly askText: (text: string, seconds?: number) => Effect.Effect<string, TransportError>
  /** Why reading ended, once it did. */
  readonly ended: () => TransportError | undefined
}

/** Opens a port and keeps reading it. */
export const openLine = Effect.fnUntraced(function* (modem: SimModem, role: PortRole) {
  const connection = yield* modem.connect(role)
  let received: Array<Uint8Array> = []
  let end: TransportError | undefined
  const pump = Effect.forever(
    Effect.map(connection.read, (bytes) => {
      received.push(bytes)
    })
  )
  yield* Effect.forkScoped(
    Effect.catch(pump, (error) =>
      Effect.sync(() => {
        end = error
      })
    )
  )
  const reads = () => {
    const now = received
    received = []
    return now
  }
  const flat = () => reads().flatMap((bytes) => [...bytes])
  const line: Line = {
    write: connection.write,
    reads,
    hex: () => hexOf(flat()),
    text: () => textOf(flat()),
    ask: Effect.fnUntraced(function* (hex, seconds = 1) {
      yield* connection.write(bytesOf(hex))
      yield* wait(seconds * 1000)
      return hexOf(flat())
    }),
    askText: Effect.fnUntraced(function* (text, seconds = 1) {
      yield* connection.write(new TextEncoder().encode(text))
      yield* wait(seconds * 1000)
      return textOf(flat())
    }),
    ended: () => end
  }
  return line
})

/** Framed requests of qdl.md, byte for byte from there. */
export const qdl = {
  dload: "7e 70 00 00 14 46 7e",
  dloadAck: "7e 02 6a d3 7e",
  hello4:
    "7e 01 51 43 4f 4d 20 68 69 67 68 20 73 70 65 65 64 20 70 72 6f 74 6f 63 6f 6c 20 68 73 74 00 00 00 00 04 04 30 03 0b 7e",
  hello5:
    "7e 01 51 43 4f 4d 20 68 69 67 68 20 73 70 65 65 64 20 70 72 6f 74 6f 63 6f 6c 20 68 73 74 00 00 00 00 05 05 30 07 48 7e",
  hello6:
    "7e 01 51 43 4f 4d 20 68 69 67 68 20 73 70 65 65 64 20 70 72 6f 74 6f 63 6f 6c 20 68 73 74 00 00 00 00 06 06 30 0b 8d 7e",
  close: "7e 29 bb 4c 7e",
  closeOk: "7e 2a 00 00 80 00 82 6f 7e",
  reset: "7e 2d 9f 0a 7e",
  openOk: "7e 26 00 00 01 00 00 10 00 e7 b6 7e",
  writeOk0: "7e 28 00 00 00 00 00 00 00 00 14 39 7e",
  error05: "7e 0d 05 00 00 00 00 04 e4 7e",
  error16: "7e 0d 16 00 00 00 00 88 4d 7e"
} as const

/** A framed Error of qdl.md §3.3. */
export const errorFrame = (code: number): string => hexOf(encodeFrame(Uint8Array.of(0x0d, code, 0, 0, 0, 0)))

/** A framed write acknowledgement of qdl.md §3.5. */
export const ackFrame = (sequence: number, status = 0): string =>
  hexOf(encodeFrame(Uint8Array.of(0x28, sequence & 0xff, sequence >> 8, 0, 0, 0, 0, status & 0xff, status >> 8)))

/** A framed answer to Open of qdl.md §3.4, window 1, chunk 1 MiB. */
export const openAnswer = (status: number): string =>
  hexOf(encodeFrame(Uint8Array.of(0x26, status, 0, 1, 0, 0, 0x10, 0)))

export const openFrame = (image: Uint8Array, change: Partial<{ type: number; length: number; chunk: number }> = {}) =>
  encodeFrame(
    encodeRequest({
      _tag: "OpenUnframed",
      imageType: change.type ?? 0x80,
      length: change.length ?? image.length,
      window: 1,
      chunkSize: change.chunk ?? image.length - 400,
      flags: 0,
      header: image.slice(0, 400)
    })
  )

export const chunkBytes = (sequence: number, data: Uint8Array): Uint8Array => {
  const head = writeHeader(sequence, data.length)
  const out = new Uint8Array(head.length + data.length)
  out.set(head)
  out.set(data, head.length)
  return out
}

export const helloFrame = (version: number): Uint8Array => encodeFrame(encodeRequest(hello(version)))

/** From the first byte to where writes can begin. */
export const enterSdp = Effect.fnUntraced(function* (line: Line) {
  yield* line.ask(qdl.dload)
  yield* line.ask(qdl.hello6)
})

/** Sends one image: Hello, Open, chunks, Close; gives back every answer in hex. */
export const sendImage = Effect.fnUntraced(function* (line: Line, image: Uint8Array, chunkLength?: number) {
  const chunk: number = chunkLength ?? 1_048_576
  const answers: Array<string> = []
  yield* line.ask(qdl.hello6)
  yield* line.write(openFrame(image))
  yield* wait("1 second")
  answers.push(line.hex())
  for (let at = 400, sequence = 0; at < image.length; at += chunk, sequence++) {
    yield* line.write(chunkBytes(sequence, image.subarray(at, at + chunk)))
    yield* wait("2 minutes")
    answers.push(line.hex())
  }
  answers.push(yield* line.ask(qdl.close))
  return answers
})

/** The same for DMS Set Firmware Preference of qmi.md §6.4, without its optional TLVs. */
export const setPreference = (firmware: string, carrier: string, config: string, client = 1): string => {
  const text = (value: string, size = value.length) => [
    ...Array.from(value, (character) => character.charCodeAt(0)),
    ...Array.from({ length: size - value.length }, () => 0)
  ]
  const system = [0, ...text("?_?", 16), firmware.length + 2, ...text(`${firmware}_?`)]
  const pri = [1, ...text(config, 16), firmware.length + 1 + carrier.length, ...text(`${firmware}_${carrier}`)]
  const value = [2, ...system, ...pri]
  const tlvs = [0x01, value.length, 0, ...value]
  const length = 12 + tlvs.length
  return hexOf([1, length, 0, 0, 2, client, 0, 9, 0, 0x48, 0, tlvs.length, 0, ...tlvs])
}

/** The answer to it: success and a download list. */
export const preferenceAnswer = (download: ReadonlyArray<number>, client = 1): string =>
  hexOf([
    ...[1, 0x17 + download.length, 0, 0x80, 2, client, 2, 9, 0, 0x48, 0, 0x0b + download.length, 0],
    ...[2, 4, 0, 0, 0, 0, 0, 1, 1 + download.length, 0, download.length, ...download]
  ])

/** Into boot-and-hold for images of this preference. */
export const holdFor = Effect.fnUntraced(function* (
  modem: SimModem,
  wanted?: string,
  named?: string,
  version?: string
) {
  const firmware: string = wanted ?? "02.33.03.00"
  const carrier: string = named ?? "GENERIC"
  const config: string = version ?? "002.072_001"
  const control = yield* openLine(modem, "control")
  yield* control.ask(qmi.allocateDms)
  yield* control.ask(setPreference(firmware, carrier, config))
  yield* control.ask(qmi.offline)
  yield* control.ask(qmi.reset)
  yield* wait("30 seconds")
  return yield* openLine(modem, "download")
})

/** QMI requests of a client that has DMS client 1. */
export const qmi = {
  allocateDms: "01 0f 00 00 00 00 00 02 22 00 04 00 01 01 00 02",
  offline: "01 10 00 00 02 01 00 01 00 2e 00 04 00 01 01 00 03",
  reset: "01 10 00 00 02 01 00 02 00 2e 00 04 00 01 01 00 04",
  getMode: "01 0c 00 00 02 01 00 03 00 2d 00 00 00",
  getPreference: "01 0c 00 00 02 01 00 04 00 47 00 00 00",
  listImages: "01 0c 00 00 02 01 00 05 00 49 00 00 00"
} as const

export const systemImage = (
  firmware: string,
  options: { readonly token?: string; readonly size?: number; readonly seed?: number } = {}
): Uint8Array =>
  buildSystemImage({
    familyToken: options.token ?? "SWI9X30C",
    firmware,
    size: options.size ?? 5000,
    seed: options.seed ?? 1
  })

export const carrierImage = (firmware: string, carrier: string, config: string, token = "SWI9X30C"): Uint8Array =>
  buildCarrierImage({ familyToken: token, firmware, carrier, config })
