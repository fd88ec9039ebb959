/** The computer around the modem: what interferes with an update without touching a port. Pure. */
import { vidPid } from "../device/Modem.ts"
import { hex4 } from "../device/table/table.ts"
import type { UsbDevice } from "../device/UsbBus.ts"
import { bootIdsOf } from "./boot.ts"
import type { ControllerFacts, DeviceFacts, HostFacts } from "./facts.ts"
import { finding } from "./Finding.ts"
import type { Finding } from "./Finding.ts"

/** Node alone takes this much; boothold itself keeps a few buffers of 1 MiB. */
const leastMemory = 48 * 1024 * 1024
const leastDisk = 4 * 1024 * 1024

const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`

const manager = ({ modemManager, systemBus }: HostFacts): Finding => {
  if (modemManager === undefined) return finding("ManagerAbsent", "ok", "ModemManager does not run")
  const runs = `ModemManager runs (pid ${String(modemManager)})`
  return systemBus
    ? finding("ManagerRuns", "info", `${runs}: update asks it over D-Bus to let this modem alone`)
    : finding(
        "ManagerRuns",
        "warning",
        `${runs}, and there is no system bus by which it could be asked to let the modem alone`,
        "`sudo systemctl stop ModemManager`, and start it again afterwards."
      )
}

/** Of the computer as a whole, whatever modem is meant. */
export const hostFindings = (host: HostFacts): ReadonlyArray<Finding> => {
  const { container, devFromKernel, disk, memoryAvailable, virtual } = host
  return [
    manager(host),
    virtual === undefined
      ? finding("Physical", "ok", "no virtual machine is seen")
      : finding(
          "Virtual",
          "info",
          `this is a virtual machine${virtual.product === undefined ? "" : ` (${virtual.product})`}`
        ),
    ...(container && !devFromKernel
      ? [
          finding(
            "Container",
            "warning",
            "this is a container with a /dev of its own: nodes that the kernel makes later do not appear in it",
            "`docker run --privileged -v /dev:/dev …`"
          )
        ]
      : []),
    ...(memoryAvailable === undefined
      ? []
      : memoryAvailable < leastMemory
        ? [
            finding(
              "MemoryLow",
              "warning",
              `${mebibytes(memoryAvailable)} of memory are free, ${mebibytes(leastMemory)} should be`,
              "End other programs, or add swap; images are better not kept in a RAM disk."
            )
          ]
        : [finding("MemoryEnough", "ok", `${mebibytes(memoryAvailable)} of memory are free`)]),
    ...(disk === undefined
      ? []
      : disk.free < leastDisk
        ? [
            finding(
              "DiskFull",
              "warning",
              `${mebibytes(disk.free)} are free in ${disk.folder}: logs that you redirect there are cut off`,
              `\`df -h ${disk.folder}\` shows the disk.`
            )
          ]
        : [finding("DiskEnough", "ok", `${mebibytes(disk.free)} are free in ${disk.folder}`)])
  ]
}

/** PCI vendors of hypervisors' own controllers: Red Hat (QEMU), VMware, VirtualBox, Parallels. */
const hypervisors: ReadonlyMap<string, string> = new Map([
  ["1b36", "QEMU"],
  ["1af4", "QEMU"],
  ["15ad", "VMware"],
  ["80ee", "VirtualBox"],
  ["1ab8", "Parallels"]
])

/** Whose emulated controller it is; undefined where it looks like a real one. QEMU's copies of others are marked by the subsystem. */
const emulated = (controller: ControllerFacts, product: string | undefined): string | undefined => {
  if (controller._tag !== "Pci") return undefined
  const { subsystemVendor = "", vendor } = controller
  // VirtualBox copies Intel's and Apple's, without a mark, and can pass no controller on.
  return hypervisors.get(vendor) ?? hypervisors.get(subsystemVendor) ?? /VirtualBox/.exec(product ?? "")?.[0]
}

const passedOn = (device: UsbDevice, host: HostFacts, { controller }: DeviceFacts): ReadonlyArray<Finding> => {
  if (controller?._tag === "UsbIp") {
    const reason =
      "the modem comes over USB/IP: each time that it comes back, the other side has to offer it and this side to attach it anew"
    const cure = "Let that be done by itself: `usbipd attach --auto-attach …` (WSL); `boothold simulate --attach` does."
    return [finding("VirtualUsb", "warning", reason, cure)]
  }
  const { virtual } = host
  const whose = virtual === undefined || controller === undefined ? undefined : emulated(controller, virtual.product)
  if (whose === undefined) return []
  const others = bootIdsOf(device).filter((ids) => vidPid(ids) !== vidPid(device))
  const back = others.length === 0 ? "by its other interfaces" : `as ${others.map(vidPid).join(" or ")}`
  const filter =
    whose === "VirtualBox"
      ? ` VirtualBox: a filter without product, \`VBoxManage usbfilter add 0 --target VM --name modem --vendorid ${hex4(device.vendorId)}\`.`
      : ""
  return [
    finding(
      "VirtualUsb",
      "warning",
      `the modem is passed on to this machine by ${whose}: when it comes back ${back}, a rule for ${vidPid(device)} alone loses it`,
      `Pass the whole USB controller to the machine, or run the update on the host.${filter}`
    )
  ]
}

/** SuperSpeed, in Mbit/s. */
const superSpeed = 5000

const socket = (device: UsbDevice, { speed }: DeviceFacts): ReadonlyArray<Finding> => {
  if (speed === undefined) return []
  if (device.peerPath !== undefined) {
    return [finding("SocketKnown", "ok", `the other half of the socket is ${device.peerPath}: it may come back there`)]
  }
  if (speed < superSpeed) return [finding("SocketKnown", "ok", "the modem is at USB 2 speed")]
  const known = device.serial === undefined ? "" : `; there it is known by its serial ${device.serial} alone`
  return [
    finding(
      "SocketUnknown",
      "warning",
      `the modem is at USB 3 speed, and where the USB 2 half of ${device.portPath} is, the kernel does not tell${known}`,
      "Should it not be found again: a USB 2 port or cable, where it stays in its place."
    )
  ]
}

const autosuspend = (device: UsbDevice, { powerControl }: DeviceFacts): ReadonlyArray<Finding> => {
  if (powerControl === undefined) return []
  return powerControl === "on"
    ? [finding("AutosuspendOff", "ok", "the kernel keeps it awake")]
    : [
        finding(
          "AutosuspendOn",
          "warning",
          "the kernel may put it to sleep when nothing is said (power/control is auto)",
          `\`echo on | sudo tee /sys/bus/usb/devices/${device.portPath}/power/control && echo -1 | sudo tee /sys/module/usbcore/parameters/autosuspend\``
        )
      ]
}

const modeswitch = (device: UsbDevice, { modeswitch: rules }: HostFacts): ReadonlyArray<Finding> => {
  const ids = [device, ...bootIdsOf(device)]
  const hits = rules.filter(({ product, vendor }) =>
    ids.some((one) => hex4(one.vendorId) === vendor && (product === undefined || hex4(one.productId) === product))
  )
  const files = [...new Set(hits.map(({ file }) => file))]
  return files.length === 0
    ? [finding("ModeswitchOff", "ok", "no rule of usb_modeswitch is for it")]
    : files.map((file) => {
        const name = file.slice(file.lastIndexOf("/") + 1)
        // A file of that name in /etc takes the place of the distribution's.
        const own = `/etc/udev/rules.d/${name}`
        const mask = file === own ? `sudo mv ${own} ${own}.off` : `sudo ln -s /dev/null ${own}`
        return finding(
          "Modeswitch",
          "warning",
          `${file} starts usb_modeswitch for this modem's ids`,
          `\`${mask} && sudo udevadm control --reload\``
        )
      })
}

/** Of the modem's place on this computer. */
export const placeFindings = (device: UsbDevice, host: HostFacts, facts: DeviceFacts): ReadonlyArray<Finding> => [
  ...socket(device, facts),
  ...passedOn(device, host, facts),
  ...autosuspend(device, facts),
  ...modeswitch(device, host)
]
