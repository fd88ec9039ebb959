/** The system's errors as ours: which of them mean that the modem is gone depends on the kind of port. */
import { TransportError } from "../transport/TransportError.ts"

type Reason = TransportError["reason"]
export type Operation = TransportError["operation"]

/** `ENOENT` and the like; undefined for errors that are not the system's. */
export const codeOf = (error: unknown): string | undefined => {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code
  return typeof code === "string" ? code : undefined
}

/** The device was unbound, or its driver has let go of it. */
const goneCodes: ReadonlySet<string> = new Set(["ENODEV", "ENXIO", "ESHUTDOWN"])

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * `gone`: codes that mean an unplugged device beyond ENODEV, ENXIO and ESHUTDOWN. A tty that was hung up says EIO; on
 * cdc-wdm EIO is also what a stalled control request ends in, so there it is an error of its own.
 */
export const reasonOf = (error: unknown, gone: ReadonlyArray<string> = []): Reason => {
  const code = codeOf(error)
  if (code !== undefined && (goneCodes.has(code) || gone.includes(code))) return { _tag: "Unplugged" }
  switch (code) {
    case "ENOENT":
      return { _tag: "NotThere" }
    case "EACCES":
    case "EPERM":
      return { _tag: "PermissionDenied" }
    case "EBUSY":
      return { _tag: "Busy" }
    default:
      return { _tag: "IoFailed", detail: words(error) }
  }
}

export const failure = (endpoint: string, operation: Operation, reason: Reason): TransportError =>
  new TransportError({ endpoint, operation, reason })
