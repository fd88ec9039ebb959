/** The USB bus of this computer (Linux), as {@link UsbBus}: sysfs says who is there, /dev and the kernel's events when to look. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Exit from "effect/Exit"
import { BusError } from "../device/BusError.ts"
import { UsbBus } from "../device/UsbBus.ts"
import type { BusEvent, ClaimNotice, OpenOptions, PortInfo, UsbDevice } from "../device/UsbBus.ts"
import { TransportError } from "../transport/TransportError.ts"
import { SleepInhibitor } from "../update/SleepInhibitor.ts"
import { nodeState } from "./access.ts"
import { changesBetween } from "./diff.ts"
import { failure } from "./io-error.ts"
import { listen } from "./hotplug.ts"
import { openPort } from "./open.ts"
import { openProxy, proxyOn } from "./Proxy.ts"
import { Roots } from "./Roots.ts"
import { makeStandIns } from "./stand-in.ts"
import { keepAwake } from "./SleepInhibitor.ts"
import { scan } from "./Sysfs.ts"
import { Transport } from "./Transport.ts"
import { UsbDevices } from "./usb/NodeUsb.ts"

/** A port whose node cannot be opened yet is held back: udevd gives it its group a moment after the kernel made it. */
const graceMillis = 2000

/** After an event, looks follow each other at growing distances: a device leaves and arrives in many steps. */
const firstLookMillis = 20
/** The back-stop while somebody listens: for what no event tells, e.g. a port without node that was never opened. */
const slowestLookMillis = 1000
/** The same where nothing can be watched. */
const unwatchedLookMillis = 200

const make = Effect.gen(function* () {
  const roots = yield* Roots
  const usbDevices = yield* UsbDevices
  const offered = makeStandIns(yield* Transport, roots)
  const one = yield* Semaphore.make(1)
  const listeners = new Set<Queue.Queue<BusEvent>>()
  /** When each node was first seen that could not be opened. */
  let waiting: ReadonlyMap<string, number> = new Map()
  let known: ReadonlySet<string> | undefined

  /** Who is there now, with the ports that can be used, or that are not going to get any better. */
  const look = Semaphore.withPermit(
    one,
    Effect.gen(function* () {
      const found = yield* Effect.provideService(scan, Roots, roots)
      const now = yield* Clock.currentTimeMillis
      const still = new Map<string, number>()
      const before = known
      const devices = found.map((device): UsbDevice => {
        const ports = device.ports.filter((port) => {
          if (port.node === undefined || nodeState(port.node) === "open") return true
          const id = `${device.key} ${port.name}`
          const since = waiting.get(id) ?? now
          // What was there before anybody looked is as it is: nobody is about to change it.
          if (before === undefined || (before.has(device.key) && !waiting.has(id)) || now - since >= graceMillis)
            return true
          still.set(id, since)
          return false
        })
        return { ...device, ports }
      })
      waiting = still
      known = new Set([...found.map(({ key }) => key)])
      return { devices: offered(devices, now), pending: still.size > 0 }
    })
  )

  const devices = Effect.map(look, (seen) => seen.devices)

  /** The watch that all listeners share; it runs while there are any. */
  let told: ReadonlyArray<UsbDevice> = []
  let watching: Scope.Closeable | undefined
  const gate = yield* Semaphore.make(1)

  const publish = Effect.gen(function* () {
    const seen = yield* look
    const events = changesBetween(told, seen.devices)
    told = seen.devices
    for (const queue of listeners) yield* Queue.offerAll(queue, events)
    return { moved: events.length > 0 || seen.pending }
  })

  const watchUntilClosed = Effect.gen(function* () {
    const wakes = yield* Queue.sliding<void>(1)
    const watched = yield* listen(() => void Queue.offerUnsafe(wakes, undefined))
    const slowest = watched ? slowestLookMillis : unwatchedLookMillis
    told = (yield* look).devices
    yield* Effect.forkScoped(
      Effect.gen(function* () {
        let pause = slowest
        for (;;) {
          const woken = yield* Effect.timeoutOption(Queue.take(wakes), pause)
          const { moved } = yield* publish
          pause = moved || woken._tag === "Some" ? firstLookMillis : Math.min(pause * 2, slowest)
        }
      })
    )
  })

  const subscribe = Semaphore.withPermit(
    gate,
    Effect.gen(function* () {
      if (watching === undefined) {
        watching = yield* Scope.make()
        yield* Effect.provideService(Scope.provide(watchUntilClosed, watching), Roots, roots)
      }
      const queue = yield* Queue.unbounded<BusEvent>()
      listeners.add(queue)
      return queue
    })
  )

  const unsubscribe = (queue: Queue.Queue<BusEvent>) =>
    Semaphore.withPermit(
      gate,
      Effect.gen(function* () {
        listeners.delete(queue)
        const scope = watching
        if (listeners.size > 0 || scope === undefined) return
        watching = undefined
        yield* Scope.close(scope, Exit.void)
      })
    )

  const open = Effect.fn("LiveBus.open")(function* (device: UsbDevice, port: PortInfo, options: OpenOptions = {}) {
    const endpoint = port.node ?? (port.driver === "usb" ? `usb ${port.name}` : port.name)
    // Names are given out anew: what is called ttyUSB0 now may be another modem's port.
    const here = (yield* look).devices.find(({ key }) => key === device.key)
    if (here?.ports.some(({ name }) => name === port.name) !== true) {
      return yield* new TransportError({ endpoint, operation: "open", reason: { _tag: "NotThere" } })
    }
    if (port.driver === "usb") {
      if (options.proxy !== undefined) {
        const detail = "it opens device nodes, and straight USB has none"
        return yield* failure(endpoint, "open", { _tag: "ProxyRefused", proxy: `${options.proxy}-proxy`, detail })
      }
      // Loaded when it is wanted.
      const openStraightPort = yield* Effect.promise(() =>
        import("./usb/StraightPort.ts").then(({ openStraightPort }) => openStraightPort)
      )
      return yield* openStraightPort(here, port).pipe(
        Effect.provideService(UsbDevices, usbDevices),
        Effect.provideService(Roots, roots)
      )
    }
    const proxy = options.proxy ?? (port.role === "control" ? yield* proxyOn(endpoint) : undefined)
    return yield* proxy === undefined ? openPort(endpoint) : openProxy(endpoint, proxy)
  })

  const changes = Effect.acquireRelease(subscribe, unsubscribe)

  const claimed = new Map<string, UsbDevice>()
  /** The claims of a place, one inhibition for all of them; whoever joins hears how it stands. */
  const claims = yield* RcMap.make({
    lookup: (key: string) =>
      Effect.gen(function* () {
        const device = claimed.get(key)
        const told: Array<ClaimNotice> = []
        const listeners = new Set<(notice: ClaimNotice) => Effect.Effect<void>>()
        const inhibit = yield* Effect.promise(() => import("./Inhibition.ts").then(({ inhibit }) => inhibit))
        const tell = (notice: ClaimNotice) =>
          Effect.andThen(
            Effect.sync(() => void told.splice(0, 1, notice)),
            Effect.forEach([...listeners], (listener) => listener(notice), { discard: true })
          )
        if (device !== undefined) yield* Effect.provideService(inhibit(device, changes, tell), Roots, roots)
        return { listeners, told }
      })
  })
  const claim = Effect.fn("LiveBus.claim")(function* (
    device: UsbDevice,
    tell: (notice: ClaimNotice) => Effect.Effect<void> = () => Effect.void
  ) {
    claimed.set(device.portPath, device)
    // What has failed is let go at once: another claim is another attempt.
    const scope = yield* Effect.flatMap(Scope.Scope, (outer) => Scope.fork(outer))
    const { listeners, told } = yield* RcMap.get(claims, device.portPath).pipe(
      Scope.provide(scope),
      Effect.onError(() => Scope.close(scope, Exit.void))
    )
    yield* Effect.acquireRelease(
      Effect.sync(() => listeners.add(tell)),
      () => Effect.sync(() => listeners.delete(tell))
    )
    yield* Effect.forEach(told, tell, { discard: true })
  })

  return UsbBus.of({
    devices,
    changes,
    open,
    claim
  })
})

const unsupported = (platform: string) => {
  const detail = `real modems are driven on Linux only, and this is ${platform}`
  const fail = Effect.fail(new BusError({ operation: "list", reason: { _tag: "Unavailable", detail } }))
  return UsbBus.of({
    devices: fail,
    changes: fail,
    claim: () => fail,
    open: (_, port) =>
      Effect.fail(new TransportError({ endpoint: port.name, operation: "open", reason: { _tag: "IoFailed", detail } }))
  })
}

/** The bus of a computer that runs `platform`; for tests. */
export const layerOn = (platform: string): Layer.Layer<UsbBus> =>
  platform === "linux"
    ? Layer.merge(Layer.effect(UsbBus, make), Layer.succeed(SleepInhibitor, keepAwake))
    : Layer.succeed(UsbBus, unsupported(platform))

/** The bus of this computer; a list needs no more than one look, events are listened to while somebody wants them. */
export const layer: Layer.Layer<UsbBus> = layerOn(process.platform)
