/** What an image set and the user's options say the modem shall run (flows.md §4.3). Pure. */
import * as Result from "effect/Result"
import type { ImageSet } from "../image/ImageSet.ts"
import type { Preference } from "./facts.ts"
import { PlanError } from "./PlanError.ts"

/** Forms of the three strings (images.md §4.1); a carrier may have digits, hyphens and more, but no underscore. */
const forms = {
  firmware: {
    pattern: /^\d{2}\.\d{2}\.\d{2}\.\d{2}$/,
    form: "NN.NN.NN.NN",
    option: "--firmware-version",
    text: "firmware version"
  },
  config: { pattern: /^\d{3}\.\d{3}_\d{3}$/, form: "NNN.NNN_NNN", option: "--config-version", text: "config version" },
  carrier: {
    pattern: /^[\x21-\x5e\x60-\x7e][\x20-\x5e\x60-\x7e]*$/,
    form: "letters, digits, - . &",
    option: "--carrier",
    text: "carrier"
  }
} as const

const value = (set: ImageSet, name: keyof typeof forms): Result.Result<string, PlanError> => {
  const { form, option, pattern, text } = forms[name]
  const found = set.values[name].value
  if (found === undefined) return Result.fail(new PlanError({ reason: { _tag: "ValueMissing", value: text, option } }))
  return pattern.test(found)
    ? Result.succeed(found)
    : Result.fail(new PlanError({ reason: { _tag: "ValueMalformed", value: text, found, wanted: form } }))
}

/** All three strings, for a family with preferences. */
export const wantedPreference = (set: ImageSet): Result.Result<Preference, PlanError> =>
  Result.gen(function* () {
    const firmware = yield* value(set, "firmware")
    const config = yield* value(set, "config")
    const carrier = yield* value(set, "carrier")
    return { firmware, config, carrier }
  })

/** The firmware version, for a family that runs what it is sent; the user's options make no sense there. */
export const wantedFirmware = (
  set: ImageSet,
  family: string
): Result.Result<{ readonly firmware: string | undefined }, PlanError> => {
  for (const name of ["firmware", "config", "carrier"] as const) {
    if (set.values[name].given) {
      return Result.fail(
        new PlanError({ reason: { _tag: "OptionWithoutPreference", option: forms[name].option, family } })
      )
    }
  }
  return Result.succeed({ firmware: set.values.firmware.value })
}
