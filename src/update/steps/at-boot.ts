/** Waiting for a modem to start and to answer on its AT port, and asking it whether it is what was wanted. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Family } from "../../device/families/Family.ts"
import { describeDevice } from "../../device/Modem.ts"
import type { Modem } from "../../device/Modem.ts"
import type { BusWatch } from "../../device/watch.ts"
import { step } from "../../flow/Step.ts"
import type { Expectation } from "../../plan/compare.ts"
import type { ModemFacts, Preference } from "../../plan/facts.ts"
import type { AtSession } from "../../session/AtSession.ts"
import { modemFactsOf } from "../at-modem-facts.ts"
import { findAtPort } from "../at-port.ts"
import { FlowError } from "../FlowError.ts"
import { readAtFacts } from "../read-at-facts.ts"
import { arrivals, bounce, validateBy, verifyTitle } from "./boot.ts"
import type { WantedFirmware, WantedPreference } from "./state.ts"

/** One round of questions to all ports; short, since the modem may leave meanwhile. */
const round = Duration.seconds(5)

/** The AT port of a modem that starts, once it answers: it is silent for a while (at.md §1). */
export const waitUntilItAnswers = Effect.fnUntraced(function* (
  modem: Modem,
  watch: BusWatch,
  deadline: Duration.Duration
) {
  const { left, next } = arrivals(modem, watch, deadline, ["at", "unknown"])
  for (;;) {
    const arrival = yield* next
    const { answers, found } = yield* findAtPort(arrival.device, round)
    if (found !== undefined) return found.session
    if ((yield* left) <= 0) {
      return yield* new FlowError({
        reason: {
          _tag: "NoWayIn",
          control: `the modem is back (${describeDevice(arrival.device)})`,
          help: "Everything was sent. Wait a minute, then look with `boothold info` what the modem runs.",
          ports: [...answers]
        }
      })
    }
    // It left while we asked, or is not ready: look again when something changes.
    yield* watch.gone(arrival.device.key).pipe(Effect.timeoutOption(Duration.seconds(1)))
  }
})

export const waitForBootByAt = (family: Family) =>
  step({
    name: "wait-for-boot",
    title: "wait until the modem has started and answers on its AT port",
    risk: "none",
    deadline: Duration.sum(family.deadlines.boot, bounce),
    drops: ["watch"],
    run: ({ modem, watch }: { readonly modem: Modem; readonly watch: BusWatch }) =>
      Effect.map(waitUntilItAnswers(modem, watch, family.deadlines.boot), (at) => ({ at }))
  })

const validate = (family: Family, at: AtSession, why: string, expectation: Expectation) =>
  validateBy(
    family,
    Effect.flatMap(readAtFacts(at), (facts) => Effect.fromResult(modemFactsOf(facts, why))),
    expectation
  )

const deadlineOf = (family: Family) => Duration.sum(family.deadlines.settle, Duration.seconds(120))

/** Firmware, preference, running slot and low-power voters, as far as the modem tells them by AT. */
export const verifyPreferenceByAt = (family: Family<"preference">) =>
  step({
    name: "verify",
    title: verifyTitle,
    risk: "reads",
    deadline: deadlineOf(family),
    run: (state: {
      readonly at: AtSession
      readonly why: string
      readonly wanted: WantedPreference
      readonly facts: ModemFacts
    }) =>
      validate(family, state.at, state.why, {
        firmware: state.wanted.firmware,
        preference: state.wanted,
        before: state.facts
      })
  })

export const verifyFirmwareByAt = (family: Family) =>
  step({
    name: "verify",
    title: verifyTitle,
    risk: "reads",
    deadline: deadlineOf(family),
    run: (state: {
      readonly at: AtSession
      readonly why: string
      readonly wanted: WantedFirmware
      readonly facts: ModemFacts
    }) =>
      validate(family, state.at, state.why, {
        firmware: state.wanted.firmware,
        preference: undefined,
        before: state.facts
      })
  })

/** After `download`: the modem could not be asked before. */
export const verifyDownloadByAt = (family: Family) =>
  step({
    name: "verify",
    title: verifyTitle,
    risk: "reads",
    deadline: deadlineOf(family),
    run: (state: {
      readonly at: AtSession
      readonly why: string
      readonly wanted: WantedFirmware
      readonly preference: Preference | undefined
    }) =>
      validate(family, state.at, state.why, {
        firmware: state.wanted.firmware,
        preference: state.preference,
        before: undefined
      })
  })
