/** The download port by bulk endpoints, on a device in memory that keeps WebUSB's rules. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { openBulkPort } from "../../../src/live/usb/BulkPort.ts"
import { openQdlSession } from "../../../src/session/QdlSession.ts"
import * as Sim from "../../../src/sim/index.ts"
import type { TransportError } from "../../../src/transport/TransportError.ts"
import { fakeWebUsb } from "../../support/fake-webusb.ts"
import { pass, timed } from "../../support/virtual-time.ts"

const port = { endpoint: "usb 1-1:1.0", interfaceNumber: 0 }
const dload = Uint8Array.of(0x7e, 0x70, 0x00, 0x00, 0x14, 0x46, 0x7e)
const ack = Uint8Array.of(0x7e, 0x02, 0x6a, 0xd3, 0x7e)

const holding = (drivers: Readonly<Record<number, string>> = {}) =>
  Effect.flatMap(Sim.make(Sim.em7455({ mode: "boot-and-hold", timing: Sim.instant })), (modem) =>
    Effect.map(fakeWebUsb(modem, drivers), (fake) => ({ modem, fake }))
  )

const reasonOf = (exit: Exit.Exit<unknown, TransportError>): string => {
  assert(Exit.isFailure(exit))
  const [reason] = exit.cause.reasons
  assert(reason?._tag === "Fail")
  return reason.error.reason._tag
}

describe("the download port by straight USB", () => {
  it.effect("carries QDL, and gives the interface back to the kernel's driver", () =>
    Effect.gen(function* () {
      const { fake } = yield* holding({ 0: "qcserial" })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const connection = yield* openBulkPort(fake.device, port)
          assert.strictEqual(fake.driver(0), "usbfs")
          yield* connection.write(dload)
          const answer = yield* timed(connection.read)
          assert.deepStrictEqual(answer.exit, Exit.succeed(ack))
        })
      )
      assert.deepStrictEqual(fake.calls, [
        ...["open", "detach 0", "claim 0", "out 1 7"],
        ...["release 0", "attach 0", "close"]
      ])
      assert.strictEqual(fake.driver(0), "qcserial")
      assert.isFalse(fake.isOpen())
    })
  )

  it.effect("sends a long write in whole packets, and nothing behind a write that ends with one", () =>
    Effect.gen(function* () {
      const { fake } = yield* holding()
      const connection = yield* openBulkPort(fake.device, port)
      const bytes = new Uint8Array(128 * 1024 + 512).map((_, index) => index * 7)
      yield* timed(connection.write(bytes))
      assert.deepStrictEqual(
        fake.bytesOut.map(({ length }) => length),
        [65_536, 65_536, 512]
      )
      assert.deepStrictEqual(Buffer.concat(fake.bytesOut), Buffer.from(bytes))
    })
  )

  it.effect("a whole session with the simulated boot loader works on it", () =>
    Effect.gen(function* () {
      const { fake, modem } = yield* holding()
      const run = yield* timed(
        Effect.scoped(
          Effect.gen(function* () {
            const qdl = yield* openQdlSession(openBulkPort(fake.device, port))
            assert.strictEqual(yield* qdl.dloadSwitch, "switched")
            assert.strictEqual(yield* qdl.hello({ version: 6, toleratesError: false }), 6)
            yield* qdl.reset
          })
        )
      )
      assert.deepStrictEqual(run.exit, Exit.void)
      yield* pass("2 minutes", "1 second")
      const journal = yield* modem.journal
      assert.isTrue(journal.some(({ _tag }) => _tag === "Unplugged"))
    })
  )

  it.effect("lets go of the device when it is interrupted in the middle of a write that is not taken", () =>
    Effect.gen(function* () {
      const { fake } = yield* holding({ 0: "qcserial" })
      const fiber = yield* Effect.forkChild(
        Effect.scoped(
          Effect.gen(function* () {
            const connection = yield* openBulkPort(fake.device, port)
            // No boot loader takes this: a chunk that was never announced fills its buffers.
            yield* connection.write(new Uint8Array(64 * 1024 * 1024))
          })
        )
      )
      yield* pass("100 millis", "10 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(fake.calls.slice(-3), ["release 0", "attach 0", "close"])
      assert.strictEqual(fake.driver(0), "qcserial")
    })
  )

  it.effect("says Unplugged to whoever reads or writes when the modem goes, and still ends", () =>
    Effect.gen(function* () {
      const { fake } = yield* holding({ 0: "qcserial" })
      const scope = yield* Scope.make()
      const connection = yield* Scope.provide(openBulkPort(fake.device, port), scope)
      const reading = yield* Effect.forkChild(connection.read)
      yield* pass("100 millis")
      fake.unplug()
      assert.strictEqual(reasonOf(yield* Fiber.await(reading)), "Unplugged")
      assert.strictEqual(reasonOf(yield* Effect.exit(connection.read)), "Unplugged")
      assert.strictEqual(reasonOf(yield* Effect.exit(connection.write(dload))), "Unplugged")
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(fake.isOpen())
    })
  )

  it.effect("does not take an interface from another program", () =>
    Effect.gen(function* () {
      const { fake } = yield* holding({ 0: "usbfs" })
      assert.strictEqual(reasonOf(yield* Effect.exit(openBulkPort(fake.device, port))), "Busy")
      assert.strictEqual(fake.driver(0), "usbfs")
    }).pipe(Effect.scoped)
  )

  it.effect("names a device that may not be opened", () =>
    Effect.gen(function* () {
      for (const cause of [
        Object.assign(new Error("Access denied."), { name: "SecurityError" }),
        new Error("open error: failed to open device (errno 13)")
      ]) {
        const { fake } = yield* holding()
        fake.fail("open", cause)
        assert.strictEqual(reasonOf(yield* Effect.exit(openBulkPort(fake.device, port))), "PermissionDenied")
      }
    }).pipe(Effect.scoped)
  )

  it.effect("gives the interface back where claiming it fails", () =>
    Effect.gen(function* () {
      const { fake } = yield* holding({ 0: "qcserial" })
      fake.fail("claim", new Error("claimInterface error: interface is busy (errno 16)"))
      assert.strictEqual(reasonOf(yield* Effect.exit(Effect.scoped(openBulkPort(fake.device, port)))), "Busy")
      assert.strictEqual(fake.driver(0), "qcserial")
      assert.isFalse(fake.isOpen())
    })
  )

  it.effect("gives up a modem that takes nothing for a minute, and writes nothing behind what is lost", () =>
    Effect.gen(function* () {
      const { fake } = yield* holding()
      const stuck = { ...fake.device, transferOut: () => new Promise<never>(() => undefined) }
      const connection = yield* openBulkPort(stuck, port)
      const write = yield* timed(connection.write(dload), "5 minutes", "1 second")
      assert.strictEqual(reasonOf(write.exit), "Stalled")
      assert.strictEqual(write.millis, 60_000)
      assert.strictEqual(reasonOf(yield* Effect.exit(connection.write(dload))), "IoFailed")
    })
  )

  it.effect("asks the device for no more while nobody reads what came", () =>
    Effect.gen(function* () {
      const { fake } = yield* holding()
      let asked = 0
      const chatty = {
        ...fake.device,
        transferIn: (_: number, length: number) => {
          asked++
          return Promise.resolve({ status: "ok" as const, data: new DataView(new ArrayBuffer(length)) })
        }
      }
      const connection = yield* openBulkPort(chatty, port)
      yield* pass("1 second", "10 millis")
      assert.strictEqual(asked, 16)
      yield* connection.read
      yield* pass("1 second", "10 millis")
      assert.strictEqual(asked, 17)
    })
  )

  it.effect("clears a halted endpoint and goes on; one that stays halted ends it", () =>
    Effect.gen(function* () {
      const { fake } = yield* holding()
      let halts = 2
      const limping = {
        ...fake.device,
        transferIn: (endpoint: number, length: number) =>
          halts-- > 0 ? Promise.resolve({ status: "stall" as const }) : fake.device.transferIn(endpoint, length)
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const connection = yield* openBulkPort(limping, port)
          yield* connection.write(dload)
          assert.deepStrictEqual((yield* timed(connection.read)).exit, Exit.succeed(ack))
        })
      )
      assert.deepStrictEqual(
        fake.calls.filter((call) => call.startsWith("clear")),
        ["clear in 1", "clear in 1"]
      )
      halts = Number.POSITIVE_INFINITY
      const connection = yield* openBulkPort(limping, port)
      assert.strictEqual(reasonOf((yield* timed(connection.read)).exit), "IoFailed")
    })
  )
})
