import { assert, describe, it } from "@effect/vitest"
import { settingsLines } from "../../src/cli/render/settings.ts"
import { styleFor } from "../../src/cli/render/text.ts"
import type { SettingsDiff } from "../../src/plan/settings.ts"

const lines = (diff: Partial<SettingsDiff>): ReadonlyArray<string> =>
  settingsLines({ compared: 5, differences: [], incomparable: [], untold: [], ...diff }, styleFor(false))

const atWhy = { told: "before", why: "no answer within 5 s" } as const

describe("settings for people", () => {
  it("are unchanged where all were told twice", () => {
    assert.deepStrictEqual(lines({}), ["✔ settings unchanged (5 compared)"])
  })

  it("are not said to be unchanged where nothing was told", () => {
    assert.deepStrictEqual(lines({ compared: 0, untold: [{ question: "the AT port", why: "gone" }] }), [
      "warning: settings not compared: none was told before and after",
      "  not told: the AT port: gone"
    ])
  })

  it("say how many could not be compared, together where the reason is the same", () => {
    const incomparable = [
      { key: "apn.1", value: 'IP "x"', from: "AT+CGDCONT?", ...atWhy },
      { key: "rat", value: "00, Automatic", from: "AT!SELRAT?", ...atWhy }
    ]
    assert.deepStrictEqual(lines({ incomparable }), [
      "✔ settings unchanged (5 compared, 2 could not be)",
      '  not compared: apn.1 (before: IP "x"), rat (before: 00, Automatic): no answer within 5 s'
    ])
  })

  it("name each difference with old and new, and draw nothing", () => {
    const from = "AT!CUSTOM?"
    const different = lines({
      differences: [
        { kind: "changed", key: "a", from, before: "1", after: "\u001b[2J", expected: false },
        { kind: "gone", key: "b", from, before: "1", expected: false },
        { kind: "added", key: "c", from, after: "2", expected: true }
      ]
    })
    assert.deepStrictEqual(different, [
      "warning: settings changed: 2 (5 compared)",
      "  a was 1, is now \\x1b[2J (AT!CUSTOM?)",
      "  b was 1, is not set any more (AT!CUSTOM?)",
      "  as expected: c was not set, is now 2 (AT!CUSTOM?)"
    ])
  })
})
