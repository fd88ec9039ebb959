/** What the measurements need from the machine: compiled helpers, upstream's program, the right to a mount namespace. */
import { spawn, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))
export const bin = join(root, "dist/bin.mjs")

const helpers = ["boot-loader", "client", "measure"]

const compiler = () => ["cc", "gcc", "clang"].find((name) => spawnSync(name, ["--version"]).status === 0)

/** Compiles test/bench/*.c into `folder`; yields the path of each by its name. */
export const compile = (folder) => {
  const cc = compiler()
  if (cc === undefined) {
    throw new Error("npm run bench compiles small C programs, and there is no compiler: apt-get install gcc libc6-dev")
  }
  return Object.fromEntries(
    helpers.map((name) => {
      const out = join(folder, name)
      const source = join(root, "test/bench", `${name}.c`)
      const { status, stderr } = spawnSync(cc, ["-std=gnu11", "-O2", "-o", out, source], { encoding: "utf8" })
      if (status !== 0) throw new Error(`${cc} could not compile ${source}:\n${stderr}`)
      return [name, out]
    })
  )
}

const runs = (command, ...args) => spawnSync(command, args).status === 0

/** What is missing for the cases beside upstream's program; none where they can run. */
export const missing = () =>
  [
    process.getuid?.() === 0 ? "" : "root",
    runs("qmi-firmware-update", "--version") ? "" : "qmi-firmware-update (apt-get install libqmi-utils)",
    runs("unshare", "--mount", "--propagation", "private", "true") ? "" : "the right to unshare a mount namespace"
  ].filter((what) => what !== "")

/** What is missing for the virtual machine. */
export const missingForLab = async () => {
  if (process.platform !== "linux" || process.arch !== "x64") return ["Linux on x86-64"]
  const { installCommand, missing } = await import("../../test/lab/vm/requirements.ts")
  const lacking = missing()
  return lacking.length === 0 ? [] : [...lacking, `which this brings: ${installCommand}`]
}

/** Runs a program under `measure`; the measurement, and what the program printed. Fails unless it ends with 0. */
export const measured = (measure, out, command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(measure, [out, command, ...args], { stdio: ["ignore", "pipe", "pipe"], ...options })
    let output = ""
    const collect = (text) => (output += text)
    child.stdout.on("data", collect)
    child.stderr.on("data", collect)
    child.on("error", reject)
    child.on("close", () => {
      const run = JSON.parse(readFileSync(out, "utf8"))
      if (run.status === 0) resolve({ ...run, cpuMs: run.userMs + run.systemMs, peakMiB: run.peakKiB / 1024, output })
      else reject(new Error(`${command} ${args.join(" ")} ended with ${run.status}:\n${output}`))
    })
  })
