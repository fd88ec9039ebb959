/** What of doctor counts for an update: errors stop it before anything is written, warnings stand in the plan. */
import * as Effect from "effect/Effect"
import { standingOf } from "../device/Modem.ts"
import { beforeWriting } from "../doctor/diagnose.ts"
import type { Finding } from "../doctor/Finding.ts"
import { Host } from "../doctor/Host.ts"
import type { UpdatePlan } from "../update/Update.ts"
import { refuse } from "./CommandError.ts"

const text = ({ cure, reason }: Finding): string => (cure === undefined ? reason : `${reason}. ${cure}`)

/** The plan with doctor's warnings. `stops`: an error ends the command; else it is a warning too. */
export const withFindings = Effect.fn("cli.withFindings")(function* (plan: UpdatePlan, stops: boolean) {
  const host = yield* Host
  if (host === undefined || plan.action === "nothing") return plan
  const { modem } = plan
  const around = { host: yield* host.facts, device: yield* host.device(modem.device) }
  const standing = standingOf(modem.device) ?? { _tag: "possible" as const }
  const { errors, warnings } = beforeWriting({ modem, standing }, around)
  const [first] = errors
  if (first !== undefined && stops) {
    return yield* refuse({ _tag: "HostNotReady", found: errors.map(({ reason }) => reason), cure: first.cure ?? "" })
  }
  const added = [...errors, ...warnings].map(text)
  return added.length === 0 ? plan : { ...plan, warnings: [...plan.warnings, ...added] }
})
