/** Modems for people: one line each in a list, everything they tell about themselves alone. */
import { missingDrivers } from "../../device/drivers.ts"
import type { Found, Modem } from "../../device/Modem.ts"
import { rowsOf } from "../../device/table/table.ts"
import { lowPowerReasons } from "../../plan/at-facts.ts"
import type { AtFacts } from "../../plan/at-facts.ts"
import type { ModemDetails, Support } from "../../plan/details.ts"
import { showPreference } from "../../plan/facts.ts"
import type { ModemFacts } from "../../plan/facts.ts"
import { lossOfFirmware } from "../../plan/stored.ts"
import type { Glance } from "../../update/glance.ts"
import { glanceText } from "../firmware.ts"
import { storedText } from "./stored.ts"
import { plain, rows } from "./text.ts"
import type { Style } from "./text.ts"

const portsText = (modem: Modem): string =>
  modem.device.ports
    .map(({ driver, name, role }) => `${name} (${role}${driver === "usb" ? ", straight USB" : ""})`)
    .join(", ")

const standingText = ({ standing }: Found): string | undefined => {
  switch (standing._tag) {
    case "modem":
      return undefined
    case "possible":
      return "its ids are not known: it is taken only when it is named, e.g. with --usb-path"
    case "refused":
      return `not updated by boothold: ${standing.why}`
  }
}

/** Which family, or which ones where a product id is several models'. */
const familiesText = ({ device }: Modem): string | undefined => {
  const families = [...new Set(rowsOf(device).map(({ family }) => family))]
  return families.length === 0 ? undefined : families.join(" or ")
}

const portLine = (modem: Modem): string =>
  modem.device.ports
    .map(({ driver, name, role }) => `${name} (${role}, ${driver === "usb" ? "straight USB" : driver})`)
    .join(", ")

export const foundLines = (found: Found, style: Style, firmware?: Glance): ReadonlyArray<string> => {
  const { modem } = found
  const { address } = modem.device
  return [
    style.bold(plain(modem.label)),
    ...rows(
      [
        ["family", familiesText(modem)],
        ["firmware", firmware === undefined || modem.mode === "boot-and-hold" ? undefined : glanceText(firmware)],
        ["ports", modem.device.ports.length === 0 ? "none" : portLine(modem)],
        ["address", address === undefined ? undefined : `${String(address.bus)}:${String(address.device)}`],
        ["note", standingText(found)],
        ...driverRows(modem)
      ],
      style
    )
  ]
}

const driverRows = (modem: Modem): ReadonlyArray<readonly [string, string]> =>
  missingDrivers(modem.device).map(({ command, interfaceNumber, role }) => {
    const standsIn = modem.device.ports.some(
      (port) => port.driver === "usb" && port.interfaceNumber === interfaceNumber
    )
    const without = standsIn ? "straight USB is used; for the kernel's port: " : ""
    return ["driver", `none on interface ${String(interfaceNumber)} (${role}): ${without}${command}`]
  })

/** A modem in boot-and-hold: it answers no questions, so this is what its USB side tells. */
export const heldLines = (modem: Modem, next: string, style: Style): ReadonlyArray<string> => {
  const { device } = modem
  const families = [...new Set(rowsOf(device).map(({ family }) => family))]
  return [
    style.bold(plain(modem.label)),
    ...rows(
      [
        ["state", "waits in boot-and-hold for images, and cannot be asked what it is"],
        ["product", device.product],
        ["manufacturer", device.manufacturer],
        ["family", families.length === 0 ? "not known by its ids" : `by its ids: ${families.join(" or ")}`],
        ["ports", device.ports.length === 0 ? "none" : portsText(modem)],
        ...driverRows(modem),
        ["next", next]
      ],
      style
    )
  ]
}

/** What `info` has besides the facts. */
export interface Inspected {
  readonly details: ModemDetails
  readonly support: Support
  /** Of the AT port; undefined where it was not asked, or no port answers. */
  readonly at: AtFacts | undefined
  /** Why not. */
  readonly atNote: string | undefined
}

type Row = readonly [label: string, text: string | undefined]

/** The label stands in front of the first. */
const several = (label: string, texts: ReadonlyArray<string>): ReadonlyArray<Row> =>
  texts.map((text, index): Row => [index === 0 ? label : "", text])

const given = (texts: ReadonlyArray<string | undefined>): string | undefined => {
  const there = texts.filter((text) => text !== undefined && text !== "")
  return there.length === 0 ? undefined : there.join(", ")
}

const supportText = ({ bootAndHold, carrierSlots, family, firmwareSlots, preference, storedImages }: Support) =>
  given([
    family === null ? "no update by boothold" : `updated as ${family}`,
    preference ? "firmware preference" : "no firmware preference",
    storedImages
      ? `stored images (${String(firmwareSlots ?? 0)} firmware, ${String(carrierSlots ?? 0)} carrier)`
      : undefined,
    bootAndHold.length === 0 ? undefined : `boot-and-hold by ${bootAndHold.join(", then ")}`
  ])

const imageText = ({ bootVersion, buildId, oemLockId, pri }: ModemDetails["images"][number]) => {
  const told = given([
    bootVersion === undefined ? undefined : `boot ${bootVersion}`,
    pri === undefined ? undefined : `PRI ${String(pri.version)} ${pri.info}`,
    oemLockId === undefined ? undefined : `OEM lock ${String(oemLockId)}`
  ])
  return told === undefined ? [] : [`${buildId}: ${told}`]
}

const hardwareRows = ({ details }: Inspected): ReadonlyArray<Row> => [
  ["hardware", details.hardwareRevision],
  ["boot loader", details.bootVersion],
  ["SKU", given([details.sku, details.factorySku])],
  ["package", details.packageId]
]

/** Why it is in low power, in the modem's own words and in ours; temperature and starts beside it. */
const powerRows = ({ at, atNote, details }: Inspected): ReadonlyArray<Row> => [
  ["radio", details.hardwareRestricted === true ? "switched off by a pin" : undefined],
  ...several(
    "low power",
    at === undefined
      ? []
      : lowPowerReasons(at).map(
          ({ cure, means, voter }) => `${voter}: ${means}${cure === undefined ? "" : `; ${cure}`}`
        )
  ),
  [
    "status",
    given([
      at?.power?.state,
      at?.status?.temperature === undefined ? undefined : `${String(at.status.temperature)} °C`,
      at?.status?.starts === undefined ? undefined : `start ${String(at.status.starts)} since its counter was cleared`
    ])
  ],
  ["AT", at === undefined ? atNote : undefined]
]

const usbRows = ({ details: { nextStart, usb }, support }: Inspected): ReadonlyArray<Row> => [
  [
    "USB",
    usb === undefined
      ? undefined
      : `composition ${String(usb.current.number)}: ${usb.current.ports}` +
        (usb.supported.length === 0 ? "" : ` (can: ${usb.supported.map(({ number }) => String(number)).join(", ")})`)
  ],
  ["next start", nextStart === undefined || nextStart === "normal" ? undefined : nextStart],
  ["supports", supportText(support)]
]

const untoldRow = ({ details }: Inspected): Row => ["not told", given(details.untold.map(({ question }) => question))]

export const factsLines = (
  modem: Modem,
  facts: ModemFacts,
  style: Style,
  inspected: Inspected
): ReadonlyArray<string> => {
  const { preference, storedImages } = facts
  const loss = lossOfFirmware(facts)
  const wanted =
    preference._tag === "NotSupported"
      ? "this family has none"
      : preference.value.current === undefined
        ? "none set"
        : showPreference(preference.value.current)
  const stored =
    storedImages._tag === "NotSupported"
      ? ["not told by this modem"]
      : [
          `at most ${String(storedImages.value.maximumModemImages)} firmware and ${String(storedImages.value.maximumPriImages)} carrier images`,
          ...storedImages.value.images.map(storedText)
        ]
  return [
    style.bold(plain(modem.label)),
    ...rows(
      [
        ["model", facts.model],
        ["manufacturer", facts.manufacturer],
        ["IMEI", facts.imei],
        ["revision", facts.revision],
        ["firmware", facts.firmware],
        ["carrier", facts.carrier],
        ["config", facts.config],
        ...hardwareRows(inspected),
        ["preference", wanted],
        ...several("stored", stored),
        ["warning", loss === undefined ? undefined : `${loss.means}; ${loss.cure}`],
        ...several("images", inspected.details.images.flatMap(imageText)),
        ["mode", facts.operatingMode],
        ["held by", facts.offlineReasons.length === 0 ? undefined : facts.offlineReasons.join(", ")],
        ["asked", facts.byAt === undefined ? undefined : `by AT on ${facts.byAt.port}: ${facts.byAt.why}`],
        ...powerRows(inspected),
        ...usbRows(inspected),
        ["ports", portsText(modem)],
        untoldRow(inspected)
      ],
      style
    )
  ]
}
