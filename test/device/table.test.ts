/** The device table as data: its form, and the rules that the sources state (devices.md). */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { knownFamilies } from "../../src/device/families/families.ts"
import { deviceRows, isListed, refusalOf, roleOfTty, rowsOf } from "../../src/device/table/table.ts"

const Id = Schema.String.check(Schema.isPattern(/^[0-9a-f]{4}$/))
/** A configuration has at most 32 interfaces in these compositions; their numbers have gaps. */
const InterfaceNumber = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 31 }))
const Text = Schema.NonEmptyString

const Devices = Schema.Array(
  Schema.Struct({
    family: Text,
    label: Text,
    models: Schema.Array(Text),
    vendor: Id,
    application: Id,
    boot: Schema.Array(Id),
    dm: Schema.optionalKey(InterfaceNumber),
    nmea: Schema.optionalKey(InterfaceNumber),
    at: Schema.optionalKey(InterfaceNumber),
    qmi: Schema.optionalKey(Schema.Array(InterfaceNumber)),
    mbim: Schema.optionalKey(Schema.Array(InterfaceNumber)),
    singleSource: Schema.optionalKey(Schema.Literal(true)),
    shared: Schema.optionalKey(Schema.Literal(true)),
    note: Schema.optionalKey(Text),
    sources: Schema.NonEmptyArray(Text)
  })
)
const Refused = Schema.Array(
  Schema.Struct({
    label: Text,
    vendor: Id,
    products: Schema.NonEmptyArray(Id),
    reason: Text,
    sources: Schema.NonEmptyArray(Text)
  })
)
const Sources = Schema.Record(Text, Text)

const read = <S extends Schema.Decoder<unknown>>(schema: S, name: string): S["Type"] =>
  Schema.decodeUnknownSync(schema)(
    JSON.parse(readFileSync(new URL(`../../src/device/table/${name}.json`, import.meta.url), "utf8")),
    { onExcessProperty: "error" }
  )

const devices = read(Devices, "devices")
const refused = read(Refused, "refused")
const sources = read(Sources, "sources")

const duplicates = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.filter((name, index) => names.indexOf(name) !== index)

describe("the device table", () => {
  it("is what the program reads", () => {
    assert.deepStrictEqual(deviceRows, devices)
    assert.isAbove(devices.length, 50)
    assert.isAbove(refused.length, 10)
  })

  it("has each id in one row, unless the row says that it is shared", () => {
    const ids = (row: (typeof devices)[number]) =>
      [...new Set([row.application, ...row.boot])].map((id) => `${row.vendor}:${id}`)
    const alone = devices.filter(({ shared }) => shared !== true).flatMap(ids)
    const shared = devices.filter((row) => row.shared === true).flatMap(ids)
    assert.deepStrictEqual(duplicates(alone), [])
    assert.deepStrictEqual(
      alone.filter((id) => shared.includes(id)),
      []
    )
    // Who says shared means it.
    assert.deepStrictEqual(
      shared.filter((id) => shared.indexOf(id) === shared.lastIndexOf(id)),
      []
    )
    const refusedIds = refused.flatMap(({ products, vendor }) => products.map((id) => `${vendor}:${id}`))
    assert.deepStrictEqual(duplicates(refusedIds), [])
    assert.deepStrictEqual(
      refusedIds.filter((id) => alone.includes(id) || shared.includes(id)),
      []
    )
  })

  it("pairs application and boot ids as the makers do: one less, the same, or a known exception (rule 2)", () => {
    const exceptions = new Set([
      "413c:81a3 81a6",
      "413c:81cf 81d0",
      "413c:81d1 81d2",
      "413c:8217 8218",
      "1199:c081 c082"
    ])
    for (const { application, boot, vendor } of devices) {
      for (const id of boot) {
        const step = Number.parseInt(application, 16) - Number.parseInt(id, 16)
        assert.isTrue(
          step === 1 || step === 0 || exceptions.has(`${vendor}:${application} ${id}`),
          `${vendor}:${application} boots as ${id}`
        )
      }
    }
    const same = devices.filter(({ application, boot }) => boot.includes(application))
    assert.deepStrictEqual([...new Set(same.map(({ application }) => application))].toSorted(), ["68a2", "68c0"])
  })

  it("gives an interface one function", () => {
    for (const { application, at, dm, mbim = [], nmea, qmi = [] } of devices) {
      const numbers = [at, dm, nmea, ...qmi, ...mbim].filter((number) => number !== undefined)
      assert.deepStrictEqual(duplicates(numbers.map(String)), [], application)
      assert.isTrue(mbim.length === 0 || mbim.length === 2, application)
    }
  })

  it("names a source that is listed for every row, and lists no others", () => {
    const named = new Set([...devices, ...refused].flatMap((row) => row.sources))
    assert.deepStrictEqual([...named].toSorted(), Object.keys(sources).toSorted())
    for (const row of devices.filter(({ singleSource }) => singleSource === true))
      assert.strictEqual(row.sources.length, 1)
  })

  it("knows the ids of every family that can be updated", () => {
    for (const family of knownFamilies) assert.isAbove(family.usb.length, 4, family.id)
  })
})

describe("looking up a device", () => {
  const ids = (text: string) => {
    const [vendorId = 0, productId = 0] = text.split(":").map((part) => Number.parseInt(part, 16))
    return { vendorId, productId }
  }

  it("finds it in both modes, all rows of a shared id, and by the vendor too", () => {
    assert.deepStrictEqual(
      ["1199:9071", "1199:9070", "413c:81b5", "1199:68c0", "1234:9071", "1199:c082"].map((text) =>
        rowsOf(ids(text)).map(({ family }) => family)
      ),
      [["SWI9X30"], ["SWI9X30"], ["SWI9X30"], ["SWI9X15", "SWI9X15", "SWI9X07"], [], ["SWIX12"]]
    )
  })

  it("says why a device is refused", () => {
    assert.include(refusalOf(ids("1199:9001"))?.reason, "Gobi")
    assert.include(refusalOf(ids("05c6:9008"))?.reason, "Sahara")
    assert.isUndefined(refusalOf(ids("1199:9071")))
  })

  it("looks at modem makers' devices and at listed ones, not at all of a laptop maker's", () => {
    for (const text of ["1199:ffff", "413c:81b6", "03f0:581d", "0846:68a2"]) assert.isTrue(isListed(ids(text)), text)
    for (const text of ["413c:2107", "03f0:0024", "05c6:9025"]) assert.isFalse(isListed(ids(text)), text)
  })

  it("takes the usual layout where none is told (devices.md §3)", () => {
    const roles = (text: string) => [0, 1, 2, 3, 4, 8].map((number) => roleOfTty(ids(text), number))
    const usual = ["diag", "unknown", "nmea", "at", "unknown", "unknown"]
    for (const text of ["1199:9071", "1199:68c0", "1234:0001", "0846:68a2"])
      assert.deepStrictEqual(roles(text), usual, text)
    assert.deepStrictEqual(roles("1199:90b1"), ["unknown", "unknown", "at", "nmea", "diag", "unknown"])
    assert.deepStrictEqual(roles("1199:90c3"), ["at", "nmea", "diag", "unknown", "unknown", "unknown"])
    // What is not known of a listed layout is not guessed.
    assert.deepStrictEqual(roles("1199:90d9"), ["unknown", "at", "diag", "unknown", "unknown", "unknown"])
  })
})
