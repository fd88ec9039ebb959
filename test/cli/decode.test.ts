import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { cweDissector } from "../../src/cli/decode-cwe.ts"
import { StandardInput } from "../../src/cli/StandardInput.ts"
import { buildPart, seededBytes } from "../../src/image/builder.ts"

import { boothold, contains, system } from "./support.ts"

const fixture = (name: string): Uint8Array => readFileSync(new URL(`../../fixtures/images/${name}`, import.meta.url))

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))

/** qmi.md §3.1: answer to Allocate CID. */
const qmux = "01 17 00 80 00 00 01 02 22 00 0c 00 02 04 00 00 00 00 00 01 02 00 02 05"
/** qdl.md §3.3: command not supported. */
const qdl = "7E 0D 16 00 00 00 00 88 4D 7E"

const frameOf = (bytes: Uint8Array) => {
  const [frame] = cweDissector.dissect(bytes)
  assert(frame !== undefined)
  return { ...frame, values: Object.fromEntries(frame.fields.map(({ name, value }) => [name, value])) }
}

describe("boothold decode", () => {
  it.effect("takes bytes in one word, in many, and with colons, and finds out the protocol", () =>
    Effect.gen(function* () {
      const forms = [[qmux], qmux.split(" "), [qmux.replaceAll(" ", ":")], [qmux.replaceAll(" ", "")]]
      for (const words of forms) {
        const { code, out } = yield* boothold(["decode", ...words])
        assert.strictEqual(code, 0)
        contains(out, "qmux (by the look of the bytes), 1 frame", "CTL Allocate CID response", "TLV 0x01 allocation")
      }
    })
  )

  it.effect("does as it is told about the protocol, in any case of letters", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["decode", "QDL", ...qdl.split(" ")])
      assert.strictEqual(code, 0)
      contains(out, "qdl, 1 frame", "command not supported")
      const unknown = yield* boothold(["decode", "gopher", qdl])
      assert.strictEqual(unknown.code, 2)
      contains(unknown.err, '"gopher"', "qmux, mbim, qdl, at, cwe")
    })
  )

  it.effect("has a JSON form with name, place and value of every field", () =>
    Effect.gen(function* () {
      const { out } = yield* boothold(["decode", "--json", qdl])
      const decoded = JSON.parse(out) as {
        readonly protocol: string
        readonly frames: ReadonlyArray<{
          readonly fields: ReadonlyArray<{ name: string; offset: number; size: number }>
        }>
      }
      assert.strictEqual(decoded.protocol, "qdl")
      assert.deepStrictEqual(
        decoded.frames[0]?.fields.map(({ name, offset, size }) => [name, offset, size]),
        [
          ["command", 1, 1],
          ["code", 2, 4],
          ["text", 6, 1],
          ["frame CRC", 7, 2]
        ]
      )
    })
  )

  it.effect("shows a broken frame with what is wrong, and is content", () =>
    Effect.gen(function* () {
      const { code, out } = yield* boothold(["decode", qdl.replace("88", "89")])
      assert.strictEqual(code, 0)
      contains(out, "problem:", "command not supported")
    })
  )

  it.effect("reads files: binary, hex dumps and AT transcripts", () =>
    Effect.gen(function* () {
      const files = {
        "image.cwe": fixture(system),
        "dump.txt": new TextEncoder().encode(`RX: ${qdl}\n`),
        "at.log": new TextEncoder().encode("AT!BOOTHOLD\r\nOK\r\n")
      }
      const told = { "image.cwe": "SPKG (super package)", "dump.txt": "command not supported", "at.log": "final code" }
      for (const [name, what] of Object.entries(told)) {
        const { code, out } = yield* boothold(["decode", name], { files })
        assert.strictEqual(code, 0)
        contains(out, what)
      }
    })
  )

  it.effect("reads its input", () =>
    Effect.gen(function* () {
      const read = (limit: number) => Effect.succeed(new TextEncoder().encode(qmux).subarray(0, limit))
      const { code, out } = yield* boothold(["decode", "-"]).pipe(Effect.provideService(StandardInput, { read }))
      assert.strictEqual(code, 0)
      contains(out, "CTL Allocate CID response")
    })
  )

  it.effect("says what it cannot read", () =>
    Effect.gen(function* () {
      const file = yield* boothold(["decode", "trace.txt"])
      assert.strictEqual(file.code, 18)
      contains(file.err, '"trace.txt" is neither a file nor bytes in hex')
      const odd = yield* boothold(["decode", "7E", "0D", "1"])
      assert.strictEqual(odd.code, 20)
      contains(odd.err, "odd number of digits")
      assert.strictEqual((yield* boothold(["decode", "00 11 22 33 44 55 66 77"])).code, 20)
    })
  )
})

describe("decode CWE", () => {
  const image = buildPart({
    type: "BOOT",
    product: "9X30",
    version: "INTERNAL_?_SWI9X30C_02.33.03.00_?_?_?_?",
    date: "06/02/19",
    payload: seededBytes(100, 1)
  })

  it("names every field of a header at its place (images.md §2)", () => {
    const { fields, problems, values } = frameOf(image.subarray(0, 400))
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(
      fields.map(({ name, offset, size }) => [name, offset, size]),
      [
        ["PSB", 0, 256],
        ["PSB CRC", 256, 4],
        ["revision", 260, 4],
        ["CRC indicator", 264, 4],
        ["type", 268, 4],
        ["product", 272, 4],
        ["image size", 276, 4],
        ["image CRC", 280, 4],
        ["version", 284, 84],
        ["date", 368, 8],
        ["compatibility", 376, 4],
        ["misc options", 380, 1],
        ["reserved", 381, 3],
        ["storage address", 384, 4],
        ["load address", 388, 4],
        ["entry point", 392, 4],
        ["signature", 396, 4]
      ]
    )
    assert.strictEqual(values["type"], "BOOT (boot composite)")
    assert.strictEqual(values["product"], "9X30")
    assert.strictEqual(values["image size"], 100)
    assert.strictEqual(values["version"], "INTERNAL_?_SWI9X30C_02.33.03.00_?_?_?_?")
    assert.strictEqual(values["date"], "06/02/19")
  })

  it("checks the content when it is all there", () => {
    assert.deepStrictEqual(frameOf(image).problems, [])
    const flipped = image.slice()
    flipped[450]! ^= 1
    assert.match(frameOf(flipped).problems.join(), /^image CRC is 0x\w{8}, computed 0x\w{8}$/)
    assert.deepStrictEqual(frameOf(image.subarray(0, 450)).problems, ["image size says 100 bytes of content, found 50"])
  })

  it("says what is wrong with a header and shows the rest", () => {
    const damaged = image.slice(0, 400)
    damaged[3]! ^= 1
    damaged[290] = 0x80
    const { problems, values } = frameOf(damaged)
    assert.match(problems[0] ?? "", /^PSB CRC is 0x\w{8}, computed 0x\w{8}$/)
    assert.strictEqual(problems[1], "version holds a byte that is neither printable nor padding")
    assert.strictEqual(values["type"], "BOOT (boot composite)")
    const cut = frameOf(image.subarray(0, 300))
    assert.deepStrictEqual(cut.problems, ["a header has 400 bytes, found 300"])
    assert.strictEqual(cut.fields.at(-1)?.name, "image CRC")
  })

  it("is guessed for headers, damaged ones too, and for nothing else", () => {
    assert.strictEqual(cweDissector.guess(image), 1)
    const damaged = image.slice()
    damaged[3]! ^= 1
    assert.isAbove(cweDissector.guess(damaged), 0.5)
    assert.strictEqual(cweDissector.guess(seededBytes(400, 7)), 0)
    assert.strictEqual(cweDissector.guess(image.subarray(0, 399)), 0)
    assert.isBelow(cweDissector.guess(new Uint8Array(400)), 1)
  })

  it("shows of a cut header the fields that are whole, wherever it is cut", () => {
    for (let length = 0; length <= 401; length++) {
      const { fields, problems } = frameOf(image.subarray(0, length))
      assert.isTrue(fields.every(({ offset, size }) => offset + size <= length))
      assert.strictEqual(problems.length === 0, length === 400)
    }
  })

  it.prop("never throws on arbitrary bytes", [Schema.Array(Byte)], ([bytes]) => {
    const some = Uint8Array.from(bytes)
    cweDissector.guess(some)
    for (const frame of cweDissector.dissect(some)) {
      for (const { offset, size } of frame.fields) assert.isAtMost(offset + size, some.length)
    }
  })
})
