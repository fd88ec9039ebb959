import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { readdirSync, readlinkSync, writeFileSync } from "node:fs"
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
})
