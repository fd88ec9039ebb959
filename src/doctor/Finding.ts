/** What a look at host, modem and images brings to light: data, with a stable code and, where something is to do, the cure. */
import * as Schema from "effect/Schema"

/**
 * `error`: an update would fail, or leave the modem where it cannot be reached. `warning`: it may. `info`: worth
 * knowing. `ok`: looked at and right.
 */
export const Severity = Schema.Literals(["ok", "info", "warning", "error"])
export type Severity = typeof Severity.Type

export const Finding = Schema.Struct({
  code: Schema.String,
  severity: Severity,
  /** One sentence, with the values at hand. */
  reason: Schema.String,
  /** The command that helps, or what to do where no command does. */
  cure: Schema.optionalKey(Schema.String)
})
export type Finding = typeof Finding.Type

interface Kind {
  /** Stable across releases. */
  readonly code: string
  /** The severities that it comes with. */
  readonly severities: ReadonlyArray<Severity>
  /** For the manual: when it is found. */
  readonly when: string
  /** For the manual: what helps. */
  readonly cure?: string
}

/** Everything that doctor can find; docs/doctor.md is made from it. */
export const doctorCatalogue = {
  ModemNone: {
    code: "DOCTOR_NO_MODEM",
    severities: ["error"],
    when: "no modem is on the bus, or none that fits the options",
    cure: "plug it in; `boothold list` shows what is there"
  },
  ModemRefused: {
    code: "DOCTOR_MODEM_REFUSED",
    severities: ["error"],
    when: "the device speaks another protocol (Gobi, other makers')",
    cure: "another tool"
  },
  IdsUnknown: {
    code: "DOCTOR_IDS_UNKNOWN",
    severities: ["info"],
    when: "its USB ids are in no table, its ports are a modem's",
    cure: "name it, e.g. with `--usb-path`"
  },
  IdsOneSource: {
    code: "DOCTOR_IDS_ONE_SOURCE",
    severities: ["info"],
    when: "one source only tells of these USB ids: the modem itself is asked before anything is written"
  },
  ModemHolds: {
    code: "DOCTOR_IN_BOOT_AND_HOLD",
    severities: ["info"],
    when: "the modem waits in boot-and-hold, and is not asked anything",
    cure: "`boothold download`"
  },
  PortsOpen: { code: "DOCTOR_PORTS_OK", severities: ["ok"], when: "this user may open every port that is needed" },
  PortDenied: {
    code: "DOCTOR_PORT_DENIED",
    severities: ["error"],
    when: "this user may not open a port that is needed; the boot loader's port will have the rights of the others",
    cure: "`sudo`, or membership in the port's group, or a udev rule: the finding names the command"
  },
  PortsFree: { code: "DOCTOR_PORTS_FREE", severities: ["ok"], when: "no other program has a needed port open" },
  PortHeld: {
    code: "DOCTOR_PORT_HELD",
    severities: ["warning"],
    when: "another program has a needed port open",
    cure: "end that program"
  },
  PortShared: {
    code: "DOCTOR_PORT_SHARED",
    severities: ["info"],
    when: "ModemManager or a proxy has a port open",
    cure: "none for `update`; `info -p` shares the port"
  },
  HoldersHidden: {
    code: "DOCTOR_HOLDERS_HIDDEN",
    severities: ["info"],
    when: "not root: what programs of other users have open cannot be seen",
    cure: "`sudo boothold doctor`"
  },
  DriversBound: { code: "DOCTOR_DRIVERS_OK", severities: ["ok"], when: "every needed interface has its kernel driver" },
  DriverMissing: {
    code: "DOCTOR_DRIVER_MISSING",
    severities: ["info", "warning"],
    when: "an interface has no kernel driver; a mere info where straight USB takes its place",
    cure: "`modprobe`, and `new_id` where the driver does not know the ids"
  },
  ControlAbsent: {
    code: "DOCTOR_NO_CONTROL_PORT",
    severities: ["warning"],
    when: "the modem runs without a QMI or MBIM port, and no driver is missing: its USB composition has none",
    cure: "a composition with a control port, by `AT!USBCOMP`"
  },
  AtAbsent: {
    code: "DOCTOR_NO_AT_PORT",
    severities: ["info"],
    when: "the modem runs without an AT port: the way into boot-and-hold by AT is closed"
  },
  BootIdKnown: {
    code: "DOCTOR_BOOT_ID_OK",
    severities: ["ok"],
    when: "the kernel has a serial driver for what the modem is in boot-and-hold"
  },
  BootIdUnknown: {
    code: "DOCTOR_BOOT_ID_UNKNOWN",
    severities: ["warning", "error"],
    when: "no serial driver of this kernel knows the modem's ids in boot-and-hold: no port would appear; an error where it cannot be reached over USB itself either",
    cure: "tell `qcserial` the ids by `new_id` before the update"
  },
  BootDriverAbsent: {
    code: "DOCTOR_BOOT_DRIVER_ABSENT",
    severities: ["warning", "error"],
    when: "this kernel has no `qcserial` at all, or it is blacklisted, or nothing would load it; an error as above",
    cure: "load it, or install the kernel's modules"
  },
  BootUncertain: {
    code: "DOCTOR_BOOT_ID_UNCERTAIN",
    severities: ["info"],
    when: "no source tells the modem's ids in boot-and-hold, or the kernel's tables cannot be read"
  },
  ManagerAbsent: { code: "DOCTOR_MODEM_MANAGER_OK", severities: ["ok"], when: "ModemManager does not run" },
  ManagerRuns: {
    code: "DOCTOR_MODEM_MANAGER",
    severities: ["info", "warning"],
    when: "ModemManager runs; a warning where it cannot be asked to let the modem alone",
    cure: "`sudo systemctl stop ModemManager` for as long as the update takes"
  },
  SocketKnown: {
    code: "DOCTOR_SOCKET_OK",
    severities: ["ok"],
    when: "the modem is at USB 2 speed, or the kernel knows the other half of its USB 3 socket"
  },
  SocketUnknown: {
    code: "DOCTOR_PEER_UNKNOWN",
    severities: ["warning"],
    when: "the modem is at USB 3 speed, and the kernel does not know the USB 2 half of the socket, where it may come back",
    cure: "a modem with a serial number is known by it; else a USB 2 port or cable"
  },
  AutosuspendOff: { code: "DOCTOR_AUTOSUSPEND_OK", severities: ["ok"], when: "the kernel keeps the modem awake" },
  AutosuspendOn: {
    code: "DOCTOR_AUTOSUSPEND",
    severities: ["warning"],
    when: "the kernel may put the modem to sleep when nothing is said",
    cure: "`power/control` to `on`"
  },
  Physical: { code: "DOCTOR_MACHINE_OK", severities: ["ok"], when: "no virtual machine is seen" },
  Virtual: {
    code: "DOCTOR_VIRTUAL_MACHINE",
    severities: ["info"],
    when: "this computer is a virtual machine"
  },
  VirtualUsb: {
    code: "DOCTOR_VIRTUAL_USB",
    severities: ["warning"],
    when: "the modem is passed on by itself, to a virtual machine or over USB/IP: it comes back with other ids, and may be lost then",
    cure: "pass the whole USB controller, or every id of the modem"
  },
  Container: {
    code: "DOCTOR_CONTAINER",
    severities: ["warning"],
    when: "a container whose /dev is not the kernel's: the node that the modem comes back with does not appear",
    cure: "`--privileged -v /dev:/dev`"
  },
  Modeswitch: {
    code: "DOCTOR_USB_MODESWITCH",
    severities: ["warning"],
    when: "a rule of usb_modeswitch is for this modem's ids: it would switch it in the middle of the update",
    cure: "mask the rule"
  },
  ModeswitchOff: {
    code: "DOCTOR_USB_MODESWITCH_OK",
    severities: ["ok"],
    when: "no rule of usb_modeswitch is for this modem"
  },
  MemoryEnough: { code: "DOCTOR_MEMORY_OK", severities: ["ok"], when: "enough memory is free" },
  MemoryLow: {
    code: "DOCTOR_MEMORY_LOW",
    severities: ["warning"],
    when: "less than 48 MiB of memory are free: the update may be killed in the middle",
    cure: "end other programs"
  },
  DiskEnough: {
    code: "DOCTOR_DISK_OK",
    severities: ["ok"],
    when: "an update writes nothing to disk, and there is room for logs"
  },
  DiskFull: {
    code: "DOCTOR_DISK_FULL",
    severities: ["warning"],
    when: "less than 4 MiB are free where the command runs: what you redirect there is cut off; the update itself writes nothing",
    cure: "free some"
  },
  ImagesFit: { code: "DOCTOR_IMAGES_OK", severities: ["ok"], when: "an image is right, and made for this modem" },
  FirmwareLost: {
    code: "DOCTOR_FIRMWARE_LOST",
    severities: ["warning"],
    when: "with images: what the modem runs is in none of its slots (slot 255)",
    cure: "`boothold update` with the images of what runs, or of what shall run"
  },
  ImagesDoubtful: {
    code: "DOCTOR_IMAGES_DOUBTFUL",
    severities: ["warning"],
    when: "the plan of the update has a warning"
  },
  ImagesRefused: {
    code: "DOCTOR_IMAGES_REFUSED",
    severities: ["error"],
    when: "the images are no good, or not for this modem, or the modem could not be asked; the reason is that of `boothold plan`",
    cure: "as `boothold plan` says"
  }
} as const satisfies { readonly [kind: string]: Kind }

export type FindingKind = keyof typeof doctorCatalogue

/** A finding of this kind; the severity is one of those that the kind has. */
export const finding = <K extends FindingKind>(
  kind: K,
  severity: (typeof doctorCatalogue)[K]["severities"][number],
  reason: string,
  cure?: string
): Finding => ({ code: doctorCatalogue[kind].code, severity, reason, ...(cure === undefined ? {} : { cure }) })

const order: ReadonlyArray<Severity> = ["ok", "info", "warning", "error"]

/** The gravest of them; `ok` where there is none. */
export const worstOf = (findings: ReadonlyArray<Finding>): Severity =>
  findings.reduce<Severity>(
    (worst, { severity }) => (order.indexOf(severity) > order.indexOf(worst) ? severity : worst),
    "ok"
  )
