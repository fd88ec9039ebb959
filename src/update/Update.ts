/**
 * The update as integrators use it: a plan is data that shows what would happen and why; a run does it and ends in
 * a typed result, or a typed error that says in which state the modem is.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { UsbBus } from "../device/UsbBus.ts"
import { EventSink } from "./events.ts"
import type { UpdateEvent } from "./events.ts"
import type { FamilyFlow, RunReport } from "./FamilyFlow.ts"
import type { Action, UpdatePlan, UpdateResult } from "./update-plan.ts"
import type { UpdateError } from "./UpdateError.ts"

export { facts, inspect } from "./ask.ts"
export { plan, planDownload } from "./plan-images.ts"
export { planHold, planLeave, planRestart } from "./plan-modes.ts"
export { planDelete, planSelect } from "./plan-stored.ts"
export type { Action, PlanOptions, UpdatePlan, UpdateResult } from "./update-plan.ts"

const outcomes: { readonly [A in Exclude<Action, "nothing">]: UpdateResult["outcome"] } = {
  update: "updated",
  download: "updated",
  hold: "held",
  leave: "left",
  restart: "restarted",
  select: "selected",
  delete: "deleted"
}

const outcomeOf = (action: Exclude<Action, "nothing">, { after }: RunReport): UpdateResult["outcome"] =>
  after === undefined && action !== "hold" ? "not-validated" : outcomes[action]

/** Does what the plan says. */
export const run = Effect.fn("Update.run")(function* (planned: UpdatePlan) {
  if (planned.action === "nothing") {
    const result: UpdateResult = {
      outcome: "already-there",
      before: planned.facts,
      after: planned.facts,
      sent: [],
      millis: 0
    }
    return result
  }
  const { deletes, evictions, facts, family, modem, options, wanted } = planned
  const why = facts?.byAt?.why
  const report: RunReport = yield* planned.flow.run({
    modem,
    options,
    wanted,
    family,
    facts,
    images: planned.images?.images ?? [],
    ...(evictions === undefined ? {} : { evictions }),
    ...(deletes === undefined ? {} : { deletes }),
    ...(why === undefined ? {} : { why }),
    ...(planned.settingsBefore === undefined ? {} : { settingsBefore: planned.settingsBefore })
  })
  const result: UpdateResult = {
    outcome: outcomeOf(planned.action, report),
    before: planned.facts,
    after: report.after,
    sent: report.sent,
    millis: report.millis,
    ...(report.settings === undefined ? {} : { settings: report.settings })
  }
  return result
})

/** The run as a stream of its events; it fails as the run fails, after the `RunFailed` event. */
export const events = (planned: UpdatePlan): Stream.Stream<UpdateEvent, UpdateError, UsbBus> =>
  Stream.callback<UpdateEvent, UpdateError, UsbBus>((queue) =>
    run(planned).pipe(
      Effect.provideService(EventSink, (event) => Effect.asVoid(Queue.offer(queue, event))),
      Effect.flatMap(() => Queue.end(queue as Queue.Enqueue<UpdateEvent, UpdateError | Cause.Done>)),
      Effect.catch((error) => Queue.fail(queue, error)),
      Effect.forkScoped
    )
  )

export type { FamilyFlow }
