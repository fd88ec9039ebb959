/* eslint-disable @typescript-eslint/require-await -- what throws in these methods has to come out as a rejection */
/** A WebUSB device in memory: WebUSB's rules on one side, a simulated modem's USB function on the other. */
import * as Effect from "effect/Effect"
import type { WebUsbDevice, WebUsbInResult, WebUsbSetup } from "../../src/live/usb/WebUsb.ts"
import { Status } from "../../src/protocol/usbip/message.ts"
import type { SimModem } from "../../src/sim/SimModem.ts"
import { describe, makeUsbDevice } from "../../src/sim/usb/UsbDevice.ts"
import type { UsbFunction } from "../../src/sim/usb/UsbFunction.ts"

const domException = (name: string, message: string): Error => Object.assign(new Error(message), { name })

interface Pending {
  readonly interfaceNumber: number | undefined
  readonly done: (status: number, length: number, data: Uint8Array | undefined) => void
  readonly reject: (cause: Error) => void
}

export interface FakeWebUsb {
  readonly device: WebUsbDevice
  /** What was asked of it, in order: `open`, `detach 0`, `claim 0`, `out 1 65536`, `control 34 1`, … */
  readonly calls: ReadonlyArray<string>
  readonly driver: (interfaceNumber: number) => string | undefined
  readonly isOpen: () => boolean
  readonly unplug: () => void
  /** Everything from now on fails with this error. */
  readonly fail: (operation: "open" | "claim" | "out" | "in", cause: Error | undefined) => void
  readonly bytesOut: ReadonlyArray<Uint8Array>
}

const setupBytes = (setup: WebUsbSetup, toHost: boolean, length: number): Uint8Array => {
  const type = { standard: 0, class: 1, vendor: 2 }[setup.requestType] << 5
  const recipient = { device: 0, interface: 1, endpoint: 2, other: 3 }[setup.recipient]
  const word = (value: number) => [value & 0xff, value >> 8]
  const words = [...word(setup.value), ...word(setup.index), ...word(length)]
  return Uint8Array.of((toHost ? 0x80 : 0) | type | recipient, setup.request, ...words)
}

const none = new Uint8Array(8)

/** `carry` connects the function's answers; `drivers`: what the kernel has bound, by interface. */
const makeFake = (
  usb: UsbFunction,
  carry: (complete: (id: number, status: number, length: number, data: Uint8Array | undefined) => void) => void,
  drivers: Readonly<Record<number, string>>
): FakeWebUsb => {
  const calls: Array<string> = []
  const bytesOut: Array<Uint8Array> = []
  const bound = new Map(Object.entries(drivers).map(([number, driver]) => [Number(number), driver]))
  const kernel = new Map(bound)
  const pending = new Map<number, Pending>()
  const failures = new Map<string, Error>()
  const claimed = new Set<number>()
  let open = false
  let gone = false
  let last = 0

  carry((id, status, length, data) => {
    const one = pending.get(id)
    pending.delete(id)
    one?.done(status, length, data?.slice())
  })
  const interfaces = usb.description.interfaces

  const abort = (which: (one: Pending) => boolean, cause: Error): void => {
    for (const [id, one] of [...pending]) {
      if (!which(one)) continue
      pending.delete(id)
      usb.unlink(id)
      one.reject(cause)
    }
  }
  const lost = () => domException("NotFoundError", "The device was disconnected.")
  const check = (operation: string): void => {
    if (gone) throw lost()
    const failure = failures.get(operation)
    if (failure !== undefined) throw failure
    if (!open && operation !== "open") throw domException("InvalidStateError", "The device must be opened first.")
  }
  const submit = <A>(
    interfaceNumber: number | undefined,
    request: {
      readonly endpoint: number
      readonly direction: "in" | "out"
      readonly length: number
      readonly setup?: Uint8Array
      readonly data?: Uint8Array
    },
    result: (status: "ok" | "stall" | "babble", length: number, data: Uint8Array | undefined) => A
  ): Promise<A> =>
    new Promise<A>((resolve, reject) => {
      const id = ++last
      const done: Pending["done"] = (status, length, data) => {
        if (status === Status.stall) resolve(result("stall", length, data))
        else if (status === Status.overflow) resolve(result("babble", length, data))
        else if (status === Status.ok) resolve(result("ok", length, data))
        else reject(domException("NetworkError", `A transfer error has occurred: ${String(status)}.`))
      }
      pending.set(id, { interfaceNumber, done, reject })
      const { data = new Uint8Array(), direction, endpoint, length, setup = none } = request
      usb.submit({ id, endpoint, direction, flags: 0, length, setup, data: data.slice() })
    })
  const owner = (endpointNumber: number, direction: "in" | "out"): number => {
    const address = endpointNumber | (direction === "in" ? 0x80 : 0)
    const found = interfaces.find(
      ({ endpoints, number }) => claimed.has(number) && endpoints.some((one) => one.address === address)
    )
    if (found === undefined)
      throw domException("NotFoundError", "The specified endpoint is not part of a claimed interface.")
    return found.number
  }
  const viewOf = (status: WebUsbInResult["status"], _: number, data: Uint8Array | undefined): WebUsbInResult => ({
    status,
    data: data === undefined ? undefined : new DataView(data.buffer, data.byteOffset, data.byteLength)
  })

  const device: WebUsbDevice = {
    configuration: {
      interfaces: interfaces.map(({ endpoints, number, triple }) => ({
        interfaceNumber: number,
        alternate: {
          interfaceClass: triple[0],
          endpoints: endpoints.map(({ address, packetSize, transfer }) => ({
            endpointNumber: address & 0x0f,
            direction: (address & 0x80) === 0 ? ("out" as const) : ("in" as const),
            type: transfer,
            packetSize
          }))
        }
      }))
    },
    open: async () => {
      calls.push("open")
      check("open")
      open = true
    },
    close: async () => {
      calls.push("close")
      open = false
      claimed.clear()
      abort(() => true, domException("AbortError", "The device was closed."))
    },
    claimInterface: async (number) => {
      calls.push(`claim ${String(number)}`)
      check("claim")
      if (bound.has(number)) throw domException("NetworkError", "Unable to claim interface.")
      bound.set(number, "usbfs")
      claimed.add(number)
    },
    releaseInterface: async (number) => {
      calls.push(`release ${String(number)}`)
      check("release")
      claimed.delete(number)
      bound.delete(number)
      abort(
        ({ interfaceNumber }) => interfaceNumber === number,
        domException("AbortError", "The interface was released.")
      )
    },
    detachKernelDriver: async (number) => {
      calls.push(`detach ${String(number)}`)
      check("detach")
      if (!bound.has(number)) return false
      if (bound.get(number) === "usbfs") throw new Error("interface is busy (errno 16)")
      bound.delete(number)
      return true
    },
    attachKernelDriver: async (number) => {
      calls.push(`attach ${String(number)}`)
      check("attach")
      const driver = kernel.get(number)
      if (driver !== undefined) bound.set(number, driver)
    },
    clearHalt: async (direction, number) => {
      calls.push(`clear ${direction} ${String(number)}`)
      const address = number | (direction === "in" ? 0x80 : 0)
      const setup = Uint8Array.of(0x02, 1, 0, 0, address, 0, 0, 0)
      await submit(undefined, { endpoint: 0, direction: "out", length: 0, setup }, (status) => status)
    },
    controlTransferIn: async (setup, length) => {
      calls.push(`control ${String(setup.request)} in`)
      check("control")
      const bytes = setupBytes(setup, true, length)
      return submit(undefined, { endpoint: 0, direction: "in", length, setup: bytes }, viewOf)
    },
    controlTransferOut: async (setup, data) => {
      calls.push(`control ${String(setup.request)} ${String(setup.value)}`)
      check("control")
      const bytes = setupBytes(setup, false, data.length)
      const request = { endpoint: 0, direction: "out", length: data.length, setup: bytes, data } as const
      return submit(undefined, request, (status, bytesWritten) => ({ status, bytesWritten }))
    },
    transferIn: async (number, length) => {
      check("in")
      return submit(owner(number, "in"), { endpoint: number, direction: "in", length }, viewOf)
    },
    transferOut: async (number, data) => {
      calls.push(`out ${String(number)} ${String(data.length)}`)
      check("out")
      bytesOut.push(data.slice())
      const request = { endpoint: number, direction: "out", length: data.length, data } as const
      return submit(owner(number, "out"), request, (status, bytesWritten) => ({ status, bytesWritten }))
    }
  }
  return {
    device,
    calls,
    bytesOut,
    driver: (number) => bound.get(number),
    isOpen: () => open,
    unplug: () => {
      gone = true
      abort(() => true, lost())
    },
    fail: (operation, cause) => void (cause === undefined ? failures.delete(operation) : failures.set(operation, cause))
  }
}

/** The modem as it is on the bus now; the host has configured it. */
export const fakeWebUsb = Effect.fnUntraced(function* (
  modem: SimModem,
  drivers: Readonly<Record<number, string>> = {}
) {
  const attachment = yield* modem.attachment
  const { composition } = yield* modem.state
  const description = attachment === undefined ? undefined : describe(modem.model, attachment, composition)
  if (attachment === undefined || description === undefined) return yield* Effect.die(new Error("it is not on the bus"))
  const made = yield* makeUsbDevice(modem, attachment, description)
  const fake = makeFake(made.function, made.carry, drivers)
  const setup = Uint8Array.of(0, 9, 1, 0, 0, 0, 0, 0)
  made.function.submit({ id: 0, endpoint: 0, direction: "out", flags: 0, length: 0, setup, data: new Uint8Array() })
  return fake
})
