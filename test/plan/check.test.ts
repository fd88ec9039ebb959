import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { swi9200 } from "../../src/device/families/swi9200.ts"
import { swi9x15 } from "../../src/device/families/swi9x15.ts"
import { swi9x30 } from "../../src/device/families/swi9x30.ts"
import { modemOf } from "../../src/device/Modem.ts"
import { buildCarrierImage, buildCombinedImage, buildSystemImage } from "../../src/image/builder.ts"
import { parse } from "../../src/image/CweScanner.ts"
import type { FirmwareImage } from "../../src/image/FirmwareImage.ts"
import { makeSet } from "../../src/image/ImageSet.ts"
import { checkImages } from "../../src/plan/check.ts"
import type { CheckInput } from "../../src/plan/check.ts"
import { planCatalogue, PlanError } from "../../src/plan/PlanError.ts"
import * as Update from "../../src/update/Update.ts"
import { fakeBus, heldDevice, onBus, usbDevice } from "../support/fake-bus.ts"
import { facts9200, facts9x30, preference, stored, storedPri } from "../support/plan-facts.ts"

const spec = { familyToken: "SWI9X30C", firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_000" }
const open = (name: string, bytes: Uint8Array): FirmwareImage => Result.getOrThrow(parse(name, bytes))
const system = open("system.cwe", buildSystemImage(spec))
const carrier = open("carrier.nvu", buildCarrierImage(spec))
const other = open("other.cwe", buildSystemImage({ familyToken: "SWI9X15C", firmware: "05.05.78.00" }))
const old = open(
  "old.cwe",
  buildCombinedImage({ familyToken: "9200", firmware: "03.05.29.03", carrier: "generic", config: "000.000_001" })
)

const input = (change: Partial<CheckInput> = {}): CheckInput => ({
  facts: facts9x30,
  family: swi9x30,
  images: [system, carrier],
  wanted: preference,
  modemStorageIndex: undefined,
  ...change
})
const passes = (change: Partial<CheckInput> = {}) => Result.getOrThrow(checkImages(input(change)))
const refused = (change: Partial<CheckInput>) => Result.getOrThrow(Result.flip(checkImages(input(change)))).reason

const named = (image: FirmwareImage, token: string | undefined, products = image.products): FirmwareImage => ({
  ...image,
  products,
  values: { ...image.values, familyToken: { value: token, sources: [] } }
})

describe("images that fit the modem", () => {
  it("pass, and the plan can say so", () => {
    assert.deepStrictEqual(passes(), {
      passed: ["system.cwe: all CRCs right, made for SWI9X30", "carrier.nvu: all CRCs right, made for SWI9X30"],
      warnings: []
    })
    assert.deepStrictEqual(
      passes({ facts: facts9200, family: swi9200, images: [old], wanted: { firmware: "03.05.29.03" } }).warnings,
      []
    )
  })

  it("pass for a modem in boot-and-hold, which tells nothing", () => {
    assert.strictEqual(passes({ facts: undefined }).passed.length, 2)
  })

  it("pass with the case of a product code or token that varies, and with a model for a token", () => {
    assert.strictEqual(passes({ images: [named(system, "swi9x30c", ["9x30"]), carrier] }).passed.length, 2)
    assert.strictEqual(passes({ images: [named(system, "EM7455"), carrier] }).passed.length, 2)
  })
})

describe("images for another family", () => {
  it("are refused by the token of their version", () => {
    assert.deepStrictEqual(refused({ images: [other] }), {
      _tag: "WrongFamily",
      file: "other.cwe",
      says: "version",
      found: "SWI9X15C",
      wanted: "SWI9X30"
    })
    // A family that boothold does not know is another one too.
    assert.strictEqual(refused({ images: [system, named(carrier, "SWI9X50C")] })._tag, "WrongFamily")
  })

  it("are refused by the product code of any part, although the version says the right thing", () => {
    assert.deepStrictEqual(refused({ images: [named(system, "SWI9X30C", ["9X30", "9X15"])] }), {
      _tag: "WrongFamily",
      file: "system.cwe",
      says: "product code",
      found: "9X15",
      wanted: "SWI9X30"
    })
  })

  it("are refused where neither token nor product tells a family", () => {
    for (const token of [undefined, "EM7455"]) {
      assert.deepStrictEqual(refused({ images: [named(system, token, [])] }), {
        _tag: "FamilyUnknown",
        file: "system.cwe",
        wanted: "SWI9X30"
      })
    }
  })

  it("are refused where the modem itself is of another family", () => {
    assert.deepStrictEqual(refused({ family: swi9x15 }), {
      _tag: "NoFamily",
      found: `${facts9x30.revision} is not SWI9X15`
    })
  })
})

describe("an image that cannot be sent", () => {
  it("has more chunks than a sequence number can count", () => {
    const maximum = 65_535 * 1_048_576
    assert.deepStrictEqual(refused({ images: [{ ...system, payloadSize: maximum + 1 }, carrier] }), {
      _tag: "TooLarge",
      file: "system.cwe",
      bytes: maximum + 1,
      maximum
    })
    assert.strictEqual(passes({ images: [{ ...system, payloadSize: maximum }, carrier] }).passed.length, 2)
  })
})

describe("the slot that the user chose", () => {
  it("must be one that the modem has", () => {
    for (const modemStorageIndex of [2, 4]) assert.strictEqual(passes({ modemStorageIndex }).passed.length, 2)
    for (const wanted of [0, 5]) {
      assert.deepStrictEqual(refused({ modemStorageIndex: wanted }), {
        _tag: "StorageIndexOutOfRange",
        wanted,
        maximum: 4
      })
    }
  })

  it("means nothing to a family without preferences", () => {
    assert.deepStrictEqual(
      refused({
        facts: facts9200,
        family: swi9200,
        images: [old],
        wanted: { firmware: "03.05.29.03" },
        modemStorageIndex: 1
      }),
      { _tag: "OptionWithoutPreference", option: "--modem-storage-index", family: "SWI9200" }
    )
  })
})

describe("the carrier", () => {
  const wish = (name: string) => ({ ...preference, carrier: name })

  it("must be written as in the carrier image", () => {
    assert.deepStrictEqual(refused({ wanted: wish("Generic") }), {
      _tag: "CarrierCase",
      wanted: "Generic",
      found: "GENERIC"
    })
  })

  it("must be written as it is stored, where no carrier image is sent", () => {
    assert.deepStrictEqual(refused({ images: [system], wanted: wish("generic") }), {
      _tag: "CarrierCase",
      wanted: "generic",
      found: "GENERIC"
    })
    assert.strictEqual(passes({ images: [system] }).passed.length, 1)
  })

  it("may be one of two that differ in case only, where the modem stores both", () => {
    const storedImages = stored(
      storedPri("02.33.03.00", "GENERIC", "002.072_000", true),
      storedPri("02.33.03.00", "Generic", "002.072_000")
    )
    assert.strictEqual(
      passes({ images: [system], wanted: wish("Generic"), facts: { ...facts9x30, storedImages } }).passed.length,
      1
    )
  })

  it("needs its image where the modem does not store it", () => {
    assert.deepStrictEqual(refused({ images: [system], wanted: wish("ATT") }), {
      _tag: "Incomplete",
      missing: ["a carrier image"]
    })
    // A modem in boot-and-hold cannot be asked, and takes any part of its set.
    assert.strictEqual(passes({ images: [system], wanted: wish("ATT"), facts: undefined }).passed.length, 1)
  })
})

describe("a chosen slot", () => {
  it("is not the one that runs", () => {
    assert.deepStrictEqual(refused({ modemStorageIndex: 1 }), {
      _tag: "SlotInUse",
      slot: 1,
      image: "02.33.03.00",
      use: "running"
    })
  })
})

describe("warnings of a plan", () => {
  it("say why the modem is in low power now", () => {
    assert.deepStrictEqual(passes({ facts: { ...facts9x30, offlineReasons: ["pri-image"] } }).warnings, [
      { detail: "the modem is held in low power now: pri-image" }
    ])
  })
})

describe("a plan for the wrong mode", () => {
  const images = { set: Result.getOrThrow(makeSet([system, carrier])), images: [] }
  const refusal = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.map(Effect.flip(effect), (error) => {
      assert(error instanceof PlanError)
      return error
    })

  it.effect("is refused before the modem is touched", () =>
    Effect.gen(function* () {
      const held = modemOf(heldDevice())
      const running = modemOf(usbDevice())
      const bus = fakeBus(held.device)
      for (const planned of [Update.plan(held, images), Update.planHold(held), Update.facts(held)]) {
        const error = yield* refusal(onBus(bus, planned as Effect.Effect<unknown, unknown>))
        assert.deepStrictEqual(error.reason, { _tag: "InBootAndHold", modem: held.label })
      }
      const error = yield* refusal(onBus(bus, Update.planDownload(running, images)))
      assert.deepStrictEqual(error.reason, { _tag: "NotInBootAndHold", modem: running.label })
      assert.strictEqual(bus.looks(), 0)
    })
  )
})

describe("a refused plan", () => {
  it("has a code of its own, a sentence and a next step for every reason", () => {
    const entries = Object.values(planCatalogue)
    assert.strictEqual(new Set(entries.map(({ code }) => code)).size, entries.length)
    const error = new PlanError({ reason: { _tag: "CarrierCase", wanted: "Generic", found: "GENERIC" } })
    assert.strictEqual(
      error.message,
      "carrier Generic differs from GENERIC in capitals only, and the modem tells them apart"
    )
    assert.deepStrictEqual([error.code, error.help], [planCatalogue.CarrierCase.code, planCatalogue.CarrierCase.help])
  })
})
