/** What simulated modems do, in words. */
import type { ModemStatus } from "../../serve/control.ts"
import type { JournalEntry } from "../../sim/index.ts"
import { faultUnits } from "../faults.ts"
import type { FaultReport } from "../faults.ts"
import { bytesText, plain } from "./text.ts"
import type { Style } from "./text.ts"

const modeText = (mode: "application" | "boot-and-hold"): string =>
  mode === "application" ? "application mode" : "boot-and-hold"

/** What somebody at the terminal wants to see of it; undefined for the rest, which the journal file has. */
export const entryText = (entry: JournalEntry): string | undefined => {
  switch (entry._tag) {
    case "Plugged":
      return `on the bus at ${plain(entry.portPath)}, in ${modeText(entry.mode)}`
    case "Unplugged":
      return "left the bus"
    case "Booted":
      return entry.mode === "boot-and-hold"
        ? "boots into boot-and-hold"
        : `boots ${plain([entry.firmware, entry.carrier, entry.config].join(", "))}` +
            (entry.lowPower ? "; in low power" : "")
    case "PreferenceSet":
      return `told to run ${plain([entry.firmware, entry.carrier, entry.config].join(", "))}`
    case "ImageReceived": {
      const bytes = bytesText(entry.headerBytes + entry.payloadBytes)
      return `image received: ${plain(entry.type)} ${plain(entry.version)}, ${bytes}, sha256 ${entry.sha256}`
    }
    case "ImageAbandoned":
      return `image given up after ${bytesText(entry.received)} of ${bytesText(entry.wanted)}: ${plain(entry.why)}`
    default:
      return undefined
  }
}

const statusText = ({ id, served, usbPath, vidPid }: ModemStatus): string => {
  const where = usbPath === null || vidPid === null ? "off the bus" : `${vidPid} at ${usbPath}`
  return [id, where, ...Object.entries(served).map(([name, place]) => `${name}=${plain(place)}`)].join(" ")
}

/** The first line of the output, once other programs can find the modems. */
export const readyLine = (statuses: ReadonlyArray<ModemStatus>, json: boolean): string =>
  json
    ? JSON.stringify({ _tag: "Ready", modems: statuses.map(({ state: _, ...status }) => status) })
    : `ready ${statuses.map(statusText).join("; ")}`

export const faultLines = (faults: ReadonlyArray<FaultReport>, style: Style): ReadonlyArray<string> => [
  ...faults.flatMap(({ source, synopsis, text }) => [
    style.bold(synopsis),
    `  ${text}${source === null ? "" : style.dim(` (${source})`)}`
  ]),
  "",
  faultUnits
]
