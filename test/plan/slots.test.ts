/** Which image goes when no slot is free: tables of modems and what is told of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import type { AtImages } from "../../src/plan/at-facts.ts"
import type { ModemFacts, StoredImage } from "../../src/plan/facts.ts"
import { asksForUse, evictionText, planSlots } from "../../src/plan/slots.ts"
import type { SlotsInput } from "../../src/plan/slots.ts"
import { facts9200, facts9x30, stored, storedPri } from "../support/plan-facts.ts"

const inSlot = (slot: number, firmware: string, running = false): StoredImage => ({
  type: "modem",
  storageIndex: slot,
  failures: 0,
  uniqueId: "?_?",
  buildId: `${firmware}_?`,
  running
})

const old = "02.24.05.06"
const preferred = { firmware: old, config: "002.026_000", carrier: "GENERIC" }
const wanted = { firmware: "02.33.03.00", config: "002.072_000", carrier: "GENERIC" }
const full = [inSlot(1, old, true), inSlot(2, "02.08.02.00"), inSlot(3, "02.20.03.22"), inSlot(4, "02.14.03.00")]

const factsOf = (images: ReadonlyArray<StoredImage>, change: Partial<ModemFacts> = {}): ModemFacts => ({
  ...facts9x30,
  firmware: old,
  carrier: "GENERIC",
  config: "002.026_000",
  preference: { _tag: "Supported", value: { current: preferred } },
  storedImages: stored(...images),
  ...change
})

const input = (change: Partial<SlotsInput> = {}): SlotsInput => ({
  facts: factsOf(full),
  wanted,
  sends: { system: true, carrier: true },
  modemStorageIndex: undefined,
  overrideDownload: false,
  atImages: undefined,
  ...change
})

/** `AT!IMAGE?` of these slots: version or `EMPTY`, and when it was used. */
const table = (...rows: ReadonlyArray<readonly [slot: number, firmware: string, lru: number, status?: string]>) =>
  ({
    images: rows.map(([slot, firmware, lru, status = "GOOD"]) => ({
      type: "FW" as const,
      slot,
      status,
      lru,
      uniqueId: "?_?",
      buildId: status === "GOOD" ? `${firmware}_?` : "",
      failures: 0
    })),
    activeSlot: 1
  }) satisfies AtImages

const known = table([1, old, 7], [2, "02.08.02.00", 4], [3, "02.20.03.22", 2], [4, "02.14.03.00", 5])

/** Versions of what goes, and who chose. */
const goes = (change: Partial<SlotsInput> = {}) =>
  Result.getOrThrow(planSlots(input(change))).map(({ by, images, type }) => [
    type,
    by,
    ...images.map(({ storageIndex }) => storageIndex)
  ])

interface Case {
  readonly name: string
  readonly change: Partial<SlotsInput>
  readonly goes: ReadonlyArray<ReadonlyArray<string | number>>
}

const cases: ReadonlyArray<Case> = [
  { name: "a free slot", change: { facts: factsOf(full.slice(0, 3)) }, goes: [] },
  { name: "no free slot, nothing told of use", change: {}, goes: [["modem", "modem", 2, 3, 4]] },
  { name: "no free slot, the lowest LRU", change: { atImages: known }, goes: [["modem", "least-recently-used", 3]] },
  {
    name: "never the running one, whatever its counter says",
    change: { atImages: table([1, old, 0], [2, "02.08.02.00", 4], [3, "02.20.03.22", 2], [4, "02.14.03.00", 5]) },
    goes: [["modem", "least-recently-used", 3]]
  },
  {
    name: "two that were used at the same time",
    change: { atImages: table([1, old, 7], [2, "02.08.02.00", 2], [3, "02.20.03.22", 2], [4, "02.14.03.00", 5]) },
    goes: [["modem", "least-recently-used", 2, 3]]
  },
  {
    name: "a table that speaks of other images",
    change: { atImages: table([1, old, 7], [2, "02.08.02.00", 2], [3, "09.09.09.09", 1], [4, "02.14.03.00", 5]) },
    goes: [["modem", "modem", 2, 3, 4]]
  },
  {
    name: "a table with a slot less",
    change: { atImages: table([1, old, 7], [2, "02.08.02.00", 2], [3, "02.20.03.22", 1]) },
    goes: [["modem", "modem", 2, 3, 4]]
  },
  {
    name: "a table with an empty slot",
    change: {
      atImages: table([1, old, 7], [2, "02.08.02.00", 2], [3, "02.20.03.22", 1], [4, "", 0, "EMPTY"])
    },
    goes: []
  },
  {
    name: "a slot that is BAD, which was used never",
    change: { atImages: table([1, old, 7], [2, "02.08.02.00", 4], [3, "", 0, "BAD"], [4, "02.14.03.00", 5]) },
    goes: [["modem", "least-recently-used", 3]]
  },
  { name: "stored already", change: { wanted: { ...wanted, firmware: "02.14.03.00" } }, goes: [] },
  {
    name: "stored already and sent all the same: written where it lies",
    change: { wanted: { ...wanted, firmware: "02.14.03.00" }, overrideDownload: true },
    goes: []
  },
  { name: "no system image to send", change: { sends: { system: false, carrier: true } }, goes: [] },
  { name: "a slot that was chosen", change: { modemStorageIndex: 4 }, goes: [["modem", "chosen", 4]] },
  {
    name: "a chosen slot that is free",
    change: { facts: factsOf(full.slice(0, 3)), modemStorageIndex: 4 },
    goes: []
  },
  {
    name: "a chosen slot, and the firmware is stored in another",
    change: { wanted: { ...wanted, firmware: "02.14.03.00" }, modemStorageIndex: 3 },
    goes: []
  },
  {
    name: "the same, sent all the same",
    change: { wanted: { ...wanted, firmware: "02.14.03.00" }, modemStorageIndex: 3, overrideDownload: true },
    goes: [["modem", "chosen", 3]]
  },
  {
    name: "one slot for everything",
    change: {
      facts: factsOf([], {
        storedImages: {
          _tag: "Supported",
          value: { maximumModemImages: 1, maximumPriImages: 0, images: [inSlot(1, old, true)] }
        }
      })
    },
    goes: [["modem", "modem", 1]]
  },
  {
    name: "what runs is in no slot",
    change: { facts: factsOf([...full.slice(1), inSlot(1, "02.05.07.00")]), atImages: undefined },
    goes: [["modem", "modem", 2, 3, 4, 1]]
  },
  { name: "no list", change: { facts: facts9200 }, goes: [] }
]

describe("what an update overwrites", () => {
  for (const { change, goes: expected, name } of cases) {
    it(name, () => {
      assert.deepStrictEqual(goes(change), expected)
    })
  }

  it("carrier images: only when all places are taken and it is not one of them", () => {
    const pris = Array.from({ length: 50 }, (_, index) =>
      storedPri(old, index === 0 ? "GENERIC" : `C${String(index)}`, "002.026_000", index === 0)
    )
    const [eviction] = Result.getOrThrow(planSlots(input({ facts: factsOf([...full.slice(0, 2), ...pris]) })))
    assert.deepStrictEqual([eviction?.type, eviction?.by, eviction?.images.length], ["pri", "modem", 49])
    assert.isFalse(eviction?.images.some(({ running }) => running))
    assert.deepStrictEqual(goes({ facts: factsOf([...full.slice(0, 2), ...pris.slice(1)]) }), [])
    const again = { firmware: old, config: "002.026_000", carrier: "C7" }
    assert.deepStrictEqual(goes({ facts: factsOf([...full.slice(0, 2), ...pris]), wanted: again }), [])
    assert.deepStrictEqual(
      goes({ facts: factsOf([...full.slice(0, 2), ...pris]), sends: { system: true, carrier: false } }),
      []
    )
  })

  it("is asked by AT only where that decides", () => {
    const asks = (change: Partial<SlotsInput>) => asksForUse(Result.getOrThrow(planSlots(input(change))))
    assert.isTrue(asks({}))
    assert.isFalse(asks({ facts: factsOf(full.slice(0, 3)) }))
    assert.isFalse(asks({ modemStorageIndex: 4 }))
    assert.isFalse(asks({ atImages: known }))
  })

  it("never is the slot that runs, nor the one that the modem is told to run", () => {
    const refused = (change: Partial<SlotsInput>) =>
      Result.getOrThrow(Result.flip(planSlots(input({ ...change, modemStorageIndex: 1 })))).reason
    assert.deepStrictEqual(refused({}), { _tag: "SlotInUse", slot: 1, image: old, use: "running" })
    assert.deepStrictEqual(refused({ wanted: { ...wanted, firmware: old }, overrideDownload: true })._tag, "SlotInUse")
    const pending = factsOf([inSlot(1, "02.30.01.01"), inSlot(2, old, true)], {
      preference: { _tag: "Supported", value: { current: { ...preferred, firmware: "02.30.01.01" } } }
    })
    assert.deepStrictEqual(refused({ facts: pending }), {
      _tag: "SlotInUse",
      slot: 1,
      image: "02.30.01.01",
      use: "preferred"
    })
    // Written again with the same, it is there afterwards.
    assert.deepStrictEqual(
      goes({ facts: pending, wanted: { ...wanted, firmware: "02.30.01.01" }, modemStorageIndex: 1 }),
      []
    )
  })

  it("is said in one sentence", () => {
    const text = (change: Partial<SlotsInput>) =>
      Result.getOrThrow(planSlots(input(change))).map((one) => evictionText(one, 4))
    assert.deepStrictEqual(text({ atImages: known }), [
      "all 4 firmware slots are in use: slot 3, 02.20.03.22, is overwritten, which was used least lately"
    ])
    assert.deepStrictEqual(text({}), [
      "all 4 firmware slots are in use: the modem overwrites the one used least lately, and does not tell which of these: " +
        "slot 2, 02.08.02.00; slot 3, 02.20.03.22; slot 4, 02.14.03.00"
    ])
    assert.deepStrictEqual(text({ modemStorageIndex: 4 }), ["slot 4, 02.14.03.00, is overwritten: its slot was chosen"])
  })
})
