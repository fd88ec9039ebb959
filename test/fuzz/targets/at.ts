/** What AT ports say and hear (at.md). */
import * as Result from "effect/Result"
import { AtCommandReader, defaultCommandLimit } from "../../../src/protocol/at/AtCommandReader.ts"
import { AtReader } from "../../../src/protocol/at/AtReader.ts"
import type { AtReaderOptions } from "../../../src/protocol/at/AtReader.ts"
import { enterCnd, setImagePreference } from "../../../src/protocol/at/commands.ts"
import { encodeCommand, formatReply } from "../../../src/protocol/at/framing.ts"
import type { AtText } from "../../../src/protocol/at/framing.ts"
import { readBand, writeBand } from "../../../src/protocol/at/replies/band.ts"
import type { BandReply } from "../../../src/protocol/at/replies/band.ts"
import { readCustom, writeCustom } from "../../../src/protocol/at/replies/custom.ts"
import { readIdentification, writeIdentification } from "../../../src/protocol/at/replies/identification.ts"
import { readImagePreference, writeImagePreference } from "../../../src/protocol/at/replies/image-preference.ts"
import { readPackage, readPackageId, writePackageId } from "../../../src/protocol/at/replies/package-id.ts"
import { activeVoters, isLowPower, readPowerInfo, writePowerInfo } from "../../../src/protocol/at/replies/power-info.ts"
import { readPacketContexts, writePacketContexts } from "../../../src/protocol/at/replies/packet-contexts.ts"
import type { PacketContextsReply } from "../../../src/protocol/at/replies/packet-contexts.ts"
import { readPriId, writePriId } from "../../../src/protocol/at/replies/pri-id.ts"
import { readRadioAccess, writeRadioAccess } from "../../../src/protocol/at/replies/radio-access.ts"
import { readStatus } from "../../../src/protocol/at/replies/status.ts"
import { readStoredImages, writeStoredImages } from "../../../src/protocol/at/replies/stored-images.ts"
import type { StoredImagesReply } from "../../../src/protocol/at/replies/stored-images.ts"
import {
  readPowerOffEnable,
  readUdComposition,
  readUdProduct,
  readUsbLayout,
  readUsbProducts,
  readUsbVendor,
  writeBare,
  writeUsbLayout,
  writeUsbProducts,
  writeUsbVendor
} from "../../../src/protocol/at/replies/usb-settings.ts"
import { atQuestions } from "../../../src/update/settings-questions.ts"
import * as transcripts from "../../protocol/at/transcripts.ts"
import { bytesOf, equal, hold, pieces, readable, textOf } from "../invariants.ts"
import type { Target } from "../Target.ts"

/** Every reply of the documents. */
const replies = (): ReadonlyArray<Uint8Array> =>
  Object.values<unknown>(transcripts).flatMap((one) =>
    typeof one === "string"
      ? [transcripts.wire(one)]
      : typeof one === "object" && one !== null
        ? Object.values(one as Readonly<Record<string, unknown>>).flatMap((inner) =>
            typeof inner === "string" ? [transcripts.wire(inner)] : []
          )
        : []
  )

const commands = ["ATI", "AT!IMPREF?", "AT+CREG?", "AT$GPS", ""]
const echoes = ["on", "off", "unknown"] as const

/** The reply, and everything behind it. */
const read = (command: string, options: AtReaderOptions, parts: ReadonlyArray<Uint8Array>) => {
  const reader = new AtReader(command, options)
  for (const [index, part] of parts.entries()) {
    const reply = reader.push(part)
    if (reply === undefined) continue
    const behind = Buffer.concat([reader.rest, ...parts.slice(index + 1)]).toString("hex")
    return { reply, behind: Result.isSuccess(reply) ? behind : "" }
  }
  return { reply: undefined, partial: reader.partial }
}

interface Codec {
  readonly name: string
  readonly read: (lines: ReadonlyArray<string>) => Result.Result<unknown, { readonly message: string }>
  /** What is printed of what was read is read as the same. */
  readonly write?: (value: never) => AtText
  /** Whether a modem could have printed it. */
  readonly fits?: (value: never) => boolean
}

/** Rows have columns: what is wider than they are, or lacks one of its names, moves into the next one. */
const fitsColumns = ({ rows }: StoredImagesReply): boolean =>
  // Firmware is printed before PRIs.
  rows.every(({ type }, at) => type === "PRI" || rows[at - 1]?.type !== "PRI") &&
  rows.every(
    ({ buildId, lru, status, uniqueId }) =>
      lru < 1000 && status.length < 7 && uniqueId.length < 12 && (uniqueId === "") === (buildId === "")
  )

/** What is wider than its column has no two blanks behind it. */
const fitsBands = ({ columns, rows }: BandReply): boolean =>
  columns.every((name) => name.length < 16) && rows.every(({ name }) => name.length < 29)

/** A quote inside of quotes ends them. */
const fitsContexts = ({ contexts }: PacketContextsReply): boolean =>
  contexts.every(({ address, apn, rest, type }) => ![address, apn, type, ...rest].join("").includes('"'))

const codecs: ReadonlyArray<Codec> = [
  { name: "ATI", read: readIdentification, write: writeIdentification },
  { name: "AT!IMPREF?", read: readImagePreference, write: writeImagePreference },
  { name: "AT!PACKAGE?", read: readPackage },
  { name: "AT!PCINFO?", read: readPowerInfo, write: writePowerInfo },
  { name: "AT!PRIID?", read: readPriId, write: writePriId },
  { name: "AT!GSTATUS?", read: readStatus },
  { name: "AT+CGDCONT?", read: readPacketContexts, write: writePacketContexts, fits: fitsContexts },
  { name: "AT!BAND?", read: readBand, write: writeBand, fits: fitsBands },
  { name: "AT!SELRAT?", read: readRadioAccess, write: writeRadioAccess },
  { name: "AT!USBCOMP?", read: readUsbLayout, write: writeUsbLayout },
  { name: "AT!USBVID?", read: readUsbVendor, write: writeUsbVendor },
  { name: "AT!USBPID?", read: readUsbProducts, write: writeUsbProducts },
  { name: "AT!UDUSBCOMP?", read: readUdComposition, write: writeBare },
  { name: "AT!UDPID?", read: readUdProduct, write: writeBare },
  { name: "AT!PCOFFEN?", read: readPowerOffEnable, write: writeBare },
  { name: "AT!CUSTOM?", read: readCustom, write: writeCustom },
  { name: "AT!IMAGE?", read: readStoredImages, write: writeStoredImages, fits: fitsColumns }
]

const withoutOther = (value: object): object => {
  const { other: _, ...rest } = value as { readonly other?: unknown }
  return rest
}

const keywords = [
  ...[
    "\r\nOK\r\n",
    "\r\nERROR\r\n",
    "+CME ERROR: 4",
    "NOT IMPLEMENTED",
    "+CREG: 1",
    "$GPS",
    "RING",
    "ATI\r",
    "\r",
    "\n",
    "\t"
  ],
  ...[
    "Model: ",
    "Revision: ",
    "IMEI: ",
    "!IMPREF:",
    "!GOBIIMPREF:",
    "preferred fw version: ",
    "current carrier name: "
  ],
  ...[
    "fw version mismatch",
    "State: ",
    "LPM voters - ",
    "LPM force flags - ",
    "W_DISABLE: ",
    "Mode: ",
    "Temperature: -9"
  ],
  ...[
    "TYPE SLOT",
    "FW   1    GOOD   4   0 0      ?_?         02.20.03.22_?",
    "PRI  FF",
    "Max FW images: 4",
    "Carrier PRI: "
  ],
  ...[
    "+CGDCONT: 1,",
    '"IP","a,b",',
    "Index, Name,  ",
    "GW Band Mask     ",
    "00, All bands      ",
    "0002000007C00000 ",
    "!SELRAT: 06, ",
    "Interface bitmask: ",
    "!USBVID: 1199",
    "APP : 9071",
    "BOOT: 9070",
    "!CUSTOM: ",
    "GPSENABLE\t0x01"
  ]
]

export const atTargets: ReadonlyArray<Target> = [
  {
    // The first byte says which command, and what is known of the echo.
    name: "at-reader",
    seeds: () =>
      [...replies(), formatReply({ lines: ["a"], echo: "ATI", final: { _tag: "Ok" } }), encodeCommand("AT")].flatMap(
        (reply) => [0, 1, 2, 7].map((first) => Uint8Array.of(first, ...reply))
      ),
    tokens: keywords,
    run: (input) => {
      const first = input[0] ?? 0
      const stream = input.subarray(1)
      const command = commands[first % commands.length]!
      for (const limit of [65_536, 64]) {
        const options = { echo: echoes[first % 3]!, limit }
        const whole = read(command, options, [stream])
        equal("split, the reply is the same", read(command, options, pieces(stream)), whole)
        if (whole.reply === undefined) continue
        readable(whole.reply)
        if (Result.isFailure(whole.reply)) continue
        const { lines, stale, unsolicited } = whole.reply.success
        const size = [...lines, ...stale, ...unsolicited].reduce((sum, line) => sum + line.length, 0)
        hold("lines are not longer than what came", size <= stream.length)
        for (const line of lines) hold("a line is one line", !/[\r\n]/.test(line) && line.trim() !== "")
      }
    }
  },
  {
    name: "at-command",
    seeds: () => ["ATI\r", "AT!IMPREF?\r\n", 'AT!ENTERCND="A710"\r', "ATE1\rAT\r"].map(bytesOf),
    tokens: ["\r", "\n", "AT", "!IMAGE="],
    run: (input) => {
      for (const limit of [defaultCommandLimit, 16]) {
        const heard = new AtCommandReader(limit).push(input)
        const split = new AtCommandReader(limit)
        equal(
          "split, the commands are the same",
          pieces(input).flatMap((piece) => split.push(piece)),
          heard
        )
        for (const one of heard) {
          readable(one)
          if (Result.isFailure(one)) continue
          hold(
            "the echo ends with CR and is bounded",
            one.success.echo.at(-1) === 13 && one.success.echo.length <= limit + 1
          )
        }
      }
    }
  },
  {
    name: "at-replies",
    seeds: () => replies(),
    tokens: keywords,
    run: (input) => {
      // As the reader gives them: no line ends inside, no blank lines.
      const lines = textOf(input)
        .split(/[\r\n]+/)
        .filter((line) => line.trim() !== "")
      for (const { fits, name, read: from, write } of codecs) {
        const value = from(lines)
        readable(value)
        if (Result.isFailure(value) || write === undefined || fits?.(value.success as never) === false) continue
        const printed = write(value.success as never).lines.filter((line) => line.trim() !== "")
        const again = from(printed)
        hold(`${name} can be read again`, Result.isSuccess(again))
        if (Result.isSuccess(again)) {
          equal(`${name} survives`, withoutOther(again.success as object), withoutOther(value.success as object))
        }
      }
      for (const { read: told } of atQuestions) {
        const values = told(lines)
        readable(values)
        if (Result.isSuccess(values)) hold("settings are bounded", values.success.length <= input.length + 4)
      }
      const power = readPowerInfo(lines)
      if (Result.isSuccess(power))
        hold(
          "voters are bounded",
          activeVoters(power.success).length <= input.length && typeof isLowPower(power.success) === "boolean"
        )
      for (const line of lines) {
        const id = readPackageId(line)
        if (id !== undefined) equal("a package id survives", readPackageId(writePackageId(id)), id)
      }
    }
  },
  {
    // Values of users and images that go into commands.
    name: "at-values",
    longest: 512,
    seeds: () => ["A710\0\0", "02.33.03.00\0GENERIC\0GENERIC_002.072_000", 'a"\r\0b\0c'].map(bytesOf),
    tokens: ["\0", '"', "\r", "\n", "02.33.03.00", ","],
    run: (input) => {
      const [firmware = "", carrier = "", config = ""] = textOf(input).split("\0")
      for (const made of [enterCnd(firmware), setImagePreference("IMPREF", { firmware, carrier, config })]) {
        readable(made)
        if (Result.isFailure(made)) continue
        hold("a command is one line of ASCII", /^[\x20-\x7e]+$/.test(made.success))
        hold(
          "a value cannot end early",
          [1, 3].includes(made.success.split('","').length) && made.success.split('"').length % 2 === 1
        )
        hold("and is short", encodeCommand(made.success).length <= 256)
      }
    }
  }
]
