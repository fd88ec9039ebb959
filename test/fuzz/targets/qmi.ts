/** QMUX frames and the messages in them (qmi.md). */
import * as Result from "effect/Result"
import type { ImageId } from "../../../src/protocol/qmi/dms-firmware.ts"
import { modemImageId, parseImageId, priImageId, printUniqueId } from "../../../src/protocol/qmi/firmware-id.ts"
import { allMessages } from "../../../src/protocol/qmi/names.ts"
import type { AnyQmiMessage } from "../../../src/protocol/qmi/Message.ts"
import { decodeFrame, encodeFrame, MAX_FRAME, QmuxReader } from "../../../src/protocol/qmi/Qmux.ts"
import type { Tlv } from "../../../src/protocol/qmi/Qmux.ts"
import { decodeText, encodeText } from "../../../src/protocol/qmi/text.ts"
import { dumps } from "../../protocol/qmi/dumps.ts"
import { samples } from "../../protocol/qmi/samples.ts"
import { equal, hold, pieces, readable } from "../invariants.ts"
import type { Random } from "../Random.ts"
import type { Target } from "../Target.ts"

const frames = (): ReadonlyArray<Uint8Array> => dumps.map(({ bytes }) => bytes)

/** Lengths that agree with the bytes: of the frame, and mostly of its TLVs. */
const repairFrame = (input: Uint8Array, random: Random): Uint8Array => {
  const ctl = input[4] === 0
  const header = ctl ? 12 : 13
  if (input.length < header) return input
  const out = input.slice()
  const view = new DataView(out.buffer)
  out[0] = 1
  if (!random.once(8)) out[6] = ctl ? random.below(3) : random.below(3) * 2
  view.setUint16(1, out.length - 1, true)
  view.setUint16(header - 2, out.length - header, true)
  for (let at = header; at + 3 <= out.length;) {
    const left = out.length - at - 3
    const size = view.getUint16(at + 1, true)
    if (size > left) {
      view.setUint16(at + 1, left, true)
      break
    }
    at += 3 + size
    // Two bytes at the end are no TLV: the last one takes them.
    if (out.length - at < 3) {
      view.setUint16(at - size - 2, size + out.length - at, true)
      break
    }
  }
  return out
}

const tlvsOf = (input: Uint8Array): ReadonlyArray<Tlv> => {
  const tlvs: Array<Tlv> = []
  for (let at = 0; at + 3 <= input.length;) {
    const size = Math.min(input[at + 1]! | (input[at + 2]! << 8), input.length - at - 3)
    tlvs.push({ type: input[at]!, value: input.subarray(at + 3, at + 3 + size) })
    at += 3 + size
  }
  return tlvs
}

const bytesOf = (tlvs: ReadonlyArray<Tlv>): ReadonlyArray<number> =>
  tlvs.flatMap(({ type, value }) => [type, value.length & 0xff, value.length >> 8, ...value])

const isLost = (one: ReturnType<QmuxReader["push"]>[number]): boolean =>
  Result.isFailure(one) && one.failure.context === "QMUX stream"

/** Whether every text in a value is one that UTF-8 says: GSM-7 has more, which our side never writes. */
const isWritable = (value: unknown): boolean => {
  if (typeof value === "string") return decodeText(encodeText(value)) === value
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return true
  return Object.values(value).every(isWritable)
}

type Encoding = {
  readonly encodeRequest: (value: unknown) => ReadonlyArray<Tlv>
  readonly encodeResponse: (value: unknown) => ReadonlyArray<Tlv>
}

/** What was read, written, is read as the same. Values may not fit: text in GSM-7 is longer in UTF-8. */
const survives = (message: AnyQmiMessage, side: "Request" | "Response", value: unknown): void => {
  if (!isWritable(value)) return
  let written: ReadonlyArray<Tlv>
  try {
    written = (message as unknown as Encoding)[`encode${side}`](value)
  } catch (error) {
    if (error instanceof RangeError) return
    throw error
  }
  const again = message[`decode${side}`](written)
  hold(`${message.name} ${side} can be read again`, Result.isSuccess(again))
  if (Result.isSuccess(again)) equal(`${message.name} ${side} survives`, again.success, value)
}

export const qmiTargets: ReadonlyArray<Target> = [
  {
    name: "qmux-frame",
    longest: 2048,
    seeds: frames,
    repair: repairFrame,
    run: (input) => {
      const decoded = decodeFrame(input)
      readable(decoded)
      if (Result.isFailure(decoded)) return
      const frame = decoded.success
      // A request without a number is read; nobody writes one.
      if (frame.kind === "request" && frame.transaction === 0) return
      equal("a frame survives", encodeFrame(frame), input)
    }
  },
  {
    name: "qmux-reader",
    seeds: () => {
      const all = frames()
      return [
        ...all.slice(0, 8),
        Uint8Array.from(all.slice(0, 20).flatMap((frame) => [...frame])),
        Uint8Array.of(1, 0xff, 0xff)
      ]
    },
    tokens: frames().slice(0, 12),
    run: (input) => {
      for (const onGarbage of ["fail", "resync"] as const) {
        const whole = new QmuxReader({ onGarbage })
        const read = whole.push(input)
        const split = new QmuxReader({ onGarbage })
        const inPieces = pieces(input).flatMap((piece) => split.push(piece))
        hold("what waits is bounded", whole.pending <= MAX_FRAME)
        for (const one of read) readable(one)
        const last = read.at(-1)
        if (onGarbage === "fail" && last !== undefined && isLost(last)) {
          equal("split, the frames are the same", inPieces.slice(0, read.length), read)
          // A stream that is lost says so at every push.
          for (const one of inPieces.slice(read.length)) equal("lost is lost", one, last)
        } else {
          equal("split, the frames are the same", inPieces, read)
          hold("as much waits", whole.pending === split.pending)
        }
      }
    }
  },
  {
    // The first byte is the message, the rest its TLVs.
    name: "qmi-message",
    longest: 2048,
    seeds: () =>
      samples.flatMap(({ failureTlvs, message, requestTlvs, responseTlvs }) =>
        [requestTlvs, responseTlvs, failureTlvs].map((tlvs) =>
          Uint8Array.of(allMessages.indexOf(message), ...bytesOf(tlvs))
        )
      ),
    repair: (input, random) => {
      const tlvs = tlvsOf(input.subarray(1))
      // Every response has a result; the rest is not looked at without one.
      const result = random.once(4) ? [] : [{ type: 2, value: new Uint8Array(4) }]
      return Uint8Array.of(input[0] ?? 0, ...bytesOf([...result, ...tlvs.filter(({ type }) => type !== 2)]))
    },
    run: (input) => {
      const message = allMessages[(input[0] ?? 0) % allMessages.length]!
      const tlvs = tlvsOf(input.subarray(1))
      const request = message.decodeRequest(tlvs)
      readable(request)
      if (Result.isSuccess(request)) survives(message, "Request", request.success)
      const response = message.decodeResponse(tlvs)
      if (Result.isSuccess(response)) survives(message, "Response", response.success)
      else if (response.failure._tag === "QmiCodecError") readable(response as never)
      else hold("a refusal has a name", response.failure.name.length > 0)
    }
  },
  {
    name: "qmi-text",
    longest: 512,
    seeds: () =>
      ["SWI9X30C_02.33.03.00", "größe", "\u0011\u001b(", "A\0B\0", "\ud83d\ude00"].map((text) =>
        new TextEncoder().encode(text)
      ),
    run: (input) => {
      const text = decodeText(input)
      if (text === undefined) return
      hold("text is not longer than its bytes", text.length <= input.length)
    }
  },
  {
    // Type, 16 bytes of unique id, build id.
    name: "firmware-id",
    longest: 512,
    seeds: () =>
      dumps.flatMap(({ decoded }) => {
        const images =
          (decoded as { readonly success?: { readonly images?: ReadonlyArray<ImageId> } }).success?.images ?? []
        return images.map(({ buildId, type, uniqueId }) =>
          Uint8Array.of(type === "pri" ? 1 : 0, ...uniqueId, ...new TextEncoder().encode(buildId))
        )
      }),
    tokens: ["02.33.03.00_", "_?", "GENERIC", "?_?", "002.072_000", "\0"],
    run: (input) => {
      const uniqueId = new Uint8Array(16)
      uniqueId.set(input.subarray(1, 17))
      const buildId = Buffer.from(input.subarray(17)).toString("utf8")
      hold("a unique id can be shown", printUniqueId(uniqueId).length > 0)
      const id = parseImageId({ type: input[0] === 1 ? "pri" : "modem", uniqueId, buildId })
      readable(id)
      if (Result.isFailure(id)) return
      const again =
        id.success.type === "modem"
          ? modemImageId(id.success.firmware)
          : priImageId(id.success.firmware, id.success.carrier, id.success.config)
      // What a modem stores may be longer than what is told to one.
      if (Result.isSuccess(again)) equal("an id survives", parseImageId(again.success), id)
    }
  }
]
