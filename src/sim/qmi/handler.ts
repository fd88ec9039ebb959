/** How a QMI message is answered: typed request and state in, typed response and next state out. */
import type * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { QmiErrorCode } from "../../protocol/qmi/error-code.ts"
import type { AnyQmiMessage, QmiMessage } from "../../protocol/qmi/Message.ts"
import type { QmiCodecError } from "../../protocol/qmi/QmiCodecError.ts"
import type { Tlv } from "../../protocol/qmi/Qmux.ts"
import type { Core } from "../Core.ts"
import type { ModemState } from "../ModemState.ts"

/** A refusal by number (qmi.md §9), or the response. */
export type Outcome<Response> =
  | { readonly error: number }
  | {
      readonly response: Response
      readonly state?: ModemState
      /** Happens when the answer is out. */
      readonly after?: Effect.Effect<void>
    }

export interface Answer {
  readonly tlvs: ReadonlyArray<Tlv>
  readonly error: number
  readonly state?: ModemState
  readonly after?: Effect.Effect<void>
}

export interface Handler {
  readonly message: AnyQmiMessage
  readonly run: (tlvs: ReadonlyArray<Tlv>, state: ModemState, core: Core) => Answer
  readonly refuse: (error: number) => Answer
}

/** TLVs that cannot be read: a missing one is MissingArgument, everything else a malformed message. */
const codecErrorCode = (error: QmiCodecError): number =>
  error.reason._tag === "MissingTlv" ? QmiErrorCode.MissingArgument : QmiErrorCode.MalformedMessage

export const on = <Request, Response>(
  message: QmiMessage<Request, Response>,
  handle: (request: Request, state: ModemState, core: Core) => Outcome<Response>
): Handler => {
  const refuse = (error: number): Answer => ({ tlvs: message.encodeFailure(error), error })
  return {
    message,
    refuse,
    run: (tlvs, state, core) => {
      const request = message.decodeRequest(tlvs)
      if (Result.isFailure(request)) return refuse(codecErrorCode(request.failure))
      const outcome = handle(request.success, state, core)
      if ("error" in outcome) return refuse(outcome.error)
      const { response, ...rest } = outcome
      return { tlvs: message.encodeResponse(response), error: 0, ...rest }
    }
  }
}
