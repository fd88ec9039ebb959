/** Opening a port of a modem. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { UsbBus } from "../../device/UsbBus.ts"
import type { OpenOptions, PortInfo, UsbDevice } from "../../device/UsbBus.ts"
import { emit } from "../events.ts"
import type { TransportError } from "../../transport/TransportError.ts"

/** A node that has just appeared may not be ready: its driver binds, permissions are set (flows.md §9 W12). */
const settling = (error: TransportError): boolean =>
  error.reason._tag === "NotThere" ||
  error.reason._tag === "Busy" ||
  error.reason._tag === "PermissionDenied" ||
  error.reason._tag === "ProxyRefused"

/** Opens a port, with patience for one that is still being set up; tells why it is not the kernel's, where nobody asked. */
export const connect = Effect.fnUntraced(function* (device: UsbDevice, port: PortInfo, options: OpenOptions = {}) {
  const bus = yield* UsbBus
  if (port.because !== undefined) {
    yield* emit({ _tag: "Warning", step: "open-port", detail: `by straight USB: ${port.because}` })
  }
  return yield* bus.open(device, port, options).pipe(
    Effect.retry({
      schedule: Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("1 second")]).pipe(
        Schedule.upTo({ duration: Duration.seconds(10) })
      ),
      while: settling
    })
  )
})
