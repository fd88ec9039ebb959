/** Which protocol do these bytes speak, and what do they say? Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { parseHex, type HexError } from "../hex.ts"
import type { Catalogue } from "../problem.ts"
import { atDissector } from "./at.ts"
import { isText, type DecodedFrame, type Dissector } from "./Dissector.ts"
import { mbimDissector } from "./mbim.ts"
import { qdlDissector } from "./qdl.ts"
import { qmuxDissector } from "./qmux.ts"

/** The dissectors of this folder; callers add those of other folders, e.g. for CWE headers. */
export const protocolDissectors: ReadonlyArray<Dissector> = [qmuxDissector, mbimDissector, qdlDissector, atDissector]

export interface Decoded {
  readonly protocol: string
  /** The caller did not name the protocol. */
  readonly guessed: boolean
  readonly frames: ReadonlyArray<DecodedFrame>
}

export const UnknownProtocol = Schema.TaggedStruct("UnknownProtocol", {
  wanted: Schema.String,
  known: Schema.Array(Schema.String)
})
export const NotRecognised = Schema.TaggedStruct("NotRecognised", { known: Schema.Array(Schema.String) })
export const NothingToDecode = Schema.TaggedStruct("NothingToDecode", {})

const Reason = Schema.Union([UnknownProtocol, NotRecognised, NothingToDecode])

export const decodeCatalogue: Catalogue<(typeof Reason.Type)["_tag"]> = {
  UnknownProtocol: {
    code: "DECODE_UNKNOWN_PROTOCOL",
    help: "Take one of the named protocols, or let it be found out."
  },
  NotRecognised: { code: "DECODE_NOT_RECOGNISED", help: "Say which protocol it is, e.g. `boothold decode qmux …`." },
  NothingToDecode: { code: "DECODE_EMPTY", help: "Give the bytes in hex or as a file." }
}

export class DecodeError extends Schema.TaggedError<DecodeError>()("DecodeError", { reason: Reason }) {
  get code(): string {
    return decodeCatalogue[this.reason._tag].code
  }
  get help(): string {
    return decodeCatalogue[this.reason._tag].help
  }
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "UnknownProtocol":
        return `unknown protocol ${JSON.stringify(reason.wanted)} (known: ${reason.known.join(", ")})`
      case "NotRecognised":
        return `the bytes look like none of ${reason.known.join(", ")}`
      case "NothingToDecode":
        return "no bytes to decode"
    }
  }
}

const fail = (reason: DecodeError["reason"]) => Result.fail(new DecodeError({ reason }))

/** Decodes as the named protocol (without case), or as the one that the bytes look most like. */
export const decode = (
  bytes: Uint8Array,
  options: { readonly protocol?: string; readonly dissectors?: ReadonlyArray<Dissector> } = {}
): Result.Result<Decoded, DecodeError> => {
  const dissectors = options.dissectors ?? protocolDissectors
  const known = dissectors.map(({ protocol }) => protocol)
  if (options.protocol !== undefined) {
    const wanted = options.protocol
    const named = dissectors.find(({ protocol }) => protocol === wanted.toLowerCase())
    if (named === undefined) return fail(UnknownProtocol.make({ wanted, known }))
    if (bytes.length === 0) return fail(NothingToDecode.make({}))
    return Result.succeed({ protocol: named.protocol, guessed: false, frames: named.dissect(bytes) })
  }
  if (bytes.length === 0) return fail(NothingToDecode.make({}))
  let best: Dissector | undefined
  let score = 0
  for (const dissector of dissectors) {
    const found = dissector.guess(bytes)
    if (found > score) {
      best = dissector
      score = found
    }
  }
  return best === undefined
    ? fail(NotRecognised.make({ known }))
    : Result.succeed({ protocol: best.protocol, guessed: true, frames: best.dissect(bytes) })
}

/** How given bytes were understood before decoding. */
export interface DecodeInput {
  readonly form: "hex" | "text" | "binary"
  readonly bytes: Uint8Array
}

/** Most groups of a text that means to be hex are hex. */
const looksLikeHex = (text: string): boolean => {
  const groups = text
    .slice(0, 10_000)
    .split(/[\s:,]+/)
    .filter((group) => group !== "")
  const hex = groups.filter((group) => /^(0x)?([0-9a-f]{2})+$/i.test(group))
  return 2 * hex.length > groups.length
}

/**
 * What an argument or a file holds: binary bytes as they are, hex as the bytes it stands for, any other text as itself
 * (then it is AT). Text that means to be hex but is not is an error.
 */
export const readDecodeInput = (input: Uint8Array): Result.Result<DecodeInput, HexError> => {
  if (!isText(input)) return Result.succeed({ form: "binary", bytes: input })
  const text = new TextDecoder().decode(input)
  const hex = parseHex(text)
  if (Result.isSuccess(hex)) return Result.succeed({ form: "hex", bytes: hex.success })
  return text.trim() === "" || looksLikeHex(text)
    ? Result.fail(hex.failure)
    : Result.succeed({ form: "text", bytes: input })
}
