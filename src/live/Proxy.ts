/**
 * A control port by way of `qmi-proxy` or `mbim-proxy`: shared with ModemManager and whoever else uses the proxy
 * (qmi.md §4, §5.4). Behind the first message, which names the device, it is the port's own protocol. QMI: the proxy
 * gives CTL transactions numbers of its own. MBIM: it answers OPEN and CLOSE by itself, so that no client closes the
 * function of the others (seen from mbim-proxy 1.28).
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { existsSync } from "node:fs"
import type { Socket } from "node:net"
import { Status, statusName } from "../protocol/mbim/codes.ts"
import { decodeMessage, encodeMessage } from "../protocol/mbim/message.ts"
import { proxyConfiguration } from "../protocol/mbim/proxy-configuration.ts"
import * as Ctl from "../protocol/qmi/ctl.ts"
import { requestFrame } from "../protocol/qmi/Message.ts"
import { decodeFrame, encodeFrame, MARKER } from "../protocol/qmi/Qmux.ts"
import type { Connection } from "../transport/Connection.ts"
import { makeInbox } from "../transport/Inbox.ts"
import type { TransportError } from "../transport/TransportError.ts"
import { holdersOf } from "./holders.ts"
import { failure } from "./io-error.ts"
import { Proxies } from "./ProxyProgram.ts"
import type { ProxyKind } from "./ProxyProgram.ts"
import { connectToProxy } from "./proxy-socket.ts"

/** What the proxy may take to open the device (qmi.md §2.2). */
const opening = Duration.seconds(10)
/** Its answer has to come a little after that at the latest. */
const answering = Duration.seconds(12)
/** Of the first answer: it is small. */
const longestAnswer = 4096
/** Received bytes that may wait for a reader; then the proxy is held back. */
const mostBytes = 256 * 1024

/** The proxy's first answer is another one than "it is open". */
type Refusal = string

interface Dialect {
  readonly greeting: (path: string) => Uint8Array
  /** Length of the message that the bytes begin with; `undefined`: too few to tell; 0: no message. */
  readonly lengthOf: (bytes: Uint8Array) => number | undefined
  /** `undefined`: the device is open. */
  readonly read: (answer: Uint8Array) => Refusal | undefined
}

const transaction = 1

const qmi: Dialect = {
  greeting: (path) => encodeFrame(requestFrame(Ctl.ProxyOpen, { client: Ctl.CTL_CLIENT, transaction }, { path })),
  lengthOf: (bytes) =>
    bytes.length < 3 ? undefined : bytes[0] === MARKER ? 1 + Buffer.from(bytes).readUInt16LE(1) : 0,
  read: (answer) => {
    const frame = decodeFrame(answer)
    if (Result.isFailure(frame)) return frame.failure.message
    if (frame.success.message !== Ctl.ProxyOpen.id || frame.success.kind !== "response") return "it answers otherwise"
    const response = Ctl.ProxyOpen.decodeResponse(frame.success.tlvs)
    if (Result.isSuccess(response)) return undefined
    return response.failure._tag === "QmiRefused"
      ? `QMI error ${String(response.failure.error)} (${response.failure.name})`
      : response.failure.message
  }
}

const mbim: Dialect = {
  greeting: (path) => encodeMessage(proxyConfiguration(transaction, path, Duration.toSeconds(opening))),
  lengthOf: (bytes) => (bytes.length < 8 ? undefined : Buffer.from(bytes).readUInt32LE(4)),
  read: (answer) => {
    const message = decodeMessage(answer)
    if (Result.isFailure(message)) return message.failure.message
    if (message.success._tag !== "CommandDone" || message.success.transaction !== transaction)
      return "it answers otherwise"
    const { status } = message.success
    return status === Status.Success ? undefined : `MBIM status ${String(status)} (${statusName(status)})`
  }
}

const dialects: { readonly [K in ProxyKind]: Dialect } = { qmi, mbim }

/** Bytes as they come, until the proxy hangs up; `closed` says what that means. */
const receiving = (socket: Socket, closed: () => TransportError) => {
  const inbox = makeInbox<Uint8Array, TransportError>()
  let waiting = 0
  socket.on("data", (bytes: Buffer) => {
    waiting += bytes.length
    inbox.offer(bytes)
    if (waiting >= mostBytes) socket.pause()
  })
  socket.on("error", () => undefined)
  socket.on("close", () => inbox.fail(Cause.fail(closed())))
  return Effect.tap(inbox.take, (bytes) =>
    Effect.sync(() => {
      waiting -= bytes.length
      if (socket.isPaused() && waiting < mostBytes) socket.resume()
    })
  )
}

/**
 * Opens the device `node` through the proxy for this protocol, which is started where none runs. Fails with
 * `ProxyMissing` where there is none, with `ProxyRefused` where the proxy cannot open the device, with
 * `PermissionDenied` where it does not serve us.
 */
export const openProxy = Effect.fn("Proxy.open")(function* (
  node: string,
  kind: ProxyKind
): Effect.fn.Return<Connection, TransportError, Scope.Scope> {
  const proxy = (yield* Proxies)[kind]
  const endpoint = `${node} (${proxy.name})`
  const dialect = dialects[kind]
  const socket = yield* connectToProxy(endpoint, proxy)
  let open = false

  const refused = (detail: string) => failure(endpoint, "open", { _tag: "ProxyRefused", proxy: proxy.name, detail })
  const hungUp = (operation: "read" | "write" = "read"): TransportError => {
    // The driver takes the node away before the proxy notices that the device has gone.
    if (open && !existsSync(node)) return failure(endpoint, operation, { _tag: "Unplugged" })
    const detail = `${proxy.name} closed the connection`
    if (open) return failure(endpoint, operation, { _tag: "IoFailed", detail })
    if (process.getuid?.() === 0) return refused("it closed the connection")
    const serves = `${proxy.name} serves root, or the user that it was made for`
    return failure(endpoint, "open", { _tag: "PermissionDenied", detail: serves, cure: "Run the command with `sudo`." })
  }
  const read = receiving(socket, hungUp)

  const write = (bytes: Uint8Array): Effect.Effect<void, TransportError> =>
    Effect.callback((resume) => {
      socket.write(bytes, (error) => {
        resume(error === null || error === undefined ? Effect.void : Effect.fail(hungUp("write")))
      })
    })

  const answer = Effect.gen(function* () {
    let bytes: Uint8Array = new Uint8Array()
    for (;;) {
      const length = dialect.lengthOf(bytes)
      if (length !== undefined && (length < 3 || length > longestAnswer)) return yield* refused("it answers otherwise")
      if (length !== undefined && bytes.length >= length) {
        const refusal = dialect.read(bytes.subarray(0, length))
        return refusal === undefined ? bytes.subarray(length) : yield* refused(refusal)
      }
      bytes = Buffer.concat([bytes, yield* read])
    }
  }).pipe(
    Effect.timeoutOrElse({
      duration: answering,
      orElse: () => Effect.fail(refused(`it does not answer within ${String(Duration.toSeconds(answering))} s`))
    })
  )
  let early = yield* Effect.andThen(write(dialect.greeting(node)), answer).pipe(
    // Whoever tries again does it on another connection.
    Effect.onError(() => Effect.sync(() => void socket.destroy()))
  )
  open = true

  return {
    endpoint,
    write,
    read: Effect.suspend(() => {
      if (early.length === 0) return read
      const bytes = early
      early = new Uint8Array()
      return Effect.succeed(bytes)
    })
  }
})

/**
 * The proxy that has the device open already, for ModemManager or whoever else: beside it, each of the modem's answers
 * would reach only one of us. Seen by root, and by the proxy's own user.
 */
export const proxyOn = Effect.fnUntraced(function* (node: string): Effect.fn.Return<ProxyKind | undefined> {
  const proxies = yield* Proxies
  const holders = new Set(holdersOf(node).map(({ program }) => program))
  return (["qmi", "mbim"] as const).find((kind) => holders.has(proxies[kind].name))
})
