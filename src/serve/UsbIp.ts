/**
 * Simulated modems as USB devices for the whole machine: a USB/IP server, which can also attach them to this machine's own
 * bus. A modem that leaves the bus closes its connection (unplug); one that comes back is attached again, on the port of
 * `vhci_hcd` where it was, or on another when it says that it is plugged elsewhere.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import { createServer } from "node:net"
import type { AddressInfo, Server } from "node:net"
import type { DeviceRecord } from "../protocol/usbip/message.ts"
import { Speed } from "../protocol/usbip/message.ts"
import type { Attachment, BusSignal, SimModem } from "../sim/SimModem.ts"
import type { UsbDescription } from "../sim/usb/descriptors.ts"
import { describe, makeUsbDevice } from "../sim/usb/UsbDevice.ts"
import { ServeError } from "./ServeError.ts"
import { UsbIpSocket } from "./UsbIpSocket.ts"
import type { Exported, UrbRecord } from "./UsbIpSocket.ts"
import { attachToVhci, checkVhci, choosePort, pathOfPort, waitFree } from "./vhci.ts"

export type { UrbRecord } from "./UsbIpSocket.ts"

export interface UsbIpOptions {
  /** Address to listen on; USB/IP knows no authentication: anything but loopback gives the modem to the network. */
  readonly host: string
  /** 0 = any that is free; usbip programs look at 3240 when nobody says otherwise. */
  readonly port: number
  /** Attach every modem to this machine's own bus as soon as it is there (root, `vhci_hcd`). */
  readonly attach: boolean
  /** Sees every transfer as it ends; it must not keep the data. */
  readonly observe?: (urb: UrbRecord) => void
  /** What goes wrong while it serves; logged as a warning by default. */
  readonly report?: (problem: UsbIpProblem) => Effect.Effect<void>
}

/** The server goes on after each of them. */
export type UsbIpProblem =
  /** A client that does not speak the protocol, or asks for more than any host. */
  | { readonly _tag: "ClientDropped"; readonly message: string }
  /** A modem that came back is not served, or not on this machine's bus. */
  | { readonly _tag: "NotServed"; readonly message: string; readonly error: ServeError }

/** Where one modem is now. */
export interface ServedModem {
  /** For `usbip attach -b`; stays the same. */
  readonly busId: string
  readonly present: boolean
  /** Some host has it. */
  readonly imported: boolean
  /** Where this machine's kernel shows it, e.g. `1-2`, while it is attached. */
  readonly usbPath: string | undefined
}

export interface UsbIpService {
  readonly address: { readonly host: string; readonly port: number }
  /** In the order of the modems. */
  readonly served: Effect.Effect<ReadonlyArray<ServedModem>>
}

const listen = (server: Server, options: UsbIpOptions): Effect.Effect<AddressInfo, ServeError> =>
  Effect.callback((resume) => {
    const what = `${options.host}:${String(options.port)}`
    server.once("error", (error: NodeJS.ErrnoException) => {
      resume(
        Effect.fail(
          new ServeError({
            what,
            reason:
              error.code === "EADDRINUSE"
                ? { _tag: "AddressInUse" }
                : { _tag: "ListenFailed", detail: error.code ?? error.message }
          })
        )
      )
    })
    server.listen({ host: options.host, port: options.port }, () => {
      resume(Effect.succeed(server.address() as AddressInfo))
    })
  })

const recordOf = (description: UsbDescription, busId: string, deviceNumber: number): DeviceRecord => ({
  path: `/sys/devices/boothold/usb1/${busId}`,
  busId,
  busNumber: 1,
  deviceNumber,
  speed: Speed.high,
  vendorId: description.vendorId,
  productId: description.productId,
  bcdDevice: description.bcdDevice,
  deviceClass: 0,
  deviceSubclass: 0,
  deviceProtocol: 0,
  configuration: 1,
  configurations: 1,
  interfaces: description.interfaces.map(({ triple }) => ({
    class: triple[0],
    subclass: triple[1],
    protocol: triple[2]
  }))
})

/** What is known of one modem, across its enumerations. */
interface Slot {
  readonly modem: SimModem
  readonly index: number
  readonly busId: string
  present: (Exported & { readonly scope: Scope.Closeable }) | undefined
  /** Where it was attached, by the path that it said it was plugged at. */
  readonly vhciPorts: Map<string, number>
  attachedAt: number | undefined
}

/** `1-2` is the second port. */
const wantedPort = (portPath: string): number | undefined => {
  const last = /-(\d+)$/.exec(portPath)?.[1]
  return last === undefined ? undefined : Number(last) - 1
}

/**
 * Serves the modems until the scope ends: they are detached then, and run on. With `attach` it returns once every modem
 * that is on the bus has been given to the kernel.
 */
export const serveUsbIp = Effect.fnUntraced(function* (modems: ReadonlyArray<SimModem>, options: UsbIpOptions) {
  const life = yield* Effect.scope
  if (options.attach) yield* checkVhci("attach")
  const sockets = new Set<UsbIpSocket>()
  const awaited = new Map<number, Deferred.Deferred<void>>()
  const slots = modems.map((modem, index): Slot => ({
    modem,
    index,
    busId: `1-${String(index + 1)}`,
    present: undefined,
    vhciPorts: new Map(),
    attachedAt: undefined
  }))

  const report = options.report ?? (({ message }) => Effect.logWarning(message))
  const problems = yield* Queue.dropping<UsbIpProblem>(16)
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(problems), report)))

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(
      new UsbIpSocket(socket, {
        exported: () => slots.flatMap(({ present }) => present ?? []),
        importAnswered: (remotePort) => {
          const waiting = remotePort === undefined ? undefined : awaited.get(remotePort)
          if (waiting !== undefined) Deferred.doneUnsafe(waiting, Effect.void)
        },
        observe: options.observe,
        closed: (closed) => void sockets.delete(closed),
        dropped: (why) => void Queue.offerUnsafe(problems, { _tag: "ClientDropped", message: `client dropped: ${why}` })
      })
    )
  })
  // One that connects and says nothing costs a descriptor; there is no reason for many.
  server.maxConnections = 256
  const bound = yield* Effect.acquireRelease(listen(server, options), () =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
  )
  const address = { host: bound.address, port: bound.port }
  // The wildcard is no address to connect to.
  const self = bound.address === "::" ? "::1" : bound.address === "0.0.0.0" ? "127.0.0.1" : bound.address

  const answered = (fromPort: number): Effect.Effect<void> => {
    const waiting = Deferred.makeUnsafe<void>()
    awaited.set(fromPort, waiting)
    return Effect.ensuring(
      Deferred.await(waiting),
      Effect.sync(() => void awaited.delete(fromPort))
    )
  }

  const attach = Effect.fnUntraced(function* (slot: Slot, portPath: string) {
    const what = `${slot.modem.model.name} at ${portPath}`
    const before = slot.vhciPorts.get(portPath)
    const reserved = new Set(slots.flatMap((other) => (other === slot ? [] : [...other.vhciPorts.values()])))
    const vhciPort = before ?? (yield* choosePort(what, wantedPort(portPath), reserved))
    slot.vhciPorts.set(portPath, vhciPort)
    yield* waitFree(what, vhciPort)
    yield* attachToVhci({
      what,
      host: self,
      port: bound.port,
      busId: slot.busId,
      vhciPort,
      deviceId: (1 << 16) | (slot.index + 1),
      answered
    })
    slot.attachedAt = vhciPort
  })

  const appear = Effect.fnUntraced(function* (slot: Slot, attachment: Attachment) {
    const { composition } = yield* slot.modem.state
    const description = describe(slot.modem.model, attachment, composition)
    if (description === undefined) {
      return yield* new ServeError({ what: slot.modem.model.name, reason: { _tag: "NotDescribed", composition } })
    }
    const scope = yield* Scope.fork(life)
    const device = yield* makeUsbDevice(slot.modem, attachment, description).pipe(Scope.provide(scope))
    slot.present = {
      record: recordOf(description, slot.busId, slot.index + 1),
      device,
      scope,
      client: undefined
    }
    return scope
  })

  const disappear = Effect.fnUntraced(function* (slot: Slot) {
    const leaving = slot.present
    slot.present = undefined
    slot.attachedAt = undefined
    if (leaving === undefined) return
    leaving.client?.end()
    yield* Scope.close(leaving.scope, Exit.void)
  })

  const complain = Effect.catch((error: ServeError) =>
    report({ _tag: "NotServed", message: `${error.message}. ${error.help}`, error })
  )

  const onSignal = Effect.fnUntraced(function* (slot: Slot, signal: BusSignal) {
    const { attachment } = signal
    switch (signal._tag) {
      case "Unplugged":
        return yield* disappear(slot)
      case "Changed":
        return yield* slot.present?.device.portsChanged(attachment) ?? Effect.void
      case "Plugged": {
        // Seen already by the look that followed the subscription.
        if (slot.present?.device.attachment.enumeration === attachment.enumeration) return
        yield* disappear(slot)
        const scope = yield* appear(slot, attachment)
        if (options.attach) yield* attach(slot, attachment.portPath).pipe(complain, Effect.forkIn(scope))
      }
    }
  })

  for (const slot of slots) {
    const signals = yield* Queue.unbounded<BusSignal>()
    yield* slot.modem.listen((signal) => Effect.asVoid(Queue.offer(signals, signal)))
    const attachment = yield* slot.modem.attachment
    if (attachment !== undefined) {
      yield* appear(slot, attachment)
      if (options.attach) yield* attach(slot, attachment.portPath)
    }
    yield* Effect.forkScoped(
      Effect.forever(Effect.flatMap(Queue.take(signals), (signal) => complain(onSignal(slot, signal))))
    )
  }
  // Runs before the server closes: whoever serves again finds the ports free.
  if (options.attach) {
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        const used = slots.flatMap(({ attachedAt }) => attachedAt ?? [])
        yield* Effect.forEach(slots, disappear, { discard: true })
        yield* Effect.forEach(used, (port) => waitFree("detach", port), { discard: true })
      }).pipe(complain)
    )
  }

  const service: UsbIpService = {
    address,
    served: Effect.sync(() =>
      slots.map(({ attachedAt, busId, present }) => ({
        busId,
        present: present !== undefined,
        imported: present?.client !== undefined,
        usbPath: attachedAt === undefined || present?.client === undefined ? undefined : pathOfPort(attachedAt)
      }))
    )
  }
  return service
})
