/** `boothold images list|select|delete`, whole, and what `plan` says of slots. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ImagesReport } from "../../src/cli/render/images.ts"
import { boothold, carrier, contains, runLines, system } from "./support.ts"

const modem = [
  ...["--simulate", "em7455"],
  ...["--simulate-stored", "02.08.02.00"],
  ...["--simulate-stored", "02.33.03.00,002.072_000,GENERIC"],
  ...["--simulate-stored", "02.33.03.00,002.068_000,ATT"]
]
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.toCodecJson(ImagesReport)), {
  onExcessProperty: "error"
})

describe("boothold images list", () => {
  it.effect("shows slots, carrier images, and what can be selected, in one picture", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["images", "list", ...modem])
      assert.strictEqual(code, 0)
      assert.strictEqual(
        out,
        [
          "EM7455 1199:9071 at 1-2, serial XX000000000000, application",
          "  running     02.24.05.06, GENERIC 002.026_000",
          "  preferred   02.24.05.06, GENERIC 002.026_000",
          "  firmware    3 of 4 slots in use",
          "              slot 1: 02.24.05.06  GOOD, LRU 3, running, preferred",
          "              slot 2: 02.08.02.00  GOOD, LRU 1",
          "              slot 3: 02.33.03.00  GOOD, LRU 2",
          "  carriers    3 of 50 places in use",
          "              02.24.05.06 GENERIC 002.026_000  GOOD, running, preferred",
          "              02.33.03.00 GENERIC 002.072_000  GOOD",
          "              02.33.03.00 ATT 002.068_000  GOOD",
          "  selectable  02.24.05.06, GENERIC 002.026_000",
          "              02.33.03.00, GENERIC 002.072_000",
          "              02.33.03.00, ATT 002.068_000"
        ].join("\n")
      )
    })
  )

  it.effect("is JSON of the promised form, by QMI, over MBIM and by AT", () =>
    Effect.gen(function* () {
      const told = (words: ReadonlyArray<string>) =>
        Effect.map(boothold(["images", "list", ...modem, "--json", ...words]), ({ out }) => decode(out))
      const report = yield* told([])
      assert.deepStrictEqual(
        report.images.map(({ firmware, lru, running, slot }) => [slot, firmware, lru, running]),
        [
          [1, "02.24.05.06", 3, true],
          [2, "02.08.02.00", 1, false],
          [3, "02.33.03.00", 2, false],
          [null, "02.24.05.06", null, true],
          [null, "02.33.03.00", null, false],
          [null, "02.33.03.00", null, false]
        ]
      )
      assert.deepStrictEqual(
        [report.firmwareSlots, report.carrierPlaces, report.selectable.length, report.loss, report.lruNote],
        [4, 50, 3, null, null]
      )
      // The same by AT, where it is known by its names which carrier image runs.
      const byAt = yield* told(["--by-at"])
      assert.deepStrictEqual(
        byAt.images.map(({ failures: _failures, ...image }) => image),
        report.images.map(({ failures: _failures, ...image }) => image)
      )
      const mbim = yield* told(["--simulate-composition", "9"])
      assert.deepStrictEqual([mbim.images[0]?.lru, mbim.lruNote], [null, "no AT port answers"])
    })
  )

  it.effect("says so where the modem lists none, or waits in boot-and-hold", () =>
    Effect.gen(function* () {
      const none = yield* boothold(["images", "list", "--simulate", "mc7710"])
      assert.strictEqual(none.code, 6)
      contains(none.err, "no list of stored images")
      const held = yield* boothold(["images", "list", "--simulate", "em7455", "--simulate-mode", "boot-and-hold"])
      assert.strictEqual(held.code, 13)
    })
  )
})

describe("boothold images select", () => {
  it.effect("makes the modem run the pair that its words name", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["images", "select", ...modem, "--yes", "02.33", "A"])
      assert.strictEqual(code, 0)
      contains(
        out,
        "Run what is stored",
        "firmware  02.24.05.06 → 02.33.03.00",
        "carrier   GENERIC → ATT",
        "risks     changes the preference, reboots the modem",
        "the modem runs 02.33.03.00, ATT, 002.068_000"
      )
    })
  )

  it.effect("prints JSON lines of the promised form", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["images", "select", ...modem, "--yes", "--json", "02.33", "GENERIC"])
      assert.strictEqual(code, 0)
      const lines = runLines(out)
      const [first] = lines
      const last = lines.at(-1)
      assert(first?._tag === "Plan" && last?._tag === "Result")
      assert.deepStrictEqual([first.action, first.images.length, last.outcome], ["select", 0, "selected"])
    })
  )

  it.effect("asks, and takes no for an answer", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const confirm = (question: string) => Effect.sync(() => (asked.push(question), false))
      for (const words of [
        ["select", "02.33", "ATT"],
        ["delete", "02.08.02.00"]
      ]) {
        const [command = "", ...rest] = words
        const { code, out } = yield* boothold(["images", command, ...modem, ...rest], { screen: { confirm } })
        assert.strictEqual(code, 9)
        assert.notInclude(out, "open the modem's control port")
      }
      assert.deepStrictEqual(asked, ["Make the modem run this, and restart it?", "Delete this image from the modem?"])
      const json = yield* boothold(["images", "delete", ...modem, "--json", "02.08.02.00"])
      assert.strictEqual(json.code, 2)
    })
  )

  const refused: ReadonlyArray<readonly [words: string, exit: number, says: string]> = [
    ["02.33", 2, "02.33 may be any of these: 02.33.03.00, GENERIC 002.072_000; 02.33.03.00, ATT 002.068_000"],
    ["02.33 att", 5, "carrier att differs from ATT in capitals only"],
    ["02.08", 12, "names no stored image"],
    ["02.33 ATT 002.068_000 more", 2, ""]
  ]
  for (const [words, exit, says] of refused) {
    it.effect(`ends with exit ${String(exit)}: ${words}`, () =>
      Effect.gen(function* () {
        const { code, err } = yield* boothold(["images", "select", ...modem, "--yes", ...words.split(" ")])
        assert.strictEqual(code, exit)
        contains(err, says)
      })
    )
  }

  it.effect("is taken back where the start ran the old firmware again", () =>
    Effect.gen(function* () {
      const fault = ["--simulate-behaviour", "switchFails"]
      const { code, err } = yield* boothold(["images", "select", ...modem, ...fault, "--yes", "02.33", "ATT"])
      assert.strictEqual(code, 22)
      contains(err, "state: The modem runs its old firmware 02.24.05.06 again")
      contains(err, `next:  boothold images select ${modem.join(" ")} --yes 02.33 ATT`)
    })
  )

  it.effect("advises itself again where nothing was changed", () =>
    Effect.gen(function* () {
      const fault = ["--simulate-behaviour", "qmiRefuses:message=72,code=3"]
      const { code, err } = yield* boothold(["images", "select", ...modem, ...fault, "--yes", "02.33", "ATT"])
      assert.strictEqual(code, 6)
      contains(err, `next:  boothold images select ${modem.join(" ")} --yes 02.33 ATT`)
    })
  )
})

describe("boothold images delete", () => {
  it.effect("deletes the one image that is named, and says what stays", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["images", "delete", ...modem, "--yes", "02.33.03.00"])
      assert.strictEqual(code, 0)
      contains(
        out,
        "deletes   slot 3: modem 02.33.03.00_? ?_?",
        "carrier images that belong to it stay stored, and are of no use without it: 02.33.03.00, GENERIC 002.072_000",
        "the image is deleted  2 firmware and 3 carrier images are left"
      )
      const json = yield* boothold(["images", "delete", ...modem, "--yes", "--json", "02.33.03.00", "ATT"])
      const lines = runLines(json.out)
      const [plan] = lines
      const last = lines.at(-1)
      assert(plan?._tag === "Plan" && last?._tag === "Result")
      assert.strictEqual(plan.deletes?.buildId, "02.33.03.00_ATT")
      assert.strictEqual(last.outcome, "deleted")
      assert(last.after?.storedImages._tag === "Supported")
      assert.notInclude(
        last.after.storedImages.value.images.map(({ buildId }) => buildId),
        "02.33.03.00_ATT"
      )
    })
  )

  it.effect("refuses what runs, and half a name", () =>
    Effect.gen(function* () {
      const running = yield* boothold(["images", "delete", ...modem, "--yes", "02.24.05.06"])
      assert.strictEqual(running.code, 2)
      contains(running.err, "02.24.05.06 is what the modem runs")
      assert.strictEqual((yield* boothold(["images", "delete", ...modem, "--yes", "02.08"])).code, 12)
    })
  )

  it.effect("is no success when the image is still there", () =>
    Effect.gen(function* () {
      const fault = ["--simulate-behaviour", "qmiIgnores:message=74"]
      const { code, err } = yield* boothold(["images", "delete", ...modem, ...fault, "--yes", "02.08.02.00"])
      assert.strictEqual(code, 8)
      contains(err, "still lists it", "state: The modem was not changed.")
    })
  )
})

describe("boothold plan, where slots are full", () => {
  const full = [...modem.slice(0, 4), "--simulate-stored", "02.20.03.22", "--simulate-stored", "02.14.03.00"]

  it.effect("names what goes", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["plan", ...full, system, carrier])
      assert.strictEqual(code, 0)
      contains(
        out,
        "goes      slot 2: modem 02.08.02.00_? ?_?",
        "02.08.02.00, is overwritten, which was used least lately"
      )
      const [json] = runLines(
        JSON.stringify(JSON.parse((yield* boothold(["plan", ...full, "--json", system, carrier])).out))
      )
      assert(json?._tag === "Plan")
      assert.deepStrictEqual(
        json.evictions.map(({ by, images }) => [by, images[0]?.buildId]),
        [["least-recently-used", "02.08.02.00_?"]]
      )
    })
  )

  it.effect("refuses the slot that runs", () =>
    Effect.gen(function* () {
      const { code, err } = yield* boothold(["plan", ...full, "--modem-storage-index", "1", system, carrier])
      assert.strictEqual(code, 2)
      contains(err, "slot 1 holds 02.24.05.06, which the modem runs")
    })
  )
})

describe("--simulate-stored", () => {
  it.effect("takes versions that fit", () =>
    Effect.gen(function* () {
      for (const bad of ["2.33", "02.33.03.00,a,b,c"]) {
        const { code } = yield* boothold(["images", "list", "--simulate", "em7455", "--simulate-stored", bad])
        assert.strictEqual(code, 2, bad)
      }
      const many = ["01", "03", "04", "05"].flatMap((word) => ["--simulate-stored", `${word}.00.00.00`])
      assert.strictEqual((yield* boothold(["images", "list", "--simulate", "em7455", ...many])).code, 2)
    })
  )
})
