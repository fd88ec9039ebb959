/**
 * The command line as one minified file, dist/bin.mjs: everything inside, nothing to resolve at start-up.
 *
 * Most of a start goes into parsing, also of functions that are never called: 40 ms for all of it. So what lies behind
 * an `import()` is in the file as text, which costs nothing until it is wanted: each part is one that rolldown would
 * write into a file of its own.
 */
import { createHash } from "node:crypto"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const root = fileURLToPath(new URL("..", import.meta.url))
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"))

/** Node's own modules are fetched from the process: the parts have no `import` and no `require` of Node. */
const prefix = "\0builtin:"
const builtins = {
  name: "builtins",
  resolveId: (id) => (isBuiltin(id) ? { id: `${prefix}${id}.cjs`, moduleSideEffects: false } : undefined),
  load: (id) => {
    if (!id.startsWith(prefix)) return undefined
    const name = JSON.stringify(id.slice(prefix.length, -".cjs".length))
    return { code: `module.exports = process.getBuiltinModule(${name})`, moduleType: "js" }
  }
}

/** Only ASCII, so that V8 keeps the file as one byte per character. */
const literal = (text) =>
  JSON.stringify(text).replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

const loader = readFileSync(new URL("loader.mjs", import.meta.url), "utf8").replace("export { makeLoad }\n", "")

/** Everything in one file. Old versions of Node have to be able to read it. */
const pack = (entry, parts) => {
  const texts = parts.map(({ code, fileName }) => `${literal(`./${fileName}`)}:${literal(code)}`).join(",\n")
  const build = createHash("sha256").update(loader).update(texts).digest("hex").slice(0, 16)
  return `#!/usr/bin/env node
${loader}
const load = makeLoad({
${texts}
}, "${build}", import.meta.url);
((require, exports, module, BOOTHOLD_URL) => {
${entry.code}
})(load, {}, {}, import.meta.url);
`
}

/** @param {string} [file] where to; dist/bin.mjs by default */
export const bundle = async (file = `${root}dist/bin.mjs`) => {
  const build = await rolldown({
    input: `${root}src/cli/bin.ts`,
    cwd: root,
    platform: "node",
    // Node 20 has to be able to read it, in order to say that it is too old.
    transform: {
      target: "node18",
      // Native modules are not in the file: they are required from where it is.
      define: { BOOTHOLD_VERSION: JSON.stringify(version), "import.meta.url": "BOOTHOLD_URL", "import.meta": "{}" }
    },
    plugins: [builtins],
    onLog: (level, log, handler) => handler(level === "warn" ? "error" : level, log)
  })
  const { output } = await build.generate({ format: "cjs", minify: true, chunkFileNames: "[name]-[hash].cjs" })
  await build.close()
  const [entry, ...parts] = output
  const text = pack(entry, parts)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return { file, bytes: text.length }
}
