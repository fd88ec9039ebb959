/**
 * `npm run check:effect`: the diagnostics that know Effect, e.g. of an effect that nobody runs. The tool also ends well
 * when it looked at nothing, as it does where the plugin is missing in tsconfig.json; here that is a failure.
 */
import { spawnSync } from "node:child_process"

const { error, status, stderr, stdout } = spawnSync(
  "effect-language-service",
  ["diagnostics", "--project", "tsconfig.json", "--format", "text", "--severity", "error,warning", "--strict"],
  { cwd: new URL("..", import.meta.url), encoding: "utf8", maxBuffer: 1 << 26 }
)
if (error) throw error
process.stdout.write(stdout)
process.stderr.write(stderr)
const [, checked] = /Checked (\d+) files? out of/.exec(stdout) ?? []
if (checked === undefined || checked === "0") {
  console.error(`effect diagnostics checked ${checked ?? "an unknown number of"} files`)
  process.exit(1)
}
process.exit(status ?? 1)
