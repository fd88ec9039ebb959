import { assert, describe, it } from "@effect/vitest"
import { differencesFrom, hasArrived, hasWayBack, oldPreference } from "../../src/plan/take-back.ts"
import type { ModemFacts } from "../../src/plan/facts.ts"
import { facts9x30 } from "../support/plan-facts.ts"

const wanted = { firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_000" }
const after: ModemFacts = {
  ...facts9x30,
  firmware: wanted.firmware,
  carrier: wanted.carrier,
  config: wanted.config,
  preference: { _tag: "Supported", value: { current: wanted } }
}
const old = { firmware: "02.24.05.06", carrier: "GENERIC", config: "002.026_000" }
const before: ModemFacts = {
  ...facts9x30,
  ...old,
  preference: { _tag: "Supported", value: { current: old } }
}
const change = { before, wanted }

describe("an update that failed is left where it is", () => {
  it("where the modem runs all of it: its user may have put it into low power meanwhile", () => {
    assert.isTrue(hasArrived(change, after))
    assert.isTrue(hasArrived(change, { ...after, operatingMode: "low-power" }))
  })

  const others: ReadonlyArray<readonly [string, ModemFacts]> = [
    ["the old firmware is back", { ...after, firmware: before.firmware }],
    ["another carrier runs", { ...after, carrier: "VERIZON" }],
    ["another config runs", { ...after, config: "002.026_000" }],
    ["the modem misses images", { ...after, offlineReasons: ["host-image-misconfiguration"] }],
    ["it prefers something else", { ...after, preference: before.preference }],
    ["it prefers nothing", { ...after, preference: { _tag: "Supported", value: {} } }],
    ["it has no preferences, but should", { ...after, preference: { _tag: "NotSupported", error: 71 } }]
  ]
  for (const [what, now] of others) {
    it(`not where ${what}`, () => {
      assert.isFalse(hasArrived(change, now))
    })
  }

  it("not where nothing says what was wanted, or it was there before", () => {
    assert.isFalse(hasArrived({ before, wanted: { firmware: undefined } }, after))
    assert.isFalse(hasArrived({ before: after, wanted }, after))
  })

  it("by its firmware alone where the family has no preferences", () => {
    assert.isTrue(hasArrived({ before, wanted: { firmware: wanted.firmware } }, after))
  })
})

describe("what is preferred again", () => {
  it("is what was; else what ran; nothing where there are no preferences or nothing is known", () => {
    const { carrier, config, firmware } = facts9x30
    assert.deepStrictEqual(oldPreference(after), wanted)
    const other = { firmware: "02.30.01.01", carrier: "VERIZON", config: "002.072_001" }
    const unlike: ModemFacts = { ...facts9x30, preference: { _tag: "Supported", value: { current: other } } }
    assert.deepStrictEqual(oldPreference(unlike), other)
    const unset: ModemFacts = { ...facts9x30, preference: { _tag: "Supported", value: {} } }
    assert.deepStrictEqual(oldPreference(unset), { firmware, carrier, config } as never)
    const { carrier: _, ...untold } = unset
    assert.isUndefined(oldPreference(untold))
    assert.isUndefined(oldPreference({ ...after, preference: { _tag: "NotSupported", error: 71 } }))
  })
})

describe("there is a way back", () => {
  const none: ModemFacts["preference"] = { _tag: "NotSupported", error: 71 }
  it("where the modem has preferences, or runs what it ran; not where new firmware has overwritten the old", () => {
    assert.isTrue(hasWayBack(before, after))
    assert.isTrue(hasWayBack({ ...before, preference: none }, { ...before, preference: none }))
    assert.isFalse(hasWayBack({ ...before, preference: none }, { ...after, preference: none }))
  })
})

describe("a modem that was in low power for its images' sake", () => {
  it("cannot be expected to be online afterwards, one that was not can", () => {
    const low: ModemFacts = { ...facts9x30, operatingMode: "low-power", offlineReasons: ["pri-image-misconfiguration"] }
    const expectation = { firmware: facts9x30.firmware, preference: undefined }
    assert.deepStrictEqual(differencesFrom({ ...expectation, before: low }, low), [])
    assert.deepStrictEqual(
      differencesFrom({ ...expectation, before: facts9x30 }, low).map(({ what }) => what),
      ["low-power reason", "operating mode"]
    )
  })
})
