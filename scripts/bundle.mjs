/**
 * The command line as one minified file, dist/bin.mjs: everything inside, nothing to resolve at start-up.
 * Parts behind `import()` stay unevaluated until they are needed.
 */
import { isBuiltin } from "node:module"
import { chmodSync, readFileSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const root = fileURLToPath(new URL("..", import.meta.url))
export const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"))

/**
 * Node's own modules are fetched when the module that imports them is evaluated. As `import` statements of one file
 * they would all be loaded at start-up, and an old Node that lacks one name would fail before it can say so.
 */
const prefix = "\0builtin:"
const lazyBuiltins = {
  name: "lazy-builtins",
  resolveId: (id) =>
    // rolldown's own helpers need node:module as it is.
    isBuiltin(id) && id !== "node:module" ? { id: `${prefix}${id}.cjs`, moduleSideEffects: false } : undefined,
  load: (id) => {
    if (!id.startsWith(prefix)) return undefined
    const name = JSON.stringify(id.slice(prefix.length, -".cjs".length))
    return { code: `module.exports = process.getBuiltinModule(${name})`, moduleType: "js" }
  }
}

/** @param {string} [file] where to; dist/bin.mjs by default */
export const bundle = async (file = `${root}dist/bin.mjs`, input = `${root}src/cli/bin.ts`) => {
  const build = await rolldown({
    input,
    cwd: root,
    platform: "node",
    // Node 20 has to be able to read it, in order to say that it is too old.
    transform: { target: "node18", define: { BOOTHOLD_VERSION: JSON.stringify(version) } },
    // The hint makes V8 compile every module at start-up, also those that are never evaluated: 20 ms.
    optimization: { pifeForModuleWrappers: false },
    plugins: [lazyBuiltins],
    onLog: (level, log, handler) => handler(level === "warn" ? "error" : level, log)
  })
  await build.write({
    file,
    format: "esm",
    codeSplitting: false,
    minify: true,
    banner: "#!/usr/bin/env node"
  })
  await build.close()
  chmodSync(file, 0o755)
  return { file, bytes: statSync(file).size }
}
