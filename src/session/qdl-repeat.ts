/**
 * After which failure of a transfer the same image may be sent again from Hello on, in the same session (flows.md §9, W7
 * and W8; qdl.md §5: "can be retried from Hello"; whether each boot loader takes a new Open is unsure there). Pure.
 *
 * Repeated is what can pass: something was lost or damaged on its way, or both sides lost count. What the boot loader
 * says about the image or about itself does not change by asking again, and is the answer.
 */
import * as Duration from "effect/Duration"
import { ErrorCode, WriteStatus } from "../protocol/qdl/command.ts"
import { qdlDeadlines } from "./QdlSession.ts"
import type { QdlError } from "./QdlError.ts"

/**
 * Error codes of qdl.md §3.3 that can pass. The document has their names only; that they can is inferred from these.
 * Not here: codes about the image (address, length, room, authentication), about the flash and the loader's abilities,
 * about rights, the reserved ones, and those that no document knows.
 */
const passing: ReadonlyMap<number, string> = new Map([
  [ErrorCode.UnexpectedEndOfPacket, "bytes of a frame were lost"],
  [ErrorCode.OperationFailed, "names no lasting reason"],
  [ErrorCode.WriteVerifyFailed, "the flash reads otherwise than it was written: it is written anew"],
  [ErrorCode.CommandOutOfSequence, "both sides lost count: Hello begins anew"],
  [ErrorCode.CloseFailed, "the image did not arrive whole"],
  [ErrorCode.InvalidCrc, "bytes of a frame were damaged"],
  [ErrorCode.CommandInInvalidState, "both sides lost count: Hello begins anew"],
  [ErrorCode.ReceiveTimeout, "bytes of a chunk were lost"]
])

/** Why an Error of this code may pass; undefined: it is an answer. */
export const passingError = (code: number): string | undefined => passing.get(code)

/** Whether the image may be sent again after `error`. Anything but a failure of this conversation is not repeated. */
export const mayRepeat = (error: { readonly _tag: string } | QdlError): error is QdlError => {
  if (!isQdlError(error)) return false
  // The switch is asked again within its own patience (qdl.md §6, 6), a reset has no answer (§3.7).
  if (error.step === "dload" || error.step === "reset") return false
  const { reason } = error
  switch (reason._tag) {
    case "NoAnswer":
    case "WrongSequence":
      return true
    case "Rejected":
      return passingError(reason.error) !== undefined
    case "BadStatus":
      switch (error.step) {
        // §3.5: 1 CRC failed, 2 parsing failed; what others mean is not known.
        case "write":
          return reason.status === WriteStatus.crcFailed || reason.status === WriteStatus.parsingFailed
        // §3.6 knows success alone: like Error 0x10.
        case "close":
          return true
        // §3.4 knows 0 and 7, which both are successes: another one is a refusal of the image.
        case "hello":
        case "open":
          return false
      }
    // It is not, or no longer, the port or the file of this transfer.
    case "StillDiagnostic":
    case "EchoesAt":
    case "SpeaksSahara":
    case "ImageChanged":
      return false
  }
}

const isQdlError = (error: { readonly _tag: string }): error is QdlError => error._tag === "QdlError"

/** After an answer: the boot loader listens. Then a little longer. */
const backOff = [Duration.seconds(1), Duration.seconds(3)] as const

/** How long a modem that was sent the last chunk may still program: as long as after another program's last chunk. */
const programming = Duration.times(qdlDeadlines.programming, qdlDeadlines.programmingTries)

/** No pause is longer. */
export const longestPause = programming

/**
 * How long nothing is said before the next try, the failed one being number `attempt`. After silence the loader may
 * still wait for the rest of something, to which every byte is data: only silence ends that. After the last chunk and
 * Close it may still program. What it says late is thus heard before Hello, which throws it away; what comes later still
 * comes in front of the answer to Hello, for which neither an acknowledgement nor an answer to Open is taken.
 */
export const pauseAfter = (
  { chunk, reason, step }: QdlError,
  attempt: number,
  lastChunk: number
): Duration.Duration => {
  if (reason._tag !== "NoAnswer") return backOff[attempt - 1] ?? backOff[1]
  const ended = step === "close" || (step === "write" && chunk === lastChunk)
  return ended ? programming : qdlDeadlines.silence
}

const order: Readonly<Record<QdlError["step"], number>> = { dload: 0, hello: 1, open: 2, write: 3, close: 4, reset: 5 }

/**
 * Of two tries' failures the one that tells more: of the try that came further, else the first one. So a loader that takes
 * no second Open does not hide what broke the first try.
 */
export const furthest = <E extends { readonly _tag: string }>(kept: E, later: E): E => {
  if (!isQdlError(kept) || !isQdlError(later) || later.reason._tag === "ImageChanged") return later
  const ahead = order[later.step] - order[kept.step] || (later.chunk ?? 0) - (kept.chunk ?? 0)
  return ahead > 0 ? later : kept
}
