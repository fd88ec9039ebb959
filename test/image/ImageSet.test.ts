import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import type { CarrierImageSpec } from "../../src/image/builder.ts"
import {
  buildCarrierImage,
  buildCombinedImage,
  buildPart,
  buildSystemImage,
  seededBytes
} from "../../src/image/builder.ts"
import { parse } from "../../src/image/CweScanner.ts"
import type { FirmwareImage } from "../../src/image/FirmwareImage.ts"
import type { ImageError } from "../../src/image/ImageError.ts"
import type { SetOptions } from "../../src/image/ImageSet.ts"
import { makeSet } from "../../src/image/ImageSet.ts"

const open = (name: string, bytes: Uint8Array) => Result.getOrThrow(parse(name, bytes))
const spec: CarrierImageSpec = {
  familyToken: "SWI9X30C",
  firmware: "02.33.03.00",
  carrier: "GENERIC",
  config: "002.072_001"
}
const system = open("SWI9X30C_02.33.03.00.cwe", buildSystemImage(spec))
const carrier = open("SWI9X30C_02.33.03.00_GENERIC_002.072_001.nvu", buildCarrierImage({ ...spec, size: 30_000 }))
const carrierOf = (change: Partial<CarrierImageSpec>, name = "carrier.nvu") =>
  open(name, buildCarrierImage({ ...spec, ...change }))

const good = (images: ReadonlyArray<FirmwareImage>, options?: SetOptions) => Result.getOrThrow(makeSet(images, options))
const refused = (images: ReadonlyArray<FirmwareImage>, options?: SetOptions): ImageError =>
  Result.getOrThrow(Result.flip(makeSet(images, options)))

describe("a set of system and carrier image", () => {
  it("is ordered by content, although the carrier image is the larger file here and was named first", () => {
    const set = good([carrier, system])
    assert.isAbove(carrier.size, system.size)
    assert.deepStrictEqual(set.images, [system, carrier])
    assert.strictEqual(set.system, system)
    assert.strictEqual(set.carrier, carrier)
    assert.deepStrictEqual(set.missing, [])
    assert.strictEqual(set.totalBytes, system.size + carrier.size)
  })

  it("has the three values of the preference, the family and where they come from", () => {
    const { family, products, values } = good([system, carrier])
    assert.strictEqual(family, "9X30")
    assert.deepStrictEqual(products, ["9X30"])
    assert.deepStrictEqual(
      [values.firmware.value, values.config.value, values.carrier.value],
      ["02.33.03.00", "002.072_001", "GENERIC"]
    )
    assert.strictEqual(values.familyToken.value, "SWI9X30C")
    assert.strictEqual(values.partNumber.value, "9904609")
    const files = values.firmware.sources.map((source) => source.where.split(" ")[0])
    assert.deepStrictEqual(new Set(files), new Set([system.name, carrier.name]))
    assert.isFalse(values.firmware.given)
  })
})

describe("what is missing", () => {
  it("a 9X30 system image alone lacks a carrier image", () => {
    const set = good([system])
    assert.deepStrictEqual(set.missing, ["carrier"])
    assert.isUndefined(set.carrier)
    assert.isUndefined(set.values.carrier.value)
  })
  it("a carrier image alone lacks a system image", () => {
    assert.deepStrictEqual(good([carrier]).missing, ["system"])
  })
  it("a combined image lacks nothing", () => {
    const combined = open("x.spk", buildCombinedImage(spec))
    const set = good([combined])
    assert.deepStrictEqual(set.missing, [])
    assert.strictEqual(set.system, combined)
    assert.strictEqual(set.carrier, combined)
  })
  it("a 9200 system image lacks nothing: that family has no preference", () => {
    const set = good([open("x.cwe", buildSystemImage({ familyToken: "9200", firmware: "03.05.29.03" }))])
    assert.strictEqual(set.family, "9200")
    assert.deepStrictEqual(set.missing, [])
  })
  it("Gobi images go together, and lack nothing that is known here", () => {
    const set = good([open("apps.mbn", seededBytes(50, 1)), open("amss.mbn", seededBytes(90, 2))])
    assert.strictEqual(set.images.length, 2)
    assert.deepStrictEqual([set.missing, set.family], [[], undefined])
  })
  it("a carrier image may follow a combined one, and counts", () => {
    const combined = open("x.spk", buildCombinedImage(spec))
    const set = good([carrier, combined])
    assert.deepStrictEqual(set.images, [combined, carrier])
    assert.strictEqual(set.carrier, carrier)
  })
})

describe("images that do not belong together", () => {
  it("none at all", () => {
    assert.strictEqual(refused([]).reason._tag, "NoImages")
  })
  it("the same bytes twice, also under two names", () => {
    const error = refused([system, { ...system, name: "copy.cwe" }])
    assert.strictEqual(error.message, "copy.cwe: the same image as SWI9X30C_02.33.03.00.cwe, byte for byte")
  })
  it("two system images, two carrier images, a system and a combined one", () => {
    const other = open("other.cwe", buildSystemImage({ ...spec, seed: 9 }))
    const combined = open("x.spk", buildCombinedImage(spec))
    for (const images of [
      [system, other],
      [system, combined]
    ]) {
      const { reason } = refused(images)
      assert(reason._tag === "DuplicateRole")
      assert.strictEqual(reason.role, "system")
    }
    const two = refused([system, carrier, carrierOf({ carrier: "SPRINT" }, "sprint.nvu")]).reason
    assert(two._tag === "DuplicateRole")
    assert.deepStrictEqual([two.role, two.other], ["carrier", carrier.name])
  })
  it("files of two families, whatever is ignored", () => {
    const other = carrierOf({ familyToken: "SWI9X15C" }, "other.nvu")
    for (const ignoreVersionErrors of [false, true]) {
      const error = refused([system, other], { ignoreVersionErrors })
      assert.strictEqual(error.code, "IMAGE_SET_FAMILIES_DISAGREE")
      assert.strictEqual(error.message, "other.nvu: made for 9X15, but SWI9X30C_02.33.03.00.cwe is made for 9X30")
    }
  })
  it("families by product code where no token names one", () => {
    const bare = (product: string, type: string) =>
      open(`${product}.bin`, buildPart({ type, product, payload: seededBytes(30, 1) }))
    assert.strictEqual(refused([bare("9X15", "MODM"), bare("9x30", "NVUP")]).reason._tag, "FamiliesDisagree")
    assert.strictEqual(good([bare("9X30", "MODM"), bare("9x30", "NVUP")]).family, "9X30")
  })
  it("Gobi files beside CWE images", () => {
    assert.strictEqual(refused([system, open("apps.mbn", seededBytes(50, 1))]).reason._tag, "MixedKinds")
  })
})

describe("versions over several files (flows.md §4.3)", () => {
  const newer = carrierOf({ firmware: "02.38.00.00" }, "newer.nvu")

  it("must agree", () => {
    const { message, reason } = refused([system, newer])
    assert(reason._tag === "SourcesDisagree")
    assert.deepStrictEqual(
      reason.sources.map((source) => source.value),
      ["02.33.03.00", "02.38.00.00"]
    )
    assert.include(message, "SWI9X30C_02.33.03.00.cwe, newer.nvu: the firmware version is contradictory")
  })
  it("may disagree where the user says so: the first is kept, the contradiction noted", () => {
    const set = good([system, newer], { ignoreVersionErrors: true })
    assert.strictEqual(set.values.firmware.value, "02.33.03.00")
    assert.include(set.notes.at(-1)?.text, "ignored: the firmware version is contradictory")
  })
  it("given by the user must equal those of the files", () => {
    for (const [option, given] of [
      ["firmwareVersion", "02.38.00.00"],
      ["configVersion", "002.026_000"],
      ["carrier", "SPRINT"],
      // The modem compares case-sensitively, so do we.
      ["carrier", "Generic"]
    ] as const) {
      const { reason } = refused([system, carrier], { [option]: given })
      assert(reason._tag === "OverrideDisagrees")
      assert.strictEqual(reason.given, given)
      const set = good([system, carrier], { [option]: given, ignoreVersionErrors: true })
      const name = option === "firmwareVersion" ? "firmware" : option === "configVersion" ? "config" : "carrier"
      assert.deepStrictEqual([set.values[name].value, set.values[name].given], [given, true])
    }
    const same = { firmwareVersion: "02.33.03.00", configVersion: "002.072_001", carrier: "GENERIC" }
    assert.deepStrictEqual(good([system, carrier], same).notes, [])
  })
  it("given by the user stand alone where no file says anything (the reference refuses that)", () => {
    const set = good([system], { carrier: "GENERIC", configVersion: "002.072_001" })
    assert.deepStrictEqual([set.values.carrier.value, set.values.config.value], ["GENERIC", "002.072_001"])
    assert.strictEqual(set.values.firmware.value, "02.33.03.00")
  })
})
