/** Debian's `qmi-firmware-update`, as it has to be handled on a slow machine. */
import assert from "node:assert/strict"
import type { Ended } from "../guest/processes.ts"
import type { CaseTools } from "../guest/tools.ts"

export const tool = "qmi-firmware-update"

/** The reference ran into a limit of its own, on a machine that is emulated and may be busy besides. */
class TooSlow extends Error {}

/** Runs the reference; ends the case where nothing but the machine was to blame. */
export const runReference = async (tools: CaseTools, args: ReadonlyArray<string>): Promise<Ended> => {
  const ended = await tools.run(tool, args)
  const late = /(qdl device creation failed|couldn't open session): timed out waiting for the response/.test(
    ended.stdout + ended.stderr
  )
  if (ended.status !== 0 && late) throw new TooSlow("the boot loader's answer took the reference more than a second")
  return ended
}

/** Runs the reference; it must end well. */
export const flash = async (tools: CaseTools, ...args: ReadonlyArray<string>): Promise<void> => {
  assert.equal((await runReference(tools, args)).status, 0)
}

/**
 * It gives the boot loader one second for each answer to Hello and Open (qdl.md §3.2, §3.3) and gives up then: that says nothing about
 * the answer. Then, and only then, the whole case is done once more on a new modem; it is told, and may not happen again.
 */
export const onceMoreIfTooSlow =
  (body: (tools: CaseTools) => Promise<void>) =>
  async (tools: CaseTools): Promise<void> => {
    try {
      await body(tools)
    } catch (error) {
      if (!(error instanceof TooSlow)) throw error
      console.log(`           ${error.message}: once more`)
      tools.log.push(`${error.message}: once more`)
      assert.deepEqual(await tools.endModems(), [])
      await body(tools)
    }
  }
