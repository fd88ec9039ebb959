/** What every plan stands on: the family, its flows, the way to the modem, and what is to be told of it. */
import * as Effect from "effect/Effect"
import { protocolOfFamily } from "../device/download-protocol.ts"
import { familyOfToken } from "../device/families/families.ts"
import type { Family } from "../device/families/Family.ts"
import type { ModemFacts } from "../plan/facts.ts"
import { PlanError } from "../plan/PlanError.ts"
import { lossOfFirmware } from "../plan/stored.ts"
import { needProtocol } from "./download-protocol.ts"
import { familyFlows } from "./families/index.ts"
import { FamilyFlows } from "./FamilyFlow.ts"
import type { FamilyFlow, Homecomings, Runnables } from "./FamilyFlow.ts"
import { FlowError } from "./FlowError.ts"

export const flowOf = Effect.fnUntraced(function* (family: Family) {
  const added = yield* FamilyFlows
  const flow = [...added, ...familyFlows].find((candidate) => candidate.family.id === family.id)
  if (flow === undefined) return yield* new FlowError({ reason: { _tag: "FlowMissing", family: family.id } })
  return flow
})

/** The flows for the way in which the modem is driven: as it was asked, or as was wished. */
export const runnablesOf = (flows: FamilyFlow, told: ModemFacts) => {
  if (told.byAt === undefined) return Effect.succeed<Runnables & Homecomings>(flows)
  return flows.byAt === undefined
    ? Effect.fail(
        new FlowError({
          reason: {
            _tag: "NoWayIn",
            control: told.byAt.why,
            help: "The flow of this family was edited and goes by QMI only: free the modem's control port.",
            ports: [{ port: told.byAt.port, answer: "answers, but this family's flow has no way by AT" }]
          }
        })
      )
    : Effect.succeed(flows.byAt)
}

export const byAtNote = ({ byAt }: ModemFacts): ReadonlyArray<string> =>
  byAt === undefined ? [] : [`everything goes by AT on ${byAt.port}: ${byAt.why}`]

export const lossNote = (told: ModemFacts): ReadonlyArray<string> => {
  const loss = lossOfFirmware(told)
  return loss === undefined ? [] : [`${loss.means}; ${loss.cure}`]
}

export const familyOf = Effect.fnUntraced(function* (told: ModemFacts) {
  const family = familyOfToken(told.token)
  const protocol = family === undefined ? protocolOfFamily(told.token) : undefined
  if (protocol !== undefined) yield* needProtocol(protocol, "by its family")
  return yield* family === undefined
    ? Effect.fail(new PlanError({ reason: { _tag: "NoFamily", found: told.revision } }))
    : Effect.succeed(family)
})
