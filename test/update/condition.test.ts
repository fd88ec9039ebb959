import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { afterUnplugged, Condition, describeCondition } from "../../src/update/condition.ts"

const preference = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }

/** One of each: a new state without a sentence of its own is a red test. */
const sentences: { readonly [T in Condition["_tag"]]: readonly [Condition & { readonly _tag: T }, RegExp] } = {
  Untouched: [{ _tag: "Untouched" }, /^The modem was not changed\.$/],
  PreferenceRestored: [
    { _tag: "PreferenceRestored", preference },
    /not changed: its old preference \(02\.33\.03\.00, GENERIC 002\.072_000\) is back/
  ],
  PreferenceChanged: [
    { _tag: "PreferenceChanged", wanted: preference },
    /still runs its old firmware, but its preference now says 02\.33\.03\.00, GENERIC 002\.072_000: .*low-power/
  ],
  Restarting: [{ _tag: "Restarting" }, /told to restart and has not come back/],
  BootAndHold: [{ _tag: "BootAndHold" }, /waits in boot-and-hold; no image was written/],
  HalfWritten: [
    { _tag: "HalfWritten", image: "a.cwe", sent: 1_048_576, bytes: 5_200_000 },
    /in boot-and-hold with a\.cwe half written \(1048576 of 5200000 bytes\); that slot is invalid/
  ],
  WrittenNotReset: [{ _tag: "WrittenNotReset" }, /All images are written; .* needs its reset/],
  LeftBus: [
    { _tag: "LeftBus", half: { image: "a.cwe", sent: 1_048_576, bytes: 5_200_000 } },
    /left the bus with a\.cwe half written \(1048576 of 5200000 bytes\): .*`boothold recover`/
  ],
  RolledBack: [
    { _tag: "RolledBack", firmware: "02.24.05.06", preference },
    /runs its old firmware 02\.24\.05\.06 again, and its old preference \(02\.33\.03\.00, GENERIC 002\.072_000\) is back/
  ],
  DeleteSent: [
    { _tag: "DeleteSent", image: "02.05.07.00" },
    /told to delete .* 02\.05\.07\.00; whether it did is not known/
  ],
  ImageDeleted: [
    { _tag: "ImageDeleted", image: "02.05.07.00" },
    /02\.05\.07\.00 is deleted; the modem runs what it ran/
  ],
  RunningOther: [{ _tag: "RunningOther", found: "firmware is 1" }, /^The modem runs, but firmware is 1\.$/],
  Running: [{ _tag: "Running", firmware: "02.33.03.00" }, /^The modem runs 02\.33\.03\.00\.$/]
}

describe("the state that a run leaves a modem in", () => {
  it("names what is still to be written after the first of two images", () => {
    assert.strictEqual(
      describeCondition({ _tag: "WrittenNotReset", left: ["b.nvu"] }),
      "The modem is in boot-and-hold; b.nvu is still to be written, what came before it is."
    )
  })
  for (const [tag, [condition, sentence]] of Object.entries(sentences)) {
    it(`is one sentence for a person: ${tag}`, () => {
      assert.match(describeCondition(condition), sentence)
    })
    it(`survives JSON: ${tag}`, () => {
      const codec = Schema.fromJsonString(Schema.toCodecJson(Condition))
      assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(condition)), condition)
    })
  }

  it("is uncertain once the modem has left the bus, where it was in boot-and-hold", () => {
    const half = { image: "a.cwe", sent: 1, bytes: 2 }
    assert.deepStrictEqual(afterUnplugged({ _tag: "HalfWritten", ...half }), { _tag: "LeftBus", half })
    assert.deepStrictEqual(afterUnplugged({ _tag: "BootAndHold" }), { _tag: "LeftBus" })
    assert.deepStrictEqual(afterUnplugged({ _tag: "WrittenNotReset" }), { _tag: "LeftBus" })
    for (const [condition] of Object.values(sentences)) {
      if (["HalfWritten", "BootAndHold", "WrittenNotReset"].includes(condition._tag)) continue
      assert.strictEqual(afterUnplugged(condition), condition)
    }
    assert.match(describeCondition({ _tag: "LeftBus" }), /^The modem has left the bus: /)
  })

  it("is told apart by its sentence", () => {
    const all = Object.values(sentences).map(([condition]) => describeCondition(condition))
    assert.strictEqual(new Set(all).size, all.length)
  })
})
