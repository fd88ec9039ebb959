/** The real ModemManager on a system bus of this guest, and what it says to a software modem. */
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { ModemHandle } from "./modem.ts"
import { programs, until } from "./processes.ts"
import type { CaseTools } from "./tools.ts"

export interface Manager {
  /** What `mmcli -m any` prints, once it has a modem whose firmware is `firmware`. */
  readonly sees: (firmware: string, seconds?: number) => Promise<string>
  /** When it began or ended to leave a modem alone, by its own log, in milliseconds. */
  readonly inhibitions: () => ReadonlyArray<{ readonly what: "setup" | "teardown"; readonly at: number }>
  /** Everything ends: ModemManager, the proxies that were started for it, the bus. */
  readonly end: () => Promise<void>
}

export const startModemManager = async (tools: CaseTools): Promise<Manager> => {
  mkdirSync("/run/dbus", { recursive: true })
  const limit = { limitSeconds: 2400 }
  const bus = tools.start("dbus-daemon", ["--system", "--nofork", "--nopidfile", "--print-address"], limit)
  await bus.says(/unix:/)
  const log = join(tools.work, "ModemManager.log")
  const logged = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "")
  const manager = tools.start("ModemManager", [`--log-file=${log}`, "--log-level=INFO", "--log-timestamps"], limit)
  await until("ModemManager starts", () => (/starting in system bus/.test(logged()) ? true : undefined))
  return {
    inhibitions: () =>
      [...logged().matchAll(/\[(\d+\.\d+)\].* device inhibition (setup|teardown) for uid/g)].map(([, at, what]) => ({
        what: what === "setup" ? "setup" : "teardown",
        at: Number(at) * 1000
      })),
    sees: (firmware, seconds = 240) =>
      until(
        `ModemManager sees a modem with ${firmware}`,
        async () => {
          const { stdout } = await tools.run("mmcli", ["-m", "any"])
          return stdout.includes(firmware) ? stdout : undefined
        },
        seconds
      ),
    end: async () => {
      manager.kill("SIGTERM")
      await manager.ended
      tools.log.push(`ModemManager's log:\n${logged()}`)
      for (const [pid, words] of programs()) if (/(qmi|mbim)-proxy/.test(words)) process.kill(pid, "SIGKILL")
      bus.kill("SIGTERM")
      await bus.ended
    }
  }
}

interface Said {
  readonly at: number
  readonly port: string
  readonly direction: string
  readonly bytes: string
}

export const transcriptOf = (modem: ModemHandle): ReadonlyArray<Said> =>
  readFileSync(modem.transcript, "utf8")
    .split("\n")
    // The last line may be on its way.
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Said)

const CTL = 0x00
const DMS = 0x02
const allocateClient = 0x0022

/** Frames of QMUX (qmi.md §1) that boothold has no use for: other services than DMS, and clients of them. */
const isForeignQmi = (bytes: Buffer): boolean => {
  const service = bytes[4]
  if (bytes[0] !== 0x01 || bytes.length < 12) return true
  if (service !== CTL) return service !== DMS
  return bytes.readUInt16LE(8) === allocateClient && bytes[15] !== DMS
}

/** What it asks every serial port at first: a version request of the DIAG protocol, AT commands. */
const isProbe = (hex: string): boolean => hex.startsWith("7e0078f07e") || hex.startsWith("4154")

/** What an update asks for the owner's settings (at.md §5.3, §5.4), and how it finds the port: the rest is somebody else's. */
const isOurQuestion = (text: string): boolean =>
  /^(?:AT(?:E[01]|I|![A-Z]+\?|!ENTERCND="A710"|\+CGDCONT\?)?)?\r?$/.test(text)

const isForeignOn = (port: string, bytes: string): boolean => {
  switch (port) {
    case "control":
      return isForeignQmi(Buffer.from(bytes, "hex"))
    case "download":
      return isProbe(bytes)
    case "at":
      return !isOurQuestion(Buffer.from(bytes, "hex").toString("latin1"))
    default:
      return true
  }
}

/**
 * What ModemManager says, by how boothold never does in an update by QMI: other commands on the AT port, anything on the other serial ports of a modem in
 * application mode, a probe of the boot loader's port, a QMI service other than DMS.
 */
export const isForeign = ({ bytes, direction, port }: Said): boolean =>
  direction === "to-modem" && isForeignOn(port, bytes)
