/** Stored images by name: what can be selected, what is meant, what may be deleted, and when firmware is lost. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import type { ModemFacts, StoredImage } from "../../src/plan/facts.ts"
import {
  afterDeletion,
  checkDeletable,
  checkPair,
  chooseImage,
  choosePair,
  lossOfFirmware,
  storedPairs,
  useOf
} from "../../src/plan/stored.ts"
import type { StoredWords } from "../../src/plan/stored.ts"
import { facts9200, facts9x30, stored, storedModem, storedPri } from "../support/plan-facts.ts"

const slot = (storageIndex: number, image: StoredImage): StoredImage => ({ ...image, storageIndex })

const images: ReadonlyArray<StoredImage> = [
  slot(1, storedModem("02.33.03.00", true)),
  slot(2, storedModem("02.24.05.06")),
  slot(3, storedModem("02.08.02.00")),
  storedPri("02.33.03.00", "GENERIC", "002.072_000", true),
  storedPri("02.33.03.00", "ATT", "002.068_000"),
  storedPri("02.24.05.06", "GENERIC", "002.026_000"),
  storedPri("02.24.05.06", "GENEU-4G", "002.020_000"),
  storedPri("02.24.05.06", "GENEU-4G", "002.021_000"),
  storedPri("02.05.07.00", "GENERIC", "002.001_000"),
  storedPri("00.00.00.00", "OEMPRI918", "001.000_000")
]
const facts: ModemFacts = { ...facts9x30, storedImages: stored(...images) }

const words = (text: string): StoredWords => {
  const [firmware = "", carrier, config] = text.split(" ")
  return {
    firmware,
    ...(carrier === undefined ? {} : { carrier }),
    ...(config === undefined ? {} : { config })
  }
}
const show = ({ carrier, config, firmware }: { firmware: string; carrier: string; config: string }) =>
  `${firmware} ${carrier} ${config}`

describe("what can be selected", () => {
  it("are carrier images whose firmware is stored and whole", () => {
    const list = facts.storedImages._tag === "Supported" ? facts.storedImages.value : undefined
    assert.deepStrictEqual(storedPairs(list!).map(show), [
      "02.33.03.00 GENERIC 002.072_000",
      "02.33.03.00 ATT 002.068_000",
      "02.24.05.06 GENERIC 002.026_000",
      "02.24.05.06 GENEU-4G 002.020_000",
      "02.24.05.06 GENEU-4G 002.021_000"
    ])
    const bad = images.map((image) => (image.storageIndex === 2 ? { ...image, status: "BAD" } : image))
    assert.isFalse(storedPairs({ ...list!, images: bad }).some(({ firmware }) => firmware === "02.24.05.06"))
  })

  const found: ReadonlyArray<readonly [string, string]> = [
    ["02.33.03.00 ATT 002.068_000", "02.33.03.00 ATT 002.068_000"],
    ["02.33 A", "02.33.03.00 ATT 002.068_000"],
    ["02.24 GENERIC", "02.24.05.06 GENERIC 002.026_000"],
    ["02.24 GENEU 002.021", "02.24.05.06 GENEU-4G 002.021_000"],
    ["02 ATT", "02.33.03.00 ATT 002.068_000"]
  ]
  for (const [text, pair] of found) {
    it(`is named by ${text}`, () => {
      assert.strictEqual(show(Result.getOrThrow(choosePair(facts, words(text)))), pair)
    })
  }

  const refused: ReadonlyArray<readonly [string, string]> = [
    ["02.33", "SeveralStored"],
    ["02.24 GEN", "SeveralStored"],
    ["02.24.05.06 GENEU-4G", "SeveralStored"],
    ["02.33.03.00 att", "CarrierCase"],
    ["02.33.03.00 Generic 002.072_000", "CarrierCase"],
    ["02.33.03.00 TMO", "NotStored"],
    ["02.08.02.00", "NotStored"],
    ["02.05.07.00 GENERIC", "NotStored"],
    ["", "NotStored"],
    ["33", "NotStored"]
  ]
  for (const [text, tag] of refused) {
    it(`is not named by ${JSON.stringify(text)}: ${tag}`, () => {
      assert.strictEqual(Result.getOrThrow(Result.flip(choosePair(facts, words(text)))).reason._tag, tag)
    })
  }

  it("is told with all that may be meant", () => {
    const { message } = Result.getOrThrow(Result.flip(choosePair(facts, words("02.33"))))
    assert.strictEqual(
      message,
      "02.33 may be any of these: 02.33.03.00, GENERIC 002.072_000; 02.33.03.00, ATT 002.068_000"
    )
    assert.strictEqual(
      Result.getOrThrow(Result.flip(choosePair(facts9200, words("03.05")))).reason._tag,
      "NoStoredImages"
    )
  })

  it("is checked once more in full, capitals too", () => {
    const att = { firmware: "02.33.03.00", carrier: "ATT", config: "002.068_000" }
    assert.deepStrictEqual(Result.getOrThrow(checkPair(facts, att)), att)
    for (const change of [
      { carrier: "AT" },
      { carrier: "att" },
      { config: "002.068_00" },
      { firmware: "02.08.02.00" }
    ]) {
      assert.isTrue(Result.isFailure(checkPair(facts, { ...att, ...change })), JSON.stringify(change))
    }
  })
})

describe("what may be deleted", () => {
  const chosen = (text: string, of = facts) =>
    Result.flatMap(chooseImage(of, words(text)), (image) => checkDeletable(of, image))
  const tagOf = (text: string, of = facts) => Result.getOrThrow(Result.flip(chosen(text, of))).reason

  it("is named in full", () => {
    assert.strictEqual(Result.getOrThrow(chosen("02.08.02.00")).storageIndex, 3)
    assert.strictEqual(Result.getOrThrow(chosen("02.33.03.00 ATT")).uniqueId, "002.068_000")
    assert.strictEqual(Result.getOrThrow(chosen("02.05.07.00 GENERIC 002.001_000")).buildId, "02.05.07.00_GENERIC")
    for (const text of ["02.08", "02.33.03.00 A", "02.33.03.00 ATT 002", "", "02.99.00.00"]) {
      assert.strictEqual(tagOf(text)._tag, "NotStored", text)
    }
    assert.strictEqual(tagOf("02.24.05.06 GENEU-4G")._tag, "SeveralStored")
    assert.strictEqual(tagOf("02.33.03.00 att")._tag, "CarrierCase")
  })

  it("does not run and is not preferred", () => {
    assert.deepStrictEqual(tagOf("02.33.03.00"), { _tag: "ImageInUse", image: "02.33.03.00", use: "running" })
    assert.deepStrictEqual(tagOf("02.33.03.00 GENERIC"), {
      _tag: "ImageInUse",
      image: "02.33.03.00, GENERIC 002.072_000",
      use: "running"
    })
    const pending: ModemFacts = {
      ...facts,
      preference: {
        _tag: "Supported",
        value: { current: { firmware: "02.24.05.06", carrier: "GENERIC", config: "002.026_000" } }
      }
    }
    for (const text of ["02.24.05.06", "02.24.05.06 GENERIC"]) {
      assert.deepInclude(tagOf(text, pending), { _tag: "ImageInUse", use: "preferred" })
    }
    assert.isTrue(Result.isSuccess(chosen("02.24.05.06 GENEU-4G 002.020_000", pending)))
  })

  it("is known by its names where the modem does not say which carrier image runs (AT)", () => {
    const silent = images.map((image) => ({ ...image, running: false }))
    const byNames: ModemFacts = { ...facts, storedImages: stored(...silent) }
    assert.strictEqual(useOf(byNames, silent[0]!), "running")
    assert.strictEqual(useOf(byNames, silent[3]!), "running")
    assert.strictEqual(useOf(byNames, silent[4]!), undefined)
    const { carrier: _carrier, config: _config, ...nameless } = byNames
    assert.strictEqual(useOf(nameless, silent[4]!), "perhaps running")
    assert.strictEqual(useOf(nameless, silent[5]!), undefined)
  })

  it("is one image: two slots with the same version have one name", () => {
    const twice: ModemFacts = { ...facts, storedImages: stored(...images, slot(4, storedModem("02.08.02.00"))) }
    assert.strictEqual(tagOf("02.08.02.00", twice)._tag, "SeveralStored")
  })

  it("leaves halves, which are named", () => {
    const notes = (text: string) => afterDeletion(facts, Result.getOrThrow(chooseImage(facts, words(text))))
    assert.include(notes("02.24.05.06")[0], "02.24.05.06, GENERIC 002.026_000; 02.24.05.06, GENEU-4G 002.020_000")
    assert.deepStrictEqual(notes("02.08.02.00"), [])
    assert.deepStrictEqual(notes("02.33.03.00 ATT"), [])
    assert.deepStrictEqual(notes("02.05.07.00 GENERIC"), [])
    const one: ModemFacts = {
      ...facts,
      storedImages: stored(slot(1, storedModem("02.08.02.00")), storedPri("02.08.02.00", "ATT", "001.000_000"))
    }
    assert.deepStrictEqual(afterDeletion(one, storedPri("02.08.02.00", "ATT", "001.000_000")), [
      "firmware 02.08.02.00 stays stored without a carrier image: it cannot be selected then"
    ])
  })
})

describe("loss of firmware", () => {
  it("is what the modem says, not what it leaves open", () => {
    assert.isUndefined(lossOfFirmware(facts))
    assert.isUndefined(lossOfFirmware(facts9200))
    const silent = images.map((image) => ({ ...image, running: false }))
    assert.isUndefined(lossOfFirmware({ ...facts, storedImages: stored(...silent) }))
    const lost = lossOfFirmware({
      ...facts,
      storedImages: {
        _tag: "Supported",
        value: { maximumModemImages: 4, maximumPriImages: 50, images: silent, runningOutside: true }
      }
    })
    assert.match(lost?.means ?? "", /loss of firmware: 02\.33\.03\.00 runs, but is in none .*slot 255/)
    assert.match(lost?.cure ?? "", /boothold update/)
  })
})
