/** Asking a modem who it is and what it has; reads only. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Modem } from "../device/Modem.ts"
import { UsbBus } from "../device/UsbBus.ts"
import type { ModemDetails } from "../plan/details.ts"
import type { ModemFacts } from "../plan/facts.ts"
import { PlanError } from "../plan/PlanError.ts"
import type { QmiSession } from "../session/QmiSession.ts"
import { modemFactsOf } from "./at-modem-facts.ts"
import { hasCandidate } from "./at-port.ts"
import { ControlWay } from "./ControlWay.ts"
import { readAtFacts } from "./read-at-facts.ts"
import { readDetails } from "./read-details.ts"
import { readFacts } from "./read-facts.ts"
import { openAtPort } from "./steps/by-at.ts"
import { controlSession, isUnusableControl, usingControl } from "./steps/control.ts"

const askByAt = (modem: Modem, why: { readonly text: string; readonly help: string }) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { identification, session } = yield* openAtPort(modem, why)
      return yield* Effect.fromResult(modemFactsOf(yield* readAtFacts(session, identification), why.text))
    })
  )

/**
 * Asks the modem who it is; reads only. By QMI; by AT where there is no usable control port, or {@link ControlWay} says
 * so: then `byAt` of the facts says on which port and why.
 */
export const facts = Effect.fn("Update.facts")(function* (modem: Modem) {
  if (modem.mode === "boot-and-hold") {
    return yield* new PlanError({ reason: { _tag: "InBootAndHold", modem: modem.label } })
  }
  if ((yield* ControlWay) === "at") {
    return yield* askByAt(modem, {
      text: "AT was asked for",
      help: "Leave out `--by-at`, so that the modem is asked by QMI."
    })
  }
  const told = yield* Effect.result(usingControl(controlSession(modem), readFacts))
  if (Result.isSuccess(told)) return told.success
  const error = told.failure
  const bus = yield* UsbBus
  const device = (yield* bus.devices).find(({ key }) => key === modem.device.key)
  if (!isUnusableControl(error) || device === undefined || !hasCandidate(device)) return yield* error
  return yield* askByAt(modem, { text: error.message, help: error.help })
})

/** Without a control port there is nothing more to be asked. */
const noDetails = (why: string): ModemDetails => ({ images: [], untold: [{ question: "the control port", why }] })

/** The same, with all that it tells besides over its control port; no question of these is essential. */
export const inspect = Effect.fn("Update.inspect")(function* (modem: Modem) {
  const told: ModemFacts = yield* facts(modem)
  if (told.byAt !== undefined) return { facts: told, details: noDetails(told.byAt.why) }
  const read = (control: QmiSession) => readDetails(control, told)
  const details = yield* usingControl(controlSession(modem), read).pipe(
    Effect.catch((error) => Effect.succeed(noDetails(error.message)))
  )
  return { facts: told, details }
})
