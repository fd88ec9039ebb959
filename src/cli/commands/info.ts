/** `boothold info`: everything that a modem tells about itself. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Result from "effect/Result"
import { familyOfToken } from "../../device/families/families.ts"
import type { Found } from "../../device/Modem.ts"
import { AtFacts } from "../../plan/at-facts.ts"
import { ModemDetails, supportOf } from "../../plan/details.ts"
import { ModemFacts } from "../../plan/facts.ts"
import { nextCommand } from "../../update/advice.ts"
import { atFactsOf } from "../../update/read-at-facts.ts"
import * as Update from "../../update/Update.ts"
import { exitCodes } from "../exit-codes.ts"
import { takenBy } from "../firmware.ts"
import type { ModemInput } from "../inputs.ts"
import { onBus, theModem } from "../modem.ts"
import { factsLines, heldLines } from "../render/facts.ts"
import { modemReport } from "../render/json.ts"
import { styleFor } from "../render/text.ts"
import { Screen } from "../Screen.ts"
import { wordsOf } from "../words.ts"

const answersText = (ports: ReadonlyArray<{ readonly port: string; readonly answer: string }>): string =>
  ports.length === 0 ? "no serial port" : ports.map(({ answer, port }) => `${port}: ${answer}`).join(", ")

/** What its AT port tells; not asked where another program has one of its ports open. */
const byAt = Effect.fnUntraced(function* (found: Found) {
  const why = yield* takenBy(found)
  if (why !== undefined) return { at: undefined, atNote: `not asked: ${why}` }
  const report = yield* Effect.result(atFactsOf(found.modem))
  if (Result.isFailure(report)) return { at: undefined, atNote: report.failure.message }
  const { facts, ports } = report.success
  return { at: facts, atNote: facts === undefined ? answersText(ports) : undefined }
})

const encodeDetails = Schema.encodeSync(Schema.toCodecJson(ModemDetails))
const encodeAt = Schema.encodeSync(Schema.toCodecJson(AtFacts))

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
    const { details, facts } = yield* Update.inspect(modem)
    const support = supportOf(facts, familyOfToken(facts.token))
    const { at, atNote } = yield* byAt({ modem, standing: { _tag: "modem" } })
    const report = {
      modem: modemReport(modem),
      facts: encodeFacts(facts),
      support,
      details: encodeDetails(details),
      at: at === undefined ? null : encodeAt(at),
      atNote: atNote ?? null
    }
    yield* Console.log(
      input.json
        ? JSON.stringify(report, undefined, 2)
        : factsLines(modem, facts, style, { details, support, at, atNote }).join("\n")
    )
    return exitCodes.ok.exit
  }).pipe(onBus(input))
})
