/**
 * Basic connect of a modem without a SIM card: what host software asks before it takes a modem for one. Layouts: MBIM 1.0
 * §10.5 and public driver headers (OpenBSD `sys/dev/usb/mbim.h`). Values are plausible, nobody's measurements.
 */
import * as Result from "effect/Result"
import { BasicConnect, QMI_MESSAGE, ServiceId, Status } from "../../protocol/mbim/codes.ts"
import { uuidBytes } from "../../protocol/mbim/message.ts"
import { decodeSubscribeList } from "../../protocol/mbim/subscribe-list.ts"
import type { Subscription } from "../../protocol/mbim/subscribe-list.ts"
import type { Model } from "../models/Model.ts"
import type { ModemState } from "../ModemState.ts"
import { OperatingMode } from "../ModemState.ts"
import { mismatches } from "../storage.ts"
import { bytes, informationBuffer, text, u32, u64 } from "./buffer.ts"

export interface Outcome {
  readonly status: number
  readonly buffer: Uint8Array
  readonly state?: ModemState
  /** The host's wishes for indications, where the command was about them. */
  readonly subscriptions?: ReadonlyArray<Subscription>
}

export interface Question {
  readonly type: "query" | "set"
  readonly buffer: Uint8Array
  readonly state: ModemState
  readonly model: Model
  readonly imei: string
  /** Services besides basic connect, with their commands. */
  readonly services: ReadonlyArray<Subscription>
}

const nothing = new Uint8Array(0)

export const refusal = (status: number): Outcome => ({ status, buffer: nothing })

const success = (...parts: Parameters<typeof informationBuffer>[0]): Outcome => ({
  status: Status.Success,
  buffer: informationBuffer(parts)
})

/** MBIM 1.0 §10.5.12: the type of a context that is none. */
const noContext = "b43f758c-a560-4b46-b35e-c5869641fb54"

const caps = ({ imei, model, state }: Question): Outcome =>
  success(
    // Embedded, GSM, no voice, removable SIM.
    u32(1),
    u32(1),
    u32(1),
    u32(2),
    // GPRS, EDGE, UMTS, HSDPA, HSUPA, LTE.
    u32(0x3f),
    // SMS as PDU in both directions; registration by hand.
    u32(3),
    u32(1),
    u32(8),
    text(""),
    text(imei),
    text(`${model.token}_${state.running.firmware}`),
    text(model.name)
  )

const radio = ({ buffer, state, type }: Question): Outcome => {
  let next = state
  if (type === "set") {
    const wanted = buffer.length === 4 ? new DataView(buffer.buffer, buffer.byteOffset).getUint32(0, true) : 2
    if (wanted > 1) return refusal(Status.InvalidParameters)
    // The image voter holds it in low power (at.md §5.1), and a modem that is offline stays so until its reset.
    const may = state.operatingMode === OperatingMode.online || state.operatingMode === OperatingMode.lowPower
    if (!may || (wanted === 1 && mismatches(state).length > 0)) return refusal(Status.OperationNotAllowed)
    next = { ...state, operatingMode: wanted === 1 ? OperatingMode.online : OperatingMode.lowPower }
  }
  return { ...success(u32(1), u32(next.operatingMode === OperatingMode.online ? 1 : 0)), state: next }
}

const services = ({ services: others }: Question): Outcome => {
  const all = [{ service: ServiceId.basicConnect, cids: commands }, ...others]
  const elements = all.map(({ cids, service }) =>
    // No data service sessions: payload and instances 0.
    informationBuffer([bytes(uuidBytes(service)), u32(0), u32(0), u32(cids.length), ...cids.map(u32)])
  )
  let offset = 8 + 8 * elements.length
  const places = elements.flatMap((element) => {
    const place = [u32(offset), u32(element.length)]
    offset += element.length
    return place
  })
  return success(u32(elements.length), u32(0), ...places, ...elements.map(bytes))
}

const subscribe = ({ buffer }: Question): Outcome => {
  const list = decodeSubscribeList(buffer)
  return Result.isFailure(list)
    ? refusal(Status.InvalidParameters)
    : { status: Status.Success, buffer, subscriptions: list.success }
}

const connect = ({ buffer, type }: Question): Outcome => {
  if (type === "set") return refusal(Status.SimNotInserted)
  if (buffer.length < 4) return refusal(Status.InvalidParameters)
  const session = new DataView(buffer.buffer, buffer.byteOffset).getUint32(0, true)
  // Deactivated, no voice call, default IP type.
  return success(u32(session), u32(3), u32(0), u32(0), bytes(uuidBytes(noContext)), u32(0))
}

type Handler = (question: Question) => Outcome

const query =
  (handler: Handler): Handler =>
  (question) =>
    question.type === "query" ? handler(question) : refusal(Status.NoDeviceSupport)

const set =
  (handler: Handler): Handler =>
  (question) =>
    question.type === "set" ? handler(question) : refusal(Status.NoDeviceSupport)

const noSim: Handler = () => refusal(Status.SimNotInserted)

const handlers: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [BasicConnect.deviceCaps, query(caps)],
  // SIM not inserted: no IMSI, no ICCID, no numbers.
  [BasicConnect.subscriberReadyStatus, query(() => success(u32(2), text(""), text(""), u32(0), u32(0)))],
  [BasicConnect.radioState, radio],
  [BasicConnect.pin, noSim],
  [BasicConnect.pinList, noSim],
  [BasicConnect.homeProvider, noSim],
  // Deregistered, automatic.
  [
    BasicConnect.registerState,
    query(() => success(u32(0), u32(1), u32(1), u32(0), u32(1), text(""), text(""), text(""), u32(0)))
  ],
  // Detached.
  [BasicConnect.packetService, query(() => success(u32(0), u32(4), u32(0), u64(0n), u64(0n)))],
  // Strength and error rate unknown.
  [BasicConnect.signalState, query(() => success(u32(99), u32(99), u32(0), u32(0), u32(0)))],
  [BasicConnect.connect, connect],
  [BasicConnect.provisionedContexts, query(() => success(u32(0)))],
  [BasicConnect.ipConfiguration, query(() => refusal(Status.ContextNotActivated))],
  [BasicConnect.deviceServices, query(services)],
  [BasicConnect.deviceServiceSubscribeList, set(subscribe)],
  [
    BasicConnect.packetStatistics,
    query(() => success(u32(0), u32(0), u64(0n), u64(0n), u64(0n), u64(0n), u32(0), u32(0)))
  ]
])

const commands: ReadonlyArray<number> = [...handlers.keys()]

export const qmiService: Subscription = { service: ServiceId.qmi, cids: [QMI_MESSAGE] }

export const answerBasicConnect = (cid: number, question: Question): Outcome =>
  handlers.get(cid)?.(question) ?? refusal(Status.NoDeviceSupport)
