/** The very end of the process, which nothing may hold up. */
import { writeSync } from "node:fs"

/** At once, past everything that is queued; a reader that has gone, or takes nothing, is no reason to stay. */
export const writeNow = (descriptor: 1 | 2, text: string): void => {
  try {
    writeSync(descriptor, text)
  } catch {
    // Closed, full, or a terminal that is gone: nobody reads it.
  }
}

/** Whether the system still works on a file for us. */
export const isBusy = (): boolean => process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"))

/**
 * Ends the process with `code`. `exit` waits for the thread pool: one call that hangs, on a dead disk say, and the process
 * is never gone. The place of such a process is taken by a shell that only has the code to give.
 */
export const leave = (code: number): never => {
  if (isBusy() && process.execve !== undefined) {
    process.emit("exit", code)
    try {
      process.execve("/bin/sh", ["sh", "-c", `exit ${String(code)}`], {})
    } catch {
      // No shell: the signal that always works, with its own exit status.
      process.kill(process.pid, "SIGKILL")
    }
  }
  process.exit(code)
}
