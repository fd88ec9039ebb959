import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InPipe } from "../../../src/sim/usb/InPipe.ts"
import { attachHost, configured, describeModel } from "./support.ts"
import { Byte, concat } from "../../protocol/bytes.ts"

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff)
const stall = { status: -32, length: 0, data: undefined }

describe("bulk IN", () => {
  const boot = () => configured(describeModel("em7455", "boot-and-hold"))

  it("keeps a request until there is data, and answers in the order of the requests", () => {
    const host = boot()
    const [first, second] = [host.submit(1, "in", 4096), host.submit(1, "in", 4096)]
    assert.deepStrictEqual([host.answers.get(first), host.answers.get(second)], [undefined, undefined])
    host.usb.send(0, bytesOf(5))
    assert.deepStrictEqual(host.answers.get(first), { status: 0, length: 5, data: bytesOf(5) })
    assert.strictEqual(host.answers.get(second), undefined)
    host.usb.send(0, bytesOf(3))
    assert.deepStrictEqual(host.answers.get(second), { status: 0, length: 3, data: bytesOf(3) })
  })

  it("keeps data until there is a request, one write of the modem per request", () => {
    const host = boot()
    host.usb.send(0, bytesOf(5))
    host.usb.send(0, bytesOf(7))
    assert.strictEqual(host.answers.get(host.submit(1, "in", 4096))?.length, 5)
    assert.strictEqual(host.answers.get(host.submit(1, "in", 4096))?.length, 7)
  })

  it("ends a multiple of the packet size that is shorter than the buffer at once", () => {
    const host = boot()
    const id = host.submit(1, "in", 4096)
    host.usb.send(0, bytesOf(1024))
    assert.strictEqual(host.answers.get(id)?.length, 1024)
  })

  it("ends what fills the buffer to the last byte with an empty packet in the next request", () => {
    const host = boot()
    const [first, second, third] = [host.submit(1, "in", 4096), host.submit(1, "in", 4096), host.submit(1, "in", 4096)]
    host.usb.send(0, bytesOf(4096))
    assert.strictEqual(host.answers.get(first)?.length, 4096)
    assert.deepStrictEqual(host.answers.get(second), { status: 0, length: 0, data: new Uint8Array(0) })
    assert.strictEqual(host.answers.get(third), undefined)
  })

  it("spreads more than one buffer over the requests, without an empty one when it ends short", () => {
    const host = boot()
    const data = bytesOf(5000)
    const ids = [host.submit(1, "in", 4096), host.submit(1, "in", 4096), host.submit(1, "in", 4096)]
    host.usb.send(0, data)
    assert.deepStrictEqual(
      ids.map((id) => host.answers.get(id)?.length),
      [4096, 904, undefined]
    )
    assert.deepStrictEqual(
      concat(...ids.slice(0, 2).map((id) => host.answers.get(id)?.data ?? new Uint8Array(0))),
      data
    )
  })

  it("overflows a buffer that does not take a whole packet, and loses that packet only", () => {
    const host = boot()
    const data = bytesOf(1034)
    const id = host.submit(1, "in", 100)
    host.usb.send(0, data)
    assert.deepStrictEqual(host.answers.get(id), { status: -75, length: 100, data: data.slice(0, 100) })
    const rest = host.answers.get(host.submit(1, "in", 1024))
    assert.deepStrictEqual(rest, { status: 0, length: 522, data: data.slice(512) })
  })

  it("calls fewer bytes an error when the host says that they are one", () => {
    const host = boot()
    const id = host.submit(1, "in", 512, { flags: 1 })
    host.usb.send(0, bytesOf(5))
    assert.deepStrictEqual(host.answers.get(id), { status: -121, length: 5, data: bytesOf(5) })
  })

  it("cancels what waits, once", () => {
    const host = boot()
    const [first, second] = [host.submit(1, "in", 4096), host.submit(1, "in", 4096)]
    assert.isTrue(host.usb.unlink(first))
    assert.isFalse(host.usb.unlink(first))
    host.usb.send(0, bytesOf(5))
    assert.strictEqual(host.answers.get(first), undefined)
    assert.strictEqual(host.answers.get(second)?.length, 5)
    assert.isFalse(host.usb.unlink(second))
  })

  it("holds the modem back when nobody reads, and lets it go on when somebody does", () => {
    const host = boot()
    host.usb.send(0, bytesOf(65_536))
    assert.isFalse(host.usb.full(0))
    host.usb.send(0, bytesOf(1))
    assert.isTrue(host.usb.full(0))
    assert.deepStrictEqual(host.drained, [])
    host.submit(1, "in", 4096)
    assert.deepStrictEqual(host.drained, [0])
    assert.isFalse(host.usb.full(0))
  })

  it.prop(
    "loses nothing and reorders nothing, whatever the modem writes and the host asks for",
    [
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3000 }))),
      Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })))
    ],
    ([writes, packets]) => {
      const pipe = new InPipe("bulk", 512)
      const got: Array<Uint8Array> = []
      const complete = (_id: number, status: number, length: number, data: Uint8Array | undefined) => {
        assert.strictEqual(status, 0)
        assert.strictEqual(data?.length, length)
        if (data !== undefined) got.push(data.slice())
      }
      const sent = writes.map((length) => bytesOf(length))
      for (const one of sent) pipe.send(one, complete)
      for (let id = 0; pipe.held > 0; id++) {
        pipe.request({ id, length: 512 * (packets[id % packets.length] ?? 1), flags: 0 }, complete)
      }
      assert.deepStrictEqual(concat(...got), concat(...sent))
    }
  )
})

describe("bulk OUT", () => {
  it("is answered when the device has it in its buffers, and waits while they are full", () => {
    const host = configured(describeModel("em7455", "boot-and-hold"))
    const sent: Array<Uint8Array> = []
    const ids = Array.from({ length: 20 }, (_, at) => {
      const data = new Uint8Array(4096).fill(at)
      sent.push(data)
      return host.submit(1, "out", data)
    })
    const answered = () => ids.filter((id) => host.answers.get(id) !== undefined).length
    assert.strictEqual(answered(), 16)
    assert.deepStrictEqual(host.answers.get(ids[0] ?? 0), { status: 0, length: 4096, data: undefined })
    assert.deepStrictEqual(host.ready, [0])
    const first = host.usb.takeOut(0)
    assert.strictEqual(first?.length, 65_536)
    assert.strictEqual(answered(), 20)
    const second = host.usb.takeOut(0)
    assert.deepStrictEqual(concat(first ?? new Uint8Array(0), second ?? new Uint8Array(0)), concat(...sent))
    assert.strictEqual(host.usb.takeOut(0), undefined)
  })

  it("gives up what waits when it is unlinked: its bytes never reach the modem", () => {
    const host = configured(describeModel("em7455", "boot-and-hold"))
    host.submit(1, "out", new Uint8Array(65_536))
    const late = host.submit(1, "out", Uint8Array.of(1, 2, 3))
    const later = host.submit(1, "out", Uint8Array.of(4))
    assert.isTrue(host.usb.unlink(late))
    assert.strictEqual(host.usb.takeOut(0)?.length, 65_536)
    assert.deepStrictEqual(host.usb.takeOut(0), Uint8Array.of(4))
    assert.isUndefined(host.answers.get(late))
    assert.isFalse(host.usb.unlink(later))
  })

  it("takes an empty transfer without telling the modem", () => {
    const host = configured(describeModel("em7455", "boot-and-hold"))
    assert.strictEqual(host.answers.get(host.submit(1, "out", new Uint8Array(0)))?.status, 0)
    assert.deepStrictEqual(host.ready, [])
  })

  it("is stalled on endpoints that are not there, in the wrong direction, and before it is configured", () => {
    const host = configured(describeModel("em7455", "boot-and-hold"))
    assert.deepStrictEqual(host.answers.get(host.submit(2, "out", Uint8Array.of(1))), stall)
    assert.deepStrictEqual(host.answers.get(host.submit(15, "in", 1)), stall)
    const early = attachHost(describeModel("em7455", "boot-and-hold"))
    assert.deepStrictEqual(early.answers.get(early.submit(1, "out", Uint8Array.of(1))), stall)
  })

  it("throws network packets of a modem without a data session away", () => {
    const host = configured(describeModel("em7455"))
    assert.deepStrictEqual(host.answers.get(host.submit(4, "out", bytesOf(1500))), {
      status: 0,
      length: 1500,
      data: undefined
    })
    assert.strictEqual(host.usb.takeOut(8), undefined)
  })
})

describe("a bus reset", () => {
  it("leaves nothing of the host before: configuration, data, requests, line state", () => {
    const host = configured(describeModel("em7455"))
    host.control(0x21, 0x22, 1, 8, 0)
    host.usb.send(3, bytesOf(70_000))
    assert.isTrue(host.usb.full(3))
    host.usb.send(8, Uint8Array.of(1, 5, 0, 0x80, 0, 0))
    const waiting = host.submit(1, "in", 64)
    host.submit(3, "out", bytesOf(10))
    host.usb.reset(host.outlets)
    assert.deepStrictEqual(host.drained, [3])
    host.usb.send(0, bytesOf(3))
    assert.strictEqual(host.answers.get(waiting), undefined)
    assert.strictEqual(host.usb.takeOut(3), undefined)
    host.control(0x00, 9, 1, 0, 0)
    assert.strictEqual(host.answers.get(host.submit(4, "in", 64)), undefined)
    assert.deepStrictEqual(host.control(0xa1, 1, 0, 8, 4096), stall)
    host.control(0x21, 0, 0, 8, Uint8Array.of(1))
    assert.strictEqual(host.usb.takeOut(8), undefined, "DTR is low again")
  })
})

describe("a hostile host", () => {
  it.prop(
    "gets an answer or waits, whatever it sends",
    [
      Schema.Array(
        Schema.Struct({
          endpoint: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 15 })),
          out: Schema.Boolean,
          setup: Schema.Array(Byte),
          data: Schema.Array(Byte),
          length: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 70_000 }))
        })
      )
    ],
    ([requests]) => {
      for (const name of ["em7455", "mc7710"] as const) {
        const host = configured(describeModel(name))
        for (const { data, endpoint, length, out, setup } of requests) {
          host.submit(endpoint, out ? "out" : "in", out ? Uint8Array.from(data) : length, {
            setup: Uint8Array.from(setup)
          })
        }
        for (const { length, status } of host.answers.values()) {
          assert.isTrue([0, -32].includes(status))
          assert.isAtMost(length, 70_000)
        }
      }
    }
  )
})
