import { assert, describe, it } from "@effect/vitest"
import { compare, isAlreadyThere } from "../../src/plan/compare.ts"
import type { Expectation } from "../../src/plan/compare.ts"
import type { ModemFacts } from "../../src/plan/facts.ts"
import { facts9200, facts9x30, preference, stored, storedModem, storedPri } from "../support/plan-facts.ts"

const wanted: Expectation = { firmware: preference.firmware, preference, before: facts9x30 }

const differences = (after: Partial<ModemFacts>, expectation: Partial<Expectation> = {}) =>
  compare({ ...wanted, ...expectation }, { ...facts9x30, ...after })

describe("the modem after an update", () => {
  it("is as wanted when everything agrees", () => {
    assert.deepStrictEqual(differences({}), [])
    assert.deepStrictEqual(
      compare({ firmware: "03.05.29.03", preference: undefined, before: facts9200 }, facts9200),
      []
    )
  })

  it("is another one when the IMEI differs or is not told any more", () => {
    assert.deepStrictEqual(differences({ imei: "490154203237518" }), [
      { what: "IMEI", wanted: "123456789012347", found: "490154203237518" }
    ])
    const { imei: _, ...silent } = facts9x30
    assert.deepStrictEqual(compare(wanted, silent), [{ what: "IMEI", wanted: "123456789012347", found: "not told" }])
    // A modem that never told its IMEI is not asked to.
    assert.deepStrictEqual(compare({ ...wanted, before: silent }, silent), [])
  })

  it("runs another firmware", () => {
    assert.deepStrictEqual(differences({ firmware: "02.24.05.06" }), [
      { what: "firmware", wanted: "02.33.03.00", found: "02.24.05.06" }
    ])
    assert.deepStrictEqual(
      compare(
        { firmware: "03.05.29.03", preference: undefined, before: undefined },
        { ...facts9200, firmware: "03.05.19.04" }
      ),
      [{ what: "firmware", wanted: "03.05.29.03", found: "03.05.19.04" }]
    )
  })

  it("prefers something else, in any of the three strings, or nothing", () => {
    const shown = "02.33.03.00, GENERIC 002.072_000"
    const changes = [
      [{ firmware: "02.24.05.06" }, "02.24.05.06, GENERIC 002.072_000"],
      [{ carrier: "ATT" }, "02.33.03.00, ATT 002.072_000"],
      [{ carrier: "Generic" }, "02.33.03.00, Generic 002.072_000"],
      [{ config: "002.072_001" }, "02.33.03.00, GENERIC 002.072_001"]
    ] as const
    for (const [change, found] of changes) {
      assert.deepStrictEqual(
        differences({ preference: { _tag: "Supported", value: { current: { ...preference, ...change } } } }),
        [{ what: "preference", wanted: shown, found }]
      )
    }
    for (const none of [
      { _tag: "Supported", value: {} },
      { _tag: "NotSupported", error: 71 }
    ] as const) {
      assert.deepStrictEqual(differences({ preference: none }), [{ what: "preference", wanted: shown, found: "none" }])
    }
  })

  it("runs another carrier or config than it prefers", () => {
    assert.deepStrictEqual(differences({ carrier: "ATT" }), [
      { what: "running carrier", wanted: "GENERIC", found: "ATT" }
    ])
    assert.deepStrictEqual(differences({ config: "002.026_000" }), [
      { what: "running config", wanted: "002.072_000", found: "002.026_000" }
    ])
    // A modem that does not tell them says nothing against the update.
    const { carrier: _carrier, config: _config, ...silent } = facts9x30
    assert.deepStrictEqual(compare(wanted, silent), [])
  })

  it("runs another slot than the one that was written", () => {
    const pri = storedPri("02.33.03.00", "GENERIC", "002.072_000", true)
    assert.deepStrictEqual(
      differences({ storedImages: stored(storedModem("02.24.05.06", true), storedModem("02.33.03.00"), pri) }),
      [{ what: "running slot", wanted: "02.33.03.00_?", found: "02.24.05.06_?" }]
    )
    assert.deepStrictEqual(differences({ storedImages: stored(storedModem("02.33.03.00"), pri) }), [
      { what: "running slot", wanted: "02.33.03.00_?", found: "none" }
    ])
  })

  it("runs another PRI than the one that was written", () => {
    const system = storedModem("02.33.03.00", true)
    for (const [pri, found] of [
      [storedPri("02.33.03.00", "Generic", "002.072_000", true), "02.33.03.00_Generic 002.072_000"],
      [storedPri("02.33.03.00", "GENERIC", "002.072_001", true), "02.33.03.00_GENERIC 002.072_001"],
      [storedPri("02.24.05.06", "GENERIC", "002.072_000", true), "02.24.05.06_GENERIC 002.072_000"]
    ] as const) {
      assert.deepStrictEqual(differences({ storedImages: stored(system, pri) }), [
        { what: "running PRI", wanted: "02.33.03.00_GENERIC 002.072_000", found }
      ])
    }
  })

  it("is held in low power because its images do not fit together, whatever it was before", () => {
    const held = { operatingMode: "low-power", offlineReasons: ["pri-image", "host-image"] }
    const low = { what: "low-power reason", wanted: "none", found: "pri-image, host-image" }
    assert.deepStrictEqual(differences(held), [low, { what: "operating mode", wanted: "online", found: "low-power" }])
    // Held before for the same reason: that is what the update had to mend.
    assert.deepStrictEqual(differences(held, { before: { ...facts9x30, ...held } }).length, 2)
    assert.deepStrictEqual(differences({ offlineReasons: ["pri-image"] }), [{ ...low, found: "pri-image" }])
  })

  it("is not online, unless its user kept it so before", () => {
    const off = { what: "operating mode", wanted: "online", found: "low-power" }
    const low = { operatingMode: "low-power" }
    assert.deepStrictEqual(differences(low), [off])
    assert.deepStrictEqual(differences(low, { before: undefined }), [off])
    assert.deepStrictEqual(differences(low, { before: { ...facts9x30, ...low } }), [])
    // Kept in another mode before is not kept in this one.
    assert.deepStrictEqual(differences(low, { before: { ...facts9x30, operatingMode: "persistent-low-power" } }), [off])
    // Low power for its images before was nobody's wish.
    const misfit = { ...facts9x30, ...low, offlineReasons: ["pri-image"] }
    assert.deepStrictEqual(differences(low, { before: misfit }), [off])
  })

  it("differs in several things, and all are told", () => {
    const found = differences({ firmware: "02.24.05.06", carrier: "ATT", operatingMode: "offline" })
    assert.deepStrictEqual(
      found.map(({ what }) => what),
      ["firmware", "running carrier", "operating mode"]
    )
  })
})

describe("an update that has nothing to do", () => {
  const now = { firmware: preference.firmware, preference, before: undefined }

  it("is one whose wish is reality", () => {
    assert.isTrue(isAlreadyThere(now, facts9x30))
    assert.isTrue(isAlreadyThere({ firmware: "03.05.29.03", preference: undefined, before: undefined }, facts9200))
  })

  it("is not one where only the case of the carrier differs", () => {
    const wish = { ...now, preference: { ...preference, carrier: "Generic" } }
    assert.isFalse(isAlreadyThere(wish, facts9x30))
    // Also where the preference is all that the modem tells.
    const { carrier: _carrier, config: _config, ...terse } = facts9x30
    assert.isFalse(isAlreadyThere(wish, { ...terse, storedImages: { _tag: "NotSupported", error: 71 } }))
  })

  it("is not one where the firmware wanted is unknown, or the modem is held back", () => {
    assert.isFalse(isAlreadyThere({ ...now, firmware: undefined }, facts9x30))
    assert.isFalse(isAlreadyThere(now, { ...facts9x30, offlineReasons: ["pri-image"] }))
    assert.isFalse(isAlreadyThere(now, { ...facts9x30, firmware: "02.24.05.06" }))
  })

  it("is one for a modem that its user keeps in low power", () => {
    assert.isTrue(isAlreadyThere(now, { ...facts9x30, operatingMode: "low-power" }))
  })
})
