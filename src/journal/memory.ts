/** Journals in memory: for tests, and where there are no files. */
import * as Effect from "effect/Effect"
import { JournalError } from "../update/JournalError.ts"
import type { Owner } from "./entry.ts"
import { HistoryError } from "./HistoryError.ts"
import type { JournalFiles } from "./JournalFiles.ts"

const where = "memory"

/** By id; may be looked into and changed from outside. */
export type MemoryContents = Map<string, Uint8Array>

export const memoryFiles = (
  contents: MemoryContents = new Map<string, Uint8Array>(),
  owner: Owner = { pid: 1, program: "boothold" }
): JournalFiles["Service"] => ({
  where,
  owner,
  isAlive: ({ pid }) => pid === owner.pid,
  absolute: (path) => path,
  list: Effect.sync(() => [...contents.keys()]),
  read: (id) =>
    Effect.suspend(() => {
      const found = contents.get(id)
      return found === undefined
        ? Effect.fail(new HistoryError({ what: where, reason: { _tag: "NoSuchRun", wanted: id } }))
        : Effect.succeed(found)
    }),
  create: (id) =>
    Effect.suspend(() => {
      if (contents.has(id)) {
        return Effect.fail(new JournalError({ path: id, reason: { _tag: "Failed", detail: "it exists" } }))
      }
      contents.set(id, new Uint8Array())
      return Effect.succeed({
        append: (bytes) =>
          Effect.sync(() => {
            const before = contents.get(id) ?? new Uint8Array()
            const after = new Uint8Array(before.length + bytes.length)
            after.set(before)
            after.set(bytes, before.length)
            contents.set(id, after)
          })
      })
    }),
  remove: (id) => Effect.sync(() => void contents.delete(id))
})
