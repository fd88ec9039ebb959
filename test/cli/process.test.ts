/** The source of the bin as a process of its own: streams, signals, colours, exit codes. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { runLines } from "./support.ts"
import { bin } from "../support/command-line.ts"

const root = new URL("../../", import.meta.url)
const images = new URL("fixtures/images/", root)
const system = "SWI9X30C_02.33.03.00.cwe"
const carrier = "SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu"

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Options {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** Ctrl+C as soon as the output has this text. */
  readonly interruptAt?: string
}

const boothold = (args: ReadonlyArray<string>, options: Options = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: images,
      env: { PATH: process.env["PATH"], ...options.env }
    })
    let out = ""
    let err = ""
    let interrupted = false
    child.stdout.on("data", (bytes: Buffer) => {
      out += bytes.toString()
      if (options.interruptAt !== undefined && !interrupted && out.includes(options.interruptAt)) {
        interrupted = true
        child.kill("SIGINT")
      }
    })
    child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, out, err }))
    child.stdin.end(options.input ?? "")
  })

const fast = ["--simulate", "em7455", "--simulate-speed", "1000"]

describe("the process", () => {
  it("tells its version, in both spellings", async () => {
    const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { readonly version: string }
    for (const word of ["--version", "-V"]) {
      assert.deepStrictEqual(await boothold([word]), { code: 0, out: `boothold ${version}\n`, err: "" })
    }
  })

  it("updates a simulated modem from files, and its output is JSON lines to the last byte", async () => {
    const { code, err, out } = await boothold(["update", ...fast, "--yes", "--json", system, carrier])
    assert.deepStrictEqual([code, err], [0, ""])
    const last = runLines(out.trimEnd()).at(-1)
    assert(last?._tag === "Result")
    assert.strictEqual(last.after?.firmware, "02.33.03.00")
  })

  it("does not wait for an answer where there is no terminal", async () => {
    const { code, err } = await boothold(["update", ...fast, system, carrier], { input: "y\n" })
    assert.strictEqual(code, 2)
    assert.include(err, "no terminal to ask")
  })

  it("ends with 130 on Ctrl+C, after the modem's state and the next command", async () => {
    const slow = ["update", "--simulate", "em7455", "--yes", system, carrier]
    const { code, err } = await boothold(slow, { interruptAt: "check family" })
    assert.strictEqual(code, 130)
    assert.match(err, /^stopping.*\ninterrupted\nstate: The modem .+\nnext: {2}boothold \w+ --simulate em7455 .+\n$/)
  })

  it("sends results to the output and errors beside it, with exit codes for scripts", async () => {
    const bad = await boothold(["inspect", "broken/content-crc.nvu"])
    assert.strictEqual(bad.code, 4)
    assert.include(bad.out, "CRC mismatch")
    // The real bus, with whatever is plugged in here: nothing is ever at a port like that.
    const none = await boothold(["info", "--usb-path", "99-99"])
    assert.deepStrictEqual([none.code, none.out], [3, ""])
    assert.match(none.err, /^error: .+\nhelp: {2}.+\n$/)
    const usage = await boothold(["lisst"])
    assert.strictEqual(usage.code, 2)
  })

  it("has no colours in a pipe, unless they are forced; NO_COLOR wins", async () => {
    const escape = "\u001b["
    const colored = async (env: NodeJS.ProcessEnv, ...args: ReadonlyArray<string>) => {
      const { err, out } = await boothold(args, { env })
      return (out + err).includes(escape)
    }
    const environments = [{}, { FORCE_COLOR: "1" }, { FORCE_COLOR: "1", NO_COLOR: "1" }]
    for (const args of [["inspect", system], ["info", "--usb-path", "99-99"], ["--help"]]) {
      const seen = await Promise.all(environments.map((env) => colored(env, ...args)))
      assert.deepStrictEqual(seen, [false, true, false])
    }
  })

  it("inspects the same way with and without the parser", async () => {
    for (const files of [[system, carrier], ["broken/archive.zip"], ["missing.cwe"]]) {
      for (const json of [[], ["--json"]]) {
        const ways = [[], ["--"]].map((dashes) => boothold(["inspect", ...json, ...dashes, ...files]))
        const [short, parsed] = await Promise.all(ways)
        assert.deepStrictEqual(short, parsed)
      }
    }
  })

  it("decodes what is piped into it", async () => {
    const { code, out } = await boothold(["decode", "-"], { input: "7E 0D 16 00 00 00 00 88 4D 7E\n" })
    assert.strictEqual(code, 0)
    assert.include(out, "command not supported")
  })
})
