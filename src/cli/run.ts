/** The command line as an effect: words in, exit code out. */
import * as CliConfig from "effect/cli/CliConfig"
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Ref from "effect/Ref"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"
import { boothold } from "./command-line.ts"
import { CommandError } from "./CommandError.ts"
import { ExitCode } from "./ExitCode.ts"
import { exitCodes } from "./exit-codes.ts"
import { Screen } from "./Screen.ts"
import { settle } from "./settle.ts"

const unused = Effect.die("the parser of boothold's command line needs no such service")

/** What the parser could use and our commands do not: paths are opened by the library, questions asked by `Screen`. */
const parserServices = Layer.mergeAll(
  FileSystem.layerNoop({}),
  Path.layer,
  Stdio.layerTest({}),
  Layer.succeed(
    Terminal.Terminal,
    Terminal.make({
      columns: Effect.succeed(80),
      rows: Effect.succeed(24),
      size: unused,
      readInput: unused,
      readLine: unused,
      display: () => unused
    })
  ),
  Layer.succeed(
    ChildProcessSpawner.ChildProcessSpawner,
    ChildProcessSpawner.make(() => unused)
  ),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
)

/** Help is for the output; what is wrong with the words is told like every other error, by `run`. */
const presenter = (colors: boolean): Layer.Layer<never> => {
  const formatter = CliOutput.defaultFormatter({ colors })
  return CliOutput.layerPresenter({
    present: (event) =>
      event._tag === "Help"
        ? Console.log(formatter.formatHelpDoc(event.helpDoc))
        : event._tag === "Version"
          ? Console.log(`${event.name} ${event.version}`)
          : Effect.void
  })
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ").trim()

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** The parser's complaint as one sentence. */
const usageText = (error: CliError.CliError): string => {
  if (error._tag !== "UnrecognizedOption" && error._tag !== "UnknownSubcommand") return lowered(oneLine(error.message))
  const what =
    error._tag === "UnknownSubcommand" ? `unknown command "${error.subcommand}"` : `unknown option ${error.option}`
  return error.suggestions.length === 0 ? what : `${what}; did you mean ${error.suggestions.join(" or ")}?`
}

const badUsage = (error: CliError.ShowHelp): CommandError | undefined => {
  const [first] = error.errors
  return first === undefined
    ? undefined
    : new CommandError({
        reason: { _tag: "BadUsage", command: error.commandPath.join(" "), detail: usageText(first) }
      })
}

/** Parses the words, runs the command, and yields the exit code. */
export const run = (args: ReadonlyArray<string>, version: string) =>
  Effect.gen(function* () {
    const { colors } = yield* Screen
    const exit = yield* Ref.make<number>(exitCodes.ok.exit)
    return yield* Command.runWith(boothold, { version })(args).pipe(
      Effect.andThen(Ref.get(exit)),
      Effect.catchTag("ShowHelp", (error) => {
        const usage = badUsage(error)
        // Without any words there is no error to tell: the help was printed.
        return usage === undefined ? Effect.succeed(exitCodes.usage.exit) : Effect.fail(usage)
      }),
      settle(args.includes("--json")),
      Effect.provideService(ExitCode, exit),
      Effect.provide([parserServices, presenter(colors)])
    )
  })
