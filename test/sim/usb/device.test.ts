import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sim from "../../../src/sim/index.ts"
import type { SimModem } from "../../../src/sim/index.ts"
import { describe as describeUsb, makeUsbDevice } from "../../../src/sim/usb/UsbDevice.ts"
import { TransportError } from "../../../src/transport/TransportError.ts"
import type { Connection } from "../../../src/transport/Connection.ts"

/** A modem whose ports are these connections. */
const withPorts = (modem: SimModem, port: Connection): SimModem => ({ ...modem, connect: () => Effect.succeed(port) })

const turns = Effect.gen(function* () {
  for (let turn = 0; turn < 500; turn++) yield* Effect.yieldNow
})

const start = Effect.fnUntraced(function* (port: Connection) {
  const modem = yield* Sim.make(Sim.em7455({ timing: Sim.instant, mode: "boot-and-hold" }))
  const attachment = yield* modem.attachment
  const description = attachment === undefined ? undefined : describeUsb(modem.model, attachment, 6)
  if (attachment === undefined || description === undefined) return yield* Effect.die("not on the bus")
  const device = yield* makeUsbDevice(withPorts(modem, port), attachment, description)
  const answers = new Map<number, { readonly status: number; readonly length: number }>()
  device.carry((id, status, length) => void answers.set(id, { status, length }))
  let id = 0
  const submit = (endpoint: number, direction: "in" | "out", data: Uint8Array | number, setup = new Uint8Array(8)) => {
    const bytes = typeof data === "number" ? new Uint8Array(0) : data
    const length = typeof data === "number" ? data : data.length
    device.function.submit({ id: ++id, endpoint, direction, flags: 0, length, setup, data: bytes })
    return id
  }
  submit(0, "out", 0, Uint8Array.of(0, 9, 1, 0, 0, 0, 0, 0))
  return { device, answers, submit }
})

describe("the pumps between a port and its endpoints", () => {
  it.effect("stop reading from the modem while nobody fetches, and go on when somebody does", () =>
    Effect.gen(function* () {
      let reads = 0
      const port: Connection = {
        endpoint: "test",
        read: Effect.map(Effect.yieldNow, () => (reads++, new Uint8Array(8192))),
        write: () => Effect.void
      }
      const { submit } = yield* start(port)
      yield* turns
      const held = reads
      assert.strictEqual(held, 9, "64 KiB and the write that went beyond")
      for (let count = 0; count < 4; count++) submit(1, "in", 4096)
      yield* turns
      assert.isAbove(reads, held)
    })
  )

  it.effect("leave the host's data in the device's buffers while the modem takes none", () =>
    Effect.gen(function* () {
      const port: Connection = { endpoint: "test", read: Effect.never, write: () => Effect.never }
      const { answers, submit } = yield* start(port)
      const first = submit(1, "out", new Uint8Array(65_536))
      yield* turns
      const second = submit(1, "out", new Uint8Array(65_536))
      const third = submit(1, "out", new Uint8Array(1))
      yield* turns
      assert.deepStrictEqual(answers.get(first), { status: 0, length: 65_536 })
      assert.deepStrictEqual(answers.get(second), { status: 0, length: 65_536 })
      assert.strictEqual(answers.get(third), undefined)
    })
  )

  it.effect("end with the port, and the device with them", () =>
    Effect.gen(function* () {
      const gone = new TransportError({ endpoint: "test", operation: "read", reason: { _tag: "Unplugged" } })
      const port: Connection = { endpoint: "test", read: Effect.fail(gone), write: () => Effect.fail(gone) }
      const { answers, submit } = yield* start(port)
      yield* turns
      const id = submit(1, "in", 64)
      yield* turns
      assert.strictEqual(answers.get(id), undefined)
    })
  )
})
