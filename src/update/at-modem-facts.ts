/** What a modem told by AT, as the facts that plans and flows work with. Pure. */
import * as Result from "effect/Result"
import { parseRevision } from "../device/families/families.ts"
import { imageVotersOf } from "../plan/at-facts.ts"
import type { AtFacts, AtImages, ImageNames } from "../plan/at-facts.ts"
import type { ModemFacts, Preference, StoredImages } from "../plan/facts.ts"
import { FlowError } from "./FlowError.ts"

/** `GENERIC_002.072_000` without its carrier; as it is where it has none in front. */
const configOf = ({ carrier, config }: ImageNames): string =>
  carrier !== "" && config.startsWith(`${carrier}_`) ? config.slice(carrier.length + 1) : config

export const preferenceOf = (names: ImageNames): Preference | undefined =>
  names.carrier === "" ? undefined : { firmware: names.firmware, carrier: names.carrier, config: configOf(names) }

/** Slots without an image are not listed, as QMI lists none. Which carrier image runs is not told here. */
const storedOf = ({ activeSlot, images, maximumCarrier, maximumFirmware }: AtImages): StoredImages => ({
  maximumModemImages: maximumFirmware ?? 0,
  maximumPriImages: maximumCarrier ?? 0,
  ...(activeSlot === 255 ? { runningOutside: true } : {}),
  images: images.flatMap(({ buildId, failures, slot, status, type, uniqueId }) =>
    status === "EMPTY"
      ? []
      : [
          {
            type: type === "FW" ? ("modem" as const) : ("pri" as const),
            storageIndex: slot ?? 0xff,
            failures,
            uniqueId,
            buildId,
            running: type === "FW" && slot !== undefined && slot === activeSlot,
            ...(status === "GOOD" ? {} : { status })
          }
        ]
  )
})

/** `Low Power Mode`, `LowPowerMode`, `LOW POWER MODE` are one mode; the names are those of QMI. */
const modeOf = ({ power, status }: AtFacts): string => {
  const told = power?.state ?? status?.mode
  if (told === undefined) return "unknown"
  const plain = told.trim().toLowerCase().replaceAll(" ", "")
  return plain === "lowpowermode" ? "low-power" : plain
}

/** `why`: what keeps QMI from being asked. */
export const modemFactsOf = (at: AtFacts, why: string): Result.Result<ModemFacts, FlowError> => {
  const parsed = parseRevision(at.revision)
  if (parsed === undefined) {
    return Result.fail(new FlowError({ reason: { _tag: "Unreadable", what: "revision", found: at.revision } }))
  }
  const { preference } = at
  const preferred = preference === undefined ? undefined : preferenceOf(preference.preferred)
  return Result.succeed({
    revision: at.revision,
    token: parsed.token,
    firmware: parsed.firmware,
    model: at.model,
    ...(at.manufacturer === undefined ? {} : { manufacturer: at.manufacturer }),
    ...(at.imei === undefined ? {} : { imei: at.imei }),
    ...(preference === undefined || preference.current.carrier === ""
      ? {}
      : { carrier: preference.current.carrier, config: configOf(preference.current) }),
    preference:
      preference === undefined
        ? { _tag: "NotSupported", error: 0 }
        : { _tag: "Supported", value: preferred === undefined ? {} : { current: preferred } },
    storedImages:
      at.images === undefined ? { _tag: "NotSupported", error: 0 } : { _tag: "Supported", value: storedOf(at.images) },
    operatingMode: modeOf(at),
    offlineReasons: [...imageVotersOf(at)],
    byAt: { port: at.port, why }
  })
}
