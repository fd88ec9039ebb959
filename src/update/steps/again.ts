/** What is told when an image is sent again, and when it is given up. */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { OpenedImage } from "../../file/Image.ts"
import type { FirmwareImage } from "../../image/FirmwareImage.ts"
import type { Failed } from "../../flow/retry.ts"
import { maxChunkLength } from "../../protocol/qdl/command.ts"
import { mayRepeat } from "../../session/qdl-repeat.ts"
import { emit } from "../events.ts"

interface Failure {
  readonly _tag: string
  readonly message: string
}
interface OfImage {
  readonly item: OpenedImage
}

/** The number of the chunk after which the modem programs (qdl.md §3.5). */
export const lastChunkOf = ({ payloadSize }: FirmwareImage): number => Math.ceil(payloadSize / maxChunkLength) - 1

export const tellRetry = (
  { attempt, error, of, pause }: Failed<Failure> & { readonly pause: Duration.Duration },
  { item }: OfImage
): Effect.Effect<void> =>
  emit({
    _tag: "TransferRetried",
    step: mayRepeat(error) ? error.step : "image",
    image: item.image.name,
    attempt: attempt + 1,
    of,
    why: error.message,
    afterMillis: Duration.toMillis(pause)
  })

/** The failure that is reported is told by the run; here, what the tries behind it came to. */
export const tellGivenUp = (
  { attempt, error, kept }: Failed<Failure> & { readonly kept: Failure },
  { item }: OfImage
): Effect.Effect<void> =>
  emit({
    _tag: "Warning",
    step: "image",
    detail:
      `${item.image.name} was tried ${String(attempt)} times` +
      (error === kept ? "" : `; the last try ended with: ${error.message}`)
  })
