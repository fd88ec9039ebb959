/** What the guest has before and after a case: nothing may be left behind. */
import { readFileSync, readdirSync } from "node:fs"
import { openFiles, programs, until } from "./processes.ts"

export interface Inventory {
  /** Programs, listening sockets, USB devices, files that the runner itself has open. */
  readonly [what: string]: ReadonlyArray<string>
}

const lines = (path: string): ReadonlyArray<string> => readFileSync(path, "utf8").split("\n").slice(1)

const listeners = (): ReadonlyArray<string> => [
  ...["/proc/net/tcp"].flatMap((path) =>
    lines(path).flatMap((line) => {
      const [, local = "", , state] = line.trim().split(/\s+/)
      return state === "0A" ? [`tcp ${local}`] : []
    })
  ),
  ...lines("/proc/net/unix").flatMap((line) => {
    const [, , , flags = "0", , , , path = "(no name)"] = line.trim().split(/\s+/)
    return (parseInt(flags, 16) & 0x10000) === 0 ? [] : [`unix ${path}`]
  })
]

/** The device manager starts and ends workers as it likes. */
const comesAndGoes = /systemd-udevd|udev-worker/

export const inventory = (): Inventory => ({
  programs: [...programs()].flatMap(([pid, words]) => (comesAndGoes.test(words) ? [] : [`${String(pid)} ${words}`])),
  listeners: listeners(),
  usbDevices: readdirSync("/sys/bus/usb/devices").filter((name) => !name.startsWith("usb")),
  ownFiles: [String(openFiles(process.pid).length)]
})

const added = (before: Inventory, now: Inventory): ReadonlyArray<string> =>
  Object.entries(now).flatMap(([what, entries]) =>
    entries.filter((entry) => before[what]?.includes(entry) !== true).map((entry) => `${what}: ${entry}`)
  )

/** What is there that was not, as soon as nothing more goes away by itself. */
export const leftovers = async (before: Inventory): Promise<ReadonlyArray<string>> => {
  try {
    await until("nothing left", () => (added(before, inventory()).length === 0 ? true : undefined), 3)
    return []
  } catch {
    return added(before, inventory())
  }
}

/** Ends programs that a failed case left, so that the next one starts clean. */
export const sweep = async (before: Inventory): Promise<void> => {
  const old = new Set(before["programs"])
  for (const [pid, words] of programs()) {
    if (old.has(`${String(pid)} ${words}`) || comesAndGoes.test(words)) continue
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // It has just ended.
    }
  }
  await leftovers(before)
}
