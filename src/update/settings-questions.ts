/** Which settings a modem is asked for by AT, and what its answers are called (at.md §5.3, §5.4, §6). Questions only. */
import * as Result from "effect/Result"
import { readBand } from "../protocol/at/replies/band.ts"
import { readCustom } from "../protocol/at/replies/custom.ts"
import type { Identification } from "../protocol/at/replies/identification.ts"
import { readIdentification } from "../protocol/at/replies/identification.ts"
import { readPacketContexts } from "../protocol/at/replies/packet-contexts.ts"
import type { PacketContext } from "../protocol/at/replies/packet-contexts.ts"
import { readPriId } from "../protocol/at/replies/pri-id.ts"
import { readRadioAccess } from "../protocol/at/replies/radio-access.ts"
import type { AtReplyError } from "../protocol/at/replies/reply-text.ts"
import {
  readPowerOffEnable,
  readUdComposition,
  readUdProduct,
  readUsbLayout,
  readUsbProducts,
  readUsbVendor
} from "../protocol/at/replies/usb-settings.ts"

/** One value of an answer. `follows`: it belongs to firmware or carrier image, see `plan/settings.ts`. */
export interface Told {
  readonly key: string
  readonly value: string | undefined
  readonly follows?: true
  /** Where one command answers two questions: which one. */
  readonly from?: string
}

/** What the modem adds once it is unlocked: an answer without it says nothing about it. */
export const bandMasks = "AT!BAND? unlocked"

export interface AtQuestion {
  readonly command: string
  readonly read: (lines: ReadonlyArray<string>) => Result.Result<ReadonlyArray<Told>, AtReplyError>
  /** It tells nothing, or less, until the modem is unlocked. */
  readonly locked?: true
  /** Asked only where this one, of other families, was refused. */
  readonly insteadOf?: string
}

const question = <A>(
  command: string,
  read: (lines: ReadonlyArray<string>) => Result.Result<A, AtReplyError>,
  told: (value: A) => ReadonlyArray<Told>,
  options: Pick<AtQuestion, "locked" | "insteadOf"> = {}
): AtQuestion => ({ command, read: (lines) => Result.map(read(lines), told), ...options })

/** What `ATI` says of the unit; firmware and IMEI software version are the update's own. */
export const identityOf = ({ esn, factorySerialNumber, imei, meid }: Identification): ReadonlyArray<Told> => [
  { key: "imei", value: imei },
  { key: "meid", value: meid },
  { key: "esn", value: esn },
  { key: "serial", value: factorySerialNumber }
]

/** An address of zeros is none. What follows it is left out: how much of that is printed depends on the firmware. */
const contextText = ({ address, apn, type }: PacketContext): string =>
  `${type} "${apn}"${/^[0.:]*$/.test(address) ? "" : ` ${address}`}`

/** `GW Band Mask` → `gw`, `L Band Mask 2` → `l2`. */
const columnKey = (name: string): string => name.replace(/ Band Mask ?/i, "").toLowerCase()

const locked = { locked: true } as const

export const atQuestions: ReadonlyArray<AtQuestion> = [
  question("ATI", readIdentification, identityOf),
  question("AT+CGDCONT?", readPacketContexts, ({ contexts }) =>
    contexts.map((context) => ({ key: `apn.${String(context.id)}`, value: contextText(context) }))
  ),
  question("AT!SELRAT?", readRadioAccess, ({ index, name }) => [{ key: "rat", value: `${index}, ${name}` }]),
  question("AT!PRIID?", readPriId, ({ carrierPris, customer, partNumber, revision }) => [
    { key: "pri.part", value: partNumber },
    { key: "pri.revision", value: revision },
    { key: "pri.customer", value: customer },
    ...carrierPris.map((value, index): Told => ({ key: `pri.carrier.${String(index + 1)}`, value, follows: true }))
  ]),
  // Names only until it is unlocked.
  question(
    "AT!BAND?",
    readBand,
    ({ columns, rows }) => {
      const [row] = rows
      const masks = row?.masks ?? []
      const known = columns.length === masks.length
      return [
        { key: "bands", value: rows.map(({ index, name }) => `${index}, ${name}`).join("; ") },
        ...masks.map((value, at) => ({
          key: `bands.${(known ? columnKey(columns[at] ?? "") : "") || String(at + 1)}`,
          value,
          from: bandMasks
        }))
      ]
    },
    locked
  ),
  question(
    "AT!USBCOMP?",
    readUsbLayout,
    ({ index, interfaces, type }) => [
      { key: "usb.interfaces", value: [index, type, interfaces].filter((text) => text !== "").join(", ") }
    ],
    locked
  ),
  question("AT!UDUSBCOMP?", readUdComposition, (value) => [{ key: "usb.interfaces", value }], {
    ...locked,
    insteadOf: "AT!USBCOMP?"
  }),
  question("AT!USBVID?", readUsbVendor, ({ vendor }) => [{ key: "usb.vendor", value: vendor }], locked),
  question(
    "AT!USBPID?",
    readUsbProducts,
    ({ application, boot }) => [{ key: "usb.product", value: `${application}, in boot-and-hold ${boot}` }],
    locked
  ),
  question("AT!UDPID?", readUdProduct, (value) => [{ key: "usb.product", value }], {
    ...locked,
    insteadOf: "AT!USBPID?"
  }),
  question("AT!PCOFFEN?", readPowerOffEnable, (value) => [{ key: "w-disable", value }], locked),
  question(
    "AT!CUSTOM?",
    readCustom,
    ({ values }) => values.map(({ name, value }) => ({ key: `custom.${name}`, value })),
    locked
  )
]
