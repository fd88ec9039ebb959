/**
 * System calls that are stuck in the thread pool, and how they are let go. Measured on Linux 6.18 (pty): a blocking
 * write returns what it had taken at once when its open file becomes non-blocking and the writer is woken.
 */
import { readFileSync, readdirSync } from "node:fs"

/** The thread that is in a system call with `descriptor` as its first argument. The main thread is this one. */
const threadsIn = (descriptor: number): ReadonlyArray<number> => {
  const wanted = `0x${descriptor.toString(16)}`
  const found: Array<number> = []
  for (const thread of readdirSync("/proc/self/task")) {
    if (Number(thread) === process.pid) continue
    try {
      if (readFileSync(`/proc/self/task/${thread}/syscall`, "utf8").split(" ")[1] === wanted) found.push(Number(thread))
    } catch {
      // The thread has ended.
    }
  }
  return found
}

const ignoreSignal = (): void => undefined

/**
 * Interrupts the system call that uses `descriptor`, by a signal to its thread that nobody acts on: SIGURG is ignored
 * by default, and needs a handler to interrupt anything.
 */
export const interruptCalls = (descriptor: number): void => {
  let threads: ReadonlyArray<number>
  try {
    threads = threadsIn(descriptor)
  } catch {
    // No /proc here: then there is no way.
    return
  }
  if (threads.length === 0) return
  if (!process.listeners("SIGURG").includes(ignoreSignal)) process.on("SIGURG", ignoreSignal)
  for (const thread of threads) {
    try {
      process.kill(thread, "SIGURG")
    } catch {
      // It has ended.
    }
  }
}

/** To be called when nothing is stuck any more. */
export const stopInterrupting = (): void => void process.off("SIGURG", ignoreSignal)
