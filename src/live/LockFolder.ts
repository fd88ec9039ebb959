/**
 * Locks of modems as files that name their owner. A file comes into being whole, by a link, or not at all; that of a dead
 * owner is taken over by exactly one of those who find it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ModemIdentity } from "../device/Modem.ts"
import { Owner } from "../journal/entry.ts"
import { LockError } from "../update/LockError.ts"
import { codeOf } from "./io-error.ts"
import { lifeOf } from "./owner.ts"

const Lock = Schema.Struct({ ...Owner.fields, since: Schema.Finite, nonce: Schema.String })
type Lock = typeof Lock.Type
const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Lock))

/** Bytes; ours have some hundred. */
const largest = 64 * 1024

/** Owners that died while they took over from one that died, one inside the other. */
const deepest = 4

/** Others come and go while we look. */
const tries = 100

type Reason = LockError["reason"]
const unusable = (cause: unknown): Reason => ({
  _tag: "Unusable",
  detail: cause instanceof Error ? cause.message : String(cause)
})

/** What the file says; undefined where there is none. Throws what the system says. */
const textOf = (path: string): string | undefined => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (!stats.isFile() || stats.size > largest) throw new Error("it is no lock of boothold")
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined
    throw error
  }
}

/** Who has it, if that is somebody who may live. A file without sense was left by a power cut. */
const holderIn = (text: string): Reason | undefined => {
  const lock = decode(text)
  if (Result.isFailure(lock)) return undefined
  const { pid, program, since } = lock.success
  const life = lifeOf(lock.success)
  return life === "dead" ? undefined : { _tag: life === "alive" ? "Held" : "HeldElsewhere", pid, program, since }
}

/** Whether `ours` became `path`, which had to be free for it. */
const linked = (ours: string, path: string): boolean => {
  try {
    linkSync(ours, path)
    return true
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false
    throw error
  }
}

/**
 * Makes `path` a lock with `text`; the reason where somebody has it. To replace a dead owner's lock one has to hold the lock
 * on that very lock, and find the dead one still there: so of two who saw it dead, the second cannot replace the first.
 */
const take = (path: string, text: string, ours: string, depth = 0): Reason | undefined => {
  if (depth > deepest) return { _tag: "Unusable", detail: "too many dead owners: remove it" }
  for (let attempt = 0; attempt < tries; attempt++) {
    if (linked(ours, path)) return undefined
    const found = textOf(path)
    if (found === undefined) continue
    const holder = holderIn(found)
    if (holder !== undefined) return holder
    const inner = `${path}.${createHash("sha256").update(found).digest("hex").slice(0, 16)}`
    const other = take(inner, text, ours, depth + 1)
    if (other?._tag === "Unusable") return other
    // Somebody else is taking it over at this moment.
    if (other !== undefined) continue
    try {
      if (textOf(path) !== found) continue
      // A link of its own: `ours` is needed again where this fails.
      const own = `${ours}.${String(depth)}`
      linkSync(ours, own)
      renameSync(own, path)
      return undefined
    } finally {
      rmSync(inner, { force: true })
    }
  }
  return { _tag: "Unusable", detail: "it changes all the time" }
}

const nameOf = (portPath: string): string => `port-${portPath.replaceAll(/[^\w.-]/g, "_").slice(0, 100)}.lock`

/** Locks in `folder`: by the place where the modem is plugged in, at both of its speeds. */
export const lockFolder = (folder: string, owner: Owner) =>
  Effect.fn("ModemLock")(function* ({ peerPath, portPath }: ModemIdentity) {
    const since = yield* Clock.currentTimeMillis
    const nonce = String(yield* Random.next)
    const text = `${JSON.stringify({ ...owner, since, nonce } satisfies Lock)}\n`
    // Always in the same order, so that two who want both do not wait for each other.
    const names = [...new Set([portPath, ...(peerPath === undefined ? [] : [peerPath])].map(nameOf))].toSorted()
    for (const name of names) {
      const path = join(folder, name)
      const fail = (reason: Reason) => new LockError({ modem: portPath, path, reason })
      const acquire = Effect.try({
        try: () => {
          mkdirSync(folder, { recursive: true, mode: 0o700 })
          const ours = join(folder, `.${name}.${String(process.pid)}.${nonce}`)
          try {
            writeFileSync(ours, text, { flag: "wx", mode: 0o600 })
            return take(path, text, ours)
          } finally {
            rmSync(ours, { force: true })
          }
        },
        catch: (cause) => fail(unusable(cause))
      }).pipe(Effect.flatMap((reason) => (reason === undefined ? Effect.void : Effect.fail(fail(reason)))))
      yield* Effect.acquireRelease(acquire, () =>
        Effect.sync(() => {
          // A lock that cannot be removed is a dead owner's as soon as this process ends.
          try {
            if (textOf(path) === text) rmSync(path)
          } catch (error) {
            if (codeOf(error) === undefined) throw error
          }
        })
      )
    }
  })
