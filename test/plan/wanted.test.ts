import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { buildCarrierImage, buildCombinedImage, buildSystemImage } from "../../src/image/builder.ts"
import { parse } from "../../src/image/CweScanner.ts"
import type { FirmwareImage } from "../../src/image/FirmwareImage.ts"
import type { SetOptions } from "../../src/image/ImageSet.ts"
import { makeSet } from "../../src/image/ImageSet.ts"
import type { PlanError } from "../../src/plan/PlanError.ts"
import { wantedFirmware, wantedPreference } from "../../src/plan/wanted.ts"

const spec = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_000" }
const open = (name: string, bytes: Uint8Array): FirmwareImage => Result.getOrThrow(parse(name, bytes))
const system = open("SWI9X30C_02.33.03.00.cwe", buildSystemImage(spec))
const carrier = open("SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu", buildCarrierImage(spec))
const old = open(
  "9200.cwe",
  buildCombinedImage({ familyToken: "9200", firmware: "03.05.29.03", carrier: "generic", config: "000.000_001" })
)

const set = (images: ReadonlyArray<FirmwareImage>, options?: SetOptions) => Result.getOrThrow(makeSet(images, options))
const refused = <A>(result: Result.Result<A, PlanError>) => Result.getOrThrow(Result.flip(result)).reason

describe("the preference that an image set wants", () => {
  it("is firmware, config and carrier of its images", () => {
    const { carrier: name, config, firmware } = spec
    assert.deepStrictEqual(
      wantedPreference(set([system, carrier])),
      Result.succeed({ firmware, config, carrier: name })
    )
  })

  it("is completed by the user, in the very letters given", () => {
    assert.deepStrictEqual(
      wantedPreference(set([system], { carrier: "GENEU-4G (x)", configVersion: "005.031_001" })),
      Result.succeed({ firmware: "02.33.03.00", config: "005.031_001", carrier: "GENEU-4G (x)" })
    )
  })

  it("is unknown where nobody tells one of the three; the error names the option that does", () => {
    assert.deepStrictEqual(refused(wantedPreference(set([system]))), {
      _tag: "ValueMissing",
      value: "config version",
      option: "--config-version"
    })
    assert.deepStrictEqual(refused(wantedPreference(set([system], { configVersion: "002.072_000" }))), {
      _tag: "ValueMissing",
      value: "carrier",
      option: "--carrier"
    })
    const nameless = {
      ...set([carrier]),
      values: { ...set([carrier]).values, firmware: { value: undefined, sources: [], given: false } }
    }
    assert.deepStrictEqual(refused(wantedPreference(nameless)), {
      _tag: "ValueMissing",
      value: "firmware version",
      option: "--firmware-version"
    })
  })

  it("is refused where a value has not the form that the modem knows", () => {
    const malformed: ReadonlyArray<readonly [SetOptions, string, string, string]> = [
      [{ firmwareVersion: "2.33.3.0" }, "firmware version", "2.33.3.0", "NN.NN.NN.NN"],
      [{ firmwareVersion: "02.33.03.00-001" }, "firmware version", "02.33.03.00-001", "NN.NN.NN.NN"],
      [{ configVersion: "002.072" }, "config version", "002.072", "NNN.NNN_NNN"],
      [{ configVersion: "GENERIC_002.072_000" }, "config version", "GENERIC_002.072_000", "NNN.NNN_NNN"],
      [{ carrier: "GENERIC_2" }, "carrier", "GENERIC_2", "letters, digits, - . &"],
      [{ carrier: " GENERIC" }, "carrier", " GENERIC", "letters, digits, - . &"],
      [{ carrier: "GÉNÉRIC" }, "carrier", "GÉNÉRIC", "letters, digits, - . &"],
      [{ carrier: "" }, "carrier", "", "letters, digits, - . &"]
    ]
    for (const [options, value, found, wanted] of malformed) {
      assert.deepStrictEqual(
        refused(wantedPreference(set([system, carrier], { ...options, ignoreVersionErrors: true }))),
        { _tag: "ValueMalformed", value, found, wanted }
      )
    }
  })
})

describe("the firmware that a family without preferences is sent", () => {
  it("is what the image says, or nothing known", () => {
    assert.deepStrictEqual(wantedFirmware(set([old]), "SWI9200"), Result.succeed({ firmware: "03.05.29.03" }))
    const unknown = {
      ...set([old]),
      values: { ...set([old]).values, firmware: { value: undefined, sources: [], given: false } }
    }
    assert.deepStrictEqual(wantedFirmware(unknown, "SWI9200"), Result.succeed({ firmware: undefined }))
  })

  it("leaves no room for the options of a preference", () => {
    const options: ReadonlyArray<readonly [SetOptions, string]> = [
      [{ firmwareVersion: "03.05.29.03" }, "--firmware-version"],
      [{ configVersion: "000.000_001" }, "--config-version"],
      [{ carrier: "generic" }, "--carrier"]
    ]
    for (const [given, option] of options) {
      assert.deepStrictEqual(refused(wantedFirmware(set([old], given), "SWI9200")), {
        _tag: "OptionWithoutPreference",
        option,
        family: "SWI9200"
      })
    }
  })
})
