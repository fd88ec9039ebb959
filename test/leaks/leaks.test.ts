/** Updates leave nothing behind in the process. `npm run leaks` is the long run. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"

const script = new URL("main.ts", import.meta.url).pathname

const run = (updates: number, first: number, leaks: ReadonlyArray<string> = []) =>
  spawnSync(
    process.execPath,
    [
      "--no-warnings",
      script,
      ...["--updates", String(updates), "--first", String(first)],
      ...leaks.flatMap((leak) => ["--leak", leak])
    ],
    { encoding: "utf8", timeout: 120_000 }
  )

describe("many updates in one process", () => {
  it("hold as much after all of them as after the first ones", { timeout: 120_000 }, () => {
    const { status, stderr, stdout } = run(120, 60)
    assert.strictEqual(stderr, "")
    assert.match(stdout, /leaks: 120 updates, 0 found/)
    assert.strictEqual(status, 0)
  })

  it("would be seen to hold more", { timeout: 120_000 }, () => {
    const leaks = ["descriptors", "handles", "listeners", "fibers", "heap"]
    const { status, stderr } = run(24, 12, leaks)
    for (const leak of leaks) assert.include(stderr, `leak: ${leak}`)
    assert.strictEqual(status, 1)
  })
})
