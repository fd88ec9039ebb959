/**
 * Whether whoever started this process wants it to outlive its terminal. Node gives every signal its default at its own
 * start, so that an ignored SIGHUP (`nohup`, `trap '' HUP`) cannot be seen on ourselves: only what `nohup` leaves behind
 * can, and a parent that ignores the signal, which every child of its inherits.
 */
import { readFileSync, readlinkSync } from "node:fs"

/** What is looked at: of this process, and its parent. */
export interface Traces {
  /** The shell's `_`: bash puts the program there that it started, and `nohup` passes it on. */
  readonly started: string | undefined
  /** Where the three standard descriptors lead, e.g. `/dev/null`. */
  readonly standard: ReadonlyArray<string | undefined>
  /** `flags` of /proc/self/fdinfo/0, octal. */
  readonly inputFlags: string | undefined
  /** /proc/PARENT/status. */
  readonly parent: string | undefined
}

const hangupBit = 1n

const ignoresHangup = (status: string): boolean => {
  const mask = /^SigIgn:\s*([0-9a-f]{1,32})$/m.exec(status)?.[1]
  return mask !== undefined && (BigInt(`0x${mask}`) & hangupBit) !== 0n
}

/** Access mode of open(2): GNU `nohup` puts a /dev/null that cannot be read in the place of a terminal. */
const isWriteOnly = (flags: string): boolean => /^[0-7]+$/.test(flags) && (Number.parseInt(flags, 8) & 3) === 1

export const outlivesTerminal = ({ inputFlags, parent, standard, started }: Traces): boolean =>
  (started !== undefined && /(?:^|\/)nohup$/.test(started)) ||
  (standard[0] === "/dev/null" && inputFlags !== undefined && isWriteOnly(inputFlags)) ||
  standard.slice(1).some((path) => path?.endsWith("/nohup.out") === true) ||
  (parent !== undefined && ignoresHangup(parent))

const attempt = (read: () => string): string | undefined => {
  try {
    return read()
  } catch {
    // No /proc on this system, or it is not for us.
    return undefined
  }
}

export const tracesHere = (): Traces => ({
  started: process.env["_"],
  standard: [0, 1, 2].map((descriptor) => attempt(() => readlinkSync(`/proc/self/fd/${String(descriptor)}`))),
  inputFlags: /^flags:\s*(\d+)$/m.exec(attempt(() => readFileSync("/proc/self/fdinfo/0", "latin1")) ?? "")?.[1],
  parent: attempt(() => readFileSync(`/proc/${String(process.ppid)}/status`, "latin1"))
})
