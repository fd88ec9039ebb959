/** Every command that the README and the pages show is run, in a folder with the image files that they name. */
import { execFile } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { bin } from "../support/command-line.ts"

const root = new URL("../../", import.meta.url).pathname
const run = promisify(execFile)

/** Lines `$ boothold …` of console blocks; `# exit N` behind one says how it ends. */
const commandsOf = (page: string): ReadonlyArray<{ readonly line: string; readonly exit: number }> =>
  [...readFileSync(join(root, page), "utf8").matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    (block ?? "").split("\n").flatMap((text) => {
      const match = /^\$ boothold (.*?)(?:\s+# exit (\d+))?$/.exec(text)
      return match?.[1] === undefined ? [] : [{ line: match[1], exit: Number(match[2] ?? 0) }]
    })
  )

const words = (line: string): ReadonlyArray<string> =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "")

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "boothold-docs-"))
  cpSync(join(root, "fixtures/images"), folder, { recursive: true })
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const pages = [
  "README.md",
  ...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : []))
]
const shown = pages.flatMap((page) => {
  const commands = commandsOf(page)
  return commands.length === 0 ? [] : [{ page, commands }]
})

it("pages with commands are found", () => {
  const found = shown.map(({ page }) => page)
  for (const page of ["README.md", "docs/cli.md", "docs/doctor.md"]) assert.include(found, page)
})

for (const { commands, page } of shown) {
  describe(`the commands of ${page}`, () => {
    for (const { exit, line } of commands) {
      it(`boothold ${line}`, async () => {
        const speed =
          line.includes("--simulate ") && !line.includes("--simulate-speed") ? ["--simulate-speed", "200"] : []
        const ended = await run(process.execPath, [bin, ...words(line), ...speed], { cwd: folder }).then(
          () => 0,
          (error: unknown) => (error as { readonly code: number }).code
        )
        assert.strictEqual(ended, exit)
      }, 60_000)
    }
  })
}
