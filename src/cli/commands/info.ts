/** `boothold info`: everything that a modem tells about itself. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ModemFacts } from "../../plan/facts.ts"
import { nextCommand } from "../../update/advice.ts"
import * as Update from "../../update/Update.ts"
import { exitCodes } from "../exit-codes.ts"
import type { ModemInput } from "../inputs.ts"
import { onBus, theModem } from "../modem.ts"
import { factsLines, heldLines } from "../render/facts.ts"
import { modemReport } from "../render/json.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"
import { wordsOf } from "../words.ts"

const encodeFacts = Schema.encodeSync(Schema.toCodecJson(ModemFacts))

export const info = Effect.fn("cli.info")(function* (input: ModemInput) {
  return yield* Effect.gen(function* () {
    const modem = yield* theModem(input, "application")
    const style = styleFor((yield* Screen).colors)
    if (modem.mode === "boot-and-hold") {
      const next = nextCommand({ _tag: "BootAndHold" }, wordsOf("download", input, modem))
      yield* Console.log(
        input.json
          ? JSON.stringify({ modem: modemReport(modem), facts: null, next }, undefined, 2)
          : heldLines(modem, next, style).join("\n")
      )
      return exitCodes.ok.exit
    }
    const facts = yield* Update.facts(modem)
    yield* Console.log(
      input.json
        ? JSON.stringify({ modem: modemReport(modem), facts: encodeFacts(facts) }, undefined, 2)
        : factsLines(modem, facts, style).join("\n")
    )
    return exitCodes.ok.exit
  }).pipe(onBus(input))
})
