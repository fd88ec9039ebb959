/**
 * A virtual machine that runs one command on Debian's kernel, in the host's own file tree: every program and file of the
 * host is there, what is written vanishes, and only one folder, the share, is common. No network but its own.
 */
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { archive, file, folder } from "./archive.ts"
import type { Kernel } from "./kernel.ts"
import { program } from "./requirements.ts"

export interface MachineOptions {
  readonly kernel: Kernel
  readonly command: ReadonlyArray<string>
  /** Working directory and environment of the command. */
  readonly cwd: string
  readonly env: { readonly [name: string]: string }
  /** A folder of the host that the guest can write to, under the same path. */
  readonly share?: string
  /** Starts udevd first. */
  readonly udev: boolean
  /** KVM where it works; else everything is emulated, which needs no rights and no hardware. */
  readonly kvm: boolean
  /** Leaves most of the processors to other guests, but is never starved: drivers and programs have deadlines. */
  readonly background?: boolean
  readonly memoryMiB: number
  readonly limitSeconds: number
  /** Takes what the guest's kernel says. */
  readonly consoleLog?: string
  readonly onOutput: (text: Buffer) => void
  readonly onError: (text: Buffer) => void
}

export type MachineEnd =
  | { readonly _tag: "Ended"; readonly status: number }
  | { readonly _tag: "TimeLimit" }
  /** The guest never told a status: it did not boot, or broke down. */
  | { readonly _tag: "NoAnswer"; readonly why: string }

/** For the shell of the guest. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

const stage = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)))

const initialFiles = (kernel: Kernel, settings: { readonly [name: string]: string }, command: string): Buffer => {
  const list = (paths: ReadonlyArray<string>) => paths.map((path) => `${basename(path)}\n`).join("")
  const assigned = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}\n`)
  return archive([
    ...["bin", "dev", "proc", "sys", "host", "layer", "root", "modules"].map(folder),
    file("init", stage("stage1.sh"), 0o755),
    file("stage2", stage("stage2.sh"), 0o755),
    file("settings", assigned.join("")),
    file("command", command),
    file("bin/busybox", readFileSync(program("busybox")), 0o755),
    file("modules/boot", list(kernel.boot)),
    file("modules/usb", list(kernel.usb)),
    ...[...kernel.boot, ...kernel.usb].map((path) => file(`modules/${basename(path)}`, readFileSync(path)))
  ])
}

const kernelLine = [
  "console=ttyS0 quiet loglevel=4 panic=-1",
  // What costs time under emulation and protects nothing here.
  "mitigations=off random.trust_cpu=on tsc=reliable no_timer_check cryptomgr.notests audit=0 nokaslr",
  "ipv6.disable=1 rcupdate.rcu_expedited=1"
].join(" ")

const qemuArguments = (options: MachineOptions, initrd: string, shell: boolean): ReadonlyArray<string> => {
  const share = options.share === undefined ? [] : [["share", realpathSync(options.share), ""]]
  const folders = [["host", "/", ",readonly=on"], ...share].flatMap(([tag = "", path = "", more = ""]) => [
    "-fsdev",
    `local,id=${tag},path=${path.replaceAll(",", ",,")},security_model=none,multidevs=remap${more}`,
    "-device",
    `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`
  ])
  // Descriptors 3 to 5 of QEMU, one per direction out of the guest.
  const ports = ["out", "err", "status"].flatMap((name, index) => [
    ...["-chardev", `socket,id=${name},fd=${String(index + 3)}`],
    ...["-device", `virtserialport,chardev=${name},name=${name}`]
  ])
  const log = (options.consoleLog ?? "/dev/null").replaceAll(",", ",,")
  const console = shell
    ? ["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]
    : ["-serial", `file:${log}`]
  const machine = options.kvm
    ? ["-accel", "kvm", "-cpu", "host"]
    : ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,la57=off"]
  return [
    ...["-machine", "q35", ...machine, "-smp", "2", "-m", String(options.memoryMiB)],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-kernel", options.kernel.image, "-initrd", initrd, "-append", kernelLine],
    ...console,
    ...folders,
    ...(shell ? [] : ["-device", "virtio-serial-pci", ...ports])
  ]
}

/** Runs it; with `shell` on the terminal of this process, without taking its output. */
export const runMachine = async (options: MachineOptions, shell = false): Promise<MachineEnd> => {
  const work = mkdtempSync(join(tmpdir(), "boothold-vm-"))
  try {
    const { command, cwd, env, share, udev } = options
    if (share !== undefined) mkdirSync(share, { recursive: true })
    const settings = {
      SHARE: share === undefined ? "" : realpathSync(share),
      UDEV: udev ? "1" : "",
      SHELL_WANTED: shell ? "1" : ""
    }
    const lines = [
      ...Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`),
      `cd ${quoted(cwd)} || exit 125`,
      command.map(quoted).join(" ")
    ]
    const initrd = join(work, "initrd")
    writeFileSync(initrd, initialFiles(options.kernel, settings, `${lines.join("\n")}\n`))
    // The machine must not outlive this process, however that ends.
    const child = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", "--"],
        ...(options.background === true ? ["nice", "-n", "5"] : []),
        program("qemu-system-x86_64"),
        ...qemuArguments(options, initrd, shell)
      ],
      { stdio: shell ? "inherit" : ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"] }
    )
    let told = ""
    let status = ""
    const listen = (index: number, onData: (text: Buffer) => void) => {
      const stream = child.stdio[index] as Readable | null | undefined
      stream?.on("data", onData)
      // A guest that is cut off hangs up.
      stream?.on("error", () => undefined)
    }
    const tell = (text: Buffer) => (told += text.toString())
    listen(1, tell)
    listen(2, tell)
    listen(3, options.onOutput)
    listen(4, options.onError)
    listen(5, (text) => (status += text.toString()))
    let late = false
    const limit = setTimeout(() => {
      late = true
      child.kill("SIGKILL")
    }, options.limitSeconds * 1000)
    const end = await new Promise<string>((resolve) => {
      child.on("error", (error) => resolve(error.message))
      child.on("close", (code, signal) => resolve(`QEMU ended with ${signal ?? `status ${String(code)}`}`))
    })
    clearTimeout(limit)
    if (late) return { _tag: "TimeLimit" }
    if (shell) return { _tag: "Ended", status: 0 }
    if (!/^\d+\n$/.test(status)) return { _tag: "NoAnswer", why: `${end}\n${told}`.trim() }
    return { _tag: "Ended", status: Number(status) }
  } finally {
    rmSync(work, { recursive: true })
  }
}
