/** What the lab needs from the machine that it runs on, and the one command that brings it. */
import { accessSync, constants, openSync, readSync, closeSync } from "node:fs"
import { delimiter, join } from "node:path"

/** Programs by the Debian package that has them. The guest sees the host's files, so what runs in it is installed here. */
const programs: { readonly [pkg: string]: ReadonlyArray<string> } = {
  "qemu-system-x86": ["qemu-system-x86_64"],
  "busybox-static": ["busybox"],
  kmod: ["depmod"],
  "xz-utils": ["xz"],
  udev: ["udevadm", "/lib/systemd/systemd-udevd"],
  "libqmi-utils": ["qmicli", "qmi-firmware-update"],
  "libmbim-utils": ["mbimcli"],
  dbus: ["dbus-daemon"],
  modemmanager: ["ModemManager", "mmcli"]
}

/** Debian keeps some of them where an ordinary user's path does not lead. */
const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin", "/bin"]

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where a program is; `undefined` when it is not installed. */
export const locate = (program: string): string | undefined =>
  program.startsWith("/") ? [program].find(executable) : folders.map((folder) => join(folder, program)).find(executable)

/** Where a program is that {@link missing} has found to be there. */
export const program = (name: string): string => locate(name) ?? name

/** Whether an ELF program needs no loader: the first stage of the guest has none. */
const isStatic = (path: string): boolean => {
  const bytes = Buffer.alloc(4096)
  const file = openSync(path, "r")
  try {
    const length = readSync(file, bytes, 0, bytes.length, 0)
    if (length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46) return false
    const [start, size, count] = [Number(bytes.readBigUInt64LE(32)), bytes.readUInt16LE(54), bytes.readUInt16LE(56)]
    for (let index = 0; index < count; index++) {
      const at = start + index * size
      // A program header of type 3 names the loader.
      if (at + 4 > length || bytes.readUInt32LE(at) === 3) return false
    }
    return true
  } finally {
    closeSync(file)
  }
}

/** What is missing, as Debian packages; empty when the lab can run. */
export const missing = (): ReadonlyArray<string> =>
  Object.entries(programs).flatMap(([pkg, names]) => {
    const found = names.map(locate)
    if (found.includes(undefined)) return [pkg]
    return pkg === "busybox-static" && found.some((path) => path !== undefined && !isStatic(path)) ? [pkg] : []
  })

/** The command that brings everything, on Debian and what comes from it. */
export const installCommand = `sudo apt-get install ${Object.keys(programs).join(" ")}`
