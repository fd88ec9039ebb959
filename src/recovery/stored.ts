/** What a modem has stored that it can run without being sent anything, and the plan that makes it run that. */
import * as Effect from "effect/Effect"
import type { Modem } from "../device/Modem.ts"
import type { OpenedSet } from "../file/Image.ts"
import type { ModemFacts, Preference } from "../plan/facts.ts"
import * as Update from "../update/Update.ts"

/** Every carrier image whose firmware is stored too (qmi.md §6.4: build ids `<firmware>_?` and `<firmware>_<carrier>`). */
export const completePairs = ({ storedImages }: ModemFacts): ReadonlyArray<Preference> => {
  if (storedImages._tag === "NotSupported") return []
  const { images } = storedImages.value
  const firmware = new Set(
    images.flatMap(({ buildId, type }) => (type === "modem" && buildId.endsWith("_?") ? [buildId.slice(0, -2)] : []))
  )
  return images.flatMap(({ buildId, type, uniqueId }) => {
    const cut = buildId.indexOf("_")
    const version = buildId.slice(0, cut)
    if (type !== "pri" || cut < 1 || !firmware.has(version)) return []
    return [{ firmware: version, carrier: buildId.slice(cut + 1), config: uniqueId }]
  })
}

const given = (value: string | undefined) => ({ value, sources: [], given: value !== undefined })

/** An update without images: one that the modem asks for is an error, before it restarts. */
const without = ({ carrier, config, firmware }: Preference): OpenedSet => ({
  set: {
    images: [],
    system: undefined,
    carrier: undefined,
    values: {
      firmware: given(firmware),
      config: given(config),
      carrier: given(carrier),
      sku: given(undefined),
      partNumber: given(undefined),
      familyToken: given(undefined)
    },
    family: undefined,
    products: [],
    missing: [],
    notes: [],
    totalBytes: 0
  },
  images: []
})

export const planSelect = (modem: Modem, preference: Preference) =>
  Effect.map(Update.plan(modem, without(preference), { rollbackOnFailure: false }), (plan) => plan)
