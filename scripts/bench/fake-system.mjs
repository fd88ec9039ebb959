/**
 * The kernel's picture of one modem, as files: in boot-and-hold with its one tty, and in application mode. Which of both
 * is there is a matter of names that are moved, so that the boot loader's reset takes no time of its own.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

const tty = "ttyUSB90"

/** The download port. */
export const node = `/dev/${tty}`

const fill = (sys) => ({
  attributes: (path, values) => {
    mkdirSync(join(sys, path), { recursive: true })
    for (const [name, value] of Object.entries(values)) writeFileSync(join(sys, path, name), `${value}\n`)
  },
  link: (path, target) => {
    mkdirSync(dirname(join(sys, path)), { recursive: true })
    symlinkSync(relative(dirname(join(sys, path)), join(sys, target)), join(sys, path))
  }
})

const device = ({ attributes, link }, path, facts) => {
  attributes(path, {
    idVendor: "1199",
    idProduct: facts.product,
    bcdDevice: "0006",
    bNumInterfaces: ` ${facts.interfaces}`,
    bConfigurationValue: "1",
    bDeviceClass: "00",
    busnum: "1",
    devnum: facts.number,
    devpath: "1",
    speed: "480",
    manufacturer: "Sierra Wireless, Incorporated",
    product: "Sierra Wireless EM7455 Qualcomm Snapdragon X7 LTE-A",
    serial: "LF00000000000000",
    uevent: [
      "MAJOR=189",
      `MINOR=${facts.number - 1}`,
      `DEVNAME=bus/usb/001/${String(facts.number).padStart(3, "0")}`,
      "DEVTYPE=usb_device",
      "DRIVER=usb",
      `PRODUCT=1199/${facts.product}/6`,
      "TYPE=0/0/0",
      "BUSNUM=001",
      `DEVNUM=${String(facts.number).padStart(3, "0")}`
    ].join("\n")
  })
  link(`${path}/subsystem`, "bus/usb")
}

const usbInterface = ({ attributes, link }, path, number, driver) => {
  attributes(path, {
    bInterfaceNumber: number,
    bInterfaceClass: "ff",
    bInterfaceSubClass: "ff",
    bInterfaceProtocol: "ff",
    bNumEndpoints: driver === "qmi_wwan" ? "03" : "02",
    bAlternateSetting: " 0",
    uevent: `DEVTYPE=usb_interface\nDRIVER=${driver}`
  })
  link(`${path}/subsystem`, "bus/usb")
  link(`${path}/driver`, `bus/usb/drivers/${driver}`)
}

/**
 * Both modes below `sys`, boot-and-hold in place. A device that returns has another number, and the kernel's folders of
 * it another inode: `elsewhere` is where the mode that is not there waits.
 */
export const makeSystem = (sys) => {
  const put = fill(sys)
  const folders = ["class/tty", "class/usbmisc", "class/net", "bus/usb/devices", "bus/usb-serial/devices", "elsewhere"]
  for (const folder of [...folders, "bus/usb/drivers/qcserial", "bus/usb/drivers/qmi_wwan", "fs/cgroup", "kernel"]) {
    mkdirSync(join(sys, folder), { recursive: true })
  }
  const boot = "devices/usb1/1-1"
  device(put, boot, { product: "9070", interfaces: 1, number: 2 })
  usbInterface(put, `${boot}/1-1:1.0`, "00", "qcserial")
  const port = `${boot}/1-1:1.0/${tty}`
  put.attributes(port, { uevent: "DRIVER=qcserial" })
  put.link(`${port}/subsystem`, "bus/usb-serial")
  put.attributes(`${port}/tty/${tty}`, { dev: "188:90", uevent: `MAJOR=188\nMINOR=90\nDEVNAME=${tty}` })
  put.link(`${port}/tty/${tty}/subsystem`, "class/tty")
  put.link(`${port}/tty/${tty}/device`, port)
  put.link(`class/tty/${tty}`, `${port}/tty/${tty}`)
  put.link("bus/usb/devices/1-1", boot)
  put.link("bus/usb/devices/1-1:1.0", `${boot}/1-1:1.0`)

  // The same depth as its place, because links are relative.
  const application = "devices/away/1-1"
  device(put, application, { product: "9071", interfaces: 5, number: 3 })
  usbInterface(put, `${application}/1-1:1.8`, "08", "qmi_wwan")
  const control = `${application}/1-1:1.8/usbmisc/cdc-wdm0`
  put.attributes(control, { dev: "180:0", uevent: "MAJOR=180\nMINOR=0\nDEVNAME=cdc-wdm0" })
  put.link(`${control}/subsystem`, "class/usbmisc")
  put.link(`${control}/device`, `${application}/1-1:1.8`)
  symlinkSync("../../devices/usb1/1-1/1-1:1.8", join(sys, "elsewhere/1-1:1.8"))
  symlinkSync("../../devices/usb1/1-1/1-1:1.8/usbmisc/cdc-wdm0", join(sys, "elsewhere/cdc-wdm0"))
}

/** What is moved at a reset, in this order, as [from, to] below /sys and /dev. */
const reset = [
  ["/sys/class/tty/ttyUSB90", "/sys/elsewhere/ttyUSB90"],
  ["/sys/bus/usb/devices/1-1:1.0", "/sys/elsewhere/1-1:1.0"],
  ["/sys/bus/usb/devices/1-1", "/sys/elsewhere/1-1"],
  ["/sys/devices/usb1/1-1", "/sys/devices/away/boot"],
  ["/sys/devices/away/1-1", "/sys/devices/usb1/1-1"],
  ["/sys/elsewhere/1-1", "/sys/bus/usb/devices/1-1"],
  ["/sys/elsewhere/1-1:1.8", "/sys/bus/usb/devices/1-1:1.8"],
  ["/sys/elsewhere/cdc-wdm0", "/sys/class/usbmisc/cdc-wdm0"],
  ["/dev/shm/cdc-wdm0", "/dev/cdc-wdm0"]
]

/** For the boot loader: it does this when it is reset. */
export const onReset = ["--node", node, ...reset.flatMap(([from, to]) => ["--on-reset", `${from}=${to}`])]

/** Into boot-and-hold: the download port is `pts`. The node is a mount, because of a link programs find out the end. */
export const hold = (pts) => {
  writeFileSync(node, "")
  const { status, stderr } = spawnSync("mount", ["--bind", pts, node], { encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
}

/** The download port away. */
export const release = () => {
  spawnSync("umount", ["--lazy", node])
  rmSync(node, { force: true })
}

/** Back from application mode. */
export const holdAgain = (pts) => {
  for (const [from, to] of reset.toReversed()) renameSync(to, from)
  hold(pts)
}

/** The node of the control port in application mode, which nobody reads. */
export const makeControl = () => {
  rmSync("/dev/shm/cdc-wdm0", { force: true })
  symlinkSync("/dev/null", "/dev/shm/cdc-wdm0")
}
