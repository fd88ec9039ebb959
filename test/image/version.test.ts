import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { VersionFields } from "../../src/image/version.ts"
import { familyOf, parseFileName, parseVersion } from "../../src/image/version.ts"

const wanted = (firmware?: string, carrier?: string, config?: string) => ({ firmware, carrier, config })
const three = ({ carrier, config, firmware }: VersionFields) => wanted(firmware, carrier, config)

describe("the table of images.md §4.1", () => {
  it.each([
    ["9999999_9999999_9200_03.05.29.03_00_generic_000.000_001_SPKG_MC", "03.05.29.03", "generic", "000.000_001"],
    ["INTERNAL_?_SWI9X15C_05.05.63.01_?_?_?_?", "05.05.63.01", undefined, undefined],
    ["9999999_9902350_SWI9X15C_05.05.63.01_00_SPRINT_005.037_000", "05.05.63.01", "SPRINT", "005.037_000"],
    ["9999999_9902574_SWI9X15C_05.05.66.00_00_GENNA-UMTS_005.028_000", "05.05.66.00", "GENNA-UMTS", "005.028_000"],
    ["SWI9X30C_02.24.05.06_GENERIC_002.026_000.nvu", "02.24.05.06", "GENERIC", "002.026_000"],
    ["1102662_9905046_EM7455_02.05.07.00_00_Lenovo-Laptop_001.003_000", "02.05.07.00", "Lenovo-Laptop", "001.003_000"],
    ["x_01.02.03.04_A_000.000_000_05.06.07.08_y", "05.06.07.08", undefined, undefined],
    // Wider than the reference, which finds no carrier with a digit: real ones have them (GENEU-4G).
    ["A_01.02.03.04_O2_000.000_000", "01.02.03.04", "O2", "000.000_000"]
  ])("%s", (text, firmware, carrier, config) => {
    assert.deepStrictEqual(three(parseVersion(text)), wanted(firmware, carrier, config))
  })
})

describe("where the reference grammar has no edge", () => {
  it.each([
    // The reference reads 05.05.58.00 here, a version that is not there.
    ["SWI9X15C_05.05.58.001", undefined, undefined, undefined],
    ["SWI9X15C_05.05.58.00.01", undefined, undefined, undefined],
    ["SWI9X15C_105.05.58.00", undefined, undefined, undefined],
    ["SWI9X30C_02.24.05.06_GENERIC_002.026_0001", "02.24.05.06", undefined, undefined],
    ["SWI9X30C_02.24.05.06_GENERIC_1002.026_000", "02.24.05.06", undefined, undefined],
    // As the reference: no underscore, no version.
    ["05.05.58.00.cwe", undefined, undefined, undefined],
    ["_05.05.58.00", "05.05.58.00", undefined, undefined],
    // As the reference: what stands before the version is lost, and half a pair is none.
    ["GENERIC_002.026_000_SWI9X30C_02.24.05.06", "02.24.05.06", undefined, undefined],
    ["SWI9X30C_02.24.05.06_GENERIC", "02.24.05.06", undefined, undefined],
    ["SWI9X30C_02.24.05.06_002.026_000", "02.24.05.06", undefined, undefined],
    // What is glued to the version is no carrier.
    ["SWI9X30C_02.24.05.06ap_002.026_000", "02.24.05.06", undefined, undefined],
    // The boot block is no carrier.
    ["9999999_9904609_SWI9X30C_02.24.05.06_00_002.026_000", "02.24.05.06", undefined, undefined],
    ["9999999_9904609_SWI9X30C_02.24.05.06_00_?_002.026_000", "02.24.05.06", undefined, undefined],
    ["", undefined, undefined, undefined]
  ])("%s", (text, firmware, carrier, config) => {
    assert.deepStrictEqual(three(parseVersion(text)), wanted(firmware, carrier, config))
  })

  it.each(["AT&T", "AT.T", "TMO (Generic)", "GENEU-4G", "VODA-EU", "Generic-Laptop", "3HK", "O2"])(
    "%s is a carrier, as it is written",
    (carrier) => {
      const fields = parseVersion(`9999999_9904609_SWI9X30C_02.24.05.06_00_${carrier}_002.026_000`)
      assert.strictEqual(fields.carrier, carrier)
      assert.strictEqual(fields.config, "002.026_000")
    }
  )
})

describe("all fields of the long name (devices.md §5)", () => {
  it("reads each of them", () => {
    assert.deepStrictEqual(parseVersion("9999999_9902574_SWI9X15C_05.05.66.00_00_GENNA-UMTS_005.028_000"), {
      sku: "9999999",
      partNumber: "9902574",
      familyToken: "SWI9X15C",
      firmware: "05.05.66.00",
      bootBlock: "00",
      carrier: "GENNA-UMTS",
      config: "005.028_000",
      packageVersion: "000"
    })
    assert.deepStrictEqual(parseVersion("9999999_9999999_9200_03.05.29.03_00_generic_000.000_001_SPKG_MC"), {
      sku: "9999999",
      partNumber: "9999999",
      familyToken: "9200",
      firmware: "03.05.29.03",
      bootBlock: "00",
      carrier: "generic",
      config: "000.000_001",
      packageVersion: "001",
      suffix: "SPKG_MC"
    })
    assert.deepStrictEqual(parseVersion("INTERNAL_?_SWI9X30C_02.08.02.00_?_?_?_?"), {
      sku: "INTERNAL",
      familyToken: "SWI9X30C",
      firmware: "02.08.02.00"
    })
  })
})

describe("file names of devices.md §5", () => {
  const long = (partNumber: string, firmware: string, carrier: string, config: string) => ({
    sku: "9999999",
    partNumber,
    familyToken: "SWI9X15C",
    firmware,
    bootBlock: "00",
    carrier,
    config,
    packageVersion: config.slice(-3),
    suffix: "field"
  })
  const pair = (familyToken: string, firmware: string, carrier: string, config: string, build?: string) => ({
    familyToken,
    firmware,
    ...(build === undefined ? {} : { build }),
    carrier,
    config,
    packageVersion: config.slice(-3)
  })
  const cases: ReadonlyArray<readonly [string, VersionFields]> = [
    [
      "MC7700_03.05.29.03_00_generic_000.000_001.cwe",
      { ...pair("MC7700", "03.05.29.03", "generic", "000.000_001"), bootBlock: "00" }
    ],
    // An operator in front of the version is no carrier token: it has no config version, and the modem no preference.
    ["MC7700_ATT_03.05.10.02_00.cwe", { familyToken: "MC7700", firmware: "03.05.10.02", bootBlock: "00" }],
    ["MC7750_VZW_03.05.10.06_00.cwe", { familyToken: "MC7750", firmware: "03.05.10.06", bootBlock: "00" }],
    ["MC7710_Global_03.05.29.02.cwe", { familyToken: "MC7710", firmware: "03.05.29.02" }],
    ["SWI9X15C_05.05.78.00.cwe", { familyToken: "SWI9X15C", firmware: "05.05.78.00" }],
    [
      "9999999_9902674_SWI9X15C_05.05.58.00_00_GENEU-4G_005.026_000-field.spk",
      long("9902674", "05.05.58.00", "GENEU-4G", "005.026_000")
    ],
    [
      "9999999_9902196_SWI9X15C_05.05.58.00_00_ATT_005.026_000-field.spk",
      long("9902196", "05.05.58.00", "ATT", "005.026_000")
    ],
    [
      "9999999_9902266_SWI9X15C_05.05.58.01_00_VZW_005.029_000-field.spk",
      long("9902266", "05.05.58.01", "VZW", "005.029_000")
    ],
    [
      "9999999_9902350_SWI9X15C_05.05.63.01_00_SPRINT_005.035_000-field.spk",
      long("9902350", "05.05.63.01", "SPRINT", "005.035_000")
    ],
    [
      "9999999_9903271_SWI9X15C_05.05.61.00_00_VODA-EU_005.024_000-field.spk",
      long("9903271", "05.05.61.00", "VODA-EU", "005.024_000")
    ],
    ["SWI9X30C_02.33.03.00.cwe", { familyToken: "SWI9X30C", firmware: "02.33.03.00" }],
    ["SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu", pair("SWI9X30C", "02.33.03.00", "GENERIC", "002.072_001")],
    ["SWI9X30C_02.20.03.22_Verizon_002.026_001.zip", pair("SWI9X30C", "02.20.03.22", "Verizon", "002.026_001")],
    ["SWI9X50C_01.14.13.00_GENERIC_002.048_000.nvu", pair("SWI9X50C", "01.14.13.00", "GENERIC", "002.048_000")],
    [
      "9999999_9907152_SWI9X07Y_02.37.03.00_00_GENERIC_002.095_000.spk",
      {
        ...pair("SWI9X07Y", "02.37.03.00", "GENERIC", "002.095_000"),
        sku: "9999999",
        partNumber: "9907152",
        bootBlock: "00"
      }
    ],
    ["WP76xx_Release13.1_GENERIC_GCF.spk", {}],
    ["RC76xx_Release6.4_ATT_7611.spk", {}],
    ["SWIX55C_03.09.15.00-001.cwe", { familyToken: "SWIX55C", firmware: "03.09.15.00", build: "001" }],
    ["SWIX55C_01.07.13.00-005_ATT_012.007_002.nvu", pair("SWIX55C", "01.07.13.00", "ATT", "012.007_002", "005")],
    [
      "SWIX55C_03.04.03.00-001_TELSTRA_030.014_000.nvu",
      pair("SWIX55C", "03.04.03.00", "TELSTRA", "030.014_000", "001")
    ],
    ["SWIX12C_03.01.02.00_GENERIC.sop", { familyToken: "SWIX12C", firmware: "03.01.02.00" }],
    ["SWIX65C_02.17.08.00_GENERIC_030.081_001.nvu", pair("SWIX65C", "02.17.08.00", "GENERIC", "030.081_001")],
    ["SWI9X30C_02.33.03.00_GENERIC_002.072_001 (1).nvu", pair("SWI9X30C", "02.33.03.00", "GENERIC", "002.072_001")]
  ]
  it.each(cases)("%s", (name, fields) => {
    assert.deepStrictEqual(parseFileName(name), fields)
  })
})

describe("familyOf", () => {
  it.each([
    ["SWI9X30C", "9X30"],
    ["9x30", "9X30"],
    ["9X30", "9X30"],
    ["SWI9200X", "9200"],
    ["9200", "9200"],
    ["SWI9X15Y", "9X15"],
    ["SWI9X07Y", "9X07"],
    ["SWIX55C", "X55"],
    ["SWIX65C", "X65"],
    ["EM7455", undefined],
    ["MC7700", undefined],
    ["", undefined]
  ])("%s is of family %s", (token, family) => {
    assert.strictEqual(familyOf(token), family)
  })
})

describe("any text", () => {
  it.prop("is read without throwing, and only what stands there comes out", [Schema.String], ([text]) => {
    for (const value of Object.values(parseFileName(`A_01.02.03.04_${text}`))) {
      assert.include(`A_01.02.03.04_${text}`, value as string)
    }
  })

  it("of 200 000 awkward characters is read in linear time", () => {
    const started = performance.now()
    for (const piece of ["_01.02.03.04", "_", "a", "(", "_000.000_000", "01.02.", "_A_000.000"]) {
      parseFileName(piece.repeat(Math.ceil(200_000 / piece.length)) + "!")
    }
    assert.isBelow(performance.now() - started, 2000)
  })
})
