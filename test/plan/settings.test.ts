import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { atPort, diffSettings, SettingsDiff, unexpected } from "../../src/plan/settings.ts"
import type { Setting, Settings } from "../../src/plan/settings.ts"

const apn: Setting = { key: "apn.1", value: 'IP "internet"', from: "AT+CGDCONT?" }
const bands: Setting = { key: "bands", value: "09, LTE ALL", from: "AT!BAND?" }
const pri: Setting = { key: "pri.carrier.1", value: "GENERIC", from: "AT!PRIID?", follows: true }

const told = (...values: ReadonlyArray<Setting>): Settings => ({
  values,
  answered: [...new Set(values.map(({ from }) => from))],
  untold: []
})

describe("diffSettings", () => {
  it("finds nothing between the same settings, and says how many it compared", () => {
    const same = told(apn, bands, pri)
    assert.deepStrictEqual(diffSettings(same, same), { compared: 3, differences: [], incomparable: [], untold: [] })
  })

  it("names what changed, with old and new", () => {
    const { compared, differences } = diffSettings(told(apn, bands), told(apn, { ...bands, value: "00, All bands" }))
    assert.strictEqual(compared, 2)
    assert.deepStrictEqual(differences, [
      {
        kind: "changed",
        key: "bands",
        from: "AT!BAND?",
        before: "09, LTE ALL",
        after: "00, All bands",
        expected: false
      }
    ])
  })

  it("tells gone and added only where the question was answered both times", () => {
    const second: Setting = { ...apn, key: "apn.2" }
    assert.deepStrictEqual(
      diffSettings(told(apn, second), told(apn)).differences.map(({ key, kind }) => [kind, key]),
      [["gone", "apn.2"]]
    )
    assert.deepStrictEqual(
      diffSettings(told(apn), told(apn, second)).differences.map(({ key, kind }) => [kind, key]),
      [["added", "apn.2"]]
    )
    const allGone = { values: [], answered: ["AT+CGDCONT?"], untold: [] }
    assert.deepStrictEqual(diffSettings(told(apn), allGone).differences[0]?.kind, "gone")
  })

  it("never calls unchanged what was not told after: it could not be compared", () => {
    const why = "refused: ERROR"
    const after: Settings = { ...told(apn), untold: [{ question: "AT!BAND?", why }] }
    assert.deepStrictEqual(diffSettings(told(apn, bands), after), {
      compared: 1,
      differences: [],
      incomparable: [{ key: "bands", told: "before", value: "09, LTE ALL", from: "AT!BAND?", why }],
      untold: []
    })
  })

  it("takes a question that nobody says anything about for not told, never for gone", () => {
    const { differences, incomparable } = diffSettings(told(apn), told())
    assert.deepStrictEqual(differences, [])
    assert.strictEqual(incomparable[0]?.why, "not told")
  })

  it("gives for every question by AT the reason why there is no AT port", () => {
    const silent: Settings = { values: [], answered: [], untold: [{ question: atPort, why: "no answer within 5 s" }] }
    const qmi: Setting = { key: "hardware", value: "0.5", from: "QMI Get Hardware Revision" }
    assert.deepStrictEqual(
      diffSettings(told(apn, bands, qmi), silent).incomparable.map(({ key, why }) => [key, why]),
      [
        ["apn.1", "no answer within 5 s"],
        ["bands", "no answer within 5 s"],
        ["hardware", "not told"]
      ]
    )
  })

  it("does not compare what was told only after, nor what two different questions told", () => {
    const locked: Settings = { ...told(apn), untold: [{ question: "AT!BAND?", why: "locked" }] }
    const first = diffSettings(locked, told(apn, bands))
    assert.deepStrictEqual([first.compared, first.differences], [1, []])
    assert.deepStrictEqual(first.incomparable[0], {
      key: "bands",
      told: "after",
      value: "09, LTE ALL",
      from: "AT!BAND?",
      why: "locked"
    })
    const other = diffSettings(told(apn), told({ ...apn, from: "QMI" }))
    assert.deepStrictEqual([other.compared, other.differences], [0, []])
    assert.match(other.incomparable[0]?.why ?? "", /told by QMI/)
  })

  it("marks as expected what an update is meant to change", () => {
    const diff = diffSettings(told(apn, pri), told({ ...apn, value: "other" }, { ...pri, value: "ATT" }))
    assert.deepStrictEqual(
      diff.differences.map(({ expected, key }) => [key, expected]),
      [
        ["apn.1", false],
        ["pri.carrier.1", true]
      ]
    )
    assert.deepStrictEqual(
      unexpected(diff).map(({ key }) => key),
      ["apn.1"]
    )
  })

  it("keeps what was answered neither before nor after", () => {
    const untold = [{ question: "AT!PCOFFEN?", why: "refused: ERROR" }]
    assert.deepStrictEqual(diffSettings({ ...told(apn), untold }, told(apn)).untold, untold)
    assert.deepStrictEqual(
      diffSettings({ ...told(apn), untold }, { ...told(apn), answered: ["AT!PCOFFEN?"] }).untold,
      []
    )
  })

  const Name = Schema.Literals(["a", "b", "c", "__proto__"])
  const Values = Schema.Struct({
    values: Schema.Array(Schema.Struct({ key: Name, value: Name, from: Name })),
    answered: Schema.Array(Name),
    untold: Schema.Array(Schema.Struct({ question: Name, why: Name }))
  })
  it.prop("accounts for every setting once: compared, or said why not", [Values, Values], ([before, after]) => {
    const diff = Schema.decodeUnknownSync(SettingsDiff)(diffSettings(before, after))
    const keys = new Set([...before.values, ...after.values].map(({ key }) => key))
    assert.strictEqual(diff.compared + diff.incomparable.length, keys.size)
    assert.isAtMost(diff.differences.length, diff.compared)
  })
})
