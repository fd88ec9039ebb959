/** What the owner of a modem sets, and updates leave as it is: values of at.md §5.3, §5.4. */
import * as Schema from "effect/Schema"
import type { Model } from "./models/Model.ts"

export const OwnerSettings = Schema.Struct({
  /** `AT+CGDCONT`. */
  contexts: Schema.Array(Schema.Struct({ id: Schema.Int, type: Schema.String, apn: Schema.String })),
  /** `AT!BAND`: the selection, with as many masks as the model has columns. */
  band: Schema.Struct({ index: Schema.String, name: Schema.String, masks: Schema.Array(Schema.String) }),
  /** `AT!SELRAT`. */
  radioAccess: Schema.Struct({ index: Schema.String, name: Schema.String }),
  /** `AT!PCOFFEN`: 0 obey W_DISABLE, 1 power off, 2 ignore the pin. */
  powerOffEnable: Schema.Literals([0, 1, 2]),
  /** `AT!CUSTOM`: what was ever set. */
  custom: Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.String }))
})
export type OwnerSettings = typeof OwnerSettings.Type

/** As delivered: the values that at.md shows. */
export const factorySettings = ({ at }: Model): OwnerSettings => ({
  contexts: [{ id: 1, type: "IPV4V6", apn: "" }],
  band: { index: "00", name: "All bands", masks: (at.bands ?? []).map(({ all }) => all) },
  radioAccess: { index: "00", name: "Automatic" },
  powerOffEnable: 0,
  custom: [{ name: "GPSENABLE", value: "0x01" }]
})

/**
 * As its owner has set it up, so that it shows when something is lost. `09, LTE ALL` is a row of at.md §5.4; that its masks
 * are those of all bands without the GSM and UMTS part is inferred.
 */
export const usualSettings = (model: Model): OwnerSettings => ({
  ...factorySettings(model),
  contexts: [{ id: 1, type: "IP", apn: "internet" }],
  band: {
    index: "09",
    name: "LTE ALL",
    masks: (model.at.bands ?? []).map(({ all, column }) => (column.startsWith("L ") ? all : "0".repeat(16)))
  }
})

/** The part of a modem's state that is about it. */
interface Owned {
  readonly owner?: OwnerSettings
}

export const settingsOf = (model: Model, { owner }: Owned): OwnerSettings => owner ?? factorySettings(model)

/** What a carrier image or a factory reset overwrites (failures.md rank 16). */
export const loseSettings = <State extends Owned>(model: Model, state: State): State => {
  const { band, contexts } = factorySettings(model)
  return { ...state, owner: { ...settingsOf(model, state), band, contexts } }
}
