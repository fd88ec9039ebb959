import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { GetIds } from "../../../src/protocol/qmi/dms.ts"
import { allMessages } from "../../../src/protocol/qmi/names.ts"
import { decodeFrame, encodeFrame, type Tlv } from "../../../src/protocol/qmi/Qmux.ts"
import { Byte, Bytes, concat, hex } from "../bytes.ts"
import { dumps } from "./dumps.ts"
import { generated } from "./generators.ts"
import { samples } from "./samples.ts"

const name = ({ id, name, service }: { readonly name: string; readonly service: number; readonly id: number }) =>
  `${name} (service ${String(service)}, 0x${id.toString(16)})`

const flat = (tlvs: ReadonlyArray<Tlv>): Uint8Array =>
  concat(...tlvs.map(({ type, value }) => concat(Uint8Array.of(type, value.length & 0xff, value.length >> 8), value)))

const success = hex("02 04 00 00 00 00 00")

describe("captured messages", () => {
  for (const dump of dumps) {
    it(`${dump.name}: its values become the captured bytes`, () => {
      assert.deepStrictEqual(encodeFrame({ ...dump.envelope, tlvs: dump.encode() }), dump.bytes)
    })

    it(`${dump.name}: the captured bytes become its values`, () => {
      const frame = Result.getOrThrow(decodeFrame(dump.bytes))
      assert.deepStrictEqual(dump.decode(frame.tlvs), dump.decoded)
    })
  }
})

describe("every message", () => {
  it("has a sample and a generator", () => {
    assert.sameMembers(
      samples.map(({ message }) => message),
      [...allMessages]
    )
    assert.sameMembers(
      generated.map(({ message }) => message),
      [...allMessages]
    )
  })

  for (const sample of samples) {
    const { message } = sample
    it(`${name(message)} has the service, id, TLV numbers and sizes of qmi.md`, () => {
      assert.strictEqual(message.service, sample.service)
      assert.strictEqual(message.id, sample.id)
      assert.strictEqual(message.vendorId, sample.vendorId)
      assert.deepStrictEqual(flat(sample.requestTlvs), hex(sample.requestBytes))
      assert.deepStrictEqual(flat(sample.responseTlvs), concat(success, hex(sample.responseBytes)))
      assert.deepStrictEqual(message.decodeRequest(sample.requestTlvs), Result.succeed(sample.request))
      assert.deepStrictEqual(message.decodeResponse(sample.responseTlvs), Result.succeed(sample.response))
    })

    it(`${name(message)} tells a refusal by its code and name`, () => {
      assert.deepStrictEqual(flat(sample.failureTlvs), hex("02 04 00 01 00 5e 00"))
      const refused = { _tag: "QmiRefused", error: 94, name: "NotSupported" } as const
      assert.deepStrictEqual(message.decodeResponse(sample.failureTlvs), Result.fail(refused))
    })

    it(`${name(message)} names what is missing`, () => {
      for (const field of message.requestFields) {
        const without = message.decodeRequest(sample.requestTlvs.filter(({ type }) => type !== field.tlv))
        const reason = { _tag: "MissingTlv", field: field.name, tlv: field.tlv }
        assert.deepStrictEqual<unknown>(
          Result.isSuccess(without) ? "decoded" : without.failure.reason,
          field.required ? reason : "decoded"
        )
      }
      for (const field of [...message.responseFields, { name: "result", tlv: 2, required: true }]) {
        const without = message.decodeResponse(sample.responseTlvs.filter(({ type }) => type !== field.tlv))
        const reason = { _tag: "MissingTlv", field: field.name, tlv: field.tlv }
        assert.deepStrictEqual<unknown>(
          Result.isSuccess(without) ? "decoded" : without.failure._tag === "QmiRefused" ? "" : without.failure.reason,
          field.required ? reason : "decoded"
        )
      }
    })
  }

  for (const { message, request, response } of generated) {
    it.prop(
      `${name(message)}: requests survive a round trip, in any order of TLVs, beside unknown ones`,
      [request],
      ([one]) => {
        assert.deepStrictEqual(message.decodeRequest(one.tlvs), Result.succeed(one.value))
        const mixed = [{ type: 0xee, value: hex("01") }, ...one.tlvs.toReversed(), { type: 0xef, value: hex("") }]
        assert.deepStrictEqual(message.decodeRequest(mixed), Result.succeed(one.value))
      }
    )

    it.prop(
      `${name(message)}: responses survive a round trip, in any order of TLVs, beside unknown ones`,
      [response],
      ([one]) => {
        assert.deepStrictEqual(message.decodeResponse(one.tlvs), Result.succeed(one.value))
        const mixed = [{ type: 0xee, value: hex("01") }, ...one.tlvs.toReversed(), { type: 0xef, value: hex("") }]
        assert.deepStrictEqual(message.decodeResponse(mixed), Result.succeed(one.value))
      }
    )

    it.prop(`${name(message)}: never throws on cut TLVs`, [request, response, Byte], ([asked, answered, cut]) => {
      const shorten = ({ type, value }: Tlv): Tlv => ({ type, value: value.subarray(0, cut % (value.length + 1)) })
      assert(Result.isResult(message.decodeRequest(asked.tlvs.map(shorten))))
      assert(Result.isResult(message.decodeResponse(answered.tlvs.map(shorten))))
    })
  }

  it.prop(
    "never throws on arbitrary TLVs",
    [Schema.Array(Schema.Struct({ type: Schema.Literals([1, 2, 3, 0x10, 0x11, 0x12, 0x13]), value: Bytes }))],
    ([list]) => {
      const tlvs = list.map(({ type, value }) => ({ type, value: Uint8Array.from(value) }))
      const answer = [{ type: 2, value: hex("00 00 00 00") }, ...tlvs.filter(({ type }) => type !== 2)]
      for (const message of allMessages) {
        assert(Result.isResult(message.decodeRequest(tlvs)))
        assert(Result.isResult(message.decodeResponse(tlvs)))
        assert(Result.isResult(message.decodeResponse(answer)))
      }
    }
  )

  it("Get IDs cuts the IMEI at 15 digits", () => {
    const answer = GetIds.encodeResponse({ imei: "35922505003999978", meid: "A0000012345678FF" })
    assert.deepStrictEqual(
      GetIds.decodeResponse(answer),
      Result.succeed({ imei: "359225050039999", meid: "A0000012345678FF" })
    )
  })

  it("has a deadline: 10 s unless the document says otherwise", () => {
    const other = allMessages.filter(({ deadlineMillis }) => deadlineMillis !== 10_000)
    assert.deepStrictEqual(
      other.map(({ deadlineMillis, name }) => [name, deadlineMillis]),
      [
        ["Sync", 2_000],
        ["Internal Proxy Open", 5_000]
      ]
    )
  })
})
