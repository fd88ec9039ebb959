import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { decode } from "../../../src/protocol/decode/decode.ts"
import { fragment } from "../../../src/protocol/mbim/fragments.ts"
import { encodeMessage } from "../../../src/protocol/mbim/message.ts"
import { Bytes, concat, hex } from "../bytes.ts"
import { allocateAnswer, captures, qmi } from "../mbim/captures.ts"

const decoded = (bytes: Uint8Array, protocol?: string) =>
  Result.getOrThrow(decode(bytes, protocol === undefined ? {} : { protocol }))

const bytesOf = (name: string): Uint8Array => captures.find((one) => one.name === name)!.bytes

describe("decode MBIM", () => {
  it("recognises every captured message by itself", () => {
    for (const { bytes, name } of captures) {
      const result = decoded(bytes)
      assert.strictEqual(result.protocol, "mbim", name)
      assert.deepStrictEqual(
        result.frames.flatMap(({ problems }) => problems),
        [],
        name
      )
    }
  })

  it("names every field, and shows the QMUX frame inside as one of its own", () => {
    const { frames } = decoded(bytesOf("answer to ALLOC DMS"))
    assert.deepStrictEqual(
      frames.map(({ name, offset, size }) => [name, offset, size]),
      [
        ["MBIM COMMAND_DONE, QMI message", 0, 72],
        ["CTL Allocate CID response", 48, 24]
      ]
    )
    assert.deepStrictEqual(
      frames[0]!.fields.map(({ name, offset, size, value }) => [name, offset, size, value]).slice(0, -1),
      [
        ["type", 0, 4, "0x80000003 (COMMAND_DONE)"],
        ["length", 4, 4, 72],
        ["transaction", 8, 4, 3],
        ["fragments", 12, 4, 1],
        ["fragment", 16, 4, 0],
        ["service", 20, 16, qmi],
        ["command", 36, 4, "1 (QMI message)"],
        ["status", 40, 4, "0 (Success)"],
        ["buffer length", 44, 4, 24]
      ]
    )
    assert.strictEqual(frames[1]!.fields.at(-1)?.offset, 48 + 19)
  })

  it("reads the list of subscriptions", () => {
    const [frame] = decoded(bytesOf("SUBSCRIBE")).frames
    assert(frame !== undefined)
    assert.strictEqual(frame.name, "MBIM COMMAND, basic connect: device service subscribe list")
    assert.deepStrictEqual(frame.fields.at(-1)?.value, [{ service: qmi, commands: [1] }])
  })

  it("names statuses and errors", () => {
    const { frames } = decoded(
      concat(
        hex("01 00 00 80 10 00 00 00 01 00 00 00 01 00 00 00"),
        hex("04 00 00 80 10 00 00 00 02 00 00 00 05 00 00 00"),
        bytesOf("OPEN")
      )
    )
    assert.deepStrictEqual(
      frames.map(({ name, fields }) => [name, fields.at(-1)?.value]),
      [
        ["MBIM OPEN_DONE", "1 (Busy)"],
        ["MBIM FUNCTION_ERROR", "5 (NotOpened)"],
        ["MBIM OPEN", 4096]
      ]
    )
  })

  it("puts fragments together, and says where in the input each field is", () => {
    const whole = encodeMessage({
      _tag: "CommandDone",
      transaction: 3,
      service: qmi,
      cid: 1,
      status: 0,
      buffer: allocateAnswer
    })
    const input = concat(...fragment(whole, 64))
    const { frames, protocol } = decoded(input)
    assert.strictEqual(protocol, "mbim")
    assert.deepStrictEqual(
      frames.map(({ name, offset }) => [name, offset]),
      [
        ["MBIM COMMAND_DONE, a fragment", 0],
        ["MBIM COMMAND_DONE, QMI message", 64],
        ["CTL Allocate CID response", 48]
      ]
    )
    // The TLV of the client id begins in the second fragment, behind its header.
    const allocation = frames[2]!.fields.at(-1)
    assert(allocation !== undefined)
    assert.strictEqual(allocation.offset, 64 + 20 + (48 + 19 - 64))
    assert.deepStrictEqual(allocation.value, { service: 2, client: 5 })
  })

  it("says what is wrong and goes on", () => {
    const [first, second] = fragment(bytesOf("answer to ALLOC DMS"), 64) as [Uint8Array, Uint8Array]
    const { frames } = decoded(concat(hex("de ad"), second, first, bytesOf("CLOSE")), "mbim")
    assert.deepStrictEqual(
      frames.map(({ name, problems }) => [name, problems.length]),
      [
        ["stray bytes", 1],
        ["MBIM COMMAND_DONE, a fragment", 1],
        ["MBIM COMMAND_DONE, a fragment", 0],
        ["MBIM CLOSE", 0]
      ]
    )
    const cut = decoded(bytesOf("OPEN").subarray(0, 14)).frames[0]
    assert.deepStrictEqual(cut?.problems, ["length says 16 bytes, found 14"])
    const lying = bytesOf("answer to ALLOC DMS").slice()
    lying[44] = 99
    assert.match(decoded(lying).frames[0]?.problems[0] ?? "", /buffer length says 99 bytes, found 24/)
  })

  it.prop("is total", [Bytes], ([bytes]) => {
    for (const input of [Uint8Array.from(bytes), concat(hex("03 00 00 80 30 00 00 00"), Uint8Array.from(bytes))]) {
      const result = decode(input, { protocol: "mbim" })
      if (Result.isFailure(result)) assert.strictEqual(input.length, 0)
      else {
        // Every byte is shown once.
        const own = result.success.frames.filter(({ name }) => name.startsWith("MBIM") || name === "stray bytes")
        assert.strictEqual(
          own.reduce((sum, { size }) => sum + size, 0),
          input.length
        )
      }
    }
  })
})
