/** Claims of a modem on a message bus of our own, with a ModemManager that behaves, misbehaves, or is not there. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { createServer } from "node:net"
import { realpathSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { BusError } from "../../src/device/BusError.ts"
import { UsbBus } from "../../src/device/UsbBus.ts"
import type { ClaimNotice } from "../../src/device/UsbBus.ts"
import { IgnoreModemManager, layer, Roots, SystemBusAddress } from "../../src/live/index.ts"
import { fakeSystem, mc7455 } from "../support/fake-sysfs.ts"
import type { FakeSystem } from "../support/fake-sysfs.ts"
import { fakeModemManager, hasDaemon, privateBus } from "../support/system-bus.ts"

const uidOf = (system: FakeSystem, portPath = "1-2") => realpathSync(join(system.devices, portPath))

const liveBus = ({ roots }: FakeSystem) =>
  Layer.build(Layer.fresh(layer)).pipe(
    Effect.map((context) => Context.get(context, UsbBus)),
    Effect.provideService(Roots, roots)
  )

/** A modem at 1-2, the bus that it is on, and what a claim of it tells. */
const setting = (address: string) =>
  Effect.gen(function* () {
    const system = yield* fakeSystem
    system.plug(mc7455("1-2"))
    const bus = yield* liveBus(system)
    const notices: Array<ClaimNotice> = []
    const claim = Effect.gen(function* () {
      const device = (yield* bus.devices).find(({ portPath }) => portPath === "1-2")
      assert.isDefined(device)
      yield* bus.claim(device, (notice) => Effect.sync(() => void notices.push(notice)))
    }).pipe(Effect.provideService(SystemBusAddress, address))
    return { system, uid: uidOf(system), claim, notices, tags: () => notices.map(({ _tag }) => _tag) }
  })

const until = (what: string, test: () => boolean) =>
  Effect.gen(function* () {
    const end = (yield* Clock.currentTimeMillis) + 10_000
    while (!test()) {
      if ((yield* Clock.currentTimeMillis) > end) return yield* Effect.die(new Error(`not within 10 s: ${what}`))
      yield* Effect.sleep("10 millis")
    }
  })

const nowhere = "unix:path=/nonexistent/bus"
const limit = 30_000

describe("a claim where there is no message bus", () => {
  it.live("goes on where no ModemManager is seen", () =>
    Effect.gen(function* () {
      const { claim, notices } = yield* setting(nowhere)
      yield* claim
      assert.deepStrictEqual(notices, [])
    }).pipe(Effect.scoped)
  )

  it.live("is refused where one is: it cannot be asked; unless it is to be ignored", () =>
    Effect.gen(function* () {
      const { claim, system } = yield* setting(nowhere)
      system.process(812, "ModemManager")
      const error = yield* Effect.flip(claim)
      assert.instanceOf(error, BusError)
      assert.strictEqual(error.code, "DEVICE_CLAIM_FAILED")
      assert.include(error.message, "pid 812")
      assert.include(error.message, "no system bus")
      yield* Effect.provideService(claim, IgnoreModemManager, true)
    }).pipe(Effect.scoped)
  )

  it.live(
    "does not wait long for one that takes connections and says nothing, or nonsense",
    () =>
      Effect.gen(function* () {
        // The last one is a message with a field of a type that does not exist.
        const unheardOf = "l\u0002\0\u0001\0\0\0\0\u0001\0\0\0\u0008\0\0\0\u0001\u0001Z\0\0\0\0\0"
        const answers = ["", "ERROR\r\n", `OK 1234\r\n|${"\u0001l".repeat(400)}`, `OK 1234\r\n|${unheardOf}`]
        yield* Effect.forEach(
          answers,
          (answer, index) =>
            Effect.gen(function* () {
              const name = `boothold-test-deaf-bus-${String(process.pid)}-${String(index)}`
              const { claim, system } = yield* setting(`unix:abstract=${name}`)
              yield* Effect.acquireRelease(
                Effect.callback<ReturnType<typeof createServer>>((resume) => {
                  const server = createServer((socket) => {
                    socket.on("error", () => undefined)
                    // What is behind the greeting comes in a packet of its own.
                    const [greeting = "", behind = ""] = answer.split("|")
                    socket.once("data", () => {
                      if (greeting !== "") socket.write(greeting)
                      if (behind !== "") setTimeout(() => socket.write(behind), 200)
                    })
                  })
                  server.listen(`\0${name}`, () => resume(Effect.succeed(server)))
                }),
                (server) => Effect.sync(() => void server.close())
              )
              const start = yield* Clock.currentTimeMillis
              yield* Effect.scoped(claim)
              system.process(812, "ModemManager")
              const error = yield* Effect.flip(claim)
              assert.include(error.message, "system bus cannot be used", answer)
              assert.isBelow((yield* Clock.currentTimeMillis) - start, 10_000)
            }),
          { concurrency: answers.length }
        )
      }).pipe(Effect.scoped),
    limit
  )
})

describe.skipIf(!hasDaemon)("a claim on a bus of our own (needs dbus-daemon, package dbus)", () => {
  it.live(
    "has ModemManager leave the modem alone, once for all claims of it, until the last one ends",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const { claim, tags, uid } = yield* setting(bus.address)
        const manager = yield* fakeModemManager(bus, { knows: new Set([uid]) })
        const outer = yield* Scope.make()
        yield* Scope.provide(claim, outer)
        assert.deepStrictEqual([...manager.inhibited.keys()], [uid])
        yield* Effect.scoped(claim)
        assert.strictEqual(manager.inhibited.size, 1)
        assert.deepStrictEqual(tags(), ["Held", "Held"])
        yield* Scope.close(outer, Exit.void)
        assert.strictEqual(manager.inhibited.size, 0)
        assert.deepStrictEqual(manager.calls, [`inhibit ${uid}`, `release ${uid}`])
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "uses the name that ModemManager has for the modem with these ports",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const { claim } = yield* setting(bus.address)
        const manager = yield* fakeModemManager(bus, {
          knows: new Set(["the-router's-modem"]),
          modems: [
            { uid: "another", ports: ["cdc-wdm7"] },
            { uid: "the-router's-modem", ports: ["wwan0", "cdc-wdm0"] }
          ]
        })
        yield* claim
        assert.deepStrictEqual([...manager.inhibited.keys()], ["the-router's-modem"])
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "fails where it is refused, by name, and where there is no answer that is known",
    () =>
      Effect.gen(function* () {
        for (const [error, code] of [
          ["org.freedesktop.DBus.Error.AccessDenied", "DEVICE_CLAIM_REFUSED"],
          ["org.freedesktop.ModemManager1.Error.Core.Unauthorized", "DEVICE_CLAIM_REFUSED"],
          ["org.freedesktop.ModemManager1.Error.Core.InProgress", "DEVICE_CLAIM_TAKEN"],
          ["org.freedesktop.DBus.Error.UnknownMethod", "DEVICE_CLAIM_FAILED"]
        ] as const) {
          const bus = yield* privateBus
          const { claim, notices, uid } = yield* setting(bus.address)
          const manager = yield* fakeModemManager(bus, { answers: { error, message: "so not" }, knows: new Set([uid]) })
          const failure = yield* Effect.flip(Effect.scoped(claim))
          assert.strictEqual(failure.code, code, error)
          assert.include(failure.message, "so not")
          assert.include(failure.message, error)
          if (code !== "DEVICE_CLAIM_TAKEN") assert.include(failure.help, "--ignore-modem-manager")
          yield* Effect.provideService(Effect.scoped(claim), IgnoreModemManager, true)
          assert.deepStrictEqual(manager.calls, [`inhibit ${uid}`])
          assert.deepStrictEqual(notices, [])
        }
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "waits while ModemManager is setting the modem up: nobody else may talk to it before",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const { claim, tags, uid } = yield* setting(bus.address)
        const busy = new Set([uid])
        const manager = yield* fakeModemManager(bus, { busy, knows: new Set([uid]) })
        const claiming = yield* Effect.forkScoped(claim)
        // Longer than a device that it does not know is waited for.
        yield* Effect.sleep("2500 millis")
        assert.isAbove(manager.calls.length, 5)
        assert.deepStrictEqual(tags(), [])
        assert.isUndefined(claiming.pollUnsafe())
        busy.clear()
        yield* Fiber.join(claiming)
        assert.deepStrictEqual([...manager.inhibited.keys()], [uid])
        assert.deepStrictEqual(tags(), ["Held"])
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "goes on where ModemManager is not there, or ends instead of answering, and starts nobody",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const { claim, notices, uid } = yield* setting(bus.address)
        yield* Effect.scoped(claim)
        assert.isFalse(bus.wasStarted())
        const silent = yield* fakeModemManager(bus, { answers: "silent", knows: new Set([uid]) })
        yield* Effect.forkScoped(
          Effect.andThen(
            until("it is asked", () => silent.calls.length > 0),
            silent.end
          )
        )
        yield* Effect.scoped(claim)
        assert.deepStrictEqual(notices, [])
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "is refused where ModemManager runs elsewhere than on this bus",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const { claim, system } = yield* setting(bus.address)
        system.process(812, "ModemManager")
        const error = yield* Effect.flip(Effect.scoped(claim))
        assert.strictEqual(error.code, "DEVICE_CLAIM_FAILED")
        assert.include(error.message, "not on the system bus")
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "is made again when ModemManager starts anew, or starts at all, and gets to know the modem later",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const { claim, tags, uid } = yield* setting(bus.address)
        yield* claim
        const first = yield* fakeModemManager(bus, { knows: new Set([uid]) })
        yield* until("the one that starts is told", () => first.inhibited.has(uid))
        yield* first.end
        const knows = new Set<string>()
        const second = yield* fakeModemManager(bus, { knows })
        yield* until("the next one is asked", () => second.calls.length > 1)
        knows.add(uid)
        yield* until("the next one is told", () => second.inhibited.has(uid))
        yield* until("all is told", () => tags().length === 2)
        assert.deepStrictEqual(tags(), ["Held", "HeldAgain"])
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "says so when the next ModemManager refuses; the run is not ended for it",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const { claim, notices, tags, uid } = yield* setting(bus.address)
        const first = yield* fakeModemManager(bus, { knows: new Set([uid]) })
        yield* claim
        yield* first.end
        yield* fakeModemManager(bus, {
          answers: { error: "org.freedesktop.DBus.Error.AccessDenied" },
          knows: new Set([uid])
        })
        yield* until("it is told", () => tags().includes("Lost"))
        assert.deepStrictEqual(tags(), ["Held", "Lost"])
        assert.include(JSON.stringify(notices[1]), "AccessDenied")
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "is made again when the bus itself was restarted",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const { claim, tags, uid } = yield* setting(bus.address)
        yield* fakeModemManager(bus, { knows: new Set([uid]) })
        yield* claim
        yield* bus.restart
        const second = yield* fakeModemManager(bus, { knows: new Set([uid]) })
        yield* until("the next one is told", () => second.inhibited.has(uid))
        yield* until("all is told", () => tags().length === 3)
        assert.deepStrictEqual(tags(), ["Held", "Lost", "HeldAgain"])
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "covers the socket's other speed too, when the modem comes back there",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const system = yield* fakeSystem
        system.pair("1-2", "2-2")
        system.plug(mc7455("1-2"))
        const knows = new Set([uidOf(system)])
        const manager = yield* fakeModemManager(bus, { knows })
        const live = yield* liveBus(system)
        const [device] = yield* live.devices
        assert.isDefined(device)
        assert.strictEqual(device.peerPath, "2-2")
        yield* Effect.provideService(live.claim(device), SystemBusAddress, bus.address)
        assert.strictEqual(manager.inhibited.size, 1)
        system.unplug("1-2")
        system.plug(mc7455("2-2"))
        const there = uidOf(system, "2-2")
        knows.add(there)
        yield* until("it is inhibited there", () => manager.inhibited.has(there))
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "ends with the process, however that ends",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const system = yield* fakeSystem
        system.plug(mc7455("1-2"))
        const uid = uidOf(system)
        const manager = yield* fakeModemManager(bus, { knows: new Set([uid]) })
        const script = fileURLToPath(new URL("claiming-program.ts", import.meta.url))
        for (const signal of ["SIGKILL", "SIGTERM"] as const) {
          const child = spawn(process.execPath, [script, JSON.stringify(system.roots), bus.address], {
            stdio: "ignore"
          })
          yield* until("it is inhibited", () => manager.inhibited.has(uid))
          child.kill(signal)
          yield* until(`it is free again after ${signal}`, () => manager.inhibited.size === 0)
        }
        // Only the orderly end could say it.
        assert.deepStrictEqual(manager.calls, [`inhibit ${uid}`, `inhibit ${uid}`, `release ${uid}`])
      }).pipe(Effect.scoped),
    limit
  )
})
