/** One enumeration of a simulated modem on USB: its description, its function, and the pumps between it and the ports. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type { PortRole } from "../../device/UsbBus.ts"
import type { TransportError } from "../../transport/TransportError.ts"
import type { Model } from "../models/Model.ts"
import type { Attachment, SimModem } from "../SimModem.ts"
import { layoutOf } from "./compositions.ts"
import type { UsbDescription } from "./descriptors.ts"
import { UsbFunction } from "./UsbFunction.ts"
import type { UsbOutlets } from "./UsbFunction.ts"

/** As every listing of these modems says it. */
const manufacturer = "Sierra Wireless, Incorporated"

/** How this enumeration describes itself; `undefined` when nothing is known about the model's composition. */
export const describe = (model: Model, attachment: Attachment, composition: number): UsbDescription | undefined => {
  const layout = layoutOf(model, attachment.mode, composition, attachment.maxControlMessage)
  if (layout === undefined) return undefined
  const { product, productId, serial, vendorId } = attachment
  return { ...layout, vendorId, productId, manufacturer, product, serial }
}

export interface UsbDevice {
  readonly attachment: Attachment
  readonly function: UsbFunction
  /** Gives the device to a carrier of requests, as after a bus reset. */
  readonly carry: (complete: UsbOutlets["complete"]) => void
  /** A port came late: its pump begins. */
  readonly portsChanged: (attachment: Attachment) => Effect.Effect<void>
}

/** Holds the ports of the enumeration until the scope ends; fails where the modem has none of them any more. */
export const makeUsbDevice = Effect.fnUntraced(function* (
  modem: SimModem,
  attachment: Attachment,
  description: UsbDescription
) {
  const scope = yield* Effect.scope
  const signals = yield* Effect.forEach(description.interfaces, ({ number }) =>
    Effect.map(
      Effect.all({ out: Queue.dropping<void>(1), drained: Queue.dropping<void>(1) }),
      (pair) => [number, pair] as const
    )
  )
  const signalOf = new Map(signals)
  const resets = yield* Queue.unbounded<PortRole>()
  yield* Queue.take(resets).pipe(Effect.flatMap(modem.resetFunction), Effect.forever, Effect.forkIn(scope))
  const wake = (which: "out" | "drained") => (interfaceNumber: number) => {
    const pair = signalOf.get(interfaceNumber)
    if (pair !== undefined) Queue.offerUnsafe(pair[which], undefined)
  }
  const outlets = (complete: UsbOutlets["complete"]): UsbOutlets => ({
    complete,
    outReady: wake("out"),
    drained: wake("drained"),
    functionReset: (interfaceNumber) => {
      const role = description.interfaces.find(({ number }) => number === interfaceNumber)?.role
      if (role !== undefined) Queue.offerUnsafe(resets, role)
    }
  })
  const usb = new UsbFunction(
    description,
    outlets(() => undefined)
  )

  const pump = Effect.fnUntraced(function* (interfaceNumber: number, role: PortRole) {
    const signal = signalOf.get(interfaceNumber)
    if (signal === undefined) return
    const connection = yield* modem.connect(role)
    const toModem = Effect.gen(function* () {
      for (;;) {
        const bytes = usb.takeOut(interfaceNumber)
        if (bytes === undefined) yield* Queue.take(signal.out)
        else yield* connection.write(bytes)
      }
    })
    const fromModem = Effect.gen(function* () {
      for (;;) {
        usb.send(interfaceNumber, yield* connection.read)
        while (usb.full(interfaceNumber)) yield* Queue.take(signal.drained)
      }
    })
    yield* Effect.all([toModem, fromModem], { concurrency: 2, discard: true })
  })

  const pumped = new Set<PortRole>()
  const portsChanged = (now: Attachment): Effect.Effect<void> =>
    Effect.forEach(
      description.interfaces.flatMap(({ number, role }) =>
        role !== undefined && !pumped.has(role) && now.ports.some((port) => port.role === role)
          ? [{ number, role }]
          : []
      ),
      ({ number, role }) => {
        pumped.add(role)
        return pump(number, role).pipe(
          Effect.scoped,
          Effect.result,
          Effect.flatMap((ended) => ignoreUnplugged(role, ended)),
          Effect.forkIn(scope)
        )
      },
      { discard: true }
    )
  yield* portsChanged(attachment)

  const device: UsbDevice = {
    attachment,
    function: usb,
    carry: (complete) => usb.reset(outlets(complete)),
    portsChanged
  }
  return device
})

/** A port that goes with the modem is the normal end; one that somebody else holds stays dumb, and that is said. */
const ignoreUnplugged = (role: PortRole, ended: Result.Result<void, TransportError>): Effect.Effect<void> =>
  Result.isFailure(ended) && ended.failure.reason._tag !== "Unplugged" && ended.failure.reason._tag !== "NotThere"
    ? Effect.logWarning(`The ${role} port is not served on USB: ${ended.failure.message}`)
    : Effect.void
