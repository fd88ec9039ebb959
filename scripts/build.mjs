/** `npm run build`: dist/ anew: the library with its types, then the command line as one file. */
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { basename } from "node:path"
import { bundle } from "./bundle.mjs"

const root = new URL("..", import.meta.url)
rmSync(new URL("dist", root), { recursive: true, force: true })
const tsc = spawnSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" })
if (tsc.error) throw tsc.error
if (tsc.status !== 0) process.exit(tsc.status ?? 1)
const { bytes, file } = await bundle()
console.log(`dist/${basename(file)}: ${(bytes / 1024).toFixed(0)} KiB`)
