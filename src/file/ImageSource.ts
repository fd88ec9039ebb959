/**
 * Where the bytes of an image come from: a file of the host, or memory. A source stays open from the check to the last
 * byte sent, and refuses to deliver once the file was changed: what was verified is what is sent (images.md §7 Q10).
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ImageFileError } from "./ImageFileError.ts"

export interface ImageSource {
  /** Base name: Gobi images are told by it, and versions are read from it. */
  readonly name: string
  readonly path: string
  /** Bytes, when it was opened. */
  readonly size: number
  /** Exactly `length` bytes from `offset`. The array belongs to the caller. */
  readonly read: (offset: number, length: number) => Effect.Effect<Uint8Array, ImageFileError>
  /** Fills `target` from `offset`: for those who use one buffer again and again. After an interruption leave it alone. */
  readonly readInto: (offset: number, target: Uint8Array) => Effect.Effect<void, ImageFileError>
}

/** `read` on top of `readInto`; nothing is allocated for bytes that the file does not have. */
const withRead = (source: Omit<ImageSource, "read">): ImageSource => ({
  ...source,
  read: (offset, length) =>
    Effect.suspend(() => {
      const end = offset + length
      if (offset < 0 || length < 0 || end > source.size) return Effect.fail(short(source.path, end, source.size))
      const bytes = new Uint8Array(length)
      return Effect.as(source.readInto(offset, bytes), bytes)
    })
})

/** Last piece of a path, with either kind of slash. */
export const baseName = (path: string): string => path.replace(/[/\\]+$/, "").replace(/^.*[/\\]/s, "")

const short = (path: string, wanted: number, found: number) =>
  new ImageFileError({
    path,
    operation: "read",
    reason: { _tag: "Changed", wanted: `${String(wanted)} bytes`, found: `${String(found)} bytes` }
  })

/** A source in memory. The bytes must not be changed while it is in use. */
export const fromBytes = (name: string, bytes: Uint8Array): ImageSource =>
  withRead({
    name: baseName(name),
    path: name,
    size: bytes.length,
    readInto: (offset, target) =>
      Effect.suspend(() => {
        const piece = bytes.subarray(offset, offset + target.length)
        if (offset < 0 || piece.length < target.length) {
          return Effect.fail(short(name, offset + target.length, bytes.length))
        }
        target.set(piece)
        return Effect.void
      })
  })

/** Node's own, without importing it, so that this module loads anywhere. */
const hostFileSystem = () => {
  const host = (globalThis as { readonly process?: Partial<NodeJS.Process> }).process
  return host?.getBuiltinModule?.("node:fs")
}

type FileSystem = NonNullable<ReturnType<typeof hostFileSystem>>
type FileHandle = Awaited<ReturnType<FileSystem["promises"]["open"]>>
type BigStats = ReturnType<typeof statOf>

/** At once: the system answers from memory, and a way through the thread pool for every chunk takes longer than that. */
const statOf = (fs: FileSystem, handle: FileHandle) => fs.fstatSync(handle.fd, { bigint: true })

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : ""

const failure = (path: string, operation: "open" | "read") => (cause: unknown) => {
  const code = codeOf(cause)
  const reason: ImageFileError["reason"] =
    code === "ENOENT" || code === "ENOTDIR"
      ? { _tag: "NotFound" }
      : code === "EISDIR"
        ? { _tag: "NotAFile", found: "directory" }
        : code === "EACCES" || code === "EPERM"
          ? { _tag: "NotReadable" }
          : { _tag: "ReadFailed", detail: cause instanceof Error ? cause.message : String(cause) }
  return new ImageFileError({ path, operation, reason })
}

const kindOfEntry = (stats: BigStats): string =>
  stats.isDirectory() ? "directory" : stats.isFIFO() ? "pipe" : stats.isSocket() ? "socket" : "device"

/** Size, time of change, and which file it is. */
const identity = (stats: BigStats): string => `${String(stats.size)} bytes, changed at ${String(stats.mtimeNs)} ns`

const openHostFile = Effect.fn("ImageFiles.open")(function* (path: string) {
  const fs = hostFileSystem()
  if (fs === undefined) return yield* new ImageFileError({ path, operation: "open", reason: { _tag: "NoFileSystem" } })
  // Looked at before it is opened: opening a pipe would wait for its writer for ever.
  const before = yield* Effect.tryPromise({
    try: () => fs.promises.stat(path, { bigint: true }),
    catch: failure(path, "open")
  })
  if (!before.isFile()) {
    const reason = { _tag: "NotAFile", found: kindOfEntry(before) } as const
    return yield* new ImageFileError({ path, operation: "open", reason })
  }
  // Closing waits for reads that are still under way, so that an interrupted read never meets a reused descriptor.
  const handle = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => fs.promises.open(path, "r"), catch: failure(path, "open") }),
    (open) => Effect.promise(() => open.close().catch(() => undefined))
  )
  const opened = yield* Effect.try({ try: () => statOf(fs, handle), catch: failure(path, "open") })
  if (!opened.isFile()) {
    const reason = { _tag: "NotAFile", found: kindOfEntry(opened) } as const
    return yield* new ImageFileError({ path, operation: "open", reason })
  }
  const wanted = identity(opened)
  const size = Number(opened.size)

  const fill = async (offset: number, target: Uint8Array) => {
    let filled = 0
    while (filled < target.length) {
      const { bytesRead } = await handle.read(target, filled, target.length - filled, offset + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    // Afterwards, so that a change before or during the read is seen.
    return { filled, now: identity(statOf(fs, handle)) }
  }

  const readInto = Effect.fnUntraced(function* (offset: number, target: Uint8Array) {
    const end = offset + target.length
    if (offset < 0 || end > size) return yield* short(path, end, size)
    const { filled, now } = yield* Effect.tryPromise({ try: () => fill(offset, target), catch: failure(path, "read") })
    if (now !== wanted) {
      const reason = { _tag: "Changed", wanted, found: now } as const
      return yield* new ImageFileError({ path, operation: "read", reason })
    }
    if (filled < target.length) return yield* short(path, end, offset + filled)
  })
  return withRead({ name: baseName(path), path, size, readInto })
})

export interface ImageFileAccess {
  /** Opens for reading; the file stays open until the scope closes. */
  readonly open: (path: string) => Effect.Effect<ImageSource, ImageFileError, Scope.Scope>
}

/** How paths become sources. By default the files of the host; {@link inMemory} for tests and browsers. */
export const ImageFiles = Context.Reference<ImageFileAccess>("boothold/file/ImageFiles", {
  defaultValue: () => ({ open: openHostFile })
})

/** Files that exist only in memory, by path. Use: `Effect.provideService(ImageFiles, inMemory({ "a.cwe": bytes }))`. */
export const inMemory = (files: { readonly [path: string]: Uint8Array }): ImageFileAccess => ({
  open: (path) => {
    const bytes = Object.hasOwn(files, path) ? files[path] : undefined
    return bytes === undefined
      ? Effect.fail(new ImageFileError({ path, operation: "open", reason: { _tag: "NotFound" } }))
      : Effect.succeed(fromBytes(path, bytes))
  }
})
