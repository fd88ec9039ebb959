/** Which other programs have a device open, as far as /proc lets us see: all of them for root, else our own user's. */
import { readFileSync, readdirSync, readlinkSync } from "node:fs"
import type { Holder } from "../doctor/facts.ts"

const attempt = <A>(read: () => A, otherwise: A): A => {
  try {
    return read()
  } catch {
    // Ended meanwhile, or not ours to look at.
    return otherwise
  }
}

/** Of several at once; paths without symbolic links. Our own process is left out. */
export const holdersOfAll = (
  paths: ReadonlyArray<string>,
  proc = "/proc"
): ReadonlyMap<string, ReadonlyArray<Holder>> => {
  const found = new Map<string, Array<Holder>>(paths.map((path) => [path, []]))
  for (const entry of attempt(() => readdirSync(proc), [])) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const folder = `${proc}/${entry}/fd`
    const open = new Set(
      attempt(() => readdirSync(folder), []).map((descriptor) =>
        attempt(() => readlinkSync(`${folder}/${descriptor}`), "")
      )
    )
    for (const [path, holders] of found) {
      if (!open.has(path)) continue
      holders.push({ pid, program: attempt(() => readFileSync(`${proc}/${entry}/comm`, "utf8").trim(), "?") })
    }
  }
  return found
}

/** `path` without symbolic links. Our own process is left out. */
export const holdersOf = (path: string): ReadonlyArray<Holder> => holdersOfAll([path]).get(path) ?? []

/** `ModemManager (pid 812)`; undefined when nobody is seen. */
export const describeHolders = (holders: ReadonlyArray<Holder>): string | undefined =>
  holders.length === 0 ? undefined : holders.map(({ pid, program }) => `${program} (pid ${String(pid)})`).join(", ")
