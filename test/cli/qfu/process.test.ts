/** The process under the name of the program whose command lines it takes. */
import { assert, afterAll, beforeAll, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bin } from "../../support/command-line.ts"

const root = new URL("../../../", import.meta.url).pathname
const files = ["SWI9X30C_02.33.03.00.cwe", "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu"]

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Ctrl+C as soon as the output has this text. */
const run = (script: string, args: ReadonlyArray<string>, interruptAt?: string): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: join(root, "fixtures/images"),
      env: { PATH: process.env["PATH"] }
    })
    let out = ""
    let err = ""
    let interrupted = false
    child.stdout.on("data", (bytes: Buffer) => {
      out += bytes.toString()
      if (interruptAt === undefined || interrupted || !out.includes(interruptAt)) return
      interrupted = true
      child.kill("SIGINT")
    })
    child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, out, err }))
  })

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "boothold-"))
  symlinkSync(bin, join(folder, "boothold"))
  // As somebody would make it: a link to what npm made a link of.
  for (const name of ["qmi-firmware-update", "boothold-qfu", "qmi-firmware-update-2"]) {
    symlinkSync("boothold", join(folder, name))
  }
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe("under the name qmi-firmware-update", () => {
  it("every word is that program's, also those that boothold would take", async () => {
    for (const name of ["qmi-firmware-update", "boothold-qfu"]) {
      const version = await run(join(folder, name), ["--version"])
      assert.strictEqual(version.code, 0)
      assert.include(version.out, "qmi-firmware-update 1.32 to 1.38")
      const verified = await run(join(folder, name), ["-z", ...files])
      assert.deepStrictEqual([verified.code, verified.err], [0, ""])
      const list = await run(join(folder, name), ["list"])
      assert.deepStrictEqual([list.code, list.out], [1, ""])
      assert.match(list.err, new RegExp(`^error: nothing to do.*\nhelp: {2}\`${name} --help\``))
    }
  }, 60_000)

  it("and under any other name they are boothold's", async () => {
    const other = await run(join(folder, "qmi-firmware-update-2"), ["--version"])
    assert.match(other.out, /^boothold [\d.]+\n$/)
    const qfu = await run(join(folder, "boothold"), ["qfu", "-z", ...files])
    assert.deepStrictEqual([qfu.code, qfu.err], [0, ""])
  }, 60_000)

  it("Ctrl+C ends it with 1, after the modem's state and the next command", async () => {
    const words = ["--simulate", "em7455", "-u", "-d", "1199:9071", ...files]
    const { code, err } = await run(join(folder, "qmi-firmware-update"), words, "check family")
    assert.strictEqual(code, 1)
    assert.match(
      err,
      /^stopping.*\ninterrupted\nstate: The modem .+\nnext: {2}boothold \w+ --usb-path 1-2 --simulate em7455 .+\n$/
    )
  }, 60_000)

  it("a failure ends it with 1, whatever boothold's own code is", async () => {
    const words = ["qfu", "--simulate", "em7455", "-u", "-d", "413c", ...files]
    assert.strictEqual((await run(bin, words)).code, 1)
  }, 60_000)
})
