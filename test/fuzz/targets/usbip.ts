/** USB/IP, as any host on the network may send it. */
import * as Result from "effect/Result"
import {
  decodeAnswer,
  decodeImportReply,
  encodeImportReply,
  encodeImportRequest,
  encodeListRequest,
  encodeSubmit,
  encodeSubmitted,
  encodeUnlink
} from "../../../src/protocol/usbip/message.ts"
import { UsbIpReader } from "../../../src/protocol/usbip/UsbIpReader.ts"
import { equal, hold, pieces, readable } from "../invariants.ts"
import type { Target } from "../Target.ts"

const out = encodeSubmit({
  sequence: 1,
  device: 0x10002,
  direction: "out",
  endpoint: 2,
  flags: 0,
  length: 5,
  setup: new Uint8Array(8),
  data: Uint8Array.of(1, 2, 3, 4, 5)
})
const into = encodeSubmit({
  sequence: 2,
  device: 0x10002,
  direction: "in",
  endpoint: 0,
  flags: 0x200,
  length: 64,
  setup: Uint8Array.of(0x80, 6, 0, 1, 0, 0, 64, 0),
  data: new Uint8Array(0)
})
const unlink = encodeUnlink({ sequence: 3, device: 0x10002, victim: 2 })

/** All requests, the transfers behind the first import. */
const read = (parts: ReadonlyArray<Uint8Array>, transfers: boolean) => {
  const reader = new UsbIpReader()
  if (transfers) reader.enterTransfers()
  const found: Array<unknown> = []
  for (const part of parts) {
    reader.push(part)
    for (;;) {
      const next = reader.next()
      readable(next)
      if (Result.isFailure(next)) return { found: [...found, next], held: 0 }
      if (next.success === undefined) break
      found.push(next.success)
      if (next.success._tag === "Import") reader.enterTransfers()
    }
  }
  return { found, held: reader.held }
}

export const usbIpTargets: ReadonlyArray<Target> = [
  {
    // The first byte: from the beginning of a connection, or behind an import.
    name: "usbip",
    seeds: () => [
      Uint8Array.of(0, ...encodeListRequest()),
      Uint8Array.of(0, ...encodeImportRequest("1-2"), ...out, ...into, ...unlink),
      Uint8Array.of(1, ...out, ...unlink, ...into)
    ],
    tokens: [out, into, unlink],
    run: (input) => {
      const transfers = ((input[0] ?? 0) & 1) === 1
      const stream = input.subarray(1)
      const whole = read([stream], transfers)
      equal("split, the requests are the same", read(pieces(stream), transfers), whole)
      hold("what waits came", whole.held <= stream.length)
    }
  },
  {
    name: "usbip-answer",
    longest: 1024,
    seeds: () => [
      encodeImportReply(undefined),
      Uint8Array.of(1, 0x11, 0, 3, 0, 0, 0, 0, ...new Uint8Array(312)),
      encodeSubmitted(1, -32, 0),
      encodeSubmitted(2, 0, 4, Uint8Array.of(1, 2, 3, 4))
    ],
    run: (input) => {
      decodeImportReply(input)
      const answer = decodeAnswer(input)
      hold("short ones are none", (answer === undefined) === input.length < 48)
    }
  }
]
