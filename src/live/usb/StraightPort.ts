/** A port of a device by straight USB: the right one of both kinds, on a device of this computer. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { PortInfo, UsbDevice } from "../../device/UsbBus.ts"
import type { Connection } from "../../transport/Connection.ts"
import { TransportError } from "../../transport/TransportError.ts"
import { explainDeniedUsb } from "../access.ts"
import { openBulkPort } from "./BulkPort.ts"
import { openEncapsulatedPort } from "./EncapsulatedPort.ts"
import { UsbDevices } from "./NodeUsb.ts"
import type { FoundDevice } from "./NodeUsb.ts"

/** A device that is unplugged fails as broken, some time before the kernel takes its node away. */
const looks = 10
const betweenLooks = "50 millis"

const ifGone = ({ isThere }: FoundDevice) => {
  const explained = (error: TransportError): Effect.Effect<never, TransportError> =>
    error.reason._tag !== "IoFailed"
      ? Effect.fail(error)
      : Effect.gen(function* () {
          for (let look = 0; look < looks && isThere(); look++) yield* Effect.sleep(betweenLooks)
          const { endpoint, operation } = error
          return yield* isThere() ? error : new TransportError({ endpoint, operation, reason: { _tag: "Unplugged" } })
        })
  return <A, R>(effect: Effect.Effect<A, TransportError, R>) => Effect.catch(effect, explained)
}

/** Opens it until the scope ends; the kernel's driver has it again afterwards, where there was one. */
export const openStraightPort = Effect.fn("openStraightPort")(function* (
  device: UsbDevice,
  port: PortInfo
): Effect.fn.Return<Connection, TransportError, Scope.Scope> {
  const { interfaceNumber } = port
  const endpoint = `usb ${port.name}`
  const find = yield* UsbDevices
  const found = yield* find(device)
  const known = ifGone(found)
  const opened =
    port.role === "control"
      ? openEncapsulatedPort(found.device, { endpoint, interfaceNumber, speaks: port.speaks ?? "qmi" })
      : openBulkPort(found.device, { endpoint, interfaceNumber, lines: port.role === "at" })
  const connection = yield* opened.pipe(
    known,
    Effect.mapError((error) =>
      error.reason._tag === "PermissionDenied"
        ? new TransportError({
            endpoint: error.endpoint,
            operation: error.operation,
            reason: { ...error.reason, ...explainDeniedUsb(device.vendorId) }
          })
        : error
    )
  )
  return { ...connection, read: known(connection.read), write: (bytes) => known(connection.write(bytes)) }
})
