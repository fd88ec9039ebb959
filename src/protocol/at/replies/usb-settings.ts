/**
 * What a modem shows on USB, as it is set (at.md §5.3): `AT!USBCOMP?`, `AT!USBVID?`, `AT!USBPID?`, and their predecessors
 * on 9200 and 9x15, `AT!UDUSBCOMP?` and `AT!UDPID?`. All of them need the unlock. Pure.
 */
import * as Result from "effect/Result"
import type { AtText } from "../framing.ts"
import { AtReplyError, keyValues } from "./reply-text.ts"

export interface UsbLayoutReply {
  readonly index: string
  /** `1 (Generic)`. */
  readonly type: string
  /** `0000100D (diag,nmea,modem,mbim)`. */
  readonly interfaces: string
}

const layoutKeys = { index: "Config Index", type: "Config Type", interfaces: "Interface bitmask" } as const

export const readUsbLayout = (lines: ReadonlyArray<string>): Result.Result<UsbLayoutReply, AtReplyError> => {
  const { values } = keyValues(lines, new Set(Object.values(layoutKeys)))
  const interfaces = values.get(layoutKeys.interfaces)
  return interfaces === undefined || interfaces === ""
    ? Result.fail(new AtReplyError({ command: "AT!USBCOMP?", wanted: "a line Interface bitmask:", found: [...lines] }))
    : Result.succeed({
        index: values.get(layoutKeys.index) ?? "",
        type: values.get(layoutKeys.type) ?? "",
        interfaces
      })
}

export const writeUsbLayout = ({ index, interfaces, type }: UsbLayoutReply): AtText => ({
  // Two blanks behind the type, as printed.
  lines: [`${layoutKeys.index}: ${index}`, `${layoutKeys.type}:  ${type}`, `${layoutKeys.interfaces}: ${interfaces}`]
})

const isId = (text: string): boolean => /^(0x)?[\da-f]{4}$/i.test(text)

export interface UsbVendorReply {
  /** Four hex digits. */
  readonly vendor: string
}

export const readUsbVendor = (lines: ReadonlyArray<string>): Result.Result<UsbVendorReply, AtReplyError> => {
  const { values } = keyValues(lines, new Set(["!USBVID"]))
  const vendor = values.get("!USBVID") ?? ""
  return isId(vendor)
    ? Result.succeed({ vendor })
    : Result.fail(new AtReplyError({ command: "AT!USBVID?", wanted: "a line !USBVID: NNNN", found: [...lines] }))
}

export const writeUsbVendor = ({ vendor }: UsbVendorReply): AtText => ({ lines: [`!USBVID: ${vendor}`] })

export interface UsbProductsReply {
  /** In application mode, four hex digits. */
  readonly application: string
  readonly boot: string
}

export const readUsbProducts = (lines: ReadonlyArray<string>): Result.Result<UsbProductsReply, AtReplyError> => {
  const { values } = keyValues(lines, new Set(["APP", "BOOT"]))
  const application = values.get("APP") ?? ""
  const boot = values.get("BOOT") ?? ""
  return isId(application) && isId(boot)
    ? Result.succeed({ application, boot })
    : Result.fail(new AtReplyError({ command: "AT!USBPID?", wanted: "lines APP: and BOOT:", found: [...lines] }))
}

export const writeUsbProducts = ({ application, boot }: UsbProductsReply): AtText => ({
  lines: ["!USBPID:", `APP : ${application}`, `BOOT: ${boot}`]
})

/** Bare, or behind its name: how `!UDUSBCOMP?` prints it is not known (at.md §5.3). */
const bare =
  (command: string, wanted: string, fits: (text: string) => boolean) =>
  (lines: ReadonlyArray<string>): Result.Result<string, AtReplyError> => {
    const value = lines.map((line) => line.trim().replace(/^![A-Z]+:\s*/, "")).find((text) => text !== "")
    return value !== undefined && fits(value)
      ? Result.succeed(value)
      : Result.fail(new AtReplyError({ command, wanted, found: [...lines] }))
  }

/** `AT!UDUSBCOMP?`: 6 = DM NMEA AT QMI, 8 = DM NMEA AT MBIM, 9 = MBIM only. */
export const readUdComposition = bare("AT!UDUSBCOMP?", "a number", (text) => /^\d{1,3}$/.test(text))

/** `AT!UDPID?`: four hex digits, e.g. `68A2`. */
export const readUdProduct = bare("AT!UDPID?", "four hex digits", isId)

/** `AT!PCOFFEN?` (at.md §5.4): 0 obey W_DISABLE, 1 power off, 2 ignore the pin. */
export const readPowerOffEnable = bare("AT!PCOFFEN?", "a digit", (text) => /^\d$/.test(text))

export const writeBare = (value: string): AtText => ({ lines: [value] })
