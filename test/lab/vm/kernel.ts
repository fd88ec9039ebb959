/**
 * The guest's kernel: Debian's own, fetched with `apt-get download` and never installed. Kept outside of the work tree,
 * unpacked as far as the guest needs it, under a name that says what it was made from.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { homedir } from "node:os"
import { basename, join } from "node:path"
import { zstdDecompressSync } from "node:zlib"
import { loadOrder } from "./modules.ts"
import { program } from "./requirements.ts"

/** Needed to reach the host's files and to answer it. */
const bootModules = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"]
/** What a modem meets: the virtual host controller, and every driver that binds to one. */
const usbModules = [
  "vhci_hcd",
  "cdc_wdm",
  "qmi_wwan",
  "cdc_mbim",
  "qcserial",
  "option",
  "sierra",
  "sierra_net",
  "usbmon"
]

/** Raise it when what is kept changes its form. */
const format = 1

export interface Kernel {
  /** The plain ELF image: QEMU starts it through its PVH entry, and nothing has to unpack itself under emulation. */
  readonly image: string
  readonly version: string
  /** Files of modules in the order in which they load. */
  readonly boot: ReadonlyArray<string>
  readonly usb: ReadonlyArray<string>
}

export class KernelProblem extends Error {}

interface Kept {
  readonly version: string
  readonly boot: ReadonlyArray<string>
  readonly usb: ReadonlyArray<string>
}

const maxBuffer = 1 << 28

const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: { cwd?: string; input?: Uint8Array } = {}
): Buffer => {
  const { error, status, stderr, stdout } = spawnSync(program(command), args, { ...options, maxBuffer })
  if (error !== undefined) throw new KernelProblem(`${command}: ${error.message}`)
  if (status !== 0)
    throw new KernelProblem(`${command} ${args.join(" ")}: status ${String(status)}\n${stderr.toString()}`)
  return stdout
}

/** `$XDG_CACHE_HOME/boothold/lab`. */
const cacheFolder = (): string => {
  const base = process.env["XDG_CACHE_HOME"]
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "boothold", "lab")
}

/** What of a packed kernel is between its set-up code and its last four bytes, which are the size unpacked. */
export const payloadOf = (packed: Buffer): Buffer => {
  if (packed.length < 0x260 || packed.toString("latin1", 0x202, 0x206) !== "HdrS") {
    throw new KernelProblem("not a Linux kernel for x86")
  }
  const sectors = packed[0x1f1] === 0 ? 4 : (packed[0x1f1] ?? 4)
  const start = (sectors + 1) * 512 + packed.readUInt32LE(0x248)
  const end = start + packed.readUInt32LE(0x24c) - 4
  if (end > packed.length || end <= start) throw new KernelProblem("the kernel image is cut off")
  return packed.subarray(start, end)
}

const unpack = (payload: Buffer): Buffer => {
  const magic = payload.toString("hex", 0, 6)
  if (magic === "fd377a585a00") return run("xz", ["-dc"], { input: payload })
  if (magic.startsWith("28b52ffd")) return zstdDecompressSync(payload)
  throw new KernelProblem(`the kernel is packed in a way that is not known here (it begins with ${magic})`)
}

const plainImage = (path: string): Buffer => {
  const image = unpack(payloadOf(readFileSync(path)))
  if (image.toString("latin1", 1, 4) !== "ELF")
    throw new KernelProblem("what the kernel unpacks to is not an ELF image")
  return image
}

/** The name of the package that `linux-image-amd64` stands for at present. */
const packageName = (): string => {
  const text = run("apt-cache", ["depends", "linux-image-amd64"]).toString()
  const name = /^\s*Depends: (linux-image-\d\S*)$/m.exec(text)?.[1]
  if (name === undefined) throw new KernelProblem("apt knows no kernel: run apt-get update")
  return name
}

const download = (folder: string): string => {
  // As an ordinary user, or as root into a folder that apt's own user may not enter: apt only remarks on it.
  run("apt-get", ["download", "-qq", packageName()], { cwd: folder })
  const file = readdirSync(folder).find((name) => name.endsWith(".deb"))
  if (file === undefined) throw new KernelProblem("apt-get download left no file")
  return join(folder, file)
}

const onlyEntry = (folder: string): string => {
  const [entry, ...more] = readdirSync(folder)
  if (entry === undefined || more.length > 0) throw new KernelProblem(`${folder}: not exactly one entry`)
  return entry
}

/** Takes out of a kernel package what the guest needs. */
const takeApart = (deb: string, work: string, target: string): void => {
  const tree = join(work, "tree")
  mkdirSync(tree)
  const archive = join(work, "data.tar")
  run("sh", ["-c", 'dpkg-deb --fsys-tarfile "$1" >"$2"', "sh", deb, archive])
  const names = ["--wildcards", "./boot/vmlinuz-*", "*/lib/modules/*"]
  run("tar", ["-xf", archive, "-C", tree, ...names])
  rmSync(archive)
  const base = existsSync(join(tree, "lib/modules")) ? tree : join(tree, "usr")
  const version = onlyEntry(join(base, "lib/modules"))
  run("depmod", ["-b", base, version])
  const modules = join(base, "lib/modules", version)
  const lists = {
    dependencies: readFileSync(join(modules, "modules.dep"), "utf8"),
    builtIn: readFileSync(join(modules, "modules.builtin"), "utf8")
  }
  const keep = (path: string): string => {
    const bytes = readFileSync(join(modules, path))
    const name = basename(path).replace(/\.(xz|zst)$/, "")
    const packed = path.endsWith(".xz") ? run("xz", ["-dc"], { input: bytes }) : undefined
    writeFileSync(join(target, name), packed ?? (path.endsWith(".zst") ? zstdDecompressSync(bytes) : bytes))
    return name
  }
  const boot = loadOrder(lists, bootModules)
  const usb = loadOrder(lists, [...bootModules, ...usbModules]).slice(boot.length)
  writeFileSync(join(target, "vmlinux"), plainImage(join(tree, "boot", onlyEntry(join(tree, "boot")))))
  const kept: Kept = { version, boot: boot.map(keep), usb: usb.map(keep) }
  writeFileSync(join(target, "kernel.json"), JSON.stringify(kept, undefined, 2))
}

const read = (folder: string): Kernel => {
  const { boot, usb, version } = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8")) as Kept
  const paths = (names: ReadonlyArray<string>) => names.map((name) => join(folder, name))
  return { image: join(folder, "vmlinux"), version, boot: paths(boot), usb: paths(usb) }
}

/**
 * The kernel to boot: the one of `deb` when that is given, else the newest that is kept here, else what apt offers.
 * `tell` hears what takes long.
 */
export const kernel = (tell: (text: string) => void, deb?: string): Kernel => {
  const cache = cacheFolder()
  const wanted = createHash("sha256")
    .update(JSON.stringify([format, bootModules, usbModules]))
    .digest("hex")
    .slice(0, 8)
  const nameOf = (file: string) => `${basename(file, ".deb")}-${wanted}`
  mkdirSync(cache, { recursive: true })
  const kept = readdirSync(cache).filter((name) => name.endsWith(`-${wanted}`))
  const there = deb === undefined ? kept.toSorted().at(-1) : kept.find((name) => name === nameOf(deb))
  if (there !== undefined) return read(join(cache, there))
  // Beside its final place, so that it gets there by one rename: two runs do not disturb each other.
  const work = mkdtempSync(join(cache, "making-"))
  try {
    if (deb === undefined) tell("fetching Debian's kernel, once")
    const file = deb ?? download(work)
    tell(`taking apart ${basename(file)}, once`)
    const target = join(work, "kept")
    mkdirSync(target)
    takeApart(file, work, target)
    const final = join(cache, nameOf(file))
    if (!existsSync(final)) renameSync(target, final)
    return read(final)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
