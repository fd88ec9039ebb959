/** Which process somebody is, so that a dead one is not taken for a living one that got its number. */
import { readFileSync, readlinkSync } from "node:fs"
import { basename } from "node:path"
import type { Owner } from "../journal/entry.ts"

/** Text of /proc; undefined where there is none, or no process of that number. */
const attempt = (read: () => string): string | undefined => {
  try {
    return read().trim()
  } catch {
    return undefined
  }
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)): clock ticks since the system's start. Field 2 may hold anything. */
const startedOf = (pid: number): string | undefined => {
  const stat = attempt(() => readFileSync(`/proc/${String(pid)}/stat`, "utf8"))
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
}

const bootId = (): string | undefined => attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"))

const namespace = (): string | undefined => attempt(() => readlinkSync("/proc/self/ns/pid"))

/** This process; `program` is its name in messages. */
export const thisProcess = (program: string = basename(process.argv[1] ?? process.execPath)): Owner => {
  const started = startedOf(process.pid)
  const boot = bootId()
  const within = namespace()
  return {
    pid: process.pid,
    program,
    ...(started === undefined ? {} : { started }),
    ...(boot === undefined ? {} : { boot }),
    ...(within === undefined ? {} : { namespace: within })
  }
}

const isThere = (pid: number): boolean => {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is one too.
    return (error as { readonly code?: unknown }).code === "EPERM"
  }
}

/** `elsewhere`: of another container, whose processes cannot be seen from here. */
export const lifeOf = (owner: Owner): "alive" | "dead" | "elsewhere" => {
  const { boot, namespace: within, pid, started } = owner
  if (boot !== undefined && boot !== bootId()) return "dead"
  if (within !== undefined && within !== namespace()) return "elsewhere"
  if (!isThere(pid)) return "dead"
  return started === undefined || started === startedOf(pid) ? "alive" : "dead"
}
