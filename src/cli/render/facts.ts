/** Modems for people: one line each in a list, everything they tell about themselves alone. */
import type { Modem } from "../../device/Modem.ts"
import { showPreference } from "../../plan/facts.ts"
import type { ModemFacts, StoredImage } from "../../plan/facts.ts"
import { plain, rows } from "./text.ts"
import type { Style } from "./text.ts"

const portsText = (modem: Modem): string => modem.device.ports.map(({ name, role }) => `${name} (${role})`).join(", ")

export const modemLines = (modem: Modem, style: Style): ReadonlyArray<string> => [
  style.bold(plain(modem.label)),
  ...rows([["ports", modem.device.ports.length === 0 ? "none" : portsText(modem)]], style)
]

const storedText = (image: StoredImage): string => {
  const slot = image.storageIndex === 0xff ? "" : `slot ${String(image.storageIndex)}: `
  const failures = image.failures === undefined || image.failures === 0 ? "" : `, ${String(image.failures)} failures`
  return `${slot}${image.type} ${image.buildId} ${image.uniqueId}${failures}${image.running ? "  (running)" : ""}`
}

export const factsLines = (modem: Modem, facts: ModemFacts, style: Style): ReadonlyArray<string> => {
  const { preference, storedImages } = facts
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
        ["preference", wanted],
        ...stored.map((text, index): [string, string] => [index === 0 ? "stored" : "", text]),
        ["mode", facts.operatingMode],
        ["held by", facts.offlineReasons.length === 0 ? undefined : facts.offlineReasons.join(", ")],
        ["ports", portsText(modem)]
      ],
      style
    )
  ]
}
