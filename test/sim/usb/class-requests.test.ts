import { assert, describe, it } from "@effect/vitest"
import { qmuxSplitter } from "../../../src/sim/usb/Splitter.ts"
import { concat, hex, split } from "../../protocol/bytes.ts"
import { attachHost, configured, describeModel } from "./support.ts"

const stall = { status: -32, length: 0, data: undefined }
const ok = { status: 0, length: 0, data: undefined }
/** CTL Sync and its answer. */
const request = hex("01 0b 00 00 00 00 00 01 27 00 00 00")
const answer = hex("01 12 00 80 00 00 01 01 27 00 07 00 02 04 00 00 00 00 00")
const notification = hex("a1 01 00 00 08 00 00 00")

/** A host that has raised DTR, as qmi_wwan does when it binds. */
const qmiHost = () => {
  const host = configured(describeModel("em7455"))
  assert.deepStrictEqual(host.control(0x21, 0x22, 1, 8, 0), ok)
  return host
}

describe("the QMI interface", () => {
  it("gives each command to the modem, which sends its answers one by one", () => {
    const host = qmiHost()
    assert.deepStrictEqual(host.control(0x21, 0x00, 0, 8, request), { status: 0, length: 12, data: undefined })
    assert.deepStrictEqual(host.ready, [8])
    assert.deepStrictEqual(host.usb.takeOut(8), request)
    const listening = [host.submit(7, "in", 8), host.submit(7, "in", 8), host.submit(7, "in", 8)]
    assert.strictEqual(host.answers.get(listening[0] ?? 0), undefined)
    host.usb.send(8, concat(answer, answer))
    assert.deepStrictEqual(
      listening.map((id) => host.answers.get(id)?.data),
      [notification, notification, undefined],
      "one notification per answer, and no empty packet behind it"
    )
    for (let time = 0; time < 2; time++) {
      assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 8, 4096), { status: 0, length: 19, data: answer })
    }
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 8, 4096), stall, "there is no third one")
  })

  it("announces an answer only when all of it is there", () => {
    const host = qmiHost()
    const listening = host.submit(7, "in", 8)
    for (const piece of split(answer.subarray(0, 18), [5])) host.usb.send(8, piece)
    assert.strictEqual(host.answers.get(listening), undefined)
    host.usb.send(8, answer.subarray(18))
    assert.deepStrictEqual(host.answers.get(listening)?.data, notification)
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 8, 4096)?.data, answer)
  })

  it("keeps the notification for a host that listens later", () => {
    const host = qmiHost()
    host.usb.send(8, answer)
    assert.deepStrictEqual(host.answers.get(host.submit(7, "in", 8))?.data, notification)
  })

  it("forgets answers and notifications when DTR falls", () => {
    const host = qmiHost()
    host.usb.send(8, concat(answer, answer))
    host.control(0x21, 0x22, 0, 8, 0)
    host.control(0x21, 0x22, 1, 8, 0)
    assert.strictEqual(host.answers.get(host.submit(7, "in", 8)), undefined)
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 8, 4096), stall)
  })

  it("stays one answer behind for a host that lost a notification, as real modems do", () => {
    const host = qmiHost()
    const other = concat(answer.subarray(0, 7), hex("02"), answer.subarray(8))
    const listening = host.submit(7, "in", 8)
    host.usb.send(8, answer)
    assert.deepStrictEqual(host.answers.get(listening)?.data, notification)
    // The host closes its port without fetching, and opens it again.
    host.usb.send(8, other)
    assert.deepStrictEqual(host.answers.get(host.submit(7, "in", 8))?.data, notification)
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 8, 4096)?.data, answer)
    assert.strictEqual(host.answers.get(host.submit(7, "in", 8)), undefined)
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 8, 4096)?.data, other)
  })

  it("cuts an answer where the host's buffer ends", () => {
    const host = qmiHost()
    host.usb.send(8, answer)
    assert.deepStrictEqual(host.control(0xa1, 0x01, 0, 8, 4)?.data, answer.subarray(0, 4))
  })

  it("is deaf on a 9x30 until DTR is raised, but not on the older families", () => {
    const late = configured(describeModel("em7455"))
    assert.strictEqual(late.control(0x21, 0x00, 0, 8, request)?.status, 0)
    assert.deepStrictEqual(late.ready, [])
    late.control(0x21, 0x22, 1, 8, 0)
    late.control(0x21, 0x00, 0, 8, request)
    assert.deepStrictEqual(late.usb.takeOut(8), request)
    late.control(0x21, 0x22, 0, 8, 0)
    late.control(0x21, 0x00, 0, 8, request)
    assert.strictEqual(late.usb.takeOut(8), undefined)
    for (const name of ["mc7710", "mc7354"] as const) {
      const host = configured(describeModel(name))
      host.control(0x21, 0x00, 0, 8, request)
      assert.deepStrictEqual(host.usb.takeOut(8), request, name)
    }
  })

  it("knows no other class request, and none before it is configured", () => {
    const host = qmiHost()
    for (const [type, code] of [
      [0x21, 0x20],
      [0xa1, 0x21],
      [0xa1, 0x80],
      [0xa1, 0x00],
      [0x21, 0x01]
    ] as const) {
      assert.deepStrictEqual(host.control(type, code, 0, 8, type === 0xa1 ? 7 : new Uint8Array(7)), stall)
    }
    assert.deepStrictEqual(host.control(0x20, 0x22, 1, 8, 0), stall, "not to an interface")
    assert.deepStrictEqual(host.control(0x21, 0x22, 1, 9, 0), stall, "an interface that is not there")
    const early = attachHost(describeModel("em7455"))
    assert.deepStrictEqual(early.control(0x21, 0x22, 1, 8, 0), stall)
  })

  it("holds the modem back when nobody fetches its answers", () => {
    const host = qmiHost()
    for (let count = 0; count < 64; count++) host.usb.send(8, answer)
    assert.isFalse(host.usb.full(8))
    host.usb.send(8, answer)
    assert.isTrue(host.usb.full(8))
    host.control(0xa1, 0x01, 0, 8, 4096)
    assert.deepStrictEqual(host.drained, [8])
  })
})

describe("serial interfaces", () => {
  it("take line state, coding and break where they are CDC functions", () => {
    const host = configured(describeModel("em7455"))
    for (const number of [2, 3]) {
      assert.deepStrictEqual(host.control(0x21, 0x22, 3, number, 0), ok)
      assert.deepStrictEqual(host.control(0xa1, 0x21, 0, number, 7)?.data, hex("00 c2 01 00 00 00 08"))
      assert.strictEqual(host.control(0x21, 0x20, 0, number, hex("80 25 00 00 00 00 07"))?.status, 0)
      assert.deepStrictEqual(host.control(0xa1, 0x21, 0, number, 7)?.data, hex("80 25 00 00 00 00 07"))
      assert.deepStrictEqual(host.control(0x21, 0x20, 0, number, hex("80 25")), stall)
      assert.deepStrictEqual(host.control(0x21, 0x23, 0, number, 0), ok)
      assert.deepStrictEqual(host.control(0x21, 0x00, 0, number, hex("01")), stall)
    }
    assert.deepStrictEqual(host.control(0x21, 0x22, 3, 0, 0), stall, "the diagnostic port knows none")
  })

  it("know none in boot-and-hold", () => {
    const host = configured(describeModel("em7455", "boot-and-hold"))
    assert.deepStrictEqual(host.control(0x21, 0x22, 3, 0, 0), stall)
    assert.deepStrictEqual(host.control(0xa1, 0x21, 0, 0, 7), stall)
  })

  it("send no notification of their own", () => {
    const host = configured(describeModel("em7455"))
    const listening = host.submit(5, "in", 10)
    host.usb.send(3, hex("0d 0a 4f 4b 0d 0a"))
    assert.strictEqual(host.answers.get(listening), undefined)
    assert.deepStrictEqual(host.answers.get(host.submit(4, "in", 4096))?.data, hex("0d 0a 4f 4b 0d 0a"))
  })
})

describe("QMUX messages cut from a stream", () => {
  it("come whole, however the stream is split", () => {
    for (const cuts of [[1], [2], [3, 7], [19], [20], [38]]) {
      const splitter = qmuxSplitter()
      const out = split(concat(answer, answer), cuts).flatMap((piece) => splitter.push(piece).map((one) => one.slice()))
      assert.deepStrictEqual(out, [answer, answer], String(cuts))
    }
  })

  it("leave garbage as it is, up to where a message may begin", () => {
    const splitter = qmuxSplitter()
    assert.deepStrictEqual(splitter.push(concat(hex("ff fe"), answer)), [hex("ff fe"), answer])
    assert.deepStrictEqual(splitter.push(hex("55")), [hex("55")])
  })

  it("are not waited for when one cannot end", () => {
    const splitter = qmuxSplitter()
    assert.deepStrictEqual(splitter.push(hex("01 ff ff")), [])
    assert.deepStrictEqual(
      splitter.push(new Uint8Array(65_533)).map((one) => one.length),
      [65_536]
    )
  })
})
