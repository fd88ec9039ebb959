/** `boothold decode [PROTOCOL] HEX|FILE`: bytes as people post them, field by field. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { ImageFiles } from "../../file/ImageSource.ts"
import { DecodeError, decode, protocolDissectors, readDecodeInput } from "../../protocol/decode/decode.ts"
import { hexLimit } from "../../protocol/hex.ts"
import { refuse } from "../CommandError.ts"
import { cweDissector } from "../decode-cwe.ts"
import { exitCodes } from "../exit-codes.ts"
import { decodedLines } from "../render/decode.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"
import { StandardInput } from "../StandardInput.ts"

export interface DecodeInput {
  readonly json: boolean
  /** Everything behind `decode`: a protocol perhaps, then a file, `-`, or bytes in one word or many. */
  readonly words: ReadonlyArray<string>
}

const dissectors = [...protocolDissectors, cweDissector]
const protocols = dissectors.map(({ protocol }) => protocol)

/** The name of a protocol, known or not: a first word that is no byte, in front of others. */
const isProtocol = (word: string, others: number): boolean =>
  others > 0 &&
  (protocols.includes(word.toLowerCase()) || (/^[a-z][a-z0-9]*$/i.test(word) && !/^(at.*|([0-9a-f]{2})+)$/i.test(word)))

/** What a file begins with; images are larger than anything that is worth showing byte by byte. */
const readFile = (path: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const files = yield* ImageFiles
      const source = yield* files.open(path)
      return yield* source.read(0, Math.min(source.size, hexLimit))
    })
  )

const bytesOf = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  const [word] = words
  if (word === undefined) return new Uint8Array()
  if (words.length > 1) return new TextEncoder().encode(words.join(" "))
  if (word === "-") return yield* (yield* StandardInput).read(hexLimit)
  const file = yield* Effect.result(readFile(word))
  if (Result.isSuccess(file)) return file.success
  if (file.failure.reason._tag !== "NotFound") return yield* file.failure
  const typed = new TextEncoder().encode(word)
  // A word that is neither: the file was meant, and it is not there.
  if (Result.isFailure(readDecodeInput(typed)) || /[/\\]|\.[a-z]\w*$/i.test(word)) {
    return yield* refuse({ _tag: "NoSuchInput", given: word })
  }
  return typed
})

export const decodeBytes = Effect.fn("cli.decode")(function* (input: DecodeInput) {
  const [first = ""] = input.words
  const named = isProtocol(first, input.words.length - 1)
  const read = yield* Effect.fromResult(readDecodeInput(yield* bytesOf(named ? input.words.slice(1) : input.words)))
  const decoded = yield* Effect.fromResult(decode(read.bytes, { dissectors, ...(named ? { protocol: first } : {}) }))
  if (decoded.frames.length === 0) return yield* new DecodeError({ reason: { _tag: "NothingToDecode" } })
  const { colors } = yield* Screen
  yield* Console.log(
    input.json ? JSON.stringify(decoded, undefined, 2) : decodedLines(decoded, styleFor(colors)).join("\n")
  )
  return exitCodes.ok.exit
})
