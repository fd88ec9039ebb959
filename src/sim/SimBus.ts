/** A USB bus with simulated modems on it: the service that live layers read from the operating system. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import { UsbBus } from "../device/UsbBus.ts"
import type { BusEvent, PortInfo, UsbDevice } from "../device/UsbBus.ts"
import { TransportError } from "../transport/TransportError.ts"
import type { ModemSetup } from "./ModemSetup.ts"
import { make } from "./SimModem.ts"
import type { Attachment, SimModem } from "./SimModem.ts"
import type { ModelPort } from "./models/Model.ts"

/** The hand on the cables: what a test or a user can do to the modems besides talking to them. */
export class SimControl extends Context.Service<
  SimControl,
  {
    /** In the order in which they were given. */
    readonly modems: ReadonlyArray<SimModem>
  }
>()("boothold/sim/SimControl") {}

interface Plugged {
  readonly modem: SimModem
  device: UsbDevice
}

/** Kernel names: the lowest free number, as Linux gives them out. */
const nodeName = (port: ModelPort, taken: ReadonlySet<string>): string => {
  const prefix = port.role === "control" ? "cdc-wdm" : "ttyUSB"
  let number = 0
  while (taken.has(`${prefix}${String(number)}`)) number++
  return `${prefix}${String(number)}`
}

const makeBus = Effect.fnUntraced(function* (setups: ReadonlyArray<ModemSetup>) {
  const plugged = new Map<SimModem, Plugged>()
  const listeners = new Set<Queue.Queue<BusEvent>>()
  let lastDevice = 0

  const tell = (event: BusEvent) =>
    Effect.forEach([...listeners], (queue) => Queue.offer(queue, event), { discard: true })

  /** Ports keep their names while they live; new ones get the lowest free number. */
  const portsOf = (attachment: Attachment, before: ReadonlyArray<PortInfo>): ReadonlyArray<PortInfo> => {
    const others = [...plugged.values()].flatMap(({ device }) => device.ports.map(({ name }) => name))
    const taken = new Set([...others, ...before.map(({ name }) => name)])
    return attachment.ports.map((port) => {
      const { driver, interfaceNumber, maxControlMessage, role } = port
      const known = before.find((one) => one.interfaceNumber === interfaceNumber)
      if (known !== undefined) return known
      const name = nodeName(port, taken)
      taken.add(name)
      return { name, role, driver, interfaceNumber, ...(maxControlMessage === undefined ? {} : { maxControlMessage }) }
    })
  }

  const deviceOf = (attachment: Attachment, key: string, before: ReadonlyArray<PortInfo>): UsbDevice => {
    const { interfaceCount, peerPath, portPath, product, productId, serial, vendorId } = attachment
    return {
      key,
      portPath,
      ...(peerPath === undefined ? {} : { peerPath }),
      vendorId,
      productId,
      ...(serial === undefined ? {} : { serial }),
      product,
      interfaceCount,
      ports: portsOf(attachment, before)
    }
  }

  const appear = (modem: SimModem, attachment: Attachment) =>
    Effect.suspend(() => {
      // `1-2` is on bus 1; a device number is never used again while the system runs.
      const key = `${attachment.portPath.split("-")[0] ?? "1"}:${String(++lastDevice)}`
      const device = deviceOf(attachment, key, [])
      plugged.set(modem, { modem, device })
      return tell({ _tag: "Plugged", device })
    })

  const modems: Array<SimModem> = []
  for (const setup of setups) {
    const modem = yield* make(setup)
    modems.push(modem)
    const present = yield* modem.attachment
    if (present !== undefined) yield* appear(modem, present)
    yield* modem.listen((signal) =>
      Effect.suspend(() => {
        const known = plugged.get(modem)
        switch (signal._tag) {
          case "Plugged":
            return appear(modem, signal.attachment)
          case "Changed": {
            if (known === undefined) return Effect.void
            known.device = deviceOf(signal.attachment, known.device.key, known.device.ports)
            return tell({ _tag: "Changed", device: known.device })
          }
          case "Unplugged": {
            if (known === undefined) return Effect.void
            plugged.delete(modem)
            return tell({ _tag: "Unplugged", device: known.device })
          }
        }
      })
    )
  }

  const open = Effect.fn("SimBus.open")(function* (device: UsbDevice, port: PortInfo) {
    const here = [...plugged.values()].find((one) => one.device.key === device.key)
    const known = here?.device.ports.some(({ name }) => name === port.name) === true
    if (here === undefined || !known) {
      const endpoint = `sim:${device.portPath}/${port.role}`
      return yield* new TransportError({ endpoint, operation: "open", reason: { _tag: "NotThere" } })
    }
    return yield* here.modem.connect(port.role)
  })

  const changes = Effect.acquireRelease(
    Effect.tap(Queue.unbounded<BusEvent>(), (queue) => Effect.sync(() => void listeners.add(queue))),
    (queue) =>
      Effect.andThen(
        Effect.sync(() => void listeners.delete(queue)),
        Queue.shutdown(queue)
      )
  )

  return Context.make(UsbBus, {
    devices: Effect.sync(() => [...plugged.values()].map(({ device }) => device)),
    changes,
    open,
    claim: () => Effect.void
  }).pipe(Context.add(SimControl, { modems }))
})

/** A bus with these modems: everything that a program needs to run without hardware. */
export const layer = (modems: ModemSetup | ReadonlyArray<ModemSetup>): Layer.Layer<UsbBus | SimControl> =>
  Layer.effectContext(makeBus("model" in modems ? [modems] : modems))
