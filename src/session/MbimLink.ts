/**
 * QMUX over MBIM (qmi.md §5): makes a connection that speaks MBIM into one that speaks QMUX, for sessions that know
 * nothing of it. A write is done when the modem has answered the MBIM command that carries it; so an MBIM error fails
 * the very request that it belongs to. Answers and indications are read as QMUX.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import type * as Scope from "effect/Scope"
import {
  BasicConnect,
  commandName,
  ErrorCode,
  errorName,
  QMI_MESSAGE,
  ServiceId,
  Status,
  statusName
} from "../protocol/mbim/codes.ts"
import { clampControlTransfer, fragment } from "../protocol/mbim/fragments.ts"
import type { MbimCodecError } from "../protocol/mbim/MbimCodecError.ts"
import { MbimReader } from "../protocol/mbim/MbimReader.ts"
import { encodeMessage, nextTransaction } from "../protocol/mbim/message.ts"
import type { MbimMessage } from "../protocol/mbim/message.ts"
import { encodeSubscribeList } from "../protocol/mbim/subscribe-list.ts"
import { tapped } from "../transport/Connection.ts"
import type { Connection } from "../transport/Connection.ts"
import { makeInbox } from "../transport/Inbox.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { MbimError } from "./MbimError.ts"

type Failure = MbimError | TransportError

/** qmi.md §5.4. */
export interface MbimDeadlines {
  /** One OPEN; then it is sent again, and an answer to any of them will do. */
  readonly attempt: Duration.Duration
  /** All OPENs together. A function that starts answers when it is ready, and not before. */
  readonly open: Duration.Duration
  readonly subscribe: Duration.Duration
  readonly close: Duration.Duration
  /** The CLOSE in front of a second OPEN, and that of whoever is interrupted. */
  readonly closeFirst: Duration.Duration
}

export const mbimDeadlines: MbimDeadlines = {
  attempt: Duration.seconds(5),
  open: Duration.seconds(10),
  subscribe: Duration.seconds(10),
  close: Duration.seconds(10),
  closeFirst: Duration.seconds(2)
}

export interface MbimOptions {
  /** What fits a control transfer (wMaxControlMessage); 4096 where unknown, and at most (qmi.md §5.2). */
  readonly maxControlTransfer?: number | undefined
  readonly deadlines?: Partial<MbimDeadlines>
}

/** How often a function may say that it is not open, to an OPEN. */
const reopenings = 3
/** Between OPENs to a function that says that it is busy. */
const busyPause = Duration.millis(500)
/** QMUX messages that nobody has read. */
const answersKept = 256

const subscriptions = encodeSubscribeList([{ service: ServiceId.qmi, cids: [QMI_MESSAGE] }])
const subscribeName = commandName(ServiceId.basicConnect, BasicConnect.deviceServiceSubscribeList)
const qmiName = commandName(ServiceId.qmi, QMI_MESSAGE)

const isNotOpened = (error: Failure): error is MbimError =>
  error._tag === "MbimError" && error.reason._tag === "FunctionFailed" && error.reason.error === ErrorCode.NotOpened

/** Opens the function and the way for QMI through it; closes it with the scope. */
export const openMbimLink = Effect.fn("MbimLink.open")(function* (
  connect: Effect.Effect<Connection, TransportError, Scope.Scope>,
  options: MbimOptions = {}
) {
  const deadlines = { ...mbimDeadlines, ...options.deadlines }
  const max = clampControlTransfer(options.maxControlTransfer)
  const connection = yield* Effect.flatMap(connect, tapped)
  const { endpoint } = connection
  const scope = yield* Effect.scope
  const reader = new MbimReader()
  const qmux = makeInbox<Uint8Array, Failure>(answersKept)
  const writing = yield* Semaphore.make(1)
  const opening = yield* Semaphore.make(1)
  const waiting = new Map<number, Deferred.Deferred<MbimMessage, Failure>>()
  /** OPENs without an answer: all of them wait for one. */
  const opens = new Set<number>()
  let lastTransaction = 0
  let isOpen = false
  /** How often it has been opened. */
  let openings = 0
  let farewellSaid = false
  let end: Exit.Exit<never, Failure> | undefined

  const failed = (request: string, reason: MbimError["reason"]) => new MbimError({ endpoint, request, reason })
  const refused = (request: string, status: number) =>
    failed(request, {
      _tag: request === qmiName && status === Status.NoDeviceSupport ? "ServiceMissing" : "Refused",
      status,
      name: statusName(status)
    })
  const functionFailed = (request: string, error: number) =>
    failed(request, { _tag: "FunctionFailed", error, name: errorName(error) })

  const settle = (transaction: number, answer: Exit.Exit<MbimMessage, Failure>): void => {
    const one = waiting.get(transaction)
    if (one !== undefined) Deferred.doneUnsafe(one, answer)
  }

  const receive = (message: MbimMessage): void => {
    switch (message._tag) {
      case "OpenDone":
        // A function that starts may answer an earlier one.
        for (const transaction of opens.has(message.transaction) ? opens : [])
          settle(transaction, Exit.succeed(message))
        return
      case "CommandDone":
      case "IndicateStatus": {
        const answer = message._tag === "CommandDone" && message.status !== Status.Success ? undefined : message.buffer
        // Late ones too: whether they are of use is for the QMI session to say.
        if (message.service === ServiceId.qmi && answer !== undefined && answer.length > 0) {
          qmux.offer(answer)
        }
        if (message._tag === "CommandDone") settle(message.transaction, Exit.succeed(message))
        return
      }
      case "CloseDone":
      case "FunctionError":
        settle(message.transaction, Exit.succeed(message))
        return
      case "Open":
      case "Close":
      case "Command":
      case "HostError":
      // A host's messages: an echo, or another program's.
    }
  }

  const garbled = (error: MbimCodecError): void => {
    // Bytes that nobody can assign are stale, as in a QMI session; ours then run into their deadline.
    if (error.transaction === undefined) return
    settle(error.transaction, Exit.fail(failed(error.context, { _tag: "Garbled", detail: error.message })))
  }

  yield* connection.read.pipe(
    Effect.map((bytes) => {
      for (const message of reader.push(bytes)) {
        if (Result.isSuccess(message)) receive(message.success)
        else garbled(message.failure)
      }
    }),
    Effect.forever,
    Effect.onExit((exit) =>
      Effect.sync(() => {
        if (Exit.isSuccess(exit)) return
        const failure: Exit.Exit<never, TransportError> = Exit.failCause(exit.cause)
        end = failure
        for (const transaction of waiting.keys()) settle(transaction, failure)
        qmux.fail(exit.cause)
      })
    ),
    Effect.ignore,
    Effect.forkIn(scope, { startImmediately: true })
  )

  const send = (message: MbimMessage) =>
    Effect.forEach(fragment(encodeMessage(message), max), connection.write, { discard: true }).pipe(
      Semaphore.withPermit(writing)
    )

  const newTransaction = (): number => {
    lastTransaction = nextTransaction(lastTransaction)
    return lastTransaction
  }

  /** Sends a message and waits for what comes back under its transaction. */
  const exchange = (make: (transaction: number) => MbimMessage) =>
    Effect.suspend(() => {
      if (end !== undefined) return end
      const transaction = newTransaction()
      const answer = Deferred.makeUnsafe<MbimMessage, Failure>()
      waiting.set(transaction, answer)
      return send(make(transaction)).pipe(
        Effect.andThen(Deferred.await(answer)),
        Effect.ensuring(Effect.sync(() => waiting.delete(transaction)))
      )
    })

  const closeWithin = (patience: Duration.Duration) =>
    exchange((transaction) => ({ _tag: "Close", transaction })).pipe(Effect.timeoutOption(patience), Effect.ignore)

  /** One OPEN, remembered beyond its attempt: its answer may come during the next one. */
  const openOnce = exchange((transaction) => {
    opens.add(transaction)
    return { _tag: "Open", transaction, maxControlTransfer: max }
  }).pipe(Effect.timeoutOption(deadlines.attempt))

  const openFunction = Effect.gen(function* () {
    let notOpened = 0
    isOpen = false
    for (;;) {
      const answer = yield* openOnce
      // Silence: again, until all the time for it is used.
      if (answer._tag === "None") continue
      const message = answer.value
      opens.clear()
      if (message._tag === "OpenDone") {
        if (message.status === Status.Success) break
        const error = refused("OPEN", message.status)
        if (!error.isPassing) return yield* error
        yield* Effect.sleep(busyPause)
        continue
      }
      const code = message._tag === "FunctionError" ? message.error : 0
      const stale = code === ErrorCode.NotOpened || code === ErrorCode.Unknown
      if (!stale || ++notOpened > reopenings) return yield* functionFailed("OPEN", code)
      yield* closeWithin(deadlines.closeFirst)
    }
    isOpen = true
    openings++
  }).pipe(
    Effect.timeoutOrElse({
      duration: deadlines.open,
      orElse: () => Effect.fail(failed("OPEN", { _tag: "NoAnswer", millis: Duration.toMillis(deadlines.open) }))
    })
  )

  /**
   * As the reference does it after every OPEN. A refusal costs only indications, which no update needs: the answers
   * come with their commands.
   */
  const subscribe = exchange((transaction) => ({
    _tag: "Command",
    transaction,
    service: ServiceId.basicConnect,
    cid: BasicConnect.deviceServiceSubscribeList,
    type: "set",
    buffer: subscriptions
  })).pipe(
    Effect.timeoutOrElse({
      duration: deadlines.subscribe,
      orElse: () =>
        Effect.fail(failed(subscribeName, { _tag: "NoAnswer", millis: Duration.toMillis(deadlines.subscribe) }))
    }),
    Effect.flatMap((answer) => {
      if (answer._tag === "FunctionError") return Effect.fail(functionFailed(subscribeName, answer.error))
      return answer._tag === "CommandDone" && answer.status !== Status.Success
        ? Effect.logDebug(refused(subscribeName, answer.status).message)
        : Effect.void
    })
  )

  /** Somebody else may close it right behind OPEN. */
  const open = Effect.andThen(openFunction, subscribe).pipe(
    Effect.retry({ times: 1, while: (error) => isNotOpened(error) && error.request === subscribeName })
  )

  /** Opens it again, unless it has been since then: other requests may have met the same. */
  const reopen = (since: number) =>
    Effect.suspend(() => (openings === since ? open : Effect.void)).pipe(Semaphore.withPermit(opening))

  /** Carries one QMUX frame to the modem, and knows then that the modem has taken it. */
  const carry = Effect.fnUntraced(function* (frame: Uint8Array) {
    for (let again = false; ; again = true) {
      const since = openings
      const answer = yield* exchange((transaction) => ({
        _tag: "Command",
        transaction,
        service: ServiceId.qmi,
        cid: QMI_MESSAGE,
        type: "set",
        buffer: frame
      }))
      if (answer._tag === "CommandDone") {
        if (answer.status !== Status.Success) return yield* refused(qmiName, answer.status)
        return
      }
      const code = answer._tag === "FunctionError" ? answer.error : 0
      // It was not executed, so it may be sent again; once, for a function that somebody else has closed.
      if (code !== ErrorCode.NotOpened || again) return yield* functionFailed(qmiName, code)
      yield* reopen(since)
    }
  })

  yield* Effect.addFinalizer((exit) =>
    Effect.suspend(() => {
      if (farewellSaid || end !== undefined || lastTransaction === 0) return Effect.void
      // One that has never answered will not answer now; and whoever broke off does not wait long.
      if (!isOpen) return farewell
      const brokenOff = Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause)
      return closeWithin(brokenOff ? deadlines.closeFirst : deadlines.close)
    })
  )

  /** CLOSE without waiting for the answer: the modem is about to leave, or does not listen. */
  const farewell = Effect.suspend(() => {
    farewellSaid = true
    return send({ _tag: "Close", transaction: newTransaction() }).pipe(
      Effect.timeoutOption(Duration.seconds(1)),
      Effect.ignore
    )
  })

  yield* open

  return {
    endpoint,
    seen: true,
    answers: true,
    write: carry,
    read: qmux.take,
    abandon: farewell
  } satisfies Connection<Failure>
})
