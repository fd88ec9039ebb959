/** `boothold list`: the modems on the bus, with their ports. No modem at all is an answer too. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Modem from "../../device/Modem.ts"
import { exitCodes } from "../exit-codes.ts"
import type { ModemInput } from "../inputs.ts"
import { onBus } from "../modem.ts"
import { modemLines } from "../render/facts.ts"
import { modemReport } from "../render/json.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"

export const list = Effect.fn("cli.list")(function* (input: ModemInput) {
  return yield* Effect.gen(function* () {
    const modems = yield* Modem.listModems(input.selector)
    const style = styleFor((yield* Screen).colors)
    if (input.json) yield* Console.log(JSON.stringify(modems.map(modemReport), undefined, 2))
    else if (modems.length === 0) yield* Console.log("no modem found")
    else yield* Console.log(modems.flatMap((modem) => modemLines(modem, style)).join("\n"))
    return exitCodes.ok.exit
  }).pipe(onBus(input))
})
