import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { ImageId } from "../../../src/protocol/qmi/dms.ts"
import {
  modemImageId,
  parseImageId,
  priImageId,
  printUniqueId,
  sameImage
} from "../../../src/protocol/qmi/firmware-id.ts"
import { Bytes, hex, text } from "../bytes.ts"

const padded = (value: string): Uint8Array => {
  const bytes = new Uint8Array(16)
  bytes.set(text(value))
  return bytes
}

const problem = (outcome: Result.Result<unknown, { readonly message: string }>): string =>
  Result.match(outcome, { onSuccess: () => "fine", onFailure: (error) => error.message })

const parts = (minLength: number, maxLength: number, alphabet: string) =>
  Arbitrary.map(
    Arbitrary.array(
      Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: alphabet.length - 1 }))),
      {
        minLength,
        maxLength
      }
    ),
    (list) => list.map((i) => alphabet[i] ?? "").join("")
  )

const version = parts(1, 20, "0123456789.-")
const carrier = parts(1, 20, "ABCabc0189-_ ?")
const config = parts(1, 16, "0123456789._")

describe("image ids of versions", () => {
  it("are as in the captured preference", () => {
    assert.deepStrictEqual(
      modemImageId("05.05.58.00"),
      Result.succeed<ImageId>({ type: "modem", uniqueId: padded("?_?"), buildId: "05.05.58.00_?" })
    )
    assert.deepStrictEqual(
      priImageId("05.05.58.00", "Generic", "005.025_002"),
      Result.succeed<ImageId>({ type: "pri", uniqueId: padded("005.025_002"), buildId: "05.05.58.00_Generic" })
    )
  })

  it("fill the unique id to the last byte, and are never cut at it", () => {
    const full = priImageId("1", "c", "0123456789abcdef")
    assert.deepStrictEqual(Result.getOrThrow(full).uniqueId, text("0123456789abcdef"))
    assert.strictEqual(
      problem(priImageId("1", "c", "0123456789abcdefg")),
      'config version "0123456789abcdefg" has 17 bytes; the modem takes 16'
    )
  })

  it("have a build id of 255 bytes at most", () => {
    assert.strictEqual(Result.getOrThrow(priImageId("1".repeat(200), "c".repeat(54), "1")).buildId.length, 255)
    assert.match(
      problem(priImageId("1".repeat(200), "c".repeat(55), "1")),
      /^build id ".*" has 256 bytes; the modem takes 255$/
    )
    assert.strictEqual(problem(modemImageId("1".repeat(253))), "fine")
    assert.match(problem(modemImageId("1".repeat(254))), /has 256 bytes/)
  })

  it("refuse parts that are empty or could not be told apart again", () => {
    assert.strictEqual(problem(modemImageId("")), "firmware version is empty")
    assert.strictEqual(problem(priImageId("1", "", "1")), "carrier is empty")
    assert.strictEqual(problem(priImageId("1", "c", "")), "config version is empty")
    assert.strictEqual(problem(modemImageId("05.05_58")), 'firmware version "05.05_58" has "_" at position 5')
    assert.strictEqual(problem(priImageId("1", "Teléfonica", "1")), 'carrier "Teléfonica" has "é" at position 3')
    assert.strictEqual(problem(priImageId("1", "c", "1\0")), 'config version "1\0" has "\0" at position 1')
  })

  it("explain themselves with a stable code", () => {
    const error = priImageId("1", "c", "0123456789abcdefg")
    assert(Result.isFailure(error))
    assert.strictEqual(error.failure.code, "FIRMWARE_ID_TOO_LONG")
    assert.match(error.failure.help, /\.$/)
  })

  it.prop("are read back as the parts they were made of", [version, carrier, config], ([firmware, carrier, config]) => {
    const modem = Result.flatMap(modemImageId(firmware), parseImageId)
    assert.deepStrictEqual<unknown>(modem, Result.succeed({ type: "modem", firmware }))
    const pri = Result.flatMap(priImageId(firmware, carrier, config), parseImageId)
    assert.deepStrictEqual<unknown>(pri, Result.succeed({ type: "pri", firmware, carrier, config }))
  })

  it("of an unknown kind are not guessed at", () => {
    const id: ImageId = { type: "pri", uniqueId: padded("005.025_002"), buildId: "05.05.58.00_Generic" }
    assert.strictEqual(problem(parseImageId(id)), "fine")
    assert.match(problem(parseImageId({ ...id, type: 2 })), /image type "2" is not modem or PRI/)
    assert.match(problem(parseImageId({ ...id, type: "modem" })), /unique id "005.025_002" is not \?_\?/)
    assert.match(problem(parseImageId({ ...id, type: "modem", uniqueId: padded("?_?") })), /is not <firmware>_\?/)
    for (const buildId of ["", "05.05.58.00", "_Generic", "05.05.58.00_", "05\n_x"]) {
      assert.match(problem(parseImageId({ ...id, buildId })), /is not <firmware>_<carrier>/)
    }
    assert.match(problem(parseImageId({ ...id, uniqueId: new Uint8Array(16) })), /unique id "00:00:.*" is not text/)
  })

  it.prop("never throw on arbitrary bytes", [Bytes, Schema.String], ([bytes, buildId]) => {
    const uniqueId = Uint8Array.from(bytes)
    assert.isString(printUniqueId(uniqueId))
    for (const type of ["modem", "pri", 7] as const) assert(Result.isResult(parseImageId({ type, uniqueId, buildId })))
    assert(Result.isResult(modemImageId(buildId)))
    assert(Result.isResult(priImageId(buildId, buildId, buildId)))
  })
})

describe("printing a unique id", () => {
  it("shows text as text", () => {
    assert.strictEqual(printUniqueId(padded("?_?")), "?_?")
    assert.strictEqual(printUniqueId(padded("0123456789abcdef")), "0123456789abcdef")
  })

  it("shows anything else as 16 hex bytes", () => {
    assert.strictEqual(printUniqueId(new Uint8Array(16)), Array.from({ length: 16 }, () => "00").join(":"))
    assert.strictEqual(
      printUniqueId(hex("41 00 42 00 00 00 00 00 00 00 00 00 00 00 00 0a")),
      "41:00:42:00:00:00:00:00:00:00:00:00:00:00:00:0a"
    )
    assert.match(printUniqueId(hex("41 0a 00 00 00 00 00 00 00 00 00 00 00 00 00 00")), /^41:0a:00/)
    assert.match(printUniqueId(hex("c3 a9 00 00 00 00 00 00 00 00 00 00 00 00 00 00")), /^c3:a9:00/)
  })
})

describe("comparing images", () => {
  const id = Result.getOrThrow(priImageId("05.05.58.00", "Generic", "005.025_002"))

  it("takes the case of the carrier seriously", () => {
    assert.isTrue(sameImage(id, { ...id, uniqueId: Uint8Array.from(id.uniqueId) }))
    assert.isFalse(sameImage(id, { ...id, buildId: "05.05.58.00_GENERIC" }))
  })

  it("looks at type and every byte of the unique id", () => {
    assert.isFalse(sameImage(id, { ...id, type: "modem" }))
    assert.isFalse(sameImage(id, { ...id, uniqueId: padded("005.025_003") }))
    assert.isFalse(sameImage(id, { ...id, uniqueId: text("005.025_002") }))
  })
})
