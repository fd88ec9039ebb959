import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { behaviour, em7455, make, mc7354, mc7710 } from "../../src/sim/index.ts"
import type { ModemOptions } from "../../src/sim/index.ts"
import { initialState } from "../../src/sim/ModemSetup.ts"
import { models } from "../../src/sim/models/models.ts"
import type { SimModem } from "../../src/sim/index.ts"
import { openLine, preferenceAnswer, qmi, setPreference, wait } from "./support.ts"

/** A client with CID 5, as in the captures of qmi.md: four others have theirs. */
const fifthClient = Effect.fnUntraced(function* (modem: SimModem) {
  const line = yield* openLine(modem, "control")
  for (let client = 1; client < 5; client++) yield* line.ask(qmi.allocateDms)
  assert.strictEqual(
    yield* line.ask(qmi.allocateDms),
    "01 17 00 80 00 00 01 02 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05"
  )
  return line
})

/** The MC7354 of the captures. */
const captured: ModemOptions = {
  state: {
    ...initialState(models.mc7354, { firmware: "05.05.58.00", config: "005.025_002", carrier: "Generic" }),
    running: {
      firmware: "05.05.58.00",
      config: "005.025_002",
      carrier: "Generic",
      build: " r27038 carmd-fwbuild1",
      slot: 1
    }
  }
}

const client = Effect.fnUntraced(function* (modem: SimModem) {
  const line = yield* openLine(modem, "control")
  yield* line.ask(qmi.allocateDms)
  return line
})

/** Error code of a DMS answer: the last two bytes of its result TLV. */
const errorOf = (answer: string): number => {
  const bytes = answer.split(" ").map((pair) => Number.parseInt(pair, 16))
  return (bytes[18] ?? 0) | ((bytes[19] ?? 0) << 8)
}

describe("CTL of a simulated modem", () => {
  it.effect("answers Sync, Allocate and Release as captured", () =>
    Effect.gen(function* () {
      const line = yield* fifthClient(yield* make(mc7354()))
      assert.strictEqual(
        yield* line.ask("01 10 00 00 00 00 00 03 23 00 05 00 01 02 00 02 05"),
        "01 17 00 80 00 00 01 03 23 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05"
      )
      assert.strictEqual(
        yield* line.ask("01 0b 00 00 00 00 00 01 27 00 00 00"),
        "01 12 00 80 00 00 01 01 27 00 07 00 02 04 00 00 00 00 00"
      )
    })
  )

  it.effect("frees the clients of everybody when one asks for Sync", () =>
    Effect.gen(function* () {
      const line = yield* client(yield* make(em7455()))
      assert.strictEqual(errorOf(yield* line.ask(qmi.getMode)), 0)
      yield* line.ask("01 0b 00 00 00 00 00 01 27 00 00 00")
      assert.strictEqual(errorOf(yield* line.ask(qmi.getMode)), 7)
    })
  )

  it.effect("refuses clients of services it does not have, and more clients than fit", () =>
    Effect.gen(function* () {
      const line = yield* openLine(yield* make(em7455()), "control")
      assert.strictEqual(
        yield* line.ask("01 0f 00 00 00 00 00 02 22 00 04 00 01 01 00 e3"),
        "01 12 00 80 00 00 01 02 22 00 07 00 02 04 00 01 00 1f 00"
      )
      for (let count = 0; count < 16; count++) yield* line.ask(qmi.allocateDms)
      assert.strictEqual(yield* line.ask(qmi.allocateDms), "01 12 00 80 00 00 01 02 22 00 07 00 02 04 00 01 00 05 00")
    })
  )

  it.effect("lists its services with Get Version Info", () =>
    Effect.gen(function* () {
      const line = yield* openLine(yield* make(em7455()), "control")
      const answer = yield* line.ask("01 0b 00 00 00 00 00 07 21 00 00 00")
      assert.isTrue(
        answer.startsWith("01 34 00 80 00 00 01 07 21 00 29 00 02 04 00 00 00 00 00 01 1f 00 06 00 01 00 05 00")
      )
    })
  )
})

describe("DMS of a simulated modem", () => {
  it.effect("answers Get Firmware Preference as captured", () =>
    Effect.gen(function* () {
      const line = yield* fifthClient(yield* make(mc7354(captured)))
      assert.strictEqual(
        yield* line.ask("01 0c 00 00 02 05 00 01 00 47 00 00 00"),
        "01 5b 00 80 02 05 02 01 00 47 00 4f 00 02 04 00 00 00 00 00 01 45 00 02 " +
          "00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d 30 35 2e 30 35 2e 35 38 2e 30 30 5f 3f " +
          "01 30 30 35 2e 30 32 35 5f 30 30 32 00 00 00 00 00 13 30 35 2e 30 35 2e 35 38 2e 30 30 5f 47 65 6e 65 72 69 63"
      )
    })
  )

  it.effect("answers Set Firmware Preference with slot and override as captured: both images wanted", () =>
    Effect.gen(function* () {
      const modem = yield* make(mc7354(captured))
      const line = yield* fifthClient(modem)
      assert.strictEqual(
        yield* line.ask(
          "01 5c 00 00 02 05 00 01 00 48 00 50 00 11 01 00 02 10 01 00 01 01 45 00 02 " +
            "00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d 30 35 2e 30 35 2e 35 38 2e 30 30 5f 3f " +
            "01 30 30 35 2e 30 32 35 5f 30 30 32 00 00 00 00 00 13 30 35 2e 30 35 2e 35 38 2e 30 30 5f 47 65 6e 65 72 69 63"
        ),
        "01 19 00 80 02 05 02 01 00 48 00 0d 00 02 04 00 00 00 00 00 01 03 00 02 00 01"
      )
      const { downloadForced, storageIndex } = yield* modem.state
      assert.deepStrictEqual({ downloadForced, storageIndex }, { downloadForced: true, storageIndex: 2 })
    })
  )

  it.effect("lists stored images: positions of what runs, slots, and carriers in slot FF", () =>
    Effect.gen(function* () {
      const state = initialState(models.mc7354, { firmware: "05.05.66.00", carrier: "Generic", config: "005.025_002" })
      const slots = state.slots.map((slot) =>
        slot.slot === 1
          ? { ...slot, firmware: "05.05.58.00" }
          : slot.slot === 2
            ? { ...slot, status: "GOOD" as const, firmware: "05.05.66.00" }
            : slot
      )
      const modem = yield* make(mc7354({ state: { ...state, slots, running: { ...state.running, slot: 2 } } }))
      const line = yield* client(modem)
      assert.strictEqual(
        yield* line.ask(qmi.listImages),
        // The modem list is that of qmi.md §6.2, except for the failure count of the second image.
        "01 85 00 80 02 01 02 05 00 49 00 79 00 02 04 00 00 00 00 00 01 6f 00 02 " +
          "00 04 01 02 " +
          "01 00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d 30 35 2e 30 35 2e 35 38 2e 30 30 5f 3f " +
          "02 00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d 30 35 2e 30 35 2e 36 36 2e 30 30 5f 3f " +
          "01 32 00 01 " +
          "ff ff 30 30 35 2e 30 32 35 5f 30 30 32 00 00 00 00 00 13 30 35 2e 30 35 2e 36 36 2e 30 30 5f 47 65 6e 65 72 69 63"
      )
    })
  )

  it.effect("says its revision, ids and current firmware as captured", () =>
    Effect.gen(function* () {
      const line = yield* client(yield* make(mc7354(captured)))
      const text = (hex: string) => String.fromCharCode(...hex.split(" ").map((pair) => Number.parseInt(pair, 16)))
      const revision = yield* line.ask("01 0c 00 00 02 01 00 01 00 23 00 00 00")
      assert.isTrue(revision.startsWith("01 40 00 80 02 01 02 01 00 23 00 34 00 02 04 00 00 00 00 00 01 2a 00"))
      assert.include(text(revision), "SWI9X15C_05.05.58.00 r27038 carmd-fwbuild1")
      const ids = yield* line.ask("01 0c 00 00 02 01 00 01 00 25 00 00 00")
      assert.include(ids, "02 04 00 00 00 00 00 10 01 00 30 11 0f 00 31 32 33 34")
      const current = yield* line.ask("01 0c 00 00 02 01 00 01 00 56 55 00 00")
      assert.include(current, "10 06 00 4d 43 37 33 35 34")
      assert.include(current, "12 14 00 53 57 49 39 58 31 35 43 5f 30 35 2e 30 35 2e 35 38 2e 30 30")
      assert.include(current, "17 07 00 47 65 6e 65 72 69 63")
    })
  )

  it.effect("does not know Set Firmware ID on 9x15 and answers error 71 as captured", () =>
    Effect.gen(function* () {
      const line = yield* fifthClient(yield* make(mc7354()))
      assert.strictEqual(
        yield* line.ask("01 0c 00 00 02 05 00 01 00 3e 00 00 00"),
        "01 13 00 80 02 05 02 01 00 3e 00 07 00 02 04 00 01 00 47 00"
      )
    })
  )

  it.effect("goes offline and resets as captured, in this order only", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      const line = yield* fifthClient(modem)
      const reset = "01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 04"
      assert.strictEqual(errorOf(yield* line.ask(reset)), 60)
      assert.strictEqual(
        yield* line.ask("01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 03"),
        "01 13 00 80 02 05 02 01 00 2e 00 07 00 02 04 00 00 00 00 00"
      )
      assert.strictEqual(errorOf(yield* line.ask("01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 00")), 60)
      assert.strictEqual(errorOf(yield* line.ask(reset, 0.1)), 0)
      assert.strictEqual((yield* modem.state).mode, "application")
      yield* wait("2 seconds")
      assert.strictEqual((yield* modem.state).mode, "off")
      yield* wait("20 seconds")
      assert.strictEqual((yield* modem.state).mode, "application")
    })
  )

  it.effect("refuses malformed, missing and impossible arguments with different codes", () =>
    Effect.gen(function* () {
      const line = yield* client(yield* make(em7455()))
      // Set Operating Mode without its TLV, with one of two bytes, with a mode nobody knows.
      assert.strictEqual(errorOf(yield* line.ask("01 0c 00 00 02 01 00 01 00 2e 00 00 00")), 17)
      assert.strictEqual(errorOf(yield* line.ask("01 11 00 00 02 01 00 01 00 2e 00 05 00 01 02 00 03 00")), 1)
      assert.strictEqual(errorOf(yield* line.ask("01 10 00 00 02 01 00 01 00 2e 00 04 00 01 01 00 42")), 48)
      // A preference list that ends in the middle of its first entry.
      assert.strictEqual(errorOf(yield* line.ask("01 12 00 00 02 01 00 01 00 48 00 06 00 01 03 00 02 00 3f")), 1)
      // A preference of no images.
      assert.strictEqual(errorOf(yield* line.ask("01 10 00 00 02 01 00 01 00 48 00 04 00 01 01 00 00")), 48)
      // A preference of three images: the PRI twice.
      const two = setPreference("02.33.03.00", "GENERIC", "002.072_001").split(" ")
      const pri = two.slice(-37)
      const longer = (at: number) => (Number.parseInt(two[at] ?? "", 16) + pri.length).toString(16)
      const three = [...two.slice(0, 1), longer(1), ...two.slice(2, 11), longer(11), ...two.slice(12, 14), longer(14)]
      assert.strictEqual(errorOf(yield* line.ask([...three, "00", "03", ...two.slice(17), ...pri].join(" "))), 48)
      // A slot that the modem does not have.
      const frame = setPreference("02.33.03.00", "GENERIC", "002.072_001").split(" ")
      frame[1] = (Number.parseInt(frame[1] ?? "", 16) + 4).toString(16)
      frame[11] = (Number.parseInt(frame[11] ?? "", 16) + 4).toString(16)
      assert.strictEqual(errorOf(yield* line.ask(`${frame.join(" ")} 11 01 00 05`)), 49)
      assert.strictEqual(errorOf(yield* line.ask("01 0c 00 00 02 09 00 01 00 23 00 00 00")), 7)
    })
  )

  it.effect("skips frames that cannot be read and noise between frames", () =>
    Effect.gen(function* () {
      const line = yield* client(yield* make(em7455()))
      assert.strictEqual(yield* line.ask("41 54 0d 01 ff ff"), "")
      assert.strictEqual(errorOf(yield* line.ask(qmi.getMode)), 0)
    })
  )

  it.effect("takes requests in any pieces and several at once", () =>
    Effect.gen(function* () {
      const line = yield* client(yield* make(em7455()))
      assert.strictEqual(yield* line.ask(qmi.getMode.slice(0, 20)), "")
      assert.strictEqual(errorOf(yield* line.ask(qmi.getMode.slice(21))), 0)
      yield* line.ask(`${qmi.getMode} ${qmi.getPreference} ${qmi.listImages}`, 0.01)
      // Answers that need no flash are first.
      yield* wait("1 second")
      assert.strictEqual(line.reads().length, 2)
    })
  )

  it.effect("wants only what is not stored, compares with case, and remembers the preference at once", () =>
    Effect.gen(function* () {
      const stored = { firmware: "02.33.03.00", carrier: "GENERIC", config: "002.072_001" }
      const modem = yield* make(em7455({ storedFirmware: ["02.33.03.00"], storedCarriers: [stored] }))
      const line = yield* client(modem)
      assert.strictEqual(yield* line.ask(setPreference("02.33.03.00", "GENERIC", "002.072_001")), preferenceAnswer([]))
      assert.strictEqual(yield* line.ask(setPreference("02.33.03.00", "Generic", "002.072_001")), preferenceAnswer([1]))
      assert.strictEqual(
        yield* line.ask(setPreference("02.38.00.00", "GENERIC", "002.072_001")),
        preferenceAnswer([0, 1])
      )
      assert.strictEqual((yield* modem.state).preference?.firmware, "02.38.00.00")
    })
  )

  it.effect("switches to stored images with a reset alone", () =>
    Effect.gen(function* () {
      const stored = { firmware: "02.33.03.00", carrier: "ATT", config: "002.072_001" }
      const modem = yield* make(em7455({ storedFirmware: ["02.33.03.00"], storedCarriers: [stored] }))
      const line = yield* client(modem)
      yield* line.ask(setPreference("02.33.03.00", "ATT", "002.072_001"))
      yield* line.ask(qmi.offline)
      yield* line.ask(qmi.reset)
      yield* wait("30 seconds")
      const { mode, operatingMode, running } = yield* modem.state
      assert.deepStrictEqual(
        { mode, operatingMode, firmware: running.firmware, carrier: running.carrier, slot: running.slot },
        { mode: "application", operatingMode: 0, firmware: "02.33.03.00", carrier: "ATT", slot: 2 }
      )
    })
  )

  it.effect("holds for a forced download although everything is stored", () =>
    Effect.gen(function* () {
      const modem = yield* make(mc7354(captured))
      const line = yield* fifthClient(modem)
      yield* line.ask(
        "01 58 00 00 02 05 00 01 00 48 00 4c 00 10 01 00 01 01 45 00 02 " +
          "00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d 30 35 2e 30 35 2e 35 38 2e 30 30 5f 3f " +
          "01 30 30 35 2e 30 32 35 5f 30 30 32 00 00 00 00 00 13 30 35 2e 30 35 2e 35 38 2e 30 30 5f 47 65 6e 65 72 69 63"
      )
      yield* line.ask("01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 03")
      yield* line.ask("01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 04")
      yield* wait("30 seconds")
      assert.strictEqual((yield* modem.state).mode, "boot-and-hold")
    })
  )

  it.effect("says why it is in low power after an update that was given up, and stays there until it is set back", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      const line = yield* client(modem)
      yield* line.ask(setPreference("02.33.03.00", "ATT", "002.072_001"))
      yield* line.ask(qmi.offline)
      yield* line.ask(qmi.reset)
      yield* wait("30 seconds")
      assert.strictEqual((yield* modem.state).mode, "boot-and-hold")
      yield* modem.unplug
      yield* modem.plug()
      yield* wait("30 seconds")
      const again = yield* client(modem)
      // Mode 1, reasons 3 = host image and PRI image.
      assert.strictEqual(
        yield* again.ask(qmi.getMode),
        "01 20 00 80 02 01 02 03 00 2d 00 14 00 02 04 00 00 00 00 00 01 01 00 01 10 02 00 03 00 11 01 00 00"
      )
      const online = "01 10 00 00 02 01 00 01 00 2e 00 04 00 01 01 00 00"
      assert.strictEqual(errorOf(yield* again.ask(online)), 60)
      assert.strictEqual(yield* again.ask(setPreference("02.24.05.06", "GENERIC", "002.026_000")), preferenceAnswer([]))
      assert.strictEqual(errorOf(yield* again.ask(online)), 0)
      assert.strictEqual((yield* modem.state).operatingMode, 0)
    })
  )

  it.effect("goes into boot-and-hold by boot image download mode, once", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455())
      const line = yield* fifthClient(modem)
      assert.strictEqual(errorOf(yield* line.ask("01 10 00 00 02 05 00 01 00 50 00 04 00 01 01 00 01")), 0)
      assert.include(yield* line.ask("01 0c 00 00 02 05 00 01 00 4f 00 00 00"), "10 01 00 01")
      assert.strictEqual((yield* modem.state).mode, "application")
      yield* line.ask("01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 03")
      yield* line.ask("01 10 00 00 02 05 00 01 00 2e 00 04 00 01 01 00 04")
      yield* wait("30 seconds")
      assert.strictEqual((yield* modem.state).mode, "boot-and-hold")
      assert.strictEqual((yield* modem.state).bootImageDownloadMode, 0)
    })
  )

  it.effect("a 9200 knows no preference but reboots at once into boot-and-hold for Set Firmware ID", () =>
    Effect.gen(function* () {
      const modem = yield* make(mc7710())
      const line = yield* client(modem)
      assert.strictEqual(errorOf(yield* line.ask(qmi.getPreference)), 71)
      assert.strictEqual(errorOf(yield* line.ask(qmi.listImages)), 71)
      assert.strictEqual(errorOf(yield* line.ask("01 0c 00 00 02 01 00 01 00 3e 00 00 00")), 0)
      yield* wait("10 seconds")
      const attachment = yield* modem.attachment
      assert.deepStrictEqual(
        [attachment?.mode, attachment?.productId, attachment?.interfaceCount],
        ["boot-and-hold", 0x68a2, 1]
      )
    })
  )

  it.effect("deletes stored images, but not the one that runs", () =>
    Effect.gen(function* () {
      const modem = yield* make(em7455({ storedFirmware: ["02.33.03.00"] }))
      const line = yield* client(modem)
      const remove = (version: string) =>
        "01 2e 00 00 02 01 00 02 00 4a 00 22 00 01 1f 00 00 3f 5f 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 0d " +
        Array.from(`${version}_?`, (character) => character.charCodeAt(0).toString(16)).join(" ")
      assert.strictEqual(errorOf(yield* line.ask(remove("02.24.05.06"))), 23)
      assert.strictEqual(errorOf(yield* line.ask(remove("02.33.03.00"))), 0)
      assert.strictEqual(errorOf(yield* line.ask(remove("02.33.03.00"))), 50)
      assert.deepStrictEqual(
        (yield* modem.state).slots.map(({ status }) => status),
        ["GOOD", "EMPTY", "EMPTY", "EMPTY"]
      )
    })
  )

  it.effect("refuses what the model lacks with the code that this unit uses", () =>
    Effect.gen(function* () {
      for (const code of [71, 94, 25] as const) {
        const line = yield* client(yield* make(mc7710({ behaviours: [behaviour("notSupportedCode", { code })] })))
        assert.strictEqual(errorOf(yield* line.ask(qmi.getPreference)), code)
      }
    })
  )
})
