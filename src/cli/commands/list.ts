/** `boothold list`: the modems on the bus, with their ports; also those that are refused, with the reason. No modem at all is an answer too. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Modem from "../../device/Modem.ts"
import { exitCodes } from "../exit-codes.ts"
import type { ModemInput } from "../inputs.ts"
import { onBus, selectorOf } from "../modem.ts"
import { foundLines } from "../render/facts.ts"
import { foundReport } from "../render/json.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"

export const list = Effect.fn("cli.list")(function* (input: ModemInput) {
  return yield* Effect.gen(function* () {
    const found = yield* Modem.survey(selectorOf(input))
    const style = styleFor((yield* Screen).colors)
    if (input.json) yield* Console.log(JSON.stringify(found.map(foundReport), undefined, 2))
    else if (found.length === 0) yield* Console.log("no modem found")
    else yield* Console.log(found.flatMap((one) => foundLines(one, style)).join("\n"))
    return exitCodes.ok.exit
  }).pipe(onBus(input))
})
