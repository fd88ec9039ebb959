/**
 * The control channel of a QMI or MBIM function, as cdc-wdm drives it: a message goes out as SEND_ENCAPSULATED_COMMAND;
 * a notification on the interrupt endpoint says that an answer can be fetched (CDC 1.2 §6.2.1, §6.2.2, §6.3.2;
 * qmi.md §1.5). On WebUSB only.
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
import { isStall, rejection, usbFailure } from "./usb-error.ts"
import type { WebUsbDevice, WebUsbSetup } from "./WebUsb.ts"

export interface EncapsulatedPortOptions {
  readonly endpoint: string
  readonly interfaceNumber: number
  /** QMI functions are deaf until DTR is raised; MBIM has no such line. */
  readonly speaks: "qmi" | "mbim"
  /** How long a message may not be taken; 30 s, as on a control device. */
  readonly stall?: Duration.Input
}

const SEND_ENCAPSULATED_COMMAND = 0x00
const GET_ENCAPSULATED_RESPONSE = 0x01
/** bmRequestType and bNotificationCode of RESPONSE_AVAILABLE. */
const [notification, responseAvailable] = [0xa1, 0x01]
/** wMaxCommand of all these modems, as the kernel asks for it. */
const longestMessage = 4096
/** A notification is 8 bytes; those with data are of no interest. */
const notificationLength = 64
const dtr = 1
/** Answers to others that are thrown away when the port is opened: more than a device keeps. */
const mostStale = 64

/** Each read is one message, each write has to be one. Fails with `PermissionDenied`, `Busy`, `Unplugged` or `IoFailed`. */
export const openEncapsulatedPort = Effect.fn("openEncapsulatedPort")(function* (
  device: WebUsbDevice,
  options: EncapsulatedPortOptions
): Effect.fn.Return<Connection, TransportError, Scope.Scope> {
  const { endpoint, interfaceNumber, speaks } = options
  const stall = Duration.fromInputUnsafe(options.stall ?? "30 seconds")
  const { alternate } = yield* claimInterface(device, endpoint, interfaceNumber)
  const told = alternate.endpoints.find(({ direction, type }) => type === "interrupt" && direction === "in")
  if (told === undefined) {
    return yield* usbFailure(endpoint, "open", new Error("the interface has no interrupt endpoint"))
  }
  if (speaks === "qmi") {
    yield* Effect.mapError(raiseLines(device, interfaceNumber, dtr), ({ cause }) => usbFailure(endpoint, "open", cause))
  }

  const request = (number: number): WebUsbSetup => ({
    requestType: "class",
    recipient: "interface",
    request: number,
    value: 0,
    index: interfaceNumber
  })
  /** An answer, or nothing where there is none. */
  const fetchAnswer = Effect.tryPromise({
    try: () => device.controlTransferIn(request(GET_ENCAPSULATED_RESPONSE), longestMessage),
    catch: rejection
  }).pipe(
    Effect.map(({ data, status }) => (status === "stall" ? new Uint8Array() : bytesOf(data))),
    Effect.catch((rejected) =>
      isStall(rejected) ? Effect.succeed(new Uint8Array()) : Effect.fail(usbFailure(endpoint, "read", rejected.cause))
    )
  )
  // What was answered to somebody else is still in the device, and its notification lost: each answer of ours would be
  // found one notification too late (the kernel's cdc-wdm: "fix out-of-sync due to missing notifications").
  for (let stale = 0; stale < mostStale && (yield* fetchAnswer).length > 0; stale++) continue

  const received = makeReceived()
  const receive = Effect.gen(function* () {
    for (;;) {
      yield* received.room
      const { data, status } = yield* attempt(endpoint, "read", () =>
        device.transferIn(told.endpointNumber, notificationLength)
      )
      if (status === "stall") yield* attempt(endpoint, "read", () => device.clearHalt("in", told.endpointNumber))
      const bytes = bytesOf(data)
      if (bytes.length < 8 || bytes[0] !== notification || bytes[1] !== responseAvailable) continue
      const answer = yield* fetchAnswer
      if (answer.length > 0) received.offer(answer)
    }
  })
  yield* receive.pipe(
    Effect.catch((error) => Effect.sync(() => received.fail(error))),
    Effect.forkScoped({ startImmediately: true })
  )

  const write = Effect.fnUntraced(function* (bytes: Uint8Array) {
    const { status } = yield* attemptWrite(endpoint, stall, () =>
      device.controlTransferOut(request(SEND_ENCAPSULATED_COMMAND), bytes as Uint8Array<ArrayBuffer>)
    )
    if ((status ?? "ok") !== "ok")
      return yield* usbFailure(endpoint, "write", new Error("the device refuses the message"))
  })
  const one = yield* Semaphore.make(1)
  return { endpoint, read: received.read, write: (bytes) => one.withPermit(write(bytes)) }
})
