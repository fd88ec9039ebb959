/** Before all tests: the command line is bundled once, as it is shipped. Started from its sources it takes ten times as long. */
import { rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"
import { bundle } from "../scripts/bundle.mjs"

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the bundled command line. */
    readonly bin: string
  }
}

export default async (project: TestProject): Promise<() => void> => {
  // Where its native modules are found; a file of its own for each run, as several may be under way.
  const wanted = fileURLToPath(new URL(`../node_modules/.cache/boothold/${String(process.pid)}.mjs`, import.meta.url))
  const { file } = await bundle(wanted)
  project.provide("bin", file)
  return () => rmSync(file, { force: true })
}
