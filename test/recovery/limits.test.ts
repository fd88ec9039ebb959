import { assert, describe, it } from "@effect/vitest"
import * as Limits from "../../src/recovery/limits.ts"
import type { Ledger, Verdict } from "../../src/recovery/limits.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Attempts of a minute each, as soon as they are allowed, until `end`; their beginnings. */
const attemptsOf = (
  end: number,
  home: (attempt: number) => boolean,
  from: Ledger = Limits.empty,
  place = "1-2"
): { readonly at: ReadonlyArray<number>; readonly ledger: Ledger; readonly verdict: Verdict } => {
  const at: Array<number> = []
  let ledger = from
  let now = 0
  for (;;) {
    const verdict = Limits.verdict(ledger, place, now)
    if (verdict._tag !== "Go") {
      assert.isAbove(verdict.until, now)
      if (verdict.until >= end) return { at, ledger, verdict }
      now = verdict.until
      continue
    }
    if (now >= end) return { at, ledger, verdict }
    at.push(now)
    ledger = Limits.began(ledger, place, now)
    now += minute
    ledger = Limits.ended(ledger, place, now, home(at.length))
  }
}

describe("the limits of an unattended recovery", () => {
  it("try a modem that does not come home three times, ever later, and then not for a day", () => {
    const { at, verdict } = attemptsOf(day, () => false)
    assert.deepStrictEqual(at, [0, 6 * minute, 37 * minute])
    assert.deepStrictEqual(verdict, { _tag: "GivenUp", until: 38 * minute + day })
  })

  it("try it again after a day, as often", () => {
    const { at } = attemptsOf(10 * day, () => false)
    assert.isAtMost(at.length, 30)
    assert.isAtLeast(at.length, 27)
    for (const start of at) assert.isAtMost(at.filter((one) => one >= start && one < start + day).length, 3)
  })

  it("count anew for one that came home, but not more than six a day", () => {
    assert.lengthOf(attemptsOf(5 * minute, () => true).at, 5)
    const { at, verdict } = attemptsOf(day, () => true)
    assert.lengthOf(at, Limits.limits.perDay)
    assert.strictEqual(verdict._tag, "GivenUp")
    assert.lengthOf(attemptsOf(day, (attempt) => attempt === 2).at, 5)
  })

  it("count anew for one that was plugged in and started, within the limit of a day", () => {
    const first = attemptsOf(hour, () => false)
    assert.strictEqual(Limits.verdict(first.ledger, "1-2", hour)._tag, "GivenUp")
    const replugged = Limits.replugged(first.ledger, "1-2", hour)
    assert.deepStrictEqual(Limits.verdict(replugged, "1-2", hour), { _tag: "Go" })
    // Whoever plugs it in and out all day long gets no more than that.
    let ledger = replugged
    let begun = 3
    for (let now = hour; now < 20 * hour; now += minute) {
      ledger = Limits.replugged(ledger, "1-2", now)
      if (Limits.verdict(ledger, "1-2", now)._tag !== "Go") continue
      begun++
      ledger = Limits.ended(Limits.began(ledger, "1-2", now), "1-2", now, false)
    }
    assert.strictEqual(begun, Limits.limits.perDay)
  })

  it("do so many attempts an hour, on whatever modems", () => {
    let ledger = Limits.empty
    for (let modem = 0; modem < Limits.limits.perHour; modem++) {
      assert.strictEqual(Limits.verdict(ledger, `1-${String(modem)}`, modem)._tag, "Go")
      ledger = Limits.ended(Limits.began(ledger, `1-${String(modem)}`, modem), `1-${String(modem)}`, modem, true)
    }
    assert.deepStrictEqual(Limits.verdict(ledger, "1-99", 10), { _tag: "Wait", until: hour, why: "this computer" })
    assert.strictEqual(Limits.verdict(ledger, "1-99", hour)._tag, "Go")
  })

  it("count an attempt that is not over", () => {
    const ledger = Limits.began(Limits.empty, "1-2", 0)
    assert.deepStrictEqual(Limits.verdict(ledger, "1-2", 1), { _tag: "Wait", until: 5 * minute, why: "this modem" })
  })

  it("remember so many places and attempts, and no more", () => {
    let ledger = Limits.empty
    for (let now = 0; now < 5000; now++) {
      ledger = Limits.ended(
        Limits.began(ledger, `1-${String(now % 1000)}`, now * hour),
        `1-${String(now % 1000)}`,
        now,
        false
      )
    }
    assert.strictEqual(ledger.places.size, Limits.limits.places)
    for (let now = 0; now < 500; now++) ledger = Limits.began(ledger, "1-1", 5000 * hour + now * hour)
    assert.isAtMost(ledger.places.get("1-1")?.attempts.length ?? 0, 24)
    assert.isAtMost(ledger.begun.length, 1)
  })
})
