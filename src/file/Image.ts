/** Opens firmware images: reads each file once from end to end, checks all of it, and keeps it open for sending. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { ScanLimits, VerdictOptions } from "../image/CweScanner.ts"
import { makeScanner, verdict } from "../image/CweScanner.ts"
import type { FirmwareImage, Scan } from "../image/FirmwareImage.ts"
import type { ImageSet, SetOptions } from "../image/ImageSet.ts"
import { makeSet } from "../image/ImageSet.ts"
import { Checksums } from "./Checksums.ts"
import type { ImageSource } from "./ImageSource.ts"
import { ImageFiles } from "./ImageSource.ts"

export interface ReadOptions {
  readonly limits?: Partial<ScanLimits>
  /** Bytes per read; 1 MiB by default. */
  readonly chunkSize?: number
}

const DefaultChunk = 1024 * 1024

export interface OpenedImage {
  readonly image: FirmwareImage
  /** The same bytes that were checked; open as long as the scope. */
  readonly source: ImageSource
}

export interface OpenedSet {
  readonly set: ImageSet
  /** In the order of the transfer, as in the set. */
  readonly images: ReadonlyArray<OpenedImage>
}

/** Scans a source in chunks, giving way to other fibers in between. What is wrong with the image is in the result. */
export const scanSource = Effect.fn("Image.scan")(function* (source: ImageSource, options: ReadOptions = {}) {
  const checksums = yield* Checksums
  const chunkSize = Math.max(1, options.chunkSize ?? DefaultChunk)
  const scanner = makeScanner({
    name: source.name,
    size: source.size,
    checksums,
    ...(options.limits === undefined ? {} : { limits: options.limits })
  })
  // The next piece is read while this one is summed; two buffers in all.
  const buffers = [new Uint8Array(Math.min(chunkSize, source.size)), new Uint8Array(Math.min(chunkSize, source.size))]
  const readAt = (offset: number) => {
    const target = buffers[(offset / chunkSize) % 2]!.subarray(0, Math.min(chunkSize, source.size - offset))
    return Effect.as(source.readInto(offset, target), target)
  }
  let reading = yield* Effect.forkChild(readAt(0), { startImmediately: true })
  for (let offset = 0; offset < source.size; offset += chunkSize) {
    const chunk = yield* Fiber.join(reading)
    const next = offset + chunkSize
    if (next < source.size) reading = yield* Effect.forkChild(readAt(next), { startImmediately: true })
    if (!scanner.push(chunk)) {
      yield* Fiber.interrupt(reading)
      break
    }
    yield* Effect.yieldNow
  }
  return scanner.finish()
})

/** Opens and scans a file, also one that is no good image: for showing. Fails only where the file cannot be read. */
export const scanFile = Effect.fn("Image.scanFile")(function* (path: string, options: ReadOptions = {}) {
  const files = yield* ImageFiles
  const source = yield* files.open(path)
  const scan: Scan = yield* scanSource(source, options)
  return { scan, source }
})

/** Opens a good image. Fails with `ImageFileError` where it cannot be read, with `ImageError` where it is not good. */
export const openImage = Effect.fn("Image.open")(function* (path: string, options: ReadOptions & VerdictOptions = {}) {
  const { scan, source } = yield* scanFile(path, options)
  const image = yield* Effect.fromResult(verdict(scan, options))
  return { image, source } satisfies OpenedImage
})

/** Opens what is to be flashed together. Every file is checked before the set is. */
export const openSet = Effect.fn("Image.openSet")(function* (
  paths: ReadonlyArray<string>,
  options: ReadOptions & SetOptions = {}
) {
  const opened = yield* Effect.forEach(paths, (path) => openImage(path, options))
  const set = yield* Effect.fromResult(
    makeSet(
      opened.map(({ image }) => image),
      options
    )
  )
  const images = set.images.flatMap((image) => opened.filter((candidate) => candidate.image === image))
  return { set, images } satisfies OpenedSet
})
