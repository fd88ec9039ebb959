/** scripts/loader.mjs: the parts of dist/bin.mjs run the same with and without the file of compiled code. */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"

const loader = fileURLToPath(new URL("../../scripts/loader.mjs", import.meta.url))

let base = ""
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "boothold-loader-"))
  chmodSync(base, 0o700)
})
afterEach(() => {
  chmodSync(base, 0o700)
  rmSync(base, { recursive: true })
})

interface Options {
  readonly value?: number
  readonly build?: string
  readonly command?: string
  readonly exit?: number
  readonly env?: Readonly<Record<string, string>>
}

/** One start of a program of two parts; what it prints. */
const start = ({ build = "b1", command = "list", env = {}, exit = 0, value = 1 }: Options = {}): string => {
  const parts = {
    "./a.cjs": `const { b } = require("./b.cjs"); exports.a = () => b() + ${String(value)}`,
    "./b.cjs": "exports.b = () => BOOTHOLD_URL.length"
  }
  const program = join(base, "program.mjs")
  writeFileSync(
    program,
    `import { makeLoad } from ${JSON.stringify(loader)}
     const load = makeLoad(${JSON.stringify(parts)}, ${JSON.stringify(build)}, "12345")
     console.log(load("./a.cjs").a())
     process.exitCode = ${String(exit)}`
  )
  const { status, stderr, stdout } = spawnSync(process.execPath, [program, command], {
    encoding: "utf8",
    env: { XDG_CACHE_HOME: base, ...env }
  })
  assert.strictEqual(stderr, "")
  assert.strictEqual(status, exit)
  return stdout.trim()
}

const folder = () => join(base, "boothold")
const files = () => (existsSync(folder()) ? readdirSync(folder()).map((name) => join(folder(), name)) : [])
const theFile = (): string => {
  const [file, ...others] = files()
  assert(file !== undefined && others.length === 0, "one file")
  return file
}

describe("the loader", () => {
  it("keeps compiled code where only its user can write, and leaves it alone once it is complete", () => {
    assert.strictEqual(start(), "6")
    assert.strictEqual(statSync(theFile()).mode & 0o777, 0o600)
    assert.strictEqual(statSync(folder()).mode & 0o777, 0o700)
    const long = new Date(0)
    utimesSync(theFile(), long, long)
    assert.strictEqual(start(), "6")
    assert.strictEqual(statSync(theFile()).mtimeMs, 0)
  })

  it("uses it: so a build has a name that no other build has", () => {
    start({ value: 1 })
    // V8 tells texts apart by their length only. Never so in a bundle: its build is the sum of its texts.
    assert.strictEqual(start({ value: 2 }), "6")
    assert.strictEqual(start({ value: 2, build: "b2" }), "7")
  })

  it("does not read what somebody else could have written", () => {
    for (const open of [
      () => chmodSync(theFile(), 0o620),
      () => chmodSync(theFile(), 0o602),
      () => chmodSync(base, 0o777)
    ]) {
      start({ value: 1 })
      open()
      assert.strictEqual(start({ value: 2 }), "7")
      chmodSync(base, 0o700)
      rmSync(folder(), { recursive: true })
    }
  })

  it("does not read a damaged one, and writes it anew", () => {
    start({ value: 1 })
    const good = readFileSync(theFile())
    for (const at of [0, good.indexOf(10) + 40, good.length - 1]) {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ 0x20
      writeFileSync(theFile(), bad)
      assert.strictEqual(start({ value: 2 }), "7", `byte ${String(at)}`)
      rmSync(folder(), { recursive: true })
      start({ value: 1 })
    }
    writeFileSync(theFile(), "")
    assert.strictEqual(start({ value: 2 }), "7")
  })

  it("learns a command when it has come to a good end, each once", () => {
    start()
    const commands = () =>
      (JSON.parse(readFileSync(theFile(), "utf8").split("\n")[0] ?? "") as { commands: unknown }).commands
    assert.deepStrictEqual(commands(), ["list"])
    start({ command: "update", exit: 3 })
    assert.deepStrictEqual(commands(), ["list"])
    start({ command: "update" })
    start({ command: "update" })
    start({ command: "../x" })
    assert.deepStrictEqual(commands(), ["list", "update"])
  })

  it("runs without one where it is turned off, and where nothing can be written", () => {
    assert.strictEqual(start({ env: { NODE_DISABLE_COMPILE_CACHE: "1" } }), "6")
    assert.deepStrictEqual(files(), [])
    // A file where the folder should be: nothing can be made there, by root either.
    writeFileSync(folder(), "")
    assert.strictEqual(start(), "6")
    rmSync(folder())
    assert.strictEqual(start({ env: { XDG_CACHE_HOME: join(base, "nowhere") } }), "6")
  })

  it("keeps four files, the latest", () => {
    mkdirSync(folder(), { mode: 0o700 })
    for (let age = 1; age <= 6; age++) {
      writeFileSync(join(folder(), String(age)), "")
      utimesSync(join(folder(), String(age)), new Date(age * 1000), new Date(age * 1000))
    }
    start()
    assert.lengthOf(files(), 4)
    assert(existsSync(join(folder(), "6")) && !existsSync(join(folder(), "3")))
  })
})
