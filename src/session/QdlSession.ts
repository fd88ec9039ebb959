/**
 * The conversation with a boot loader (qdl.md): one request, one answer, a deadline on each. Knows the
 * protocol's order only as far as one message is concerned; the order of an update is the flow's business.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { recogniseFirstBytes, saharaHelloLength } from "../protocol/first-bytes.ts"
import { Deframer, encodeFrame } from "../protocol/hdlc.ts"
import type { HdlcError } from "../protocol/hdlc.ts"
import { ChunkBuffer } from "../protocol/qdl/ChunkBuffer.ts"
import { ErrorCode, helloFeatures, OpenStatus, WriteStatus } from "../protocol/qdl/command.ts"
import { encodeRequest } from "../protocol/qdl/request.ts"
import type { OpenUnframed } from "../protocol/qdl/request.ts"
import { decodeResponse } from "../protocol/qdl/response.ts"
import type { HelloAnswer, QdlResponse } from "../protocol/qdl/response.ts"
import type { Connection } from "../transport/Connection.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { makeMailbox } from "./exchange.ts"
import { QdlError } from "./QdlError.ts"

/** Ends of patience per message. Generous where the modem programs flash (qdl.md §6, 6 and 10). */
export interface QdlDeadlines {
  /** One try of the DLOAD switch or a Hello; both are idempotent and asked again. */
  readonly greeting: Duration.Duration
  readonly greetingTries: number
  /**
   * Nothing is said for so long after the third DLOAD switch without an answer. To a boot loader that waits for the rest
   * of a chunk every try is data; only silence lets it give up (qdl.md §3.3, 0x19; that 12 s are enough is inferred).
   */
  readonly silence: Duration.Duration
  /**
   * Before each further try of the DLOAD switch, and how many of them there are. A modem whose last chunk came from a program that
   * is no more programs its flash and may be silent for more than a minute (qdl.md §3.5): it must not be given up.
   */
  readonly programming: Duration.Duration
  readonly programmingTries: number
  readonly open: Duration.Duration
  readonly chunk: Duration.Duration
  readonly close: Duration.Duration
  /** After an interruption: how long the outstanding acknowledgement is still waited for. */
  readonly grace: Duration.Duration
}

export const qdlDeadlines: QdlDeadlines = {
  greeting: Duration.seconds(2),
  greetingTries: 6,
  silence: Duration.seconds(12),
  programming: Duration.seconds(10),
  programmingTries: 9,
  open: Duration.seconds(30),
  chunk: Duration.minutes(3),
  close: Duration.minutes(2),
  grace: Duration.seconds(2)
}

type Failure = QdlError | TransportError

const isSilence = (error: Failure): boolean => error._tag === "QdlError" && error.reason._tag === "NoAnswer"

export interface QdlSession {
  readonly endpoint: string
  /** Leaves DLOAD for SDP; already there is as good (qdl.md §3.1). */
  readonly dloadSwitch: Effect.Effect<"switched" | "already", Failure>
  /** Tries `version`, then the other ones; what the boot loader accepts holds for the session. */
  readonly hello: (options: {
    readonly version: number
    readonly toleratesError: boolean
  }) => Effect.Effect<number, Failure>
  /** Announces an image. `not-required`: the device has it already (qdl.md §3.4, status 7). */
  readonly open: (
    image: Pick<OpenUnframed, "imageType" | "length" | "chunkSize" | "header">
  ) => Effect.Effect<"opened" | "not-required", Failure>
  /** Sends one chunk and waits for its acknowledgement. A `ChunkBuffer` is sent as it is, an array is copied. */
  readonly write: (sequence: number, data: Uint8Array | ChunkBuffer) => Effect.Effect<void, Failure>
  readonly closeImage: Effect.Effect<void, Failure>
  /** Asks for the reset; no answer exists (qdl.md §3.7), the modem leaving the bus is the answer. */
  readonly reset: Effect.Effect<void, TransportError>
  /** Lets go of the port. */
  readonly release: Effect.Effect<void>
}

/** How much of what was heard instead of an answer is kept: a port may babble for minutes. */
const mostHeard = 5

const describe = (response: QdlResponse): string =>
  response._tag === "Error" ? `Error 0x${response.code.toString(16)}` : response._tag

const copied = (data: Uint8Array): ChunkBuffer => {
  const chunk = new ChunkBuffer(data.length)
  chunk.take(data.length).set(data)
  return chunk
}

type Heard = Result.Result<Uint8Array, HdlcError> | "sahara"

/** Longer requests are not compared: whoever echoes them has echoed the first one. */
const longestEcho = 64

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const out = new Uint8Array(Math.min(a.length + b.length, saharaHelloLength))
  out.set(a)
  out.set(b.subarray(0, out.length - a.length), a.length)
  return out
}

/** Whether a message is what was sent. */
const isEcho = (message: Uint8Array, sent: Uint8Array): boolean => {
  if (message.length > longestEcho || sent.length > 2 * longestEcho) return false
  const frame = encodeFrame(message)
  return frame.length === sent.length && frame.every((byte, at) => byte === sent[at])
}

export const openQdlSession = Effect.fn("QdlSession.open")(function* (
  connect: Effect.Effect<Connection, TransportError, Scope.Scope>,
  deadlines: QdlDeadlines = qdlDeadlines
) {
  const deframer = new Deframer()
  /** Seen in what came before the first frame: a device that speaks Sahara begins by itself. */
  let sahara = false
  let beginning: Uint8Array | undefined = new Uint8Array()
  const { connection, mailbox } = yield* makeMailbox(connect, (bytes): ReadonlyArray<Heard> => {
    if (beginning === undefined) return deframer.push(bytes)
    beginning = joined(beginning, bytes)
    sahara = recogniseFirstBytes(beginning) === "sahara"
    if (beginning.length >= saharaHelloLength) beginning = undefined
    return sahara ? ["sahara"] : deframer.push(bytes)
  })
  const { endpoint } = connection
  const failed = (step: QdlError["step"], reason: QdlError["reason"], chunk?: number): QdlError =>
    new QdlError({ endpoint, step, reason, ...(chunk === undefined ? {} : { chunk }) })

  interface Exchange<A> {
    readonly step: QdlError["step"]
    readonly chunk?: number
    readonly bytes: Uint8Array
    readonly deadline: Duration.Duration
    readonly accept: (response: QdlResponse) => Result.Result<A, QdlError["reason"]> | undefined
  }

  /** Sends `bytes` and takes messages until `accept` says that one is the answer. */
  const converse = <A>(options: Exchange<A>, overhear: (what: string) => void) =>
    Effect.gen(function* () {
      yield* mailbox.clear
      if (sahara) return yield* failed(options.step, { _tag: "SpeaksSahara" }, options.chunk)
      yield* connection.write(options.bytes)
      for (;;) {
        const message = yield* mailbox.take
        if (message === "sahara") return yield* failed(options.step, { _tag: "SpeaksSahara" }, options.chunk)
        const response = Result.flatMap(message, decodeResponse)
        if (Result.isFailure(response)) {
          if (Result.isSuccess(message) && isEcho(message.success, options.bytes)) {
            return yield* failed(options.step, { _tag: "EchoesAt" }, options.chunk)
          }
          overhear(response.failure.message)
          continue
        }
        const accepted = options.accept(response.success)
        if (accepted !== undefined) {
          return Result.isSuccess(accepted)
            ? accepted.success
            : yield* failed(options.step, accepted.failure, options.chunk)
        }
        overhear(describe(response.success))
      }
    })

  /**
   * One question and its answer before the deadline. An interruption takes effect at once, or, with `grace`, when the
   * answer is there, at the latest after that time. As few fibers as can be: between two chunks the modem waits for us.
   */
  const exchangeWithin = <A>(options: Exchange<A>, grace: Duration.Duration | undefined): Effect.Effect<A, Failure> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const heard: Array<string> = []
        const overhear = (what: string): void => {
          heard.push(what)
          if (heard.length > mostHeard) heard.shift()
        }
        let late = false
        const answer = yield* Effect.forkDetach(Effect.interruptible(converse(options, overhear)), {
          startImmediately: true
        })
        const watch = yield* Effect.forkDetach(
          Effect.flatMap(Effect.interruptible(Effect.sleep(options.deadline)), () => {
            late = true
            return Fiber.interrupt(answer)
          }),
          { startImmediately: true }
        )
        const exit = yield* restore(Fiber.await(answer)).pipe(
          Effect.onInterrupt(() =>
            Effect.gen(function* () {
              if (grace !== undefined) yield* Fiber.await(answer).pipe(Effect.timeoutOption(grace))
              yield* Fiber.interrupt(watch)
              yield* Fiber.interrupt(answer)
            })
          )
        )
        watch.interruptUnsafe()
        if (!late || Exit.isSuccess(exit)) return yield* exit
        const millis = Duration.toMillis(options.deadline)
        return yield* failed(options.step, { _tag: "NoAnswer", millis, heard: [...heard] }, options.chunk)
      })
    )

  const exchange = <A>(options: Exchange<A>): Effect.Effect<A, Failure> =>
    Effect.withSpan(exchangeWithin(options, undefined), "QdlSession.exchange")

  /** Asks again on silence, and while the port still speaks DIAG: both pass while a modem changes mode (qdl.md §6, 6). */
  const patiently = <A>(once: Effect.Effect<A, Failure>, silence?: Duration.Duration): Effect.Effect<A, Failure> =>
    once.pipe(
      Effect.retry({
        schedule: Schedule.spaced("250 millis").pipe(
          Schedule.setInputType<Failure>(),
          Schedule.modifyDelay(({ attempt, duration, input }) =>
            Effect.succeed(silence !== undefined && attempt === 3 && isSilence(input) ? silence : duration)
          ),
          Schedule.upTo({ times: deadlines.greetingTries - 1 })
        ),
        while: (error) => isSilence(error) || (error._tag === "QdlError" && error.reason._tag === "StillDiagnostic")
      })
    )

  const dloadOnce = exchange({
    step: "dload",
    bytes: encodeFrame(encodeRequest({ _tag: "DloadSwitch" })),
    deadline: deadlines.greeting,
    accept: (response) => {
      if (response._tag === "DloadAck") return Result.succeed("switched" as const)
      if (response._tag === "DiagBadCommand") return Result.fail({ _tag: "StillDiagnostic" })
      // The end of a chunk that somebody else began is no answer to us.
      if (response._tag !== "Error" || response.code === ErrorCode.ReceiveTimeout) return undefined
      return response.code === ErrorCode.CommandNotSupported
        ? Result.succeed("already" as const)
        : Result.fail({ _tag: "Rejected", error: response.code, text: response.text })
    }
  })

  const dloadSwitch = patiently(dloadOnce, deadlines.silence).pipe(
    Effect.catchIf(isSilence, () =>
      dloadOnce.pipe(
        Effect.delay(deadlines.programming),
        Effect.retry({ while: isSilence, times: deadlines.programmingTries - 1 })
      )
    )
  )

  const helloOnce = (version: number) =>
    patiently(
      exchange<HelloAnswer>({
        step: "hello",
        bytes: encodeFrame(
          encodeRequest({ _tag: "Hello", maxVersion: version, minVersion: version, features: helloFeatures })
        ),
        deadline: deadlines.greeting,
        accept: (response) => {
          if (response._tag === "Hello") return Result.succeed(response)
          // 0x16 answers a DLOAD switch that was asked twice, late; 0x19 ends a chunk. Neither ever answers Hello.
          if (response._tag !== "Error") return undefined
          if (response.code === ErrorCode.CommandNotSupported || response.code === ErrorCode.ReceiveTimeout)
            return undefined
          return Result.fail({ _tag: "Rejected", error: response.code, text: response.text })
        }
      })
    )

  let spoken: number | undefined
  const hello: QdlSession["hello"] = Effect.fn("QdlSession.hello")(function* ({ toleratesError, version }) {
    // The version the loader accepted once holds for the session: Hello is sent again for every image (qdl.md §5). An
    // Error may then be a late answer to something before, and other versions would be asked for nothing.
    const versions = spoken === undefined ? [...new Set([version, 6, 5, 4])] : [spoken]
    let refusal: Failure | undefined
    for (const tried of versions) {
      const answer = yield* Effect.result(helloOnce(tried))
      if (Result.isSuccess(answer)) {
        spoken = tried
        return tried
      }
      const error = answer.failure
      if (error._tag !== "QdlError" || error.reason._tag !== "Rejected") return yield* error
      refusal ??= error
    }
    if (toleratesError || refusal === undefined) return version
    return yield* refusal
  })

  const open: QdlSession["open"] = (image) =>
    exchange({
      step: "open",
      bytes: encodeFrame(encodeRequest({ _tag: "OpenUnframed", ...image, window: 1, flags: 0 })),
      deadline: deadlines.open,
      accept: (response) => {
        if (response._tag === "Error") {
          return Result.fail({ _tag: "Rejected", error: response.code, text: response.text })
        }
        if (response._tag !== "Open") return undefined
        if (response.status === OpenStatus.ok) return Result.succeed("opened" as const)
        if (response.status === OpenStatus.imageNotRequired) return Result.succeed("not-required" as const)
        return Result.fail({ _tag: "BadStatus", status: response.status })
      }
    })

  const write: QdlSession["write"] = (sequence, data) => {
    const message = (data instanceof ChunkBuffer ? data : copied(data)).message(sequence)
    const asked: Exchange<void> = {
      step: "write",
      chunk: sequence,
      bytes: message,
      deadline: deadlines.chunk,
      accept: (response) => {
        if (response._tag === "Error") {
          return Result.fail({ _tag: "Rejected", error: response.code, text: response.text })
        }
        if (response._tag !== "Write") return undefined
        if (response.status !== WriteStatus.ok) return Result.fail({ _tag: "BadStatus", status: response.status })
        return response.sequence === sequence
          ? Result.succeed(undefined)
          : Result.fail({ _tag: "WrongSequence", wanted: sequence, found: response.sequence })
      }
    }
    // A chunk is the atom of a transfer: an interruption first lets the modem acknowledge it, for a bounded time.
    return exchangeWithin(asked, deadlines.grace)
  }

  const closeImage = exchange<void>({
    step: "close",
    bytes: encodeFrame(encodeRequest({ _tag: "CloseUnframed" })),
    deadline: deadlines.close,
    accept: (response) => {
      if (response._tag === "Error") return Result.fail({ _tag: "Rejected", error: response.code, text: response.text })
      if (response._tag !== "Close") return undefined
      return response.status === 0
        ? Result.succeed(undefined)
        : Result.fail({ _tag: "BadStatus", status: response.status })
    }
  })

  return {
    endpoint,
    dloadSwitch,
    hello,
    open,
    write,
    closeImage,
    reset: connection.write(encodeFrame(encodeRequest({ _tag: "Reset" }))),
    release: mailbox.close
  } satisfies QdlSession
})
