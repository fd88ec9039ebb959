/** A pseudo terminal with the test at its other end: what is written to it arrives here, if it is read. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readlinkSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Pty {
  /** `/dev/pts/5` */
  readonly path: string
  /** A symbolic link to it. */
  readonly link: string
  /** Everything that arrived. */
  readonly received: () => Buffer
  /** Waits until so many bytes arrived. */
  readonly arrived: (length: number) => Effect.Effect<void>
  readonly send: (bytes: Uint8Array) => void
  /** Bytes that were sent and have not left the test yet. */
  readonly unsent: () => number
  /** Stops and starts taking what is written: small amounts still fit in between. */
  readonly take: (on: boolean) => void
  /** The device is gone. */
  readonly hangUp: () => void
}

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "boothold-live-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

const everyFewMillis = Schedule.spaced("5 millis")

const untilExists = (path: string) =>
  Effect.suspend(() => Effect.succeed(existsSync(path))).pipe(
    Effect.repeat({ until: (there) => there, schedule: everyFewMillis })
  )

export const openPty = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const connected = yield* Deferred.make<Socket>()
  const server = createServer((socket) => Deferred.doneUnsafe(connected, Effect.succeed(socket)))
  const listening = Effect.callback<void>((resume) => {
    server.listen(join(folder, "socket"), () => resume(Effect.void))
  })
  yield* Effect.acquireRelease(listening, () => Effect.sync(() => void server.close()))
  const link = join(folder, "tty")
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn("socat", [`PTY,link=${link},rawer`, `UNIX-CONNECT:${folder}/socket`], { stdio: "ignore" })),
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("close", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )
  const socket = yield* Deferred.await(connected)
  yield* Effect.addFinalizer(() => Effect.sync(() => void socket.destroy()))
  yield* untilExists(link)

  const pieces: Array<Buffer> = []
  let length = 0
  let waiting: { readonly length: number; readonly done: () => void } | undefined
  socket.on("error", () => undefined)
  socket.on("data", (bytes: Buffer) => {
    pieces.push(bytes)
    length += bytes.length
    if (waiting !== undefined && length >= waiting.length) waiting.done()
  })
  const pty: Pty = {
    path: readlinkSync(link),
    link,
    received: () => Buffer.concat(pieces),
    arrived: (wanted) =>
      Effect.callback<void>((resume) => {
        if (length >= wanted) return resume(Effect.void)
        waiting = { length: wanted, done: () => resume(Effect.void) }
      }).pipe(Effect.timeout("10 seconds"), Effect.orDie),
    send: (bytes) => void socket.write(bytes),
    unsent: () => socket.writableLength,
    take: (on) => void (on ? socket.resume() : socket.pause()),
    hangUp: () => void child.kill("SIGKILL")
  }
  return pty
})
