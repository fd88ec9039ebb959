/** Getting at the modem's control port, and asking it who it is. */
import * as Effect from "effect/Effect"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import { BusError } from "../../device/BusError.ts"
import type { Family } from "../../device/families/Family.ts"
import { missingDriver } from "../../device/drivers.ts"
import type { Modem } from "../../device/Modem.ts"
import { UsbBus } from "../../device/UsbBus.ts"
import { watchBus } from "../../device/watch.ts"
import type { PortInfo, UsbDevice } from "../../device/UsbBus.ts"
import { step } from "../../flow/Step.ts"
import type { PreferenceFacts } from "../../plan/facts.ts"
import * as Ctl from "../../protocol/qmi/ctl.ts"
import { mbimDeadlines, openMbimLink } from "../../session/MbimLink.ts"
import type { MbimDeadlines } from "../../session/MbimLink.ts"
import { QmiError } from "../../session/QmiError.ts"
import { openQmiSession, qmiDeadlines } from "../../session/QmiSession.ts"
import type { QmiDeadlines, QmiFailure, QmiSession } from "../../session/QmiSession.ts"
import { carrierOf, DeviceOpen, DeviceOpenProxy } from "../DeviceOpen.ts"
import { FlowError } from "../FlowError.ts"
import { readFacts } from "../read-facts.ts"
import { connect } from "./connect.ts"

/** The first patience with each protocol where nothing tells which one the port speaks; doubled in each round. */
const firstTry = Duration.seconds(2)

const silent = (error: QmiFailure): boolean => error._tag !== "TransportError" && error.reason._tag === "NoAnswer"

/**
 * A QMI session on a control port, over MBIM where the port speaks MBIM: as {@link DeviceOpen} says, else by the port's
 * driver. Under a driver that carries both, each is tried in turn: an answer decides, whatever it is.
 */
export const openControlSession = Effect.fnUntraced(function* (
  device: UsbDevice,
  port: PortInfo,
  deadlines: QmiDeadlines = qmiDeadlines
) {
  const bus = yield* UsbBus
  const byProxy = yield* DeviceOpenProxy
  const open = (proxy: "qmi" | "mbim") =>
    Effect.provideService(connect(device, port, byProxy ? { proxy } : {}), UsbBus, bus)
  const { maxControlMessage } = port
  const overMbim = (qmi: QmiDeadlines, mbim: Partial<MbimDeadlines>) =>
    openQmiSession(openMbimLink(open("mbim"), { maxControlTransfer: maxControlMessage, deadlines: mbim }), qmi)
  const carrier = carrierOf(yield* DeviceOpen, port.driver, port.speaks)
  if (carrier === "qmi") return yield* openQmiSession(open("qmi"), deadlines)
  if (carrier === "mbim") {
    return yield* overMbim(deadlines, { open: Duration.max(deadlines.alive, mbimDeadlines.open) })
  }
  const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(deadlines.alive)
  for (let patience = firstTry; ; patience = Duration.times(patience, 2)) {
    for (const way of [
      openQmiSession(open("qmi"), { ...deadlines, alive: patience }),
      overMbim({ ...deadlines, alive: patience }, { open: patience })
    ]) {
      const session = yield* Effect.result(way)
      if (Result.isSuccess(session)) return session.success
      if (!silent(session.failure)) return yield* session.failure
    }
    if ((yield* Clock.currentTimeMillis) >= until) {
      return yield* new QmiError({
        endpoint: port.node ?? port.name,
        request: `${Ctl.GetVersionInfo.name} (as QMI, and over MBIM)`,
        reason: { _tag: "NoAnswer", millis: Duration.toMillis(deadlines.alive) }
      })
    }
  }
})

/** How long a port that is not there yet is waited for: its driver may still be loading. */
const portPatience = Duration.seconds(30)
/** The same where the system says that no driver has it, and the AT port, which would do as well, is there by now. */
const patienceWithAt = Duration.seconds(10)

/** The modem has no control port for us, or none that carries QMI: nothing that waiting or trying again would change. */
export const isUnusableControl = (error: QmiFailure | BusError | FlowError): boolean =>
  (error._tag === "BusError" && (error.reason._tag === "NoPort" || error.reason._tag === "DriverMissing")) ||
  (error._tag === "MbimError" && error.reason._tag === "ServiceMissing")

/** The control port's session of a modem that is in application mode now. */
export const controlSession = Effect.fnUntraced(function* (modem: Modem) {
  const bus = yield* UsbBus
  const watch = yield* watchBus
  const device = (yield* bus.devices).find(({ key }) => key === modem.device.key)
  const hasOnlyAt =
    device !== undefined &&
    device.ports.some(({ role }) => role === "at") &&
    missingDriver(device, "control") !== undefined
  const arrival = yield* watch
    .await({
      identity: modem.identity,
      awaited: [{ mode: "application", role: "control" }],
      deadline: hasOnlyAt ? patienceWithAt : portPatience,
      present: true
    })
    .pipe(
      Effect.catchReason("BusError", "NeverAppeared", (_, error) =>
        Effect.flatMap(bus.devices, (devices) => {
          const device = devices.find(({ key }) => key === modem.device.key)
          if (device === undefined) return Effect.fail(error)
          const has = device.ports.map(({ name, role }) => `${name} (${role})`)
          return Effect.fail(new BusError({ operation: "open", reason: { _tag: "NoPort", role: "control", has } }))
        })
      )
    )
  return yield* openControlSession(arrival.device, arrival.port)
})

/** Asks on a control port that is opened for it and let go of again; to open it may take long, and can be broken off. */
export const usingControl = <A, E, R, E2, R2>(
  open: Effect.Effect<QmiSession, E, R>,
  use: (control: QmiSession) => Effect.Effect<A, E2, R2>
) =>
  Effect.scoped(
    Effect.flatMap(
      Effect.acquireRelease(open, ({ close }) => close, { interruptible: true }),
      use
    )
  )

export const openControl = step({
  name: "open-control",
  title: "open the modem's control port",
  risk: "reads",
  deadline: Duration.seconds(90),
  run: ({ modem }: { readonly modem: Modem }) => Effect.map(controlSession(modem), (control) => ({ control }))
})

/** Asks who the modem is, what it runs and can do. */
export const identify = step({
  name: "identify",
  title: "ask the modem who it is, what it runs and what it can do",
  risk: "reads",
  deadline: Duration.seconds(120),
  run: ({ control }: { readonly control: QmiSession }) => Effect.map(readFacts(control), (facts) => ({ facts }))
})

/**
 * The same for a family with preferences: ends in an error when the modem says that it has none. A timeout
 * of the question is an error too, never a "no" (flows.md §9 W6).
 */
export const identifyWithPreference = step({
  name: "identify",
  title: "ask the modem who it is, what it runs, and which firmware it is told to prefer",
  risk: "reads",
  deadline: Duration.seconds(120),
  run: ({ control }: { readonly control: QmiSession; readonly family: Family<"preference"> }) =>
    Effect.gen(function* () {
      const facts = yield* readFacts(control)
      const { preference } = facts
      if (preference._tag === "NotSupported") {
        return yield* new FlowError({
          reason: { _tag: "FeatureMissing", feature: "firmware preference", error: preference.error }
        })
      }
      return { facts: { ...facts, preference } satisfies PreferenceFacts }
    })
})

/** Gives the client id back and lets go of the port. */
export const releaseControl = step({
  name: "release",
  title: "let go of the control port",
  risk: "none",
  // The client id, and the MBIM function, which may take seconds to close (qmi.md §10).
  deadline: Duration.sum(Duration.sum(qmiDeadlines.release, mbimDeadlines.close), Duration.seconds(1)),
  drops: ["control"],
  run: ({ control }: { readonly control: QmiSession }) => Effect.as(control.close, {})
})
