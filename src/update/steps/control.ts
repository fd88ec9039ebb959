/** Getting at the modem's control port, and asking it who it is. */
import * as Effect from "effect/Effect"
import * as Duration from "effect/Duration"
import * as Schedule from "effect/Schedule"
import { BusError } from "../../device/BusError.ts"
import type { Family } from "../../device/families/Family.ts"
import type { Modem } from "../../device/Modem.ts"
import { UsbBus } from "../../device/UsbBus.ts"
import { watchBus } from "../../device/watch.ts"
import type { PortInfo, UsbDevice } from "../../device/UsbBus.ts"
import { step } from "../../flow/Step.ts"
import type { PreferenceFacts } from "../../plan/facts.ts"
import { openQmiSession } from "../../session/QmiSession.ts"
import type { QmiSession } from "../../session/QmiSession.ts"
import type { TransportError } from "../../transport/TransportError.ts"
import { FlowError } from "../FlowError.ts"
import { readFacts } from "../read-facts.ts"

/** A node that has just appeared may not be ready: its driver binds, permissions are set (flows.md §9 W12). */
const settling = (error: TransportError): boolean =>
  error.reason._tag === "NotThere" || error.reason._tag === "Busy" || error.reason._tag === "PermissionDenied"

/** Opens a port, with patience for one that is still being set up. */
export const connect = (device: UsbDevice, port: PortInfo) =>
  Effect.flatMap(UsbBus, (bus) =>
    bus.open(device, port).pipe(
      Effect.retry({
        schedule: Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("1 second")]).pipe(
          Schedule.upTo({ duration: Duration.seconds(10) })
        ),
        while: settling
      })
    )
  )

/** How long a port that is not there yet is waited for: its driver may still be loading. */
const portPatience = Duration.seconds(30)

/** The control port's session of a modem that is in application mode now. */
export const controlSession = Effect.fnUntraced(function* (modem: Modem) {
  const bus = yield* UsbBus
  const watch = yield* watchBus
  const arrival = yield* watch
    .await({
      identity: modem.identity,
      awaited: [{ mode: "application", role: "control" }],
      deadline: portPatience,
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
  return yield* openQmiSession(Effect.provideService(connect(arrival.device, arrival.port), UsbBus, bus))
})

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
  deadline: Duration.seconds(3),
  drops: ["control"],
  run: ({ control }: { readonly control: QmiSession }) => Effect.as(control.close, {})
})
