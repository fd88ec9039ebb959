import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { connect } from "node:net"
import { decodeImportReply } from "../../src/protocol/usbip/message.ts"
import { responseFrame } from "../../src/protocol/qmi/Message.ts"
import { encodeFrame } from "../../src/protocol/qmi/Qmux.ts"
import * as ctl from "../../src/protocol/qmi/ctl.ts"
import { serveUsbIp } from "../../src/serve/UsbIp.ts"
import type { UrbRecord } from "../../src/serve/UsbIp.ts"
import * as Sim from "../../src/sim/index.ts"
import { hex } from "../protocol/bytes.ts"
import { UsbIpHost } from "./usbip-host.ts"

const local = { host: "127.0.0.1", port: 0, attach: false }

/** Fails the test instead of hanging it. */
const soon = <A>(promise: Promise<A>): Effect.Effect<A> =>
  Effect.promise(() => promise).pipe(Effect.timeout("5 seconds"), Effect.orDie)

const hostAt = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => new UsbIpHost(port)),
    (host) => Effect.sync(() => host.close())
  )

const configure = (host: UsbIpHost) => host.control(0x00, 9, 1, 0, 0)
const sync = hex("01 0b 00 00 00 00 00 01 27 00 00 00")
const raiseDtr = (host: UsbIpHost) => host.control(0x21, 0x22, 1, 8, 0)

describe("a simulated modem on USB/IP", () => {
  it.live("is listed with its ids and interfaces, and can be imported by one host at a time", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant }))
      const { address, served } = yield* serveUsbIp([modem], local)
      assert.deepStrictEqual(yield* served, [{ busId: "1-1", present: true, imported: false, usbPath: undefined }])
      const asking = yield* hostAt(address.port)
      const list = yield* soon(asking.list())
      assert.deepStrictEqual(list, Buffer.from("011100050000000000000001", "hex"))
      yield* soon(asking.closed)

      const host = yield* hostAt(address.port)
      const record = Result.getOrThrow(decodeImportReply(yield* soon(host.import("1-1")))).device
      assert.strictEqual(record?.vendorId, 0x1199)
      assert.strictEqual(record?.productId, 0x9071)
      assert.strictEqual(record?.interfaces, 4)
      assert.isTrue((yield* served)[0]?.imported)

      for (const busId of ["1-1", "1-2", ""]) {
        const other = yield* hostAt(address.port)
        other.write(
          Buffer.concat([Buffer.from("0111800300000000", "hex"), Buffer.alloc(32).fill(busId, 0, busId.length)])
        )
        assert.deepStrictEqual(yield* soon(other.read(8)), Buffer.from("0111000300000001", "hex"), busId)
        yield* soon(other.closed)
      }

      host.close()
      yield* soon(host.closed)
      const again = yield* hostAt(address.port)
      yield* soon(again.import("1-1"))
    })
  )

  it.live("answers QMI as it does in memory: command, notification, answer", () =>
    Effect.gen(function* () {
      const urbs: Array<UrbRecord> = []
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant }))
      const { address } = yield* serveUsbIp([modem], {
        ...local,
        observe: (urb) => void urbs.push({ ...urb, data: urb.data.slice() })
      })
      const host = yield* hostAt(address.port)
      yield* soon(host.import("1-1"))
      yield* soon(configure(host))
      yield* soon(raiseDtr(host))
      const listening = host.submit(7, "in", 8)
      yield* soon(host.control(0x21, 0, 0, 8, sync))
      assert.deepStrictEqual(Uint8Array.from((yield* soon(listening.ended)).data), hex("a1 01 00 00 08 00 00 00"))
      const answer = yield* soon(host.control(0xa1, 1, 0, 8, 4096))
      const wanted = encodeFrame(
        responseFrame(
          { service: 0, client: 0, control: 0, kind: "request", transaction: 1, message: 0x27, tlvs: [] },
          ctl.Sync.encodeResponse({})
        )
      )
      assert.deepStrictEqual(Uint8Array.from(answer.data), wanted)
      assert.deepStrictEqual(
        urbs.map(({ direction, endpoint, length, status }) => [direction, endpoint, length, status]),
        [
          ["out", 0, 0, 0],
          ["out", 0, 0, 0],
          ["out", 0, 12, 0],
          ["in", 7, 8, 0],
          ["in", 0, 4096, 0]
        ]
      )
      assert.deepStrictEqual(Uint8Array.from(urbs[2]?.data ?? []), sync)
      assert.deepStrictEqual(Uint8Array.from(urbs[4]?.data ?? []), wanted)
    })
  )

  it.live("answers AT commands on the bulk endpoints of interface 3, and DM takes bytes in silence", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant }))
      const { address } = yield* serveUsbIp([modem], local)
      const host = yield* hostAt(address.port)
      yield* soon(host.import("1-1"))
      yield* soon(configure(host))
      const listening = host.submit(4, "in", 4096)
      const silent = host.submit(1, "in", 4096)
      yield* soon(host.submit(3, "out", Buffer.from("ATE0\r")).ended)
      let text = ""
      for (let ended = yield* soon(listening.ended); ; ended = yield* soon(host.submit(4, "in", 4096).ended)) {
        text += Buffer.from(ended.data).toString("latin1")
        if (text.endsWith("OK\r\n")) break
      }
      assert.include(text, "ATE0\r")
      assert.strictEqual((yield* soon(host.submit(1, "out", Buffer.alloc(70_000)).ended)).status, 0)
      assert.strictEqual(yield* soon(host.unlink(silent.sequence)), -104)
      assert.strictEqual(yield* soon(host.unlink(silent.sequence)), 0)
      assert.strictEqual(yield* soon(host.unlink(4711)), 0)
    })
  )

  it.live("answers MBIM on interface 12: command, notification, answer, and begins anew with RESET_FUNCTION", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant, composition: 8 }))
      const { address } = yield* serveUsbIp([modem], local)
      const host = yield* hostAt(address.port)
      const record = Result.getOrThrow(decodeImportReply(yield* soon(host.import("1-1")))).device
      assert.strictEqual(record?.interfaces, 5)
      yield* soon(configure(host))
      const ask = Effect.fnUntraced(function* (command: Uint8Array) {
        const listening = host.submit(7, "in", 8)
        yield* soon(host.control(0x21, 0, 0, 12, command))
        assert.deepStrictEqual(Uint8Array.from((yield* soon(listening.ended)).data), hex("a1 01 00 00 0c 00 00 00"))
        return Uint8Array.from((yield* soon(host.control(0xa1, 1, 0, 12, 4096))).data)
      })
      const open = hex("01 00 00 00 10 00 00 00 01 00 00 00 00 10 00 00")
      const close = hex("02 00 00 00 0c 00 00 00 02 00 00 00")
      assert.deepStrictEqual(yield* ask(open), hex("01 00 00 80 10 00 00 00 01 00 00 00 00 00 00 00"))
      assert.strictEqual((yield* soon(host.control(0x21, 5, 0, 12, 0))).status, 0)
      // Not open.
      assert.deepStrictEqual(yield* ask(close), hex("04 00 00 80 10 00 00 00 02 00 00 00 05 00 00 00"))
      assert.deepStrictEqual(yield* ask(open), hex("01 00 00 80 10 00 00 00 01 00 00 00 00 00 00 00"))
      assert.deepStrictEqual(yield* ask(close), hex("02 00 00 80 10 00 00 00 02 00 00 00 00 00 00 00"))
    })
  )

  it.live("sends MBIM in fragments that fit its control transfers, one for each request", () =>
    Effect.gen(function* () {
      const behaviours = [Sim.behaviour("mbimSmallTransfers", { bytes: 64 })]
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant, composition: 9, behaviours }))
      const { address } = yield* serveUsbIp([modem], local)
      const host = yield* hostAt(address.port)
      const record = Result.getOrThrow(decodeImportReply(yield* soon(host.import("1-1")))).device
      assert.deepStrictEqual([record?.productId, record?.interfaces], [0x68b1, 2])
      yield* soon(configure(host))
      const configuration = (yield* soon(host.control(0x80, 6, 0x0200, 0, 255))).data
      assert.include(Buffer.from(configuration).toString("hex"), "0c241b0001400020")
      const read = Effect.fnUntraced(function* () {
        assert.strictEqual((yield* soon(host.submit(1, "in", 8).ended)).length, 8)
        return Uint8Array.from((yield* soon(host.control(0xa1, 1, 0, 0, 4096))).data)
      })
      yield* soon(host.control(0x21, 0, 0, 0, hex("01 00 00 00 10 00 00 00 01 00 00 00 00 10 00 00")))
      yield* read()
      // Basic connect, device caps, a query.
      const caps = hex(
        "03 00 00 00 30 00 00 00 02 00 00 00 01 00 00 00 00 00 00 00 a2 89 cc 33 bc bb 8b 4f b6 b0 13 3e c2 aa e6 df 01 00 00 00 00 00 00 00 00 00 00 00"
      )
      yield* soon(host.control(0x21, 0, 0, 0, caps))
      const first = yield* read()
      const total = first[12] ?? 0
      assert.isAbove(total, 1)
      assert.strictEqual(first.length, 64)
      for (let index = 1; index < total; index++) {
        const next = yield* read()
        assert.isAtMost(next.length, 64)
        assert.deepStrictEqual([next[4], next[12], next[16]], [next.length, total, index])
      }
    })
  )

  it.live("leaves the bus by closing the connection, and comes back as its boot loader under the same bus id", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant }))
      const { address, served } = yield* serveUsbIp([modem], local)
      const host = yield* hostAt(address.port)
      yield* soon(host.import("1-1"))
      yield* soon(configure(host))
      yield* soon(host.submit(3, "out", Buffer.from("AT!BOOTHOLD\r")).ended)
      yield* soon(host.closed)
      const record = yield* Effect.promise(async () => {
        for (;;) {
          const next = new UsbIpHost(address.port)
          try {
            return Result.getOrThrow(decodeImportReply(await next.import("1-1"))).device
          } catch {
            await next.closed
          } finally {
            next.close()
          }
        }
      }).pipe(Effect.timeout("5 seconds"))
      assert.strictEqual(record?.productId, 0x9070)
      assert.strictEqual(record?.interfaces, 1)
      assert.strictEqual((yield* served)[0]?.present, true)
    })
  )

  it.live("is not there while it is unplugged", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant }))
      const { address, served } = yield* serveUsbIp([modem], local)
      const host = yield* hostAt(address.port)
      yield* soon(host.import("1-1"))
      yield* modem.unplug
      yield* soon(host.closed)
      assert.deepStrictEqual(yield* served, [{ busId: "1-1", present: false, imported: false, usbPath: undefined }])
      const asking = yield* hostAt(address.port)
      assert.deepStrictEqual(yield* soon(asking.list()), Buffer.from("011100050000000000000000", "hex"))
      yield* modem.plug()
      yield* Effect.yieldNow
      const again = yield* hostAt(address.port)
      const record = Result.getOrThrow(decodeImportReply(yield* soon(again.import("1-1")))).device
      assert.strictEqual(record?.productId, 0x9071)
    })
  )

  it.live("stands beside others: each has its bus id and its own traffic", () =>
    Effect.gen(function* () {
      const one = yield* Sim.make(Sim.em7455({ timing: Sim.instant, portPath: "1-1" }))
      const two = yield* Sim.make(Sim.mc7710({ timing: Sim.instant, portPath: "1-2" }))
      const { address } = yield* serveUsbIp([one, two], local)
      const first = yield* hostAt(address.port)
      const second = yield* hostAt(address.port)
      yield* soon(first.import("1-1"))
      const record = Result.getOrThrow(decodeImportReply(yield* soon(second.import("1-2")))).device
      assert.strictEqual(record?.productId, 0x68a2)
      for (const host of [first, second]) yield* soon(configure(host))
      yield* one.unplug
      yield* soon(first.closed)
      yield* soon(second.control(0x21, 0, 0, 8, sync))
      assert.strictEqual((yield* soon(second.submit(5, "in", 64).ended)).length, 8)
    })
  )

  it.live("shows a port whose driver comes late from the start, and answers there as soon as it can", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(
        Sim.em7455({ timing: Sim.instant, behaviours: [Sim.behaviour("latePort", { role: "control", delay: 150 })] })
      )
      const { address } = yield* serveUsbIp([modem], local)
      const host = yield* hostAt(address.port)
      yield* soon(host.import("1-1"))
      yield* soon(configure(host))
      yield* soon(raiseDtr(host))
      const listening = host.submit(7, "in", 8)
      yield* soon(host.control(0x21, 0, 0, 8, sync))
      assert.strictEqual((yield* soon(listening.ended)).length, 8)
    })
  )
})

describe("the USB/IP server", () => {
  it.live("says whose the fault is when the address is taken or is not of this machine", () =>
    Effect.gen(function* () {
      const { address } = yield* serveUsbIp([], local)
      const taken = yield* Effect.flip(Effect.scoped(serveUsbIp([], { ...local, port: address.port })))
      assert.strictEqual(taken.reason._tag, "AddressInUse")
      assert.include(taken.message, `127.0.0.1:${String(address.port)}`)
      const foreign = yield* Effect.flip(Effect.scoped(serveUsbIp([], { ...local, host: "192.0.2.1" })))
      assert.strictEqual(foreign.reason._tag, "ListenFailed")
    })
  )

  it.live("closes everything with its scope, and the modem runs on", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant }))
      const scope = yield* Scope.make()
      const { address } = yield* serveUsbIp([modem], local).pipe(Scope.provide(scope))
      const host = yield* hostAt(address.port)
      yield* soon(host.import("1-1"))
      const idle = yield* hostAt(address.port)
      yield* Scope.close(scope, Exit.void)
      yield* soon(Promise.all([host.closed, idle.closed]))
      assert.notStrictEqual(yield* modem.attachment, undefined)
      // Its ports are free again, and the address too.
      yield* Effect.scoped(modem.connect("at"))
      const { address: next } = yield* serveUsbIp([modem], { ...local, port: address.port })
      assert.strictEqual(next.port, address.port)
    })
  )

  it.live("drops a client that does not speak USB/IP, floods it, or repeats itself, and serves the others", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant }))
      const problems: Array<string> = []
      const { address, served } = yield* serveUsbIp([modem], {
        ...local,
        report: ({ message }) => Effect.sync(() => void problems.push(message))
      })
      const garbage = yield* hostAt(address.port)
      garbage.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"))
      yield* soon(garbage.closed)

      const hostile: ReadonlyArray<(host: UsbIpHost) => void> = [
        (host) => host.write(Buffer.alloc(48, 0xff)),
        // More waiting requests than any driver has.
        (host) => {
          for (let count = 0; count < 5000; count++) host.submit(1, "in", 64)
        },
        // The same sequence number twice.
        (host) => {
          const submit = Buffer.alloc(48)
          submit.writeUInt32BE(1, 0)
          submit.writeUInt32BE(0x10001, 8)
          submit.writeUInt32BE(1, 12)
          submit.writeUInt32BE(1, 16)
          submit.writeUInt32BE(64, 24)
          host.write(Buffer.concat([submit, submit]))
        }
      ]
      for (const attack of hostile) {
        const host = yield* hostAt(address.port)
        yield* soon(host.import("1-1"))
        yield* soon(configure(host))
        attack(host)
        yield* soon(host.closed)
        assert.isFalse((yield* served)[0]?.imported)
      }
      const host = yield* hostAt(address.port)
      yield* soon(host.import("1-1"))
      assert.strictEqual((yield* soon(configure(host))).status, 0)
      assert.deepStrictEqual(problems, [
        "client dropped: USB/IP: Version (found 18245)",
        "client dropped: USB/IP: UnknownCommand (command 4294967295)",
        "client dropped: more requests at once than any host has",
        "client dropped: a sequence number is used twice"
      ])
    })
  )

  it.live("reads no more from a client that does not fetch its answers", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant }))
      let answered = 0
      const { address } = yield* serveUsbIp([modem], { ...local, observe: () => void answered++ })
      const host = yield* hostAt(address.port)
      yield* soon(host.import("1-1"))
      host.socket.pause()
      const request = Buffer.alloc(48)
      request.writeUInt32BE(1, 0)
      request.writeUInt32BE(1, 12)
      request.writeUInt32BE(255, 24)
      request.set([0x80, 6, 0, 2, 0, 0, 255, 0], 40)
      // Some 20 MiB of answers: beyond what the kernel keeps for a connection.
      const total = 98_304
      const many = Buffer.concat(Array.from({ length: total }, () => request))
      for (let at = 0; at < total; at++) many.writeUInt32BE(at + 1, at * 48 + 4)
      host.write(many)
      for (let before = -1; before !== answered && answered < total;) {
        before = answered
        yield* Effect.sleep("1 second")
      }
      assert.isAbove(answered, 0)
      assert.isBelow(answered, total)
      // Nothing is lost: it goes on when the client does.
      host.socket.resume()
      yield* Effect.sync(() => answered).pipe(
        Effect.repeat({ until: (count) => count === total, schedule: Schedule.spaced("20 millis") }),
        Effect.timeout("20 seconds")
      )
    })
  )

  it.live("keeps no connection that asked only for the list, and survives one that goes away in the middle", () =>
    Effect.gen(function* () {
      const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant }))
      const { address, served } = yield* serveUsbIp([modem], local)
      const half = yield* Effect.promise(
        () =>
          new Promise<void>((resume) => {
            const socket = connect(address.port, "127.0.0.1", () => {
              socket.write(Buffer.from("011180", "hex"), () => {
                socket.resetAndDestroy()
                resume()
              })
            })
          })
      )
      assert.strictEqual(half, undefined)
      const host = yield* hostAt(address.port)
      yield* soon(host.import("1-1"))
      host.write(Buffer.alloc(20))
      host.socket.resetAndDestroy()
      yield* soon(host.closed)
      const again = yield* hostAt(address.port)
      yield* Effect.promise(async () => {
        while ((await Effect.runPromise(served))[0]?.imported === true) await new Promise((next) => setImmediate(next))
      }).pipe(Effect.timeout("5 seconds"))
      yield* soon(again.import("1-1"))
    })
  )
})
