/**
 * For `npm run bench`: a full update by both tools in turn, on a modem that is off the bus for 2 s at each restart. The
 * journals are kept, and the modem's own waiting read from them. Small images: what counts is waiting, not sending.
 */
import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { buildCarrierImage, buildSystemImage } from "../../../src/image/builder.ts"
import type { Group } from "../guest/harness.ts"
import type { CaseTools } from "../guest/tools.ts"
import { x30 } from "./updates.ts"

const rounds = 3

const tools = {
  upstream: (at: CaseTools, files: ReadonlyArray<string>) =>
    at.run("qmi-firmware-update", ["--update", "-d", x30.application, "--ignore-mm-runtime-check", ...files]),
  boothold: (at: CaseTools, files: ReadonlyArray<string>) =>
    at.boothold(["update", "-d", x30.application, "--yes", ...files])
}

const smallImages = (folder: string): ReadonlyArray<string> => {
  const spec = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_000" }
  const contents = [buildSystemImage({ ...spec, size: 65_536 }), buildCarrierImage(spec)]
  return x30.set.files.map((name, index) => {
    const path = join(folder, name)
    writeFileSync(path, contents[index] ?? "")
    return path
  })
}

export const cases: Group = Array.from({ length: rounds }, (_, round) =>
  Object.entries(tools).map(([tool, update]) => ({
    name: `dead time: ${tool}, round ${String(round + 1)}`,
    body: async (at: CaseTools) => {
      const modem = await at.modem(x30.model, { bootSeconds: 2 })
      const { status, stderr } = await update(at, smallImages(at.work))
      assert.equal(status, 0, stderr)
      await modem.isIdle()
      const state = await modem.quit()
      assert.equal(state.running.firmware, "02.33.03.00")
      at.keep(modem.journalFile, `deadtime-${tool}-${String(round + 1)}.jsonl`)
    }
  }))
).flat()
