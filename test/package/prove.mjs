/**
 * The package as others get it: packed, installed into an empty folder, compiled against and started, on the newest and
 * the oldest Node that it promises to run on, and on one that is too old. `node test/package/prove.mjs`, after `npm ci`.
 * Its last line counts the checks.
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const work = mkdtempSync(join(tmpdir(), "boothold-package-"))

const run = (command, args, cwd = work) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 26 })
  return { status, stdout, stderr: error === undefined ? stderr : String(error) }
}

const must = ({ status, stderr, stdout }) => {
  if (status !== 0) throw new Error(`status ${status}\n${stdout}${stderr}`)
  return stdout
}

const equal = (found, wanted) => {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`wanted ${b}, found ${a}`)
}

let passed = 0
let failed = 0
const check = (name, body) => {
  try {
    body()
    passed++
    console.log(`ok      ${name}`)
  } catch (error) {
    failed++
    console.log(`FAILED  ${name}\n${error instanceof Error ? error.message : String(error)}`)
  }
}

const quiet = ["--no-audit", "--no-fund", "--loglevel=error"]

/** A Node of another version, from the package that brings ours too. */
const nodes = {}
const installNode = (version) =>
  check(`Node ${version} installs`, () => {
    const folder = join(work, `node-${version}`)
    mkdirSync(folder)
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }))
    must(run("npm", ["install", ...quiet, `node@${version}`], folder))
    nodes[version] = join(folder, "node_modules/node/bin/node")
    const [major] = version.split(".")
    if (!must(run(nodes[version], ["--version"])).startsWith(`v${major}.`)) throw new Error("another version")
  })

try {
  let tarball = ""
  check("packs what others need, and nothing else", () => {
    must(run("npm", ["run", "build"], root))
    const pack = ["pack", "--ignore-scripts", "--json", "--silent", "--pack-destination", work]
    const [packed] = JSON.parse(must(run("npm", pack, root)))
    tarball = join(work, packed.filename)
    const paths = packed.files.map(({ path }) => path)
    for (const path of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "dist/index.js", "dist/index.d.ts"]) {
      if (!paths.includes(path)) throw new Error(`${path} is missing`)
    }
    const others = paths.filter(
      (path) => !/^(dist\/.*\.(js|d\.ts)|dist\/device\/table\/\w+\.json|dist\/bin\.mjs|[^/]+)$/.test(path)
    )
    equal(others, [])
  })

  const consumer = join(work, "consumer")
  cpSync(join(root, "test/package/consumer"), consumer, { recursive: true })
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true, type: "module" }))
  check("installs into an empty folder, with the effect that it names as its peer", () => {
    if (tarball === "") throw new Error("nothing was packed")
    must(run("npm", ["install", ...quiet, tarball], consumer))
    must(run("npm", ["ls", "--all", "--omit=dev"], consumer))
  })

  check("compiles into a program of somebody else, declarations checked too", () => {
    const types = own.devDependencies["@types/node"]
    const compiler = own.devDependencies["@typescript/native"]
    must(run("npm", ["install", ...quiet, "-D", `@types/node@${types}`, `@typescript/native@${compiler}`], consumer))
    must(run(join(consumer, "node_modules/.bin/tsc"), ["-p", "."], consumer))
  })

  check("does not export what is not public", () => {
    for (const path of ["boothold/serve", "boothold/dist/index.js", "boothold/src/index.ts"]) {
      const { stderr } = run(process.execPath, ["-e", `import(${JSON.stringify(path)})`], consumer)
      if (!stderr.includes("ERR_PACKAGE_PATH_NOT_EXPORTED")) throw new Error(`${path}: ${stderr}`)
    }
  })

  nodes[process.versions.node] = process.execPath
  const oldest = own.engines.node.replace(/^>=(\d+\.\d+)$/, "$1.0")
  installNode(oldest)
  installNode("20")

  const bin = join(consumer, "node_modules/.bin/boothold")
  const system = "SWI9X30C_02.33.03.00.cwe"
  const carrier = "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu"

  for (const version of [process.versions.node, oldest]) {
    const node = (...args) => must(run(nodes[version], args, consumer))

    check(`Node ${version}: a simulated update from JavaScript`, () => {
      equal(JSON.parse(node("consumer.mjs")), {
        outcome: "updated",
        sent: 2,
        again: "nothing",
        eventsAgain: 0,
        running: "02.33.03.00",
        filesFrom: "function",
        refused: "IMAGE_NOT_FIRMWARE"
      })
    })
    check(`Node ${version}: boothold --version`, () => equal(node(bin, "--version"), `boothold ${own.version}\n`))
    check(`Node ${version}: boothold inspect`, () => {
      const text = node(bin, "inspect", system)
      for (const part of ["02.33.03.00", "9X30", "SPKG"]) if (!text.includes(part)) throw new Error(text)
    })
    check(`Node ${version}: boothold update --simulate`, () => {
      node(bin, "update", "--simulate", "em7455", "--simulate-speed", "1000", "--yes", system, carrier)
    })
    check(`Node ${version}: boothold/live, and boothold list on this computer`, () => {
      equal(node("-e", "import('boothold/live').then(({ layer }) => console.log(typeof layer))"), "object\n")
      node(bin, "list")
    })
    check(`Node ${version}: boothold simulate, on pseudo terminals`, () => {
      const text = node(bin, "simulate", "em7455", "--pty", "terminals", "--for", "1")
      if (!text.startsWith("ready em7455 1199:9071")) throw new Error(text)
    })
    check(`Node ${version}: boothold says no to a file that is no image`, () => {
      const { status, stderr } = run(nodes[version], [bin, "inspect", "consumer.mjs"], consumer)
      equal(status, 4)
      if (stderr.includes("    at ")) throw new Error(stderr)
    })
  }

  check("Node 20: one sentence, and the exit code for it", () => {
    const { status, stderr, stdout } = run(nodes["20"], [bin, "inspect", system], consumer)
    equal([status, stdout], [19, ""])
    if (!/^boothold needs Node 22\.19 or newer, and this is Node 20\.\S+\n$/.test(stderr)) throw new Error(stderr)
  })
} finally {
  rmSync(work, { recursive: true })
}

console.log(`\npackage: ${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
