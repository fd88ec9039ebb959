/** A program of somebody else: everything that it knows of boothold comes from the installed package. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Builder, Image, ImageError, Modem, Update } from "boothold"
import type { UpdateEvent } from "boothold"
import { ImageFiles } from "boothold"
import * as Sim from "boothold/sim"
import { writeFileSync } from "node:fs"

const spec = { familyToken: "SWI9X30C", firmware: "02.33.03.00" }
const files = {
  "SWI9X30C_02.33.03.00.cwe": Builder.buildSystemImage({ ...spec, size: 300_000 }),
  "SWI9X30C_02.33.03.00_GENERIC_002.072_000.nvu": Builder.buildCarrierImage({
    ...spec,
    carrier: "GENERIC",
    config: "002.072_000"
  })
}
for (const [name, bytes] of Object.entries(files)) writeFileSync(name, bytes)

const update = Effect.gen(function* () {
  const images = yield* Image.openSet(Object.keys(files))
  const modem = yield* Modem.select({ vidPid: "1199:9071" })
  const plan = yield* Update.plan(modem, images)
  const result: Update.UpdateResult = yield* Update.run(plan)
  // Again, on the modem as it is now: there is nothing left to do.
  const again = yield* Update.plan(yield* Modem.select(), images)
  const events: ReadonlyArray<UpdateEvent> = yield* Stream.runCollect(Update.events(again))
  const control = yield* Sim.SimControl
  const state = control.modems[0] === undefined ? undefined : yield* control.modems[0].state
  return {
    outcome: result.outcome,
    sent: result.sent.length,
    again: again.action,
    eventsAgain: events.length,
    running: state?.running.firmware,
    filesFrom: typeof (yield* ImageFiles).open
  }
}).pipe(Effect.scoped, Effect.provide(Sim.layer(Sim.em7455({ timing: Sim.instant }))))

/** The types know which errors there are: one that is not in the list does not compile. */
const refused = Image.openSet(["SWI9X30C_02.33.03.00.cwe", "consumer.mjs"]).pipe(
  Effect.scoped,
  Effect.as("opened"),
  Effect.catchTag("ImageError", (error) => Effect.succeed(error instanceof ImageError ? error.code : "another class"))
)

console.log(JSON.stringify({ ...(await Effect.runPromise(update)), refused: await Effect.runPromise(refused) }))
