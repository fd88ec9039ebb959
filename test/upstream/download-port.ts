/** Carries a port of a simulated modem to a pseudo terminal, so that programs which know nothing of us can open it. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import { spawn } from "node:child_process"
import { existsSync, readlinkSync } from "node:fs"
import { createServer } from "node:net"
import type { Socket } from "node:net"
import type { PortRole } from "../../src/device/UsbBus.ts"
import type { SimModem } from "../../src/sim/index.ts"

export interface Exit {
  readonly status: number | null
  readonly output: string
}

/** Runs a program to its end; both its streams as one text. Killed when the scope closes before. */
export const runProgram = (command: string, args: ReadonlyArray<string>): Effect.Effect<Exit> =>
  Effect.callback<Exit>((resume) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: true })
    let output = ""
    const collect = (text: Buffer) => (output += text.toString())
    child.stdout.on("data", collect)
    child.stderr.on("data", collect)
    child.on("error", (error) => resume(Effect.succeed({ status: null, output: String(error) })))
    child.on("close", (status) => resume(Effect.succeed({ status, output })))
    return Effect.sync(() => {
      // With everything that it started.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
    })
  })

const listening = (path: string, onConnection: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer({ allowHalfOpen: false }, onConnection)
      server.on("error", (error) => resume(Effect.die(error)))
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => void server.close())
  )

const spawned = (command: string, args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(command, args, { stdio: "ignore" })),
    (child) => Effect.sync(() => void child.kill())
  )

/** Bytes of the socket to the modem and back, until the modem leaves the bus or the other end hangs up. */
const carry = (modem: SimModem, role: PortRole, socket: Socket, seen: (bytes: Uint8Array) => void) =>
  Effect.gen(function* () {
    const connection = yield* modem.connect(role)
    const incoming = yield* Queue.unbounded<Uint8Array>()
    const hungUp = yield* Deferred.make<void>()
    socket.on("data", (bytes: Buffer) => {
      seen(bytes)
      Queue.offerUnsafe(incoming, bytes)
    })
    socket.on("error", () => undefined)
    socket.on("close", () => Deferred.doneUnsafe(hungUp, Effect.void))
    const toModem = Effect.forever(Effect.flatMap(Queue.take(incoming), connection.write))
    const fromModem = Effect.forever(Effect.map(connection.read, (bytes) => void socket.write(bytes)))
    yield* Effect.raceFirst(Effect.raceFirst(toModem, fromModem), Deferred.await(hungUp))
  }).pipe(
    Effect.scoped,
    Effect.catch((error) => Effect.succeed(error.reason._tag)),
    Effect.ensuring(Effect.sync(() => void socket.end()))
  )

export interface CarriedPort {
  /** The pseudo terminal, e.g. `/dev/pts/5`. */
  readonly pts: string
  /** Everything that was written to it so far. */
  readonly written: () => Buffer
}

/** A pseudo terminal in `folder` with the port behind it, as long as the scope. */
export const portOnPty = Effect.fnUntraced(function* (modem: SimModem, role: PortRole, folder: string) {
  const sockets = yield* Queue.unbounded<Socket>()
  const path = `${folder}/port.sock`
  const link = `${folder}/port`
  const pieces: Array<Uint8Array> = []
  yield* listening(path, (socket) => void Queue.offerUnsafe(sockets, socket))
  yield* spawned("socat", [`PTY,link=${link},rawer`, `UNIX-CONNECT:${path}`])
  const socket = yield* Queue.take(sockets)
  const pump = yield* Effect.forkScoped(carry(modem, role, socket, (bytes) => pieces.push(bytes)))
  while (!existsSync(link)) yield* Effect.sleep("10 millis")
  const port: CarriedPort & { readonly ended: Effect.Effect<unknown> } = {
    pts: readlinkSync(link),
    written: () => Buffer.concat(pieces),
    ended: Fiber.await(pump)
  }
  return port
})
