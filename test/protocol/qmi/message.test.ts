import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { message, optional, requestFrame, responseFrame, tlv } from "../../../src/protocol/qmi/Message.ts"
import type { QmiRefused, RequestOf, ResponseOf } from "../../../src/protocol/qmi/Message.ts"
import type { QmiCodecError } from "../../../src/protocol/qmi/QmiCodecError.ts"
import { decodeFrame, encodeFrame } from "../../../src/protocol/qmi/Qmux.ts"
import { string, u8 } from "../../../src/protocol/qmi/tlv.ts"
import { hex } from "../bytes.ts"

const Example = message({
  name: "Example",
  service: 2,
  id: 0x1234,
  request: { second: optional(0x10, u8), first: tlv(0x01, u8) },
  response: { text: tlv(0x01, string), extra: optional(0x10, u8) }
})

const result = (bytes: string) => ({ type: 2, value: hex(bytes) })
const answer = (type: number, bytes: string) => ({ type, value: hex(bytes) })
const ok = result("00 00 00 00")

const problem = <A>(outcome: Result.Result<A, QmiRefused | QmiCodecError>): string =>
  Result.match(outcome, {
    onSuccess: () => "decoded",
    onFailure: (failure) => (failure._tag === "QmiRefused" ? failure.name : failure.message)
  })

describe("a declared message", () => {
  it("has its fields in its type: required, optional, none", () => {
    const request: RequestOf<typeof Example> = { first: 1 }
    const response: ResponseOf<typeof Example> = { text: "a", extra: 1 }
    assert.deepStrictEqual([request, response], [{ first: 1 }, { text: "a", extra: 1 }])
    // @ts-expect-error `first` is required
    const incomplete: RequestOf<typeof Example> = { second: 1 }
    // @ts-expect-error a string is not a number
    const wrong: RequestOf<typeof Example> = { first: "1" }
    // @ts-expect-error there is no such field
    const surplus: ResponseOf<typeof Example> = { text: "", other: 1 }
    assert.lengthOf([incomplete, wrong, surplus], 3)
  })

  it("writes TLVs in the order of declaration, whatever the order of the value", () => {
    assert.deepStrictEqual(Example.encodeRequest({ first: 1, second: 2 }), [answer(0x10, "02"), answer(0x01, "01")])
    assert.deepStrictEqual(Example.encodeRequest({ first: 1 }), [answer(0x01, "01")])
  })

  it("leaves absent fields out of the value", () => {
    assert.deepStrictEqual(Example.decodeRequest([answer(0x01, "01")]), Result.succeed({ first: 1 }))
  })

  it("names message, side, TLV and field in its errors", () => {
    assert.strictEqual(problem(Example.decodeRequest([])), "DMS Example request: TLV 0x01 (first) is missing")
    assert.strictEqual(problem(Example.decodeResponse([ok])), "DMS Example response: TLV 0x01 (text) is missing")
    assert.strictEqual(problem(Example.decodeResponse([])), "DMS Example response: TLV 0x02 (result) is missing")
    assert.strictEqual(
      problem(Example.decodeResponse([ok, answer(1, "61"), answer(0x10, "")])),
      "DMS Example response: TLV 0x10 (extra): wanted 1 bytes at offset 0, found 0"
    )
    assert.strictEqual(
      problem(Example.decodeResponse([result("00 00")])),
      "DMS Example response: TLV 0x02 (result): error: wanted 2 bytes at offset 2, found 0"
    )
  })

  it("is refused with status 1, whatever else the response has", () => {
    assert.strictEqual(problem(Example.decodeResponse([result("01 00 11 00")])), "MissingArgument")
    assert.strictEqual(problem(Example.decodeResponse([answer(0x10, ""), result("01 00 ff ff")])), "Unknown")
    assert.strictEqual(problem(Example.decodeResponse([result("01 00 00 00")])), "None")
  })

  it("is not refused by an error number beside status 0", () => {
    assert.deepStrictEqual(
      Example.decodeResponse([result("00 00 47 00"), answer(1, "61")]),
      Result.succeed({ text: "a" })
    )
  })

  it("knows no third status", () => {
    assert.strictEqual(
      problem(Example.decodeResponse([result("02 00 00 00"), answer(1, "61")])),
      "DMS Example response: TLV 0x02 (result): status 0x0002 is neither success nor failure"
    )
  })

  it("takes a repeated TLV once, but not two that contradict each other", () => {
    const twice = [ok, answer(1, "61"), ok, answer(1, "61")]
    assert.deepStrictEqual(Example.decodeResponse(twice), Result.succeed({ text: "a" }))
    assert.strictEqual(
      problem(Example.decodeResponse([ok, answer(1, "61"), answer(1, "62")])),
      "DMS Example response: TLV 0x01 (text) is there twice with different values"
    )
    assert.strictEqual(
      problem(Example.decodeResponse([ok, answer(1, "61"), result("01 00 47 00")])),
      "DMS Example response: TLV 0x02 (result) is there twice with different values"
    )
    assert.deepStrictEqual(
      Example.decodeResponse([ok, answer(1, "61"), answer(0x77, "61"), answer(0x77, "62")]),
      Result.succeed({ text: "a" })
    )
  })

  it("lets newer firmware append to a known TLV, but not the host", () => {
    assert.deepStrictEqual(
      Example.decodeResponse([ok, answer(1, "61"), answer(0x10, "05 00 00")]),
      Result.succeed({ text: "a", extra: 5 })
    )
    assert.strictEqual(
      problem(Example.decodeRequest([answer(1, "05 00")])),
      "DMS Example request: TLV 0x01 (first): 1 bytes too many"
    )
  })

  it("does not write a value that does not fit", () => {
    assert.throws(() => Example.encodeRequest({ first: 256 }), RangeError)
  })

  it("stands in a frame from the host and its answer from the modem", () => {
    const request = requestFrame(Example, { client: 5, transaction: 0x102 }, { first: 9 })
    assert.deepStrictEqual(encodeFrame(request), hex("01 10 00 00 02 05 00 02 01 34 12 04 00 01 01 00 09"))
    const response = responseFrame(Result.getOrThrow(decodeFrame(encodeFrame(request))), Example.encodeFailure(71))
    assert.deepStrictEqual(encodeFrame(response), hex("01 13 00 80 02 05 02 02 01 34 12 07 00 02 04 00 01 00 47 00"))
  })
})
