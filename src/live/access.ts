/** Whether a device node can be opened, and what would have to change. */
import { accessSync, constants, readFileSync, statSync } from "node:fs"
import { basename } from "node:path"
import { hex4 } from "../device/table/table.ts"

export type NodeState = "open" | "denied" | "absent"

/** Asks the kernel with the rights of this process; nothing is opened. */
export const nodeState = (node: string): NodeState => {
  try {
    accessSync(node, constants.R_OK | constants.W_OK)
    return "open"
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ENOENT" ? "absent" : "denied"
  }
}

/** Name of a user or group, out of /etc/passwd or /etc/group; its number where it is not there. */
const nameOf = (file: string, id: number): string => {
  try {
    const line = readFileSync(file, "utf8")
      .split("\n")
      .find((text) => text.split(":")[2] === String(id))
    return line?.split(":")[0] ?? String(id)
  } catch {
    return String(id)
  }
}

export interface Denied {
  /** Who may, e.g. `owner root, group dialout, mode 0660`. */
  readonly detail: string
  /** The commands that help. */
  readonly cure: string
}

/** Groups that give more than a modem. */
const powerful: ReadonlySet<string> = new Set(["root", "wheel", "sudo", "disk"])

const ruleCure = (rule: string): string =>
  `\`echo '${rule}' | sudo tee /etc/udev/rules.d/70-boothold.rules && sudo udevadm control --reload && sudo udevadm trigger\``

/** The cure for a node that is there and denied: join its group where that is enough, else a rule for udev. */
export const explainDenied = (node: string): Denied | undefined => {
  try {
    const { gid, mode, uid } = statSync(node)
    const [owner, group] = [nameOf("/etc/passwd", uid), nameOf("/etc/group", gid)]
    const detail = `owner ${owner}, group ${group}, mode 0${(mode & 0o777).toString(8).padStart(3, "0")}`
    if ((mode & 0o060) === 0o060 && !powerful.has(group)) {
      const cure = `Run the command with \`sudo\`, or join the group once: \`sudo usermod -aG ${group} $USER\`, then log in again.`
      return { detail, cure }
    }
    const subsystem = basename(node).startsWith("cdc-wdm") ? "usbmisc" : "tty"
    const kernel = basename(node).replace(/\d+$/, "*")
    const rule = `SUBSYSTEM=="${subsystem}", KERNEL=="${kernel}", GROUP="dialout", MODE="0660"`
    const cure = `Run the command with \`sudo\`, or give the group dialout such ports once: ${ruleCure(rule)}.`
    return { detail, cure }
  } catch {
    // Gone meanwhile: what is known is that it was denied.
    return undefined
  }
}

/** The same for a USB device itself, which straight USB opens: all devices of the vendor, as ids change with the mode. */
export const explainDeniedUsb = (vendorId: number): Pick<Denied, "cure"> => {
  const rule = `SUBSYSTEM=="usb", ATTR{idVendor}=="${hex4(vendorId)}", GROUP="dialout", MODE="0660"`
  return { cure: `Run the command with \`sudo\`, or give the group dialout these devices once: ${ruleCure(rule)}.` }
}
