/** The ports that an update needs: may they be opened, does anybody else have them open, and are they there at all. Pure. */
import { missingDrivers } from "../device/drivers.ts"
import { usbMode } from "../device/UsbBus.ts"
import type { PortInfo, UsbDevice } from "../device/UsbBus.ts"
import type { DeviceFacts, Holder, HostFacts, NodeFacts } from "./facts.ts"
import { finding } from "./Finding.ts"
import type { Finding } from "./Finding.ts"

/** Talked to by an update. The others' rights count too: the boot loader's port will have the same. */
const isUsed = ({ role }: PortInfo): boolean => role === "control" || role === "at" || role === "download"

/** Programs that share a control port, or let go of it when they are asked to. */
const friendly: ReadonlySet<string> = new Set(["ModemManager", "qmi-proxy", "mbim-proxy"])

const listed = (names: ReadonlyArray<string>): string => names.join(", ")

const holdersText = (holders: ReadonlyArray<Holder>): string =>
  listed(holders.map(({ pid, program }) => `${program} (pid ${String(pid)})`))

const nodesOf = (device: UsbDevice, facts: DeviceFacts) =>
  device.ports.flatMap((port) => {
    const node = facts.nodes.find((one) => one.node === port.node)
    return node === undefined ? [] : [{ port, node }]
  })

const rights = (nodes: ReadonlyArray<NodeFacts>): ReadonlyArray<Finding> => {
  const denied = nodes.filter(({ state }) => state === "denied")
  if (nodes.length > 0 && denied.length === 0) {
    return [finding("PortsOpen", "ok", `${listed(nodes.map(({ node }) => node))}: may be opened`)]
  }
  return denied.map(({ denied: why, node }) =>
    finding(
      "PortDenied",
      "error",
      `${node}: this user may not open it${why === undefined ? "" : ` (${why.detail})`}`,
      why?.cure ?? "Run the command with `sudo`."
    )
  )
}

const holders = (nodes: ReadonlyArray<NodeFacts>, host: HostFacts): ReadonlyArray<Finding> => {
  const found = nodes.flatMap(({ holders: all, node }): ReadonlyArray<Finding> => {
    const strangers = all.filter(({ program }) => !friendly.has(program))
    const friends = all.filter(({ program }) => friendly.has(program))
    return [
      ...(strangers.length === 0
        ? []
        : [
            finding(
              "PortHeld",
              "warning",
              `${node} is open in ${holdersText(strangers)}: what the modem answers may reach that program instead`,
              `End it first; what it is: \`ps -fp ${strangers.map(({ pid }) => String(pid)).join(",")}\`.`
            )
          ]),
      ...(friends.length === 0 ? [] : [finding("PortShared", "info", `${node} is open in ${holdersText(friends)}`)])
    ]
  })
  const hidden = host.root
    ? []
    : [
        finding(
          "HoldersHidden",
          "info",
          "which ports programs of other users have open cannot be seen",
          "`sudo boothold doctor` sees all of them."
        )
      ]
  const free = nodes.length > 0 && found.length === 0 && host.root
  return [...(free ? [finding("PortsFree", "ok", "no other program has them open")] : found), ...hidden]
}

const drivers = (device: UsbDevice): ReadonlyArray<Finding> => {
  const missing = missingDrivers(device)
  const found = missing.map(({ command, driver, interfaceNumber, role }) => {
    const straight = device.ports.some((port) => port.driver === "usb" && port.interfaceNumber === interfaceNumber)
    return finding(
      "DriverMissing",
      straight ? "info" : "warning",
      `interface ${String(interfaceNumber)}, the modem's ${role} port, has no driver (it is ${driver}'s)` +
        (straight ? ": boothold goes straight over USB" : ""),
      `\`${command}\``
    )
  })
  const has = (role: PortInfo["role"]): boolean =>
    device.ports.some((port) => port.role === role) || missing.some((one) => one.role === role)
  if (usbMode(device) === "application") {
    if (!has("control")) {
      found.push(
        finding(
          "ControlAbsent",
          "warning",
          "the modem has no QMI or MBIM port: it is asked and sent into boot-and-hold by AT alone",
          'If that fails, give it a composition with a control port: `AT!ENTERCND="A710"`, `AT!USBCOMP=?`.'
        )
      )
    }
    if (!has("at")) {
      found.push(finding("AtAbsent", "info", "the modem has no AT port: it is sent into boot-and-hold by QMI alone"))
    }
  }
  return found.length === 0 ? [finding("DriversBound", "ok", "every interface that is needed has its driver")] : found
}

export const portFindings = (device: UsbDevice, host: HostFacts, facts: DeviceFacts): ReadonlyArray<Finding> => {
  const nodes = nodesOf(device, facts)
  // Straight USB opens the device itself.
  const straight = device.ports.some(({ driver }) => driver === "usb") ? facts.usbNode : undefined
  return [
    ...drivers(device),
    ...rights([...nodes.map(({ node }) => node), ...(straight === undefined ? [] : [straight])]),
    ...holders(
      nodes.filter(({ port }) => isUsed(port)).map(({ node }) => node),
      host
    )
  ]
}
