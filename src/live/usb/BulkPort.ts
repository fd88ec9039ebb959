/**
 * A serial function by its bulk endpoints, as qcserial drives it: QDL in boot-and-hold, AT in application mode. On
 * WebUSB only.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Connection } from "../../transport/Connection.ts"
import type { TransportError } from "../../transport/TransportError.ts"
import { attempt, attemptWrite, claimInterface } from "./claim.ts"
import { raiseLines } from "./line-state.ts"
import { bytesOf, makeReceived } from "./Received.ts"
import { usbFailure } from "./usb-error.ts"
import type { WebUsbDevice, WebUsbEndpoint } from "./WebUsb.ts"

export interface BulkPortOptions {
  /** What the user knows the port as. */
  readonly endpoint: string
  readonly interfaceNumber: number
  /** Raises DTR and RTS while the port is open, as the kernel does for the AT port; a boot loader's has no such lines. */
  readonly lines?: boolean
  /** How long the modem may take nothing before a write fails with `Stalled`; a minute, as on a tty. */
  readonly stall?: Duration.Input
}

/** Bytes asked for at once: a multiple of every packet size. */
const readLength = 16 * 1024
/** Bytes of one transfer, a multiple of every packet size too: only the last transfer of a write ends in a short packet. */
const writeLength = 64 * 1024
const linesUp = 3
/** Halts in a row, with nothing received in between, after which an endpoint is given up. */
const mostHalts = 3

const endpointOf = (endpoints: ReadonlyArray<WebUsbEndpoint>, direction: "in" | "out") =>
  endpoints.find((one) => one.type === "bulk" && one.direction === direction)

/** Fails with `PermissionDenied`, `Busy`, `Unplugged` or `IoFailed`. Closed with the scope, also a device that is gone. */
export const openBulkPort = Effect.fn("openBulkPort")(function* (
  device: WebUsbDevice,
  options: BulkPortOptions
): Effect.fn.Return<Connection, TransportError, Scope.Scope> {
  const { endpoint, interfaceNumber } = options
  const stall = Duration.fromInputUnsafe(options.stall ?? "1 minute")
  const { alternate } = yield* claimInterface(device, endpoint, interfaceNumber)
  const [from, to] = [endpointOf(alternate.endpoints, "in"), endpointOf(alternate.endpoints, "out")]
  if (from === undefined || to === undefined) {
    return yield* usbFailure(endpoint, "open", new Error("the interface has no pair of bulk endpoints"))
  }
  if (options.lines === true) {
    yield* Effect.mapError(raiseLines(device, interfaceNumber, linesUp), ({ cause }) =>
      usbFailure(endpoint, "open", cause)
    )
  }

  const received = makeReceived()
  const receive = Effect.gen(function* () {
    let halts = 0
    for (;;) {
      yield* received.room
      const { data, status } = yield* attempt(endpoint, "read", () =>
        device.transferIn(from.endpointNumber, readLength)
      )
      const bytes = bytesOf(data)
      if (bytes.length > 0) received.offer(bytes)
      if (status === "babble")
        return yield* usbFailure(endpoint, "read", new Error("the device sent more than a packet"))
      halts = status === "stall" ? halts + 1 : 0
      if (halts > mostHalts) return yield* usbFailure(endpoint, "read", new Error("the endpoint stays halted"))
      if (halts > 0) yield* attempt(endpoint, "read", () => device.clearHalt("in", from.endpointNumber))
    }
  })
  yield* receive.pipe(
    Effect.catch((error) => Effect.sync(() => received.fail(error))),
    Effect.forkScoped({ startImmediately: true })
  )

  /** A transfer that nobody waits for any more may still be under way: what follows would come behind an unknown part. */
  let broken = false
  const send = (bytes: Uint8Array<ArrayBuffer>) =>
    attemptWrite(endpoint, stall, () => device.transferOut(to.endpointNumber, bytes))
  const write = Effect.fnUntraced(function* (bytes: Uint8Array) {
    if (broken) return yield* usbFailure(endpoint, "write", new Error("an earlier write was broken off"))
    broken = true
    // No empty packet ends a write of whole packets: the kernel's driver sends none either, and both protocols on such a
    // port tell where a message ends.
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + writeLength) as Uint8Array<ArrayBuffer>
      const { bytesWritten, status } = yield* send(piece)
      if ((status ?? "ok") !== "ok" || bytesWritten <= 0) {
        return yield* usbFailure(endpoint, "write", new Error("the endpoint is halted"))
      }
      at += bytesWritten
    }
    broken = false
  })
  const one = yield* Semaphore.make(1)
  return { endpoint, read: received.read, write: (bytes) => one.withPermit(write(bytes)) }
})
