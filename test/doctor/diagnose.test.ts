/** Each finding: what brings it about, how grave it is, and what cures it. */
import { assert, describe, it } from "@effect/vitest"
import { beforeWriting, hostFindings, modemFindings } from "../../src/doctor/diagnose.ts"
import { doctorCatalogue, worstOf } from "../../src/doctor/Finding.ts"
import type { Finding, FindingKind } from "../../src/doctor/Finding.ts"
import type { Holder } from "../../src/doctor/facts.ts"
import { foundOf, node, scene, soundDevice, soundFacts, soundHost } from "./support.ts"
import type { Spoiled } from "./support.ts"

const diagnose = (spoiled: Spoiled = {}): ReadonlyArray<Finding> => {
  const [found, around] = scene(spoiled)
  return [...modemFindings(found, around), ...hostFindings(around.host)]
}

const kindOf = ({ code }: Finding): FindingKind | undefined =>
  (Object.keys(doctorCatalogue) as ReadonlyArray<FindingKind>).find((kind) => doctorCatalogue[kind].code === code)

const kinds = (findings: ReadonlyArray<Finding>) => findings.map(kindOf)

/** Kinds that are produced by the command itself, which has the bus and the images: test/cli/doctor.test.ts. */
const ofTheCommand: ReadonlyArray<FindingKind> = [
  "ModemNone",
  "FirmwareLost",
  "ImagesFit",
  "ImagesDoubtful",
  "ImagesRefused"
]

const sound: Array<FindingKind> = [
  "DriversBound",
  "PortsOpen",
  "PortsFree",
  "BootIdKnown",
  "SocketKnown",
  "AutosuspendOff",
  "ModeswitchOff",
  "ManagerAbsent",
  "Physical",
  "MemoryEnough",
  "DiskEnough"
]

const by = (program: string, pid = 812): ReadonlyArray<Holder> => [{ pid, program }]

const held = {
  productId: 0x9070,
  interfaceCount: 1,
  interfaces: [{ number: 0, class: 255, subclass: 255, protocol: 255, driver: "qcserial" }],
  ports: [{ name: "ttyUSB0", role: "download", driver: "qcserial", interfaceNumber: 0, node: "/dev/ttyUSB0" }]
} as const

const guest = { virtual: { product: "QEMU Standard PC (Q35 + ICH9, 2009)" } }
const qemu = { controller: { _tag: "Pci", vendor: "1b36", device: "000d", subsystemVendor: "1af4" } } as const

interface Case {
  readonly name: string
  readonly spoiled: Spoiled
  readonly kind: FindingKind
  readonly severity: Finding["severity"]
  /** Words of reason and cure. */
  readonly says: ReadonlyArray<string>
  /** Findings of sound things that are not there any more. */
  readonly instead?: FindingKind
}

const cases: ReadonlyArray<Case> = [
  {
    name: "a device that speaks another protocol",
    spoiled: { device: { vendorId: 0x05c6, productId: 0x9008 } },
    kind: "ModemRefused",
    severity: "error",
    says: ["Sahara"]
  },
  {
    name: "ids that are in no table",
    spoiled: { device: { vendorId: 0x1234, productId: 0x5678 } },
    kind: "IdsUnknown",
    severity: "info",
    says: ["1234:5678", "--usb-path 1-2"]
  },
  {
    name: "ids that one source tells",
    spoiled: { device: { productId: 0x9075 } },
    kind: "IdsOneSource",
    severity: "info",
    says: ["1199:9075"]
  },
  {
    name: "a modem that waits in boot-and-hold",
    spoiled: { device: held, facts: { nodes: [node("/dev/ttyUSB0")] } },
    kind: "ModemHolds",
    severity: "info",
    says: ["boothold download --usb-path 1-2"]
  },
  {
    name: "a port that this user may not open",
    spoiled: {
      facts: {
        nodes: [
          node("/dev/ttyUSB0"),
          node("/dev/ttyUSB2", {
            state: "denied",
            denied: { detail: "owner root, group dialout, mode 0660", cure: "`sudo usermod -aG dialout $USER`" }
          }),
          node("/dev/cdc-wdm0")
        ]
      }
    },
    kind: "PortDenied",
    severity: "error",
    says: ["/dev/ttyUSB2", "group dialout", "usermod -aG dialout"],
    instead: "PortsOpen"
  },
  {
    name: "a denied port of another role: the boot loader's will have the same rights",
    spoiled: {
      facts: { nodes: [node("/dev/ttyUSB0", { state: "denied" }), node("/dev/ttyUSB2"), node("/dev/cdc-wdm0")] }
    },
    kind: "PortDenied",
    severity: "error",
    says: ["/dev/ttyUSB0", "sudo"]
  },
  {
    name: "a port that a terminal program has open",
    spoiled: {
      facts: {
        nodes: [node("/dev/ttyUSB0"), node("/dev/ttyUSB2", { holders: by("minicom", 42) }), node("/dev/cdc-wdm0")]
      }
    },
    kind: "PortHeld",
    severity: "warning",
    says: ["/dev/ttyUSB2", "minicom (pid 42)", "ps -fp 42"],
    instead: "PortsFree"
  },
  {
    name: "a port that ModemManager has open",
    spoiled: {
      facts: {
        nodes: [node("/dev/ttyUSB0"), node("/dev/ttyUSB2"), node("/dev/cdc-wdm0", { holders: by("qmi-proxy") })]
      }
    },
    kind: "PortShared",
    severity: "info",
    says: ["/dev/cdc-wdm0", "qmi-proxy (pid 812)"],
    instead: "PortsFree"
  },
  {
    name: "a user who cannot see others' programs",
    spoiled: { host: { root: false } },
    kind: "HoldersHidden",
    severity: "info",
    says: ["sudo boothold doctor"],
    instead: "PortsFree"
  },
  {
    name: "an interface without driver",
    spoiled: {
      device: {
        interfaces: [{ number: 8, class: 255, subclass: 255, protocol: 255 }],
        ports: soundDevice.ports.filter(({ role }) => role !== "control")
      }
    },
    kind: "DriverMissing",
    severity: "warning",
    says: ["interface 8", "control port", "sudo modprobe qmi_wwan"],
    instead: "DriversBound"
  },
  {
    name: "an interface without driver, where straight USB takes its place",
    spoiled: {
      device: {
        interfaces: [{ number: 8, class: 255, subclass: 255, protocol: 255 }],
        ports: soundDevice.ports.map((port) =>
          port.role === "control" ? { name: "1-2:1.8", role: "control", driver: "usb", interfaceNumber: 8 } : port
        )
      }
    },
    kind: "DriverMissing",
    severity: "info",
    says: ["interface 8", "straight over USB", "sudo modprobe qmi_wwan"],
    instead: "DriversBound"
  },
  {
    name: "straight USB to a device that this user may not open",
    spoiled: {
      device: {
        ports: [...soundDevice.ports, { name: "1-2:1.8", role: "control", driver: "usb", interfaceNumber: 8 }]
      },
      facts: { usbNode: node("/dev/bus/usb/001/007", { state: "denied" }) }
    },
    kind: "PortDenied",
    severity: "error",
    says: ["/dev/bus/usb/001/007"]
  },
  {
    name: "a composition without control port",
    spoiled: { device: { ports: soundDevice.ports.filter(({ role }) => role !== "control") } },
    kind: "ControlAbsent",
    severity: "warning",
    says: ["by AT alone", "AT!USBCOMP"],
    instead: "DriversBound"
  },
  {
    name: "a composition without AT port",
    spoiled: { device: { ports: soundDevice.ports.filter(({ role }) => role !== "at") } },
    kind: "AtAbsent",
    severity: "info",
    says: ["by QMI alone"],
    instead: "DriversBound"
  },
  {
    name: "boot ids that no serial driver knows",
    spoiled: { device: { productId: 0x9079 } },
    kind: "BootIdUnknown",
    severity: "warning",
    says: ["1199:9078", "straight over USB", "echo 1199 9078 | sudo tee /sys/bus/usb-serial/drivers/qcserial/new_id"],
    instead: "BootIdKnown"
  },
  {
    name: "the same where the device itself may not be opened either",
    spoiled: {
      device: { productId: 0x9079 },
      facts: { usbNode: node("/dev/bus/usb/001/007", { state: "denied" }) }
    },
    kind: "BootIdUnknown",
    severity: "error",
    says: ["may not reach it"],
    instead: "BootIdKnown"
  },
  {
    name: "a kernel without qcserial",
    spoiled: { host: { serial: { state: "absent", added: [] } } },
    kind: "BootDriverAbsent",
    severity: "warning",
    says: ["6.1.0-18-amd64", "CONFIG_USB_SERIAL_QUALCOMM"],
    instead: "BootIdKnown"
  },
  {
    name: "a blacklisted qcserial",
    spoiled: { host: { serial: { state: "available", added: [], blacklistedIn: "/etc/modprobe.d/x.conf" } } },
    kind: "BootDriverAbsent",
    severity: "warning",
    says: ["/etc/modprobe.d/x.conf", "sudo modprobe qcserial"],
    instead: "BootIdKnown"
  },
  {
    name: "a qcserial that nothing would load, and no other way",
    spoiled: {
      host: { serial: { state: "available", added: [] }, udev: false },
      facts: { usbNode: node("x", { state: "absent" }) }
    },
    kind: "BootDriverAbsent",
    severity: "error",
    says: ["no udev runs", "sudo modprobe qcserial"],
    instead: "BootIdKnown"
  },
  {
    name: "ids whose boot ids no source tells",
    spoiled: { device: { vendorId: 0x413c, productId: 0x81c2 } },
    kind: "BootUncertain",
    severity: "info",
    says: ["413c:81c2", "usually it is the id below, 413c:81c1"],
    instead: "BootIdKnown"
  },
  {
    name: "ModemManager, with a way to ask it",
    spoiled: { host: { modemManager: 812 } },
    kind: "ManagerRuns",
    severity: "info",
    says: ["pid 812", "D-Bus"],
    instead: "ManagerAbsent"
  },
  {
    name: "ModemManager, without a way to ask it",
    spoiled: { host: { modemManager: 812, systemBus: false } },
    kind: "ManagerRuns",
    severity: "warning",
    says: ["no system bus", "systemctl stop ModemManager"],
    instead: "ManagerAbsent"
  },
  {
    name: "USB 3 without a known other half",
    spoiled: { facts: { speed: 5000 } },
    kind: "SocketUnknown",
    severity: "warning",
    says: ["1-2", "serial LQ1", "USB 2 port or cable"],
    instead: "SocketKnown"
  },
  {
    name: "autosuspend",
    spoiled: { facts: { powerControl: "auto" } },
    kind: "AutosuspendOn",
    severity: "warning",
    says: ["echo on | sudo tee /sys/bus/usb/devices/1-2/power/control", "parameters/autosuspend"],
    instead: "AutosuspendOff"
  },
  {
    name: "a virtual machine",
    spoiled: { host: guest },
    kind: "Virtual",
    severity: "info",
    says: ["Q35"],
    instead: "Physical"
  },
  {
    name: "a modem behind an emulated controller",
    spoiled: { host: guest, facts: qemu },
    kind: "VirtualUsb",
    severity: "warning",
    says: ["QEMU", "as 1199:9070", "1199:9071", "whole USB controller"]
  },
  {
    name: "QEMU's copy of a controller of Intel's, which its subsystem gives away",
    spoiled: {
      host: guest,
      facts: { controller: { _tag: "Pci", vendor: "8086", device: "293a", subsystemVendor: "1af4" } }
    },
    kind: "VirtualUsb",
    severity: "warning",
    says: ["QEMU"]
  },
  {
    name: "a modem in VirtualBox, whose controllers look like Intel's",
    spoiled: { host: { virtual: { product: "innotek GmbH VirtualBox" } } },
    kind: "VirtualUsb",
    severity: "warning",
    says: ["VBoxManage usbfilter add", "--vendorid 1199"]
  },
  {
    name: "a modem over USB/IP",
    spoiled: { facts: { controller: { _tag: "UsbIp" } } },
    kind: "VirtualUsb",
    severity: "warning",
    says: ["USB/IP", "--auto-attach"]
  },
  {
    name: "a container with a /dev of its own",
    spoiled: { host: { container: true, devFromKernel: false } },
    kind: "Container",
    severity: "warning",
    says: ["-v /dev:/dev"]
  },
  {
    name: "a rule of usb_modeswitch for the ids in boot-and-hold",
    spoiled: {
      host: { modeswitch: [{ file: "/lib/udev/rules.d/40-usb_modeswitch.rules", vendor: "1199", product: "9070" }] }
    },
    kind: "Modeswitch",
    severity: "warning",
    says: ["sudo ln -s /dev/null /etc/udev/rules.d/40-usb_modeswitch.rules"],
    instead: "ModeswitchOff"
  },
  {
    name: "the administrator's own rule for all of the vendor's",
    spoiled: { host: { modeswitch: [{ file: "/etc/udev/rules.d/9.rules", vendor: "1199" }] } },
    kind: "Modeswitch",
    severity: "warning",
    says: ["sudo mv /etc/udev/rules.d/9.rules"],
    instead: "ModeswitchOff"
  },
  {
    name: "little memory",
    spoiled: { host: { memoryAvailable: 20 * 1024 * 1024 } },
    kind: "MemoryLow",
    severity: "warning",
    says: ["20 MiB"],
    instead: "MemoryEnough"
  },
  {
    name: "a full disk",
    spoiled: { host: { disk: { folder: "/root", free: 1024 } } },
    kind: "DiskFull",
    severity: "warning",
    says: ["/root", "df -h /root"],
    instead: "DiskEnough"
  }
]

describe("a sound computer with a sound modem", () => {
  it("has nothing but right things to tell, each of them once", () => {
    const findings = diagnose()
    assert.deepStrictEqual(kinds(findings), sound)
    assert.strictEqual(worstOf(findings), "ok")
    assert.isTrue(findings.every(({ cure }) => cure === undefined))
  })
})

describe("doctor finds", () => {
  for (const { instead, kind, name, says, severity, spoiled } of cases) {
    it(name, () => {
      const findings = diagnose(spoiled)
      const found = findings.filter((one) => kindOf(one) === kind)
      assert.lengthOf(found, 1, `${kind} among ${JSON.stringify(findings, undefined, 1)}`)
      const [one] = found
      assert.strictEqual(one?.severity, severity)
      for (const word of says) assert.include(`${one?.reason ?? ""} ${one?.cure ?? ""}`, word)
      if (instead !== undefined) assert.notInclude(kinds(findings), instead)
      if (severity === "warning" || severity === "error") assert.strictEqual(worstOf(findings), severity)
    })
  }
})

describe("the catalogue", () => {
  it("names nothing that is never found, and every severity that it promises comes about", () => {
    const seen = new Map<FindingKind, Set<string>>()
    for (const one of [{}, ...cases.map(({ spoiled }) => spoiled)].flatMap(diagnose)) {
      const kind = kindOf(one)
      assert.isDefined(kind, one.code)
      if (kind !== undefined) seen.set(kind, (seen.get(kind) ?? new Set()).add(one.severity))
    }
    for (const kind of Object.keys(doctorCatalogue) as ReadonlyArray<FindingKind>) {
      if (ofTheCommand.includes(kind)) continue
      assert.deepStrictEqual([...(seen.get(kind) ?? [])].sort(), [...doctorCatalogue[kind].severities].sort(), kind)
    }
  })

  it("has each code once", () => {
    const codes = Object.values(doctorCatalogue).map(({ code }) => code)
    assert.lengthOf(codes, new Set(codes).size)
  })
})

describe("the ids in boot-and-hold", () => {
  it("are known where new_id has told them, also where the kernel's lists cannot be read", () => {
    const { aliases: _, ...unlisted } = soundHost
    const told = { state: "loaded", added: [{ vendorId: 0x1199, productId: 0x9078 }] } as const
    const lenovo = foundOf({ ...soundDevice, productId: 0x9079 })
    const known = modemFindings(lenovo, { host: { ...unlisted, serial: told }, device: soundFacts })
    assert.include(kinds(known), "BootIdKnown")
    const uncertain = modemFindings(lenovo, { host: unlisted, device: soundFacts })
    assert.include(kinds(uncertain), "BootUncertain")
    assert.notInclude(kinds(uncertain), "BootIdUnknown")
  })

  it("are of no matter to a modem that is there already", () => {
    const findings = diagnose({ device: held, facts: { nodes: [node("/dev/ttyUSB0")] }, host: { aliases: [] } })
    assert.notInclude(kinds(findings), "BootIdUnknown")
    assert.notInclude(kinds(findings), "AtAbsent")
  })

  it("may be the other half's: a USB 3 socket whose halves are known is all right", () => {
    const findings = diagnose({ device: { peerPath: "2-2" }, facts: { speed: 5000 } })
    assert.include(kinds(findings), "SocketKnown")
  })

  it("come from a real controller in a virtual machine that was given one", () => {
    assert.notInclude(kinds(diagnose({ host: guest })), "VirtualUsb")
  })
})

describe("before an update", () => {
  const before = (spoiled: Spoiled) => beforeWriting(...scene(spoiled))

  it("nothing is said of a sound computer", () => {
    assert.deepStrictEqual(before({}), { errors: [], warnings: [] })
  })

  it("errors stop it: afterwards the modem could not be reached", () => {
    const { errors } = before({
      device: { productId: 0x9079 },
      facts: { usbNode: node("/dev/bus/usb/001/007", { state: "denied" }) }
    })
    assert.deepStrictEqual(kinds(errors), ["BootIdUnknown"])
  })

  it("warnings are told, and not what the run says anyway", () => {
    const { errors, warnings } = before({
      facts: { powerControl: "auto" },
      host: { modemManager: 1, systemBus: false, root: false }
    })
    assert.deepStrictEqual(
      { errors: kinds(errors), warnings: kinds(warnings) },
      { errors: [], warnings: ["AutosuspendOn"] }
    )
  })

  it("a modem in boot-and-hold is never stopped: its run opens the port first, and says what is wrong with it", () => {
    const { errors } = before({ device: held, facts: { nodes: [node("/dev/ttyUSB0", { state: "denied" })] } })
    assert.deepStrictEqual(errors, [])
  })
})
