/** `boothold decode`: whatever people give it. */
import * as Result from "effect/Result"
import { cweDissector } from "../../../src/cli/decode-cwe.ts"
import { decodedLines } from "../../../src/cli/render/decode.ts"
import { styleFor } from "../../../src/cli/render/text.ts"
import { buildPart } from "../../../src/image/builder.ts"
import { decode, protocolDissectors, readDecodeInput } from "../../../src/protocol/decode/decode.ts"
import { encodeFrame } from "../../../src/protocol/hdlc.ts"
import { formatHex, hexLimit, parseHex } from "../../../src/protocol/hex.ts"
import { encodeRequest, hello, writeHeader } from "../../../src/protocol/qdl/request.ts"
import { captures } from "../../protocol/mbim/captures.ts"
import { dumps } from "../../protocol/qmi/dumps.ts"
import { bytesOf, equal, hold, readable, textOf } from "../invariants.ts"
import { hashOf } from "../Random.ts"
import type { Target } from "../Target.ts"

const dissectors = [...protocolDissectors, cweDissector]
const style = styleFor(false)

const binary = (): ReadonlyArray<Uint8Array> => [
  ...dumps.map(({ bytes }) => bytes),
  ...captures.map(({ bytes }) => bytes),
  encodeFrame(encodeRequest(hello(6))),
  encodeRequest(hello(6)),
  Uint8Array.of(...writeHeader(0, 4), 1, 2, 3, 4, 0x7e, 0x29, 0xbb, 0x4c, 0x7e),
  buildPart({ type: "BOOT", product: "9X30", payload: Uint8Array.of(1) }).slice(0, 400),
  bytesOf("\r\nManufacturer: Sierra Wireless\r\nOK\r\n"),
  bytesOf("AT!IMPREF?\r")
]

const texts = [
  "01:0B:00:00",
  "010b 0000",
  "0x01, 0x0B, 0x00",
  "RX: 01 0B 00",
  "data = 01:0B:00:00:00:00",
  "00000000  01 0b 00 00 00 00 00 01  27 00 00 00              |........'...|\n0000000c",
  "00000000: 7e70 0000 1446 7e                        ~p...F~",
  "0000000 010b 0000",
  "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n00000040",
  "\\x7e\\x70 # comment",
  "[12:00:01] → 7e 70 00"
]

export const decodeTargets: ReadonlyArray<Target> = [
  {
    name: "decode",
    seeds: binary,
    tokens: binary().slice(0, 10),
    // A field per few bytes, each with its text.
    memory: 64 * 1024 * 1024,
    run: (input) => {
      const named = dissectors[hashOf(input) % dissectors.length]!.protocol
      for (const protocol of [undefined, named]) {
        const decoded = decode(input, { dissectors, ...(protocol === undefined ? {} : { protocol }) })
        readable(decoded)
        if (Result.isFailure(decoded)) continue
        let at = 0
        for (const frame of decoded.success.frames) {
          hold(`${decoded.success.protocol}: frames come in order`, frame.offset >= at && frame.size > 0)
          at = frame.offset
          hold(`${decoded.success.protocol}: frames lie inside`, at + frame.size <= input.length)
          for (const { offset, size } of frame.fields) {
            hold(
              `${decoded.success.protocol}: fields lie inside`,
              offset >= 0 && size >= 0 && offset + size <= input.length
            )
          }
        }
        for (const line of decodedLines(decoded.success, style))
          hold("a line draws nothing", !/[\0-\x1f\x7f-\x9f]/.test(line))
        JSON.stringify(decoded.success)
      }
    }
  },
  {
    name: "hex",
    seeds: () => texts.map(bytesOf),
    tokens: [
      "00000010",
      "0x",
      "\\x",
      ":",
      "data = ",
      "*\n",
      "\n",
      "  ",
      "|",
      "# ",
      "→",
      "00000000  01 0b",
      "deadbeef: ",
      "\nffff888012345678: ",
      "\nffffffffffffffff: "
    ],
    // `*` of a dump stands for any number of bytes, up to the limit.
    memory: 40 * hexLimit,
    millis: 2000,
    run: (input) => {
      const text = textOf(input)
      const parsed = parseHex(text)
      readable(parsed)
      readable(readDecodeInput(input))
      if (Result.isFailure(parsed)) return
      const { length } = parsed.success
      hold("bytes are bounded", length > 0 && length <= hexLimit)
      hold("only a dump stands for more than there is", length <= input.length || text.includes("*"))
      if (length <= 4096) equal("bytes survive", parseHex(formatHex(parsed.success)), parsed)
    }
  }
]
