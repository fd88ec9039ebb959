/** Rejections of WebUSB as our errors: a browser names them (`DOMException`), the package `usb` has words of its own. */
import * as Data from "effect/Data"
import { TransportError } from "../../transport/TransportError.ts"

type Reason = TransportError["reason"]
export type Operation = TransportError["operation"]

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const reasonOf = (cause: unknown): Reason => {
  const name = cause instanceof Error ? cause.name : ""
  const words = wordsOf(cause)
  // Names of the errors: https://wicg.github.io/webusb/. Words: usb 3.1 with nusb 0.2.7, seen on Linux 6.1.
  if (name === "NotFoundError" || /disconnected|\berrno (?:19|108)\b/i.test(words)) {
    return { _tag: "Unplugged" }
  }
  if (name === "SecurityError" || /permission denied|\berrno (?:1|13)\b/i.test(words))
    return { _tag: "PermissionDenied" }
  if (/\bbusy\b|\berrno 16\b|unable to claim/i.test(words)) return { _tag: "Busy" }
  return { _tag: "IoFailed", detail: words }
}

export const usbFailure = (endpoint: string, operation: Operation, cause: unknown): TransportError =>
  cause instanceof TransportError ? cause : new TransportError({ endpoint, operation, reason: reasonOf(cause) })

/** What a promise of WebUSB was rejected with, before it is known what that means here. */
export class UsbRejection extends Data.TaggedError("UsbRejection")<{ readonly cause: unknown }> {}

export const rejection = (cause: unknown): UsbRejection => new UsbRejection({ cause })

/** A request that the device does not know ends so, in either dialect. */
export const isStall = ({ cause }: UsbRejection): boolean => /stall/i.test(wordsOf(cause))
