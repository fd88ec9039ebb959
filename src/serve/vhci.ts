/**
 * Attaching devices to the virtual host controller of this machine's own kernel (`vhci_hcd`), the way `usbip attach` does
 * it: a connected socket on which the import is done is handed to the kernel.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync, readSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import type { Socket } from "node:net"
import * as Result from "effect/Result"
import { decodeImportReply, encodeImportRequest, importReplySize, Speed } from "../protocol/usbip/message.ts"
import { ServeError } from "./ServeError.ts"

const controller = "/sys/devices/platform/vhci_hcd.0"
/** `sta` of a port without a device (VDEV_ST_NULL). */
const free = 4

interface VhciPort {
  readonly port: number
  readonly free: boolean
}

/** High-speed ports of the first controller. */
const highSpeedPorts = (): ReadonlyArray<VhciPort> =>
  readFileSync(`${controller}/status`, "latin1")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([hub]) => hub === "hs")
    .map(([, port, status]) => ({ port: Number(port), free: Number(status) === free }))

/** Bus number of the controller's high-speed hub: the lower of its two. */
const busNumber = (): number =>
  Math.min(
    ...readdirSync(controller)
      .filter((name) => /^usb\d+$/.test(name))
      .map((name) => Number(name.slice(3)))
  )

/** Where the kernel will show a device on this port, e.g. `1-2`. */
export const pathOfPort = (port: number): string => `${String(busNumber())}-${String(port + 1)}`

/** Fails with `NotRoot` or `NoVhci`: told before anything is served. */
export const checkVhci = (what: string): Effect.Effect<void, ServeError> =>
  Effect.suspend(() => {
    if (process.getuid?.() !== 0) return Effect.fail(new ServeError({ what, reason: { _tag: "NotRoot" } }))
    return Effect.try({
      try: () => void highSpeedPorts(),
      catch: () => new ServeError({ what, reason: { _tag: "NoVhci" } })
    })
  })

/** How long a port may take to become free after its device has gone; the kernel needs some milliseconds. */
const freeMillis = 5000
const pollMillis = 10

/** Waits until the port is free: there is no event for it. */
export const waitFree = Effect.fnUntraced(function* (what: string, port: number) {
  const deadline = (yield* Clock.currentTimeMillis) + freeMillis
  while (!highSpeedPorts().some((one) => one.port === port && one.free)) {
    if ((yield* Clock.currentTimeMillis) > deadline) {
      return yield* new ServeError({ what, reason: { _tag: "PortNotFree", port, millis: freeMillis } })
    }
    yield* Effect.sleep(pollMillis)
  }
})

/** The wanted port if it is a free one, else the first that is free and not reserved. */
export const choosePort = (what: string, wanted: number | undefined, reserved: ReadonlySet<number>) =>
  Effect.suspend(() => {
    const candidates = highSpeedPorts().filter((one) => one.free && !reserved.has(one.port))
    const chosen = candidates.find(({ port }) => port === wanted) ?? candidates[0]
    return chosen === undefined
      ? Effect.fail(new ServeError({ what, reason: { _tag: "NoFreePort" } }))
      : Effect.succeed(chosen.port)
  })

/** The number that Node keeps to itself; there is no public way to hand a socket to the kernel. */
const descriptorOf = (socket: Socket): number | undefined => {
  const { _handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } }
  return _handle?.fd
}

export interface AttachOptions {
  readonly what: string
  readonly host: string
  readonly port: number
  readonly busId: string
  readonly vhciPort: number
  /** Bus number in the upper, device number in the lower 16 bits. */
  readonly deviceId: number
  /** Completes when the server has written its answer to the import from this TCP port. */
  readonly answered: (fromPort: number) => Effect.Effect<void>
}

const importSocket = (host: string, port: number, failed: (detail: string) => ServeError) =>
  Effect.acquireRelease(
    Effect.callback<Socket, ServeError>((resume) => {
      const socket = connect({ host, port, noDelay: true })
      // Paused before it is connected, Node never reads from it: every byte is left to us and then to the kernel.
      socket.pause()
      socket.once("connect", () => resume(Effect.succeed(socket)))
      socket.on("error", (error) => resume(Effect.fail(failed(error.message))))
      return Effect.sync(() => socket.destroy())
    }),
    // The kernel holds the connection itself by now: this closes only our descriptor.
    (socket) => Effect.sync(() => socket.destroy())
  )

/** Imports the device from our own server and hands the connection to the kernel. */
export const attachToVhci = Effect.fnUntraced(function* (options: AttachOptions) {
  const { answered, busId, deviceId, host, port, vhciPort, what } = options
  const failed = (detail: string) => new ServeError({ what, reason: { _tag: "AttachFailed", detail } })
  const socket = yield* importSocket(host, port, failed)
  const descriptor = descriptorOf(socket)
  const { localPort } = socket
  if (descriptor === undefined || descriptor < 0 || localPort === undefined) {
    return yield* failed("this Node does not tell the descriptor of a socket")
  }
  const reply = answered(localPort)
  socket.write(encodeImportRequest(busId))
  yield* reply
  yield* Effect.try({
    try: () => {
      const bytes = Buffer.alloc(importReplySize)
      const length = readSync(descriptor, bytes, 0, bytes.length, null)
      const decoded = decodeImportReply(bytes.subarray(0, length))
      if (Result.isFailure(decoded)) throw decoded.failure
      if (decoded.success.device === undefined) throw new Error(`the import of ${busId} was refused`)
      writeFileSync(`${controller}/attach`, [vhciPort, descriptor, deviceId, Speed.high].join(" "))
    },
    catch: (cause) => failed(cause instanceof Error ? cause.message : String(cause))
  })
}, Effect.scoped)
