/**
 * Where Node starts. Nothing is loaded before it is known that this Node can run it; this file and, once bundled,
 * everything beside it must stay readable to old versions.
 */
import { fileURLToPath } from "node:url"

/** Put in by the bundler; absent when the sources run as they are. */
declare const BOOTHOLD_VERSION: string | undefined

/** Oldest Node that works: `engines` in package.json. */
const needed = [22, 19] as const

/** Exit code for a host that cannot run boothold: `unsupported` of exit-codes.ts, which is not loaded here. */
const unsupported = 19

const tooOld = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major < needed[0] || (major === needed[0] && minor < needed[1])
}

const readVersion = async (): Promise<string> => {
  if (typeof BOOTHOLD_VERSION === "string") return BOOTHOLD_VERSION
  const { readFileSync } = await import("node:fs")
  const text = readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8")
  return (JSON.parse(text) as { readonly version: string }).version
}

/** Started under one of these names, by a link: all words are that program's (docs/qfu.md). */
const dropIn = /(?:^|[/\\])(qmi-firmware-update|boothold-qfu)$/

const start = async (): Promise<void> => {
  const [, script = "", ...words] = process.argv
  const [, called] = dropIn.exec(script) ?? []
  const args = called === undefined ? words : ["qfu", ...words]
  if (tooOld(process.versions.node)) {
    const wanted = needed.join(".")
    process.stderr.write(`boothold needs Node ${wanted} or newer, and this is Node ${process.versions.node}.\n`)
    process.exitCode = unsupported
  } else if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    process.stdout.write(`boothold ${await readVersion()}\n`)
  } else {
    const { main } = await import("./main.ts")
    main(args, await readVersion(), called)
  }
}

void start()
