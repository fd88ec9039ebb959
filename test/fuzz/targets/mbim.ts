/** MBIM messages and their fragments (qmi.md §5). */
import * as Result from "effect/Result"
import { fragment, maxMessage } from "../../../src/protocol/mbim/fragments.ts"
import { decodeMessage, encodeMessage, isFragmentable, readHeader } from "../../../src/protocol/mbim/message.ts"
import { beginsTransfer, MbimReader } from "../../../src/protocol/mbim/MbimReader.ts"
import { proxyConfiguration } from "../../../src/protocol/mbim/proxy-configuration.ts"
import { decodeSubscribeList, encodeSubscribeList } from "../../../src/protocol/mbim/subscribe-list.ts"
import { captures, qmi } from "../../protocol/mbim/captures.ts"
import { equal, hold, pieces, readable } from "../invariants.ts"
import type { Random } from "../Random.ts"
import type { Target } from "../Target.ts"

const messages = (): ReadonlyArray<Uint8Array> => [
  ...captures.map(({ bytes }) => bytes),
  encodeMessage(proxyConfiguration(1, "/dev/cdc-wdm0", 10)),
  encodeMessage({ _tag: "FunctionError", transaction: 7, error: 5 }),
  encodeMessage({ _tag: "IndicateStatus", transaction: 0, service: qmi, cid: 1, buffer: Uint8Array.of(1, 2, 3) })
]

const long = encodeMessage({
  _tag: "CommandDone",
  transaction: 9,
  service: qmi,
  cid: 1,
  status: 0,
  buffer: new Uint8Array(300).fill(0x2e)
})
const fragments = fragment(long, 64)

const bufferAt = new Map([
  [0x00000003, 44],
  [0x80000003, 44],
  [0x80000007, 40]
])

const repairMessage = (input: Uint8Array, random: Random): Uint8Array => {
  if (input.length < 12) return input
  const out = input.slice()
  const view = new DataView(out.buffer)
  view.setUint32(4, out.length, true)
  const start = bufferAt.get(view.getUint32(0, true))
  if (start === undefined || out.length < start + 4) return out
  if (!random.once(8)) {
    view.setUint32(12, 1, true)
    view.setUint32(16, 0, true)
  }
  view.setUint32(start, out.length - start - 4, true)
  return out
}

export const mbimTargets: ReadonlyArray<Target> = [
  {
    name: "mbim-message",
    longest: 2048,
    seeds: messages,
    repair: repairMessage,
    run: (input) => {
      const decoded = decodeMessage(input)
      readable(decoded)
      if (Result.isFailure(decoded)) return
      equal("a message survives", encodeMessage(decoded.success), input)
      if (!isFragmentable(readHeader(input).type)) return
      const reader = new MbimReader()
      equal(
        "in fragments too",
        fragment(input, 64).flatMap((piece) => reader.push(piece)),
        [decoded]
      )
    }
  },
  {
    name: "mbim-reader",
    seeds: () => [
      ...messages().slice(0, 6),
      Uint8Array.from(fragments.flatMap((piece) => [...piece])),
      Uint8Array.from(fragments.toReversed().flatMap((piece) => [...piece])),
      Uint8Array.of(0xff, ...long)
    ],
    tokens: [...fragments, ...messages().slice(0, 4)],
    run: (input) => {
      for (const options of [{}, { maxTransfer: 64 }]) {
        const whole = new MbimReader(options)
        const read = whole.push(input)
        const split = new MbimReader(options)
        equal(
          "split, the messages are the same",
          pieces(input).flatMap((piece) => split.push(piece)),
          read
        )
        hold("as much waits", whole.pending === split.pending && whole.pendingFragments === split.pendingFragments)
        hold("what waits is bounded", whole.pending <= maxMessage && whole.pendingFragments <= maxMessage)
        for (const one of read) readable(one)
      }
      beginsTransfer(input)
    }
  },
  {
    name: "mbim-subscribe",
    longest: 1024,
    seeds: () => [
      encodeSubscribeList([]),
      encodeSubscribeList([{ service: qmi, cids: [1] }]),
      encodeSubscribeList([
        { service: qmi, cids: [] },
        { service: qmi, cids: [1, 2, 3] }
      ])
    ],
    run: (input) => {
      const decoded = decodeSubscribeList(input)
      readable(decoded)
      if (Result.isFailure(decoded)) return
      const again = encodeSubscribeList(decoded.success)
      hold("it is not longer than it was", again.length <= input.length)
      equal("a list survives", decodeSubscribeList(again), decoded)
    }
  }
]
