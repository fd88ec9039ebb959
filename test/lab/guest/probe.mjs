/**
 * Loaded into the command line before it starts: when it ends, notes what it still has open, where LAB_PROBE says.
 * Scopes have closed by then; a port that is open here would have been left to the kernel.
 */
import { readdirSync, readlinkSync, writeFileSync } from "node:fs"

const target = process.env["LAB_PROBE"]
const open = () =>
  readdirSync("/proc/self/fd").flatMap((name) => {
    // The streams that it was given.
    if (Number(name) < 3) return []
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)]
    } catch {
      // The one that lists the folder is closed again.
      return []
    }
  })

if (target !== undefined) {
  process.on("exit", () => writeFileSync(target, JSON.stringify(open())))
}
