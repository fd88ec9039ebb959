/** QMI and MBIM by encapsulated commands, on a device in memory that keeps WebUSB's rules. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { openEncapsulatedPort } from "../../../src/live/usb/EncapsulatedPort.ts"
import * as Dms from "../../../src/protocol/qmi/dms.ts"
import { openMbimLink } from "../../../src/session/MbimLink.ts"
import { openQmiSession } from "../../../src/session/QmiSession.ts"
import * as Sim from "../../../src/sim/index.ts"
import { fakeWebUsb } from "../../support/fake-webusb.ts"
import { timed } from "../../support/virtual-time.ts"

const qmi = { endpoint: "usb 1-1:1.8", interfaceNumber: 8, speaks: "qmi" } as const
const mbim = { endpoint: "usb 1-1:1.12", interfaceNumber: 12, speaks: "mbim" } as const
/** CTL Get Version Info, transaction 1 (qmi.md §1). */
const getVersionInfo = Uint8Array.of(0x01, 0x0b, 0, 0, 0, 0, 0, 1, 0x21, 0, 0, 0)

const running = (drivers: Readonly<Record<number, string>> = {}, composition?: number) =>
  Effect.flatMap(
    Sim.make(Sim.em7455({ timing: Sim.instant, ...(composition === undefined ? {} : { composition }) })),
    (modem) => fakeWebUsb(modem, drivers)
  )

describe("a control port by straight USB", () => {
  it.effect("carries QMI with the lines raised, and gives the interface back to qmi_wwan", () =>
    Effect.gen(function* () {
      const fake = yield* running({ 8: "qmi_wwan" })
      const run = yield* timed(
        Effect.scoped(
          Effect.gen(function* () {
            const session = yield* openQmiSession(openEncapsulatedPort(fake.device, qmi))
            const { model } = yield* session.request(Dms.GetModel, {})
            yield* session.close
            return model
          })
        )
      )
      assert.deepStrictEqual(run.exit, Exit.succeed("EM7455"))
      assert.deepStrictEqual(fake.calls.slice(0, 4), ["open", "detach 8", "claim 8", "control 34 1"])
      assert.deepStrictEqual(fake.calls.slice(-4), ["control 34 0", "release 8", "attach 8", "close"])
      assert.strictEqual(fake.driver(8), "qmi_wwan")
    })
  )

  it.effect("throws away what was answered to somebody else before", () =>
    Effect.gen(function* () {
      const fake = yield* running()
      yield* Effect.promise(async () => {
        const { device } = fake
        await device.open()
        await device.claimInterface(8)
        const setup = { requestType: "class", recipient: "interface", value: 0, index: 8 } as const
        await device.controlTransferOut({ ...setup, request: 0x22, value: 1 }, new Uint8Array())
        await device.controlTransferOut({ ...setup, request: 0 }, getVersionInfo)
        await device.transferIn(7, 64)
      })
      // Not fetched, and its notification is gone: the function stays as it is, DTR up.
      yield* Effect.promise(() => fake.device.releaseInterface(8))
      const exit = yield* timed(
        Effect.scoped(
          Effect.gen(function* () {
            const connection = yield* openEncapsulatedPort(fake.device, qmi)
            yield* connection.write(Uint8Array.from(getVersionInfo, (byte, at) => (at === 7 ? 9 : byte)))
            return (yield* connection.read)[7]
          })
        )
      )
      assert.deepStrictEqual(exit.exit, Exit.succeed(9))
    })
  )

  it.effect("carries QMI over MBIM", () =>
    Effect.gen(function* () {
      const fake = yield* running({ 12: "cdc_mbim" }, 8)
      const run = yield* timed(
        Effect.scoped(
          Effect.gen(function* () {
            const session = yield* openQmiSession(
              openMbimLink(openEncapsulatedPort(fake.device, mbim), { maxControlTransfer: undefined })
            )
            const { revision } = yield* session.request(Dms.GetRevision, {})
            yield* session.close
            return revision
          })
        )
      )
      assert(Exit.isSuccess(run.exit))
      assert.match(run.exit.value, /^SWI9X30C_02\.24\.05\.06/)
      assert.strictEqual(fake.driver(12), "cdc_mbim")
    })
  )

  it.effect("ends with Unplugged when the modem goes", () =>
    Effect.gen(function* () {
      const fake = yield* running()
      const connection = yield* openEncapsulatedPort(fake.device, qmi)
      fake.unplug()
      const exit = yield* timed(connection.read)
      assert.isTrue(JSON.stringify(exit.exit).includes('"Unplugged"'))
    })
  )
})
