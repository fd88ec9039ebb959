/** The QMI side of a simulated modem: QMUX frames on the control port, clients, CTL, and the services behind them. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as ctl from "../../protocol/qmi/ctl.ts"
import { QmiErrorCode } from "../../protocol/qmi/error-code.ts"
import { responseFrame } from "../../protocol/qmi/Message.ts"
import type { AnyQmiMessage } from "../../protocol/qmi/Message.ts"
import { messageName } from "../../protocol/qmi/names.ts"
import { BROADCAST_CLIENT, Control, encodeFrame, QmuxReader } from "../../protocol/qmi/Qmux.ts"
import type { QmuxFrame, Tlv } from "../../protocol/qmi/Qmux.ts"
import { Service, serviceName } from "../../protocol/qmi/Service.ts"
import { SIERRA_VENDOR_ID } from "../../protocol/qmi/vendor-sierra.ts"
import { isHang } from "../Core.ts"
import type { Core } from "../Core.ts"
import { find } from "../faults.ts"
import type { Port } from "../Port.ts"
import { deviceHandlers } from "./dms-device.ts"
import { imageHandlers } from "./dms-images.ts"
import { on } from "./handler.ts"
import type { Answer, Handler } from "./handler.ts"

/** Requests that are worked on at the same time. */
const concurrency = 32

/** These read or write flash and take longer (flows.md §9.1). */
const flashMessages = new Set([0x0047, 0x0048, 0x0049, 0x004a, 0x004c])

const dms: ReadonlyMap<number, Handler> = new Map(
  [...deviceHandlers, ...imageHandlers].map((handler) => [handler.message.id, handler])
)

/** A refusal of a message that nobody knows has the same form as any other. */
const failure = (error: number): Answer => ({ tlvs: ctl.Sync.encodeFailure(error), error })

const frameOf = (service: number, client: number, message: AnyQmiMessage, kind: "response" | "indication") =>
  ({ service, client, control: Control.modem, kind, transaction: 1, message: message.id }) as const

/** What another program and the network cause meanwhile: an answer to somebody else, an indication to everybody. */
const foreignFrames = (frame: QmuxFrame): ReadonlyArray<QmuxFrame> => {
  const otherClient = frame.client === 0x7e ? 0x7d : 0x7e
  const handler = dms.get(0x0022)
  const tlvs: ReadonlyArray<Tlv> = failure(QmiErrorCode.Aborted).tlvs
  if (handler === undefined) return []
  return [
    {
      ...frameOf(Service.DMS, otherClient, handler.message, "response"),
      transaction: Math.max(1, frame.transaction),
      tlvs
    },
    // NAS indication of a signal strength, as every modem sends them (service 3, message 2).
    {
      service: Service.NAS,
      client: BROADCAST_CLIENT,
      control: Control.modem,
      kind: "indication",
      transaction: 0,
      message: 0x0002,
      tlvs: [{ type: 0x10, value: Uint8Array.of(0xa9, 0x08) }]
    }
  ]
}

/** Where QMUX comes from and goes to: a port, or the MBIM function in front of it. */
export type QmuxWire = Pick<Port, "incoming" | "send">

/** Waits until a modem that has just booted is ready to answer; `meanwhile` is what happens to bytes that come. */
export const startControl = (core: Core, meanwhile: Effect.Effect<never>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!core.booting) return Effect.void
    const slow = find(core.faults({ _tag: "ControlReady" }), "Slow")?.millis ?? 0
    return Effect.raceFirst(core.busy("starting QMI", core.timing.controlReady + slow), meanwhile)
  })

/** A QMI port. Runs until the device leaves the bus. */
export const serveControl = Effect.fnUntraced(function* (core: Core, port: Port) {
  // What comes before it is ready is lost: hosts repeat Sync every 2 s because of that (qmi.md §2.2).
  yield* startControl(core, Effect.forever(port.incoming))
  return yield* serveQmi(core, port)
})

/** The QMI services of a modem that is ready. */
export const serveQmi = Effect.fnUntraced(function* (core: Core, port: QmuxWire) {
  const { faults, model, now, timing } = core
  /** Clients per service, by number. */
  const clients = new Map<number, Set<number>>()

  const ctlHandlers: ReadonlyMap<number, Handler> = new Map(
    [
      on(ctl.Sync, () => {
        // Everybody's (qmi.md §2.2).
        clients.clear()
        return { response: {} }
      }),
      on(ctl.SetInstanceId, ({ instance }) => ({ response: { link: instance } })),
      on(ctl.GetVersionInfo, () => ({ response: { services: [...model.qmi.services] } })),
      on(ctl.AllocateCid, ({ service }) => {
        if (!model.qmi.services.some((one) => one.service === service) || service === Service.CTL) {
          return { error: QmiErrorCode.InvalidServiceType }
        }
        const refused = find(faults({ _tag: "Allocate" }), "Refused")
        if (refused !== undefined) return { error: refused.code }
        const taken = clients.get(service) ?? new Set()
        if (taken.size >= model.qmi.clientsPerService) return { error: QmiErrorCode.ClientIdsExhausted }
        let client = 1
        while (taken.has(client)) client++
        clients.set(service, taken.add(client))
        return { response: { allocation: { service, client } } }
      }),
      on(ctl.ReleaseCid, ({ allocation }) =>
        clients.get(allocation.service)?.delete(allocation.client) === true
          ? { response: { allocation } }
          : { error: QmiErrorCode.InvalidClientId }
      ),
      on(ctl.SetDataFormat, ({ linkProtocol }) => ({
        response: linkProtocol === undefined ? {} : { linkProtocol }
      }))
    ].map((handler) => [handler.message.id, handler])
  )

  const refuseMissing = (): Answer =>
    failure(find(faults({ _tag: "QmiMissing" }), "Refused")?.code ?? QmiErrorCode.InvalidQmiCommand)

  const answerTo = (frame: QmuxFrame, state: Parameters<Handler["run"]>[1]): Answer => {
    if (frame.service === Service.CTL) {
      return ctlHandlers.get(frame.message)?.run(frame.tlvs, state, core) ?? refuseMissing()
    }
    if (clients.get(frame.service)?.has(frame.client) !== true) return failure(QmiErrorCode.InvalidClientId)
    const handler =
      frame.service === Service.DMS && model.qmi.dms.has(frame.message) ? dms.get(frame.message) : undefined
    return handler?.run(frame.tlvs, state, core) ?? refuseMissing()
  }

  const handle = Effect.fnUntraced(function* (frame: QmuxFrame) {
    const { client, message, service } = frame
    const name = `${serviceName(service)} ${messageName(service, message, SIERRA_VENDOR_ID)}`
    yield* core.note({ _tag: "QmiRequest", at: yield* now, service, message, name, client })
    const here = faults({ _tag: "QmiRequest", service, message })
    if (isHang(here)) return yield* Effect.never
    const slow = service === Service.DMS && flashMessages.has(message)
    yield* core.busy(`answering ${name}`, slow ? timing.qmiFlashAnswer : timing.qmiAnswer)
    if (find(here, "Silent") !== undefined) return
    const refused = find(here, "Refused")
    const { after, error, state, tlvs } = yield* core.modify((before) => {
      const answer = refused === undefined ? answerTo(frame, before) : failure(refused.code)
      return [answer, find(here, "Ignored") === undefined ? (answer.state ?? before) : before]
    })
    if (state?.switchPending === true && message === 0x0048 && state.preference !== null) {
      yield* core.note({ _tag: "PreferenceSet", at: yield* now, ...state.preference })
    }
    yield* core.note({ _tag: "QmiAnswer", at: yield* now, message, name, error })
    if (find(here, "Foreign") !== undefined) {
      for (const foreign of foreignFrames(frame)) yield* port.send(encodeFrame(foreign))
    }
    yield* port.send(encodeFrame(responseFrame(frame, tlvs)))
    if (after !== undefined) yield* after
  })

  const oneByOne = find(faults({ _tag: "DmsQueue" }), "OneByOne") !== undefined
  const working = yield* Semaphore.make(oneByOne ? 1 : concurrency)
  const reader = new QmuxReader({ onGarbage: "resync" })
  for (;;) {
    for (const frame of reader.push(yield* port.incoming)) {
      // Of a frame that cannot be read nobody knows whom to answer; an answer or indication is not for a modem.
      if (Result.isFailure(frame) || frame.success.kind !== "request") continue
      yield* Semaphore.take(working, 1)
      yield* handle(frame.success).pipe(Effect.ensuring(Semaphore.release(working, 1)), Effect.forkIn(core.scope))
    }
  }
})
