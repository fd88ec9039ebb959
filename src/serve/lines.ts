/** Commands as they come in: from the input of the program, or over a socket. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { connect, createServer } from "node:net"
import type { Server, Socket } from "node:net"
import { lstatSync, unlinkSync } from "node:fs"
import { pathUnusable, ServeError } from "./ServeError.ts"

/** No command is that long; what is longer is dropped up to the next line. */
const longestLine = 4096
/** Commands that wait to be obeyed; whoever sends more is held back. */
const mostLines = 64

/** Cuts bytes into lines, in bounded memory. An overlong line comes as its beginning. */
export const lineCutter = (): ((bytes: Uint8Array) => ReadonlyArray<string>) => {
  let begun: Array<number> = []
  let tooLong = false
  const decoder = new TextDecoder()
  const end = (): string => {
    const text = decoder.decode(Uint8Array.from(begun))
    begun = []
    tooLong = false
    return text
  }
  return (bytes) => {
    const lines: Array<string> = []
    for (const byte of bytes) {
      if (byte === 0x0a) lines.push(end())
      else if (begun.length >= longestLine) tooLong = true
      else if (!tooLong) begun.push(byte)
    }
    return lines
  }
}

type LineSource = Pick<NodeJS.ReadableStream, "on" | "off" | "pause" | "resume">

/** Obeys line after line until the source ends; `reply` is given what is to be answered. */
export const obeyLines = Effect.fnUntraced(function* <E, R>(
  source: LineSource,
  obey: (line: string) => Effect.Effect<void, E, R>
) {
  const lines = yield* Queue.unbounded<string | undefined>()
  const cut = lineCutter()
  let waiting = 0
  const onData = (bytes: Buffer | string): void => {
    const cutOff = cut(typeof bytes === "string" ? Buffer.from(bytes) : bytes)
    waiting += cutOff.length
    if (waiting > mostLines) source.pause()
    for (const line of cutOff) Queue.offerUnsafe(lines, line)
  }
  const onEnd = (): void => void Queue.offerUnsafe(lines, undefined)
  yield* Effect.acquireRelease(
    Effect.sync(() => source.on("data", onData).on("end", onEnd).on("error", onEnd).on("close", onEnd)),
    () =>
      Effect.sync(() => {
        source.off("data", onData).off("end", onEnd).off("close", onEnd).pause()
      })
  )
  while (true) {
    const line = yield* Queue.take(lines)
    if (line === undefined) return
    waiting--
    if (waiting === mostLines) source.resume()
    yield* obey(line)
  }
}, Effect.scoped)

/** Whether a program answers on this socket; one that was left behind can be removed. */
const isAlive = (path: string): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const socket = connect(path)
    socket.on("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.on("error", () => resume(Effect.succeed(false)))
  })

const listen = (path: string, onSocket: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.callback<Server, ServeError>((resume) => {
      const server = createServer(onSocket)
      server.once("error", (error) => resume(Effect.fail(pathUnusable(path)(error))))
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    // Removes the socket's file too.
    (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  )

/** The same commands over a socket of the file system, one connection or many, until the scope ends. */
export const listenForLines = Effect.fnUntraced(function* (
  path: string,
  obey: (line: string, reply: (text: string) => Effect.Effect<void>) => Effect.Effect<void>
) {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there !== undefined) {
    if (!there.isSocket()) return yield* new ServeError({ what: path, reason: { _tag: "PathTaken" } })
    if (yield* isAlive(path)) return yield* new ServeError({ what: path, reason: { _tag: "AddressInUse" } })
    yield* Effect.try({ try: () => unlinkSync(path), catch: pathUnusable(path) })
  }
  const sockets = yield* Queue.unbounded<Socket>()
  const open = new Set<Socket>()
  yield* listen(path, (socket) => {
    open.add(socket)
    socket.on("close", () => open.delete(socket))
    // A client that hangs up in the middle is no error of ours.
    socket.on("error", () => socket.destroy())
    Queue.offerUnsafe(sockets, socket)
  })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const socket of open) socket.destroy()
    })
  )
  // Waits until it is sent: a client that does not read is not sent more.
  const send = (socket: Socket, text: string) =>
    Effect.callback<void>((resume) => void socket.write(text, () => resume(Effect.void)))
  const answer = (socket: Socket) =>
    obeyLines(socket, (line) => obey(line, (reply) => send(socket, `${reply}\n`))).pipe(
      Effect.ensuring(Effect.sync(() => socket.end()))
    )
  yield* Effect.forkScoped(
    Effect.forever(Effect.flatMap(Queue.take(sockets), (socket) => Effect.forkScoped(answer(socket))))
  )
})
