/**
 * `npm run demo`: what a technician sees when the firmware of an EM7455 is updated, here a simulated one that is twelve
 * times faster than a real one. The images are made on the spot; format and checksums are those of real ones.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildCarrierImage, buildSystemImage } from "../src/image/builder.ts"
import { bundle } from "./bundle.mjs"

const spec = { familyToken: "SWI9X30C", firmware: "02.33.03.00", date: "08/28/19" }
const carrier = { carrier: "GENERIC", config: "002.072_000" }
const files = {
  "SWI9X30C_02.33.03.00.cwe": buildSystemImage({ ...spec, size: 24 * 1024 * 1024 }),
  "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu": buildCarrierImage({ ...spec, ...carrier, size: 20_000 })
}

const { file: boothold } = await bundle()
const folder = mkdtempSync(join(tmpdir(), "boothold-demo-"))
let status = 1
try {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
  const run = (...args) => {
    console.log(`\n$ boothold ${args.join(" ")}`)
    return spawnSync(process.execPath, [boothold, ...args], { cwd: folder, stdio: "inherit" }).status ?? 1
  }
  const names = Object.keys(files)
  const modem = ["--simulate", "em7455", "--simulate-speed", "12"]
  status = run("inspect", ...names) || run("plan", ...modem, ...names) || run("update", ...modem, "--yes", ...names)
} finally {
  rmSync(folder, { recursive: true })
}
process.exitCode = status
