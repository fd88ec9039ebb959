/** The layers of docs/architecture.md: that lint enforces them, and that the sources keep them. */
import { assert, describe, it } from "@effect/vitest"
import { ESLint } from "eslint"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import tseslint from "typescript-eslint"
import ts from "typescript"

const root = fileURLToPath(new URL("..", import.meta.url))
const config = (await import(pathToFileURL(join(root, "eslint.config.js")).href)) as {
  readonly layers: Readonly<Record<string, ReadonlyArray<string>>>
}
const layers = Object.entries(config.layers)
const folders = layers.map(([folder]) => folder)

const eslint = new ESLint({
  cwd: root,
  // The files of these tests exist in no project; import rules need no types.
  overrideConfig: [{ files: ["**/*.ts"], ...tseslint.configs.disableTypeChecked }]
})

/** Whether lint forbids `import "specifier"` in a file of the folder. */
const forbids = async (folder: string, specifier: string): Promise<boolean> => {
  const text = `import * as X from "${specifier}"\nexport const x = X\n`
  const [result] = await eslint.lintText(text, { filePath: join(root, "src", folder, "virtual.ts") })
  const messages = result?.messages ?? []
  assert.deepStrictEqual(
    messages.filter(({ fatal }) => fatal === true),
    []
  )
  return messages.some(({ ruleId }) => ruleId === "no-restricted-imports")
}

const sources = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))

/** Everything that a text imports: values and types, `import()` too. */
const importsOf = (text: string): ReadonlyArray<string> =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)

type Graph = ReadonlyMap<string, ReadonlyArray<string>>

const importGraph = (files: ReadonlyArray<string>): Graph =>
  new Map(
    files.map((file) => [
      relative(root, file),
      importsOf(readFileSync(file, "utf8"))
        // Data is no module: it imports nothing, and the compiler finds it or fails.
        .filter((specifier) => specifier.startsWith(".") && !specifier.endsWith(".json"))
        .map((specifier) => relative(root, resolve(dirname(file), specifier)))
    ])
  )

/** The first circle found, as the files on it. */
const circleIn = (graph: Graph): ReadonlyArray<string> | undefined => {
  const done = new Set<string>()
  const visit = (file: string, path: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    const at = path.indexOf(file)
    if (at >= 0) return [...path.slice(at), file]
    if (done.has(file)) return undefined
    for (const next of graph.get(file) ?? []) {
      const found = visit(next, [...path, file])
      if (found !== undefined) return found
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const found = visit(file, [])
    if (found !== undefined) return found
  }
  return undefined
}

describe("the import rules of lint", () => {
  for (const [folder, allowed] of layers) {
    it(`let src/${folder} import ${allowed.join(", ") || "nothing"} and no other folder`, async () => {
      for (const other of folders) {
        const wanted = other !== folder && !allowed.includes(other)
        assert.strictEqual(await forbids(folder, `../${other}/X.ts`), wanted, `src/${folder} importing src/${other}`)
      }
    })

    it(`keep Node out of src/${folder}, unless it is an edge`, async () => {
      for (const specifier of ["node:fs", "node:timers/promises", "@effect/platform-node/NodeServices", "serialport"]) {
        assert.strictEqual(
          await forbids(folder, specifier),
          !["live", "serve", "cli"].includes(folder),
          `src/${folder} importing ${specifier}`
        )
      }
    })
  }

  it("want modules of effect, not its barrel", async () => {
    assert.isTrue(await forbids("session", "effect"))
    assert.isFalse(await forbids("session", "effect/Effect"))
  })

  it("allow no services in pure folders", async () => {
    assert.isTrue(await forbids("protocol", "effect/Layer"))
    assert.isFalse(await forbids("device", "effect/Layer"))
  })

  it("let no folder look down on one that looks down on it", () => {
    for (const [folder, allowed] of layers) {
      for (const other of allowed) {
        assert.notInclude(config.layers[other] ?? [], folder, `${folder} and ${other} import each other`)
      }
    }
  })
})

describe("the sources", () => {
  const files = sources(join(root, "src"))
  const graph = importGraph(files)

  it("lie in folders that the table of layers knows", () => {
    const found = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    assert.deepStrictEqual(found.map(({ name }) => name).toSorted(), folders.toSorted())
  })

  it("import only files that exist", () => {
    assert.isAbove(files.length, 50)
    for (const [file, imported] of graph) {
      for (const other of imported) assert.isTrue(graph.has(other), `${file} imports ${other}`)
    }
  })

  it("keep the layers also in types and in import()", () => {
    const layerOf = (file: string) => file.split("/")[1] ?? ""
    for (const [file, imported] of graph) {
      const from = layerOf(file)
      const allowed = config.layers[from]
      if (allowed === undefined) continue
      for (const other of imported) assert.include([from, ...allowed], layerOf(other), `${file} imports ${other}`)
    }
  })

  it("import each other in no circle", () => {
    assert.isUndefined(circleIn(graph))
  })

  it("would be caught in a circle of types", () => {
    assert.deepStrictEqual(importsOf('import type { A } from "./a.ts"\nexport type { B } from "./b.ts"'), [
      "./a.ts",
      "./b.ts"
    ])
    assert.deepStrictEqual(importsOf('export const c = () => import("./c.ts")'), ["./c.ts"])
    const ring = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", []],
      ["d", ["b"]]
    ])
    assert.deepStrictEqual(circleIn(ring), ["b", "d", "b"])
  })
})
