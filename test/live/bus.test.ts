/** The live bus on a picture of /sys and /dev: looks, events, and what remains when nobody listens any more. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import { execFile } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { UsbBus } from "../../src/device/UsbBus.ts"
import type { BusEvent, OpenOptions } from "../../src/device/UsbBus.ts"
import { watchBus } from "../../src/device/watch.ts"
import { layerOn } from "../../src/live/LiveBus.ts"
import { Proxies } from "../../src/live/ProxyProgram.ts"
import { Roots } from "../../src/live/Roots.ts"
import { fakeSystem, held, mc7455 } from "../support/fake-sysfs.ts"
import type { FakeSystem } from "../support/fake-sysfs.ts"

const onBus = <A, E, R>(system: FakeSystem, effect: Effect.Effect<A, E, R>) =>
  Effect.provide(effect, Layer.provide(layerOn("linux"), Layer.succeed(Roots, system.roots)))

const told = ({ _tag, device }: BusEvent) =>
  `${_tag} ${device.portPath} ${device.ports.map(({ role }) => role).join(",")}`.trimEnd()

/** Events until the wanted one, which the test waits for as long as it may last at all. */
const until = Effect.fnUntraced(function* (changes: Queue.Dequeue<BusEvent>, wanted: string) {
  const all: Array<string> = []
  while (all.at(-1) !== wanted) all.push(told(yield* Queue.take(changes)))
  return all
})

const soon = { timeout: 10_000 }
const node = (system: FakeSystem, name: string) => join(system.roots.dev, name)

/** Folders that this process watches, as the kernel counts them. */
const watchers = (): number =>
  readdirSync("/proc/self/fd").flatMap((file) => {
    try {
      if (!readlinkSync(`/proc/self/fd/${file}`).includes("inotify")) return []
      return readFileSync(`/proc/self/fdinfo/${file}`, "utf8").match(/^inotify /gm) ?? []
    } catch {
      // The file that reads the folder is gone again.
      return []
    }
  }).length

describe("the live bus", () => {
  it.live(
    "tells of a modem that comes, binds late, and leaves",
    () =>
      Effect.gen(function* () {
        const system = yield* fakeSystem
        yield* onBus(
          system,
          Effect.gen(function* () {
            const bus = yield* UsbBus
            assert.deepStrictEqual(yield* bus.devices, [])
            const changes = yield* bus.changes
            system.plug({ ...mc7455("1-2"), interfaces: [], interfaceCount: " 4" })
            assert.deepStrictEqual(yield* until(changes, "Plugged 1-2"), ["Plugged 1-2"])
            system.bind("1-2", { number: 8, driver: "qmi_wwan", node: "cdc-wdm0" })
            assert.deepStrictEqual(yield* until(changes, "Changed 1-2 control"), ["Changed 1-2 control"])
            system.bind("1-2", { number: 3, driver: "qcserial", node: "ttyUSB0" })
            yield* until(changes, "Changed 1-2 at,control")
            const [there] = yield* bus.devices
            system.unplug("1-2")
            yield* until(changes, "Unplugged 1-2 at,control")
            system.plug(held("1-2", "ttyUSB0"))
            assert.deepStrictEqual(yield* until(changes, "Plugged 1-2 download"), ["Plugged 1-2 download"])
            const [back] = yield* bus.devices
            assert.notStrictEqual(back?.key, there?.key)
          })
        )
      }),
    soon
  )

  it.effect(
    "is woken by nodes in /dev: the clock stands still here, so that no look at intervals finds them",
    () =>
      Effect.gen(function* () {
        const system = yield* fakeSystem
        yield* onBus(
          system,
          Effect.gen(function* () {
            const changes = yield* (yield* UsbBus).changes
            system.plug(held("1-2", "ttyUSB0"))
            yield* until(changes, "Plugged 1-2 download")
            system.unplug("1-2")
            rmSync(node(system, "ttyUSB0"))
            yield* until(changes, "Unplugged 1-2 download")
            system.plug(mc7455("1-3", 4))
            yield* until(changes, "Plugged 1-3 diag,nmea,at,control")
          })
        )
      }),
    soon
  )

  it.live(
    "holds a port back until its node can be opened, and no longer than the grace",
    () =>
      Effect.gen(function* () {
        const system = yield* fakeSystem
        yield* onBus(
          system,
          Effect.gen(function* () {
            const bus = yield* UsbBus
            const changes = yield* bus.changes
            system.plug(held("1-2", "ttyUSB0"))
            rmSync(node(system, "ttyUSB0"))
            yield* until(changes, "Plugged 1-2")
            assert.deepStrictEqual(
              (yield* bus.devices).map(({ ports }) => ports),
              [[]]
            )
            writeFileSync(node(system, "ttyUSB0"), "")
            yield* until(changes, "Changed 1-2 download")
            // A node that never comes: the error of opening it says more than a port that is never there.
            system.plug(held("1-3", "ttyUSB1"))
            rmSync(node(system, "ttyUSB1"))
            yield* until(changes, "Plugged 1-3")
            yield* until(changes, "Changed 1-3 download")
          })
        )
      }),
    soon
  )

  it.live("shows what was there before with all its ports, nodes or not", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(held("1-2", "ttyUSB0"))
      rmSync(node(system, "ttyUSB0"))
      const devices = yield* onBus(
        system,
        Effect.flatMap(UsbBus, (bus) => bus.devices)
      )
      assert.strictEqual(devices[0]?.ports[0]?.name, "ttyUSB0")
    })
  )

  it.live(
    "serves a watch that was armed before the modem left",
    () =>
      Effect.gen(function* () {
        const system = yield* fakeSystem
        system.plug(mc7455("1-2"))
        yield* onBus(
          system,
          Effect.gen(function* () {
            const watch = yield* watchBus
            const arrival = yield* Effect.forkChild(
              watch.await({
                identity: { portPath: "1-2" },
                awaited: [{ mode: "boot-and-hold", role: "download" }],
                deadline: Duration.seconds(8)
              }),
              { startImmediately: true }
            )
            system.unplug("1-2")
            system.plug(held("1-2", "ttyUSB7"))
            const { device, port } = yield* Fiber.join(arrival)
            assert.deepStrictEqual([device.productId, port.name], [0x9070, "ttyUSB7"])
          })
        )
      }),
    soon
  )

  it.live(
    "tells each listener, and watches only while there is one",
    () =>
      Effect.gen(function* () {
        const system = yield* fakeSystem
        const before = watchers()
        yield* onBus(
          system,
          Effect.gen(function* () {
            const bus = yield* UsbBus
            yield* bus.devices
            assert.strictEqual(watchers(), before)
            const [first, second] = [yield* Scope.make(), yield* Scope.make()]
            const one = yield* Scope.provide(bus.changes, first)
            const other = yield* Scope.provide(bus.changes, second)
            assert.strictEqual(watchers(), before + 1)
            system.plug(held("1-2", "ttyUSB0"))
            yield* until(one, "Plugged 1-2 download")
            yield* until(other, "Plugged 1-2 download")
            yield* Scope.close(first, Exit.void)
            system.unplug("1-2")
            rmSync(node(system, "ttyUSB0"))
            yield* until(other, "Unplugged 1-2 download")
            assert.strictEqual(yield* Queue.size(one), 0)
            yield* Scope.close(second, Exit.void)
            assert.strictEqual(watchers(), before)
            // And again from the start.
            yield* Effect.scoped(
              Effect.gen(function* () {
                const again = yield* bus.changes
                system.plug(held("1-3", "ttyUSB1"))
                assert.deepStrictEqual(yield* until(again, "Plugged 1-3 download"), ["Plugged 1-3 download"])
              })
            )
            assert.strictEqual(watchers(), before)
          })
        )
      }),
    soon
  )

  it.live("does not open a port whose name belongs to another enumeration by now", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(held("1-2", "ttyUSB0"))
      yield* onBus(
        system,
        Effect.gen(function* () {
          const bus = yield* UsbBus
          const [device] = yield* bus.devices
          const port = device?.ports[0]
          if (device === undefined || port === undefined) return yield* Effect.die("nothing is plugged in")
          system.unplug("1-2")
          system.plug(held("1-3", "ttyUSB0"))
          const gone = yield* Effect.flip(bus.open(device, port))
          assert.deepStrictEqual([gone.reason._tag, gone.endpoint], ["NotThere", node(system, "ttyUSB0")])
        })
      )
    })
  )

  it.live("opens a port by the proxy that it is told, and not without", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      system.plug(mc7455("1-2"))
      yield* onBus(
        system,
        Effect.gen(function* () {
          const bus = yield* UsbBus
          const [device] = yield* bus.devices
          const port = device?.ports.find(({ role }) => role === "control")
          if (device === undefined || port === undefined) return yield* Effect.die("no control port")
          const none = (name: string) => ({ name, programs: [], package: name })
          const open = (options?: OpenOptions) =>
            Effect.scoped(bus.open(device, port, options)).pipe(
              Effect.provideService(Proxies, { qmi: none("no-qmi-proxy"), mbim: none("no-mbim-proxy") }),
              Effect.flip,
              Effect.map(({ message }) => message)
            )
          assert.include(yield* open({ proxy: "qmi" }), `${port.node ?? ""} (no-qmi-proxy)`)
          assert.include(yield* open({ proxy: "mbim" }), `${port.node ?? ""} (no-mbim-proxy)`)
          assert.notInclude(yield* open(), "proxy")
        })
      )
    })
  )

  it.live("lives without a /dev that can be watched, by looking more often", () =>
    Effect.gen(function* () {
      const system = yield* fakeSystem
      rmSync(system.roots.dev, { recursive: true })
      yield* onBus(
        system,
        Effect.gen(function* () {
          const changes = yield* (yield* UsbBus).changes
          system.plug({ ...mc7455("1-2"), interfaces: [], interfaceCount: " 4" })
          yield* until(changes, "Plugged 1-2")
        })
      )
    })
  )

  it.effect("says elsewhere than on Linux that it is not possible here", () =>
    Effect.gen(function* () {
      const bus = yield* UsbBus
      const error = yield* Effect.flip(bus.devices)
      assert.strictEqual(error.code, "DEVICE_BUS_UNAVAILABLE")
      assert.include(error.message, "darwin")
      assert.strictEqual((yield* Effect.flip(Effect.scoped(bus.changes))).code, "DEVICE_BUS_UNAVAILABLE")
    }).pipe(Effect.provide(layerOn("darwin")))
  )

  it("lets the process end by itself once nobody listens", { timeout: 30_000 }, async () => {
    const program = fileURLToPath(new URL("listening-program.ts", import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 20_000 })
    assert.strictEqual(stdout, "listened\nclosed\n")
  })
})
