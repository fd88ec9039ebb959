/**
 * What an input reaches that no input reached before, by V8's own block coverage (the inspector's
 * `takePreciseCoverage`). Kept per function as the characters of its source that never ran.
 */
import { Session } from "node:inspector"
import type { Profiler } from "node:inspector"

const source = new URL("../../src/", import.meta.url).href

/** Characters of each function that ran in none of the takes so far. */
type Missing = ReadonlyArray<readonly [from: number, to: number]>

const keyOf = (script: string, { startOffset, endOffset }: Profiler.CoverageRange): string =>
  `${script}:${String(startOffset)}:${String(endOffset)}`

/** Ranges are nested, the inner one counts. */
const missingOf = ({ isBlockCoverage, ranges }: Profiler.FunctionCoverage): Missing => {
  if (!isBlockCoverage) return []
  const none: Array<readonly [number, number]> = []
  const open: Array<{ readonly end: number; readonly count: number }> = []
  let at = ranges[0]?.startOffset ?? 0
  const upTo = (offset: number): void => {
    const top = open.at(-1)
    if (top?.count === 0 && offset > at) none.push([at, offset])
    at = Math.max(at, offset)
  }
  for (const { count, endOffset, startOffset } of ranges) {
    for (let top = open.at(-1); top !== undefined && top.end <= startOffset; top = open.at(-1)) {
      upTo(top.end)
      open.pop()
    }
    upTo(startOffset)
    open.push({ end: endOffset, count })
  }
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    if (top.count === 0 && top.end > at) none.push([at, top.end])
    at = Math.max(at, top.end)
  }
  return none
}

const both = (a: Missing, b: Missing): Missing => {
  const out: Array<readonly [number, number]> = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [fromA, toA] = a[i]!
    const [fromB, toB] = b[j]!
    const [from, to] = [Math.max(fromA, fromB), Math.min(toA, toB)]
    if (from < to) out.push([from, to])
    if (toA < toB) i++
    else j++
  }
  return out
}

const sizeOf = (missing: Missing): number => missing.reduce((sum, [from, to]) => sum + to - from, 0)

/** What ran since the take before. */
export type Take = ReadonlyMap<string, Missing>

export interface CoverageFigures {
  /** Functions of src that ran. */
  readonly functions: number
  /** Of all characters of these functions, those that ran. */
  readonly ran: number
  readonly characters: number
}

export interface Coverage {
  readonly take: () => Take
  /** Whether something ran in this take that never ran before. */
  readonly isNew: (take: Take) => boolean
  /** Remembers it. True when something was new. */
  readonly keep: (take: Take) => boolean
  /** Forgets what was kept. */
  readonly clear: () => void
  /** Begins anew with functions that are not optimised: then every one that runs is counted. */
  readonly recount: () => void
  readonly figures: () => CoverageFigures
  readonly stop: () => void
}

/** Of the scripts in src of this process, from now on. */
export const startCoverage = (): Coverage => {
  const session = new Session()
  const begin = (): void => session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
  session.connect()
  session.post("Profiler.enable")
  begin()
  const seen = new Map<string, Missing>()
  const take = (): Take => {
    const found = new Map<string, Missing>()
    session.post("Profiler.takePreciseCoverage", (error, answer) => {
      if (error !== null) throw error
      for (const { functions, scriptId, url } of answer.result) {
        if (!url.startsWith(source)) continue
        for (const one of functions) {
          const [whole] = one.ranges
          // Once a function is optimised, V8 counts its blocks and no longer its calls.
          const ran = one.ranges.some(({ count }) => count > 0)
          if (whole !== undefined && ran) found.set(keyOf(scriptId, whole), missingOf(one))
        }
      }
    })
    return found
  }
  const isNew = (found: Take): boolean => {
    for (const [key, missing] of found) {
      const before = seen.get(key)
      if (before === undefined || sizeOf(both(before, missing)) < sizeOf(before)) return true
    }
    return false
  }
  return {
    take,
    isNew,
    keep: (found) => {
      const fresh = isNew(found)
      if (fresh) {
        for (const [key, missing] of found) {
          const before = seen.get(key)
          seen.set(key, before === undefined ? missing : both(before, missing))
        }
      }
      return fresh
    },
    clear: () => seen.clear(),
    recount: () => {
      session.post("Profiler.stopPreciseCoverage")
      begin()
    },
    figures: () => {
      let characters = 0
      let missing = 0
      for (const [key, not] of seen) {
        const [, from = "0", to = "0"] = key.split(":")
        characters += Number(to) - Number(from)
        missing += sizeOf(not)
      }
      return { functions: seen.size, ran: characters - missing, characters }
    },
    stop: () => {
      session.post("Profiler.stopPreciseCoverage")
      session.disconnect()
    }
  }
}
