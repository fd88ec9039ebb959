/** An integrator's own flow: ours, with one step inserted before the reboot and the confirmation of one's own. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { familyLayer, Flow, Flows, Image, Modem, preferenceFamily, swi9x30, Update } from "boothold"

// #region example
const park = Flow.step({
  name: "park",
  title: "park the vehicle",
  risk: "none",
  deadline: Duration.minutes(5),
  run: () => Effect.as(Effect.log("parked"), { parked: true })
})
const flow = Flows.preferenceFlow(swi9x30).pipe(Flow.insertBefore("restart", park))
const family = familyLayer(preferenceFamily(swi9x30, flow))
const program = Effect.gen(function* () {
  const images = yield* Image.openSet(["SWI9X30C_02.33.03.00.cwe", "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu"])
  return yield* Update.run(yield* Update.plan(yield* Modem.select({ vidPid: "1199:9071" }), images))
}).pipe(Effect.scoped, Effect.provide(family))
// #endregion

export { program }
