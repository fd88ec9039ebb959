/** The package `usb` made to keep WebUSB's rules: a stand-in that refuses what usb 3.1.0 was seen to refuse. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { webUsbDevice } from "../../../src/live/usb/NodeUsb.ts"
import type { PackageDevice } from "../../../src/live/usb/NodeUsb.ts"
import { fakeSystem, held } from "../../support/fake-sysfs.ts"

/** Transfers are pending until the kernel's claim is taken away; meanwhile nothing that changes the device is allowed. */
const packageDevice = () => {
  const calls: Array<string> = []
  const pending = new Set<(cause: Error) => void>()
  const exclusive = (name: string) => () => {
    calls.push(name)
    if (pending.size > 0)
      throw new Error("The same native value cannot be borrowed mutably while another borrow is active")
    return Promise.resolve()
  }
  const transfer = (_: unknown, __: unknown, limit: number) => {
    calls.push(`transfer ${String(limit > 1_000_000)}`)
    return new Promise<never>((_, reject) => void pending.add(reject))
  }
  const device: PackageDevice = {
    vendorId: 0x1199,
    productId: 0x9070,
    bus: "001",
    address: 2,
    configuration: { configurationValue: 1, interfaces: [] },
    open: exclusive("open"),
    close: exclusive("close"),
    claimInterface: exclusive("claim"),
    releaseInterface: exclusive("release"),
    detachKernelDriver: () => {
      calls.push("detach")
      for (const reject of pending) reject(new Error("transferIn error: Disconnected"))
      pending.clear()
      return Promise.resolve()
    },
    attachKernelDriver: () => Promise.resolve(void calls.push("attach")),
    clearHalt: () => Promise.resolve(),
    controlTransferIn: transfer,
    controlTransferOut: transfer,
    transferIn: transfer,
    transferOut: transfer
  }
  return { calls, device }
}

const on = Effect.map(fakeSystem, (system) => ({
  system,
  ...packageDevice(),
  place: { node: "/nonexistent/bus/usb/001/002", folder: join(system.devices, "1-2") }
}))

describe("a device of the package usb", () => {
  it.effect("ends what is pending before it releases the interface", () =>
    Effect.gen(function* () {
      const { calls, device, place } = yield* on
      const usb = webUsbDevice(device, place)
      yield* Effect.promise(async () => {
        await usb.open()
        await usb.claimInterface(0)
        const pending = usb.transferIn(1, 64).then(() => "it ended well", String)
        await usb.releaseInterface(0)
        assert.match(await pending, /Disconnected/)
        await usb.close()
      })
      assert.deepStrictEqual(calls, ["open", "claim", "transfer true", "detach", "release", "close"])
    })
  )

  it.effect("detaches a driver of the kernel, and no program", () =>
    Effect.gen(function* () {
      const { calls, device, place, system } = yield* on
      const usb = webUsbDevice(device, place)
      yield* Effect.promise(() => usb.open())
      assert.strictEqual(yield* Effect.promise(() => usb.detachKernelDriver?.(0) ?? Promise.reject(new Error())), false)
      system.plug(held("1-2", "ttyUSB0"))
      // Beside the device, as the kernel has it.
      system.bind("1-2", { number: 0 })
      const interfaces = webUsbDevice(device, { ...place, folder: join(system.devices, "1-2/1-2") })
      yield* Effect.promise(() => interfaces.open())
      assert.strictEqual(
        yield* Effect.promise(() => interfaces.detachKernelDriver?.(0) ?? Promise.reject(new Error())),
        true
      )
      assert.deepStrictEqual(calls, ["open", "open", "detach"])

      system.plug({ path: "1-3", ids: ["1199", "9070"], interfaces: [{ number: 0, driver: "usbfs" }] })
      const taken = webUsbDevice(device, { ...place, folder: join(system.devices, "1-3/1-3") })
      yield* Effect.promise(() => taken.open())
      const refusal = yield* Effect.promise(() => taken.detachKernelDriver?.(0).catch(String) ?? Promise.resolve(""))
      assert.match(String(refusal), /in use/)
      assert.notInclude(calls.slice(3), "detach")
    })
  )

  it.effect("closes what it cannot describe", () =>
    Effect.gen(function* () {
      const { calls, device, place } = yield* on
      const dumb = Object.defineProperty({ ...device }, "configuration", {
        get: () => {
          throw new Error("getString error: endpoint stalled")
        }
      })
      const failed = yield* Effect.promise(() => webUsbDevice(dumb, place).open().catch(String))
      assert.match(String(failed), /getString/)
      assert.deepStrictEqual(calls, ["open", "close"])
    })
  )
})
