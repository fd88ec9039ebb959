/** Journals on a real disk, and on disks that are full, read-only, slow or broken. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { journalFolder } from "../../src/live/JournalFolder.ts"
import type { Disk, OpenFile } from "../../src/live/JournalFolder.ts"
import { thisProcess } from "../../src/live/owner.ts"
import { temporaryFolder } from "../support/simulate-process.ts"
import { settle } from "../support/virtual-time.ts"

const me = thisProcess("boothold")
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const failing = (code: string) => Object.assign(new Error(`${code}: the disk says no`), { code })

/** A real disk of which some calls end otherwise. */
const diskWhere =
  (change: (file: OpenFile) => Partial<OpenFile>): Disk =>
  async (path, flags) => {
    const handle = await open(path, flags)
    const file: OpenFile = {
      write: ((buffer: Uint8Array, offset: number, length: number, position: number) =>
        handle.write(buffer, offset, length, position)) as OpenFile["write"],
      truncate: (length) => handle.truncate(length),
      datasync: () => handle.datasync(),
      sync: () => handle.sync(),
      close: () => handle.close()
    }
    return flags === "r" ? file : { ...file, ...change(file) }
  }

describe("a journal in a folder", () => {
  it.live("is a file of nobody else's, with what was appended, in folders that are made for it", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporaryFolder, "state", "runs")
      const files = journalFolder(folder, me)
      assert.deepStrictEqual(yield* files.list, [])
      const file = yield* files.create("a-1", 100_000)
      assert.strictEqual(statSync(join(folder, "a-1.jsonl")).size, 0)
      yield* file.append(bytes("one\n"), true)
      yield* file.append(bytes("two\n"), false)
      assert.strictEqual(readFileSync(join(folder, "a-1.jsonl"), "utf8"), "one\ntwo\n")
      assert.strictEqual(statSync(join(folder, "a-1.jsonl")).mode & 0o777, 0o600)
      writeFileSync(join(folder, "notes.txt"), "")
      assert.deepStrictEqual(yield* files.list, ["a-1"])
      assert.deepStrictEqual(yield* files.read("a-1"), bytes("one\ntwo\n"))
      yield* files.remove("a-1")
      assert.deepStrictEqual(yield* files.list, [])
    })
  )

  it.live("is never one that exists", () =>
    Effect.gen(function* () {
      const files = journalFolder(yield* temporaryFolder, me)
      yield* files.create("a", 0)
      const error = yield* Effect.flip(Effect.scoped(files.create("a", 0)))
      assert.match(error.message, /EEXIST/)
      assert.deepStrictEqual(yield* files.list, ["a"])
    })
  )

  it.live("is on the disk before its beginning is told, and durable lines before they are", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      const noted = (call: string) => Promise.resolve(void calls.push(call))
      const told = diskWhere((file) => ({
        write: ((...args: Parameters<typeof file.write>) => {
          calls.push("write")
          return file.write(...args)
        }) as OpenFile["write"],
        sync: () => noted("sync"),
        datasync: () => noted("datasync")
      }))
      const file = yield* journalFolder(yield* temporaryFolder, me, told).create("a", 10)
      assert.deepStrictEqual(calls.splice(0), ["write", "sync", "sync"])
      yield* file.append(bytes("x\n"), true)
      yield* file.append(bytes("y\n"), false)
      assert.deepStrictEqual(calls, ["write", "datasync", "write"])
    })
  )

  for (const [code, expected] of [
    ["ENOSPC", "JOURNAL_NO_SPACE"],
    ["EDQUOT", "JOURNAL_NO_SPACE"],
    ["EROFS", "JOURNAL_READ_ONLY"],
    ["EACCES", "JOURNAL_NOT_PERMITTED"],
    ["EIO", "JOURNAL_FAILED"]
  ] as const) {
    it.live(`is refused at its start where the disk says ${code}, and leaves no file`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const full = diskWhere(() => ({ write: () => Promise.reject(failing(code)) }))
        const error = yield* Effect.flip(Effect.scoped(journalFolder(folder, me, full).create("a", 10)))
        assert.strictEqual(error.code, expected)
        assert.include(error.message, join(folder, "a.jsonl"))
        assert.deepStrictEqual(readdirSync(folder), [])
      })
    )
  }

  it.live("is refused where its folder cannot be made", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "file")
      writeFileSync(file, "")
      const error = yield* Effect.flip(Effect.scoped(journalFolder(join(file, "runs"), me).create("a", 10)))
      assert.strictEqual(error.code, "JOURNAL_FAILED")
      assert.match(error.message, /ENOTDIR/)
    })
  )

  it.live("is refused in a folder that really may not be written to", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporaryFolder, "runs")
      mkdirSync(folder)
      chmodSync(join(folder, ".."), 0o755)
      chmodSync(folder, 0o555)
      const root = process.geteuid?.() === 0
      // Root may write everywhere: for a moment we are nobody.
      if (root) process.seteuid?.(65534)
      const error = yield* Effect.flip(Effect.scoped(journalFolder(folder, me).create("a", 10))).pipe(
        Effect.ensuring(Effect.sync(() => (root ? process.seteuid?.(0) : undefined)))
      )
      assert.strictEqual(error.code, "JOURNAL_NOT_PERMITTED")
    })
  )

  it.live("that meets a full disk in the middle keeps whole lines only, and goes on when there is room again", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      let full = false
      const disk = diskWhere((file) => ({
        write: (async (buffer: Uint8Array, offset: number, length: number, position: number) => {
          if (!full) return file.write(buffer, offset, length, position)
          await file.write(buffer, offset, 2, position)
          throw failing("ENOSPC")
        }) as OpenFile["write"]
      }))
      const file = yield* journalFolder(folder, me, disk).create("a", 0)
      yield* file.append(bytes("one\n"), true)
      full = true
      const error = yield* Effect.flip(file.append(bytes("two\n"), true))
      assert.strictEqual(error.code, "JOURNAL_NO_SPACE")
      assert.strictEqual(readFileSync(join(folder, "a.jsonl"), "utf8"), "one\n")
      full = false
      yield* file.append(bytes("three\n"), true)
      assert.strictEqual(readFileSync(join(folder, "a.jsonl"), "utf8"), "one\nthree\n")
    })
  )

  it.live("that cannot even drop half a line is not written to again", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      let broken = false
      const disk = diskWhere((file) => ({
        datasync: () => (broken ? Promise.reject(failing("EIO")) : file.datasync()),
        truncate: (length) => (broken ? Promise.reject(failing("EIO")) : file.truncate(length))
      }))
      const file = yield* journalFolder(folder, me, disk).create("a", 0)
      broken = true
      yield* Effect.flip(file.append(bytes("one\n"), true))
      broken = false
      const error = yield* Effect.flip(file.append(bytes("two\n"), true))
      assert.strictEqual(error.code, "JOURNAL_FAILED")
      assert.strictEqual(readFileSync(join(folder, "a.jsonl"), "utf8"), "one\n")
    })
  )

  it.effect("on a disk that hangs keeps nobody waiting longer than 5 s, also while the run is being interrupted", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const disk = diskWhere(() => ({ datasync: () => new Promise<void>(() => undefined) }))
      const file = yield* journalFolder(folder, me, disk).create("a", 0)
      const fiber = yield* Effect.forkChild(Effect.uninterruptible(Effect.flip(file.append(bytes("one\n"), true))))
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
      yield* settle
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.code, "JOURNAL_TOO_SLOW")
      const next = yield* Effect.flip(file.append(bytes("two\n"), false))
      assert.strictEqual(next.code, "JOURNAL_TOO_SLOW")
    })
  )

  it.live("that is too large, or no file, is named and not read", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const files = journalFolder(folder, me)
      writeFileSync(join(folder, "big.jsonl"), "")
      truncateSync(join(folder, "big.jsonl"), 1024 ** 4)
      mkdirSync(join(folder, "folder.jsonl"))
      assert.strictEqual((yield* Effect.flip(files.read("big"))).code, "HISTORY_TOO_LARGE")
      assert.strictEqual((yield* Effect.flip(files.read("folder"))).code, "HISTORY_UNREADABLE")
      assert.strictEqual((yield* Effect.flip(files.read("none"))).code, "HISTORY_UNREADABLE")
      assert.isFalse(existsSync(join(folder, "none.jsonl")))
    })
  )
})
