/**
 * Loaded into the command line before it starts: when it ends, notes what it still has open, where LAB_PROBE says.
 * Scopes have closed by then; a port that is open here would have been left to the kernel.
 */
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs"

const target = process.env["LAB_PROBE"]
/** How the `usb` package hears of events: a thread of its own closes it, some time after it was told to. */
const listensToKernel = (link) => {
  const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1]
  return inode !== undefined && new RegExp(`\\s${inode}\\s*$`, "m").test(readFileSync("/proc/net/netlink", "utf8"))
}
const open = () =>
  readdirSync("/proc/self/fd").flatMap((name) => {
    // The streams that it was given.
    if (Number(name) < 3) return []
    try {
      const link = readlinkSync(`/proc/self/fd/${name}`)
      return listensToKernel(link) ? [] : [link]
    } catch {
      // The one that lists the folder is closed again.
      return []
    }
  })

if (target !== undefined) {
  process.on("exit", () => writeFileSync(target, JSON.stringify(open())))
}
