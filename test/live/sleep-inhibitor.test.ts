/** Inhibitors of a logind on a message bus of our own, held by the system's own `systemd-inhibit`. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { SystemBusAddress } from "../../src/live/index.ts"
import { keepAwake } from "../../src/live/SleepInhibitor.ts"
import { fakeLogind, hasLogind } from "../support/logind.ts"
import { hasDaemon, privateBus } from "../support/system-bus.ts"

const limit = 30_000
const everything = "call sleep:shutdown:handle-lid-switch boothold block"
const denied = "org.freedesktop.DBus.Error.AccessDenied"

const on = (address: string) => Effect.provideService(keepAwake, SystemBusAddress, address)

/** Programs that were started with this bus. */
const startedWith = (address: string): ReadonlyArray<string> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ")
        const variables = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0")
        return variables.includes(`DBUS_SYSTEM_BUS_ADDRESS=${address}`) ? [words] : []
      } catch {
        return []
      }
    })

const untilGone = (address: string) =>
  Effect.sync(() => startedWith(address)).pipe(
    Effect.delay("20 millis"),
    Effect.repeat({ until: (programs) => programs.length === 0 }),
    Effect.timeout("5 seconds"),
    Effect.orDie
  )

describe("a computer without logind", () => {
  it.live("is left alone without a word, also where there is no bus", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* on("unix:path=/nonexistent/bus"))._tag, "Unmanaged")
      if (hasDaemon) assert.strictEqual((yield* on((yield* privateBus).address))._tag, "Unmanaged")
    }).pipe(Effect.scoped)
  )
})

describe.skipIf(!hasLogind)("a computer with logind (needs dbus-daemon, python3 and systemd-inhibit)", () => {
  it.live(
    "is kept awake until the scope ends",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const logind = yield* fakeLogind(bus, "grant")
        yield* Effect.scoped(
          Effect.gen(function* () {
            assert.strictEqual((yield* on(bus.address))._tag, "Kept")
            yield* Effect.sleep("300 millis")
            assert.deepStrictEqual(logind.lines(), [everything])
          })
        )
        yield* logind.until(2)
        assert.deepStrictEqual(logind.lines(), [everything, "released"])
        yield* untilGone(bus.address)
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "is kept awake as far as it is permitted, and says who refuses",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        yield* Effect.scoped(
          Effect.gen(function* () {
            const logind = yield* fakeLogind(bus, `${denied}:handle-lid-switch`)
            assert.strictEqual((yield* on(bus.address))._tag, "Kept")
            assert.deepStrictEqual(logind.lines(), [everything, "call sleep:shutdown boothold block"])
          })
        )
        yield* fakeLogind(bus, denied)
        const refused = yield* on(bus.address)
        assert.strictEqual(refused._tag, "NotKept")
        assert.include(JSON.stringify(refused), "Access denied")
        yield* untilGone(bus.address)
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "keeps a run waiting for 2 s where logind does not answer",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const logind = yield* fakeLogind(bus, "silent")
        const start = yield* Clock.currentTimeMillis
        const silent = yield* on(bus.address)
        assert.approximately((yield* Clock.currentTimeMillis) - start, 2000, 500)
        assert.strictEqual(silent._tag, "NotKept")
        assert.deepStrictEqual(logind.lines(), [everything])
        yield* untilGone(bus.address)
      }).pipe(Effect.scoped),
    limit
  )

  it.live(
    "is let sleep when the program is killed, and not by a Ctrl+C that the program outlives",
    () =>
      Effect.gen(function* () {
        const bus = yield* privateBus
        const logind = yield* fakeLogind(bus, "grant")
        const script = fileURLToPath(new URL("awake-program.ts", import.meta.url))
        // A process group, as the foreground of a terminal is one.
        const child = spawn(process.execPath, [script, bus.address], { stdio: "ignore", detached: true })
        yield* logind.until(1)
        yield* Effect.sleep("300 millis")
        process.kill(-(child.pid ?? 0), "SIGINT")
        yield* Effect.sleep("500 millis")
        assert.deepStrictEqual(logind.lines(), [everything])
        child.kill("SIGKILL")
        yield* logind.until(2)
        assert.strictEqual(logind.lines()[1], "released")
        yield* untilGone(bus.address)
      }).pipe(Effect.scoped),
    limit
  )
})
