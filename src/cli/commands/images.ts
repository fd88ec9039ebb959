/** `boothold images list|select|delete`: what a modem has stored in its slots. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Modem } from "../../device/Modem.ts"
import { checkPair, storedOf } from "../../plan/stored.ts"
import type { StoredWords } from "../../plan/stored.ts"
import { atImagesOf } from "../../update/read-at-facts.ts"
import * as Update from "../../update/Update.ts"
import { withFindings } from "../before-writing.ts"
import { execute } from "../execute.ts"
import { exitCodes } from "../exit-codes.ts"
import { takenBy } from "../firmware.ts"
import type { ModemInput, StoredInput } from "../inputs.ts"
import { alone, onBus, theModem } from "../modem.ts"
import { imagesLines, ImagesReport, imagesReport } from "../render/images.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"
import { recorded } from "../state.ts"
import { asPlanned, wordsOf } from "../words.ts"

const encode = Schema.encodeSync(Schema.toCodecJson(ImagesReport))

/** Not asked where another program has one of the modem's ports open. */
const byAt = Effect.fnUntraced(function* (modem: Modem) {
  const why = yield* takenBy({ modem, standing: { _tag: "modem" } })
  return why === undefined ? yield* atImagesOf(modem) : { why }
})

export const imagesList = Effect.fn("cli.images.list")(function* (input: ModemInput) {
  return yield* Effect.gen(function* () {
    const modem = yield* theModem(input, "application")
    const facts = yield* Update.facts(modem)
    const stored = yield* Effect.fromResult(storedOf(facts))
    const report = imagesReport(modem, facts, stored, yield* byAt(modem))
    const style = styleFor((yield* Screen).colors)
    yield* Console.log(
      input.json ? JSON.stringify(encode(report), undefined, 2) : imagesLines(report, style).join("\n")
    )
    return exitCodes.ok.exit
  }).pipe(onBus(input))
})

const storedWords = ([firmware = "", carrier, config]: ReadonlyArray<string>): StoredWords => ({
  firmware,
  ...(carrier === undefined ? {} : { carrier }),
  ...(config === undefined ? {} : { config })
})

const change = (command: "images select" | "images delete", planOf: typeof Update.planSelect) =>
  Effect.fn(`cli.${command}`)(function* (input: StoredInput) {
    return yield* Effect.scoped(
      Effect.gen(function* () {
        const modem = yield* theModem(input, "application")
        return yield* alone(modem)(
          Effect.gen(function* () {
            const plan = yield* withFindings(yield* planOf(modem, storedWords(input.words)), !input.ignoreDoctor)
            const words = wordsOf(command, asPlanned(input, plan), modem)
            return yield* execute(plan, { json: input.json, yes: input.yes, words })
          })
        )
      })
    ).pipe(recorded(input), onBus(input))
  })

export const imagesSelect = change("images select", Update.planSelect)
export const imagesDelete = change("images delete", Update.planDelete)
