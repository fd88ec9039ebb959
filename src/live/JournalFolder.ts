/** Journals as files, one for each run: written so that what was promised survives a kill, and where it counts a power cut. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { mkdir, open, unlink } from "node:fs/promises"
import type { FileHandle } from "node:fs/promises"
import { join, resolve } from "node:path"
import { largestJournal } from "../journal/codec.ts"
import type { Owner } from "../journal/entry.ts"
import { HistoryError } from "../journal/HistoryError.ts"
import type { JournalFile, JournalFiles } from "../journal/JournalFiles.ts"
import { JournalError } from "../update/JournalError.ts"
import { codeOf } from "./io-error.ts"
import { lifeOf } from "./owner.ts"

/** What is done to a file that is open. */
export type OpenFile = Pick<FileHandle, "write" | "truncate" | "datasync" | "sync" | "close">

/** How files and folders are opened; another one in tests of what a disk can do. */
export type Disk = (path: string, flags: "wx" | "r") => Promise<OpenFile>

/** Nobody else's business: a journal has IMEI and paths. */
const disk: Disk = (path, flags) => open(path, flags, 0o600)

/** A transfer is not kept waiting any longer. */
const patience = Duration.seconds(5)

const words = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const reasonOf = (cause: unknown): JournalError["reason"] => {
  switch (codeOf(cause)) {
    case "ENOSPC":
    case "EDQUOT":
      return { _tag: "NoSpace" }
    case "EROFS":
      return { _tag: "ReadOnly" }
    case "EACCES":
    case "EPERM":
      return { _tag: "NotPermitted" }
    default:
      return { _tag: "Failed", detail: words(cause) }
  }
}

const writeAll = async (file: OpenFile, bytes: Uint8Array, position: number): Promise<void> => {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    if (bytesWritten === 0) throw new Error("the system wrote nothing")
    written += bytesWritten
  }
}

const suffix = ".jsonl"
const isJournal = (name: string): boolean => /^[\w-]{1,64}\.jsonl$/.test(name)

export const journalFolder = (folder: string, owner: Owner, using: Disk = disk): JournalFiles["Service"] => {
  const pathOf = (id: string): string => join(folder, `${id}${suffix}`)

  /**
   * Fails after a while: the system's own call cannot be called back, so nothing is written there afterwards. In a fiber of
   * its own, so that the time passes also where the run is being interrupted.
   */
  const attempt = <A>(path: string, work: () => Promise<A>): Effect.Effect<A, JournalError> =>
    Effect.tryPromise({ try: work, catch: (cause) => new JournalError({ path, reason: reasonOf(cause) }) }).pipe(
      Effect.timeoutOrElse({
        duration: patience,
        orElse: () =>
          Effect.fail(new JournalError({ path, reason: { _tag: "TooSlow", seconds: Duration.toSeconds(patience) } }))
      }),
      (timed) => Effect.flatMap(Effect.forkDetach(timed, { startImmediately: true }), Fiber.join)
    )

  /** A file's name is durable when its folder is; systems other than Unix do that by themselves, and refuse to be asked. */
  const syncFolder = async (): Promise<void> => {
    if (process.platform === "win32") return
    const handle = await using(folder, "r")
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  const create = Effect.fnUntraced(function* (id: string, room: number) {
    const path = pathOf(id)
    const begun = async (): Promise<OpenFile> => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = await using(path, "wx")
      try {
        // Whether there is room is known when it was there. No zeros: a clever file system would not store them.
        await writeAll(file, new Uint8Array(room).fill(0x20), 0)
        await file.sync()
        await file.truncate(0)
        await file.sync()
        await syncFolder()
        return file
      } catch (error) {
        await file.close().catch(() => undefined)
        await unlink(path).catch(() => undefined)
        throw error
      }
    }
    let broken: JournalError | undefined
    const file = yield* Effect.acquireRelease(attempt(path, begun), (file) =>
      Effect.sync(() => {
        // Not waited for: a disk that hangs would hold the end of the run. What counts was synced before.
        file.close().catch(() => undefined)
      })
    )
    let length = 0
    const append: JournalFile["append"] = (bytes, durable) =>
      Effect.suspend(() => {
        if (broken !== undefined) return Effect.fail(broken)
        const work = async (): Promise<void> => {
          await writeAll(file, bytes, length)
          if (durable) await file.datasync()
        }
        return attempt(path, work).pipe(
          Effect.tap(() => Effect.sync(() => void (length += bytes.length))),
          // No half line stays in front of the next one. Where that fails too, or is not known, there is no next one.
          Effect.tapError((error) =>
            error.reason._tag === "TooSlow"
              ? Effect.sync(() => void (broken = error))
              : Effect.catch(
                  attempt(path, () => file.truncate(length)),
                  () => Effect.sync(() => void (broken = error))
                )
          )
        )
      }).pipe(Effect.uninterruptible)
    return { append } satisfies JournalFile
  })

  const reading = <A>(what: string, read: () => A) =>
    Effect.try({
      try: read,
      catch: (cause) => new HistoryError({ what, reason: { _tag: "Unreadable", detail: words(cause) } })
    })

  return {
    where: folder,
    owner,
    isAlive: (other) => lifeOf(other) !== "dead",
    absolute: (path) => resolve(path),
    list: Effect.catchIf(
      reading(folder, () => readdirSync(folder).filter(isJournal)),
      () => statSync(folder, { throwIfNoEntry: false }) === undefined,
      () => Effect.succeed([])
    ).pipe(Effect.map((names) => names.map((name) => name.slice(0, -suffix.length)))),
    read: Effect.fnUntraced(function* (id) {
      const path = pathOf(id)
      const stats = yield* reading(path, () => statSync(path))
      const detail = "it is no regular file"
      if (!stats.isFile()) return yield* new HistoryError({ what: path, reason: { _tag: "Unreadable", detail } })
      if (stats.size > largestJournal) {
        const reason = { _tag: "TooLarge", bytes: stats.size, limit: largestJournal } as const
        return yield* new HistoryError({ what: path, reason })
      }
      return yield* reading(path, () => new Uint8Array(readFileSync(path)))
    }),
    create,
    remove: (id) => reading(pathOf(id), () => rmSync(pathOf(id)))
  }
}
