/** The payload of one image, chunk by chunk, the next one read while the last one is being acknowledged. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Checksums } from "../../file/Checksums.ts"
import type { OpenedImage } from "../../file/Image.ts"
import { maxChunkLength } from "../../protocol/qdl/command.ts"
import { QdlError } from "../../session/QdlError.ts"
import type { QdlSession } from "../../session/QdlSession.ts"
import { emit } from "../events.ts"
import { nowIs } from "../Run.ts"

/**
 * Sends all chunks. The bytes sent are hashed on their way, and before the last chunk, without which the
 * image cannot become valid, their hash must be that of the file that was checked (images.md, Q10).
 */
export const sendPayload = Effect.fn("sendPayload")(function* (qdl: QdlSession, { image, source }: OpenedImage) {
  const checksums = yield* Checksums
  const sha256 = checksums.sha256()
  sha256.update(image.headerBytes)
  const bytes = image.payloadSize
  const end = image.payloadOffset + bytes
  const chunks = Math.ceil(bytes / maxChunkLength)
  const started = yield* Clock.currentTimeMillis
  const read = (chunk: number) => {
    const offset = image.payloadOffset + chunk * maxChunkLength
    return source.read(offset, Math.min(maxChunkLength, end - offset))
  }
  let data = yield* read(0)
  for (let chunk = 0; chunk < chunks; chunk++) {
    const last = chunk === chunks - 1
    sha256.update(data)
    if (last) {
      // What QDL leaves out at the end (8 bytes of amss.mbn) belongs to the file's hash all the same.
      if (image.size > end) sha256.update(yield* source.read(end, image.size - end))
      const found = sha256.digestHex()
      if (found !== image.sha256) {
        return yield* new QdlError({
          endpoint: qdl.endpoint,
          step: "write",
          chunk,
          reason: { _tag: "ImageChanged", wanted: image.sha256, found }
        })
      }
      yield* emit({ _tag: "Programming", image: image.name })
    }
    const [next] = yield* Effect.all([last ? Effect.succeed(data) : read(chunk + 1), qdl.write(chunk, data)], {
      concurrency: 2
    })
    const sent = Math.min(bytes, (chunk + 1) * maxChunkLength)
    yield* nowIs({ _tag: "HalfWritten", image: image.name, sent, bytes })
    const seconds = Math.max(0.001, ((yield* Clock.currentTimeMillis) - started) / 1000)
    const bytesPerSecond = Math.round(sent / seconds)
    yield* emit({
      _tag: "ImageProgress",
      image: image.name,
      sent,
      bytes,
      bytesPerSecond,
      secondsLeft: Math.ceil((bytes - sent) / Math.max(1, bytesPerSecond))
    })
    data = next
  }
})
