/**
 * The head of dist/bin.mjs: loads its parts, and keeps what V8 made of them, as compiling is most of a start. The file
 * of compiled parts lies in the cache folder of the user. It is code: one that somebody else could have written is not
 * read, nor one whose sum is wrong. Whatever goes wrong with it, everything runs without it, only later.
 *
 * NODE_DISABLE_COMPILE_CACHE=1 turns it off, as for Node's own. Old versions of Node have to be able to read this.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { Script } from "node:vm"

/** Commands of which the compiled functions are kept; more would only make room for nonsense. */
const mostCommands = 24

/** Files kept: of other versions of boothold or Node, as they are used in turn. */
const mostFiles = 4

/** Against damage; loaded when it is needed, as `--version` needs no parts. A SHA-256 would take 9 ms to load. */
const sum = (bytes) => process.getBuiltinModule("node:zlib").crc32(bytes)

/** Nobody else can have written to it. */
const isOurs = ({ mode, uid }) => uid === process.geteuid() && (mode & 0o022) === 0

/** Where the file lies; undefined where there is no safe place. */
const cacheFile = (build) => {
  if (process.env.NODE_DISABLE_COMPILE_CACHE || typeof process.geteuid !== "function") return undefined
  const base = process.env.XDG_CACHE_HOME || homedir()
  // With sudo the home can be that of another user: nothing is left there.
  if (!isOurs(statSync(base))) return undefined
  const folder = process.env.XDG_CACHE_HOME ? join(base, "boothold") : join(base, ".cache", "boothold")
  return { folder, path: join(folder, `${build}-${process.version}-${process.arch}`) }
}

const nothing = { commands: [], parts: new Map() }

/** One line of JSON, then the compiled parts one after the other. */
const readCache = (path) => {
  const descriptor = openSync(path, "r")
  try {
    if (!isOurs(fstatSync(descriptor))) return nothing
    const bytes = readFileSync(descriptor)
    const end = bytes.indexOf(10)
    const { commands, crc32, parts } = JSON.parse(bytes.toString("utf8", 0, end))
    const data = bytes.subarray(end + 1)
    if (sum(data) !== crc32) return nothing
    return { commands, parts: new Map(parts.map(([name, from, to]) => [name, data.subarray(from, to)])) }
  } finally {
    closeSync(descriptor)
  }
}

const writeCache = ({ folder, path }, commands, parts) => {
  let at = 0
  const index = [...parts].map(([name, { length }]) => [name, at, (at += length)])
  const data = Buffer.concat([...parts.values()])
  const head = JSON.stringify({ commands, parts: index, crc32: sum(data) })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const part = `${path}.${process.pid}`
  writeFileSync(part, Buffer.concat([Buffer.from(`${head}\n`), data]), { mode: 0o600 })
  renameSync(part, path)
  const all = readdirSync(folder).map((name) => join(folder, name))
  const byAge = all.map((name) => [statSync(name).mtimeMs, name]).sort(([a], [b]) => b - a)
  for (const [, name] of byAge.slice(mostFiles)) rmSync(name)
}

const attempt = (act, otherwise) => {
  try {
    return act()
  } catch {
    return otherwise
  }
}

/**
 * The `require` of the parts.
 *
 * @param {Record<string, string>} parts texts by name
 * @param {string} build names what they are the parts of
 * @param {string} url of the file that they are in
 */
const makeLoad = (parts, build, url) => {
  const loaded = {}
  const scripts = new Map()
  let file
  let cached
  let fresh = false

  const keep = (code) => {
    const command = process.argv[2]
    const isNew = /^[a-z]{1,16}$/.test(command || "") && !cached.commands.includes(command)
    // What a command needs beyond its start has been compiled once it has come to its end.
    if (!fresh && (!isNew || code !== 0 || cached.commands.length >= mostCommands)) return
    const compiled = new Map(cached.parts)
    for (const [name, script] of scripts) compiled.set(name, script.createCachedData())
    writeCache(file, isNew && code === 0 ? [...cached.commands, command] : cached.commands, compiled)
  }

  const open = () => {
    file = attempt(() => cacheFile(build), undefined)
    cached = file === undefined ? nothing : attempt(() => readCache(file.path), nothing)
    if (file !== undefined) process.on("exit", (code) => attempt(() => keep(code), undefined))
  }

  const load = (name) => {
    if (loaded[name] === undefined) {
      if (cached === undefined) open()
      const module = (loaded[name] = { exports: {} })
      const text = `(function (exports, module, require, BOOTHOLD_URL) {${parts[name]}\n})`
      const script = new Script(text, { filename: `boothold:${name}`, cachedData: cached.parts.get(name) })
      if (script.cachedDataRejected !== false) fresh = true
      scripts.set(name, script)
      script.runInThisContext()(module.exports, module, load, url)
    }
    return loaded[name].exports
  }
  return load
}

export { makeLoad }
