/** The script of docs/simulate.md, as a shell runs it. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bin } from "../support/command-line.ts"

const root = new URL("../../", import.meta.url).pathname

const [, script] = /```sh\n([\s\S]*?)```/.exec(readFileSync(join(root, "docs/simulate.md"), "utf8")) ?? []

describe("the script of docs/simulate.md", () => {
  it("passes, line by line, and leaves only the files that it names", () => {
    assert(script !== undefined)
    const folder = mkdtempSync(join(tmpdir(), "boothold-docs-"))
    try {
      const program = join(folder, "boothold")
      writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`)
      chmodSync(program, 0o755)
      const { status, stderr } = spawnSync("sh", ["-eu", "-c", script], {
        cwd: folder,
        env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` },
        encoding: "utf8",
        timeout: 50_000
      })
      assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
      assert.deepStrictEqual(readdirSync(folder).toSorted(), ["boothold", "events.jsonl", "journal.jsonl"])
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 60_000)
})
