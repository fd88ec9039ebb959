/** The way to a proxy's abstract socket: connects, and starts the proxy where none runs. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createConnection } from "node:net"
import type { Socket } from "node:net"
import type { TransportError } from "../transport/TransportError.ts"
import { codeOf, failure, reasonOf } from "./io-error.ts"
import type { ProxyProgram } from "./ProxyProgram.ts"

/** What the reference waits for it: ten times 100 ms (qmi.md §4). */
const patience = "1 second"
/** Nothing tells that an abstract socket has come to be. */
const pause = "20 millis"

/** `undefined` where nobody listens. */
const tryConnect = (
  endpoint: string,
  proxy: ProxyProgram
): Effect.Effect<Socket | undefined, TransportError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Socket | undefined, TransportError>((resume) => {
      // Abstract: a NUL in front of the name, and none behind it.
      const socket = createConnection({ path: `\0${proxy.name}` })
      socket.once("connect", () => {
        socket.removeAllListeners("error")
        resume(Effect.succeed(socket))
      })
      socket.once("error", (error) =>
        resume(
          codeOf(error) === "ECONNREFUSED"
            ? Effect.succeed(undefined)
            : Effect.fail(failure(endpoint, "open", reasonOf(error)))
        )
      )
      return Effect.sync(() => void socket.destroy())
    }),
    // What was written still arrives: a client id is given back with the last words.
    (socket) => Effect.sync(() => void socket?.destroySoon())
  )

/** Ends with the reason when the program ends before anybody could connect. */
const start = (endpoint: string, proxy: ProxyProgram): Effect.Effect<string, TransportError> => {
  const missing = (detail: string) =>
    Effect.fail(failure(endpoint, "open", { _tag: "ProxyMissing", proxy: proxy.name, package: proxy.package, detail }))
  const program = proxy.programs.find((path) => existsSync(path))
  if (program === undefined) return missing("it is not installed")
  return Effect.callback<string, TransportError>((resume) => {
    // It serves others after us, and ends by itself when nobody needs it any more.
    const child = spawn(program, [], { cwd: "/", detached: true, stdio: "ignore" })
    child.once("error", (error) => resume(missing(`${program}: ${error.message}`)))
    child.once("exit", (code, signal) => resume(Effect.succeed(`it ended with ${signal ?? `exit ${String(code)}`}`)))
    child.unref()
    return Effect.sync(() => void child.removeAllListeners("exit"))
  })
}

/** Fails with `ProxyMissing` where none runs and none can be started. */
export const connectToProxy = Effect.fnUntraced(function* (endpoint: string, proxy: ProxyProgram) {
  const running = yield* tryConnect(endpoint, proxy)
  if (running !== undefined) return running
  const connected = Effect.gen(function* () {
    for (;;) {
      yield* Effect.sleep(pause)
      const socket = yield* tryConnect(endpoint, proxy)
      if (socket !== undefined) return socket
    }
  })
  const missing = (detail: string) =>
    failure(endpoint, "open", { _tag: "ProxyMissing", proxy: proxy.name, package: proxy.package, detail })
  const ended = Effect.gen(function* () {
    const how = yield* start(endpoint, proxy)
    // Somebody else's may have been faster: then ours had nothing to do.
    const socket = yield* tryConnect(endpoint, proxy)
    return socket === undefined ? yield* missing(how) : socket
  })
  return yield* Effect.raceFirst(connected, ended).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => Effect.fail(missing("it was started and does not listen"))
    })
  )
})
