/** `boothold qfu …`: a command line of `qmi-firmware-update`, done with our flows. Exit 0 or 1, and nothing is asked. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { fileURLToPath } from "node:url"
import * as Modem from "../../device/Modem.ts"
import { Tap } from "../../transport/Connection.ts"
import { reserving } from "../../update/ModemLock.ts"
import type { UpdateError } from "../../update/UpdateError.ts"
import * as Update from "../../update/Update.ts"
import { withFindings } from "../before-writing.ts"
import { refuse } from "../CommandError.ts"
import { flowOptions, openImages } from "../commands/plan.ts"
import { execute } from "../execute.ts"
import { exitCodes } from "../exit-codes.ts"
import type { Simulation, UpdateInput } from "../inputs.ts"
import { Interruption } from "../Interruption.ts"
import { nodeOf, onBus, selectorOf } from "../modem.ts"
import { Screen } from "../Screen.ts"
import { settle } from "../settle.ts"
import { recorded } from "../state.ts"
import { asPlanned, wordsOf } from "../words.ts"
import { examplesText, helpText, versionText } from "./help.ts"
import { eventText, makeLog, transferText } from "./log.ts"
import type { Log } from "./log.ts"
import { parse } from "./parse.ts"
import type { Detail, Parsed } from "./parse.ts"
import { checkValues, requestOf, shows } from "./request.ts"
import type { Act } from "./request.ts"
import { takeSimulation } from "./simulation.ts"
import { verify } from "./verify.ts"

export interface QfuContext {
  /** Of boothold. */
  readonly version: string
  /** What it was called as, for help: `boothold qfu`, or that program's own name. */
  readonly program: string
}

/** That program knows no other. */
const failed = 1

/** Files may be named by `file:` URLs there. */
const pathOf = (file: string): string => {
  if (!file.startsWith("file:")) return file
  try {
    return fileURLToPath(file)
  } catch {
    // A name that only begins like one.
    return file
  }
}

const inputOf = Effect.fnUntraced(function* (act: Act, simulation: Simulation | undefined) {
  const { _tag, deviceOpen, proxy, ...rest } = act
  if (proxy && simulation !== undefined) {
    yield* Console.error(
      "warning: --device-open-proxy means nothing for a simulated modem, which is shared with nobody"
    )
  }
  const input: UpdateInput = {
    ...rest,
    json: false,
    yes: true,
    // That program has no such option: who wants it takes `boothold update`.
    ignoreDoctor: false,
    simulation,
    ...(deviceOpen === undefined ? {} : { deviceOpen }),
    ...(proxy && simulation === undefined ? { proxy } : {})
  }
  return input
})

const stayed = ({ cause }: UpdateError): boolean =>
  cause._tag === "FlowError" && cause.reason._tag === "StayedInBootAndHold"

const planOf = Effect.fnUntraced(function* (tag: Act["_tag"], input: UpdateInput, modem: Modem.Modem) {
  if (tag === "Reset") return yield* Update.planHold(modem)
  const images = yield* openImages(input)
  return tag === "Update"
    ? yield* Update.plan(modem, images, flowOptions(input))
    : yield* Update.planDownload(modem, images, flowOptions(input))
})

const commands = { Update: "update", Download: "download", Reset: "reset" } as const

const act = Effect.fn("qfu.act")(function* (request: Act, simulation: Simulation | undefined, log: Log | undefined) {
  const tag = request._tag
  const input = yield* inputOf(request, simulation)
  const done = Effect.gen(function* () {
    // As there, the modem first; and one that is not named alone is none, whatever mode it is in.
    const modem = yield* Modem.select(selectorOf(input))
    return yield* reserving(modem)(
      Effect.gen(function* () {
        const plan = yield* withFindings(yield* planOf(tag, input, modem), !input.ignoreDoctor)
        return yield* execute(plan, {
          json: false,
          yes: true,
          words: wordsOf(commands[tag], asPlanned(input, plan), modem),
          ...(log === undefined ? {} : { also: (event) => log.note(eventText(event)) })
        })
      })
    )
  }).pipe(Effect.scoped, recorded(input), onBus(input))
  const tapped = log === undefined ? done : Effect.provideService(done, Tap, (record) => log.note(transferText(record)))
  if (tag !== "Download") return yield* tapped
  // Sending image by image is a way of using it: what is sent is sent, also where the modem waits for more.
  return yield* tapped.pipe(
    Effect.catchTag("UpdateError", (error) =>
      stayed(error)
        ? Effect.as(
            Console.error(`warning: the images are sent, but the modem waits in boot-and-hold again: ${error.help}`),
            exitCodes.ok.exit
          )
        : Effect.fail(error)
    )
  )
})

const carryOut = Effect.fnUntraced(function* (
  parsed: Parsed,
  simulation: Simulation | undefined,
  context: QfuContext,
  words: ReadonlyArray<string>
) {
  const verbose = parsed.switches.has("verbose")
  const silent = parsed.switches.has("silent")
  const log = yield* makeLog({ verbose, silent, file: parsed.values.get("verboseLog") })
  const screen = yield* Screen
  const body = Effect.gen(function* () {
    if (log !== undefined) yield* log.note(`${versionText(context.version)}: ${JSON.stringify(words)}`)
    const request = yield* understood(context, requestOf(parsed, nodeOf))
    const files = request.files.map(pathOf)
    return request._tag === "Verify" ? yield* verify(files, log) : yield* act({ ...request, files }, simulation, log)
  })
  if (log === undefined) return yield* body
  return yield* body.pipe(
    Effect.tapError((error) => log.note(`error ${error.code}: ${error.message}`)),
    // Lines of a log and a bar that is drawn over itself do not go together.
    Effect.provideService(Screen, { ...screen, animates: screen.animates && !verbose })
  )
})

const understood = <A>({ program }: QfuContext, result: Result.Result<A, Detail>) =>
  Effect.mapError(Effect.fromResult(result), (detail) => refuse({ _tag: "BadUsage", command: program, detail }))

const texts = {
  version: ({ version }: QfuContext) => versionText(version),
  help: ({ program }: QfuContext) => helpText(program),
  helpExamples: ({ program }: QfuContext) => examplesText(program)
}

/** Yields the exit code. */
export const qfu = (words: ReadonlyArray<string>, context: QfuContext) =>
  Effect.gen(function* () {
    const interruption = yield* Interruption
    interruption.endsWith(failed)
    const { simulation, words: theirs } = yield* understood(context, takeSimulation(words))
    const parsed = yield* understood(context, parse(theirs))
    const wrong = checkValues(parsed)
    if (wrong !== undefined) return yield* understood(context, Result.fail(wrong))
    const shown = shows(parsed)
    if (shown === undefined) return yield* carryOut(parsed, simulation, context, words)
    yield* Console.log(texts[shown](context))
    return exitCodes.ok.exit
  }).pipe(
    Effect.scoped,
    settle(false),
    Effect.map((code) => (code === exitCodes.ok.exit ? code : failed))
  )
