/** The payload of one image, chunk by chunk, the next one read and hashed while the last one is on its way. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Checksums } from "../../file/Checksums.ts"
import type { OpenedImage } from "../../file/Image.ts"
import { ChunkBuffer } from "../../protocol/qdl/ChunkBuffer.ts"
import { maxChunkLength } from "../../protocol/qdl/command.ts"
import { QdlError } from "../../session/QdlError.ts"
import type { QdlSession } from "../../session/QdlSession.ts"
import { emit } from "../events.ts"
import { nowIs } from "../Run.ts"

/**
 * Sends all chunks. The bytes sent are hashed on their way, and before the last chunk, without which the
 * image cannot become valid, their hash must be that of the file that was checked (images.md, Q10).
 *
 * Between an acknowledgement and the next chunk the modem waits for us: all that can be done while it does not is done
 * then, also telling of the acknowledgement.
 */
export const sendPayload = Effect.fn("sendPayload")(function* (qdl: QdlSession, { image, source }: OpenedImage) {
  const checksums = yield* Checksums
  const sha256 = checksums.sha256()
  sha256.update(image.headerBytes)
  const bytes = image.payloadSize
  const end = image.payloadOffset + bytes
  const chunks = Math.ceil(bytes / maxChunkLength)
  const started = yield* Clock.currentTimeMillis
  const buffers = Array.from({ length: Math.min(chunks, 2) }, () => new ChunkBuffer(Math.min(bytes, maxChunkLength)))

  const prepare = Effect.fnUntraced(function* (chunk: number) {
    const buffer = buffers[chunk % 2]!
    const offset = chunk * maxChunkLength
    const data = buffer.take(Math.min(maxChunkLength, bytes - offset))
    yield* source.readInto(image.payloadOffset + offset, data)
    sha256.update(data)
    if (chunk < chunks - 1) return buffer
    // What QDL leaves out at the end (8 bytes of amss.mbn) belongs to the file's hash all the same.
    if (image.size > end) sha256.update(yield* source.read(end, image.size - end))
    const found = sha256.digestHex()
    if (found === image.sha256) return buffer
    const reason = { _tag: "ImageChanged", wanted: image.sha256, found } as const
    return yield* new QdlError({ endpoint: qdl.endpoint, step: "write", chunk, reason })
  })

  const report = Effect.fnUntraced(function* (acknowledged: number, at: number) {
    const sent = Math.min(bytes, acknowledged * maxChunkLength)
    const bytesPerSecond = Math.round(sent / Math.max(0.001, (at - started) / 1000))
    yield* emit({
      _tag: "ImageProgress",
      image: image.name,
      sent,
      bytes,
      bytesPerSecond,
      secondsLeft: Math.ceil((bytes - sent) / Math.max(1, bytesPerSecond))
    })
  })

  /** What there is to do while `chunk` is on its way. */
  const meanwhile = Effect.fnUntraced(function* (chunk: number) {
    const at = yield* Clock.currentTimeMillis
    if (chunk > 0) yield* report(chunk, at)
    if (chunk === chunks - 1) return yield* emit({ _tag: "Programming", image: image.name })
    return yield* prepare(chunk + 1)
  })

  let buffer = yield* prepare(0)
  for (let chunk = 0; chunk < chunks; chunk++) {
    const next = yield* Effect.forkChild(meanwhile(chunk))
    // What is done meanwhile is part of this try: nothing of it is told after its end.
    yield* Effect.onError(qdl.write(chunk, buffer), () => Fiber.interrupt(next))
    yield* nowIs({ _tag: "HalfWritten", image: image.name, sent: Math.min(bytes, (chunk + 1) * maxChunkLength), bytes })
    // A chunk that cannot be read ends the transfer when it is its turn, not while the one before is on its way.
    buffer = (yield* Fiber.join(next)) ?? buffer
  }
  yield* report(chunks, yield* Clock.currentTimeMillis)
})
