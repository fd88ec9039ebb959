/** What is decided, for every situation and everything that may be at hand. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { decide, describeRemedy, Remedy } from "../../src/recovery/decide.ts"
import type { AtHand, RunAtHand } from "../../src/recovery/decide.ts"
import { describeSituation, notesOf, Situation, situationOf } from "../../src/recovery/Situation.ts"
import type { ModemFacts, Preference } from "../../src/plan/facts.ts"
import { facts9x30 } from "../support/plan-facts.ts"

const old: Preference = { firmware: "02.24.05.06", config: "002.026_000", carrier: "GENERIC" }
const wanted: Preference = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
const att: Preference = { firmware: "02.20.03.00", config: "002.019_000", carrier: "ATT" }

const run: RunAtHand = {
  id: "2026-a",
  images: ["a.cwe", "b.nvu"],
  obstacle: undefined,
  old: att,
  failed: undefined,
  sameAsGiven: false
}
const gone: RunAtHand = { ...run, obstacle: "a.cwe: no such file" }
const nothing: AtHand = {
  family: "SWI9X30",
  given: undefined,
  run: undefined,
  pairs: [],
  running: undefined,
  tried: []
}

const situations: { readonly [T in Situation["_tag"]]: Situation & { readonly _tag: T } } = {
  Home: { _tag: "Home", firmware: old.firmware, operatingMode: "online" },
  LowPower: { _tag: "LowPower", firmware: old.firmware, preference: wanted, reasons: ["host-image-misconfiguration"] },
  PreferencePending: { _tag: "PreferencePending", firmware: old.firmware, preference: wanted },
  Offline: { _tag: "Offline", firmware: old.firmware },
  Armed: { _tag: "Armed", firmware: old.firmware },
  BootAndHold: { _tag: "BootAndHold" },
  NotAsked: { _tag: "NotAsked", why: "no answer", code: "QMI_NO_ANSWER" }
}

/** `Select 02.24.05.06`, else the tag. */
const short = (remedy: Remedy): string =>
  remedy._tag === "Select" ? `Select ${remedy.preference.firmware} (${remedy.from})` : remedy._tag

const decided = (tag: Situation["_tag"], atHand: Partial<AtHand>): ReadonlyArray<string> =>
  decide(situations[tag], { ...nothing, ...atHand }).remedies.map(short)

const stored = { pairs: [att, old], running: old }

/** Situation, what is at hand, and the remedies in their order. */
const table: ReadonlyArray<readonly [Situation["_tag"], string, Partial<AtHand>, ReadonlyArray<string>]> = [
  ["Home", "nothing", {}, []],
  ["Home", "images and a run", { given: ["a.cwe"], run, ...stored }, []],
  ["NotAsked", "everything", { given: ["a.cwe"], run, ...stored }, []],
  ["BootAndHold", "nothing", {}, ["Leave"]],
  ["BootAndHold", "a run", { run }, ["Continue", "Leave"]],
  ["BootAndHold", "a run whose images are gone", { run: gone }, ["Leave"]],
  ["BootAndHold", "a run that sends no images", { run: { ...run, images: [] } }, ["Leave"]],
  ["BootAndHold", "given images and a run", { run, given: ["c.cwe"] }, ["Flash", "Leave"]],
  ["LowPower", "nothing", {}, []],
  ["LowPower", "what runs is stored", { pairs: [old], running: old }, ["Select 02.24.05.06 (running)"]],
  [
    "LowPower",
    "what runs is not stored, something else is",
    { pairs: [att], running: old },
    ["Select 02.20.03.00 (newest stored)"]
  ],
  [
    "LowPower",
    "a run, and its old preference stored",
    { run, ...stored },
    ["Continue", "Select 02.20.03.00 (before the run)", "Select 02.24.05.06 (running)"]
  ],
  [
    "LowPower",
    "a run whose images are gone",
    { run: gone, ...stored },
    ["Select 02.20.03.00 (before the run)", "Select 02.24.05.06 (running)"]
  ],
  [
    "LowPower",
    "a run whose old preference is not stored any more",
    { run: gone, pairs: [old], running: old },
    ["Select 02.24.05.06 (running)"]
  ],
  [
    "LowPower",
    "the very preference is stored",
    { pairs: [wanted], running: old },
    ["Select 02.33.03.00 (newest stored)", "Restart"]
  ],
  [
    "LowPower",
    "a run that the boot loader refused",
    { run: { ...run, failed: "QDL_BAD_STATUS" }, ...stored },
    ["Select 02.20.03.00 (before the run)", "Select 02.24.05.06 (running)", "Continue"]
  ],
  [
    "LowPower",
    "the images of a run that the boot loader refused",
    { given: ["a.cwe"], run: { ...run, failed: "QDL_BAD_STATUS", sameAsGiven: true }, ...stored },
    ["Select 02.20.03.00 (before the run)", "Select 02.24.05.06 (running)", "Flash"]
  ],
  [
    "LowPower",
    "other images than those of a run that the boot loader refused",
    { given: ["c.cwe"], run: { ...run, failed: "QDL_BAD_STATUS" }, ...stored },
    ["Flash", "Select 02.20.03.00 (before the run)", "Select 02.24.05.06 (running)"]
  ],
  [
    "BootAndHold",
    "a run that the boot loader refused",
    { run: { ...run, failed: "QDL_BAD_STATUS" } },
    ["Continue", "Leave"]
  ],
  ["LowPower", "given images", { given: ["c.cwe"], ...stored }, ["Flash", "Select 02.24.05.06 (running)"]],
  ["PreferencePending", "nothing", {}, []],
  ["PreferencePending", "what runs is stored", { pairs: [old], running: old }, ["Select 02.24.05.06 (running)"]],
  [
    "PreferencePending",
    "both are stored",
    { pairs: [old, wanted], running: old },
    ["Select 02.24.05.06 (running)", "Select 02.33.03.00 (newest stored)", "Restart"]
  ],
  ["PreferencePending", "a run", { run, pairs: [old], running: old }, ["Continue", "Select 02.24.05.06 (running)"]],
  ["Offline", "nothing", {}, ["Restart"]],
  ["Offline", "a run", { run }, ["Continue", "Restart"]],
  ["Armed", "nothing", {}, ["Restart"]],
  ["Armed", "given images", { given: ["c.cwe"] }, ["Flash", "Restart"]]
]

describe("the decision", () => {
  for (const [tag, what, atHand, remedies] of table) {
    it(`${tag}, at hand: ${what}`, () => {
      assert.deepStrictEqual(decided(tag, atHand), remedies)
    })
  }

  it("does nothing to a modem of a family that is not known", () => {
    for (const situation of Object.values(situations)) {
      const { needs, remedies } = decide(situation, { ...nothing, family: undefined, run, ...stored })
      assert.deepStrictEqual(remedies, [])
      assert.strictEqual(needs === undefined, situation._tag === "Home")
    }
  })

  it("tries nothing twice, but another preference", () => {
    const all = { run, ...stored }
    const tried: Array<Remedy> = []
    for (const left of [3, 2, 1, 0]) {
      const { remedies } = decide(situations.LowPower, { ...nothing, ...all, tried })
      assert.lengthOf(remedies, left)
      if (remedies[0] !== undefined) tried.push(remedies[0])
    }
  })

  it("says why a run is not continued, and that given images win over it", () => {
    assert.match(
      decide(situations.BootAndHold, { ...nothing, run: gone }).said.join(),
      /not continued: a\.cwe: no such file/
    )
    assert.match(
      decide(situations.BootAndHold, { ...nothing, run, given: ["c"] }).said.join(),
      /images that were given/
    )
    assert.deepStrictEqual(decide(situations.BootAndHold, { ...nothing, run }).said, [])
    assert.deepStrictEqual(decide(situations.Home, { ...nothing, run: gone }).said, [])
  })

  it("says what a person must get, where nothing is left", () => {
    const needs = (tag: Situation["_tag"], atHand: Partial<AtHand> = {}) =>
      decide(situations[tag], { ...nothing, ...atHand }).needs
    assert.isUndefined(needs("BootAndHold"))
    assert.match(
      needs("BootAndHold", { tried: [{ _tag: "Leave" }] }) ?? "",
      /no firmware that it can start: get images for the family SWI9X30/
    )
    assert.match(
      needs("LowPower") ?? "",
      /nothing complete is stored .* e\.g\. those of 02\.33\.03\.00, GENERIC 002\.072_000/
    )
    assert.match(needs("Offline", { tried: [{ _tag: "Restart" }] }) ?? "", /switch it off and on/)
    assert.match(needs("NotAsked") ?? "", /boothold doctor/)
    assert.isUndefined(needs("Home"))
  })

  it("prefers the newest by numbers, not by letters", () => {
    const pairs = [
      { firmware: "02.09.00.00", config: "002.001_000", carrier: "A" },
      { firmware: "02.10.00.00", config: "002.001_000", carrier: "B" },
      { firmware: "02.10.00.00", config: "002.001_001", carrier: "C" }
    ]
    const [remedy] = decide(situations.LowPower, { ...nothing, pairs }).remedies
    assert(remedy?._tag === "Select")
    assert.strictEqual(remedy.preference.carrier, "C")
  })

  it("has a sentence for each remedy, and survives JSON", () => {
    const remedies: ReadonlyArray<Remedy> = [
      { _tag: "Continue", run: "2026-a", images: ["a.cwe"] },
      { _tag: "Flash", images: ["a.cwe"] },
      { _tag: "Leave" },
      { _tag: "Select", from: "running", preference: old },
      { _tag: "Restart" }
    ]
    const codec = Schema.fromJsonString(Schema.toCodecJson(Remedy))
    for (const remedy of remedies) {
      assert.isNotEmpty(describeRemedy(remedy))
      assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(remedy)), remedy)
    }
    assert.strictEqual(new Set(remedies.map(describeRemedy)).size, remedies.length)
  })
})

const facts = (more: Partial<ModemFacts> = {}): ModemFacts => ({
  ...facts9x30,
  firmware: old.firmware,
  carrier: old.carrier,
  config: old.config,
  preference: { _tag: "Supported", value: { current: old } },
  operatingMode: "online",
  offlineReasons: [],
  ...more
})

const prefers = (current: Preference): Pick<ModemFacts, "preference"> => ({
  preference: { _tag: "Supported", value: { current } }
})

describe("the situation of a modem", () => {
  const cases: ReadonlyArray<readonly [string, ModemFacts, boolean, Situation["_tag"]]> = [
    ["home", facts(), false, "Home"],
    ["home, its radio switched off by its host", facts({ operatingMode: "low-power" }), false, "Home"],
    ["home, without preferences", facts({ preference: { _tag: "NotSupported", error: 94 } }), false, "Home"],
    ["home, prefers any firmware", facts(prefers({ ...old, firmware: "00.00.00.00" })), false, "Home"],
    ["home, its carrier by its SIM", facts(prefers({ ...old, carrier: "AUTO-SIM", config: "" })), false, "Home"],
    [
      "in low power for its images",
      facts({ operatingMode: "low-power", offlineReasons: ["host-image-misconfiguration"] }),
      false,
      "LowPower"
    ],
    [
      "in low power with another preference",
      facts({ operatingMode: "low-power", ...prefers(wanted) }),
      false,
      "LowPower"
    ],
    [
      "in low power for two capitals",
      facts({ operatingMode: "low-power", ...prefers({ ...old, carrier: "Generic" }) }),
      false,
      "LowPower"
    ],
    ["online with another preference", facts(prefers(wanted)), false, "PreferencePending"],
    [
      "online with another preference, and the reason of the next start",
      facts({ ...prefers(wanted), offlineReasons: ["host-image-misconfiguration"] }),
      false,
      "PreferencePending"
    ],
    [
      "offline with another preference",
      facts({ operatingMode: "offline", ...prefers(wanted) }),
      false,
      "PreferencePending"
    ],
    ["offline", facts({ operatingMode: "offline" }), false, "Offline"],
    ["armed", facts(), true, "Armed"],
    ["armed and offline", facts({ operatingMode: "offline" }), true, "Armed"],
    ["armed and in low power", facts({ operatingMode: "low-power", offlineReasons: ["pri-image"] }), true, "LowPower"]
  ]
  for (const [name, told, armed, tag] of cases) {
    it(name, () => {
      assert.strictEqual(situationOf(told, armed)._tag, tag)
    })
  }

  it("is one sentence for a person, and survives JSON", () => {
    const codec = Schema.fromJsonString(Schema.toCodecJson(Situation))
    for (const situation of Object.values(situations)) {
      assert.match(describeSituation(situation), /^It .*\.$/)
      assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(situation)), situation)
    }
    const all = Object.values(situations).map(describeSituation)
    assert.strictEqual(new Set(all).size, all.length)
    assert.match(describeSituation({ ...situations.Home, operatingMode: "low-power" }), /radio is off \(low-power\)/)
  })

  it("tells firmware in no slot besides", () => {
    assert.deepStrictEqual(notesOf(facts()), [])
    const storedImages = {
      _tag: "Supported",
      value: { maximumModemImages: 4, maximumPriImages: 50, images: [], runningOutside: true }
    } as const
    assert.match(notesOf(facts({ storedImages })).join(), /slot 255/)
  })
})
