/** The boot loader of test/bench on its pseudo terminal, and what it says about each session. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

/** Starts it; `session()` yields the report of the next session, and fails when it met a wrong byte. */
export const startBootLoader = async (program, args) => {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] })
  let complaint = ""
  child.stderr.on("data", (text) => (complaint += text))
  const ended = once(child, "close")
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { done, value } = await lines.next()
    if (done) throw new Error(`the boot loader ended: ${complaint}`)
    const report = JSON.parse(value)
    if (report.wrong !== undefined) throw new Error(`the boot loader was sent something wrong: ${report.wrong}`)
    return report
  }
  const { tty } = await next()
  return {
    tty,
    session: next,
    stop: async () => {
      child.kill("SIGKILL")
      await ended
    }
  }
}
