import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openTty } from "../../src/live/Tty.ts"
import type { Connection } from "../../src/transport/Connection.ts"
import type { TransportError } from "../../src/transport/TransportError.ts"
import { openPty } from "./pty.ts"

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff)

/** Reads until so many bytes have come. */
const readBytes = (connection: Connection, length: number) =>
  Effect.gen(function* () {
    const pieces: Array<Uint8Array> = []
    for (let have = 0; have < length;) {
      const piece = yield* connection.read
      pieces.push(piece)
      have += piece.length
    }
    return Buffer.concat(pieces)
  }).pipe(Effect.timeout("10 seconds"), Effect.catchTag("TimeoutError", Effect.die))

const reasonOf = (error: TransportError) => error.reason._tag

const descriptorsOn = (path: string): number =>
  readdirSync("/proc/self/fd").filter((entry) => {
    try {
      return readlinkSync(`/proc/self/fd/${entry}`) === path
    } catch {
      return false
    }
  }).length

/** What a port might leave behind. */
const residue = () => ({
  descriptors: readdirSync("/proc/self/fd").length,
  listeners: process
    .eventNames()
    .map((name) => `${String(name)} ${String(process.listenerCount(name))}`)
    .toSorted()
})

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const value = yield* effect
    return { value, millis: (yield* Clock.currentTimeMillis) - start }
  })

const chunk = bytesOf(1024 * 1024 + 13)

describe("openTty", () => {
  it.live("carries every byte value both ways, unchanged", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const connection = yield* openTty(pty.path)
      const all = Uint8Array.from({ length: 256 }, (_, at) => at)
      yield* connection.write(all)
      yield* pty.arrived(256)
      assert.deepStrictEqual([...pty.received()], [...all])
      pty.send(all)
      assert.deepStrictEqual([...(yield* readBytes(connection, 256))], [...all])
    })
  )

  it.live("takes whole chunks, in order and without a byte lost", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const connection = yield* openTty(pty.path)
      for (let sent = 0; sent < 4; sent++) yield* connection.write(chunk)
      yield* pty.arrived(4 * chunk.length)
      assert.isTrue(pty.received().equals(Buffer.concat([chunk, chunk, chunk, chunk])))
    })
  )

  it.live("reads while a chunk is stuck in the write", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const connection = yield* openTty(pty.path)
      pty.take(false)
      const writing = yield* Effect.forkChild(connection.write(chunk), { startImmediately: true })
      pty.send(Buffer.from("stop"))
      assert.strictEqual((yield* readBytes(connection, 4)).toString(), "stop")
      assert.isUndefined(writing.pollUnsafe())
      pty.take(true)
      yield* Fiber.join(writing)
      yield* pty.arrived(chunk.length)
      assert.isTrue(pty.received().equals(chunk))
    })
  )

  it.live("lets go of a stuck chunk at once when it is interrupted, and closes", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const before = residue()
      const scope = yield* Scope.make()
      const connection = yield* Scope.provide(openTty(pty.path), scope)
      assert.strictEqual(descriptorsOn(pty.path), 2)
      pty.take(false)
      const writing = yield* Effect.forkChild(connection.write(chunk), { startImmediately: true })
      yield* Effect.sleep("50 millis")
      assert.isUndefined(writing.pollUnsafe())
      const { millis } = yield* timed(Effect.andThen(Fiber.interrupt(writing), Scope.close(scope, Exit.void)))
      assert.isBelow(millis, 200)
      assert.strictEqual(descriptorsOn(pty.path), 0)
      assert.deepStrictEqual(residue(), before)
    })
  )

  it.live("closes under a stuck chunk that nobody interrupts; the writer is told", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const scope = yield* Scope.make()
      const connection = yield* Scope.provide(openTty(pty.path), scope)
      pty.take(false)
      const writing = yield* Effect.forkChild(Effect.flip(connection.write(chunk)), { startImmediately: true })
      const reading = yield* Effect.forkChild(Effect.flip(connection.read), { startImmediately: true })
      yield* Effect.sleep("50 millis")
      const { millis } = yield* timed(Scope.close(scope, Exit.void))
      assert.isBelow(millis, 200)
      assert.include((yield* Fiber.join(writing)).message, "the port was closed")
      assert.include((yield* Fiber.join(reading)).message, "the port was closed")
      assert.strictEqual(descriptorsOn(pty.path), 0)
    })
  )

  it.live("fails with NotThere, and with IoFailed on what is no tty", () =>
    Effect.gen(function* () {
      assert.strictEqual(reasonOf(yield* Effect.flip(Effect.scoped(openTty("/dev/ttyUSB-none")))), "NotThere")
      const file = join(tmpdir(), `boothold-no-tty-${String(process.pid)}`)
      writeFileSync(file, "")
      const error = yield* Effect.flip(Effect.scoped(openTty(file)))
      assert.strictEqual(reasonOf(error), "IoFailed")
      assert.include(error.message, "Inappropriate ioctl")
    })
  )

  it.live("is exclusive, and free again when it is closed", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* openTty(pty.path)
          assert.strictEqual(reasonOf(yield* Effect.flip(Effect.scoped(openTty(pty.link)))), "Busy")
        })
      )
      yield* Effect.scoped(openTty(pty.path))
    })
  )

  it.live("fails with Unplugged when the device goes, for reader and writer", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const connection = yield* openTty(pty.path)
      pty.take(false)
      const writing = yield* Effect.forkChild(Effect.flip(connection.write(chunk)), { startImmediately: true })
      const reading = yield* Effect.forkChild(Effect.flip(connection.read), { startImmediately: true })
      yield* Effect.sleep("20 millis")
      pty.hangUp()
      const { millis, value } = yield* timed(Effect.all([Fiber.join(writing), Fiber.join(reading)]))
      assert.deepStrictEqual(value.map(reasonOf), ["Unplugged", "Unplugged"])
      assert.isBelow(millis, 500)
      assert.strictEqual(reasonOf(yield* Effect.flip(connection.read)), "Unplugged")
      assert.strictEqual(reasonOf(yield* Effect.flip(connection.write(bytesOf(3)))), "Unplugged")
    })
  )

  it.live("fails with Stalled when the modem takes nothing for too long, and can still be closed at once", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const scope = yield* Scope.make()
      const connection = yield* Scope.provide(openTty(pty.path, { stall: "200 millis" }), scope)
      pty.take(false)
      const { millis, value } = yield* timed(Effect.flip(connection.write(chunk)))
      assert.deepStrictEqual(value.reason, { _tag: "Stalled", millis: 200 })
      assert.isAtLeast(millis, 200)
      // Once to see what the write had taken, once for what was left.
      assert.isBelow(millis, 1000)
      // Short writes wait for room, too.
      assert.strictEqual(reasonOf(yield* Effect.flip(connection.write(bytesOf(9)))), "Stalled")
      const closing = yield* timed(Scope.close(scope, Exit.void))
      assert.isBelow(closing.millis, 200)
    })
  )

  it.live("goes on with a modem that is slow but takes something, and loses nothing", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const connection = yield* openTty(pty.path, { stall: "1 second" })
      const long = Buffer.concat([chunk, chunk, chunk, chunk])
      pty.take(false)
      const slowly = Effect.gen(function* () {
        for (;;) {
          yield* Effect.sleep("100 millis")
          pty.take(true)
          yield* Effect.sleep("2 millis")
          pty.take(false)
        }
      })
      const { millis } = yield* timed(Effect.raceFirst(connection.write(long), slowly))
      // Longer than a stall: the blocking write was let go of on the way.
      assert.isAbove(millis, 1000)
      pty.take(true)
      yield* pty.arrived(long.length)
      assert.isTrue(pty.received().equals(long))
      yield* connection.write(chunk)
      yield* pty.arrived(long.length + chunk.length)
    })
  )

  it.live("holds a device back that floods, instead of keeping all it says", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const connection = yield* openTty(pty.path)
      const flood = bytesOf(4 * 1024 * 1024)
      pty.send(flood)
      yield* Effect.sleep("300 millis")
      assert.isAbove(pty.unsent(), 0)
      assert.isTrue((yield* readBytes(connection, flood.length)).equals(flood))
    })
  )

  it.live("gives what was received before the device went, also when it was held back", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const connection = yield* openTty(pty.path)
      pty.send(bytesOf(1024 * 1024))
      yield* Effect.sleep("100 millis")
      pty.hangUp()
      yield* Effect.sleep("50 millis")
      let received = 0
      const error = yield* Effect.flip(
        Effect.forever(Effect.map(connection.read, (bytes) => void (received += bytes.length)))
      )
      assert.strictEqual(reasonOf(error), "Unplugged")
      assert.isAtLeast(received, 256 * 1024)
    })
  )

  it.live("loses no byte when a read is interrupted", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const connection = yield* openTty(pty.path)
      const { millis } = yield* timed(Effect.timeoutOption(connection.read, "50 millis"))
      assert.isBelow(millis, 200)
      pty.send(Buffer.from("late"))
      assert.strictEqual((yield* readBytes(connection, 4)).toString(), "late")
    })
  )

  it.live("writes one after the other when two fibers do", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const connection = yield* openTty(pty.path)
      const [first, second] = [chunk, chunk.map((byte) => byte ^ 0xff)]
      yield* Effect.all([connection.write(first), connection.write(second)], { concurrency: "unbounded" })
      yield* pty.arrived(2 * chunk.length)
      assert.isTrue(pty.received().equals(Buffer.concat([first, second])))
    })
  )

  it.live("carries many ports at once, of which some are stuck", () =>
    Effect.gen(function* () {
      const ptys = yield* Effect.all(Array.from({ length: 6 }, () => openPty))
      const connections = yield* Effect.forEach(ptys, (pty) => openTty(pty.path))
      for (const pty of ptys.slice(0, 4)) pty.take(false)
      for (const connection of connections.slice(0, 4)) {
        yield* Effect.forkChild(connection.write(chunk), { startImmediately: true })
      }
      const writing = Effect.forEach(connections.slice(4), (connection) => connection.write(chunk), {
        concurrency: "unbounded"
      })
      yield* writing.pipe(Effect.timeout("5 seconds"))
      for (const pty of ptys.slice(4)) {
        yield* pty.arrived(chunk.length)
        assert.isTrue(pty.received().equals(chunk))
      }
    })
  )

  it.live("names the program that holds the port", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const holder = yield* Effect.acquireRelease(
        Effect.sync(() => spawn("flock", ["--no-fork", pty.path, "sleep", "60"], { stdio: "ignore" })),
        (child) => Effect.sync(() => child.kill())
      )
      const isSleeping = () => readFileSync(`/proc/${String(holder.pid)}/comm`, "utf8") === "sleep\n"
      while (!isSleeping()) yield* Effect.sleep("5 millis")
      const error = yield* Effect.flip(Effect.scoped(openTty(pty.path)))
      assert.strictEqual(reasonOf(error), "Busy")
      // Whoever made the pseudo terminal may have it open, too.
      assert.include(error.message, `sleep (pid ${String(holder.pid)})`)
    })
  )

  it.live.skipIf(process.getuid?.() !== 0)("fails with PermissionDenied", () =>
    Effect.gen(function* () {
      const pty = yield* openPty
      const asNobody = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.acquireUseRelease(
          Effect.sync(() => process.seteuid?.(65_534)),
          () => effect,
          () => Effect.sync(() => process.seteuid?.(0))
        )
      assert.strictEqual(reasonOf(yield* asNobody(Effect.flip(Effect.scoped(openTty(pty.path))))), "PermissionDenied")
    })
  )
})
