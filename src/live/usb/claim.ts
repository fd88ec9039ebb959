/** An interface of a device, taken from the kernel and given back: whatever ends the scope. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { TransportError } from "../../transport/TransportError.ts"
import { usbFailure } from "./usb-error.ts"
import type { Operation } from "./usb-error.ts"
import type { WebUsbDevice, WebUsbInterface } from "./WebUsb.ts"

/** What letting go of a device that no longer answers may take, for each of its steps. */
const patience = "5 seconds"

/** A device that has gone is let go of all the same. */
const release = (promise: () => Promise<unknown>): Effect.Effect<void> =>
  Effect.tryPromise(promise).pipe(Effect.ignore, Effect.interruptible, Effect.timeoutOption(patience), Effect.asVoid)

export const attempt = <A>(
  endpoint: string,
  operation: Operation,
  promise: () => Promise<A>
): Effect.Effect<A, TransportError> =>
  Effect.tryPromise({ try: promise, catch: (cause) => usbFailure(endpoint, operation, cause) })

/** The same for a write: a device that takes nothing for so long is stuck. */
export const attemptWrite = <A>(
  endpoint: string,
  stall: Duration.Duration,
  promise: () => Promise<A>
): Effect.Effect<A, TransportError> =>
  attempt(endpoint, "write", promise).pipe(
    Effect.timeoutOrElse({
      duration: stall,
      orElse: () =>
        Effect.fail(
          new TransportError({
            endpoint,
            operation: "write",
            reason: { _tag: "Stalled", millis: Duration.toMillis(stall) }
          })
        )
    })
  )

/**
 * Opens the device and claims the interface. A driver of the kernel that has it is detached, and attached again when the
 * scope ends; what is pending on the interface ends before that. Fails with `PermissionDenied`, `Busy`, `Unplugged`,
 * `NotThere` (no such interface) or `IoFailed`.
 */
export const claimInterface = Effect.fn("claimInterface")(function* (
  device: WebUsbDevice,
  endpoint: string,
  interfaceNumber: number
): Effect.fn.Return<WebUsbInterface, TransportError, Scope.Scope> {
  const step = <A>(promise: () => Promise<A>) => attempt(endpoint, "open", promise)
  yield* Effect.acquireRelease(
    step(() => device.open()),
    () => release(() => device.close())
  )
  const found = yield* Effect.try({
    try: () => device.configuration?.interfaces.find((one) => one.interfaceNumber === interfaceNumber),
    catch: (cause) => usbFailure(endpoint, "open", cause)
  })
  if (found === undefined) return yield* usbFailure(endpoint, "open", new Error("the device has no such interface"))
  yield* Effect.acquireRelease(
    step(() => device.detachKernelDriver?.(interfaceNumber) ?? Promise.resolve(false)),
    // Also where there was none: one that was loaded meanwhile could not have it.
    () => release(() => device.attachKernelDriver?.(interfaceNumber) ?? Promise.resolve())
  )
  yield* Effect.acquireRelease(
    step(() => device.claimInterface(interfaceNumber)),
    () => release(() => device.releaseInterface(interfaceNumber))
  )
  return found
})
