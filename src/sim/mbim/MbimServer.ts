/**
 * The MBIM function of a simulated modem (qmi.md §5): OPEN and CLOSE, fragments, basic connect, and QMI inside, answered
 * by the same server as on a QMI port. One message of at most the control transfer size per send, as a device gives it
 * to one GET_ENCAPSULATED_RESPONSE.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import {
  commandName,
  ErrorCode,
  errorName,
  QMI_MESSAGE,
  ServiceId,
  Status,
  statusName
} from "../../protocol/mbim/codes.ts"
import { clampControlTransfer, fragment } from "../../protocol/mbim/fragments.ts"
import type { MbimCodecError } from "../../protocol/mbim/MbimCodecError.ts"
import { MbimReader } from "../../protocol/mbim/MbimReader.ts"
import { encodeMessage, NO_TRANSACTION } from "../../protocol/mbim/message.ts"
import type { MbimMessage } from "../../protocol/mbim/message.ts"
import { decodeFrame } from "../../protocol/qmi/Qmux.ts"
import type { QmuxFrame } from "../../protocol/qmi/Qmux.ts"
import { isHang } from "../Core.ts"
import type { Core } from "../Core.ts"
import { find } from "../faults.ts"
import type { Port } from "../Port.ts"
import { serveQmi, startControl } from "../qmi/ControlServer.ts"
import { answerBasicConnect, qmiService, refusal } from "./basic-connect.ts"
import type { Outcome } from "./basic-connect.ts"

type Command = Extract<MbimMessage, { readonly _tag: "Command" }>

/** QMI requests whose answers have not come: a silent QMI service must not fill the memory. */
const pendingLimit = 256

/** By what a QMUX answer is known as that of a request. */
const identity = ({ client, service, transaction }: QmuxFrame): string =>
  [service, client, transaction].map(String).join("/")

const errorOf = ({ reason }: MbimCodecError): number | undefined => {
  switch (reason._tag) {
    case "FragmentOutOfSequence":
      return ErrorCode.FragmentOutOfSequence
    case "LengthMismatch":
    case "Truncated":
      return ErrorCode.LengthMismatch
    case "TooLong":
      return ErrorCode.MaxTransfer
    case "UnknownType":
    case "UnknownCommandType":
      return ErrorCode.Unknown
    case "FramingLost":
      return undefined
  }
}

const describe = (message: MbimMessage): string => {
  switch (message._tag) {
    case "Open":
      return `control transfers of ${String(message.maxControlTransfer)} bytes`
    case "Command":
    case "IndicateStatus":
      return commandName(message.service, message.cid)
    case "CommandDone":
      return `${commandName(message.service, message.cid)}: ${statusName(message.status)}`
    case "OpenDone":
    case "CloseDone":
      return statusName(message.status)
    case "FunctionError":
    case "HostError":
      return errorName(message.error)
    case "Close":
      return ""
  }
}

/** Runs until the device leaves the bus. */
export const serveMbim = Effect.fnUntraced(function* (core: Core, port: Port) {
  const { faults, now } = core
  const own = clampControlTransfer(port.maxControlMessage)
  const sending = yield* Semaphore.make(1)
  const toQmi = yield* Queue.bounded<Uint8Array>(pendingLimit)
  /** Transactions of QMI requests in the order in which they came. */
  let pending: Array<{ readonly identity: string; readonly transaction: number }> = []
  /** Bytes of a control transfer while the function is open. */
  let open: { readonly max: number } | undefined
  let subscribed: ReadonlySet<string> = new Set()
  /** CLOSE must come before OPEN is taken. */
  let stale = find(faults({ _tag: "MbimStarting" }), "NotOpened") !== undefined
  const hasQmi = find(faults({ _tag: "MbimService" }), "Missing") === undefined

  const transmit = Effect.fnUntraced(function* (message: MbimMessage) {
    const max = Math.min(own, open?.max ?? own)
    yield* core.note({ _tag: "MbimAnswer", at: yield* now, answer: message._tag, detail: describe(message) })
    yield* Effect.forEach(fragment(encodeMessage(message), max), port.send, { discard: true }).pipe(
      Semaphore.withPermit(sending)
    )
  })

  const functionError = (transaction: number, error: number) => transmit({ _tag: "FunctionError", transaction, error })

  /** What the QMI service says: an answer in the transaction of its request, everything else as an indication. */
  const fromQmi = (bytes: Uint8Array): Effect.Effect<void> => {
    const frame = Result.getOrUndefined(decodeFrame(bytes))
    if (open === undefined || frame === undefined) return Effect.void
    const at = frame.kind === "response" ? pending.findIndex((one) => one.identity === identity(frame)) : -1
    const { cid, service } = { cid: QMI_MESSAGE, service: ServiceId.qmi }
    const request = pending[at]
    if (request !== undefined) {
      pending.splice(at, 1)
      const { transaction } = request
      return transmit({ _tag: "CommandDone", transaction, service, cid, status: Status.Success, buffer: bytes })
    }
    return subscribed.has(`${service}/${String(cid)}`)
      ? transmit({ _tag: "IndicateStatus", transaction: NO_TRANSACTION, service, cid, buffer: bytes })
      : Effect.void
  }

  const answer = ({ cid, service, transaction }: Command, { buffer, status }: Outcome) =>
    transmit({ _tag: "CommandDone", transaction, service, cid, status, buffer })

  const onCommand = Effect.fnUntraced(function* (command: Command) {
    const { buffer, cid, service, transaction, type } = command
    if (find(faults({ _tag: "MbimCommand" }), "NotOpened") !== undefined) open = undefined
    if (open === undefined) return yield* functionError(transaction, ErrorCode.NotOpened)
    if (service === ServiceId.qmi && hasQmi) {
      if (cid !== QMI_MESSAGE || type !== "set") return yield* answer(command, refusal(Status.NoDeviceSupport))
      const frame = decodeFrame(buffer)
      if (Result.isFailure(frame)) return yield* answer(command, refusal(Status.InvalidParameters))
      pending.push({ identity: identity(frame.success), transaction })
      if (pending.length > pendingLimit) pending.shift()
      return yield* Queue.offer(toQmi, buffer)
    }
    yield* core.busy(`answering ${commandName(service, cid)}`, core.timing.qmiAnswer)
    if (service !== ServiceId.basicConnect) return yield* answer(command, refusal(Status.NoDeviceSupport))
    const { imei, model } = core
    const services = hasQmi ? [qmiService] : []
    const outcome = yield* core.modify((state) => {
      const made = answerBasicConnect(cid, { type, buffer, state, model, imei, services })
      return [made, made.state ?? state]
    })
    if (outcome.subscriptions !== undefined) {
      subscribed = new Set(outcome.subscriptions.flatMap((one) => one.cids.map((of) => `${one.service}/${String(of)}`)))
    }
    yield* answer(command, outcome)
  })

  const onMessage = Effect.fnUntraced(function* (message: MbimMessage) {
    const { transaction } = message
    yield* core.note({ _tag: "MbimRequest", at: yield* now, request: message._tag, detail: describe(message) })
    switch (message._tag) {
      case "Open": {
        if (isHang(faults({ _tag: "MbimOpen" }))) return yield* Effect.never
        yield* core.busy("opening the MBIM function", core.timing.qmiAnswer)
        if (stale) return yield* functionError(transaction, ErrorCode.NotOpened)
        // Of a function that is open already: as a fresh start.
        open = { max: clampControlTransfer(message.maxControlTransfer) }
        pending = []
        subscribed = new Set()
        return yield* transmit({ _tag: "OpenDone", transaction, status: Status.Success })
      }
      case "Close": {
        if (open === undefined && !stale) return yield* functionError(transaction, ErrorCode.NotOpened)
        const slow = find(faults({ _tag: "MbimClose" }), "Slow")?.millis ?? 0
        yield* core.busy("closing the MBIM function", core.timing.qmiAnswer + slow)
        stale = false
        yield* transmit({ _tag: "CloseDone", transaction, status: Status.Success })
        open = undefined
        return
      }
      case "Command":
        return yield* onCommand(message)
      case "HostError":
        return
      case "OpenDone":
      case "CloseDone":
      case "CommandDone":
      case "FunctionError":
      case "IndicateStatus":
        // A function's own messages, from a host.
        return yield* functionError(transaction, ErrorCode.Unknown)
    }
  })

  // Makers are told to answer OPEN when the function is ready, and not to refuse it before ("Mobile Broadband
  // Implementation Guidelines for USB Devices", "Delaying MBIM Open"): what comes meanwhile waits.
  yield* startControl(core, Effect.never)
  yield* serveQmi(core, { incoming: Queue.take(toQmi), send: fromQmi }).pipe(Effect.forkIn(core.scope))
  const reader = new MbimReader({ maxTransfer: own })
  port.onReset(
    Effect.gen(function* () {
      yield* core.note({ _tag: "MbimRequest", at: yield* now, request: "RESET_FUNCTION", detail: "" })
      reader.reset()
      open = undefined
      pending = []
      subscribed = new Set()
    })
  )
  for (;;) {
    for (const read of reader.push(yield* port.incoming)) {
      if (Result.isSuccess(read)) {
        yield* onMessage(read.success)
        continue
      }
      const error = errorOf(read.failure)
      if (error !== undefined) yield* functionError(read.failure.transaction ?? NO_TRANSACTION, error)
    }
  }
})
