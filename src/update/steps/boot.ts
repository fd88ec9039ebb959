/** Waiting for the modem to start, and asking it whether it is what was wanted. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type { Family } from "../../device/families/Family.ts"
import { describeDevice } from "../../device/Modem.ts"
import type { Modem } from "../../device/Modem.ts"
import type { PortRole } from "../../device/UsbBus.ts"
import type { BusWatch } from "../../device/watch.ts"
import { step } from "../../flow/Step.ts"
import { compare } from "../../plan/compare.ts"
import type { Expectation } from "../../plan/compare.ts"
import type { ModemFacts, Preference } from "../../plan/facts.ts"
import type { AtError } from "../../session/AtError.ts"
import type { QmiFailure, QmiSession } from "../../session/QmiSession.ts"
import { emit } from "../events.ts"
import { FlowError } from "../FlowError.ts"
import { readFacts } from "../read-facts.ts"
import { nowIs } from "../Run.ts"
import { openControlSession } from "./control.ts"
import type { WantedFirmware, WantedPreference } from "./state.ts"

/** How long a modem that came back in boot-and-hold may take to leave it again by itself. */
export const bounce = Duration.seconds(60)

/**
 * The modem in application mode with its control port, or one of the given roles, each time that it comes back. One that
 * is back in boot-and-hold and stays there has nothing that it can start.
 */
export const arrivals = (
  modem: Modem,
  watch: BusWatch,
  deadline: Duration.Duration,
  roles: ReadonlyArray<PortRole> = ["control"]
) => {
  const application = roles.map((role) => ({ mode: "application", role }) as const)
  let held = false
  let until: number | undefined
  const left = Effect.map(Clock.currentTimeMillis, (now) => {
    until ??= now + Duration.toMillis(deadline)
    return until - now
  })
  const next = Effect.gen(function* () {
    for (;;) {
      const patience = Duration.millis(Math.max(0, yield* left))
      const arrival = yield* watch
        .await({
          identity: modem.identity,
          awaited: held ? application : [...application, { mode: "boot-and-hold", role: "download" }],
          deadline: held ? Duration.min(patience, bounce) : patience
        })
        .pipe(
          Effect.catchTag("BusError", (error) =>
            Effect.fail(
              held
                ? new FlowError({ reason: { _tag: "StayedInBootAndHold", seconds: Duration.toSeconds(bounce) } })
                : error
            )
          )
        )
      yield* emit({ _tag: "ModemSeen", device: describeDevice(arrival.device), mode: arrival.mode })
      if (arrival.mode === "application") return arrival
      held = true
      yield* nowIs({ _tag: "BootAndHold" })
    }
  })
  return { next, left }
}

/** The control port of a modem that starts, once it answers. A modem that leaves again meanwhile is waited for again. */
export const waitUntilItAnswers = Effect.fnUntraced(function* (
  modem: Modem,
  watch: BusWatch,
  deadline: Duration.Duration
) {
  const { left, next } = arrivals(modem, watch, deadline)
  for (;;) {
    const arrival = yield* next
    const patience = Duration.millis(Math.max(1, yield* left))
    const control = yield* Effect.result(
      openControlSession(arrival.device, arrival.port, {
        liveness: Duration.millis(150),
        alive: patience,
        release: Duration.seconds(2)
      })
    )
    if (Result.isSuccess(control)) return control.success
    if (control.failure._tag !== "TransportError" || (yield* left) <= 0) {
      return yield* control.failure
    }
    // It left while we asked, or the node is not what it was: look again when something changes.
    yield* emit({ _tag: "Warning", step: "wait-for-boot", detail: control.failure.message })
    yield* watch.gone(arrival.device.key).pipe(Effect.timeoutOption(Duration.seconds(1)))
  }
})

export const waitForBoot = (family: Family) =>
  step({
    name: "wait-for-boot",
    title: "wait until the modem has started and answers",
    risk: "none",
    deadline: Duration.sum(family.deadlines.boot, bounce),
    drops: ["watch"],
    run: ({ modem, watch }: { readonly modem: Modem; readonly watch: BusWatch }) =>
      Effect.map(waitUntilItAnswers(modem, watch, family.deadlines.boot), (control) => ({ control }))
  })

/** The modem is back on the bus in application mode: all that `--skip-validation` waits for. Nothing is asked. */
export const waitForPort = (family: Family, roles: ReadonlyArray<PortRole> = ["control"]) =>
  step({
    name: "wait-for-boot",
    title: "wait until the modem is back on the bus in application mode",
    risk: "none",
    deadline: Duration.sum(family.deadlines.boot, bounce),
    drops: ["watch"],
    run: ({ modem, watch }: { readonly modem: Modem; readonly watch: BusWatch }) =>
      Effect.map(arrivals(modem, watch, family.deadlines.boot, roles).next, ({ device }) => ({ back: device }))
  })

/** What the run proved: the modem was asked and answers with what was wanted. */
export interface Validated {
  readonly after: ModemFacts
}

const settle = <R>(
  read: Effect.Effect<ModemFacts, FlowError | QmiFailure | AtError, R>,
  expectation: Expectation,
  patience: Duration.Duration,
  differ: typeof compare
) =>
  Effect.gen(function* () {
    const after = yield* read
    const differences = differ(expectation, after)
    if (differences.length === 0) return after
    yield* nowIs({
      _tag: "RunningOther",
      found: differences.map(({ found, wanted, what }) => `its ${what} is ${found}, wanted ${wanted}`).join("; ")
    })
    return yield* new FlowError({ reason: { _tag: "NotValidated", differences } })
  }).pipe(
    // Operating mode and preference may follow a moment later; a wrong firmware stays wrong and costs only the wait.
    Effect.retry({
      schedule: Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")]).pipe(
        Schedule.upTo({ duration: patience })
      ),
      while: (error) =>
        error._tag === "FlowError" ||
        ((error._tag === "QmiError" || error._tag === "AtError") && error.reason._tag !== "Garbled")
    })
  )

/** Reads until the modem reports what was wanted, for as long as its family may need. */
export const validateBy = Effect.fnUntraced(function* <R>(
  family: Family,
  read: Effect.Effect<ModemFacts, FlowError | QmiFailure | AtError, R>,
  expectation: Expectation,
  differ: typeof compare = compare
) {
  const after = yield* settle(read, expectation, family.deadlines.settle, differ)
  yield* nowIs({ _tag: "Running", firmware: after.firmware })
  const validated: Validated = { after }
  return { validated }
})

const validate = (family: Family, control: QmiSession, expectation: Expectation) =>
  validateBy(family, readFacts(control), expectation)

export const verifyTitle = "ask the modem what it runs now, and compare it with what was wanted"

/** For a family with preferences: firmware, preference, running slot, operating mode and low-power reason. */
export const verifyPreference = (family: Family<"preference">) =>
  step({
    name: "verify",
    title: verifyTitle,
    risk: "reads",
    deadline: Duration.sum(family.deadlines.settle, Duration.seconds(120)),
    run: (state: { readonly control: QmiSession; readonly wanted: WantedPreference; readonly facts: ModemFacts }) =>
      validate(family, state.control, {
        firmware: state.wanted.firmware,
        preference: state.wanted,
        before: state.facts
      })
  })

/** For a family without: firmware, operating mode and low-power reason. */
export const verifyFirmware = (family: Family) =>
  step({
    name: "verify",
    title: verifyTitle,
    risk: "reads",
    deadline: Duration.sum(family.deadlines.settle, Duration.seconds(120)),
    run: (state: { readonly control: QmiSession; readonly wanted: WantedFirmware; readonly facts: ModemFacts }) =>
      validate(family, state.control, { firmware: state.wanted.firmware, preference: undefined, before: state.facts })
  })

/** After `download`: the modem could not be asked before, so what the images say is compared, as far as they say it. */
export const verifyDownload = (family: Family) =>
  step({
    name: "verify",
    title: verifyTitle,
    risk: "reads",
    deadline: Duration.sum(family.deadlines.settle, Duration.seconds(120)),
    run: (state: {
      readonly control: QmiSession
      readonly wanted: WantedFirmware
      readonly preference: Preference | undefined
    }) =>
      validate(family, state.control, {
        firmware: state.wanted.firmware,
        preference: state.preference,
        before: undefined
      })
  })
