import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { encodeCommand } from "../../../src/protocol/at/framing.ts"
import { deleteImage, enterCnd, factoryPassword, setImagePreference } from "../../../src/protocol/at/commands.ts"

const quotes = (text: string): number => text.split('"').length - 1

describe("AT commands with values of ours", () => {
  it("are those of at.md §3.1 and §4.2, byte for byte", () => {
    assert.strictEqual(Result.getOrThrow(enterCnd(factoryPassword)), 'AT!ENTERCND="A710"')
    const words = { firmware: "02.33.03.00", carrier: "GENERIC", config: "GENERIC_002.072_000" }
    assert.strictEqual(
      Result.getOrThrow(setImagePreference("IMPREF", words)),
      'AT!IMPREF="02.33.03.00","GENERIC","GENERIC_002.072_000"'
    )
    assert.strictEqual(
      Result.getOrThrow(setImagePreference("GOBIIMPREF", { ...words, carrier: "GENEU-4G" })),
      'AT!GOBIIMPREF="02.33.03.00","GENEU-4G","GENERIC_002.072_000"'
    )
  })

  it("refuse a password that would end the string or the command, without telling it", () => {
    for (const password of [
      'A7"10',
      "A710\r",
      "A710\nAT!RESET",
      "A71",
      "",
      "0123456789abcdef",
      "pässword",
      "A710\u0000"
    ]) {
      const command = enterCnd(password)
      assert.isTrue(Result.isFailure(command), JSON.stringify(password))
      if (Result.isFailure(command) && password !== "") assert.notInclude(command.failure.message, password)
    }
  })

  it("refuse preferences that are none", () => {
    const words = { firmware: "02.33.03.00", carrier: "GENERIC", config: "GENERIC_002.072_000" }
    for (const change of [
      { firmware: "2.33" },
      { firmware: '02.33.03.00"' },
      { carrier: "" },
      { carrier: 'X","Y' },
      { carrier: "A\rB" },
      { config: "" },
      { config: "x".repeat(97) },
      { carrier: "x".repeat(65) }
    ]) {
      assert.isTrue(Result.isFailure(setImagePreference("IMPREF", { ...words, ...change })), JSON.stringify(change))
    }
  })

  it("delete one image by its slot or its names, and never all of them", () => {
    assert.deepStrictEqual(deleteImage({ type: "firmware", slot: 3 }), Result.succeed("AT!IMAGE=0,0,3"))
    // at.md §4.4, letter by letter.
    assert.deepStrictEqual(
      deleteImage({ type: "carrier", buildId: "02.24.03.00_ATT", uniqueId: "002.022_000" }),
      Result.succeed('AT!IMAGE=0,1,FF,"02.24.03.00_ATT","002.022_000"')
    )
    for (const slot of [0, -1, 255, 256, 1.5, Number.NaN]) {
      assert.isTrue(Result.isFailure(deleteImage({ type: "firmware", slot })), String(slot))
    }
    for (const [buildId, uniqueId] of [
      ["", "002.022_000"],
      ["02.24.03.00_ATT", ""],
      ['02.24.03.00_A"', "002.022_000"],
      ["02.24.03.00_ATT", "002.022_000\r"],
      ["x".repeat(97), "002.022_000"],
      ["02.24.03.00_ATT", "x".repeat(17)]
    ] as const) {
      assert.isTrue(Result.isFailure(deleteImage({ type: "carrier", buildId, uniqueId })), `${buildId} ${uniqueId}`)
    }
  })

  it.prop(
    "never carry a second command, whatever the values",
    [Schema.String, Schema.String, Schema.String],
    (values) => {
      const [a, b, c] = values
      for (const [command, count] of [
        [enterCnd(a), 2],
        [setImagePreference("IMPREF", { firmware: "02.33.03.00", carrier: b, config: c }), 6],
        [deleteImage({ type: "carrier", buildId: b, uniqueId: c }), 4]
      ] as const) {
        if (Result.isFailure(command)) continue
        assert.strictEqual(quotes(command.success), count)
        const bytes = encodeCommand(command.success)
        assert.isTrue(bytes.slice(0, -1).every((byte) => byte >= 0x20 && byte < 0x7f))
        assert.strictEqual(bytes.at(-1), 0x0d)
      }
    }
  )
})
