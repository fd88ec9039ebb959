/**
 * The journal of a program that may be killed, or lose its own power: every line counts before it, torn in its middle, and
 * after it. Power takes with it what was not made durable.
 */
import * as Effect from "effect/Effect"
import type { JournalFiles } from "../../src/journal/JournalFiles.ts"
import { memoryFiles } from "../../src/journal/memory.ts"
import type { MemoryContents } from "../../src/journal/memory.ts"
import type { Mortality } from "./mortality.ts"

/** What the disk has. */
export interface Disk {
  readonly contents: MemoryContents
  /** By file, the bytes that survive a power cut. */
  readonly durable: Map<string, number>
}

export const makeDisk = (): Disk => ({ contents: new Map<string, Uint8Array>(), durable: new Map() })

/** As another process sees it. */
export const filesOf = ({ contents }: Disk, pid: number): JournalFiles["Service"] =>
  memoryFiles(contents, { pid, program: "boothold" })

/** The worst that a power cut may do: everything is gone that did not have to be there. */
export const losePower = ({ contents, durable }: Disk): void => {
  for (const [id, bytes] of contents) contents.set(id, bytes.subarray(0, durable.get(id) ?? 0))
}

export const mortalFiles = (disk: Disk, pid: number, { isDead, moment }: Mortality): JournalFiles["Service"] => {
  const files = filesOf(disk, pid)
  return {
    ...files,
    create: (id, room) =>
      Effect.gen(function* () {
        yield* moment("before the journal")
        if (isDead()) return yield* Effect.never
        const file = yield* files.create(id, room)
        let number = 0
        return {
          append: Effect.fnUntraced(function* (bytes: Uint8Array, durable: boolean) {
            const text = new TextDecoder().decode(bytes)
            const what = /"_tag":"(?:Happened|Became).*?"_tag":"(\w+)"(?:.*?"step":"([\w-]+)")?/.exec(text)
            const name = `line ${String(number++)}, ${what?.slice(1).join(" ").trim() ?? "the first"}`
            const half = bytes.length >> 1
            const put = (part: Uint8Array) => Effect.suspend(() => (isDead() ? Effect.void : file.append(part, false)))
            yield* moment(`before ${name}`)
            yield* put(bytes.subarray(0, half))
            yield* moment(`in ${name}`)
            yield* put(bytes.subarray(half))
            if (durable && !isDead()) disk.durable.set(id, disk.contents.get(id)?.length ?? 0)
            yield* moment(`after ${name}`)
          })
        }
      })
  }
}
