/**
 * The conversation on a control port (qmi.md §1–§3): one client of one service. No Sync: it would free the
 * client ids of every other program (qmi.md §11.2); Get Version Info shows that the modem is alive.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Ctl from "../protocol/qmi/ctl.ts"
import { QmiErrorCode } from "../protocol/qmi/error-code.ts"
import { requestFrame } from "../protocol/qmi/Message.ts"
import type { QmiMessage } from "../protocol/qmi/Message.ts"
import { encodeFrame, nextTransaction, QmuxReader, Service } from "../protocol/qmi/Qmux.ts"
import type { QmuxFrame } from "../protocol/qmi/Qmux.ts"
import type { Connection } from "../transport/Connection.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { makeMailbox } from "./exchange.ts"
import type { MbimError } from "./MbimError.ts"
import { QmiError } from "./QmiError.ts"

/** What carries QMUX: the port itself, or MBIM on it. */
type Carrier = TransportError | MbimError

/** Everything that a QMI conversation may fail with. */
export type QmiFailure = QmiError | Carrier

export interface QmiSession {
  readonly endpoint: string
  /** Sends one request and waits for its answer; the message's own deadline unless told. */
  readonly request: <Request, Response>(
    message: QmiMessage<Request, Response>,
    value: Request,
    deadline?: Duration.Duration
  ) => Effect.Effect<Response, QmiFailure>
  /** Gives the client id back and lets go of the port. */
  readonly close: Effect.Effect<void>
  /** Lets go of the port without a word: for a modem that is about to reboot (qmi.md §10). */
  readonly abandon: Effect.Effect<void>
}

export interface QmiDeadlines {
  /** A modem that boots may swallow requests: how long one liveness question waits before it is asked again. */
  readonly liveness: Duration.Duration
  /** All liveness questions together. */
  readonly alive: Duration.Duration
  readonly release: Duration.Duration
}

export const qmiDeadlines: QmiDeadlines = {
  liveness: Duration.millis(150),
  alive: Duration.seconds(20),
  release: Duration.seconds(2)
}

/** Opens the port, waits until the modem answers at all, and gets a client id of `service`. */
export const openQmiSession = Effect.fn("QmiSession.open")(function* (
  connect: Effect.Effect<Connection<Carrier>, Carrier, Scope.Scope>,
  deadlines: QmiDeadlines = qmiDeadlines,
  service: number = Service.DMS
) {
  // Stale bytes of an earlier user of the port are skipped, not fatal.
  const reader = new QmuxReader({ onGarbage: "resync" })
  const { connection, mailbox } = yield* makeMailbox(connect, (bytes) => reader.push(bytes))
  const { endpoint } = connection
  const turn = yield* Semaphore.make(1)
  const lastTransaction = new Map<number, number>()
  let client = 0

  const transactionOf = (of: number): number => {
    const next = nextTransaction(of, lastTransaction.get(of) ?? 0)
    lastTransaction.set(of, next)
    return next
  }

  /** One request; `isAnswer` picks the answer among indications, other clients' answers and late ones. */
  const exchange = <Request, Response>(
    message: QmiMessage<Request, Response>,
    value: Request,
    deadline: Duration.Duration,
    isAnswer: (frame: QmuxFrame, transaction: number) => boolean,
    write: (bytes: Uint8Array) => Effect.Effect<void, Carrier> = connection.write
  ): Effect.Effect<Response, QmiFailure> => {
    const failed = (reason: QmiError["reason"]) => new QmiError({ endpoint, request: message.name, reason })
    return Effect.gen(function* () {
      const transaction = transactionOf(message.service)
      const envelope = { client: message.service === Service.CTL ? Ctl.CTL_CLIENT : client, transaction }
      yield* write(encodeFrame(requestFrame(message, envelope, value)))
      for (;;) {
        const frame = yield* mailbox.take
        // A message with a broken inside may be anybody's: ours then runs into its deadline.
        if (Result.isFailure(frame) || frame.success.kind !== "response") continue
        if (frame.success.service !== message.service || !isAnswer(frame.success, transaction)) continue
        if (frame.success.message !== message.id) {
          const detail = `it answers message 0x${frame.success.message.toString(16)}; the modem may have rebooted`
          return yield* failed({ _tag: "Garbled", detail })
        }
        const response = message.decodeResponse(frame.success.tlvs)
        if (Result.isSuccess(response)) return response.success
        return yield* failed(
          response.failure._tag === "QmiRefused"
            ? { _tag: "Refused", error: response.failure.error, name: response.failure.name }
            : { _tag: "Garbled", detail: response.failure.message }
        )
      }
    }).pipe(
      Effect.timeoutOrElse({
        duration: deadline,
        orElse: () => Effect.fail(failed({ _tag: "NoAnswer", millis: Duration.toMillis(deadline) }))
      }),
      Semaphore.withPermit(turn),
      Effect.withSpan("QmiSession.request", { attributes: { message: message.name } })
    )
  }

  const request: QmiSession["request"] = (message, value, deadline) =>
    exchange(
      message,
      value,
      deadline ?? Duration.millis(message.deadlineMillis),
      (frame, transaction) =>
        frame.transaction === transaction &&
        frame.client === (message.service === Service.CTL ? Ctl.CTL_CLIENT : client)
    )

  /** Busy, or still starting, says the MBIM function. */
  const passing = (error: QmiFailure): boolean => error._tag === "MbimError" && error.isPassing

  const silence = (error: QmiFailure): boolean => error._tag === "QmiError" && error.reason._tag === "NoAnswer"

  const notYet = (error: QmiFailure): boolean =>
    error._tag === "QmiError" &&
    error.reason._tag === "Refused" &&
    (error.reason.error === QmiErrorCode.ClientIdsExhausted || error.reason.error === QmiErrorCode.DeviceNotReady)

  /**
   * Asks until the modem answers. Any answer to any of the questions will do, a refusal too: a slow modem answers an
   * earlier one. So none is taken back where the write itself waits for the answer.
   */
  const liveness = Effect.gen(function* () {
    const asking = yield* Effect.scope
    const refused = Deferred.makeUnsafe<never, Carrier>()
    const ask = (bytes: Uint8Array) =>
      Effect.forkIn(
        Effect.catch(connection.write(bytes), (error) => Deferred.fail(refused, error)),
        asking,
        { startImmediately: true }
      )
    const question = exchange(
      Ctl.GetVersionInfo,
      {},
      deadlines.liveness,
      (frame) => frame.message === Ctl.GetVersionInfo.id,
      connection.answers === true ? ask : connection.write
    )
    yield* Effect.raceFirst(
      Effect.retry(question, { while: silence, schedule: Schedule.forever }),
      Deferred.await(refused)
    )
  }).pipe(Effect.scoped)

  const open = Effect.gen(function* () {
    yield* liveness.pipe(
      Effect.retry({ while: passing, schedule: Schedule.spaced("500 millis") }),
      Effect.catchIf(
        (error): error is QmiError => error._tag === "QmiError" && error.reason._tag !== "NoAnswer",
        // It speaks, so it is alive; its firmware need not know the question.
        () => Effect.void
      ),
      Effect.timeoutOrElse({
        duration: deadlines.alive,
        orElse: () =>
          Effect.fail(
            new QmiError({
              endpoint,
              request: Ctl.GetVersionInfo.name,
              reason: { _tag: "NoAnswer", millis: Duration.toMillis(deadlines.alive) }
            })
          )
      })
    )
    const allocated = yield* request(Ctl.AllocateCid, { service }).pipe(
      // While a modem starts it may have no clients to give yet; ids of programs that ended come free again.
      Effect.retry({
        schedule: Schedule.spaced("500 millis").pipe(Schedule.upTo({ duration: deadlines.alive })),
        while: (error) => silence(error) || notYet(error) || passing(error)
      })
    )
    if (allocated.allocation.service !== service) {
      const detail = `a client of service ${String(allocated.allocation.service)} instead of ${String(service)}`
      return yield* new QmiError({ endpoint, request: Ctl.AllocateCid.name, reason: { _tag: "Garbled", detail } })
    }
    client = allocated.allocation.client
  })
  yield* open.pipe(Effect.onError(() => mailbox.close))

  return {
    endpoint,
    request,
    abandon: mailbox.abandon,
    close: request(Ctl.ReleaseCid, { allocation: { service, client } }, deadlines.release).pipe(
      // The port goes away next: a modem that does not answer here has lost nothing of ours.
      Effect.ignore,
      Effect.andThen(mailbox.close)
    )
  } satisfies QmiSession
})
