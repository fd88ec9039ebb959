/** `node awake-program.ts ADDRESS`: keeps the computer awake until it is killed; Ctrl+C is nothing to it. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { SystemBusAddress } from "../../src/live/index.ts"
import { keepAwake } from "../../src/live/SleepInhibitor.ts"

const program = Effect.gen(function* () {
  process.removeAllListeners("SIGINT")
  process.on("SIGINT", () => undefined)
  yield* Console.log((yield* keepAwake)._tag)
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provideService(SystemBusAddress, process.argv[2]))

NodeRuntime.runMain(program)
