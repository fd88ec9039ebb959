/** Which other programs have a device open, as far as /proc lets us see: all of them for root, else our own user's. */
import { readFileSync, readdirSync, readlinkSync } from "node:fs"

export interface Holder {
  readonly pid: number
  readonly program: string
}

const attempt = <A>(read: () => A, otherwise: A): A => {
  try {
    return read()
  } catch {
    // Ended meanwhile, or not ours to look at.
    return otherwise
  }
}

/** `path` without symbolic links. Our own process is left out. */
export const holdersOf = (path: string): ReadonlyArray<Holder> => {
  const found: Array<Holder> = []
  for (const entry of attempt(() => readdirSync("/proc"), [])) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const folder = `/proc/${entry}/fd`
    const holds = attempt(() => readdirSync(folder), []).some(
      (descriptor) => attempt(() => readlinkSync(`${folder}/${descriptor}`), "") === path
    )
    if (holds) found.push({ pid, program: attempt(() => readFileSync(`/proc/${entry}/comm`, "utf8").trim(), "?") })
  }
  return found
}

/** `ModemManager (pid 812)`; undefined when nobody is seen. */
export const describeHolders = (holders: ReadonlyArray<Holder>): string | undefined =>
  holders.length === 0 ? undefined : holders.map(({ pid, program }) => `${program} (pid ${String(pid)})`).join(", ")
