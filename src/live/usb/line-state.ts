/** DTR and RTS of a function, as a driver of the kernel sets them. */
import * as Effect from "effect/Effect"
import { isStall, rejection } from "./usb-error.ts"
import type { WebUsbDevice } from "./WebUsb.ts"

/** CDC PSTN 1.2 §6.3.12. */
const SET_CONTROL_LINE_STATE = 0x22

/**
 * Raises the lines until the scope ends. Without DTR the QMI function of 9x30 and later is deaf (devices.md §3). A
 * function that does not know the request needs none.
 */
export const raiseLines = (device: WebUsbDevice, interfaceNumber: number, lines: number) => {
  const set = (value: number) =>
    device.controlTransferOut(
      { requestType: "class", recipient: "interface", request: SET_CONTROL_LINE_STATE, value, index: interfaceNumber },
      new Uint8Array()
    )
  return Effect.acquireRelease(
    Effect.tryPromise({ try: () => set(lines), catch: rejection }).pipe(
      Effect.catchIf(isStall, () => Effect.void),
      Effect.asVoid
    ),
    // A modem that left has none.
    () => Effect.tryPromise(() => set(0)).pipe(Effect.ignore, Effect.interruptible, Effect.timeoutOption("2 seconds"))
  )
}
