import { tmpdir } from "node:os"
import { join } from "node:path"
import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

const source = (path: string): string => new URL(path, import.meta.url).pathname

export default defineConfig({
  // The examples of the documentation import the package by its name, as a reader would.
  resolve: {
    alias: [
      { find: /^boothold\/sim$/, replacement: source("./src/sim/index.ts") },
      { find: /^boothold\/live$/, replacement: source("./src/live/index.ts") },
      { find: /^boothold$/, replacement: source("./src/index.ts") }
    ]
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/setup.ts"],
    typecheck: { enabled: false },
    // One less by default: on two cores, one test file after the other.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    // No test records its runs where this computer's own are.
    env: { XDG_STATE_HOME: join(tmpdir(), "boothold-test-state") },
    // .ci/run counts from the report what really ran.
    reporters: process.env.CI === undefined ? ["default"] : ["default", ["json", { outputFile: ".ci/report.json" }]]
  }
})
